"""Colours: inks either way round, palettes that are scales, colours that are a code, strong colours."""

from __future__ import annotations

import colorsys
import struct

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile

from segment.errors import NotAnImageError
from segment.micrograph import describe, read_micrographs
from segment.micrograph.colours import coded_colours


def without_adobe(raw: bytes) -> bytes:
    at, kept = 2, raw[:2]
    while raw[at + 1] != 0xDA:
        length = 2 + struct.unpack_from(">H", raw, at + 2)[0]
        kept += b"" if raw[at + 1] == 0xEE else raw[at : at + length]
        at += length
    return kept + raw[at:]


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize(("space", "marked"), [("CMYK", True), ("CMYK", False), ("YCCK", True)])
@pytest.mark.parametrize("black", [0.0, 0.5, 1.0])
def test_inks_either_way_round_and_marked_or_not(tmp_path, make_grains, inverted, marked, space, black):
    grey = cv2.GaussianBlur(make_grains((160, 160)), (0, 0), 2)
    ink = 255 - grey
    inks = np.stack([ink * (1 - black)] * 3 + [ink * black], -1).astype(np.uint8)
    raw = imagecodecs.jpeg8_encode(
        255 - inks if inverted else inks, level=98, colorspace="CMYK", outcolorspace=space
    )
    (tmp_path / "a.jpg").write_bytes(raw if marked else without_adobe(raw))
    (read,) = read_micrographs(tmp_path / "a.jpg")
    assert np.corrcoef(read.image.ravel(), grey.ravel())[0, 1] > 0.98
    assert not (marked == inverted and any("inks" in note for note in read.notes))


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize(("dtype", "black"), [("uint8", 0), ("uint8", 1), ("uint16", 1), ("float32", 0.5)])
def test_inks_in_tiff_either_way_round(tmp_path, make_grains, inverted, dtype, black):
    grey = cv2.GaussianBlur(make_grains((160, 160)), (0, 0), 2)
    inks = np.stack([(255 - grey) * (1 - black)] * 3 + [(255 - grey) * black], -1) / 255
    largest = 1 if dtype == "float32" else np.iinfo(dtype).max
    pixels = ((1 - inks if inverted else inks) * largest).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="separated", metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    assert np.corrcoef(read.image.ravel(), grey.ravel())[0, 1] > 0.98


def test_a_palette_that_is_a_scale_gives_its_levels(tmp_path, make_grains):
    grey = make_grains()
    rainbow = np.array([colorsys.hsv_to_rgb(0.7 * k / 255, 1, 1) for k in range(256)]).T
    table = (rainbow * 255).astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="palette", colormap=table)
    np.testing.assert_array_equal(next(read_micrographs(tmp_path / "a.tif")).image, grey)
    shuffled = table[:, np.random.default_rng(0).permutation(256)]
    assert not coded_colours(np.repeat(grey[..., None], 3, 2))[0]
    tifffile.imwrite(tmp_path / "b.tif", grey, photometric="palette", colormap=shuffled)
    with pytest.raises(NotAnImageError, match="colours are a code"):
        list(read_micrographs(tmp_path / "b.tif"))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("noise", [0, 4])
def test_a_map_of_orientations_in_colours_is_refused(tmp_path, name, noise):
    rng = np.random.default_rng(0)
    cells = np.kron(rng.permutation(400).reshape(20, 20), np.ones((15, 15), np.int64))
    colours = np.sqrt(rng.dirichlet([1, 1, 1], 400))[cells] + rng.normal(0, noise / 255, (300, 300, 3))
    code = (255 * (colours / colours.max(axis=2, keepdims=True)).clip(0)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / name), code)
    (found,) = describe(tmp_path / name)
    assert "not a micrograph" in str(found.problem) and ".ctf" in str(found.remedy)


