"""Column names and scales that BOXVIA can work with.

BOXVIA puts parameter names into constraints by replacing text, so that no name may be part of another one
or of a function's name, and rounds what it suggests to three decimals, so that 0.001 of a column must not
matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

_FUNCTIONS = (
    "abs arccos arcsin arctan ceil cos cosh exp floor log log10 max min mod pi pow sin sinh sqrt sum tan tanh"
)
_RESOLUTION = 1e-3  #: BOXVIA's rounding of suggestions
_STEPS = 20  #: steps of that size that must fit between neighbouring values


def safe_names(wanted: Sequence[str]) -> list[str]:
    """Names in the order of `wanted`, none part of another (in any case), each usable in a formula.

    Safe names stay as they are, but for characters other than letters, digits and ``_``; a name that is part
    of another one or of a function gets ``x01_``, ``x02_`` ... (its place) in front, or becomes that alone.
    """
    names = [_identifier(name) for name in wanted]
    for form in ("x{place:02d}_{name}", "x{place:02d}"):
        for _ in names:
            clashing = _clashing(names)
            if not clashing:
                return names
            for index in clashing:
                names[index] = form.format(place=index + 1, name=_identifier(wanted[index]))
    return [f"x{place:02d}" for place in range(1, len(wanted) + 1)]


def _identifier(name: str) -> str:
    plain = re.sub(r"\W+", "_", name.replace("%", "pct"), flags=re.ASCII).strip("_")
    return plain if plain[:1].isalpha() else f"x{plain}"


def _clashing(names: Sequence[str]) -> list[int]:
    """Places of the names that are part of another name or of a function's name."""
    lower = [name.lower() for name in names]
    functions = _FUNCTIONS.split()
    return [
        i
        for i, name in enumerate(lower)
        if any(name in other for j, other in enumerate(lower) if j != i) or any(name in f for f in functions)
    ]


def scale_for(values: Iterable[float], low: float, high: float) -> float:
    """Power of ten (1 or more) by which a column is multiplied, so that rounding to 0.001 is harmless.

    Harmless means: at least 20 rounding steps between any two values that were tried (differences below a
    millionth of the range do not count), and 1000 over the range.
    """
    span = high - low
    tried = sorted({*values, low, high})
    gaps = [b - a for a, b in pairwise(tried) if b - a > 1e-6 * span]
    if not gaps or span < 1e-30:
        return 1.0
    needed = max(_RESOLUTION * _STEPS / min(gaps), _RESOLUTION * 1000 / span)
    return 10.0 ** max(0, math.ceil(math.log10(needed) - 1e-9))
