"""Info bars in the styles of six vendors are cut to the row; grains are never taken for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile

from segment.micrograph import read_micrographs
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.overlay import find_overlay
from segment.mosaics.laguerre import laguerre_section

WIDTH = 640


def _write(bar: np.ndarray, text: str, x: int, y: int, level: int, size: float = 0.45) -> None:
    cv2.putText(bar, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, level, 1, cv2.LINE_AA)


def fei() -> np.ndarray:
    """Black with white frame, cells and a scale with arrows."""
    bar = np.zeros((44, WIDTH), np.uint8)
    bar[[0, -1]] = 255
    bar[:, [0, -1]] = 255
    for k, (name, value) in enumerate(
        [("HV", "5.0 kV"), ("curr", "6.3 pA"), ("mag", "120 x"), ("WD", "4 mm")]
    ):
        bar[:, 40 + 90 * k] = 255
        _write(bar, name, 46 + 90 * k, 18, 255)
        _write(bar, value, 46 + 90 * k, 38, 255)
    bar[14:16, 430:620] = 255
    _write(bar, "500 um", 480, 38, 255)
    return bar


def zeiss() -> np.ndarray:
    """White with black outline, logo and a scale with end ticks."""
    bar = np.full((64, WIDTH), 255, np.uint8)
    bar[[0, -1]] = 0
    _write(bar, "200 um", 20, 22, 0)
    bar[40:42, 20:100] = 0
    bar[34:48, [20, 99]] = 0
    _write(bar, "EHT = 25.00 kV   WD = 14.8 mm", 160, 24, 0)
    bar[8:-8, 560:610] = 70
    return bar


def jeol() -> np.ndarray:
    """Black without outline."""
    bar = np.zeros((56, WIDTH), np.uint8)
    _write(bar, "SEI 15.0kV X5,000 WD 10.1mm", 20, 36, 255)
    bar[12:15, 460:560] = 255
    return bar


def hitachi() -> np.ndarray:
    """Black with eleven ticks."""
    bar = np.zeros((48, WIDTH), np.uint8)
    _write(bar, "S-4800 5.0kV 8.3mm x20.0k SE(M)", 10, 32, 255)
    bar[8:20, 440:560:12] = 255
    _write(bar, "2.00um", 460, 40, 255)
    return bar


def tescan() -> np.ndarray:
    """Dark grey with lighter rules between cells."""
    bar = np.full((60, WIDTH), 40, np.uint8)
    bar[:2] = 200
    bar[30] = 200
    for k, text in enumerate(["SEM HV: 10.0 kV", "WD: 9.98 mm", "20.0 um", "MIRA3"]):
        bar[:, 160 * k] = 200
        _write(bar, text, 160 * k + 8, 20, 255, 0.4)
        _write(bar, "Det: SE", 160 * k + 8, 50, 255, 0.4)
    return bar


def mid_grey() -> np.ndarray:
    """Middle grey with black writing."""
    bar = np.full((50, WIDTH), 128, np.uint8)
    _write(bar, "Sample 12  10 kV  3 um", 30, 32, 0)
    bar[24:27, 450:520] = 0
    return bar


STYLES: list[Callable[[], np.ndarray]] = [fei, zeiss, jeol, hitachi, tescan, mid_grey]


@cache
def _mosaic(seed: int) -> np.ndarray:
    return laguerre_section((480, WIDTH), 45.0, 0.3, np.random.default_rng(seed)).owner()


def _grains(seed: int, contrast: float = 60, base: float = 110, noise: float = 6) -> np.ndarray:
    """Flat grains with dark boundaries and a little noise, 480 x WIDTH."""
    rng = np.random.default_rng(seed)
    owner = _mosaic(seed)
    grey = rng.uniform(-contrast, contrast, owner.max() + 1)[owner] + base
    edge = (np.diff(owner, axis=0, prepend=owner[:1]) != 0) | (
        np.diff(owner, axis=1, prepend=owner[:, :1]) != 0
    )
    grey = cv2.GaussianBlur(np.where(edge, base - 90, grey), (0, 0), 1.0) + noise * rng.standard_normal(
        grey.shape
    )
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("quality", [None, 90, 60])
def test_bars_are_cut_to_the_row(style, quality):
    image = np.vstack([_grains(1), style()])
    if quality is not None:
        image = imagecodecs.jpeg_decode(imagecodecs.jpeg_encode(image, level=quality))
    assert find_info_bar(image) == len(style())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("base, contrast", [(40, 30), (215, 35)])
def test_bars_below_dark_and_bright_images(style, base, contrast):
    image = np.vstack([_grains(2, contrast, base), style()])
    assert find_info_bar(image) == len(style())


def test_bar_in_sixteen_bits_and_in_float():
    image = np.vstack([_grains(3), zeiss()])
    assert find_info_bar(image.astype(np.uint16) * 257) == 64
    assert find_info_bar(image.astype(np.float32) / 255) == 64


def test_bar_drawn_with_an_inset_is_cut_with_the_rows_below():
    """As in a real Zeiss file: one row of image shows below the bar."""
    grains = _grains(4)
    assert find_info_bar(np.vstack([grains, zeiss(), grains[:1]])) == 65


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_grains_are_no_bar(seed, noise):
    """Also noise-free, also saturated to black or white, upright and turned."""
    image = _grains(seed, noise=noise)
    for seen in (image, image[::-1], image.T, 255 - image, np.where(image > 120, 255, 0).astype(np.uint8)):
        assert find_info_bar(np.ascontiguousarray(seen)) == 0
        assert find_overlay(np.ascontiguousarray(seen)) is None


def test_blank_strips_and_straight_edges_are_no_bar():
    """A dark vacuum or a sharp specimen edge at the bottom holds no lettering."""
    image = _grains(5)
    for level in (0, 255, 128):
        assert find_info_bar(np.vstack([image, np.full((60, WIDTH), level, np.uint8)])) == 0
    two_flat = np.vstack([np.full((300, WIDTH), 90, np.uint8), np.full((100, WIDTH), 160, np.uint8)])
    assert find_info_bar(two_flat) == 0


@pytest.mark.realdata
def test_real_grain_images_have_no_bar_and_no_overlay(shared_data: Path):
    """All fields of both sets, from all four sides: zero cuts."""
    files = sorted((shared_data / "uo2_bftem/images").iterdir()) + sorted(
        (shared_data / "tbm_om/images").iterdir()
    )
    assert len(files) == 90
    for path in files:
        (m,) = read_micrographs(path)
        assert m.info_bar_rows == 0 and m.valid is None, path
        for turned in (m.image[::-1], m.image.T, m.image.T[::-1]):
            assert find_info_bar(np.ascontiguousarray(turned)) == 0, path


@pytest.mark.parametrize("box, ink", [(0, 255), (255, 0)])
def test_label_box_is_masked(box, ink):
    image = _grains(6)
    image[410:460, 20:220] = box
    _write(image, "200 nm", 60, 435, ink, 0.8)
    image[442:448, 40:200] = ink
    hidden = find_overlay(image)
    assert hidden is not None
    assert hidden[410:460, 20:220].all()
    assert hidden.sum() < 1.3 * 50 * 200


@pytest.mark.parametrize("ink", [0, 255])
def test_bare_scale_bar_is_masked_with_its_letters(ink):
    image = _grains(7)
    clean = image.copy()
    _write(image, "500 nm", WIDTH - 200, 435, ink, 0.9)
    image[442:450, WIDTH - 220 : WIDTH - 60] = ink
    hidden = find_overlay(image)
    assert hidden is not None
    assert hidden[(image != clean)].mean() > 0.99
    assert hidden.mean() < 0.06


def test_overlay_reaches_the_micrograph_as_not_valid(tmp_path):
    image = np.vstack([_grains(8), fei()])
    image[410:460, 20:220] = 255
    _write(image, "200 nm", 60, 435, 0, 0.8)
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(image))
    (m,) = read_micrographs(path)
    assert (m.info_bar_rows, m.image.shape) == (44, (480, WIDTH))
    assert m.valid is not None and not m.valid[410:460, 20:220].any()
    assert any("masked" in note for note in m.notes)


def test_dark_grains_beside_a_blank_strip_are_no_lettering(tmp_path):
    image = np.pad(_grains(5), ((30, 0), (0, 0)))
    for k in range(6):
        cv2.circle(image, (60 + 90 * k, 55 + 3 * k), 9, 0, -1)
    image[30:] = cv2.blur(image[30:], (3, 3))
    tifffile.imwrite(tmp_path / "a.tif", image)
    (read,) = read_micrographs(tmp_path / "a.tif")
    assert read.valid is not None and read.valid[34:].mean() > 0.99


def test_a_missing_reader_of_scale_bars_is_told_where_it_would_help(tmp_path, monkeypatch):
    path, plain = tmp_path / "a.png", tmp_path / "b.png"
    path.write_bytes(imagecodecs.png_encode(np.vstack([_grains(8), fei()])))
    plain.write_bytes(imagecodecs.png_encode(_grains(8)))
    monkeypatch.setattr("segment.micrograph.scale_bar.scale_bar.recogniser", lambda: None)
    (m,) = read_micrographs(path)
    assert "scale bars cannot be read here: pip install --no-deps rapidocr-onnxruntime" in m.notes
    assert not any("scale bars" in note for m in read_micrographs(plain) for note in m.notes)
