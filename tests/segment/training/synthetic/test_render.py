"""The generator: seeded, every style, truth that agrees with itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section
from segment.quality.score import intercepts
from segment.training.synthetic import render as rendering
from segment.training.synthetic.annotator import Annotator
from segment.training.synthetic.gaps import (
    THIN_PX,
    ragged,
    with_gaps,
    with_patches,
    with_precipitates,
    without_boundaries,
)
from segment.training.synthetic.geometry import Shape, random_section, random_shape
from segment.training.synthetic.no_network import KINDS as NO_NETWORKS
from segment.training.synthetic.render import (
    empty_micrograph,
    networkless_micrograph,
    render,
    synthetic_micrograph,
)
from segment.training.synthetic.scene import Inclusions, build_scene, triple_points, truth_lines, with_end
from segment.training.synthetic.styles import STYLES

SIZE = (160, 192)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_an_image_and_its_truth(style: str) -> None:
    drawn = synthetic_micrograph(np.random.default_rng(1), SIZE, style=style)
    assert drawn.image.shape == drawn.boundary.shape == drawn.grain_map.labels.shape == SIZE
    assert drawn.image.dtype == np.uint8
    assert drawn.image.std() > 3, "the image is flat"
    assert drawn.style == style


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_micrograph(style: str) -> None:
    first, second, other = (
        synthetic_micrograph(np.random.default_rng(seed), SIZE, style=style) for seed in (5, 5, 6)
    )
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.boundary, second.boundary)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("style", ["bf_tem", "sem_film", "etched", "wetted", "dense_etch", "overgrown"])
def test_labels_are_complete_and_lines_lie_where_labels_change(style: str) -> None:
    drawn = synthetic_micrograph(np.random.default_rng(4), SIZE, style=style)
    labels = drawn.grain_map.labels
    assert np.array_equal(np.unique(labels[labels > 0]), np.arange(1, drawn.grain_map.n_grains + 1))
    assert np.array_equal(labels == 0, drawn.not_grain)
    grains = ~drawn.not_grain
    both = grains[:, :-1] & grains[:, 1:]
    changes = (labels[:, :-1] != labels[:, 1:]) & both
    near = drawn.boundary | drawn.not_grain
    near = near | np.roll(near, 1, 0) | np.roll(near, -1, 0) | np.roll(near, 1, 1) | np.roll(near, -1, 1)
    assert near[:, :-1][changes].mean() > 0.97
    between_equal = drawn.boundary[:-1, :-1] & both[:-1] & (labels[:-1, :-1] == labels[:-1, 1:])
    between_equal &= (labels[:-1, :-1] == labels[1:, :-1]) & grains[1:, :-1]
    assert between_equal.sum() < 0.1 * drawn.boundary.sum()


def test_a_careless_annotator_leaves_boundaries_out() -> None:
    full, gaps = (
        synthetic_micrograph(
            np.random.default_rng(3),
            SIZE,
            style="bf_tem",
            grains=Shape(mean_intercept=20),
            annotator=annotator,
        )
        for annotator in (None, Annotator(careless=0.3))
    )
    assert np.array_equal(full.image, gaps.image)
    assert 0.5 < gaps.boundary.sum() / full.boundary.sum() < 0.85


@pytest.mark.parametrize("mean", [20.0, 40.0])
def test_mean_intercept_is_about_what_was_asked_for(mean: float) -> None:
    lengths = [
        intercepts(random_section(np.random.default_rng(seed), (512, 512), Shape(mean, 0.3)).labels).mean()
        for seed in range(3)
    ]
    assert 0.75 * mean < np.mean(lengths) < 1.3 * mean


def test_twins_share_the_orientation_of_their_parent() -> None:
    section = random_section(np.random.default_rng(0), (256, 256), Shape(40, 0.3, twins=0.8))
    assert section.orientation.shape == (section.labels.max() + 1,)
    repeated = np.bincount(section.orientation[1:])
    assert (repeated > 1).any(), "no grain has two sides"


def test_a_known_grain_map_is_imaged() -> None:
    known = laguerre_section(SIZE, 30, 0.3, np.random.default_rng(2)).grain_map()
    labels = known.labels.copy()
    labels[60:80, 60:80] = 0
    image = render(GrainMap(labels), "sem_film", np.random.default_rng(0))
    assert image.shape == SIZE
    assert image[62:78, 62:78].mean() < image.mean() - 0.5 * image.std(), "the pore is not dark"


def test_an_empty_micrograph_has_no_structure_but_grey() -> None:
    drawn = empty_micrograph(np.random.default_rng(0), SIZE)
    assert (drawn.image.shape, drawn.image.dtype) == (SIZE, np.uint8)
    assert not (drawn.boundary | drawn.not_grain | drawn.unsure).any()


def test_wetted_boundaries_carry_films_and_pockets_where_grains_meet() -> None:
    section = random_section(np.random.default_rng(1), (256, 256), Shape(40))
    scene = build_scene(section, np.random.default_rng(2), Inclusions(wetted=0.8, pockets=1.0))
    assert scene.films.any() and scene.phases.any()
    assert not (scene.films & scene.phases).any()
    assert scene.field.distance[scene.films].max() < 2.5
    corner = triple_points(section.labels)
    away = cv2.distanceTransform((~corner).astype(np.uint8), cv2.DIST_L2, 5)
    assert np.median(away[scene.phases]) < 8
    assert truth_lines(scene)[scene.films & scene.field.on_line].all(), "a film is the boundary"


def test_islands_are_whole_grains_whose_outline_is_traced() -> None:
    section = random_section(np.random.default_rng(1), (256, 256), Shape(40))
    scene = build_scene(section, np.random.default_rng(3), Inclusions(islands=0.3))
    share = [scene.phases[section.labels == k].mean() for k in range(1, int(section.labels.max()) + 1)]
    assert set(share) == {0.0, 1.0}
    assert 0.1 < np.mean(share) < 0.5
    inner = cv2.erode(scene.phases.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert not truth_lines(scene)[inner].any(), "nothing is traced within"


def test_where_the_specimen_ends_there_is_no_grain_and_its_edge_is_traced() -> None:
    scene = build_scene(
        random_section(np.random.default_rng(1), (256, 256), Shape(40)), np.random.default_rng(3)
    )
    for seed in range(5):
        ended = with_end(scene, np.random.default_rng(seed))
        assert 0.03 < ended.pores.mean() < 0.5
        inner = cv2.erode(ended.pores.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        lines = truth_lines(ended)
        assert not lines[inner].any(), "nothing is traced beyond it"
        rim = ended.pores & ~cv2.erode(ended.pores.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        assert lines[rim].all()


def test_lettering_hides_what_lies_beneath_and_bars_are_no_grain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "ENDING", 0.0)
    drawn = {
        seed: [
            synthetic_micrograph(np.random.default_rng(seed), (96, 128), style="sem_film", mishaps=on)
            for on in (False, True)
        ]
        for seed in range(90)
    }
    changed = {seed: pair for seed, pair in drawn.items() if not np.array_equal(pair[0].image, pair[1].image)}
    barred = [pair for pair in changed.values() if pair[1].not_grain[-1].all()]
    assert 1 <= len(barred) < len(changed) < 30
    for plain, lettered in changed.values():
        differs = plain.image != lettered.image
        assert (lettered.unsure | lettered.not_grain)[differs].all()
    for _, lettered in barred:
        assert not lettered.boundary[-1].any() and not lettered.grain_map.labels[-1].any()


def test_some_sections_have_grown() -> None:
    kinds = [random_shape(np.random.default_rng(seed)).growth for seed in range(300)]
    assert {"", "normal", "abnormal"} == set(kinds)
    assert kinds.count("") > 250


@pytest.mark.parametrize("kind", NO_NETWORKS)
def test_structures_without_a_network_have_no_boundary(kind: str) -> None:
    drawn = networkless_micrograph(np.random.default_rng(4), SIZE, kind=kind)
    again = networkless_micrograph(np.random.default_rng(4), SIZE, kind=kind)
    assert np.array_equal(drawn.image, again.image)
    assert drawn.image.std() > 3 and not drawn.boundary.any()
    assert not drawn.grain_map.labels[drawn.not_grain].any()
    inner = cv2.erode(drawn.not_grain.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not drawn.unsure[inner].any(), "the middle of a pore is sure to be no boundary"


def test_a_solid_without_boundaries_has_only_the_outlines_of_its_voids() -> None:
    rng = np.random.default_rng(2)
    scene = build_scene(random_section(rng, SIZE), rng, Inclusions(pores_on=1.0))
    solid = without_boundaries(scene, rng)
    assert solid.section.labels.max() == 1
    assert np.array_equal(solid.pores, scene.pores | scene.films)
    lines = truth_lines(solid)
    assert not lines[~solid.not_grain].any()


def test_wide_gaps_are_no_grain_and_thin_ones_are_boundaries() -> None:
    rng = np.random.default_rng(3)
    scene = build_scene(random_section(rng, SIZE, Shape(mean_intercept=50)), rng)
    opened_up = with_gaps(scene, rng, 1.0)
    assert opened_up.pores.any() and opened_up.films.any()
    assert not (opened_up.pores & opened_up.films).any()
    middle = scene.field.on_line & opened_up.pores
    width = cv2.distanceTransform(opened_up.pores.astype(np.uint8), cv2.DIST_L2, 5)
    assert np.median(width[middle]) > 0.4 * max(THIN_PX, 0.1 * 50)


def test_frayed_outlines_keep_the_amount() -> None:
    rng = np.random.default_rng(5)
    scene = build_scene(random_section(rng, SIZE), rng, Inclusions(phases_on=3.0))
    frayed = ragged(scene, rng)
    assert 0.6 < frayed.phases.sum() / scene.phases.sum() < 1.4
    assert not np.array_equal(frayed.phases, scene.phases)


def test_a_boundary_runs_below_its_precipitates_whose_outlines_are_none() -> None:
    rng = np.random.default_rng(3)
    scene = build_scene(random_section(rng, (256, 256), Shape(90)), rng)
    grown = with_precipitates(scene, rng)
    assert grown.phases.any() and grown.films.any()
    assert not (grown.phases & grown.films).any()
    lines = truth_lines(grown, through=True)
    assert np.array_equal(lines, scene.field.on_line)
    outlined = truth_lines(grown)
    assert (outlined & ~scene.field.on_line).any(), "without `through` large bodies have outlines"


def test_patches_of_a_second_phase_lie_beside_voids_and_cover_some_of_the_section() -> None:
    rng = np.random.default_rng(1)
    scene = build_scene(random_section(rng, (256, 256), Shape(60)), rng, Inclusions(pores_on=2))
    patched = with_patches(scene, rng)
    assert 0.01 < patched.phases.mean() < 0.16
    assert not (patched.phases & patched.pores).any()
