"""What people draw on an image: in whatever form it is saved, it lies on the image or is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.label_maps.any_file import read_map
from segment.label_maps.by_hand import ENDS, read_drawing
from segment.label_maps.imagej_rois import write_roi_set
from segment.micrograph import micrograph_of_array
from segment.micrograph.micrograph import Micrograph
from segment.quality.score import score

SHAPE = (300, 360)


@pytest.fixture(scope="module")
def cells() -> np.ndarray:
    y, x = np.mgrid[:6, :8] * 48 + 18 + np.random.default_rng(3).uniform(-14, 14, (2, 6, 8))
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]]
    distance = [np.hypot(row - a, column - b) for a, b in zip(y.ravel(), x.ravel(), strict=True)]
    return (np.argmin(distance, axis=0) + 1).astype(np.int32)


@pytest.fixture(scope="module")
def image(cells: np.ndarray) -> Micrograph:
    rng = np.random.default_rng(4)
    grey = rng.uniform(60, 200, cells.max() + 1)[cells] + rng.normal(0, 8, SHAPE)
    return micrograph_of_array(grey.astype(np.uint8), pixel_size_nm=2.0)


@pytest.fixture(scope="module")
def lines(cells: np.ndarray) -> np.ndarray:
    return cv2.dilate(on_edges(cells).astype(np.uint8), np.ones((3, 3), np.uint8)) * np.uint8(255)


def is_right(found: np.ndarray, cells: np.ndarray) -> bool:
    return score(found, cells).f1 > 0.99 and abs(int(found.max()) - int(cells.max())) < 3


@pytest.mark.parametrize("name", ["t.png", "t.jpg", "t.bmp", "t.tif"])
def test_lines_need_no_special_name(
    name: str, tmp_path: Path, cells: np.ndarray, lines: np.ndarray, image: Micrograph
) -> None:
    cv2.imwrite(str(tmp_path / name), lines)
    found = read_drawing(tmp_path / name, image)
    assert is_right(found.labels, cells) and not found.warnings


def test_regions_with_and_without_their_image(tmp_path: Path, cells: np.ndarray, image: Micrograph) -> None:
    write_roi_set(tmp_path / "RoiSet.zip", cells)
    assert is_right(read_drawing(tmp_path / "RoiSet.zip", image).labels, cells)
    alone = read_map(tmp_path / "RoiSet.zip", pixel_size_nm=2.0)
    assert alone.labels.shape == SHAPE and alone.pixel_size_source == "manual"
    assert is_right(alone.labels, cells) and ENDS in alone.warnings


def test_a_micrograph_with_an_overlay_is_a_tracing(
    tmp_path: Path, cells: np.ndarray, image: Micrograph
) -> None:
    write_roi_set(tmp_path / "r.zip", cells)
    overlay = {"Overlays": list(_contents(tmp_path / "r.zip")), "unit": "nm"}
    tifffile.imwrite(tmp_path / "a.tif", image.image, imagej=True, resolution=(0.5, 0.5), metadata=overlay)
    found = read_map(tmp_path / "a.tif", tracing=True)
    assert is_right(found.labels, cells) and found.pixel_size_nm == pytest.approx(2.0)


def _contents(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda drawn: drawn[:, ::-1], "only mirrored left to right"),
        (lambda drawn: drawn[::-1, ::-1], "only turned by 180 degrees"),
        (lambda drawn: np.roll(drawn, (15, 0), (0, 1)), "only moved by . px .* and 1[456] px up"),
        (lambda drawn: cv2.resize(drawn, None, fx=2, fy=2), "720 x 600 pixels, its image 360 x 300"),
        (lambda drawn: np.rot90(drawn), "300 x 360 pixels, its image 360 x 300"),
    ],
)
def test_what_does_not_lie_on_the_image_is_refused(
    change, words: str, tmp_path: Path, lines: np.ndarray, image: Micrograph
) -> None:
    cv2.imwrite(str(tmp_path / "t.png"), np.ascontiguousarray(change(lines)))
    with pytest.raises(InputError, match=words):
        read_drawing(tmp_path / "t.png", image)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.svg", "as PNG, in the size"),
        ("a.json", "ImageJ regions"),
        ("a.npz", "numpy"),
        ("a.mat", "imwrite"),
    ],
)
def test_drawings_of_other_programs_name_the_way_out(
    name: str, words: str, tmp_path: Path, image: Micrograph
) -> None:
    (tmp_path / name).write_text("{}")
    for read in (read_map, lambda path: read_drawing(path, image)):
        with pytest.raises(InputError, match=words):
            read(tmp_path / name)
