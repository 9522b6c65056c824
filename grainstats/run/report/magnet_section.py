"""The report's magnets: measured trapped fields beside what a uniform circulation would give."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from grainstats.run.report.chart import Axis, Chart, DataPoint, Line
from grainstats.share.quantity_units import converter

if TYPE_CHECKING:
    from grainstats.magnet import Magnet

#: names of columns, without prefix and unit, that say what a magnet is
_NAMES = {
    "field": r"trapped_field",
    "jc": r"jc|j_c|critical_current_density",
    "discs": r"n_discs|discs|stack",
    **{size: rf"(disc_|magnet_)?{size}" for size in ("diameter", "thickness", "bore", "gap")},
}


def magnet_section(samples: pd.DataFrame) -> dict[str, Any] | None:
    """Rows of every sample with a trapped field and the size of its discs, and their chart; None without any.

    Columns of `Database.samples`: ``prop:trapped_field_T``, ``param:diameter_mm``, ``param:thickness_mm``
    and, where they are known, ``param:n_discs_1``, ``param:gap_mm``, ``param:bore_mm`` and ``prop:jc_A/m2``.
    The field is taken as read at the mid-plane of a stack, and on the top face of a single disc.
    """
    rows = [row for _, sample in samples.iterrows() if (row := _row(sample)) is not None]
    if not rows:
        return None
    return {"rows": rows, "chart": measured_against_computed(rows)}


def measured_against_computed(rows: Sequence[dict[str, Any]]) -> Chart | None:
    """Measured field over what the current density would give if it flowed uniformly, with the diagonal."""
    points = tuple(
        DataPoint(
            row["computed_T"],
            row["measured_T"],
            said=f"{row['sample_id']}: {row['measured_T']:.3g} T measured",
        )
        for row in rows
        if row["computed_T"] is not None
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
        pd.DataFrame(rows, columns=["sample_id", "computed_T", "measured_T"]),
        lines=(Line(ends, ends, "diagonal"),),
        points=points,
    )


def _row(sample: pd.Series) -> dict[str, Any] | None:
    """What a sample's magnet was measured to trap, and what a uniform circulation would.

    None where field, diameter or thickness is missing or makes no magnet.
    """
    field = _value(sample, "field", "T", ("prop:",))
    diameter, thickness, bore, gap = (
        _value(sample, name, "mm") for name in ("diameter", "thickness", "bore", "gap")
    )
    if field is None or diameter is None or thickness is None:
        return None
    from grainstats.magnet import magnet
    from segment.errors import InputError

    discs = int(_value(sample, "discs", "1") or 1)
    probe = "middle" if discs > 1 else "top"
    jc = _value(sample, "jc", "A/m2", ("prop:",))

    def state(jc: float | None, field_T: float | None) -> Magnet:
        return magnet(
            diameter, thickness, bore_mm=bore or 0.0, stack=discs, gap_mm=gap or 0.0, jc=jc,
            field_T=field_T, probe=probe,
        )  # fmt: skip

    try:
        needed = state(None, field).j_A_per_m2
        computed = None if jc is None else state(jc, None).b_probe_T
    except InputError:
        return None
    size = f"{discs} × " if discs > 1 else ""
    return {
        "sample_id": str(sample["sample_id"]),
        "size": f"{size}{diameter:g} mm × {thickness:g} mm",
        "probe": probe,
        "measured_T": field,
        "needed_A_per_m2": needed,
        "jc_A_per_m2": jc,
        "computed_T": computed,
    }


def _value(
    sample: pd.Series, what: str, unit: str, kinds: tuple[str, ...] = ("param:", "prop:")
) -> float | None:
    """The first column of such a name that holds a number, in `unit`."""
    for column in map(str, sample.index):
        name, _, own = column.partition(":")[2].rpartition("_")
        if not column.startswith(kinds) or not re.fullmatch(_NAMES[what], name, re.IGNORECASE):
            continue
        number = float(pd.to_numeric(sample[column], errors="coerce"))
        try:
            if math.isfinite(number):
                return converter(own, unit)(number)
        except ValueError:  # of that name, but no such quantity
            continue
    return None
