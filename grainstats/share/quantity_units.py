"""Units of process parameters and properties: read as people write them, spelled one way, converted by pint.

Column names carry the unit as their last part: ``param:sinter_time_h``, ``prop:jc_kA/cm2`` or
``prop:jc_kA_per_cm2``. Powers are written without a sign (``cm2``). ``C`` and ``°C`` are degrees Celsius,
never coulomb. Pure numbers have the unit ``1``, words (an atmosphere, a supplier) the unit ``category``.
Fractions by weight, atoms and volume (``wt%``, ``at%``, ``vol%``) and standard flow (``sccm``) are kinds of
their own, never converted into one another. A property is asked for as ``jc``, ``jc_kA/cm2`` or
``prop:jc_kA_per_cm2:minimise``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


CATEGORY = "category"
_WRITTEN = {
    "wt%": "weight_percent",
    "at%": "atomic_percent",
    "mol%": "mole_percent",
    "vol%": "volume_percent",
}
_NAME_AND_UNIT = re.compile(r"(?P<name>.+?)_(?P<unit>(?:[^_]+_per_)*[^_]+)")
_LONGEST = 60  #: characters of a unit
_FACTOR = (
    r"[A-Za-z_]+(?:\*\*-?\d{1,2}(?:\.\d)?)?"  #: one exponent and a small one: a chain of them never ends
)
_PRODUCT = re.compile(rf"(?:1/)?\(?{_FACTOR}\)?(?:(?: ?[*/] ?| )\(?{_FACTOR}\)?)*")
_MICRO = str.maketrans("µμ", "uu")  #: the sign and the Greek letter; pint has written either
#: of pint's spelling
_SPELLED = (("**", ""), ("Δ", ""), ("°C", "degC"), ("°F", "degF"), ("Ω", "ohm"), (" ", ""))
_CELSIUS = re.compile(r"(?<![A-Za-z])(?:degC|deg_C|°C|℃|C)(?![A-Za-z])")
_FAHRENHEIT = re.compile(r"(?<![A-Za-z])(?:degF|°F|℉)(?![A-Za-z])")
#: only these take a prefix: pint reads Min as megainch, ma as a thousandth of a year, pct as picocarat
_PREFIXES = frozenset("tera giga mega kilo hecto deci centi milli micro nano pico femto".split())
_PREFIXED = frozenset(
    "meter gram second ampere kelvin mole candela radian hertz newton pascal joule watt coulomb volt farad "
    "ohm siemens weber tesla henry liter molar bar torr poise electron_volt calorie gauss oersted maxwell "
    "emu force_gram metric_ton dalton stokes".split()
)


@cache
def _registry() -> Any:
    """Pint's registry with the kinds of fraction that it lacks; made once, for it is slow."""
    import pint

    registry: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=False)
    for name in (*_WRITTEN.values(), "sccm"):
        registry.define(f"{name} = [{name}_kind]")
    registry.define("emu = 1e-3 * ampere * meter ** 2")
    return registry


@cache
def _unit(written: str, *, difference: bool = False) -> Any:
    """Pint's unit for a unit as people write it; ValueError where it is none."""
    text = written.strip().replace("_per_", "/").translate(_MICRO)
    text = text.replace("Ω", "ohm").replace("·", "*").replace("\u00c5", "angstrom")
    if text in _WRITTEN:
        return _registry().Unit(_WRITTEN[text])
    if text in {"1", "-"}:
        return _registry().Unit("dimensionless")
    for scale, short in ((_CELSIUS, "degC"), (_FAHRENHEIT, "degF")):
        alone = scale.fullmatch(text) is not None
        text = scale.sub(short if alone and not difference else f"delta_{short}", text)
    text = re.sub(r"(?<=[A-Za-z])\^?(-?\d)", r"**\1", text.replace("²", "2").replace("³", "3"))
    text = {"%": "percent", "°": "degree"}.get(text, text)
    if len(text) > _LONGEST or not _PRODUCT.fullmatch(text):
        raise ValueError(f"unknown unit {written[:_LONGEST]!r}")
    try:
        unit = _registry().Unit(text)
    except Exception:  # pint raises tokenizer, syntax, attribute and its own errors for text that is no unit
        raise ValueError(f"unknown unit {written!r}") from None
    if not all(_is_written(name) for name in unit._units):
        raise ValueError(f"unknown unit {written!r}")
    return unit


def _is_written(name: str) -> bool:
    """Whether people write this one of pint's units: without a prefix, or with one that it takes."""
    readings = _registry().parse_unit_name(name)
    return any(not prefix or (prefix in _PREFIXES and unit in _PREFIXED) for prefix, unit, _ in readings)


