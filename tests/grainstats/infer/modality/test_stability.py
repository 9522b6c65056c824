"""The cells that a verdict is made from, and the verdict over other cuts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from grainstats.infer import ImageGrains, SampleImage, judge_modality, judge_sample
from grainstats.infer.modality import stability as module
from grainstats.infer.modality.judge import Decision
from grainstats.infer.modality.judge_sample import MOST_UNDRAWN, which_count
from grainstats.infer.modality.modes import Modes
from grainstats.infer.modality.stability import CUTS, cut_anew, with_stability
from grainstats.measure import grain_table
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.recutting import fine_cells
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section
from segment.quality.boundary_loss import undrawn_share
from segment.segmentation import Segmentation


@pytest.fixture(scope="module")
def two_sizes() -> GrainMap:
    rng = np.random.default_rng(11)
    return laguerre_section((900, 900), 20.0, 0.15, rng, size_ratio=5, coarse_volume=0.5).grain_map(1.0)


@cache
def grains_of(grain_map: GrainMap) -> ImageGrains:
    return ImageGrains.from_columns(grain_table(grain_map), grain_map.pixel_size_nm, grain_map.labels.shape)


@cache
def _walls(truth: GrainMap) -> list[tuple[tuple[slice, ...], np.ndarray, np.ndarray]]:
    """Where neighbouring pixels of two rows or columns belong to two grains, and a number of the pair."""
    labels, found = truth.labels.astype(np.int64), []
    for one, other in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:, :], np.s_[:-1, :])):
        a, b = labels[one], labels[other]
        found.append((one, a != b, np.minimum(a, b) * 7919 + np.maximum(a, b)))
    return found


def segmented(truth: GrainMap, height: np.ndarray) -> tuple[ImageGrains, Segmentation]:
    """A map cut from a probability with a wall along every boundary, as high as the pair of grains says.

    `height`: shape (k,), of which pairs of grains draw one each.
    """
    probability = np.full(truth.labels.shape, 0.02, np.float32)
    for place, wall, pair in _walls(truth):
        probability[place] = np.maximum(probability[place], np.where(wall, height[pair % len(height)], 0.0))
    found = close_cells(BoundaryMap(probability, 1.0, "manual"), persistence=0.05)
    cut = Segmentation("a test", "0", 0.05, fine_cells(found), (0.0,) * 4, measured=True)
    return grains_of(found), cut


def test_borders_that_a_clear_map_leaves_out_divide_the_cells_of_the_verdict(two_sizes):
    """Most borders stand at .97; a tenth at .5 is in no clear map, and is more likely there than not."""
    grains, cut = segmented(two_sizes, np.array([0.97] * 9 + [0.5]))
    likely = cut_anew(grains, cut)[0]
    clear, _ = segmented(two_sizes, np.array([0.97]))
    assert grains.n_grains < 0.92 * clear.n_grains
    assert likely.n_grains == pytest.approx(clear.n_grains, rel=0.03)
    assert np.sum(likely.diameter_nm**2) == pytest.approx(np.sum(clear.diameter_nm**2), rel=0.03)


def test_the_verdict_counts_the_cells_that_the_map_leaves_out(two_sizes):
    grains, cut = segmented(two_sizes, np.array([0.97] * 9 + [0.5]))
    found = judge_sample([SampleImage(grains, cut)])
    assert found.verdict == "bimodal" and found.stability is not None
    assert found.n_grains == cut_anew(grains, cut)[0].n_grains > 1.03 * grains.n_grains
    assert found.modes_ci_nm


def test_borders_that_are_hardly_there_divide_nothing(two_sizes):
    grains, cut = segmented(two_sizes, np.array([0.97] * 9 + [0.2]))
    clear, _ = segmented(two_sizes, np.array([0.97]))
    assert grains.n_grains <= cut_anew(grains, cut)[0].n_grains < 0.85 * clear.n_grains


def test_every_cell_stands_where_its_grain_of_the_map_does(two_sizes):
    grains, cut = segmented(two_sizes, np.array([0.97] * 9 + [0.5]))
    likely = cut_anew(grains, cut)[0]
    assert len(likely.centre_nm) == likely.n_interior
    assert len(likely.frame_centre_nm) == len(likely.frame_diameter_nm)
    every = np.vstack([grains.centre_nm, grains.frame_centre_nm])
    assert {tuple(at) for at in likely.centre_nm} <= {tuple(at) for at in every}


def test_a_map_that_no_model_cut_is_taken_as_it_is(two_sizes):
    grains = grains_of(two_sizes)
    assert cut_anew(grains, None)[0] is grains
    assert all(other is grains for other in cut_anew(grains, None))


def test_other_cuts_come_from_the_probability(two_sizes):
    """The map first; a lower least border gives more grains, a higher one fewer."""
    grains, cut = segmented(two_sizes, np.linspace(0.2, 0.75, 30))
    _, *others = cut_anew(grains, cut)
    assert len(others) == 1 + len(CUTS) and others[0] is grains
    assert others[3].n_grains > cut_anew(grains, cut)[0].n_grains > others[4].n_grains


def test_a_clear_verdict_is_stable(two_sizes):
    grains, cut = segmented(two_sizes, np.array([0.97]))
    found = judge_sample([SampleImage(grains, cut)])
    assert found.verdict == "bimodal" and found.stability == 1.0


@pytest.fixture(scope="module")
def clear_and_doubtful(two_sizes) -> tuple[SampleImage, SampleImage]:
    """The same grains by a map of all borders, and by one that leaves out more than a third."""
    clear = SampleImage(*segmented(two_sizes, np.array([0.97])))
    doubtful = SampleImage(*segmented(two_sizes, np.array([0.97] * 6 + [0.2] * 4)))
    assert undrawn_share(clear.segmentation) < 0.05 and undrawn_share(doubtful.segmentation) > MOST_UNDRAWN
    return clear, doubtful


def test_images_with_many_borders_left_out_do_not_count_beside_clear_ones(clear_and_doubtful):
    clear, doubtful = clear_and_doubtful
    alone, both = judge_sample([clear]), judge_sample([doubtful, clear])
    assert both.reason.startswith(alone.reason) and "1 of 2 images does not count" in both.reason
    assert replace(both, reason="") == replace(alone, reason="")
    assert both.n_images == 1


def test_they_count_where_nothing_clearer_has_enough_grains(clear_and_doubtful):
    clear, doubtful = clear_and_doubtful
    few = replace(clear, grains=replace(clear.grains, diameter_nm=clear.grains.diameter_nm[:79]))
    assert which_count([doubtful]) == [True] and which_count([few, doubtful]) == [True, True]
    assert "not count" not in judge_sample([doubtful]).reason


def answers(monkeypatch, *verdicts: str) -> None:
    """Cuts that are judged so, in turn; the undecided ones with a small p."""
    decisions = [
        Decision(v, "", Modes((), ()), [], {"shape": 0.01 if v == "indeterminate" else 0.5})  # type: ignore[arg-type]
        for v in verdicts
    ]
    monkeypatch.setattr(module, "decide", lambda samples, null: decisions)


@pytest.mark.parametrize(
    ("verdict", "cuts", "kept"),
    [
        ("uniform", ["uniform"] * 5, True),
        ("uniform", ["uniform"] * 4 + ["bimodal"], False),
        ("uniform", ["uniform"] * 2 + ["indeterminate"] * 3, False),
        ("bimodal", ["bimodal"] + ["indeterminate"] * 4, True),
        ("bimodal", ["bimodal"] + ["uniform"] * 2 + ["indeterminate"] * 2, False),
    ],
)
def test_what_takes_a_verdict_back(two_sizes, monkeypatch, verdict, cuts, kept):
    grains = grains_of(two_sizes)
    judged = replace(judge_modality([grains]), verdict=verdict)
    answers(monkeypatch, *cuts)
    found = with_stability(judged, [[grains]] * 5)
    assert found.verdict == (verdict if kept else "indeterminate")
    assert kept or module.OTHERS in found.reason


def test_a_cut_without_whole_grains_speaks_for_no_answer(two_sizes):
    grains = grains_of(two_sizes)
    empty = replace(grains, diameter_nm=np.empty(0), weight=np.empty(0), centre_nm=np.empty((0, 2)))
    judged = judge_modality([grains])
    assert with_stability(judged, [[grains], [empty]]).stability == 0.5
    undecided = replace(judged, verdict="indeterminate")
    assert with_stability(undecided, [[empty], [empty]]).stability == 1.0
