"""Grey levels keep their dtype; colour, palettes, inverted and missing values."""

from __future__ import annotations

import struct

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile

from segment.errors import NotAnImageError
from segment.micrograph import describe, read_micrographs
from segment.micrograph.formats import open_frames
from segment.micrograph.grey import resample_square, to_grey, without_no_data
from segment.micrograph.length_units import parse_length, to_nm, unit_kind
from segment.micrograph.open_file import OpenFile
from segment.micrograph.prepare import prepare_frame


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_luminance_keeps_the_dtype(make_grains, dtype):
    """ITU-R BT.709: 0.2126 R + 0.7152 G + 0.0722 B."""
    channels = [make_grains(dtype=dtype, seed=k) for k in range(3)]
    grey, notes = to_grey(np.stack(channels, axis=-1))
    expected = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    assert grey.dtype == dtype and notes == ()
    np.testing.assert_allclose(grey, expected, atol=0.51 if dtype != "float32" else 1e-6)


def test_equal_channels_and_alpha_change_nothing(make_grains):
    grey = make_grains()
    for samples in ([grey] * 3, [grey] * 3 + [np.full_like(grey, 255)]):
        found, notes = to_grey(np.stack(samples, axis=-1))
        np.testing.assert_array_equal(found, grey)
        assert notes == ()


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_rgb_tiff(tmp_path, make_grains, planar):
    rgb = np.stack([make_grains(seed=k) for k in range(3)], axis=-1)
    path = tmp_path / "a.tif"
    data = rgb if planar == "contig" else np.moveaxis(rgb, -1, 0)
    tifffile.imwrite(path, data, photometric="rgb", planarconfig=planar)
    (m,) = read_micrographs(path)
    np.testing.assert_array_equal(m.image, to_grey(rgb)[0])


def test_rgba_png(tmp_path, make_grains):
    rgb = np.stack([*(make_grains(seed=k) for k in range(3)), np.full((80, 100), 255, np.uint8)], axis=-1)
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(rgb))
    (m,) = read_micrographs(path)
    np.testing.assert_array_equal(m.image, to_grey(rgb)[0])


def test_palette_and_inverted_tiff(tmp_path, make_grains):
    index = make_grains()
    path = tmp_path / "a.tif"
    ramp = (np.arange(256, dtype=np.uint16)[::-1] * 257)[None].repeat(3, axis=0)
    tifffile.imwrite(path, index, photometric="palette", colormap=ramp)
    (m,) = read_micrographs(path)
    np.testing.assert_array_equal(m.image, 255 - index)
    tifffile.imwrite(path, index, photometric="miniswhite")
    (m,) = read_micrographs(path)
    np.testing.assert_array_equal(m.image, 255 - index)


def test_byte_order_and_single_bits(tmp_path, make_grains):
    image = make_grains(dtype="uint16")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, byteorder=">")
    (m,) = read_micrographs(path)
    assert m.image.dtype.isnative
    np.testing.assert_array_equal(m.image, image)
    dithered = image > np.random.default_rng(1).integers(0, 60000, image.shape)
    for photometric, dark in (("minisblack", False), ("miniswhite", True)):
        tifffile.imwrite(path, dithered, photometric=photometric)
        with OpenFile(path) as opened:
            (frame,) = open_frames(opened)[1]
            ready = prepare_frame(path, frame, None)
        np.testing.assert_array_equal(ready.image, np.where(dithered ^ dark, 255, 0))
        with pytest.raises(NotAnImageError, match=r"a picture of two levels.*with its grey levels"):
            list(read_micrographs(path))


@pytest.mark.parametrize("quality", [None, 85])
def test_a_thresholded_picture_is_refused_and_few_levels_are_said(tmp_path, make_grains, quality):
    image = make_grains()
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), image // 32 * 32)
    assert any(note.startswith("only") and "grey levels" in note for note in describe(path)[0].notes)
    black = np.where(cv2.GaussianBlur(image, (0, 0), 2) > np.median(image), 255, 0).astype(np.uint8)
    path = path if quality is None else path.with_suffix(".jpg")
    cv2.imwrite(str(path), black, [] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality])
    with pytest.raises(NotAnImageError, match=r"two levels|mask"):
        list(read_micrographs(path))


def test_nonfinite_pixels_are_masked(tmp_path, make_grains):
    image = make_grains(dtype="float32")
    clean, valid = without_no_data(image)
    assert clean is image and valid is None
    image[3, 4], image[5, 6], image[7, 8] = np.nan, np.inf, -np.inf
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image)
    (m,) = read_micrographs(path)
    assert np.isfinite(m.image).all()
    assert m.valid is not None
    assert sorted(zip(*np.nonzero(~m.valid), strict=True)) == [(3, 4), (5, 6), (7, 8)]
    assert m.image[3, 4] == pytest.approx(np.median(image[np.isfinite(image)]))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint32", "float64"])
def test_resampling_keeps_dtype_and_mask(make_grains, dtype):
    image = make_grains(dtype=dtype)
    valid = np.ones(image.shape, bool)
    valid[:, 50:] = False
    out, mask = resample_square(image, valid, 4.0, 2.0)
    assert (out.shape, out.dtype) == ((160, 100), image.dtype)
    assert mask is not None and mask.mean() == pytest.approx(0.5)


