"""The verdict's rules: what decides, what is refused, and what must not change it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from null_mosaics import Population, cut_window, window_side
from power_diagram import cells_of

from grainstats.infer import ImageGrains, judge_modality, modality_json
from grainstats.measure import grain_table
from segment.mosaics.laguerre import laguerre_section

TWO = Population(0.15, 4.0, 0.45)
ONE = Population(0.2)


def sample(population: Population, n: int, seed: int, pixel: float = 2.0) -> ImageGrains:
    """About n interior grains, lengths in nanometres."""
    rng = np.random.default_rng(seed)
    side, _ = window_side(population, n, rng)
    mosaic = population.mosaic(side, rng)
    return scaled(cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=15.0), pixel)


def scaled(image: ImageGrains, factor: float) -> ImageGrains:
    return replace(
        image,
        diameter_nm=image.diameter_nm * factor,
        frame_diameter_nm=image.frame_diameter_nm * factor,
        centre_nm=image.centre_nm * factor,
        frame_centre_nm=image.frame_centre_nm * factor,
        window_nm=(image.window_nm[0] * factor, image.window_nm[1] * factor),
        pixel_size_nm=image.pixel_size_nm * factor,
    )


def test_a_uniform_network_is_called_uniform():
    verdict = judge_modality([sample(ONE, 1500, 1)])
    assert verdict.verdict == "uniform"
    assert verdict.p_value is not None and verdict.p_value >= 0.05
    assert len(verdict.modes_nm) == 1 and verdict.mode_ratio is None
    assert verdict.more_grains == 0


def test_two_populations_are_called_bimodal_with_their_modes():
    verdict = judge_modality([sample(TWO, 1500, 2)])
    assert verdict.verdict == "bimodal"
    assert verdict.p_value is not None and verdict.p_value < 0.05
    assert verdict.mode_ratio == pytest.approx(verdict.modes_nm[1] / verdict.modes_nm[0])
    assert 2.7 < verdict.mode_ratio < 4.2
    assert sum(verdict.mode_fractions) == pytest.approx(1.0)
    assert verdict.delta_g == pytest.approx(2 * np.log2(verdict.mode_ratio))
    for (low, high), mode in zip(verdict.modes_ci_nm, verdict.modes_nm, strict=True):
        assert low < mode < high


def test_too_few_grains_get_no_call():
    verdict = judge_modality([sample(TWO, 60, 3)])
    assert verdict.verdict == "indeterminate"
    assert verdict.p_value is None
    assert "wholly inside the frame" in verdict.reason
    assert verdict.more_grains is not None and verdict.more_grains > 20


def test_a_small_sample_that_two_populations_may_make_is_undecided():
    verdict = judge_modality([sample(Population(0.65), 100, 4)])
    assert verdict.verdict == "indeterminate"


def test_a_network_as_wide_as_two_broad_populations_is_not_called_uniform():
    verdict = judge_modality([sample(Population(0.75), 900, 21)])
    assert verdict.verdict == "indeterminate"
    assert verdict.p_value is not None and verdict.p_value >= 0.05
    assert "two populations that are hard to see would look like this" in verdict.reason


def test_the_power_is_that_of_the_spread_that_was_seen():
    narrow, broad = (judge_modality([sample(Population(s), 300, 5)]) for s in (0.2, 0.7))
    assert narrow.power is not None and broad.power is not None
    assert narrow.power > broad.power


def test_no_interior_grain_at_all_is_indeterminate():
    empty = ImageGrains(np.empty(0), np.empty(0), 1.0, (10.0, 10.0), np.array([5.0, 6.0]))
    assert judge_modality([empty]).verdict == "indeterminate"
    assert judge_modality([]).n_images == 0


def test_the_unit_of_length_does_not_matter():
    image = sample(TWO, 500, 5)
    once, twice = judge_modality([image]), judge_modality([scaled(image, 2.0)])
    assert once.verdict == twice.verdict
    assert once.p_value == pytest.approx(twice.p_value)
    np.testing.assert_allclose(twice.modes_nm, 2 * np.array(once.modes_nm), rtol=1e-6)
    np.testing.assert_allclose(twice.modes_ci_nm, 2 * np.array(once.modes_ci_nm), rtol=1e-6)


def test_the_reason_names_the_unit_of_the_lengths():
    image = sample(TWO, 800, 5)
    reason = judge_modality([replace(image, unit="px")]).reason
    assert " px, ratio" in reason
    assert reason == judge_modality([image]).reason.replace(" nm", " px")


def test_twice_the_pixels_give_the_same_verdict():
    mosaic = laguerre_section(
        (420, 420), 26.0, 0.2, np.random.default_rng(6), size_ratio=5, coarse_volume=0.4
    )
    fine = mosaic.grain_map(1.0)
    double = replace(fine, labels=np.kron(fine.labels, np.ones((2, 2), np.int32)), pixel_size_nm=0.5)
    verdicts = [
        judge_modality([ImageGrains.from_columns(grain_table(m), m.pixel_size_nm, m.labels.shape)])
        for m in (fine, double)
    ]
    assert verdicts[0].verdict == verdicts[1].verdict
    assert verdicts[0].p_value == pytest.approx(verdicts[1].p_value, rel=1e-6)


def test_the_same_seed_gives_the_same_verdict_in_any_order_of_images():
    images = [sample(ONE, 150, 10 + k) for k in range(3)]
    a, b = judge_modality(images, seed=3), judge_modality(images, seed=3)
    assert a == b
    other = judge_modality(images[::-1], seed=3)
    assert other.p_value == pytest.approx(a.p_value)


def test_images_are_judged_together():
    images = [sample(ONE, 220, 20 + k) for k in range(5)]
    verdict = judge_modality(images)
    assert verdict.n_images == 5
    assert verdict.n_interior == sum(g.n_interior for g in images)
    assert verdict.verdict == "uniform"


def test_interior_grains_alone_will_do():
    image = sample(TWO, 1500, 7)
    alone = replace(image, frame_diameter_nm=np.empty(0), frame_centre_nm=np.empty((0, 2)))
    assert judge_modality([alone]).verdict == "bimodal"


def test_the_json_holds_the_contract_and_is_json():
    document = modality_json(judge_modality([sample(TWO, 400, 8)]))
    wanted = {"verdict", "p_value", "modes_nm", "mode_fractions", "mode_ratio", "power", "reason"}
    assert wanted <= set(document)
    assert json.loads(json.dumps(document))["modes_nm"] == list(document["modes_nm"])


def test_the_null_is_the_users_choice_and_is_reported():
    image = sample(Population(0.2, null="columnar"), 1200, 9)
    verdict = judge_modality([image], null="columnar")
    assert verdict.null == "columnar"
    assert verdict.verdict == "uniform"


def of_sizes(size: np.ndarray) -> ImageGrains:
    return ImageGrains(size, np.ones(len(size)), 1.0, (1000.0, 1000.0))


def test_the_smallest_p_of_the_null_is_said_as_at_most_that():
    verdict = judge_modality([of_sizes(np.append(np.full(200, 10.0), np.full(12, 40.0)))])
    assert verdict.p_value == 0.005 and "(p <= 0.005)" in verdict.reason


def test_the_reason_names_as_many_grains_as_the_null_knows():
    """A sample of more than 1600 grains is judged as one of 1600."""
    sizes = np.random.default_rng(1).lognormal(2.0, 0.4, 20_000)
    assert "of samples of 1600 grains" in judge_modality([of_sizes(sizes)]).reason
