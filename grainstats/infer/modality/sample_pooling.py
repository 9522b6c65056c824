"""One sample out of its images: pooled numbers, with intervals that come from how images differ.

A pooled value is what all images together show: ratios of totals, and medians and coefficients of variation
from the pooled tables. Its interval: from five images on, Student's t on the image values; with three or
four, the wider of that and the images' own intervals combined, below and above the value each by itself; with
two, the latter alone, since two images cannot tell how much images differ; with one, that image's own. What a
few coarse grains carry takes the wider one of five and more images too: they scatter too little where none
shows the coarse grains that their own intervals allow for.  Directions are axes, so their harmonics are
pooled; the p of images are combined as Fisher did.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import special

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge_sample import SampleImage
from grainstats.measure.descriptors.descriptor import Descriptor
from grainstats.measure.intervals.block_bootstrap import reach, weighted_quantile
from grainstats.measure.spacing.astm import g_from_intercept
from grainstats.measure.spacing.chords import ChordDistribution, intercept_count, kaplan_meier, n_cuts
from segment.segmentation import Segmentation

ENOUGH_IMAGES = 5  #: from which the spread between images says more than the grains within them; judgement
_COARSE = re.compile(r"area_weighted|length_weighted|_cv$")  #: descriptors that a few coarse grains carry
_DIRECTED = ("anisotropy_index", "anisotropy_direction_deg")
_P_VALUES = ("anisotropy_p", "clustering_p")
_COUNTS = ("n_grains", "n_interior", "n_intercepts", "n_second_phase_parts")
_SECOND_PHASES = {
    "second_phase_area_fraction": "shown",
    "second_phase_boundary_share": "outline",
    "second_phase_diameter_mean_nm": "parts",
}  #: what weighs the images in descriptors that only images with second phases carry
_ABSENT_ARE_ZERO = (
    "second_phase_area_fraction",
    "second_phase_boundary_share",
    "phase_surface_density_per_um",
)


@dataclass(frozen=True, eq=False)
class Sample:
    """Everything the database holds on the images that count for one sample, in the order of their digests.

    Attributes
    ----------
    images : DataFrame
        One row per analysis: analysis_id, micrograph_digest, pixel_size_nm, rows, columns, ...
    grains, intercepts : DataFrame
        With the column ``analysis_id``.
    descriptors : DataFrame
        Of the images: analysis_id, name, value, ci_low, ci_high, unit, method.
    segmentations : mapping of int to Segmentation or None
        By analysis_id, how each image was cut; None: by no model.
    """

    images: pd.DataFrame
    grains: pd.DataFrame
    intercepts: pd.DataFrame
    descriptors: pd.DataFrame
    segmentations: Mapping[int, Segmentation | None] = field(default_factory=dict)

    @property
    def analysis_ids(self) -> list[int]:
        return [int(number) for number in self.images["analysis_id"]]


def sample_images(sample: Sample) -> list[SampleImage]:
    """The images of a sample, as its verdict wants them."""
    by_image = dict(list(sample.grains.groupby("analysis_id", sort=False)))
    return [
        _sample_image(image, by_image.get(image["analysis_id"], sample.grains[:0]), sample.segmentations)
        for _, image in sample.images.iterrows()
    ]


def _sample_image(
    image: pd.Series, table: pd.DataFrame, segmentations: Mapping[int, Segmentation | None]
) -> SampleImage:
    shape, number = (int(image["rows"]), int(image["columns"])), int(image["analysis_id"])
    grains = ImageGrains.from_columns(table, float(image["pixel_size_nm"]), shape)
    missing = f"the database does not hold how {image['path']} was segmented"
    return SampleImage(
        grains,
        segmentations.get(number),
        tuple(image["warnings"]),
        "" if number in segmentations else missing,
    )


def pooled_descriptors(sample: Sample) -> list[Descriptor]:
    """Descriptors of the sample, in the order in which the images carry them."""
    sample = replace(sample, descriptors=_with_absent_phases(sample))
    by_name = {name: part for name, part in sample.descriptors.groupby("name", sort=False)}
    weights = _weights(sample)
    exact = _from_tables(sample) | _preferred_direction(sample, weights)
    found = [
        _pooled(str(name), part, exact.get(str(name)), weights, sample.analysis_ids)
        for name, part in by_name.items()
    ]
    mean = next((d for d in found if d.name == "intercept_mean_nm"), None)
    return [_grain_size_number(d, mean) if d.name == "astm_g" and mean is not None else d for d in found]


def _from_tables(sample: Sample) -> dict[str, float]:
    """What is no ratio of totals, from all grains and intercepts at once."""
    whole = sample.grains[~sample.grains["touches_frame"].astype(bool)]
    d, w = (whole[name].to_numpy(float) for name in ("equivalent_diameter_nm", "weight"))
    chords = chords_of(sample)
    mean = float(np.average(d, weights=w)) if d.size else math.nan
    square = float(np.average(d**2, weights=w)) if d.size else math.nan
    return {
        "equivalent_diameter_median_nm": weighted_quantile(d, w, 0.5),
        "equivalent_diameter_area_weighted_median_nm": weighted_quantile(d, w * d**2, 0.5),
        "equivalent_diameter_cv": math.sqrt(max(square / mean**2 - 1, 0)) if mean > 0 else math.nan,
        "intercept_median_nm": chords.quantile(0.5),
        "intercept_cv": chords.cv,
        "intercept_length_weighted_mean_nm": chords.length_weighted_mean,
    }


def _with_absent_phases(sample: Sample) -> pd.DataFrame:
    """Descriptors, with 0 for the images that carry none because all in them is grain."""
    parts = [sample.descriptors]
    for name in _ABSENT_ARE_ZERO:
        part = sample.descriptors[sample.descriptors["name"] == name]
        missing = sorted(set(sample.analysis_ids) - set(part["analysis_id"]))
        if len(part) and missing:
            none = part.iloc[[0] * len(missing)].assign(analysis_id=missing, value=0.0)
            parts.append(none.assign(ci_low=math.nan, ci_high=math.nan).astype(part.dtypes))
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def _preferred_direction(sample: Sample, weights: pd.DataFrame) -> dict[str, float]:
    """Index and direction of the images' harmonics together, each weighted by its boundary length."""
    wide = sample.descriptors.pivot(index="analysis_id", columns="name", values="value")
    if not {*_DIRECTED, "boundary_density_per_um"} <= set(wide.columns):
        return {}
    wide = wide.reindex(sample.analysis_ids)
    length = (wide["boundary_density_per_um"] * weights["density"].reindex(wide.index)).to_numpy(float)
    index, angle = (wide[name].to_numpy(float) for name in _DIRECTED)
    known = np.isfinite(index) & np.isfinite(angle) & (length > 0)
    if not known.any():
        return {}
    harmonic = np.average(index[known] * np.exp(2j * np.deg2rad(angle[known])), weights=length[known])
    return {
        "anisotropy_index": float(np.abs(harmonic)),
        "anisotropy_direction_deg": float(np.rad2deg(np.angle(harmonic)) / 2 % 180),
    }