NANOMETRES = {"nm": 1, "n_m": 1, "[n_m]": 1, "\u00b5m": 1e3, "\u03bcm": 1e3, "um": 1e3, "micron": 1e3}
NANOMETRES |= {"microns": 1e3, "A": 0.1, "\u00c5": 0.1, "\u212b": 0.1, "Angstrom": 0.1, "ångström": 0.1}
NANOMETRES |= {
    "\u00c2\u00b5m": 1e3,
    "\u00ce\u00bcm": 1e3,
    "\u00c3\u201a\u00c2\u00b5m": 1e3,
    "\uff4e\uff4d": 1,
}
NANOMETRES |= {"nm/px": 1, "\u00b5m/pixel": 1e3, "\u00b5": 1e3, "нм": 1, "微米": 1e3, "micromètre": 1e3}
NANOMETRES |= {"\\u00B5m": 1e3, "\\u00c5": 0.1}  # as ImageJ writes them
NANOMETRES |= {"pm": 1e-3, "m": 1e9, "mm": 1e6, "cm": 1e7}


@pytest.mark.parametrize("text, nanometres", NANOMETRES.items())
def test_units(text, nanometres):
    assert unit_kind(text) == "length"
    assert to_nm(2.0, text) == pytest.approx(2 * nanometres)


KINDS = dict.fromkeys(["1/nm", "nm^-1", "nm-1", "[1/n_m]", "1/Å", "nm⁻¹", "Å⁻¹"], "reciprocal")
KINDS |= {"mrad": "angle", "eV": "energy", "": "none", "pixel": "none", "inch": "other", "s": "other"}


@pytest.mark.parametrize("text, kind", KINDS.items())
def test_units_that_are_no_length(text, kind):
    assert unit_kind(text) == kind
    assert to_nm(2.0, text) is None


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "x", None])
def test_sizes_that_are_none(value):
    assert to_nm(value, "nm") is None


def test_lengths_in_words():
    assert parse_length("10um") == 1e4
    assert parse_length("500 nm") == 500
    assert parse_length("1.5e2 µm") == 1.5e5
    assert parse_length("10") is None


def test_one_bit_becomes_eight():
    grey, _ = to_grey(np.eye(4, dtype=bool))
    assert grey.dtype == np.uint8 and set(np.unique(grey)) == {0, 255}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_inks_in_tiff(tmp_path, make_grains, dtype):
    """Black ink alone: the picture is its negative."""
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    grey = make_grains().astype(dtype) * dtype(top / 255)
    inks = np.zeros((*grey.shape, 4), dtype)
    inks[..., 3] = top - grey
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    np.testing.assert_allclose(read.image, grey, atol=1e-6)


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize("before", [b"", b"Adobe \xff\xda\xff\xd9"])
def test_inks_in_jpeg(tmp_path, make_grains, inverted, before):
    """Adobe's segment says that inks are inverted; a thumbnail before it may hold anything.

    Inks that were not inverted in spite of it would leave nothing but black.
    """
    grey = cv2.GaussianBlur(make_grains((160, 160)), (0, 0), 2)
    inks = np.zeros((*grey.shape, 4), np.uint8)
    inks[..., 3] = 255 - grey
    raw = imagecodecs.jpeg8_encode(
        255 - inks if inverted else inks, level=98, colorspace="CMYK", outcolorspace="CMYK"
    )
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(before) + 2) + before
    (tmp_path / "a.jpg").write_bytes(raw[:2] + thumbnail + raw[2:])
    (read,) = read_micrographs(tmp_path / "a.jpg")
    assert np.abs(read.image.astype(int) - grey).mean() < 3


def test_palette_of_eight_bits(tmp_path, make_grains):
    grey = make_grains()
    ramp = np.stack([np.arange(256, dtype=np.uint16)] * 3)
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="palette", colormap=ramp)
    np.testing.assert_array_equal(next(read_micrographs(tmp_path / "a.tif")).image, grey)


def test_lightness_of_uncompressed_ycbcr(tmp_path, make_grains):
    grey = make_grains()
    planes = np.full((*grey.shape, 3), 128, np.uint8)
    planes[..., 0] = grey
    tags = [(530, 3, 2, (1, 1), True)]
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="ycbcr", extratags=tags, metadata=None)
    np.testing.assert_array_equal(next(read_micrographs(tmp_path / "a.tif")).image, grey)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_colour_keeps_its_levels(channel):
    grey = np.random.default_rng(0).integers(0, 255, (80, 80), np.uint8)
    pixels = np.zeros((80, 80, 3), np.uint8)
    pixels[..., channel] = grey
    found, notes = to_grey(pixels)
    assert "one colour" in notes[0]
    np.testing.assert_array_equal(found, grey)


def test_a_channel_of_noise_is_said(tmp_path, make_grains):
    noise = np.random.default_rng(0).normal(120, 20, (160, 200)).clip(0, 255).astype(np.uint8)
    for name, image, said in (("noise", noise, True), ("grains", make_grains(), False)):
        tifffile.imwrite(tmp_path / f"{name}.tif", image)
        (found,) = describe(tmp_path / f"{name}.tif")
        assert any("white noise" in note for note in found.notes) == said


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 400), (7, 9)])
def test_a_tiny_picture_is_described(tmp_path, shape):
    tifffile.imwrite(tmp_path / "a.tif", np.arange(shape[0] * shape[1], dtype=np.uint16).reshape(shape))
    (found,) = describe(tmp_path / "a.tif")
    assert found.problem is not None and found.shape == shape


@pytest.mark.parametrize(
    ("share", "black", "said"), [(0.3, False, True), (0.4, True, True), (0.15, False, False)]
)
def test_a_picture_cut_at_its_ends_is_said(tmp_path, make_grains, share, black, said):
    grey = make_grains((200, 240), seed=5)
    end = np.quantile(grey, share if black else 1 - share)
    image = np.clip(grey, end, None) - end if black else np.clip(grey, None, end) * (250 / end)
    tifffile.imwrite(tmp_path / "a.tif", image.astype(np.uint8), metadata=None)
    what = "black, boundaries there are lost" if black else "white, boundaries there are lost"
    assert any(what in note for note in describe(tmp_path / "a.tif")[0].notes) == said
