"""The verdict over perturbed segmentations."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from grainstats.infer import ImageCuts, ImageGrains, judge_modality, with_stability
from grainstats.infer.modality import stability as module
from grainstats.infer.modality.judge import Decision
from grainstats.infer.modality.stability import SMALLEST_SHARE, repeated
from grainstats.measure import grain_table
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section
from segment.quality.error_rates import CLASSES, ErrorRates, size_class


def rates(missed: float, invented: float) -> ErrorRates:
    """The same for grains of every size."""
    return ErrorRates(missed=((missed,),) * CLASSES, invented=((invented,),) * CLASSES)


NONE = rates(0.0, 0.0)


@cache
def judged(grain_map: GrainMap):
    return judge_modality([ImageGrains.from_table(grain_table(grain_map), grain_map)])


@pytest.fixture(scope="module")
def two_sizes() -> GrainMap:
    rng = np.random.default_rng(11)
    return laguerre_section((900, 900), 20.0, 0.15, rng, size_ratio=5, coarse_volume=0.5).grain_map(1.0)


def blurred(grain_map: GrainMap, depth: np.ndarray) -> BoundaryMap:
    """A probability with a wall along every boundary, as high as `depth` says at that place."""
    labels = grain_map.labels
    wall = np.zeros(labels.shape, bool)
    wall[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    wall[1:] |= labels[1:] != labels[:-1]
    return BoundaryMap(np.where(wall, depth, 0.02).astype(np.float32), 1.0, "manual")


def test_a_clear_verdict_is_stable(two_sizes):
    verdict = judged(two_sizes)
    assert verdict.verdict == "bimodal" and verdict.stability is None
    steady = with_stability(verdict, [ImageCuts.of(two_sizes)])
    assert steady.verdict == "bimodal" and steady.stability is not None and steady.stability >= 0.9


def test_lost_grains_blur_two_populations_and_the_reason_says_so(two_sizes):
    shaken = with_stability(judged(two_sizes), [ImageCuts.of(two_sizes, rates(0.6, 0.0))])
    assert shaken.stability is not None and shaken.stability < SMALLEST_SHARE
    assert "perturbed" in shaken.reason
    assert shaken.verdict == "bimodal"


def answers(monkeypatch, *verdicts: str) -> None:
    """Repeats that come out so, in turn; the undecided ones with a small p."""
    decisions = [
        Decision(v, "", 0.01 if v == "indeterminate" else 0.5, {}, 0.9, None)  # type: ignore[arg-type]
        for v in verdicts
    ]
    monkeypatch.setattr(module, "decide", lambda samples, null: [(d, None) for d in decisions])


@pytest.mark.parametrize(
    ("verdict", "repeats", "kept"),
    [
        ("uniform", ["uniform"] * 5, True),
        ("uniform", ["uniform"] * 4 + ["bimodal"], False),
        ("uniform", ["uniform"] * 2 + ["indeterminate"] * 3, False),
        ("bimodal", ["bimodal"] + ["indeterminate"] * 4, True),
        ("bimodal", ["bimodal"] + ["uniform"] * 2 + ["indeterminate"] * 2, False),
    ],
)
def test_what_takes_a_verdict_back(two_sizes, monkeypatch, verdict, repeats, kept):
    answers(monkeypatch, *repeats)
    found = with_stability(
        replace(judged(two_sizes), verdict=verdict), [ImageCuts.of(two_sizes, NONE)], repeats=5
    )
    assert found.verdict == (verdict if kept else "indeterminate")
    assert kept or "perturbed segmentations" in found.reason


def test_the_same_seed_gives_the_same_share(two_sizes):
    cuts = [ImageCuts.of(two_sizes, rates(0.3, 0.1))]
    verdict = judged(two_sizes)
    assert repeated(cuts, verdict).agreeing == repeated(cuts, verdict).agreeing


def test_no_perturbation_changes_nothing():
    grain_map = laguerre_section((300, 300), 20.0, 0.3, np.random.default_rng(12)).grain_map(1.5)
    cuts = ImageCuts.of(grain_map, NONE)
    same = cuts.perturbed(0, np.random.default_rng(0))
    table = grain_table(grain_map)
    interior = table.loc[~table["touches_frame"], "equivalent_diameter_nm"]
    np.testing.assert_allclose(np.sort(same.diameter_nm), np.sort(interior), rtol=1e-6)
    assert repeated([cuts], judged(grain_map), repeats=3).agreeing == 1.0


@pytest.mark.parametrize(("missed", "invented"), [(0.05, 0.0), (0.0, 0.1), (0.04, 0.08)])
def test_perturbations_keep_the_area_and_have_the_rates_asked_for(two_sizes, missed, invented):
    cuts = ImageCuts.of(two_sizes, rates(missed, invented))
    (graph,) = cuts.graphs
    n, counts = len(graph.area_nm2), []
    for seed in range(30):
        area, frame = graph.perturbed(np.random.default_rng(seed), cuts.missed, cuts.invented)
        assert area.sum() == pytest.approx(graph.area_nm2.sum()) and area.shape == frame.shape
        counts.append(len(area))
    assert np.mean(counts) == pytest.approx(n * (1 - missed) * (1 + invented), rel=0.01)


def test_grains_are_lost_by_their_size(two_sizes):
    """Only the smallest class loses grains: the others are all there, hardly larger than before."""
    cuts = ImageCuts.of(
        two_sizes, ErrorRates(missed=((0.5,), (0.0,), (0.0,), (0.0,)), invented=NONE.invented)
    )
    (graph,) = cuts.graphs
    small = size_class(graph.area_nm2) == 0
    area, _ = graph.perturbed(np.random.default_rng(0), cuts.missed, cuts.invented)
    lost = len(graph.area_nm2) - len(area)
    assert lost == pytest.approx(small.sum() / 2, abs=3 * np.sqrt(small.sum() / 4))
    assert np.median(area) == pytest.approx(np.median(graph.area_nm2[~small]), rel=0.25)


def test_other_cuts_come_from_the_probability(two_sizes):
    """Where boundaries are pale, some of them below one half, the cut decides how many grains there are."""
    rng = np.random.default_rng(3)
    depth = np.kron(rng.uniform(0.3, 0.75, (18, 18)), np.ones((50, 50)))
    grain_map = close_cells(blurred(two_sizes, depth), persistence=0.1)
    cuts = ImageCuts.of(grain_map, NONE, persistence=0.1)
    grains = [len(graph.area_nm2) for graph in cuts.graphs]
    assert grains[0] == grain_map.n_grains
    assert grains[3] > grains[0] > grains[4]  # least border .35, .5, .65
    alone = ImageCuts.of(two_sizes, NONE)
    assert len(alone.graphs) == 1


def test_unsure_images_are_shaken_more():
    table = ((0.3, 0.1),) * CLASSES
    found = ErrorRates(confidence=(0.7, 0.9), missed=table, invented=((0.2, 0.0),) * CLASSES)
    for confidence, missed, invented in ((0.5, 0.3, 0.2), (0.8, 0.2, 0.1), (1.0, 0.1, 0.0)):
        np.testing.assert_allclose(
            found.at(confidence), [[missed] * CLASSES, [invented] * CLASSES], atol=1e-12
        )


def test_a_narrow_population_stays_uniform_where_some_grains_are_lost():
    grain_map = laguerre_section((620, 620), 24.0, 0.2, np.random.default_rng(5)).grain_map(1.0)
    verdict = judged(grain_map)
    assert verdict.verdict == "uniform"
    assert repeated([ImageCuts.of(grain_map, rates(0.06, 0.0))], verdict).agreeing >= SMALLEST_SHARE
