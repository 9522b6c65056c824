"""Label maps with dams, pieces, frames and odd numbers give the cells that were drawn, or are refused."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from grainstats.measure import check_label_map
from segment.cells.label_edges import on_edges
from segment.cells.label_gaps import close_dams
from segment.cells.label_parts import in_parts, parts_of, split_parts
from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.label_maps.reading import read_label_map
from segment.label_maps.repairs import grain_map_of_labels
from segment.mosaics.laguerre import poisson_voronoi_plane


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("shape", [cv2.MORPH_RECT, cv2.MORPH_CROSS])
def test_dams_are_closed_and_voids_stay(cells: np.ndarray, width: int, shape: int) -> None:
    kernel = cv2.getStructuringElement(shape, (width, width))
    dammed = np.where(cv2.dilate(on_edges(cells).view(np.uint8), kernel) > 0, 0, cells).astype(np.int32)
    y, x = np.mgrid[:400, :440]
    void = (y - 200) ** 2 + (x - 200) ** 2 < 15**2
    dammed[void] = 0
    closed, n = close_dams(dammed)
    assert n > 0
    assert (closed[void] == 0).mean() > 0.95
    assert (closed[~void] == cells[~void]).mean() > 0.96
    assert close_dams(cells) == (cells, 0)


def test_a_map_whose_cells_meet_keeps_its_cracks(cells: np.ndarray) -> None:
    cracked = cells.copy()
    cracked[100:102] = 0
    closed, n = close_dams(cracked)
    assert n == 0 and closed is cracked


def test_outlines_of_opencv(tmp_path: Path, cells: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", np.where(on_edges(cells), -1, cells))
    found = read_label_map(tmp_path / "a.npy")
    assert found.n_grains == cells.max() and (found.labels > 0).all()
    assert "closed along their middle" in found.warnings[0]


def test_pieces_count_where_they_are_few(cells: np.ndarray) -> None:
    assert not in_parts(cells) and parts_of(cells)[1].area.size == cells.max() + 1
    twice = np.where(cells == 5, 60, cells)
    split, n = split_parts(twice)
    assert n == 1 and np.unique(split).size == np.unique(cells).size


@pytest.mark.parametrize("kind", ["saturated", "wrapped", "classes"])
def test_numbers_that_stand_for_many_grains_are_refused(tmp_path: Path, kind: str) -> None:
    cells = poisson_voronoi_plane((600, 600), 1 / 900, np.random.default_rng(4)).grain_map().labels
    assert cells.max() > 300
    cut = {"saturated": np.minimum(cells, 255), "wrapped": cells % 256, "classes": cells % 12 + 1}[kind]
    tifffile.imwrite(tmp_path / "a.tif", cut.astype(np.uint8))
    with pytest.raises(UnreadableError, match=r"several pieces|scattered|were cut to it"):
        check_label_map(read_label_map(tmp_path / "a.tif", pixel_size_nm=1.0), "a.tif")
    check_label_map(GrainMap(cells, 1.0), "whole")


def test_colours_stacks_and_jpeg_are_refused(tmp_path: Path, cells: np.ndarray) -> None:
    colours = np.random.default_rng(0).integers(0, 255, (cells.max() + 1, 3), np.uint8)[cells]
    tifffile.imwrite(tmp_path / "colours.tif", colours, photometric="rgb")
    tifffile.imwrite(
        tmp_path / "stack.tif", np.stack([cells] * 3).astype(np.uint16), photometric="minisblack"
    )
    tifffile.imwrite(tmp_path / "imagej.tif", np.stack([cells] * 3).astype(np.uint16), imagej=True)
    cv2.imwrite(str(tmp_path / "a.jpg"), (cells % 256).astype(np.uint8))
    for name, words in (
        ("colours.tif", "labels are colours"),
        ("stack.tif", "a stack of 3 images"),
        ("imagej.tif", "a stack of 3 images"),
        ("a.jpg", "JPEG changes numbers"),
    ):
        with pytest.raises(UnreadableError, match=words):
            read_label_map(tmp_path / name)


def test_pixels_higher_than_wide(tmp_path: Path, cells: np.ndarray) -> None:
    flat = cells[::2].astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", flat, imagej=True, resolution=(1, 0.5), metadata={"unit": "nm"})
    found = read_label_map(tmp_path / "a.tif")
    assert (found.labels.shape, found.pixel_size_nm) == (cells.shape, 1.0)
    assert "repeated to 1 nm squares" in found.warnings[0]


@pytest.mark.parametrize("around", ["0", "a number", "turned"])
def test_an_empty_frame_is_outside_and_cells_at_it_are_cut(
    tmp_path: Path, cells: np.ndarray, around: str
) -> None:
    if around == "turned":
        turn = cv2.getRotationMatrix2D((220, 200), 20, 0.7)
        framed = cv2.warpAffine(cells.astype(np.uint16), turn, (440, 400), flags=cv2.INTER_NEAREST)
    else:
        framed = np.pad(cells, 40, constant_values=0 if around == "0" else 9999)
    np.save(tmp_path / "m.npy", framed)
    found = read_label_map(tmp_path / "m.npy")
    assert found.valid is not None and "an empty frame" in "".join(found.warnings)
    assert found.n_grains == np.unique(framed[(framed > 0) & (framed < 9999)]).size
    assert found.touches_frame.sum() > 0.8 * GrainMap(cells).touches_frame.sum()


def test_cells_that_were_removed_at_the_frame_are_told(tmp_path: Path, cells: np.ndarray) -> None:
    kept = np.where(GrainMap(cells).touches_frame[cells], 0, cells)
    np.save(tmp_path / "m.npy", kept)
    assert "large cells are missing" in "".join(read_label_map(tmp_path / "m.npy").warnings)


def test_dams_in_a_part_of_the_map_are_closed(cells: np.ndarray) -> None:
    dammed = cells.copy()
    dammed[:, :120][on_edges(cells)[:, :120]] = 0
    assert (close_dams(dammed)[0] > 0).mean() > 0.999


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        (lambda cells: (cells + 3000).astype(np.float16), "cannot tell"),
        (lambda cells: (cells + 2.0**25).astype(np.float32), "cannot tell"),
        (lambda cells: np.dstack([cells, cells + 1]), "2 maps in one"),
    ],
)
def test_numbers_that_fell_together_are_refused(tmp_path: Path, cells: np.ndarray, numbers, why: str) -> None:
    np.save(tmp_path / "m.npy", numbers(cells))
    with pytest.raises(UnreadableError, match=why):
        read_label_map(tmp_path / "m.npy")


def test_large_numbers_and_wrapped_outlines(tmp_path: Path, cells: np.ndarray) -> None:
    outlined = np.where(on_edges(cells), -1, cells).astype(np.int32).view(np.uint32)
    np.save(tmp_path / "m.npy", outlined)
    assert (read_label_map(tmp_path / "m.npy").labels == cells).mean() > 0.96


def test_lines_and_grains_as_two_classes_are_no_labels(cells: np.ndarray) -> None:
    with pytest.raises(UnreadableError, match="they are classes"):
        check_label_map(GrainMap(np.where(on_edges(cells), 2, 1).astype(np.int32)), "m.tif")


@pytest.mark.parametrize("number", [0, 1, 60_000, np.nan])
def test_boundaries_with_a_number_of_their_own(tmp_path: Path, cells: np.ndarray, number: float) -> None:
    edge = on_edges(cells)
    np.save(tmp_path / "m.npy", np.where(edge, number, cells + 1.0))
    found = read_label_map(tmp_path / "m.npy")
    assert found.n_grains == cells.max() and (found.labels > 0).all()
    assert (found.labels == cells).mean() > 0.96
    assert ("runs as a line" in "".join(found.warnings)) == (number in (1, 60_000))


def test_a_ground_with_a_number_is_told(tmp_path: Path, cells: np.ndarray) -> None:
    apart = np.where(
        cv2.dilate(on_edges(cells).view(np.uint8), np.ones((25, 25), np.uint8)) > 0, 1, cells + 1
    )
    np.save(tmp_path / "m.npy", apart)
    found = read_label_map(tmp_path / "m.npy")
    assert "give the ground of a map the number 0" in "".join(found.warnings)
    assert found.n_grains == np.unique(apart).size


@pytest.mark.parametrize(("largest", "step"), [(127, 1), (255, 1), (255, 3), (65535, 300)])
def test_numbers_cut_in_the_order_of_rows(largest: int, step: int) -> None:
    """All above the largest number become one piece, not many."""
    rows = np.repeat(np.arange(1, 401).reshape(40, 10), 8, axis=1).repeat(8, axis=0)
    grain_map_of_labels(np.where(rows == 1, largest, step * rows))
    with pytest.raises(UnreadableError, match=f"label {largest} covers .* higher numbers were cut to it"):
        grain_map_of_labels(np.minimum(step * rows, largest))


def test_numbers_behind_a_palette_and_under_alpha(tmp_path: Path) -> None:
    import imagecodecs

    numbers = np.repeat(np.arange(1, 37, dtype=np.uint8).reshape(6, 6), 9, axis=0).repeat(9, axis=1)
    grey = imagecodecs.png_encode(numbers)
    palette = np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes()
    chunks = (
        grey[:25] + b"\3" + grey[26:29] + zlib.crc32(grey[12:25] + b"\3" + grey[26:29]).to_bytes(4, "big")
    )
    colours = (
        len(palette).to_bytes(4, "big") + b"PLTE" + palette + zlib.crc32(b"PLTE" + palette).to_bytes(4, "big")
    )
    (tmp_path / "m.png").write_bytes(chunks + colours + grey[33:])
    assert len(np.unique(cv2.imread(str(tmp_path / "m.png")).reshape(-1, 3), axis=0)) == 36
    np.testing.assert_array_equal(read_label_map(tmp_path / "m.png").labels, numbers)
    alpha = np.full(numbers.shape, 255, np.uint8)
    alpha[:9] = 0
    cv2.imwrite(str(tmp_path / "m.png"), np.dstack([numbers] * 3 + [alpha]))
    found = read_label_map(tmp_path / "m.png").labels
    assert not found[:9].any() and found[9:].all()


def test_a_full_byte_is_told(tmp_path: Path) -> None:
    numbers = np.arange(256, dtype=np.uint8).reshape(16, 16).repeat(8, axis=0).repeat(8, axis=1)
    tifffile.imwrite(tmp_path / "m.tif", numbers)
    assert "all 255 numbers of an 8-bit map" in "".join(read_label_map(tmp_path / "m.tif").warnings)
