"""One grain is no population, and what is said of coarse grains instead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calibrate_small_fields import fields
from null_mosaics import Population, cut_window
from outside_families import Structure, lognormal
from power_diagram import cells_of

from grainstats.infer import ImageGrains, judge_modality, modality_json
from grainstats.infer.modality import judge
from grainstats.infer.modality.coarse_grains import below, coarse_grains, is_population
from grainstats.infer.modality.distribution import distribution_of
from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.modes import Modes
from grainstats.run.report.report import verdict_paragraphs


def voronoi(seed: int, side: float = 26.0) -> ImageGrains:
    """Some 900 interior grains of a section of a Poisson-Voronoi mosaic, mean diameter about 20."""
    mosaic = Population(0.0).mosaic(side, np.random.default_rng(seed))
    return cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=10.0)


def with_giants(image: ImageGrains, shares: list[float]) -> ImageGrains:
    """Grains of these shares of the area instead of as much of the others."""
    area = float((image.diameter_nm**2).sum() + (image.frame_diameter_nm**2).sum())
    keep = np.cumsum(image.diameter_nm**2) > sum(shares) * area
    giants = np.sqrt(np.array(shares) * area)
    return replace(
        image,
        diameter_nm=np.append(image.diameter_nm[keep], giants),
        weight=np.append(image.weight[keep], np.ones(len(shares))),
        centre_nm=np.vstack([image.centre_nm[keep], np.full((len(shares), 2), 300.0)]),
    )


@pytest.mark.parametrize("share", [0.03, 0.06, 0.12, 0.3])
def test_one_giant_grain_is_isolated_and_no_population(share: float) -> None:
    verdict = judge_modality([with_giants(voronoi(1), [share])])
    assert verdict.verdict == ("uniform" if share < 0.05 else "indeterminate")
    assert verdict.isolated_grains == 1
    assert verdict.isolated_share == pytest.approx(share, rel=0.05)
    assert "1 isolated coarse grain" in verdict.reason and "ALA" in verdict.reason
    assert modality_json(verdict)["isolated_grains"] == 1
    assert "isolated coarse grain" in " ".join(verdict_paragraphs(verdict))


def test_isolated_grains_of_several_sizes_are_named_once() -> None:
    verdict = judge_modality([with_giants(voronoi(1), [0.028, 0.012])])
    assert verdict.verdict == "uniform" and verdict.isolated_grains == 2
    assert verdict.reason.count("isolated") == 1 and "2 isolated coarse grains" in verdict.reason


def test_a_giant_beside_two_populations_is_in_none_of_the_modes() -> None:
    mosaic = Population(0.15, 4.0, 0.45).mosaic(26.0, np.random.default_rng(0))
    field = cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=15.0)
    alone, beside = judge_modality([field]), judge_modality([with_giants(field, [0.3])])
    assert beside.verdict == alone.verdict == "bimodal" and beside.isolated_grains == 1
    assert beside.mode_ratio is not None and f"ratio {beside.mode_ratio:.2f};" in beside.reason
    assert beside.mode_ratio == pytest.approx(alone.mode_ratio, rel=0.1)
    for (low, high), mode in zip(beside.modes_ci_nm, beside.modes_nm, strict=True):
        assert low < mode < high < 400.0
    assert "Besides, 1 isolated coarse grain holds" in " ".join(verdict_paragraphs(beside))


def test_coarse_grains_of_one_field_are_no_population_of_the_sample() -> None:
    fields = [voronoi(k, 20.0) for k in range(2, 5)]
    one = [with_giants(fields[0], [0.05] * 8), *fields[1:]]
    every = [with_giants(f, [0.05] * 8) for f in fields]
    assert judge_modality(one).verdict == "indeterminate"
    assert "in 1 of 3 fields" in judge_modality(one).reason
    assert judge_modality(every).verdict == "bimodal"
    assert judge_modality(every).isolated_grains == 0


def field_of(mean: float, seed: int, n: int = 60) -> ImageGrains:
    """A field of independent sizes (log-normal, sigma .3), half as many at its frame."""
    rng = np.random.default_rng(seed)
    whole, cut = (mean * rng.lognormal(0.0, 0.3, k) for k in (n, n // 2))
    return ImageGrains(whole, np.ones(n), 1.0, (900.0, 900.0), 0.8 * cut, rng.uniform(0, 900, (n, 2)))


@pytest.mark.parametrize("coarser", [4.0, 6.0])
def test_one_coarse_field_of_five_makes_no_population(coarser: float) -> None:
    found = judge_modality([*(field_of(50.0, k) for k in range(4)), field_of(50.0 * coarser, 9)])
    assert found.verdict == "indeterminate"
    assert "one field" in found.reason and ("Take 1 more" in found.reason) == (found.isolated_grains >= 60)
    several = [field_of(50.0 * coarser, k, 8) if k % 2 else field_of(50.0, k) for k in range(6)]
    assert "in one field" not in judge_modality(several).reason


@pytest.mark.parametrize("sigma", [0.5, 0.65, 0.8])
def test_many_fields_of_few_broad_grains_are_no_two_populations(sigma: float) -> None:
    for per_field, many in ((1, 160), (8, 60)):
        images = fields(Structure(lognormal(sigma)), per_field, many, np.random.default_rng(1))
        found = judge_modality(images)
        assert found.n_interior > 80 and found.verdict == "indeterminate"
        assert "Take larger fields" in found.reason


def coarser(image: ImageGrains, factor: float) -> ImageGrains:
    sizes = {name: factor * getattr(image, name) for name in ("diameter_nm", "frame_diameter_nm")}
    return replace(image, pixel_size_nm=factor, **sizes)


def test_uniform_says_where_fields_differ() -> None:
    same = [voronoi(k, 16.0) for k in range(5)]
    alike, one = judge_modality(same), judge_modality([*same[:4], coarser(same[4], 1.4)])
    several = judge_modality([*same[:2], *(coarser(image, 1.4) for image in same[2:])])
    assert alike.verdict == one.verdict == several.verdict == "uniform"
    assert "one field is 1." in one.reason and one.reason.endswith("not the same everywhere")
    assert "fields differ by a factor of up to 1." in several.reason and "one field is" not in several.reason
    assert "not the same everywhere" not in alike.reason


def test_undecided_says_that_fields_differ_and_calls_no_field_isolated_grains() -> None:
    found = judge_modality([voronoi(1, 16.0), coarser(voronoi(2, 16.0), 4.0)])
    assert found.verdict == "indeterminate"
    assert "isolated" not in found.reason and "ALA" not in found.reason
    assert found.reason.count("not the same everywhere") == 1
    assert "one field is 0.2" in found.reason or "one field is 4." in found.reason


def test_cells_of_one_size_are_uniform_and_one_grain_has_no_interval() -> None:
    lattice = ImageGrains(np.full(100, 50.0), np.ones(100), 1.0, (900.0, 900.0), np.full(40, 40.0))
    assert judge_modality([lattice]).verdict == "uniform"
    nearly_all = replace(lattice, diameter_nm=np.append(lattice.diameter_nm, 1e6), weight=np.ones(101))
    assert judge_modality([nearly_all]).verdict == "indeterminate"
    one = replace(lattice, diameter_nm=np.array([50.0]), weight=np.ones(1), centre_nm=np.full((1, 2), 9.0))
    assert judge_modality([one]).modes_ci_nm == ()


@pytest.mark.parametrize("ratio", [1.0, 2.5, 4.0])
def test_uniform_never_has_a_small_p_and_says_what_it_knows(ratio: float) -> None:
    for seed in range(3):
        mosaic = Population(0.2, ratio, 0.4 if ratio > 1 else 0.0).mosaic(28.0, np.random.default_rng(seed))
        verdict = judge_modality([cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=10.0)])
        if verdict.verdict == "uniform":
            assert verdict.p_value is not None and verdict.p_value >= LEVEL
            assert "of 5% of the area or more shows in this field" in verdict.reason
            assert verdict.short_reason.endswith(f"(p = {verdict.p_value:.2g})")
            assert "One field of a specimen" in verdict.reason
            assert f"Two populations {verdict.excluded_ratio:.1f} times or more apart" in verdict.reason
    if ratio == 1.0:
        assert verdict.verdict == "uniform"


def test_three_fields_need_no_excuse() -> None:
    verdict = judge_modality([voronoi(10 + k, 16.0) for k in range(3)])
    assert verdict.verdict == "uniform"
    assert "in these 3 fields" in verdict.reason and "cannot speak" not in verdict.reason


def test_grains_are_counted_and_split_by_size() -> None:
    image = ImageGrains(np.array([10.0, 12.0, 90.0]), np.ones(3), 1.0, (200.0, 200.0), np.array([80.0]))
    coarse = coarse_grains([image, replace(image, diameter_nm=np.full(3, 9.0))], 50.0)
    assert (coarse.n_grains, coarse.n_fields) == (3, 2)
    assert not is_population(coarse, 2)
    (rest,) = below([image], 50.0)
    assert rest.n_grains == 2 and not len(rest.frame_diameter_nm)


def test_both_ps_are_shown() -> None:
    found = judge_modality([voronoi(1)]).p_values
    assert found["shape"] > LEVEL > found["pair"]


@pytest.mark.parametrize(
    ("share", "ratio", "p", "two"),
    [(0.45, 2.5, 0.04, True), (0.02, 3.5, 0.01, False), (0.45, 1.8, 0.005, False), (0.45, 2.5, 0.06, False)],
)
def test_two_populations_are_apart_and_each_of_some_share(share, ratio, p, two) -> None:
    distribution = distribution_of([voronoi(1, 8.0)])
    test = judge._Tested(distribution, Modes((40.0, 40.0 * ratio), (1 - share, share)), p, 0.5, "section")
    assert test.two is two
    assert (test.doubt is None) is (share > 0.05 and ratio > 2)


def test_lengths_of_a_thousand_nanometres_are_said_in_micrometres():
    assert judge._said("nm", 79.6, 371.0) == "79.6 and 371 nm"
    assert judge._said("nm", 900.0, 15200.0) == "0.9 and 15.2 µm"


@pytest.mark.parametrize(
    ("coarse", "diameter", "said"),
    [(1, 30.0, "isolated coarse grains (ALA)"), (1, 90.0, "no class (coarse"), (40, 25.0, "no class (modes")],
)
def test_no_class_of_e1181_is_not_called_one_population(coarse: int, diameter: float, said: str) -> None:
    """A grain on 29 % of the area, or two populations 2.5 times apart, fit none of the standard's classes."""
    size = np.append(np.full(200, 10.0), np.full(coarse, diameter))
    image = ImageGrains(size, np.ones(len(size)), 1.0, (1000.0, 1000.0))
    assert said in judge_modality([image]).astm_e1181


def test_where_no_call_is_made_e1181_has_no_class() -> None:
    image = ImageGrains(np.full(40, 10.0), np.ones(40), 1.0, (1000.0, 1000.0))
    assert judge_modality([image]).astm_e1181 == "not determined"
