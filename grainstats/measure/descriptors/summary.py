"""The JSON document of `grainstats measure --json`, without its modality: means, and both distributions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from grainstats.measure.descriptors.corrected import corrected_json, with_corrected
from grainstats.measure.descriptors.describe import of_map, of_sample
from grainstats.measure.descriptors.describe_spacing import intercepts_by_direction
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.descriptors.sample_descriptors import estimate_of_images
from grainstats.measure.intervals.map_blocks import MapBlocks, map_blocks
from grainstats.measure.intervals.size_distribution import size_shares
from grainstats.measure.intervals.sizes import ascending
from grainstats.measure.measurement import Measurement
from grainstats.measure.spacing.chords import chords_of
from segment.quality.boundary_loss import Loss

PER_OCTAVE = 4  #: classes to a factor of two in length


def sample_summary(measurements: Sequence[Measurement], loss: Loss | None = None) -> dict[str, Any]:
    """Summary of several maps as one sample, ready for `json.dumps`.

    Parameters
    ----------
    measurements : sequence of Measurement
    loss : Loss, optional
        Boundary that the segmentations have lost (`segment.quality.boundary_loss`).

    Returns
    -------
    dict
        ``n_images, n_grains, n_interior, pixel_size_nm`` (one per image), ``equivalent_diameter_{u}`` and
        ``intercept_{u}`` (mean, median, ..., ``ci``: 95 % interval of the mean), ``boundary_density_per_um``,
        ``triple_junctions_per_um2``, ``astm_g``, ``intercept_by_direction``, ``distributions`` (of size by
        area, of spacing by length), ``second_phases`` where the maps have any (``n, area_fraction,
        mean_diameter_{u}, boundary_share``), where the loss is known the means without it (`corrected_json`),
        and ``descriptors`` (each with interval, unit and method).  In
        pixels the names end in ``_px`` and there is no ``astm_g``.  What cannot be said is None.
    """
    maps = list(measurements)
    blocks = [map_blocks(m) for m in maps]
    of_each = [of_map(m, b) for m, b in zip(maps, blocks, strict=True)]
    found = with_corrected(of_sample(maps, of_each), loss)
    facts = {d.name: descriptor_json(d) for d in found}
    u, per = maps[0].unit, "um" if maps[0].unit == "nm" else "px"
    grains, intercepts = (
        pd.concat(tables) for tables in zip(*((m.grains, m.intercepts) for m in maps), strict=True)
    )

    def value(name: str) -> float | None:
        known: float | None = facts[name]["value"] if name in facts else None
        return known

    size = "equivalent_diameter"
    return {
        "n_images": len(maps),
        "n_grains": len(grains),
        "n_interior": int(facts["n_interior"]["value"]),
        "pixel_size_nm": [m.pixel_size if u == "nm" else None for m in maps],
        f"{size}_{u}": {
            "mean": value(f"{size}_mean_{u}"),
            "median": value(f"{size}_median_{u}"),
            "area_weighted_mean": value(f"{size}_area_weighted_mean_{u}"),
            "ci": facts[f"{size}_mean_{u}"]["ci"],
        },
        f"intercept_{u}": {
            "mean": value(f"intercept_mean_{u}"),
            "median": value(f"intercept_median_{u}"),
            "cv": value("intercept_cv"),
            "ci": facts[f"intercept_mean_{u}"]["ci"],
            "n": value("n_intercepts"),
        },
        f"boundary_density_per_{per}": value(f"boundary_density_per_{per}"),
        f"triple_junctions_per_{per}2": value(f"triple_junctions_per_{per}2"),
        "astm_g": value("astm_g"),
        "intercept_by_direction": _by_direction(blocks),
        "distributions": distributions(grains, intercepts, u),
        **_second_phases(facts, u),
        **corrected_json(found),
        "descriptors": facts,
    }


def _by_direction(blocks: Sequence[MapBlocks]) -> list[dict[str, float | None]]:
    """Mean intercept of each direction of the test lines."""
    table, u = pd.concat([intercepts_by_direction(b) for b in blocks]), blocks[0].unit
    rows = []
    for angle, found in table.groupby("angle_deg"):
        n = found["n"].to_numpy()
        estimate, _ = estimate_of_images(found[["ci_low", "value", "ci_high"]].to_numpy(), n)
        rows.append((angle, estimate.value, estimate.low, estimate.high, n.sum()))
    names = ("angle_deg", f"mean_{u}", f"ci_low_{u}", f"ci_high_{u}", "n")
    return [{name: _finite(v) for name, v in zip(names, row, strict=True)} for row in rows]


def _second_phases(facts: dict[str, dict[str, Any]], u: str) -> dict[str, Any]:
    if "n_second_phase_parts" not in facts:
        return {}
    found = {
        "n": int(facts["n_second_phase_parts"]["value"]),
        "area_fraction": facts["second_phase_area_fraction"]["value"],
        f"mean_diameter_{u}": facts[f"second_phase_diameter_mean_{u}"]["value"],
        "boundary_share": facts["second_phase_boundary_share"]["value"],
    }
    return {"second_phases": found}


def descriptor_json(d: Descriptor) -> dict[str, Any]:
    """One descriptor as a JSON object."""
    ci = None if d.ci_low is None or d.ci_high is None else [d.ci_low, d.ci_high]
    return {"value": _finite(d.value), "ci": ci, "unit": d.unit, "method": d.method}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def distributions(grains: pd.DataFrame, intercepts: pd.DataFrame, unit: str) -> dict[str, dict[str, Any]]:
    """Shares by class of length, the classes a quarter of an octave wide.

    A random point of the specimen lies in a grain of some size, and on a test line in an intercept of some
    length. What the frame cuts is at least as large as what is seen of it (product-limit estimates).

    ``equivalent_diameter_{u}`` and ``intercept_{u}`` have ``edges`` (k + 1 ascending lengths), ``share`` (k
    shares of area or of line length, which sum to 1) and ``weighted_by``; empty where no grain is seen whole.
    """
    diameter, whole, _ = ascending(grains, unit)
    sizes = size_shares(diameter, whole)
    chords = chords_of(intercepts, unit)
    by_length = chords.mass * chords.length
    total = by_length.sum()
    return {
        f"equivalent_diameter_{unit}": _classes(sizes.diameter, sizes.mass, "area"),
        f"intercept_{unit}": _classes(chords.length, by_length / total if total > 0 else by_length, "length"),
    }


def _classes(length: np.ndarray, share: np.ndarray, weighted_by: str) -> dict[str, Any]:
    seen = share > 0
    if not seen.any():
        return {"edges": [], "share": [], "weighted_by": weighted_by}
    octave = np.log2(length[seen]) * PER_OCTAVE
    first, last = int(np.floor(octave.min())), int(np.floor(octave.max())) + 1
    edges = 2.0 ** (np.arange(first, last + 1) / PER_OCTAVE)
    counted = np.bincount(np.floor(octave).astype(int) - first, share[seen], last - first)
    return {"edges": edges.tolist(), "share": counted.tolist(), "weighted_by": weighted_by}