@cache
def normalise_unit(written: str) -> str:
    """One spelling per unit: ``"hours"`` -> ``"h"``, ``"kA/cm^2"`` -> ``"kA/cm2"``, ``"°C"`` -> ``"degC"``.

    `ValueError`: it is no unit.
    """
    if written.strip() == CATEGORY:
        return CATEGORY
    unit = _unit(written)
    for short, name in _WRITTEN.items():
        if unit == _registry().Unit(name):
            return short
    for spelled in (f"{unit:~C}", f"{unit:C}"):  # the short name of some is another's: u is no micron
        spelled = spelled.translate(_MICRO)
        for sign, word in _SPELLED:
            spelled = spelled.replace(sign, word)
        if _is_same(spelled or "1", unit):
            return spelled or "1"
    raise ValueError(f"unknown unit {written!r}")


def never_negative(unit: str) -> bool:
    """Whether an amount in this unit is hardly below zero: a duration, pressure, mass, share, or kelvins.

    >>> never_negative("h"), never_negative("degC"), never_negative("%")
    (True, False, False)
    """
    if unit == CATEGORY or unit in _WRITTEN or _CELSIUS.fullmatch(unit) or _FAHRENHEIT.fullmatch(unit):
        return unit in _WRITTEN
    return any(_unit(unit).is_compatible_with(name) for name in ("second", "pascal", "gram", "kelvin"))


def _is_same(spelled: str, unit: Any) -> bool:
    """Whether a spelling reads back as the unit."""
    try:
        (factor, base), (own, of_unit) = (_registry().get_base_units(u) for u in (_unit(spelled), unit))
    except (ValueError, ArithmeticError):
        return False
    return bool(base == of_unit and math.isclose(factor, own, rel_tol=1e-9))


def split_column(column: str) -> tuple[str, str, str]:
    """``"param:sinter_time_hours"`` -> ``("param", "sinter_time", "h")``.

    `ValueError`: no prefix, no name, no unit, or an unknown one.
    """
    kind, _, rest = column.partition(":")
    parts = _NAME_AND_UNIT.fullmatch(rest.strip())
    if parts is None:
        raise ValueError(f"write {kind}:<name>_<unit>, with the unit 1 for a pure number")
    return kind, parts["name"], normalise_unit(parts["unit"])


def stored_name(column: str) -> str:
    """A column of a parameter or property as the database spells it; any other as it is.

    >>> stored_name("param:anneal_C"), stored_name("campaign")
    ('param:anneal_degC', 'campaign')
    """
    try:
        kind, name, unit = split_column(column)
    except ValueError:
        return column
    return f"{kind}:{name}_{unit}" if kind in ("param", "prop") else column


def stored_quantity(name: str) -> str:
    """A parameter or property, with or without prefix, as the database spells it without.

    >>> stored_quantity("anneal_C"), stored_quantity("prop:jc_kA_per_cm2"), stored_quantity("jc")
    ('anneal_degC', 'jc_kA/cm2', 'jc')
    """
    plain = name.removeprefix("param:").removeprefix("prop:")
    return stored_name(f"param:{plain}").removeprefix("param:")


@cache
def converter(unit: str, target: str, *, difference: bool = False) -> Callable[[float], float]:
    """Function that converts numbers from `unit` to `target`, kept to 12 significant digits.

    `difference`: they are differences or spreads, of which 1 degC is 1 K, not 274.15 K. `ValueError`: the two
    measure different things.
    """
    if unit == target:
        return float
    impossible = f"{unit} cannot be converted to {target}"
    if CATEGORY in (unit, target):
        raise ValueError(impossible)
    source, goal = (_unit(u, difference=difference) for u in (unit, target))
    if not source.is_compatible_with(goal):
        raise ValueError(impossible)
    return lambda value: float(f"{_registry().Quantity(value, source).to(goal).magnitude:.12g}")


@dataclass(frozen=True)
class Property:
    """A measured property; the database keeps each in one unit."""

    name: str
    unit: str

    @property
    def column(self) -> str:
        """As in the table of samples, behind ``prop:``."""
        return f"{self.name}_{self.unit}"


def asked_for(text: str) -> tuple[str, str]:
    """Name, with its unit as the database spells it, and direction; each empty where it is not said.

    >>> asked_for(" prop:anneal_C:minimise"), asked_for("jc")
    (('anneal_degC', 'minimise'), ('jc', ''))
    """
    name, _, direction = text.strip().removeprefix("prop:").partition(":")
    return stored_quantity(name.strip()), direction.strip()


def known_properties(table: pd.DataFrame) -> list[Property]:
    """Those of `Database.properties`, by name."""
    pairs = table[["name", "unit"]].drop_duplicates("name")
    return [Property(str(name), str(unit)) for name, unit in pairs.itertuples(index=False)]


def named(name: str, known: list[Property]) -> Property | None:
    """The property that is called so, with or without its unit."""
    return next((p for p in known if name in (p.name, p.column)), None)
