"""The JSON document of `grainstats measure --json`, without its modality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from grainstats.measure.descriptors.corrected import corrected_json, with_corrected
from grainstats.measure.descriptors.describe import descriptors
from grainstats.measure.descriptors.describe_spacing import intercepts_by_direction
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.descriptors.distributions import distributions
from grainstats.measure.intervals.pooled_maps import pool
from grainstats.measure.measurement import Measurement, measure_grain_map
from segment.grain_map import GrainMap
from segment.quality.boundary_loss import Loss


def summary(measured: Measurement | GrainMap, *, unit: str = "nm") -> dict[str, Any]:
    """Summary of one map; see `sample_summary`."""
    if isinstance(measured, GrainMap):
        measured = measure_grain_map(measured, unit=unit)
    return sample_summary([measured])


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
    found = with_corrected(descriptors(list(measurements)), loss)
    by_name = {d.name: d for d in found}
    unit = measurements[0].unit
    density = "um" if unit == "nm" else "px"
    return {
        "n_images": len(measurements),
        "n_grains": int(by_name["n_grains"].value),
        "n_interior": int(by_name["n_interior"].value),
        "pixel_size_nm": [m.pixel_size if unit == "nm" else None for m in measurements],
        f"equivalent_diameter_{unit}": _diameter(by_name, unit),
        f"intercept_{unit}": _intercept(by_name, unit),
        f"boundary_density_per_{density}": _value(by_name, f"boundary_density_per_{density}"),
        f"triple_junctions_per_{density}2": _value(by_name, f"triple_junctions_per_{density}2"),
        "astm_g": _value(by_name, "astm_g"),
        "intercept_by_direction": _by_direction(measurements),
        "distributions": distributions(pool(measurements)),
        **_second_phases(by_name, unit),
        **corrected_json(found),
        "descriptors": {d.name: descriptor_json(d) for d in found},
    }


def _diameter(by_name: dict[str, Descriptor], u: str) -> dict[str, Any]:
    name = "equivalent_diameter"
    return {
        "mean": _value(by_name, f"{name}_mean_{u}"),
        "median": _value(by_name, f"{name}_median_{u}"),
        "area_weighted_mean": _value(by_name, f"{name}_area_weighted_mean_{u}"),
        "ci": _ci(by_name, f"{name}_mean_{u}"),
    }


def _intercept(by_name: dict[str, Descriptor], u: str) -> dict[str, Any]:
    return {
        "mean": _value(by_name, f"intercept_mean_{u}"),
        "median": _value(by_name, f"intercept_median_{u}"),
        "cv": _value(by_name, "intercept_cv"),
        "ci": _ci(by_name, f"intercept_mean_{u}"),
        "n": _value(by_name, "n_intercepts"),
    }


def _second_phases(by_name: dict[str, Descriptor], u: str) -> dict[str, Any]:
    if "n_second_phase_parts" not in by_name:
        return {}
    name = "second_phase"
    found = {
        "n": int(by_name[f"n_{name}_parts"].value),
        "area_fraction": _value(by_name, f"{name}_area_fraction"),
        f"mean_diameter_{u}": _value(by_name, f"{name}_diameter_mean_{u}"),
        "boundary_share": _value(by_name, f"{name}_boundary_share"),
    }
    return {"second_phases": found}


def _by_direction(measurements: Sequence[Measurement]) -> list[dict[str, float | None]]:
    table = intercepts_by_direction(pool(measurements))
    return [
        {str(name): _finite(value) for name, value in row.items()}
        for row in table.astype(float).to_dict("records")
    ]


def descriptor_json(d: Descriptor) -> dict[str, Any]:
    """One descriptor as a JSON object."""
    ci = None if d.ci_low is None or d.ci_high is None else [d.ci_low, d.ci_high]
    return {"value": _finite(d.value), "ci": ci, "unit": d.unit, "method": d.method}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _value(by_name: dict[str, Descriptor], name: str) -> float | None:
    return _finite(by_name[name].value) if name in by_name else None


def _ci(by_name: dict[str, Descriptor], name: str) -> list[float] | None:
    d = by_name[name]
    return None if d.ci_low is None or d.ci_high is None else [d.ci_low, d.ci_high]
