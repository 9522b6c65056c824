"""The JSON document of `grainstats volume --json`, without its modality."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grainstats.measure.intervals.block_bootstrap import Estimate, median, ratio
from grainstats.measure.volume.measurement import VolumeMeasurement

PER_UM = 1e3  #: nanometres in a micrometre
FEWEST_GRAINS = 10  #: grains seen whole, below which no interval of their mean is given


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
        "median_ci": ends(middle) if whole.sum() >= FEWEST_GRAINS else None,
        "volume_weighted_mean_ci": ends(by_volume_mean),
    }


def _faces(m: VolumeMeasurement, whole: np.ndarray) -> dict[str, Any]:
    grains, block, n_blocks = m.grains[whole], m.block[whole], len(m.block_volume_nm3)
    mean = _grain_mean(grains["faces"].to_numpy(float), grains["weight"].to_numpy(), block, n_blocks)
    return {"mean": finite(mean.value), "ci": ends(mean)}


def _grain_mean(values: np.ndarray, weight: np.ndarray, block: np.ndarray, n_blocks: int) -> Estimate:
    found = ratio(np.bincount(block, weight * values, n_blocks), np.bincount(block, weight, n_blocks))
    return found if len(values) >= FEWEST_GRAINS else Estimate(found.value)


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
