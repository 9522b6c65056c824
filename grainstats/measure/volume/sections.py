"""What plane sections of the same volume would have shown: how far sections mislead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from grainstats.measure.grains.table import grain_table
from grainstats.measure.volume.measurement import VolumeMeasurement
from grainstats.measure.volume.summary import FEWEST_GRAINS
from segment.cells.editing import numbered
from segment.grain_map import GrainMap
from segment.volume.stack import LabelVolume

SECTIONS = 7  #: evenly through the stack
PER_UM = 1e3  #: 1/nm to 1/um
SMALLEST_PX = 4  #: cells of fewer pixels are left out


def section_summary(volume: LabelVolume, measured: VolumeMeasurement) -> dict[str, Any]:
    """Sections across z, measured as a micrograph would be, ready for `json.dumps`.

    Returns
    -------
    dict
        ``n`` sections; ``equivalent_diameter_nm``, the mean circle diameter of their whole cells, each
        weighed by Miles and Lantuejoul; ``over_volume``, that over the mean sphere diameter of the grains,
        None where few are seen whole;
        ``s_v_per_um`` from lines in the plane of the sections alone.
    """
    places = np.unique(np.linspace(0, len(volume.labels) - 1, SECTIONS + 2).astype(int)[1:-1])
    sections = (GrainMap(numbered(volume.labels[k])) for k in places)
    cells = pd.concat([grain_table(s, unit="px", min_area_px=SMALLEST_PX) for s in sections])
    cells = cells[~cells["touches_frame"]]
    size = volume.voxel_size
    diameter = np.sqrt(4 / np.pi * cells["area_px2"].to_numpy() * size.x * size.y)
    mean = float(np.average(diameter, weights=cells["weight"])) if len(diameter) else None
    whole = measured.grains[~measured.grains["touches_frame"]]
    true = None
    if len(whole) >= FEWEST_GRAINS:
        true = float(np.average(whole["equivalent_diameter_nm"], weights=whole["weight"]))
    lines = measured.lines
    flat = np.abs(lines.direction[:, 0]) < 1e-9
    rate = (lines.boundaries + lines.surfaces)[flat] / np.maximum(lines.line_nm[flat], 1e-300)
    return {
        "n": len(places),
        "n_cells": len(diameter),
        "equivalent_diameter_nm": mean,
        "over_volume": mean / true if mean is not None and true else None,
        "s_v_per_um": float(2 * np.average(rate, weights=_angles(lines.direction[flat])) * PER_UM),
    }


def _angles(directions: np.ndarray) -> np.ndarray:
    """Part of the half circle that is nearest to each direction (z, y, x) of a plane, shape (k,)."""
    angle = np.arctan2(directions[:, 1], directions[:, 2]) % np.pi
    order = np.argsort(angle)
    gap = np.diff(np.append(angle[order], angle[order[0]] + np.pi))
    share = np.empty(len(angle))
    share[order] = (gap + np.roll(gap, 1)) / 2
    return share