def chords_of(sample: Sample) -> ChordDistribution:
    """Intercepts of all images together, what the frame cuts taken as at least so long."""
    intercepts = sample.intercepts
    return kaplan_meier(intercepts["length_nm"].to_numpy(float), n_cuts(intercepts["censored"].to_numpy()))


def _weights(sample: Sample) -> pd.DataFrame:
    """Denominators of the ratios, one row per analysis: the weight an image has in each pooled value.

    Summed exactly (`math.fsum`): a sum whose last digit depends on the order would depend on the workers.
    """
    weight, area = (sample.grains[name].fillna(0.0) for name in ("weight", "area_nm2"))
    count = pd.Series(intercept_count(n_cuts(sample.intercepts["censored"].to_numpy())))
    columns = {
        "number": weight.groupby(sample.grains["analysis_id"]),
        "area": (weight * area).groupby(sample.grains["analysis_id"]),
        "density": area.groupby(sample.grains["analysis_id"]),
        "outline": sample.grains["perimeter_nm"].fillna(0.0).groupby(sample.grains["analysis_id"]),
        "intercept": count.groupby(sample.intercepts["analysis_id"]),
    }
    found = pd.DataFrame({name: values.agg(math.fsum) for name, values in columns.items()}).fillna(0.0)
    fraction = _of_images(sample, "second_phase_area_fraction")
    found["shown"] = found["density"] / (1 - fraction)
    found["parts"] = _of_images(sample, "n_second_phase_parts")
    return found


def _of_images(sample: Sample, name: str) -> pd.Series:
    """One descriptor by analysis; 0 where an image does not carry it."""
    part = sample.descriptors[sample.descriptors["name"] == name].set_index("analysis_id")["value"]
    return part.astype(float).reindex(sample.analysis_ids, fill_value=0.0)


