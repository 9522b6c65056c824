"""Label and boundary maps written and read back with their pixel size; what is refused, and with which
words."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.cells.recutting import fine_cells
from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.label_maps.reading import read_label_map
from segment.label_maps.writing import write_boundary_map, write_label_map
from segment.segmentation import Segmentation

LABELS = np.array([[1, 1, 2], [1, 0, 2], [3, 3, 3]], np.int32).repeat(40, 0).repeat(40, 1)


@pytest.mark.parametrize("pixel_size", [1.0, 0.02392753, 3372.4, None])
def test_labels_come_back_with_their_pixel_size(tmp_path, pixel_size):
    grains = GrainMap(LABELS, pixel_size, "none" if pixel_size is None else "manual")
    back = read_label_map(write_label_map(tmp_path / "a.labels.tif", grains))
    np.testing.assert_array_equal(back.labels, LABELS)
    assert back.labels.dtype == np.int32
    assert back.pixel_size_nm == (None if pixel_size is None else pytest.approx(pixel_size, rel=1e-6))
    assert back.pixel_size_source == ("none" if pixel_size is None else "metadata")
    assert tifffile.imread(tmp_path / "a.labels.tif").dtype == np.uint32
    assert [p.name for p in tmp_path.iterdir()] == ["a.labels.tif"]


def test_boundary_map_is_float32_with_imagej_unit(tmp_path):
    probability = np.random.default_rng(0).random((70, 90)).astype(np.float32)
    path = write_boundary_map(tmp_path / "a.boundary.tif", BoundaryMap(probability, 2.5, "metadata"))
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert page.dtype == np.float32
        assert "unit=nm" in page.description
        numerator, denominator = page.tags["XResolution"].value
        assert denominator / numerator == pytest.approx(2.5)
        np.testing.assert_allclose(page.asarray(), probability, atol=0.5 / 8192, rtol=0)


def test_the_users_pixel_size_wins(tmp_path):
    path = write_label_map(tmp_path / "a.tif", GrainMap(LABELS, 2.0, "metadata"))
    back = read_label_map(path, pixel_size_nm=3.0)
    assert (back.pixel_size_nm, back.pixel_size_source) == (3.0, "manual")


@pytest.fixture
def cut() -> GrainMap:
    """A map that a model has cut, with a hidden corner."""
    walls = np.where(LABELS == 0, 0.0, 0.1).astype(np.float32)
    walls[:, 78:82] = walls[78:82] = 0.9
    valid = np.ones(walls.shape, bool)
    valid[:9, :30] = False
    found = close_cells(BoundaryMap(walls, 1 / 3, "manual", valid=valid))
    rates = (0.1, 0.05, 0.02, 0.0)
    made = Segmentation("m", "abc", 0.1, fine_cells(found), rates, True, ("pale",))
    return replace(found, segmentation=made)


def test_how_a_model_cut_the_map_travels_with_it(tmp_path, cut):
    path = write_label_map(tmp_path / "a.labels.tif", cut, recipe_digest="xyz")
    with tifffile.TiffFile(path) as file:
        text = file.pages.first.description
    assert "model_digest=abc" in text and "recipe_digest=xyz" in text and "persistence=0.1" in text
    back = read_label_map(path)
    assert back.pixel_size_nm == 1 / 3  # to the last digit
    assert back.warnings == ("pale",)
    np.testing.assert_array_equal(back.valid, cut.valid)
    np.testing.assert_array_equal(back.touches_frame, cut.touches_frame)
    assert back.segmentation.to_bytes() == cut.segmentation.to_bytes()
    assert read_label_map(path, pixel_size_nm=0.3).pixel_size_nm == 0.3


def test_a_map_changed_by_hand_is_no_longer_what_the_model_cut(tmp_path, cut):
    path = write_label_map(tmp_path / "a.labels.tif", cut)
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        labels, description = page.asarray(), page.description
        tags = [(tag.code, 7, tag.count, tag.value, True) for tag in page.tags if tag.code >= 65000]
    labels[labels == 1] = 2
    tifffile.imwrite(path, labels, description=description, metadata=None, extratags=tags)
    assert read_label_map(path).segmentation is None
    tifffile.imwrite(path, labels)
    assert read_label_map(path).segmentation is None


def test_micrometres_of_imagej_and_plain_dpi(tmp_path):
    labels = LABELS.astype(np.uint16)
    description = "ImageJ=1.54f\nunit=\\u00B5m\n"
    tifffile.imwrite(
        tmp_path / "j.tif", labels, description=description, metadata=None, resolution=(250.0, 250.0)
    )
    assert read_label_map(tmp_path / "j.tif").pixel_size_nm == pytest.approx(4.0)
    tifffile.imwrite(tmp_path / "p.tif", labels, resolution=(72, 72), metadata=None)
    assert read_label_map(tmp_path / "p.tif").pixel_size_nm is None


def test_labels_are_renumbered_without_gaps(tmp_path):
    for name, values in (("small.npy", LABELS * 7), ("huge.npy", LABELS.astype(np.int64) * 900_000_000 // 2)):
        np.save(tmp_path / name, values)
        np.testing.assert_array_equal(read_label_map(tmp_path / name).labels, LABELS)


def test_png_labels_and_whole_floats(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), LABELS.astype(np.uint16))
    np.testing.assert_array_equal(read_label_map(tmp_path / "a.png").labels, LABELS)
    np.save(tmp_path / "f.npy", LABELS.astype(np.float32))
    np.testing.assert_array_equal(read_label_map(tmp_path / "f.npy").labels, LABELS)


def test_tracing_as_png_and_rgb(tmp_path):
    mask = np.zeros((60, 80), np.uint8)
    mask[:, 39:42] = 255
    cv2.imwrite(str(tmp_path / "t.png"), mask)
    cv2.imwrite(str(tmp_path / "rgb.png"), np.dstack([mask] * 3))
    for name in ("t.png", "rgb.png"):
        grains = read_label_map(tmp_path / name, tracing=True, pixel_size_nm=0.5)
        assert grains.n_grains == 2 and grains.pixel_size_nm == 0.5


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", np.ones((9, 9), np.int32), "not a label map"),
        ("a.npy", np.full((9, 9), 0.5), "no whole numbers"),
        ("a.npy", np.zeros((9, 9), np.int32), "no pixel has a label"),
        ("a.npy", np.full((9, 9), -1), "negative labels"),
        ("a.npy", np.ones((9, 9), complex), "are no labels"),
        ("a.npy", np.ones((4, 9, 9), np.int32), "not one image"),
        ("a.npy", np.dstack([np.eye(9, dtype=int), np.zeros((9, 9, 2), int)]), "colours"),
    ],
)
def test_what_is_no_label_map_is_refused(tmp_path, name, content, words):
    with open(tmp_path / name, "wb") as file:
        np.save(file, content)
    with pytest.raises(UnreadableError, match=words):
        read_label_map(tmp_path / name)


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.npy"])
def test_broken_and_missing_files_are_refused(tmp_path, name):
    with pytest.raises(UnreadableError, match="no such file"):
        read_label_map(tmp_path / name)
    (tmp_path / name).write_bytes(b"no image at all")
    with pytest.raises(UnreadableError, match="cannot be read"):
        read_label_map(tmp_path / name)


@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
def test_a_pixel_size_that_no_microscope_has_is_doubted(tmp_path, name):
    save = np.save if name.endswith("npy") else tifffile.imwrite
    save(tmp_path / name, LABELS.astype(np.uint16))
    for nanometres, doubted in ((5.0, False), (1e9, True)):
        found = read_label_map(tmp_path / name, pixel_size_nm=nanometres)
        assert any("a mistaken unit?" in words for words in found.warnings) == doubted


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_numbers_that_jpeg_changed_are_refused_under_any_name(tmp_path, name):
    cells = LABELS.astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, cells, compression="jpeg")
    else:
        (tmp_path / name).write_bytes(cv2.imencode(".jpg", cells)[1].tobytes())
    with pytest.raises(UnreadableError, match="JPEG changes numbers"):
        read_label_map(tmp_path / name)


def test_small_floats_are_labels_without_a_warning(tmp_path):
    np.save(tmp_path / "a.npy", LABELS.repeat(3, 0).repeat(2, 1).astype(np.float16))
    assert read_label_map(tmp_path / "a.npy").n_grains == LABELS.max()


def test_a_pixel_size_that_is_no_number_is_passed_over(tmp_path):
    path = write_label_map(tmp_path / "a.tif", GrainMap(LABELS, 2.0, "manual"))
    path.write_bytes(path.read_bytes().replace(b"pixel_size_nm=2.0", b"pixel_size_nm=abc"))
    assert read_label_map(path).pixel_size_nm == pytest.approx(2.0)
