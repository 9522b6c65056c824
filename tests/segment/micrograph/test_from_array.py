"""What is masked in a file is masked in an array of its pixels, whose shape stays."""

from __future__ import annotations

import cv2
import numpy as np
import tifffile

from segment.micrograph import micrograph_of_array, read_micrographs


def test_a_frame_is_masked_as_in_a_file(tmp_path, make_grains):
    grey = make_grains((400, 500))
    turn = cv2.getRotationMatrix2D((250, 200), 15, 1)
    grey = cv2.warpAffine(grey, turn, (500, 400), borderValue=0)
    tifffile.imwrite(tmp_path / "a.tif", grey)
    (of_file,) = read_micrographs(tmp_path / "a.tif", pixel_size_nm=2.0)
    of_array = micrograph_of_array(grey, pixel_size_nm=2.0)
    np.testing.assert_array_equal(of_array.valid, of_file.valid)
    assert set(of_array.notes) <= set(of_file.notes) and "blank part at the rim" in of_array.notes[0]


def test_an_info_bar_is_masked_and_the_shape_stays(make_grains):
    bar = np.full((50, 500), 0, np.uint8)
    cv2.putText(bar, "HV 10.0 kV   WD 5.1 mm   SE2   500 nm", (10, 32), 0, 0.6, 255)
    grey = np.vstack([make_grains((400, 500)), bar])
    found = micrograph_of_array(grey)
    assert found.image.shape == grey.shape
    assert found.valid[:400].all() and not found.valid[400:].any()
    assert "info bar of 50 rows" in found.notes[-1]


def test_a_plain_array_is_seen_whole(make_grains):
    assert micrograph_of_array(make_grains((300, 300))).valid is None