def _kind(name: str) -> str:
    """Which denominator a descriptor has."""
    if name in _SECOND_PHASES:
        return _SECOND_PHASES[name]
    if name.startswith("intercept"):
        return "intercept"
    if "_per_" in name or name.startswith("misorientation") or name.endswith("boundary_share"):
        return "density"
    return "area" if "area_weighted" in name else "number"


def _pooled(
    name: str, part: pd.DataFrame, exact: float | None, weights: pd.DataFrame, ids: Sequence[int]
) -> Descriptor:
    first = part.iloc[0]
    unit, method = str(first["unit"]), str(first["method"])
    if name in _COUNTS:
        return Descriptor(name, float(part["value"].sum()), None, None, unit, method)
    if name in _P_VALUES and len(ids) > 1:
        return _combined(name, part["value"].astype(float).dropna(), unit, method)
    rows = part.set_index("analysis_id").reindex(ids)
    w = weights[_kind(name)].reindex(ids).fillna(0.0).to_numpy(float)
    good = np.isfinite(rows["value"].to_numpy(float)) & (w > 0)
    rows, w = rows[good], w[good]
    if len(rows) < 2:
        ends = [_or_none(first[end]) for end in ("ci_low", "ci_high")] if len(ids) == 1 else [None, None]
        value = float(rows["value"].iloc[0]) if len(rows) else math.nan
        return Descriptor(name, value, ends[0], ends[1], unit, method)
    value = float(np.average(rows["value"], weights=w)) if exact is None else exact
    if name.startswith("anisotropy"):
        return Descriptor(name, value, None, None, unit, f"{method}; {len(rows)} images pooled")
    reaches, how = _reaches(rows, w, alone=len(rows) >= ENOUGH_IMAGES and not _COARSE.search(name))
    if reaches is None or value <= 0:
        return Descriptor(name, value, None, None, unit, f"{method}; {how}")
    low, high = value / math.exp(reaches[0]), value * math.exp(reaches[1])
    if name.endswith(("_share", "_fraction")):
        high = min(high, 1.0)
    return Descriptor(name, value, low, high, unit, f"{method}; {how}")


def _combined(name: str, p_values: pd.Series, unit: str, method: str) -> Descriptor:
    """Fisher's combination: the p of independent images against the null in all of them."""
    statistic = -2 * float(np.log(p_values.clip(lower=1e-300)).sum())  # chi-squared, 2 n degrees of freedom
    p = float(special.chdtrc(2 * len(p_values), statistic)) if len(p_values) else math.nan
    return Descriptor(name, p, None, None, unit, f"{method}; Fisher's combination of {len(p_values)} images")


def _reaches(rows: pd.DataFrame, w: np.ndarray, *, alone: bool) -> tuple[tuple[float, float] | None, str]:
    """How far the 95 % interval of log(value) reaches below and above, and where that comes from.

    `alone`: the scatter of the images is enough.
    """
    n = len(rows)
    between, within = _between_images(rows, w), _within_images(rows, w)
    if n == 2 or between is None:
        return within, f"{n} images pooled, interval from within them only"
    if alone or within is None:
        return between, f"{n} images pooled, interval from their scatter"
    wider = max(between[0], within[0]), max(between[1], within[1])
    return wider, f"{n} images pooled, interval the wider of their scatter and their own intervals"


def _between_images(rows: pd.DataFrame, w: np.ndarray) -> tuple[float, float] | None:
    """From the scatter of the images about their weighted mean, log scale; see `reach`."""
    values = rows["value"].to_numpy(float)
    n = values.size
    if n < 3 or (values <= 0).any():
        return None
    share = w / w.sum()
    residual = np.log(values) - float(share @ np.log(values))
    return reach(share * residual * math.sqrt(n / (n - 1)))


def _within_images(rows: pd.DataFrame, w: np.ndarray) -> tuple[float, float] | None:
    """From the images' own intervals, taken as independent."""
    table = rows[["ci_low", "value", "ci_high"]].to_numpy(float)
    if not np.isfinite(table).all() or (table <= 0).any():
        return None
    below, above = np.sqrt(np.sum((w[:, None] / w.sum() * np.diff(np.log(table), axis=1)) ** 2, axis=0))
    return float(below), float(above)


def _grain_size_number(astm: Descriptor, mean: Descriptor) -> Descriptor:
    """ASTM G of the pooled mean intercept; a longer intercept is a smaller number."""
    low, high = (None if end is None else g_from_intercept(end) for end in (mean.ci_high, mean.ci_low))
    return replace(astm, value=g_from_intercept(mean.value), ci_low=low, ci_high=high)


def _or_none(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
