"""What is masked in a file is masked in an array of its pixels, whose shape stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from segment.errors import NotAnImageError
from segment.micrograph import micrograph_of_array, read_micrographs
from segment.micrograph.from_array import numbers_of
from segment.mosaics.laguerre import laguerre_section


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


def pictures(grey: np.ndarray) -> dict[str, np.ndarray]:
    rgb, clear = np.dstack([grey] * 3), np.full(grey.shape, 255, np.uint8)
    marked = rgb.copy()
    marked[100:104, 50:200] = (255, 0, 0)
    clear[:, :80] = 0
    sharp = np.clip(5.0 * grey - 500, 0, 255).astype(np.uint8)
    few = grey // 40 * 40
    noise = np.random.default_rng(0).integers(90, 150, grey.shape).astype(np.uint8)
    return {"marks": marked, "alpha": np.dstack([rgb, clear]), "grey and alpha": np.dstack([grey, clear])} | {
        "sharp": sharp,
        "few levels": few,
        "noise": noise,
    }


@pytest.mark.parametrize("kind", ["marks", "alpha", "grey and alpha", "sharp", "few levels", "noise"])
def test_what_is_said_of_a_file_is_said_of_an_array(tmp_path, make_grains, kind):
    picture = pictures(make_grains((300, 400)))[kind]
    Image.fromarray(picture).save(tmp_path / "a.png")
    (of_file,) = read_micrographs(tmp_path / "a.png")
    of_array = micrograph_of_array(picture)
    assert of_array.notes == of_file.notes and of_file.notes
    assert (of_array.valid is None) == (of_file.valid is None)
    np.testing.assert_array_equal(of_array.image, of_file.image)
    if of_file.valid is not None:
        np.testing.assert_array_equal(of_array.valid, of_file.valid)


def test_colours_that_are_a_code_are_refused():
    rng = np.random.default_rng(6)
    cells = laguerre_section((200, 200), 30.0, 0.2, rng).grain_map().labels
    colours = np.sqrt(rng.dirichlet([1, 1, 1], cells.max() + 1))[cells]
    colours = colours / colours.max(axis=2, keepdims=True) + rng.normal(0, 0.01, colours.shape)
    with pytest.raises(NotAnImageError, match="colours are a code"):
        micrograph_of_array((255 * colours).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("dtype", ["O", "M8[s]", "U4", [("a", "u1")]])
def test_values_that_are_no_numbers_are_refused(dtype):
    with pytest.raises(NotAnImageError, match="are no grey levels"):
        micrograph_of_array(np.zeros((90, 90), dtype))


def test_one_channel_is_a_picture_without_channels(make_grains):
    grey = make_grains()
    np.testing.assert_array_equal(numbers_of(grey[..., None], "a"), grey)


def test_a_pixel_size_that_no_microscope_has_is_told(make_grains):
    assert "a mistaken unit" in micrograph_of_array(make_grains(), pixel_size_nm=1.6e-9).notes[-1]


def test_a_plain_array_is_seen_whole(make_grains):
    assert micrograph_of_array(make_grains((300, 300))).valid is None
