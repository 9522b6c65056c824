"""Length units as microscope files write them, turned into nanometres."""

import math
import re
import unicodedata
from typing import Literal

UnitKind = Literal["length", "reciprocal", "energy", "angle", "none", "other"]

#: names in lower case of what is so many nanometres
_NAMES = {
    1e9: "m meter metre",
    1e7: "cm centimeter",
    1e6: "mm millimeter",
    1e3: "um u micron micrometer micrometre mikrometer мкм 微米",
    1.0: "nm nanometer nanometre нм 纳米",
    1e-3: "pm picometer",
    0.1: "a ang angstrom",
    1e-6: "fm",
}
_NM = {name: size for size, names in _NAMES.items() for name in names.split()}
INCH_NM = 25.4e6  #: 25.4 mm, exact since 1959
_USUAL = (
    "72 75 90 96 100 120 144 150 180 200 220 240 254 266 300 350 360 400 600 720 800 1000 1200 1440 2400 4800"
)
_DOTS_PER_INCH = tuple(map(int, _USUAL.split()))  #: of screens, printers and scanners
_EXACT = 2e-3  #: how near to one of them a resolution is one of them, after rounding to dots per cm
_INCH = frozenset({"inch", "inches", "in", '"', "dpi"})
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")  #: as ImageJ writes what is not ASCII
_ENERGY = frozenset({"ev", "kev", "mev"})
_ANGLE = frozenset({"rad", "mrad", "urad", "deg", "degree", "degrees", "\u00b0"})
_NOT_CALIBRATED = frozenset({"", "pixel", "pixels", "px", "none", "unknown", "[]", "?"})
#: after NFKC there is one micro sign, one Å, and a superscript minus is the mathematical one
_PLAIN_LETTERS = str.maketrans("\u03bc\u00e5\u00f6\u00e8\u2212", "uaoe-")
_PER_PIXEL = re.compile(r" */ *(px|pixel)$|perpixel$")
_KINDS_REFUSED = {
    "reciprocal": "a diffraction pattern",
    "angle": "a diffraction pattern",
    "energy": "a spectrum, not an image",
}
_RECIPROCAL = re.compile(r"^1/|\^\{?-1|-1$|^1 */")


def _plain(unit: str) -> str:
    """Lower case without micro signs, Å, brackets, underscores and plural s; ``n_m`` becomes ``nm``."""
    unit = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), unit.strip().strip("\0").strip())
    text = _decoded_twice(unit).lower()
    text = text.translate(_PLAIN_LETTERS).strip("[]() ").replace("_", "")
    text = text if text.startswith("1") else _PER_PIXEL.sub("", text)
    return text[:-1] if text.endswith("s") and text[:-1] in _NM else text


def _decoded_twice(text: str) -> str:
    """Text whose UTF-8 was read as Latin letters, once or twice: ``Âµm``, ``Î¼m``, ``Ã‚Âµm``."""
    for encoding in ("cp1252", "latin-1") * 2:
        try:
            text = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return unicodedata.normalize("NFKC", text)


def unit_kind(unit: str) -> UnitKind:
    """What an axis with this unit measures.

    ``"reciprocal"`` and ``"angle"`` mean a diffraction pattern, ``"energy"`` a spectrum, ``"none"`` that the
    file leaves the axis uncalibrated.
    """
    text = _plain(unit)
    if text in _NM:
        return "length"
    if text in _NOT_CALIBRATED:
        return "none"
    if text in _ENERGY:
        return "energy"
    if text in _ANGLE:
        return "angle"
    return "reciprocal" if _RECIPROCAL.search(text) else "other"


def not_an_image(*units: str) -> str | None:
    """Why data with axes of these units are no image of the specimen; None where they may be.

    >>> not_an_image("nm", "1/nm"), not_an_image("nm", "nm")
    ('a diffraction pattern: the axis is 1/nm', None)
    """
    told = ((_KINDS_REFUSED.get(unit_kind(unit)), unit) for unit in units)
    return next((f"{kind}: the axis is {unit}" for kind, unit in told if kind), None)


def to_nm(value: object, unit: str) -> float | None:
    """Length in nanometres, or None where `unit` is no length or `value` no positive finite number."""
    factor = _NM.get(_plain(unit))
    if factor is None or not isinstance(value, int | float | str):
        return None
    size = number(value) if isinstance(value, str) else float(value)
    if size is None or not math.isfinite(size) or size <= 0:
        return None
    return size * factor


def length(written: object, unit: str) -> float | None:
    """Nanometres of a number or text, in the unit written behind it or else in `unit`; None for no length.

    >>> length("1.6 nm", "m"), length("1.6e-09", "m"), length("N/A", "m")
    (1.6, 1.6, None)
    """
    found = to_nm(written, unit)
    return parse_length(written) if found is None and isinstance(written, str) else found


def dots_per_inch(nanometres: float | None, near: float = _EXACT) -> int | None:
    """The usual resolution of screens and printers that a pixel size is; None where it is none.

    >>> dots_per_inch(25.4e6 / 300), dots_per_inch(1.6)
    (300, None)
    """
    if not nanometres:
        return None
    dots = INCH_NM / nanometres
    return next((usual for usual in _DOTS_PER_INCH if abs(dots / usual - 1) < near), None)


def is_for_printing(nanometres: float | None, unit: str) -> bool:
    """Whether a pixel size has a unit of printers: inches, or centimetres of at most 4800 dots an inch."""
    text = _plain(unit)
    finest = INCH_NM / _DOTS_PER_INCH[-1]
    return text in _INCH or (_NM.get(text) == _NM["cm"] and nanometres is not None and nanometres >= finest)


NUMERAL = r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?"
_THOUSANDS = re.compile(r"\s*[1-9]\d{0,2},\d{3}(?![\d.,eE])")
_LENGTH = re.compile(rf"^\s*({NUMERAL})\s*([^\s\d].*?)\s*$")


def number(text: str) -> float | None:
    """A number of a text header, with a decimal point or a decimal comma; None where it is none.

    Headers have no marks between thousands, so that a lone comma is a decimal one.

    >>> number("1,6e-09"), number(" 2.5"), number("1,234,567"), number("Off")
    (1.6e-09, 2.5, None, None)
    """
    text = text.strip()
    return float(text.replace(",", ".")) if re.fullmatch(NUMERAL, text) else None


def comma_doubt(text: str) -> tuple[str, ...]:
    """Words for a comma that may also stand between thousands.

    >>> comma_doubt("1,000nm"), comma_doubt("0,200 um"), comma_doubt("1,6e-09")
    (("'1,000nm' was read with a decimal comma: check the pixel size",), (), ())
    """
    doubtful = _THOUSANDS.match(text)
    return (f"{text.strip()!r} was read with a decimal comma: check the pixel size",) if doubtful else ()


def parse_length(text: str) -> float | None:
    """Nanometres of a text such as ``"10um"`` or ``"500 nm"``; None where it says no length."""
    match = _LENGTH.match(text)
    return to_nm(match.group(1), match.group(2)) if match else None
