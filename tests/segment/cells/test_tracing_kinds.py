"""Tracings of every kind of line give the cells that were drawn, or say what is in the way."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.label_maps.reading import read_label_map
from segment.mosaics.laguerre import poisson_voronoi_plane


def read_label_map_of(lines: np.ndarray, folder: Path) -> int:
    cv2.imwrite(str(folder / "plain.png"), lines)
    return read_label_map(folder / "plain.png", tracing=True).n_grains


def micrograph(shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(1)
    grey = cv2.GaussianBlur(rng.integers(0, 255, shape, np.uint8), (0, 0), 3)
    return np.dstack([cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX)] * 3)


def drawn(lines: np.ndarray) -> dict[str, np.ndarray]:
    """The lines in every way that people draw them."""
    on = lines > 0
    layer = np.zeros((*lines.shape, 4), np.uint8)
    layer[on, 3] = 255
    picture = micrograph(lines.shape)
    picture[on] = (40, 40, 230)
    marked = np.where(on, 110, 0).astype(np.uint8)
    marked[:3, :3] = 255
    mixed = np.zeros((*lines.shape, 3), np.uint8)
    mixed[:, :100] = (0, 0, 255)
    band = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    return {
        "grey with a bright mark": marked,
        "dark on light": 255 - lines,
        "light grey on white": np.where(on, 180, 255).astype(np.uint8),
        "smoothed": cv2.GaussianBlur(lines, (0, 0), 0.8),
        "black on a layer": layer,
        "soft on a layer": np.dstack([layer[..., :3], cv2.GaussianBlur(lines, (0, 0), 0.8)]),
        "rubbed out of a layer": np.dstack([layer[..., :3], 255 - lines]),
        "above a solid bar": np.vstack([lines, np.full((60, lines.shape[1]), 255, np.uint8)]),
        "red on a micrograph": picture,
        "blue on white": np.where(on[..., None], (200, 0, 0), 255).astype(np.uint8),
        "black on white, some red": np.where(on[..., None], mixed, 255).astype(np.uint8),
        "both sides of a band": cv2.subtract(band, cv2.erode(band, np.ones((3, 3), np.uint8))),
    }


KINDS = drawn(np.zeros((9, 200), np.uint8))


@pytest.mark.parametrize("kind", KINDS)
def test_lines_of_every_kind(tmp_path: Path, cells: np.ndarray, lines: np.ndarray, kind: str) -> None:
    cv2.imwrite(str(tmp_path / "t.png"), drawn(lines)[kind])
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert abs(found.n_grains - read_label_map_of(lines, tmp_path)) <= 2


def with_overlay(kind: str, cells: np.ndarray, lines: np.ndarray) -> np.ndarray:
    over = lines.copy()
    if kind == "a test grid":
        over[50::80] = over[:, 50::80] = 255
    elif kind == "red circles":
        over = np.dstack([over] * 3)
        cv2.circle(over, (220, 200), 120, (0, 0, 255), 2)
    elif "two colours" in kind:
        colours = np.where(cells[..., None] % 2 == 0, (0, 0, 255), (0, 255, 0)).astype(np.uint8)
        over = np.where(lines[..., None] > 0, colours, micrograph(lines.shape)).astype(np.uint8)
        over = np.dstack([over, lines]) if "layer" in kind else over
    elif kind == "pores in grey":
        over[(cells % 9 == 0) & (lines == 0)] = 128
    elif "paler lines" in kind:
        over = np.where(cells % 2 == 0, lines // 4, lines)
        over = np.dstack([0 * over] * 3 + [over]) if "layer" in kind else over
    elif kind == "a diagonal cross":
        cv2.line(over, (0, 0), (439, 399), 255)
        cv2.line(over, (439, 0), (0, 399), 255)
    else:
        away = cv2.distanceTransform((~on_edges(cells)).view(np.uint8), cv2.DIST_L2, 5)
        twice = np.random.default_rng(0).random(cells.max() + 1) < 0.4
        over[(np.abs(away - int(kind[-1])) < 1) & twice[cells]] = 255
    return over


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a test grid", "10 straight lines run from edge to edge"),
        ("a diagonal cross", "2 straight lines run from edge to edge"),
        ("red circles", "lines of several colours"),
        ("two colours on a micrograph", "lines of several colours"),
        ("two colours on a layer", "lines of several colours"),
        ("pores in grey", "areas of a second grey"),
        ("paler lines", "paler lines were left out"),
        ("paler lines of a layer", "paler lines were left out"),
        ("some cells outlined twice, 7", "narrow strips beside a line"),
    ],
)
def test_what_is_drawn_beside_the_boundaries_is_said(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray, kind: str, words: str
) -> None:
    for picture, said in ((lines, False), (with_overlay(kind, cells, lines), True)):
        cv2.imwrite(str(tmp_path / "t.png"), picture)
        found = read_label_map(tmp_path / "t.png", tracing=True)
        assert (words in "\n".join(found.warnings)) == said


def test_filled_areas_are_voids_and_thick_lines_are_not(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray
) -> None:
    pores = (cells % 9 == 0) & (cells > 0)
    thick = cv2.dilate(lines, np.ones((9, 9), np.uint8))
    for picture, voids in (
        (lines, None),
        (thick, None),
        (np.where(pores, 255, lines).astype(np.uint8), pores),
    ):
        cv2.imwrite(str(tmp_path / "t.png"), picture)
        found = read_label_map(tmp_path / "t.png", tracing=True)
        assert any("count as voids" in word for word in found.warnings) == (voids is not None)
        if voids is not None:
            assert ((found.labels == 0) == voids).mean() > 0.97


def test_lines_as_truth_values_of_three_channels(tmp_path: Path, lines: np.ndarray) -> None:
    np.save(tmp_path / "t.npy", np.dstack([lines > 0] * 3))
    found = read_label_map(tmp_path / "t.npy", tracing=True)
    assert found.n_grains == read_label_map_of(lines, tmp_path)


@pytest.mark.parametrize(("on", "off"), [(8, 3), (5, 5), (4, 4)])
def test_dashes_are_joined(tmp_path: Path, cells: np.ndarray, lines: np.ndarray, on: int, off: int) -> None:
    y, x = np.mgrid[:400, :440]
    dashed = np.where((x + y) % (on + off) < on, lines, 0).astype(np.uint8)
    assert read_label_map_of(dashed, tmp_path) > 0.85 * read_label_map_of(lines, tmp_path)


def test_a_frame_along_the_edge_ends_in_no_cell(tmp_path: Path, lines: np.ndarray) -> None:
    framed = lines.copy()
    framed[:2] = framed[-2:] = framed[:, :2] = framed[:, -2:] = 255
    cv2.imwrite(str(tmp_path / "t.png"), framed)
    assert read_label_map(tmp_path / "t.png", tracing=True).warnings == ()


@pytest.mark.parametrize("width", [11, 19])
def test_soft_lines_that_cover_as_much_as_the_cells(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray, width: int
) -> None:
    """At 19 neither level has half of the picture; at 11 four straight lines lie on others for most of it."""
    large = cv2.resize(lines, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    thick = cv2.dilate(large, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    cv2.imwrite(str(tmp_path / "t.png"), cv2.blur(thick, (2, 2)))
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert found.n_grains > 0.85 * cells.max() and "straight" not in "".join(found.warnings)


@pytest.mark.parametrize("dark", [False, True])
def test_lines_that_cover_more_than_the_cells(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray, dark: bool
) -> None:
    thick = cv2.dilate(lines, np.ones((10, 10), np.uint8))
    assert thick.mean() > 140
    assert read_label_map_of(255 - thick if dark else thick, tmp_path) > 0.85 * cells.max()


def test_cells_too_small_for_the_picture_are_counted(tmp_path: Path) -> None:
    fine = poisson_voronoi_plane((300, 300), 1 / 70, np.random.default_rng(3)).grain_map().labels
    cv2.imwrite(
        str(tmp_path / "t.png"), 255 * cv2.dilate(on_edges(fine).view(np.uint8), np.ones((2, 2), np.uint8))
    )
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert found.n_grains < 0.95 * fine.max()
    assert "open areas of fewer than 20 px count as line" in "".join(found.warnings)


def test_cells_outlined_twice_count_once(tmp_path: Path, cells: np.ndarray, lines: np.ndarray) -> None:
    doubled = with_overlay("some cells outlined twice, 4", cells, lines)
    assert abs(read_label_map_of(doubled, tmp_path) - read_label_map_of(lines, tmp_path)) <= 5


@pytest.mark.parametrize("frame", [0, 3])
def test_a_margin_around_a_tracing_is_no_grain(tmp_path: Path, lines: np.ndarray, frame: int) -> None:
    framed = lines.copy()
    if frame:
        framed[:frame] = framed[-frame:] = framed[:, :frame] = framed[:, -frame:] = 255
    cv2.imwrite(str(tmp_path / "t.png"), np.pad(framed, 40))
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert abs(found.n_grains - read_label_map_of(lines, tmp_path)) <= 4
    assert found.valid is not None and found.valid.mean() == pytest.approx(lines.size / (480 * 520), rel=0.02)


def test_gaps_are_bridged_and_counted(tmp_path: Path, cells: np.ndarray, lines: np.ndarray) -> None:
    whole = read_label_map_of(lines, tmp_path)
    broken, rng = lines.copy(), np.random.default_rng(0)
    places = np.argwhere(cv2.erode(lines, np.ones((2, 2), np.uint8)) > 0)
    for y, x in rng.choice(places, 30, replace=False):
        cv2.circle(broken, (int(x), int(y)), 3, 0, -1)
    n_open = cv2.connectedComponents((broken == 0).astype(np.uint8), connectivity=4)[0] - 1
    cv2.imwrite(str(tmp_path / "t.png"), broken)
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert n_open < 0.85 * whole < 0.92 * whole < found.n_grains <= whole + 2
    assert "narrow gaps in the lines were bridged" in "".join(found.warnings)


@pytest.mark.parametrize(("seed", "side"), [(1, 600), (5, 450), (6, 500)])
def test_cells_joined_through_many_gaps_are_no_line(tmp_path: Path, seed: int, side: int) -> None:
    """Together they are as long and narrow as the inside of a network outlined on both sides."""
    rng = np.random.default_rng(seed)
    cells = poisson_voronoi_plane((side, side), 400 / side**2, rng).grain_map().labels
    places = np.argwhere(on_edges(cells))
    broken = 255 * cv2.dilate(on_edges(cells).view(np.uint8), np.ones((2 + (seed > 5),) * 2, np.uint8))
    for y, x in rng.choice(places, 300, replace=False):
        broken[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5] = 0
    cv2.imwrite(str(tmp_path / "t.png"), broken)
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert found.labels.all() and "stretches of line end" in "".join(found.warnings)


def test_gaps_too_wide_and_areas_not_traced_are_told(
    tmp_path: Path, cells: np.ndarray, lines: np.ndarray
) -> None:
    cv2.imwrite(str(tmp_path / "t.png"), lines)
    assert read_label_map(tmp_path / "t.png", tracing=True).warnings == ()
    y, x = np.argwhere((cells[:, 1:] != cells[:, :-1]) & (lines[:, 1:] > 0))[3000]
    broken = lines.copy()
    cv2.circle(broken, (int(x), int(y)), 14, 0, -1)
    cv2.imwrite(str(tmp_path / "t.png"), broken)
    found = read_label_map(tmp_path / "t.png", tracing=True)
    assert "within a cell, at gaps that were not bridged" in "".join(found.warnings)
    half = lines.copy()
    half[100:300, 100:300] = 0
    cv2.imwrite(str(tmp_path / "t.png"), half)
    assert "was it traced?" in "".join(read_label_map(tmp_path / "t.png", tracing=True).warnings)


def test_a_micrograph_is_no_tracing(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "t.png"), micrograph((200, 200)))
    with pytest.raises(InputError, match="many grey levels of a micrograph"):
        read_label_map(tmp_path / "t.png", tracing=True)
