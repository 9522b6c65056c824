"""Numbers, lengths and probabilities as the reports and commands say them."""

import math
import re
from collections.abc import Sequence

ROUTES = {"ai": "AI-designed", "researcher": "researcher-designed"}  #: of samples, by design route


def length(nm: float) -> str:
    """A length in words: three significant digits, µm from 1000 nm on."""
    value, unit = (nm / 1000, "µm") if nm >= 1000 else (nm, "nm")
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f} {unit}"


def length_with_interval(value: float, ci: Sequence[float] | None) -> str:
    """``"48.2 nm (44.1–53.0)"``: the unit once where all three share it."""
    if ci is None:
        return length(value)
    said = [length(end) for end in (value, *ci)]
    if len({text.split()[1] for text in said}) == 1:
        return f"{said[0]} ({said[1].split()[0]}–{said[2].split()[0]})"
    return f"{said[0]} ({said[1]} – {said[2]})"


def probability(p: float | None) -> str:
    """A p value for reading: two digits above .01, never 0."""
    if p is None or not math.isfinite(p):
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_words(p: float | None) -> str:
    """``"p = .031"``, ``"p < .001"``."""
    if p is None:
        return "no p"
    text = probability(p).replace("0.", ".", 1)
    return f"p {text}" if text.startswith("<") else f"p = {text}" if p < 1 else "p = 1"


def rounded(value: float | None, digits: int = 3) -> str:
    """Significant digits, without an exponent where it can be helped."""
    if value is None or not math.isfinite(value):
        return "–"
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{decimals}f}"


def about(n: int) -> str:
    """A number of things that is an estimate: two digits."""
    return f"{float(f'{n:.2g}'):.0f}"


def signed(value: float | None, digits: int = 2) -> str:
    """A number with a true minus sign."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def counted(n: int, one: str) -> str:
    """``"1 image"``, ``"3 images"``."""
    return f"{n} {one if n == 1 else one + 's'}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """``"a, b, c and 2 more"``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def unit_words(unit: str) -> str:
    """``"kA/cm2"`` -> ``"kA/cm²"``, ``"degC"`` -> ``"°C"``."""
    raised = re.sub(r"(?<=[A-Za-z])[23]\b", lambda found: "²³"[int(found[0]) - 2], unit)
    return {"1": "pure number", "degC": "°C", "deg": "°"}.get(unit, raised.replace("um", "µm"))


def shown_unit(unit: str) -> str:
    """As `unit_words`, empty for words and pure numbers."""
    return "" if unit in ("category", "1") else unit_words(unit)


def sentence(text: str) -> str:
    """With a capital first and one full stop."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def setting(column: str, value: str | float) -> str:
    """``"anneal_time_h", 2.0`` -> ``"anneal time 2 h"``."""
    name, _, unit = column.rpartition("_")
    shown = value if isinstance(value, str) else f"{value:g}"
    return f"{name.replace('_', ' ')} {shown} {shown_unit(unit)}".strip()
