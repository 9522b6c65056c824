"""Descriptors of one sample out of those of its images, with intervals that come from how images differ.

A value of the sample is what all images together show: ratios of totals, and medians and coefficients of
variation from all tables. Its interval: from five images on, Student's t on the image values; with three or
four, the wider of that and the images' own intervals combined, below and above the value each by itself; with
two, the latter alone, since two images cannot tell how much images differ; with one, that image's own. What a
few coarse grains carry takes the wider one of five and more images too: they scatter too little where none
shows the coarse grains that their own intervals allow for.  Directions are axes, so their harmonics are
averaged; the p of images are combined as Fisher did.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import Estimate, reach, weighted_quantile
from grainstats.measure.spacing.astm import g_from_grains_per_mm2, g_from_intercept
from grainstats.measure.spacing.chords import chords_of, intercept_count, n_cuts

ENOUGH_IMAGES = 5  #: from which the spread between images says more than the grains within them; judgement
_COARSE = re.compile(r"area_weighted|length_weighted|_cv$")  #: descriptors that a few coarse grains carry
_DIRECTED = ("anisotropy_index", "anisotropy_direction_deg")
_P_VALUES = ("anisotropy_p", "clustering_p")
_COUNTS = ("n_grains", "n_interior", "n_intercepts", "n_second_phase_parts")
#: by which total of `_weights` a descriptor is a ratio, by the start of its name
_DENOMINATORS = (
    ("grain_area_mean", "planimetric"),
    ("intercept", "intercepts"),
    ("surface_density", "line"),
    ("phase_surface_density", "line"),
    ("misorientation", "area"),
    ("second_phase_area_fraction", "shown"),
    ("second_phase_boundary_share", "outline"),
    ("second_phase_diameter_mean", "parts"),
)
_ABSENT_ARE_ZERO = ("second_phase_area_fraction", "second_phase_boundary_share", "phase_surface_density_per_")


@dataclass(frozen=True, eq=False)
class ImageTables:
    """What the images of one sample show; every table has the column ``analysis_id``."""

    analysis_ids: Sequence[int]  #: the images, in order
    grains: pd.DataFrame  #: as `grain_table`
    intercepts: pd.DataFrame  #: as `intercept_table`
    descriptors: pd.DataFrame  #: of the images: name, value, ci_low, ci_high, unit, method
    unit: str = "nm"  #: or ``"px"``


def sample_descriptors(images: ImageTables) -> list[Descriptor]:
    """Descriptors of the sample, in the order in which its images carry them; of one image its own."""
    if len(images.analysis_ids) == 1:
        return _own(images.descriptors)
    images = replace(images, descriptors=_with_absent_phases(images))
    by_name = {str(name): part for name, part in images.descriptors.groupby("name", sort=False)}
    weights = _weights(images)
    exact = _from_tables(images) | _preferred_direction(images, weights)
    found = [
        _of_sample(name, part, exact.get(name), weights, images.analysis_ids)
        for name, part in by_name.items()
    ]
    known = {d.name: d for d in found}
    return [_derived(d, known, images.unit) for d in found]


def _own(descriptors: pd.DataFrame) -> list[Descriptor]:
    """Those of one image as they are."""
    found = []
    for row in descriptors.itertuples():
        known = math.isfinite(row.ci_low + row.ci_high)
        estimate = Estimate(row.value, row.ci_low, row.ci_high) if known else Estimate(row.value)
        found.append(Descriptor.of(row.name, estimate, row.unit, row.method))
    return found


def _from_tables(images: ImageTables) -> dict[str, float]:
    """What is no ratio of totals, from all grains and intercepts at once."""
    u = images.unit
    whole = images.grains[~images.grains["touches_frame"].astype(bool)]
    d, w = (whole[name].to_numpy(float) for name in (f"equivalent_diameter_{u}", "weight"))
    chords = chords_of(images.intercepts, u)
    mean = float(np.average(d, weights=w)) if d.size else math.nan
    square = float(np.average(d**2, weights=w)) if d.size else math.nan
    return {
        f"equivalent_diameter_median_{u}": weighted_quantile(d, w, 0.5),
        f"equivalent_diameter_area_weighted_median_{u}": weighted_quantile(d, w * d**2, 0.5),
        "equivalent_diameter_cv": math.sqrt(max(square / mean**2 - 1, 0)) if mean > 0 else math.nan,
        f"intercept_median_{u}": chords.quantile(0.5),
        "intercept_cv": chords.cv,
        f"intercept_length_weighted_mean_{u}": chords.length_weighted_mean,
    }


def _with_absent_phases(images: ImageTables) -> pd.DataFrame:
    """Descriptors, with 0 for the images that carry none because all in them is grain.

    These stand in the order of the images, whatever their numbers: the last digit of a mean depends on it.
    """
    parts = [images.descriptors]
    for start in _ABSENT_ARE_ZERO:
        part = images.descriptors[images.descriptors["name"].str.startswith(start)]
        there = set(part["analysis_id"])
        missing = [number for number in images.analysis_ids if number not in there]
        if len(part) and missing:
            none = part.iloc[[0] * len(missing)].assign(analysis_id=missing, value=0.0)
            parts.append(none.assign(ci_low=math.nan, ci_high=math.nan).astype(part.dtypes))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _preferred_direction(images: ImageTables, weights: pd.DataFrame) -> dict[str, float]:
    """Index and direction of the images' harmonics together, each weighted by its boundary length."""
    wide = images.descriptors.pivot(index="analysis_id", columns="name", values="value")
    density = f"boundary_density_per_{'um' if images.unit == 'nm' else 'px'}"
    if not {*_DIRECTED, density} <= set(wide.columns):
        return {}
    wide = wide.reindex(images.analysis_ids)
    length = (wide[density] * weights["area"].reindex(wide.index)).to_numpy(float)
    index, angle = (wide[name].to_numpy(float) for name in _DIRECTED)
    known = np.isfinite(index) & np.isfinite(angle) & (length > 0)
    if not known.any():
        return {}
    harmonic = np.average(index[known] * np.exp(2j * np.deg2rad(angle[known])), weights=length[known])
    return {
        "anisotropy_index": float(np.abs(harmonic)),
        "anisotropy_direction_deg": float(np.rad2deg(np.angle(harmonic)) / 2 % 180),
    }