@pytest.mark.parametrize("strength, said", [(0.1, False), (1.0, True)])
def test_strong_colours_of_all_hues_are_said(tmp_path, make_grains, strength, said):
    """As orientations laid over band contrast; a picture with pale colours is left alone."""
    grey = make_grains((300, 300)).astype(float)[..., None]
    rng = np.random.default_rng(0)
    tint = np.kron(np.eye(3)[rng.integers(0, 3, (20, 20))] * 0.8 + 0.2, np.ones((15, 15, 1)))
    cv2.imwrite(str(tmp_path / "a.png"), (grey * (1 - strength + strength * tint)).astype(np.uint8))
    (found,) = describe(tmp_path / "a.png")
    assert any("only the brightness" in note for note in found.notes) == said


@pytest.mark.parametrize("folded", [True, False])
def test_a_scale_of_colours_that_rises_and_falls_in_brightness_is_said(tmp_path, make_grains, folded):
    """As some rainbows do; a scale that only rises, such as hot metal's, is left alone."""
    level = np.arange(256)
    rising = np.stack([level // 3, level // 3 * 2, level], -1)
    turning = np.stack([level, np.abs(128 - level) * 255 // 128, 255 - level], -1)
    scale = (turning if folded else rising).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), scale[make_grains((300, 300))])
    (found,) = describe(tmp_path / "a.png")
    assert any("only the brightness" in note for note in found.notes) == folded


@pytest.mark.parametrize("most", [0.35, 1.0])
def test_inks_of_a_dark_picture_are_taken_as_the_file_says(tmp_path, make_grains, most):
    """Four inks at once, up to 3.2 sheets; bright parts are missing in the dark one."""
    grey = cv2.GaussianBlur(make_grains((160, 160)), (0, 0), 2) * most / 230
    inks = ((1 - grey[..., None]) * [230, 230, 230, 125]).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    assert np.corrcoef(read.image.ravel(), grey.ravel())[0, 1] > 0.9
    assert any("may be stored inverted" in note for note in read.notes)


@pytest.mark.parametrize("marked", [True, False])
def test_dark_inks_stored_against_the_mark_are_told(tmp_path, make_grains, marked):
    """Both ways round need little ink, so that nothing tells which is right."""
    grey = cv2.GaussianBlur(make_grains((160, 160)), (0, 0), 2) / 255
    inks = ((1 - grey[..., None] / 3) * [150, 140, 140, 130]).astype(np.uint8)
    raw = imagecodecs.jpeg8_encode(
        inks if marked else 255 - inks, level=98, colorspace="CMYK", outcolorspace="CMYK"
    )
    (tmp_path / "a.jpg").write_bytes(raw if marked else without_adobe(raw))
    (read,) = read_micrographs(tmp_path / "a.jpg")
    assert any("may be stored inverted" in note for note in read.notes)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.4])
def test_pale_colours_laid_over_a_picture_are_said(tmp_path, make_grains, alpha):
    """Labels in random colours over all of it, and a disc of one colour in a picture without colours."""
    grey = np.repeat(make_grains((300, 300)).astype(float)[..., None], 3, axis=2)
    rng = np.random.default_rng(0)
    over = np.kron(rng.integers(0, 256, (10, 10, 3)), np.ones((30, 30, 1)))
    cv2.imwrite(str(tmp_path / "a.png"), (grey * (1 - alpha) + alpha * over).astype(np.uint8))
    (found,) = describe(tmp_path / "a.png")
    assert any("laid over the picture" in note for note in found.notes)
    rows, columns = np.ogrid[:300, :300]
    disc = ((rows - 150) ** 2 + (columns - 150) ** 2 < 60**2)[..., None]
    marked = np.where(disc, grey * (1 - alpha) + [0, 0, 255 * alpha], grey)
    cv2.imwrite(str(tmp_path / "b.png"), marked.astype(np.uint8))
    (found,) = describe(tmp_path / "b.png")
    assert found.hidden_fraction > disc.mean()
    noisy = np.clip(grey + rng.normal(0, 12, grey.shape), 0, 255).astype(np.uint8)  # of a camera for colours
    cv2.imwrite(str(tmp_path / "c.png"), noisy)
    assert not any("colours" in note for note in describe(tmp_path / "c.png")[0].notes)
