"""The JSON document of `grainstats volume --json`, without its modality; what sections would show."""

import math
from typing import Any

import numpy as np
import pandas as pd

from grainstats.measure.grains.table import grain_table
from grainstats.measure.intervals.block_bootstrap import Estimate, median, ratio
from grainstats.measure.volume.measurement import VolumeMeasurement
from segment.cells.editing import numbered
from segment.grain_map import GrainMap
from segment.volume.stack import LabelVolume

PER_UM = 1e3  #: nanometres in a micrometre
FEWEST_SEEN_WHOLE = 10  #: grains seen whole, below which no interval of their mean is given
SECTIONS = 7  #: evenly through the stack
_SMALLEST_PX = 4  #: cells of fewer pixels are left out


def volume_summary(measured: VolumeMeasurement) -> dict[str, Any]:
    """Summary of a volume, ready for `json.dumps`.

    Means over grains weigh each grain seen whole by Miles and Lantuejoul: the inverse of the chance that a
    grain of its box lies inside the frame.  Intervals (95 %) come from blocks some grains wide.

    Returns
    -------
    dict
        ``shape`` (slices, rows, columns), ``voxel_size_nm`` (x, y, z), ``n_grains``, ``n_interior``,
        ``equivalent_diameter_nm``, ``s_v_per_um`` (surface of grains per volume, each boundary once),
        ``faces_per_grain``, ``triple_lines_per_um2``, ``quadruple_points_per_um3``, ``mean_chord_nm``,
        ``porosity``.  What cannot be said is None.
    """
    volume_um3 = measured.volume_nm3 / PER_UM**3
    whole = ~measured.grains["touches_frame"].to_numpy(bool)
    return {
        "shape": list(measured.shape),
        "voxel_size_nm": list(measured.voxel_size.xyz),
        "n_grains": len(measured.grains),
        "n_interior": int(whole.sum()),
        "equivalent_diameter_nm": _diameters(measured, whole),
        "s_v_per_um": _surface(measured),
        "faces_per_grain": _faces(measured, whole),
        "triple_lines_per_um2": measured.triple_line_nm / PER_UM / volume_um3,
        "quadruple_points_per_um3": measured.quadruple_points / volume_um3,
        "mean_chord_nm": _chords(measured),
    }


def _diameters(m: VolumeMeasurement, whole: np.ndarray) -> dict[str, Any]:
    grains, block, n_blocks = m.grains[whole], m.block[whole], len(m.block_volume_nm3)
    size, weight = grains["equivalent_diameter_nm"].to_numpy(), grains["weight"].to_numpy()
    by_volume = weight * grains["volume_nm3"].to_numpy()
    mean = _grain_mean(size, weight, block, n_blocks)
    by_volume_mean = _grain_mean(size, by_volume, block, n_blocks)
    middle = median(size, weight, block, n_blocks)
    return {
        "mean": finite(mean.value),
        "median": finite(middle.value),
        "volume_weighted_mean": finite(by_volume_mean.value),
        "ci": ends(mean),
        "median_ci": ends(middle) if whole.sum() >= FEWEST_SEEN_WHOLE else None,
        "volume_weighted_mean_ci": ends(by_volume_mean),
    }


def _faces(m: VolumeMeasurement, whole: np.ndarray) -> dict[str, Any]:
    grains, block, n_blocks = m.grains[whole], m.block[whole], len(m.block_volume_nm3)
    mean = _grain_mean(grains["faces"].to_numpy(float), grains["weight"].to_numpy(), block, n_blocks)
    return {"mean": finite(mean.value), "ci": ends(mean)}


def _grain_mean(values: np.ndarray, weight: np.ndarray, block: np.ndarray, n_blocks: int) -> Estimate:
    found = ratio(np.bincount(block, weight * values, n_blocks), np.bincount(block, weight, n_blocks))
    return found if len(values) >= FEWEST_SEEN_WHOLE else Estimate(found.value)


def _surface(m: VolumeMeasurement) -> dict[str, Any]:
    """Surface per volume in 1/µm: all, between grains, towards no grain, and by test lines."""
    boundaries, free = m.block_area_nm2.T
    found = ratio(boundaries + free, m.block_volume_nm3).map(lambda v: v * PER_UM)
    return {
        "value": finite(found.value),
        "ci": ends(found),
        "grain_boundaries": float(boundaries.sum() / m.volume_nm3 * PER_UM),
        "free_surface": float(free.sum() / m.volume_nm3 * PER_UM),
        "by_lines": m.lines.surface_per_nm * PER_UM,
    }


def _chords(m: VolumeMeasurement) -> dict[str, Any]:
    """Mean chord along x, y and z and over all directions, by which each direction is weighed alike."""
    chord = m.lines.mean_chord_nm
    found = {
        name: finite(chord[np.abs(m.lines.direction[:, axis]) > 1 - 1e-9][0])
        for name, axis in (("x", 2), ("y", 1), ("z", 0))
    }
    rate = np.divide(1.0, chord, out=np.zeros(len(chord)), where=np.isfinite(chord))
    mean_rate = float((m.lines.share * rate).sum())
    return {"all": 1 / mean_rate if mean_rate > 0 else None, **found}


def finite(value: float) -> float | None:
    """The value, or None where there is none."""
    return float(value) if math.isfinite(value) else None


def ends(found: Estimate) -> list[float] | None:
    """The ends of an interval, or None."""
    return None if found.low is None or found.high is None else [found.low, found.high]


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
    cells = pd.concat([grain_table(s, unit="px", min_area_px=_SMALLEST_PX) for s in sections])
    cells = cells[~cells["touches_frame"]]
    size = volume.voxel_size
    diameter = np.sqrt(4 / np.pi * cells["area_px2"].to_numpy() * size.x * size.y)
    mean = float(np.average(diameter, weights=cells["weight"])) if len(diameter) else None
    whole = measured.grains[~measured.grains["touches_frame"]]
    true = None
    if len(whole) >= FEWEST_SEEN_WHOLE:
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