def _weights(images: ImageTables) -> pd.DataFrame:
    """Denominators of the ratios, one row per analysis: the weight an image has in each value of the sample.

    Summed exactly (`math.fsum`): a sum whose last digit depends on the order would depend on the workers.
    """
    u, grain, chord = images.unit, images.grains["analysis_id"], images.intercepts["analysis_id"]
    columns = ("weight", f"area_{u}2", f"perimeter_{u}")
    weight, area, outline = (images.grains[name].fillna(0.0) for name in columns)
    count = pd.Series(intercept_count(n_cuts(images.intercepts["censored"].to_numpy())))
    parts = {
        "number": weight.groupby(grain),
        "whole area": (weight * area).groupby(grain),
        "area": area.groupby(grain),
        "outline": outline.groupby(grain),
        "intercepts": count.groupby(chord),
        "line": images.intercepts[f"length_{u}"].groupby(chord),
    }
    found = pd.DataFrame({name: values.agg(math.fsum) for name, values in parts.items()})
    found = found.reindex(list(images.analysis_ids)).fillna(0.0)
    found["planimetric"] = found["area"] / _of_images(images, f"grain_area_mean_{u}2").replace(0.0, math.inf)
    found["shown"] = found["area"] / (1 - _of_images(images, "second_phase_area_fraction"))
    found["parts"] = _of_images(images, "n_second_phase_parts")
    return found


def _of_images(images: ImageTables, name: str) -> pd.Series:
    """One descriptor by analysis; 0 where an image does not carry it."""
    part = images.descriptors[images.descriptors["name"] == name].set_index("analysis_id")["value"]
    return part.astype(float).reindex(images.analysis_ids, fill_value=0.0)


def _weight_of(name: str) -> str:
    """The denominator of a descriptor, a column of `_weights`."""
    for start, weight in _DENOMINATORS:
        if name.startswith(start):
            return weight
    if "_per_" in name or name.endswith("boundary_share"):
        return "area"
    return "whole area" if "area_weighted" in name else "number"


def _of_sample(
    name: str, part: pd.DataFrame, exact: float | None, weights: pd.DataFrame, ids: Sequence[int]
) -> Descriptor:
    first = part.iloc[0]
    unit, method = str(first["unit"]), str(first["method"])
    if name in _COUNTS:
        return Descriptor(name, float(part["value"].sum()), None, None, unit, method)
    if name in _P_VALUES:
        return _combined(name, part["value"].astype(float).dropna(), unit, method)
    weight = weights.loc[part["analysis_id"], _weight_of(name)].to_numpy(float)
    ends = part[["ci_low", "value", "ci_high"]].to_numpy(float)
    found, how = estimate_of_images(ends, weight, exact, coarse=bool(_COARSE.search(name)))
    if name.startswith("anisotropy"):
        return Descriptor(name, found.value, None, None, unit, f"{method}; {len(ids)} images")
    if found.high is not None and name.endswith(("_share", "_fraction")):
        found = replace(found, high=min(found.high, 1.0))
    return Descriptor.of(name, found, unit, f"{method}; {how}")


