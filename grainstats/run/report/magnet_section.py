"""The report's magnets: measured trapped fields beside what a uniform circulation would give."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from grainstats.run.report.chart import Axis, Chart, Line, Point

if TYPE_CHECKING:
    from grainstats.magnet import Magnet

_LENGTH = r"_(mm|cm|m)$"
_FIELD = re.compile(r"^prop:trapped_field_(T|mT)$")
_JC = re.compile(r"^prop:(?:jc|j_c|critical_current_density)_(A|kA|MA)/(m2|cm2)$", re.IGNORECASE)
_DIAMETER = re.compile(rf"^(?:param|prop):(?:disc_|magnet_)?diameter{_LENGTH}")
_THICKNESS = re.compile(rf"^(?:param|prop):(?:disc_|magnet_)?thickness{_LENGTH}")
_BORE = re.compile(rf"^(?:param|prop):(?:disc_|magnet_)?bore{_LENGTH}")
_GAP = re.compile(rf"^(?:param|prop):(?:disc_|magnet_)?gap{_LENGTH}")
_DISCS = re.compile(r"^(?:param|prop):(?:n_discs|discs|stack)(?:_1)?$")
_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}  #: millimetres in a unit of length
_TESLA = {"t": 1.0, "mt": 1e-3}  #: tesla in a unit of flux density
_AMPERE = {"a": 1.0, "ka": 1e3, "ma": 1e6}  #: ampere in a unit of current
_PER_M2 = {"m2": 1.0, "cm2": 1e4}  #: one over a unit of area, in 1/m²


@dataclass(frozen=True)
class MagnetRow:
    """A magnet of one sample: what it was measured to trap, and what a uniform circulation would."""

    sample_id: str
    size: str
    probe: str
    measured_T: float
    needed_A_per_m2: float
    jc_A_per_m2: float | None
    computed_T: float | None


@dataclass(frozen=True, eq=False)
class MagnetSection:
    """Magnets of the samples; `chart` is None where no current density was measured."""

    rows: tuple[MagnetRow, ...]
    chart: Chart | None


def magnet_section(samples: pd.DataFrame) -> MagnetSection | None:
    """Every sample with a trapped field and the size of its discs; None where there is none.

    Parameters
    ----------
    samples : DataFrame
        As `Database.samples`: ``prop:trapped_field_T``, ``param:diameter_mm``, ``param:thickness_mm`` and,
        where they are known, ``param:n_discs_1``, ``param:gap_mm``, ``param:bore_mm`` and ``prop:jc_A/m2``.
        The field is taken as read at the mid-plane of a stack, and on the top face of a single disc.
    """
    rows = [row for _, sample in samples.iterrows() if (row := _row(sample)) is not None]
    if not rows:
        return None
    return MagnetSection(tuple(rows), measured_against_computed(rows))


def measured_against_computed(rows: Sequence[MagnetRow]) -> Chart | None:
    """Measured field over what the current density would give if it flowed uniformly, with the diagonal."""
    points = tuple(
        Point(row.computed_T, row.measured_T, said=f"{row.sample_id}: {row.measured_T:.3g} T measured")
        for row in rows
        if row.computed_T is not None
    )
    if not points:
        return None
    end = 1.1 * max(v for p in points for v in (p.x, p.y))
    ends = np.array([0.0, end])
    return Chart(
        "magnets",
        "Trapped field, measured and computed",
        Axis("computed from Jc, uniform circulation (T)", 0.0, end),
        Axis("measured (T)", 0.0, end),
        pd.DataFrame(
            [(r.sample_id, r.computed_T, r.measured_T) for r in rows],
            columns=["sample_id", "computed_T", "measured_T"],
        ),
        lines=(Line(ends, ends, "diagonal"),),
        points=points,
    )


def _row(sample: pd.Series) -> MagnetRow | None:
    """One sample's magnet; None where field, diameter or thickness is missing or makes no magnet."""
    from grainstats.magnet import magnet
    from segment.errors import InputError

    field = _value(sample, _FIELD, _TESLA)
    diameter, thickness = (_value(sample, pattern, _MM) for pattern in (_DIAMETER, _THICKNESS))
    if field is None or diameter is None or thickness is None:
        return None
    discs = int(_value(sample, _DISCS) or 1)
    probe = "middle" if discs > 1 else "top"
    jc = _value(sample, _JC, _AMPERE, _PER_M2)
    bore, gap = (_value(sample, pattern, _MM) or 0.0 for pattern in (_BORE, _GAP))

    def state(jc: float | None, field_T: float | None) -> Magnet:
        return magnet(
            diameter, thickness, bore_mm=bore, stack=discs, gap_mm=gap, jc=jc, field_T=field_T, probe=probe
        )

    try:
        needed = state(None, field).j_A_per_m2
        computed = None if jc is None else state(jc, None).b_probe_T
    except InputError:
        return None
    size = f"{discs} × " if discs > 1 else ""
    return MagnetRow(
        str(sample["sample_id"]),
        f"{size}{diameter:g} mm × {thickness:g} mm",
        probe,
        field,
        needed,
        jc,
        computed,
    )


def _value(sample: pd.Series, pattern: re.Pattern[str], *units: dict[str, float]) -> float | None:
    """The first column that fits and holds a number, in the base unit: each group of the name is one unit."""
    for name in map(str, sample.index):
        found = pattern.match(name)
        number = pd.to_numeric(sample[name], errors="coerce") if found else math.nan
        if found and math.isfinite(number):
            scale = math.prod(known[found[k].lower()] for k, known in enumerate(units, 1))
            return float(number) * scale
    return None
