"""Blank parts at the rim are masked, whatever their level and shape; dark parts of the specimen are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile
from matplotlib.figure import Figure
from scipy.ndimage import rotate

import grainstats as gs
from segment.micrograph import describe, read_micrographs
from segment.micrograph.blank_frame import find_blank, has_drawn_out_corners
from segment.micrograph.colours import coloured_marks

Y, X = np.mgrid[:300, :360]


@pytest.fixture(scope="module")
def field() -> np.ndarray:
    rng = np.random.default_rng(0)
    cells = cv2.resize(rng.random((20, 24)), (360, 300), interpolation=cv2.INTER_CUBIC)
    return np.clip(120 + 60 * cells + rng.normal(0, 8, (300, 360)), 20, 235).astype(np.uint8)


def turned(image: np.ndarray, angle: float, level: int) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((180, 150), angle, 1)
    return cv2.warpAffine(image, turn, (360, 300), borderValue=level)


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)


def surrounded(image: np.ndarray, noise: float) -> np.ndarray:
    """A frame of white noise around grey 120."""
    wide = np.random.default_rng(1).normal(120, noise, (380, 440))
    wide[40:-40, 40:-40] = image
    return np.clip(wide, 0, 255).astype(np.uint8)


FRAMES = {
    "black": lambda a: np.pad(a, 40),
    "white": lambda a: np.pad(a, 40, constant_values=255),
    "grey, 16 bits": lambda a: np.pad(a.astype(np.uint16) * 200, 40, constant_values=30_000),
    "float": lambda a: np.pad(a.astype(np.float32), 40, constant_values=-1),
    "left band": lambda a: np.pad(a, ((0, 0), (60, 0))),
    "bottom and right": lambda a: np.pad(a, ((0, 50), (0, 30)), constant_values=255),
    "frame in a frame": lambda a: np.pad(np.pad(a, 20), 20, constant_values=255),
    "noise of three levels": lambda a: np.pad(a, 40) + np.random.default_rng(1).integers(0, 3, (380, 440)),
    "noise, float": lambda a: np.pad(a, 40) + np.random.default_rng(1).normal(0, 0.5, (380, 440)),
    "noise of the detector": lambda a: surrounded(a, 9),
    "edges repeated": lambda a: np.pad(a, 40, mode="edge"),
    "edges repeated, one side": lambda a: np.pad(a.astype(np.uint16) * 200, ((0, 0), (40, 0)), "edge"),
    "mirrored": lambda a: np.pad(a, 40, mode="reflect"),
    "wrapped around": lambda a: np.pad(a, 40, mode="wrap"),
    "wrapped, one side": lambda a: np.pad(a, ((0, 0), (40, 0)), mode="wrap"),
    "mirrored with the edge": lambda a: np.pad(a, 40, mode="symmetric"),
    "least float": lambda a: np.pad(a.astype(np.float32), ((0, 0), (40, 0)), constant_values=-3.4e38),
    "JPEG 60": lambda a: as_jpeg(np.pad(a, 40), 60),
}


@pytest.mark.parametrize("framed", FRAMES.values(), ids=FRAMES)
def test_frames_and_bands_are_masked_to_the_pixel(field, framed):
    image = framed(field)
    blank = find_blank(image)
    assert blank is not None
    shown = int((~blank).sum())
    assert 0.95 * field.size <= shown <= field.size


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("angle", [2, 15, 45])
def test_corners_of_a_turned_image_are_masked(field, angle, level):
    image = turned(field, angle, level)
    true = turned(np.ones_like(field), angle, 0) == 0
    blank = find_blank(image)
    assert blank is not None
    assert blank[true].mean() > 0.93
    assert blank[~true].mean() < 0.03


@pytest.mark.parametrize("packed", [False, True])
def test_what_tiles_leave_is_masked(field, packed):
    """A missing tile, and the steps of tiles that drifted: dents, but along rows and columns."""
    missing = field.copy()
    missing[:150, :180] = 0
    drifted = np.zeros((380, 440), np.uint8)
    drifted[:150, :180], drifted[30:180, 180:360] = field[:150, :180], field[:150, 180:]
    drifted[150:300, 20:200], drifted[180:330, 230:410] = field[150:, :180], field[150:, 180:]
    for image in (missing, drifted):
        blank = find_blank(as_jpeg(image, 80) if packed else image)
        assert blank is not None
        assert blank[image == 0].mean() > 0.98
        assert blank.mean() < (image == 0).mean() + 0.06


def test_tiny_floats_are_no_quiet_lines(field):
    assert find_blank(field.astype(np.float32) * np.float32(1e-36)) is None


def test_an_enlarged_picture_repeats_its_lines_and_stays(field):
    assert find_blank(np.kron(field, np.ones((4, 4), np.uint8))) is None


def test_gutters_of_a_collage_are_masked(field):
    collage = field.copy()
    collage[140:152] = collage[:, 170:180] = 255
    blank = find_blank(collage)
    assert blank is not None and blank[145, :].all() and blank[:, 175].all()
    assert blank.mean() < 0.12


def test_a_scale_of_colours_beside_a_figure_is_no_part_of_it(tmp_path, field):
    figure = Figure(figsize=(9, 8), dpi=100)
    axes = figure.add_subplot()
    figure.colorbar(axes.imshow(field, cmap="gray"))
    figure.savefig(tmp_path / "a.png")
    (found,) = read_micrographs(tmp_path / "a.png")
    box = axes.get_window_extent()
    assert found.valid is not None
    outside = np.ones(found.image.shape, bool)
    outside[800 - int(box.y1) : 800 - int(box.y0), int(box.x0) : int(box.x1)] = False
    assert found.valid[outside].mean() < 0.1 and found.valid[~outside].mean() > 0.95


@pytest.mark.parametrize("noise", [2, 5])
def test_a_noisy_round_view_is_masked(field, noise):
    outside = (Y - 150) ** 2 + (X - 180) ** 2 > 145**2
    around = np.random.default_rng(1).normal(30, noise, field.shape)
    blank = find_blank(np.where(outside, np.clip(around, 0, 255), field).astype(np.uint8))
    assert blank is not None
    assert blank[outside].mean() > 0.95 and blank[~outside].mean() < 0.06


def test_a_noisy_micrograph_with_a_pore_is_no_frame(field):
    """Noise five times the contrast of the grains: what is seen beside the pore is no frame around it."""
    noisy = (
        128 + 6 * (field - field.mean()) / field.std() + np.random.default_rng(1).normal(0, 30, field.shape)
    )
    noisy[130:170, 150:200] = 20
    assert find_blank(np.clip(noisy, 0, 255).astype(np.uint8)) is None


def test_a_round_view_is_masked(field):
    outside = (Y - 150) ** 2 + (X - 180) ** 2 > 145**2
    blank = find_blank(np.where(outside, 0, field).astype(np.uint8))
    assert blank is not None
    assert blank[outside].mean() > 0.98 and blank[~outside].mean() < 0.04


def test_small_corners_alike_are_masked(field):
    """Two of them are no chance; a single one may be a grain."""
    image = field.copy()
    y, x = np.indices(image.shape)
    one = (y + x) < 40
    image[one] = 0
    assert find_blank(image) is None
    both = one | one[:, ::-1]
    image[both] = 0
    blank = find_blank(image)
    assert blank is not None
    assert blank[both].mean() > 0.98 and blank[~both].mean() < 0.02


@pytest.mark.parametrize("middle", [(0, 180), (0, 0), (150, 180), (299, 100)])
@pytest.mark.parametrize("level", [0, 255])
def test_a_pore_or_bright_grain_stays(field, middle, level):
    """At the rim, in a corner, inside: it leaves a dent, not a convex view."""
    pore = (Y - middle[0]) ** 2 + (X - middle[1]) ** 2 < 45**2
    assert find_blank(np.where(pore, level, field).astype(np.uint8)) is None


def test_reading_masks_and_says_so(tmp_path, field):
    tifffile.imwrite(tmp_path / "framed.tif", np.pad(field, 40))
    (read,) = read_micrographs(tmp_path / "framed.tif")
    assert read.valid is not None
    assert not read.valid[:40].any() and read.valid[45:-45, 45:-45].all()
    assert any("blank part at the rim (one level" in note for note in read.notes)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize(
    "opaque, soft", [(255, 0), (255, 60), (1, 0)], ids=["hard", "feathered", "of 0 and 1"]
)
def test_transparent_pixels_are_masked(tmp_path, field, name, opaque, soft):
    alpha = (opaque * ((X - 99.5) / (soft + 0.1) + 0.5).clip(0, 1)).astype(np.uint8)
    pixels = np.dstack([field, field, field, alpha])
    if name == "a.png":
        cv2.imwrite(str(tmp_path / name), pixels)
    else:
        tifffile.imwrite(tmp_path / name, pixels, photometric="rgb", extrasamples=["unassalpha"])
    (read,) = read_micrographs(tmp_path / name)
    assert read.valid is not None
    np.testing.assert_array_equal(read.valid, X >= 100)
    assert any("transparent" in note for note in read.notes)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_coloured_marks_in_a_grey_picture_are_masked(tmp_path, field, name):
    drawn = np.dstack([field] * 3)
    cv2.line(drawn, (30, 40), (300, 90), (0, 255, 255), 2)
    cv2.putText(drawn, "100 nm", (60, 250), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 255), 2, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / name), drawn)
    (read,) = read_micrographs(tmp_path / name)
    assert read.valid is not None and 0.9 < read.valid.mean() < 0.99
    assert read.valid[(drawn == field[..., None]).all(axis=2)].mean() > 0.95
    assert not read.valid[np.ptp(drawn.astype(int), axis=2) > 60].any()
    assert any("coloured marks" in note for note in read.notes)


def test_a_picture_in_colours_has_no_marks(field):
    tinted = np.dstack([field, field // 2 + 60, 255 - field])
    assert coloured_marks(tinted) == (None, False)
    assert coloured_marks(np.dstack([field] * 3)) == (None, False)


def test_a_second_channel_that_is_no_alpha_hides_nothing(tmp_path, field):
    other = field[::-1].copy()
    tifffile.imwrite(
        tmp_path / "a.tif", np.dstack([field, other]), photometric="minisblack", planarconfig="contig"
    )
    (found,) = describe(tmp_path / "a.tif")
    assert found.hidden_fraction == 0


@pytest.mark.parametrize("degrees", [5, 10, 30])
def test_corners_that_a_turn_drew_out_are_told(degrees):
    field = tifffile.imread(gs.example_micrographs() / "ai-01" / "ai-01-field-1.tif")[:480, :600]
    turned = rotate(field, degrees, order=1, mode="nearest")
    assert has_drawn_out_corners(turned)
    assert not has_drawn_out_corners(field) and not has_drawn_out_corners(rotate(field, degrees, order=1))