def estimate_of_images(
    rows: np.ndarray, weight: np.ndarray, exact: float | None = None, *, coarse: bool = False
) -> tuple[Estimate, str]:
    """Value and interval of a positive quantity from its images, and where the interval comes from.

    `rows`, shape (n_images, 3), are lower end of the interval, value and upper end; an image without a value,
    or of `weight` 0, does not count.  `exact` is the value where it is not the weighted mean of the images'.
    `coarse`: a few coarse grains make the value, and the scatter of five and more images is not enough.
    """
    counts = np.isfinite(rows[:, 1]) & (weight > 0)
    rows, weight = rows[counts], weight[counts]
    if len(rows) == 0:
        return Estimate(math.nan), "no image shows it"
    if len(rows) == 1:
        low, value, high = rows[0].tolist()
        known = math.isfinite(low) and math.isfinite(high)
        return Estimate(value, low, high) if known else Estimate(value), "of one image"
    value = float(np.average(rows[:, 1], weights=weight)) if exact is None else exact
    reaches, how = _reaches(rows, weight, alone=len(rows) >= ENOUGH_IMAGES and not coarse)
    if reaches is None or value <= 0:
        return Estimate(value), how
    return Estimate(value, value / math.exp(reaches[0]), value * math.exp(reaches[1])), how


def _combined(name: str, p_values: pd.Series, unit: str, method: str) -> Descriptor:
    """Fisher's combination: the p of independent images against the null in all of them."""
    statistic = -2 * float(np.log(p_values.clip(lower=1e-300)).sum())  # chi-squared, 2 n degrees of freedom
    p = float(special.chdtrc(2 * len(p_values), statistic)) if len(p_values) else math.nan
    return Descriptor(name, p, None, None, unit, f"{method}; Fisher's combination of {len(p_values)} images")


def _reaches(rows: np.ndarray, w: np.ndarray, *, alone: bool) -> tuple[tuple[float, float] | None, str]:
    """How far the 95 % interval of log(value) reaches below and above, and where that comes from.

    `alone`: the scatter of the images is enough.
    """
    n = len(rows)
    between, within = _between_images(rows, w), _within_images(rows, w)
    if n == 2 or between is None:
        return within, f"{n} images, interval from within them only"
    if alone or within is None:
        return between, f"{n} images, interval from their scatter"
    wider = max(between[0], within[0]), max(between[1], within[1])
    return wider, f"{n} images, interval the wider of their scatter and their own intervals"


def _between_images(rows: np.ndarray, w: np.ndarray) -> tuple[float, float] | None:
    """From the scatter of the images about their weighted mean, log scale; see `reach`."""
    values = rows[:, 1]
    n = values.size
    if n < 3 or (values <= 0).any():
        return None
    share = w / w.sum()
    residual = np.log(values) - float(share @ np.log(values))
    return reach(share * residual * math.sqrt(n / (n - 1)))


def _within_images(rows: np.ndarray, w: np.ndarray) -> tuple[float, float] | None:
    """From the images' own intervals, taken as independent."""
    if not np.isfinite(rows).all() or (rows <= 0).any():
        return None
    below, above = np.sqrt(np.sum((w[:, None] / w.sum() * np.diff(np.log(rows), axis=1)) ** 2, axis=0))
    return float(below), float(above)


def _derived(d: Descriptor, known: dict[str, Descriptor], unit: str) -> Descriptor:
    """What is a function of another descriptor is that of the sample's; any other as it is."""
    of: dict[str, tuple[str, Callable[[float], float]]] = {
        f"sphere_diameter_equal_{unit}": (f"intercept_mean_{unit}", lambda mean: 1.5 * mean),
        "astm_g": ("intercept_mean_nm", g_from_intercept),
        "astm_g_planimetric": ("grain_area_mean_nm2", lambda area: g_from_grains_per_mm2(1e12 / area)),
    }
    source, function = of.get(d.name, ("", float))
    if source not in known:
        return d
    base = known[source]
    found = Estimate(base.value, base.ci_low, base.ci_high).map(function)
    return replace(d, value=found.value, ci_low=found.low, ci_high=found.high)
