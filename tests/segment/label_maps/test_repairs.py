"""Label maps with points of no cell, seams of tiles or one label only are mended, told or refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.spatial import KDTree

from grainstats.measure import check_label_map
from segment.cells.label_edges import on_edges
from segment.cells.label_gaps import contacts
from segment.errors import InputError, UnreadableError
from segment.grain_map import GrainMap
from segment.label_maps.repairs import grain_map_of_labels
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    return poisson_voronoi_plane((400, 440), 1 / 1500, np.random.default_rng(3)).grain_map().labels


@pytest.mark.parametrize("number", [0, -1, 999, np.nan, np.inf])
@pytest.mark.parametrize("share", [0.02, 0.1])
def test_points_of_no_cell_are_given_to_the_nearest(cells: np.ndarray, number: float, share: float) -> None:
    unknown = np.random.default_rng(1).random(cells.shape) < share
    found = grain_map_of_labels(np.where(unknown, np.float32(number), cells.astype(np.float32)))
    assert found.n_grains == cells.max() and (found.labels == cells).mean() > 0.98
    assert "specks or slivers without a label" in found.warnings[-1]


@pytest.mark.parametrize("epsilon", [1, 3, 4])
def test_slivers_between_outlines_drawn_cell_by_cell_are_closed(cells: np.ndarray, epsilon: float) -> None:
    drawn = np.zeros_like(cells)
    for label in range(1, cells.max() + 1):
        outline = cv2.findContours((cells == label).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[
            0
        ]
        corners = cv2.approxPolyDP(max(outline, key=len), epsilon, True)
        cv2.fillPoly(drawn, [corners], label)
    found = grain_map_of_labels(drawn)
    assert contacts(found.labels) > 0.98 * contacts(cells) > contacts(drawn)
    assert "specks or slivers without a label" in found.warnings[0]


def test_small_pores_at_the_corners_of_cells_stay(cells: np.ndarray) -> None:
    corners = [
        cells[1:, 1:] != cells[:-1, :-1],
        cells[1:, 1:] != cells[:-1, 1:],
        cells[1:, 1:] != cells[1:, :-1],
    ]
    seeds = np.zeros(cells.shape, np.uint8)
    seeds[1:, 1:][np.logical_and.reduce(corners)] = 1
    pored = np.where(cv2.dilate(seeds, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))), 0, cells)
    assert (grain_map_of_labels(pored).labels == 0).sum() > 0.9 * (pored == 0).sum() > 5000


def test_small_particles_of_one_number_cut_no_spacing(cells: np.ndarray) -> None:
    y, x = np.mgrid[:400, :440]
    particles = cells.copy()
    for row, column in np.random.default_rng(2).integers(0, 400, (200, 2)):
        particles[(y - row) ** 2 + (x - column) ** 2 <= 4] = 999
    found = grain_map_of_labels(particles)
    assert found.n_grains == cells.max() and (found.labels == cells).mean() > 0.99
    assert "they are taken for no cells" in found.warnings[0]


def test_few_pores_and_slender_cells_stay(cells: np.ndarray) -> None:
    pored = cells.copy()
    pored[50:54, 60:64] = 0
    pored[0, 100:300] = 999
    found = grain_map_of_labels(pored)
    assert found.warnings == () and found.n_grains == cells.max() + 1
    assert not found.labels[50:54, 60:64].any()


def test_cells_beside_an_empty_frame_keep_their_pixels(cells: np.ndarray) -> None:
    found = grain_map_of_labels(np.pad(cells, 30))
    assert found.valid is not None and found.valid.sum() == cells.size
    assert np.array_equal(found.labels[30:-30, 30:-30], cells)


@pytest.mark.parametrize("width", [((3, 3), (3, 3)), ((0, 0), (0, 64)), ((40, 0), (7, 9))])
def test_repeated_edges_are_outside(cells: np.ndarray, width: tuple[tuple[int, int], ...]) -> None:
    found = grain_map_of_labels(np.pad(cells, width, mode="edge"))
    (top, _), (left, _) = width
    assert found.valid is not None and found.valid.sum() == cells.size
    assert np.array_equal(found.labels[top : top + 400, left : left + 440], cells)
    assert "repeated or mirrored rows or columns at its edge" in found.warnings[0]


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "wrap"])
def test_mirrored_edges_and_those_that_go_on_are_outside(cells: np.ndarray, mode: str) -> None:
    found = grain_map_of_labels(np.pad(cells, 64, mode=mode))
    assert found.valid is not None and found.valid[64:-64, 64:-64].all() and found.valid.sum() == cells.size
    assert found.n_grains == cells.max()
    check_label_map(found, "a.tif")


def test_one_half_of_a_map_and_its_mirror_image_stays(cells: np.ndarray) -> None:
    found = grain_map_of_labels(np.hstack([cells, cells[:, ::-1]]))
    assert found.valid is not None and found.valid.sum() == cells.size and found.n_grains == cells.max()


def test_the_cells_of_a_periodic_map_are_cut_by_its_edges(cells: np.ndarray) -> None:
    points = np.random.default_rng(5).random((150, 2)) * 400
    tiles = np.concatenate([points + 400 * np.array(at) for at in np.ndindex(3, 3)])
    pixels = np.stack(np.mgrid[400:800, 400:800], -1).reshape(-1, 2)
    periodic = (KDTree(tiles).query(pixels)[1] % 150 + 1).reshape(400, 400)
    found = grain_map_of_labels(periodic)
    check_label_map(found, "a.tif")
    assert found.n_grains > 150 and "more pieces of labels" in found.warnings[0]
    with pytest.raises(UnreadableError, match="in several pieces"):
        check_label_map(grain_map_of_labels(periodic % 100 + 1), "a.tif")


@pytest.mark.parametrize(("ground", "line"), [(255, 0), (255, 128), (0, 128), (0, 255), (200, 60)])
@pytest.mark.parametrize("soft", [0.5, 0.8])
def test_drawn_lines_are_no_labels(cells: np.ndarray, ground: int, line: int, soft: float) -> None:
    ink = cv2.GaussianBlur(on_edges(cells).astype(np.float32), (0, 0), soft)
    drawn = ground + (line - ground) * ink / ink.max()
    with pytest.raises(UnreadableError, match="lines on one ground") as error:
        grain_map_of_labels(np.rint(drawn).astype(np.uint8))
    assert "--tracing" in str(error.value)


@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_columns_and_enlarged_cells_repeat_no_edge(cells: np.ndarray, repeats: int) -> None:
    for labels in (cells, np.tile(cells[:1], (200, 1)), cells[:, :80]):
        enlarged = labels.repeat(repeats, 0).repeat(repeats, 1)
        assert not any("repeated" in w for w in grain_map_of_labels(enlarged).warnings)


def test_labels_where_nothing_is_valid_are_refused(cells: np.ndarray) -> None:
    valid = np.ones(cells.shape, bool)
    assert GrainMap(cells, valid=valid).n_grains == cells.max()
    valid[:, 300:] = False
    with pytest.raises(InputError, match="labels lie where valid is False"):
        GrainMap(cells, valid=valid)
    with pytest.raises(InputError, match="valid has the shape"):
        GrainMap(cells, valid=valid[:-1])


def test_seams_of_tiles_are_told(cells: np.ndarray) -> None:
    tiled = cells.copy()
    tiled[:, 200:] += cells.max()
    assert "1 straight line parts all cells" in grain_map_of_labels(tiled).warnings[0]
    squares = np.arange(1, 101).reshape(10, 10).repeat(20, axis=0).repeat(20, axis=1)
    assert grain_map_of_labels(squares).warnings == grain_map_of_labels(cells).warnings == ()


def test_numbers_of_a_pixel_are_no_grains(cells: np.ndarray) -> None:
    """Clicks and lost points that each got a number, within a cell and between two; a few stay."""
    whole = grain_map_of_labels(cells)
    places = [(y, x) for y in range(5, 195, 20) for x in range(5, 395, 40)]
    assert cells[cells > 0].size / whole.n_grains > 600
    dotted = cells.astype(np.int64)
    for k, (y, x) in enumerate(places):
        dotted[y, x : x + 1 + k % 2] = cells.max() + 1 + k
    found = grain_map_of_labels(dotted)
    assert found.n_grains == whole.n_grains and (found.labels != whole.labels).mean() < 1e-3
    assert f"{len(places)} numbers of 1 to 3 pixels are no grains" in found.warnings[0]
    few = cells.astype(np.int64)
    few[5, 5] = few[50, 50] = cells.max() + 1
    assert not any("no grains" in said for said in grain_map_of_labels(few).warnings)


def test_numbers_cut_to_any_one_are_refused(cells: np.ndarray) -> None:
    with pytest.raises(UnreadableError, match=r"label 70 covers .*cut to it"):
        grain_map_of_labels(np.minimum(cells, 70))
    rows, columns = np.indices(cells.shape)
    giant = np.where((rows - 200) ** 2 + (columns - 220) ** 2 < 90**2, 999, cells)
    assert not grain_map_of_labels(giant).warnings


def test_a_mask_in_pieces_is_no_label_map() -> None:
    mask = np.zeros((90, 90), np.uint8)
    mask[10:40, 10:40] = mask[50:80, 50:80] = 255
    with pytest.raises(UnreadableError, match="one label only"):
        check_label_map(grain_map_of_labels(mask), "mask.png")


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3, 2.0])
@pytest.mark.parametrize("step", [1, 70])
def test_numbers_that_interpolation_mixed_are_refused(factor: float, step: int) -> None:
    """Few cells, so that the slivers do not outweigh them."""
    few = poisson_voronoi_plane((600, 660), 1 / 30000, np.random.default_rng(4)).grain_map().labels
    labels = (few * step).astype(np.float32)
    mixed = np.rint(cv2.resize(labels, None, fx=factor, fy=factor))
    with pytest.raises(UnreadableError, match=r"has mixed|in several pieces"):
        check_label_map(grain_map_of_labels(mixed), "mixed.tif")
    nearest = cv2.resize(labels, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    check_label_map(grain_map_of_labels(nearest), "nearest.tif")
