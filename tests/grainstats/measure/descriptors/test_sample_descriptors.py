"""Descriptors of a sample from those of its images, their intervals from how these scatter."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from grainstats.measure import Descriptor, Measurement, descriptors, measure_grain_map
from grainstats.measure.descriptors.describe import _image_tables
from grainstats.measure.descriptors.sample_descriptors import ImageTables, sample_descriptors
from grainstats.measure.spacing.astm import g_from_grains_per_mm2, g_from_intercept
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section


def by_name(measured: list[Measurement]) -> dict[str, Descriptor]:
    return {d.name: d for d in descriptors(measured)}


def of_each(measured: list[Measurement], name: str) -> pd.DataFrame:
    """One descriptor of every image."""
    return pd.DataFrame([vars(by_name([m])[name]) for m in measured])


@pytest.fixture(scope="module")
def measured() -> list[Measurement]:
    """Five small windows of a broad population."""
    maps = [laguerre_section((120, 120), 16, 0.5, np.random.default_rng(k)).grain_map(1.0) for k in range(5)]
    return [measure_grain_map(one, image_id=str(k)) for k, one in enumerate(maps)]


def test_five_images_have_the_interval_of_their_scatter(measured: list[Measurement]) -> None:
    found = by_name(measured)["boundary_density_per_um"]
    assert "interval from their scatter" in found.method
    values = np.log(of_each(measured, "boundary_density_per_um")["value"])
    assert found.ci_low is not None and found.ci_high is not None
    least = stats.t.ppf(0.975, 4) * values.std(ddof=1) / math.sqrt(5)
    assert np.log(found.ci_high / found.ci_low) > 1.8 * least  # images weigh differently, skewness only adds


@pytest.mark.parametrize(("n", "name"), [(5, "intercept_cv"), (3, "intercept_mean_nm")])
def test_coarse_grains_or_few_images_take_the_wider_interval(
    measured: list[Measurement], n: int, name: str
) -> None:
    found, rows = by_name(measured[:n])[name], of_each(measured[:n], name)
    assert "the wider of" in found.method
    upper = np.log(rows["ci_high"] / rows["value"]).to_numpy()
    assert found.ci_high is not None
    assert np.log(found.ci_high / found.value) > 0.8 * np.sqrt(np.sum((upper / n) ** 2))


def test_two_images_have_their_own_intervals_combined(measured: list[Measurement]) -> None:
    found, rows = by_name(measured[:2])["intercept_mean_nm"], of_each(measured[:2], "intercept_mean_nm")
    assert "within them only" in found.method
    width = np.log(rows["ci_high"] / rows["ci_low"])
    assert found.ci_low is not None and found.ci_high is not None
    assert np.log(found.ci_high / found.ci_low) == pytest.approx(np.sqrt((width**2).sum()) / 2, rel=0.1)


def test_means_are_ratios_of_totals(measured: list[Measurement]) -> None:
    found, parts = by_name(measured), [by_name([m]) for m in measured]
    areas = [m.grains["area_nm2"].sum() for m in measured]
    count = [area / part["grain_area_mean_nm2"].value for area, part in zip(areas, parts, strict=True)]
    assert found["grain_area_mean_nm2"].value == pytest.approx(sum(areas) / sum(count))
    lines = [m.intercepts["length_nm"].sum() for m in measured]
    number = [part["n_intercepts"].value for part in parts]
    assert found["intercept_mean_nm"].value == pytest.approx(sum(lines) / sum(number))
    assert found["n_grains"].value == sum(len(m.grains) for m in measured)


def test_what_follows_from_a_mean_follows_from_that_of_the_sample(measured: list[Measurement]) -> None:
    found = by_name(measured)
    mean, area = found["intercept_mean_nm"], found["grain_area_mean_nm2"]
    assert mean.ci_low is not None and mean.ci_high is not None
    spheres, g = found["sphere_diameter_equal_nm"], found["astm_g"]
    assert (spheres.value, spheres.ci_low) == (
        pytest.approx(1.5 * mean.value),
        pytest.approx(1.5 * mean.ci_low),
    )
    assert (g.value, g.ci_low) == (g_from_intercept(mean.value), g_from_intercept(mean.ci_high))
    assert found["astm_g_planimetric"].value == g_from_grains_per_mm2(1e12 / area.value)


@pytest.fixture(scope="module")
def lying() -> list[Measurement]:
    """Three windows whose grains lie along the rows: directions a little above 0 and a little below 180."""
    maps = [laguerre_section((240, 120), 16, 0.3, np.random.default_rng(k)).grain_map(1.0) for k in range(3)]
    return [measure_grain_map(GrainMap(one.labels[::2], 1.0, "manual")) for one in maps]


def test_directions_are_averaged_as_axes(lying: list[Measurement]) -> None:
    found, own = by_name(lying), of_each(lying, "anisotropy_direction_deg")["value"]
    assert own.min() < 20 and own.max() > 160  # whose arithmetic mean is across the grains
    harmonic = np.exp(2j * np.deg2rad(own)) * of_each(lying, "anisotropy_index")["value"]
    off = (
        found["anisotropy_direction_deg"].value - np.rad2deg(np.angle(harmonic.mean())) / 2 + 90
    ) % 180 - 90
    assert abs(off) < 2
    assert found["anisotropy_index"].value == pytest.approx(abs(harmonic.mean()), rel=0.05)
    assert found["anisotropy_direction_deg"].ci_low is None


def test_p_values_of_images_are_combined_not_averaged(lying: list[Measurement]) -> None:
    found, own = by_name(lying)["clustering_p"], of_each(lying, "clustering_p")["value"].dropna()
    assert len(own) == 3
    assert found.value == pytest.approx(stats.chi2.sf(-2 * np.log(own).sum(), 6), rel=1e-9)
    assert found.ci_low is None and "Fisher" in found.method


def test_second_phases_weigh_by_area_outline_and_number(measured: list[Measurement]) -> None:
    """An image without any counts as 0."""
    porous = []
    for k, rows in enumerate((30, 60)):
        labels = laguerre_section((120, 120), 16, 0.5, np.random.default_rng(k)).grain_map(1.0).labels.copy()
        labels[20 : 20 + rows, 30:50] = 0
        labels[100:104, 60 : 60 + 4 * k] = 0
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)
        porous.append(measure_grain_map(GrainMap(labels, 1.0 + k, "manual")))
    maps = [*porous, measured[2]]
    found, of = by_name(maps), [m.second_phases for m in maps]
    assert found["n_second_phase_parts"].value == 3
    size = np.array([m.pixel_size for m in maps])
    area, valid, covered, outline = np.transpose(
        [(p.area_px, p.valid_area_px, p.covered_px, p.outline_px) for p in of]
    )
    expected = size**2 @ area / (size**2 @ valid)
    assert found["second_phase_area_fraction"].value == pytest.approx(expected)
    diameters = np.concatenate([m.pixel_size * m.second_phases.diameter_px for m in maps])
    assert found["second_phase_diameter_mean_nm"].value == pytest.approx(diameters.mean())
    expected = size @ covered / (size @ outline)
    assert found["second_phase_boundary_share"].value == pytest.approx(expected, rel=0.05)
    assert not [name for name in by_name(measured[:3]) if "second_phase" in name]


def test_no_digit_depends_on_the_numbers_of_the_analyses() -> None:
    """They follow the order in which a database got the images; most of these show no second phase."""
    maps = []
    for k in range(30):
        grain_map = laguerre_section((60, 60), 12, 0.5, np.random.default_rng(k)).grain_map(1.0)
        if k % 10 == 4:
            grain_map.labels[10:20, 10 : 20 + k] = 0
        maps.append(measure_grain_map(grain_map))
    found = _image_tables(maps, [descriptors(m) for m in maps])
    for seed in range(5):
        number = dict(enumerate(np.random.default_rng(seed).permutation(30).tolist()))
        tables = (found.grains, found.intercepts, found.descriptors)
        other = [table.assign(analysis_id=table["analysis_id"].map(number)) for table in tables]
        assert sample_descriptors(ImageTables(list(number.values()), *other)) == sample_descriptors(found)


def test_pixels_and_nanometres_give_the_same_numbers(measured: list[Measurement]) -> None:
    maps = [laguerre_section((120, 120), 16, 0.5, np.random.default_rng(k)).grain_map(2.0) for k in range(3)]
    in_nm, in_px = (by_name([measure_grain_map(m, unit=unit) for m in maps]) for unit in ("nm", "px"))
    for name, factor in (("intercept_mean", 2), ("equivalent_diameter_median", 2), ("intercept_median", 2)):
        nm, px = in_nm[f"{name}_nm"], in_px[f"{name}_px"]
        assert nm.value == pytest.approx(factor * px.value)
        assert nm.ci_low is not None and px.ci_low is not None
        assert nm.ci_low == pytest.approx(factor * px.ci_low)
    assert in_nm["anisotropy_index"].value == pytest.approx(in_px["anisotropy_index"].value)
