"""Intervals of a sample from those of its images, and from how these scatter."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from grainstats.infer.modality.sample_pooling import Sample, pooled_descriptors
from grainstats.measure import Measurement, anisotropy, descriptor_table, descriptors, measure_grain_map
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section


def sample_of(measured: list[Measurement], n: int) -> Sample:
    """The first `n` images as the database would hand them over."""
    chosen = measured[:n]
    found = pd.concat(
        [descriptor_table([m]).query("image != ''").assign(analysis_id=i) for i, m in enumerate(chosen)]
    )
    return Sample(
        pd.DataFrame({"analysis_id": range(n)}),
        pd.concat([m.grains.assign(analysis_id=i) for i, m in enumerate(chosen)], ignore_index=True),
        pd.concat([m.intercepts.assign(analysis_id=i) for i, m in enumerate(chosen)], ignore_index=True),
        found.astype({"ci_low": float, "ci_high": float}),
    )


@pytest.fixture(scope="module")
def measured() -> list[Measurement]:
    """Five small windows of a broad population."""
    maps = [laguerre_section((120, 120), 16, 0.5, np.random.default_rng(k)).grain_map(1.0) for k in range(5)]
    return [measure_grain_map(one, image_id=str(k)) for k, one in enumerate(maps)]


def test_five_images_have_the_interval_of_their_scatter(measured: list[Measurement]) -> None:
    sample = sample_of(measured, 5)
    (found,) = [d for d in pooled_descriptors(sample) if d.name == "boundary_density_per_um"]
    assert "interval from their scatter" in found.method
    values = np.log(sample.descriptors.query("name == 'boundary_density_per_um'")["value"])
    assert found.ci_low is not None and found.ci_high is not None
    least = stats.t.ppf(0.975, 4) * values.std(ddof=1) / math.sqrt(5)
    assert np.log(found.ci_high / found.ci_low) > 1.8 * least  # images weigh differently, skewness only adds


@pytest.mark.parametrize(("n", "name"), [(5, "intercept_cv"), (3, "intercept_mean_nm")])
def test_coarse_grains_or_few_images_take_the_wider_interval(
    measured: list[Measurement], n: int, name: str
) -> None:
    sample = sample_of(measured, n)
    (found,) = [d for d in pooled_descriptors(sample) if d.name == name]
    assert "the wider of" in found.method
    rows = sample.descriptors[sample.descriptors["name"] == name]
    upper = np.log(rows["ci_high"] / rows["value"]).to_numpy()
    assert found.ci_high is not None
    assert np.log(found.ci_high / found.value) > 0.8 * np.sqrt(np.sum((upper / n) ** 2))


def test_two_images_have_their_own_and_one_its_own(measured: list[Measurement]) -> None:
    two = {d.name: d for d in pooled_descriptors(sample_of(measured, 2))}
    assert "within them only" in two["intercept_mean_nm"].method
    one = {d.name: d for d in pooled_descriptors(sample_of(measured, 1))}
    own = sample_of(measured, 1).descriptors.set_index("name").loc["intercept_mean_nm"]
    assert (one["intercept_mean_nm"].ci_low, one["intercept_mean_nm"].ci_high) == (own.ci_low, own.ci_high)


@pytest.fixture(scope="module")
def lying() -> list[Measurement]:
    """Three windows whose grains lie along the rows: directions a little above 0 and a little below 180."""
    maps = [laguerre_section((240, 120), 16, 0.3, np.random.default_rng(k)).grain_map(1.0) for k in range(3)]
    return [
        measure_grain_map(GrainMap(one.labels[::2], 1.0, "manual"), image_id=str(k))
        for k, one in enumerate(maps)
    ]


def test_directions_are_pooled_as_axes(lying: list[Measurement]) -> None:
    pooled = {d.name: d for d in pooled_descriptors(sample_of(lying, 3))}
    own = sample_of(lying, 3).descriptors.query("name == 'anisotropy_direction_deg'")["value"]
    assert own.min() < 20 and own.max() > 160  # whose arithmetic mean is across the grains
    at_once = anisotropy(lying)
    off = (pooled["anisotropy_direction_deg"].value - at_once.direction_deg + 90) % 180 - 90
    assert abs(off) < 2
    assert pooled["anisotropy_index"].value == pytest.approx(at_once.index, rel=0.05)
    assert pooled["anisotropy_direction_deg"].ci_low is None


def test_p_values_of_images_are_combined_not_averaged(lying: list[Measurement]) -> None:
    sample = sample_of(lying, 3)
    pooled = {d.name: d for d in pooled_descriptors(sample)}
    own = sample.descriptors.query("name == 'clustering_p'")["value"].astype(float).dropna()
    assert len(own) == 3
    statistic = -2 * np.log(own).sum()
    assert pooled["clustering_p"].value == pytest.approx(stats.chi2.sf(statistic, 6), rel=1e-9)
    assert pooled["clustering_p"].ci_low is None and "Fisher" in pooled["clustering_p"].method


def test_second_phases_weigh_by_area_outline_and_number(measured: list[Measurement]) -> None:
    """An image without any counts as 0; the pooled numbers are those of all maps at once."""
    porous = []
    for k, rows in enumerate((30, 60)):
        labels = laguerre_section((120, 120), 16, 0.5, np.random.default_rng(k)).grain_map(1.0).labels.copy()
        labels[20 : 20 + rows, 30:50] = 0
        labels[100:104, 60 : 60 + 4 * k] = 0
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
        porous.append(measure_grain_map(GrainMap(labels, 1.0 + k, "manual"), image_id=f"porous {k}"))
    maps = [*porous, measured[2]]
    pooled = {d.name: d for d in pooled_descriptors(sample_of(maps, 3))}
    at_once = {d.name: d for d in descriptors(maps)}
    assert pooled["n_second_phase_parts"].value == 3
    for name in ("second_phase_area_fraction", "second_phase_diameter_mean_nm"):
        assert pooled[name].value == pytest.approx(at_once[name].value)
    cover, surface = "second_phase_boundary_share", "phase_surface_density_per_um"
    assert pooled[cover].value == pytest.approx(at_once[cover].value, rel=0.05)
    assert pooled[surface].value == pytest.approx(at_once[surface].value, rel=0.15)  # by lines, not by area
    assert not [d.name for d in pooled_descriptors(sample_of(measured, 3)) if "second_phase" in d.name]
