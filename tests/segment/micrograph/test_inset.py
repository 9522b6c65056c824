"""Insets are masked; what grains, frames and mounts draw is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile

import grainstats as gs
from segment.cells.label_edges import on_edges
from segment.micrograph import read_micrographs
from segment.micrograph.inset import find_seams
from segment.micrograph.overlay import has_outlines
from segment.micrograph.prepare import OUTLINES, PANELS
from segment.mosaics.laguerre import poisson_voronoi_plane

ROWS, COLUMNS = 150, 210
CORNERS = [(False, False), (True, False), (False, True), (True, True)]


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    return tifffile.imread(gs.example_micrographs() / "ai-01" / "ai-01-field-1.tif")[:480, :600]


def with_inset(image: np.ndarray, inset: np.ndarray, corner: tuple[bool, bool], border: int | None):
    """The image with an inset in a corner (bottom, right), and where that is."""
    top, left = corner[0] * (len(image) - ROWS), corner[1] * (image.shape[1] - COLUMNS)
    changed, where = image.copy(), np.zeros(image.shape, bool)
    changed[top : top + ROWS, left : left + COLUMNS] = inset
    where[top : top + ROWS, left : left + COLUMNS] = True
    if border is not None:
        end = (left + COLUMNS - 1, top + ROWS - 1)
        changed = cv2.rectangle(changed, (left, top), end, border, 2)
    return changed, where


def magnified(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image[100:160, 100:184], (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)


def diffraction(image: np.ndarray) -> np.ndarray:
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    radius = np.hypot(rows - ROWS / 2, columns - COLUMNS / 2)
    noise = np.random.default_rng(0).integers(0, 8, radius.shape)
    return np.clip(220 * np.exp(-radius / 12) + 200 * np.exp(-(((radius - 50) / 2) ** 2)) + noise, 0, 255)


@pytest.mark.parametrize(
    ("inset", "border"),
    [(magnified, 0), (magnified, 255), (diffraction, None), (diffraction, 0), (diffraction, 255)],
)
@pytest.mark.parametrize("corner", CORNERS)
def test_an_inset_in_a_corner_is_found_to_the_pixel(field, inset, border, corner):
    changed, where = with_inset(field, inset(field), corner, border)
    found = find_seams(changed)[0]
    assert found is not None
    assert (found & where).sum() > 0.95 * where.sum() and (found & ~where).sum() < 0.02 * where.sum()


@pytest.mark.parametrize(("inset", "border"), [(magnified, 0), (magnified, 255), (diffraction, None)])
@pytest.mark.parametrize(("top", "left"), [(130, 170), (0, 200), (330, 170), (200, 0), (150, 390)])
def test_an_inset_elsewhere_is_found(field, inset, border, top, left):
    part, where = with_inset(field, inset(field), (False, False), border)
    changed, there = field.copy(), np.roll(where, (top, left), (0, 1))
    changed[there] = part[where]
    found = find_seams(changed)[0]
    assert found is not None
    assert (found & there).sum() > 0.95 * there.sum() and (found & ~there).sum() < 0.03 * there.sum()


def test_tiles_on_a_black_ground_are_no_insets(field, tmp_path):
    tiles = np.zeros((560, 700), np.uint8)
    tiles[:230, :290], tiles[250:480, 5:295] = field[:230, :290], field[240:470, :290]
    tiles[3:233, 310:600] = field[:230, 300:590]
    tifffile.imwrite(tmp_path / "a.tif", tiles)
    (micrograph,) = read_micrographs(tmp_path / "a.tif")
    assert not any("inset" in note for note in micrograph.notes) and PANELS in micrograph.notes


def test_most_magnified_views_without_a_border_are_found(field):
    found = [find_seams(with_inset(field, magnified(field), corner, None)[0])[0] for corner in CORNERS]
    assert sum(each is not None for each in found) >= 3


@pytest.mark.parametrize("quality", [None, 60])
def test_grains_and_what_is_no_inset_stay(field, quality):
    stopped = field.copy()
    stopped[240:] = field[:240, ::-1]  # another scan below: a seam from rim to rim
    mount = field.copy()
    mount[:120] = np.random.default_rng(0).integers(40, 44, (120, 600))
    for image in (field, stopped, mount, np.hstack([field[:, :300], field[::-1, :300]])):
        packed = image if quality is None else cv2.imdecode(cv2.imencode(".jpg", image, [1, quality])[1], 0)
        assert find_seams(packed)[0] is None


@pytest.mark.parametrize("quality", [10, 30])
def test_edges_of_jpeg_blocks_are_no_seams(quality):
    """Parts of the example fields; at these qualities neighbouring blocks differ more than all else."""
    for path in sorted(gs.example_micrographs().glob("*/*field*.tif")):
        image = tifffile.imread(path)
        for part in (image[:480, :480], image[-300:, -400:], image[100:500, :500]):
            packed = cv2.imdecode(cv2.imencode(".jpg", part, [1, quality])[1], 0)
            assert find_seams(packed)[0] is None


@pytest.mark.parametrize("seed", range(6))
def test_dark_boundaries_of_white_grains_are_no_seams(seed):
    rng = np.random.default_rng(seed)
    cells = poisson_voronoi_plane((400, 400), 1 / 400, rng).grain_map().labels
    etched = np.where(on_edges(cells), 60, 230) + rng.normal(0, 3, cells.shape)
    assert find_seams(etched.astype(np.uint8))[0] is None


def test_reading_masks_and_says_so(tmp_path, field):
    changed, where = with_inset(field, magnified(field), (True, True), 255)
    tifffile.imwrite(tmp_path / "a.tif", changed)
    (micrograph,) = read_micrographs(tmp_path / "a.tif")
    assert micrograph.valid is not None and (~micrograph.valid == where).mean() > 0.99
    assert "an inset is masked (10.9% of the image)" in micrograph.notes


def test_detectors_and_small_images_are_not_searched(field):
    changed, _ = with_inset(field, magnified(field), (True, True), 255)
    assert find_seams(changed.astype(np.float32))[0] is None and find_seams(changed[:150])[0] is None


@pytest.mark.parametrize("gutter", [0, 1, 8])
@pytest.mark.parametrize("quality", [100, 90])
def test_panels_of_a_figure_are_told(field, tmp_path, gutter: int, quality: int):
    panels = [field[:230, :290], field[::-1][:230, :290], field.T[:230, :290], field[::2, ::2][:230, :290]]
    panels[3] = cv2.resize(field[:115, :145], (290, 230), interpolation=cv2.INTER_CUBIC)
    upright, level = np.full((230, gutter), 255, np.uint8), np.full((gutter, 580 + gutter), 255, np.uint8)
    rows = [np.hstack([one, upright, other]) for one, other in (panels[:2], panels[2:])]
    cv2.imwrite(
        str(tmp_path / "a.jpg"), np.vstack([rows[0], level, rows[1]]), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert PANELS in next(read_micrographs(tmp_path / "a.jpg")).notes


def test_the_edge_of_a_sheet_parts_no_panels(field, tmp_path):
    resin = np.random.default_rng(0).normal(40, 3, (150, 600)).clip(0, 255).astype(np.uint8)
    for name, image in (("sheet", np.vstack([resin, field])), ("field", field), ("frame", np.pad(field, 9))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
        assert PANELS not in next(read_micrographs(tmp_path / f"{name}.png")).notes


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("ink", [0, 255, 230, (0, 255, 255)])
def test_outlines_drawn_over_a_picture_are_told(field, tmp_path, width, ink):
    cells = poisson_voronoi_plane(field.shape, 1 / 1500, np.random.default_rng(0)).grain_map().labels
    lines = cv2.dilate(on_edges(cells).view(np.uint8), np.ones((width, width), np.uint8)) > 0
    drawn = field.copy() if isinstance(ink, int) else np.repeat(field[..., None], 3, axis=2)
    drawn[lines] = ink
    cv2.imwrite(str(tmp_path / "a.png"), drawn)
    assert OUTLINES in next(read_micrographs(tmp_path / "a.png")).notes


@pytest.mark.parametrize("quality", [75, 95])
@pytest.mark.parametrize("soft", [0.01, 0.7])
def test_coloured_outlines_that_jpeg_smeared_are_told(field, tmp_path, quality, soft):
    cells = poisson_voronoi_plane(field.shape, 1 / 1500, np.random.default_rng(0)).grain_map().labels
    line = cv2.GaussianBlur(on_edges(cells).astype(np.float32), (0, 0), soft)[..., None]
    drawn = field[..., None] * (1 - line) + np.array([0, 0, 255]) * line
    cv2.imwrite(str(tmp_path / "a.jpg"), drawn.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert OUTLINES in next(read_micrographs(tmp_path / "a.jpg")).notes


@pytest.mark.parametrize("share", [0, 2, 10, 20])
def test_boundaries_of_hard_contrast_are_no_outlines(field, share):
    """Etched boundaries have a profile, also where many pixels are cut to black or white."""
    cells = poisson_voronoi_plane((600, 600), 1 / 2500, np.random.default_rng(1)).grain_map().labels
    etched = cv2.GaussianBlur(np.where(on_edges(cells), 0, 200).astype(np.float32), (0, 0), 1.5)
    etched += np.random.default_rng(2).normal(0, 3, cells.shape)
    for image in (field, etched):
        low, high = np.percentile(image, (share, 100 - share))
        cut = np.clip((image - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        assert not has_outlines(cut) and not has_outlines(255 - cut)
