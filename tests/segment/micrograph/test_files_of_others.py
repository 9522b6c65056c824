"""Files that are no micrographs, or hold more than one image in a page: named, refused, or read rightly."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import tifffile

from segment.cells.label_edges import on_edges
from segment.errors import InputError, NotAnImageError
from segment.micrograph import describe, read_micrographs
from segment.micrograph.blank_frame import find_blank
from segment.mosaics.laguerre import poisson_voronoi_plane

SIDE = (400, 400)


def etched(seed: int = 3) -> np.ndarray:
    """White grains with dark soft boundaries, and a little noise."""
    rng = np.random.default_rng(seed)
    cells = poisson_voronoi_plane(SIDE, 1 / 900, rng).grain_map().labels
    grey = rng.normal(225, 12, cells.max() + 1)[cells] + rng.normal(0, 4, cells.shape)
    grey[on_edges(cells)] = 40
    return np.clip(cv2.GaussianBlur(grey, (0, 0), 0.8), 0, 255).astype(np.uint8)


def written(path: Path, image: np.ndarray) -> Path:
    tifffile.imwrite(path, image, metadata=None)
    return path


def test_an_image_of_few_levels_is_no_map(tmp_path):
    """Its neighbours are equal, or one level apart."""
    image = etched()
    for levels, problem in ((24, None), (4, "a picture of few grey levels, not a micrograph")):
        reduced = (image.astype(int) * levels // 256 * (256 // levels)).astype(np.uint8)
        (frame,) = describe(written(tmp_path / f"{levels}.tif", reduced))
        assert frame.problem == problem
        assert not any("map of distances" in note for note in frame.notes)


@pytest.mark.parametrize("side", [(256, 256), (255, 300), (301, 257)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_fourier_transform_is_no_micrograph(tmp_path, side, dtype):
    grey = np.random.default_rng(0).normal(100, 20, side)
    power = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(cv2.GaussianBlur(grey, (0, 0), 2)))))
    (frame,) = describe(written(tmp_path / "a.tif", (20 * power).astype(dtype)))
    assert frame.problem is not None and "Fourier transform" in frame.problem


@pytest.mark.parametrize("kind", ["bytes", "floats"])
def test_a_map_of_probabilities_is_told(tmp_path, kind):
    """So is one with noise of a thousandth; the same lines on a noisy ground are a micrograph."""
    rng = np.random.default_rng(0)
    cells = poisson_voronoi_plane(SIDE, 1 / 900, rng).grain_map().labels
    lines = cv2.GaussianBlur(on_edges(cells).astype(np.float32), (0, 0), 1.5)
    lines = lines / lines.max() * rng.uniform(0.5, 1, cells.max() + 1)[cells] + rng.normal(0, 1e-3, SIDE)
    noisy = np.clip(20 + 180 * lines + rng.normal(0, 6, SIDE), 0, 255).astype(np.uint8)
    stored = lines.astype(np.float32) if kind == "floats" else np.clip(255 * lines, 0, 255).astype(np.uint8)
    turned = [image.max() - image for image in (stored, noisy)]
    for image, told in ((stored, True), (noisy, False), (turned[0], True), (turned[1], False)):
        (frame,) = describe(written(tmp_path / "a.tif", image))
        assert any("map of probabilities" in note for note in frame.notes) == told


def test_our_own_maps_are_refused_by_their_name(tmp_path):
    path = written(tmp_path / "a.boundary.tif", etched())
    with pytest.raises(NotAnImageError, match="a result of this program"):
        next(read_micrographs(path))


def test_of_a_picture_and_its_mirror_image_one_half_stays():
    half = np.random.default_rng(0).integers(0, 255, (120, 100)).astype(np.uint8)
    for image in (np.hstack([half, half[:, ::-1]]), np.vstack([half, half[-2::-1]])):
        blank = find_blank(image)
        assert blank is not None and 0.5 <= blank.mean() < 0.53


def test_samples_that_are_no_colours_are_channels(tmp_path):
    """Secondary and backscattered electrons are not mixed to one grey."""
    first = etched()
    planes = np.stack([first, 255 - first, first[::-1]])
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="minisblack", planarconfig="separate")
    (micrograph,) = read_micrographs(tmp_path / "a.tif")
    assert (micrograph.image == first).all()
    assert any("3 channels in one page" in note for note in micrograph.notes)


def test_a_diffraction_pattern_of_tia(vendor_files):
    path = vendor_files.build("ser")
    raw = bytearray(path.read_bytes())
    at = raw.index(struct.pack("<dd", 0, 2.5e-9))
    struct.pack_into("<ddiddi", raw, at, 0, 2.5e7, 0, 0, 2.5e7, 0)
    path.write_bytes(bytes(raw))
    with pytest.raises(NotAnImageError, match="the axis is 1/m"):
        next(read_micrographs(path))


def test_rows_and_columns_of_an_emd_are_its_lengths(tmp_path):
    """Time may be the last axis as well as the first."""
    image = etched()
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("data/series")
        group.attrs["emd_group_type"] = 1
        group["data"] = np.dstack([image, image[::-1]])
        for number, (length, unit) in enumerate(((400, "nm"), (400, "nm"), (2, "s")), 1):
            group[f"dim{number}"] = np.arange(length) * 1.6
            group[f"dim{number}"].attrs["units"] = unit
    found = list(read_micrographs(tmp_path / "a.emd"))
    assert [m.pixel_size_nm for m in found] == pytest.approx([1.6, 1.6])
    assert (found[1].image == image[::-1]).all()


def office(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "")


@pytest.mark.parametrize(
    ("name", "first_bytes", "said"),
    [
        ("a.tif", b"GIF89a", "a GIF"),
        ("a.jpg", b"\0\0\0\x18ftypheic", "HEIC"),
        ("a.tif", b"%PDF-1.7", "a PDF"),
        ("a.pptx", b"", "an Office document"),
        ("a.czi", b"ZISRAWFILE", "OME-TIFF"),
        ("a.tif", b"<!DOCTYPE html><html>", "a web page"),
        ("a.tif", b"\x93NUMPY", "gs.segment"),
        ("a.dat", b"\x01\x02", "of no known microscope format"),
    ],
)
def test_other_files_are_called_by_their_name(tmp_path, name, first_bytes, said):
    path = tmp_path / name
    path.write_bytes(first_bytes + b"\0" * 300) if first_bytes else office(path)
    with pytest.raises(InputError, match=said):
        describe(path)


def test_a_packing_that_is_not_read_is_no_damage(tmp_path):
    """A bitmap of four inks."""
    head = struct.pack("<IHHIIiiHHIIiiII", 2000, 0, 0, 1078, 40, 80, 80, 1, 8, 11, 922, 0, 0, 256, 0)
    (tmp_path / "a.bmp").write_bytes(b"BM" + head + bytes(1024) + bytes(922))
    with pytest.raises(InputError, match="an encoding that is not read"):
        describe(tmp_path / "a.bmp")


@pytest.mark.parametrize(("quality", "told"), [(90, False), (40, False), (30, True), (10, True)])
def test_a_jpeg_that_was_packed_too_much_is_told(tmp_path, quality, told):
    """By the file's own table of steps."""
    cv2.imwrite(str(tmp_path / "a.jpg"), etched(), [cv2.IMWRITE_JPEG_QUALITY, quality])
    (frame,) = describe(tmp_path / "a.jpg")
    assert any(f"JPEG of quality {quality}," in note for note in frame.notes) == told
