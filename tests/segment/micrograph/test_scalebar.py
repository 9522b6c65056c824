"""A burned-in scale bar states the pixel size where nothing else does; the label is given, or read by OCR."""

from __future__ import annotations

import cv2
import imagecodecs
import numpy as np
import pytest

from segment.micrograph import read_micrographs
from segment.micrograph.scalebar import Written, scale_from


def _strip(background: int = 0, ink: int = 255) -> np.ndarray:
    bar = np.full((60, 640), background, np.uint8)
    bar[[0, -1]] = ink
    bar[:, [0, -1]] = ink
    cv2.putText(bar, "WD 4.0 mm", (20, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1, cv2.LINE_AA)
    cv2.putText(bar, "500 nm", (420, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.6, ink, 1, cv2.LINE_AA)
    bar[18:21, 380:580] = ink
    return bar


DISTANCE = Written("4.0 mm", 24, 40, 60, 120)
LABEL = Written("500 nm", 36, 51, 420, 490)


@pytest.mark.parametrize("background, ink", [(0, 255), (255, 0)])
def test_bar_above_its_label(background, ink):
    scale = scale_from(_strip(background, ink), [DISTANCE, LABEL])
    assert scale is not None
    assert (scale.x_nm, scale.y_nm, scale.source) == (2.5, 2.5, "scalebar")
    assert "500 nm" in scale.where and "200 px" in scale.where


def test_number_and_unit_that_were_split_are_joined():
    """OCR of a real FEI bar gave "500" and "µm"."""
    pieces = [Written("500", 36, 51, 420, 455), Written("\u00b5m", 37, 51, 462, 490)]
    scale = scale_from(_strip(), pieces)
    assert scale is not None and scale.x_nm == pytest.approx(2500)


def test_label_in_the_gap_of_its_bar():
    """As FEI draws it: a line, the label, a line."""
    bar = np.zeros((30, 512), np.uint8)
    bar[7:9, 340:396] = 255
    bar[7:9, 434:490] = 255
    scale = scale_from(bar, [Written("500um", 2, 13, 398, 431)])
    assert scale is not None and scale.x_nm == pytest.approx(500e3 / 150)


def test_a_length_without_a_bar_is_no_scale():
    bar = _strip()
    bar[18:21, 380:580] = 0
    assert scale_from(bar, [DISTANCE, LABEL]) is None


@pytest.mark.parametrize("text", ["537 nm", "EHT = 500 nm", "500", "500 kV", "5OO nm", "0 nm"])
def test_words_that_are_no_label(text):
    assert scale_from(_strip(), [Written(text, 36, 51, 420, 490)]) is None


def test_uncertain_words_are_not_taken():
    assert scale_from(_strip(), [Written("500 nm", 36, 51, 420, 490, confidence=0.4)]) is None


@pytest.mark.slow
def test_ocr_from_file_to_pixel_size(tmp_path, make_grains):
    pytest.importorskip("rapidocr_onnxruntime", reason="the optional OCR is not installed")
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(np.vstack([make_grains((480, 640)), _strip()])))
    (m,) = read_micrographs(path)
    assert m.info_bar_rows == 60
    assert (m.pixel_size_source, m.pixel_size_nm) == ("scalebar", pytest.approx(2.5, rel=0.02))
