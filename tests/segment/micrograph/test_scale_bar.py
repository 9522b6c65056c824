"""A burned-in scale bar states the pixel size: read for certain, asked for, or left alone, never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import imagecodecs
import matplotlib
import numpy as np
import pytest
from drawn_scale_bars import STYLES, Lettering, draw_scale_bar
from typer.testing import CliRunner

from grainstats.run.cli import app
from segment.micrograph import describe, read_micrographs
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.scale_bar import ScaleBar, read_scale_bar
from segment.micrograph.scale_bar.bars import find_bars, find_ruler
from segment.micrograph.scale_bar.labels import may_be_label, nanometres
from segment.micrograph.scale_bar.text import Words, recogniser

pytestmark = pytest.mark.skipif(recogniser() is None, reason="rapidocr-onnxruntime is not installed")

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
FILES = Path(__file__).parents[4] / "shared" / "data"
PLAIN = ("Zeiss", "TESCAN", "Gatan")  #: one of each kind, for what does not depend on the style


def _drawn(style: str, image: np.ndarray, label: str, length: int = 200, height: int = 20) -> np.ndarray:
    return draw_scale_bar(style, image, length, label, Lettering(FONT, height), np.random.default_rng(1))


def _read(image: np.ndarray) -> ScaleBar | None:
    return read_scale_bar(image, find_info_bar(image))


@pytest.mark.parametrize("style", STYLES)
def test_bars_of_every_maker_are_read(style, make_grains):
    bar = _read(_drawn(style, make_grains((480, 800)), "500 nm"))
    assert bar is not None
    assert (bar.text, bar.length_nm) == ("500nm", 500)
    assert bar.length_px == pytest.approx(200, abs=1)


@pytest.mark.parametrize(
    "label, nm", [("2 \u00b5m", 2e3), ("20um", 20e3), ("1.5 \u03bcm", 1.5e3), ("5 mm", None)]
)
def test_units(label, nm, make_grains):
    """A bar of 5 mm over 200 pixels is no micrograph's."""
    bar = _read(_drawn("TESCAN", make_grains((480, 800)), label))
    assert (None if bar is None else bar.length_nm) == nm


def test_a_part_of_a_label_is_not_taken_for_the_whole(make_grains):
    """Where a digit or point is lost, what is left reads well and is wrong: it is asked for."""
    drawn = _drawn("TESCAN", make_grains((480, 800)), "25 nm").copy()
    bar = _read(drawn)
    (left, right), row = (bar.columns.start, bar.columns.stop), slice(bar.rows.stop - 22, bar.rows.stop)
    letters = np.flatnonzero(drawn[row, left:right].max(axis=0) > 128)
    two = left + letters[0]
    drawn[row, two : two + 14] = np.minimum(drawn[row, two : two + 14], 100)
    again = _read(drawn)
    assert bar.length_nm == 25
    assert again is None or again.length_nm != 5


@pytest.mark.parametrize("text", ["537 nm", "EHT=500nm", "500", "500kV", "5OOnm", "0nm", "12345nm", "500pm"])
def test_words_that_are_no_label(text):
    assert nanometres(Words(text, 1.0)) is None


def test_what_may_have_been_a_label():
    assert [may_be_label(Words(t, 0.0)) for t in ("20un", "200rm", "5pm", "4.", "WD5.0mm", "x")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_ever_smaller_letters_are_never_guessed(make_grains):
    drawn = _drawn("TESCAN", make_grains((480, 800)), "500 nm", height=13)
    for factor in (1, 0.8, 0.65, 0.5, 0.4):
        bar = _read(cv2.resize(drawn, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
        assert bar is None or bar.length_nm in (None, 500)
    assert bar is None or bar.length_nm is None


def test_what_the_user_is_asked():
    doubtful = ScaleBar(78.1, "20un", 0.4, None, slice(0, 9), slice(0, 90), np.zeros((9, 90), np.uint8))
    assert doubtful.pixel_size_nm is None
    assert "'20un' over 78.1 px" in doubtful.remark and "give the pixel size" in doubtful.remark


def test_an_info_bar_without_a_scale_bar(make_grains):
    drawn = _drawn("Zeiss", make_grains((480, 800)), "500 nm").copy()
    bar = _read(drawn)
    drawn[bar.rows, bar.columns] = drawn[-5, -5]
    assert _read(drawn) is None


def test_frames_of_tables_are_no_bars():
    strip = np.zeros((80, 400), np.uint8)
    for row in (5, 40, 75):
        strip[row, 20:380] = 255
    for column in (20, 150, 379):
        strip[5:76, column] = 255
    assert find_bars(strip) == []
    strip[20:23, 200:320] = 255
    assert [(b.left, b.right) for b in find_bars(strip)] == [(200, 320)]


def test_ends_between_pixels():
    """Half covered end columns count half; between ticks their centres count."""
    image = np.zeros((60, 300), np.uint8)
    image[30:34, 100:200] = 250
    image[30:34, [99, 200]] = 125
    (bar,) = find_bars(image)
    assert (bar.left, bar.right) == (pytest.approx(99.5, abs=0.05), pytest.approx(200.5, abs=0.05))
    image[22:42, 100:103] = image[22:42, 197:200] = 250
    (bar,) = find_bars(image)
    assert (bar.left, bar.right) == (pytest.approx(101.5, abs=0.2), pytest.approx(198.5, abs=0.2))


def test_ruler_needs_eleven_ticks_of_one_pitch():
    strip = np.zeros((60, 400), np.uint8)
    strip[10:20, 50:360:30] = 255
    bar = find_ruler(strip, 0)
    assert bar is not None and bar.length == pytest.approx(300)
    strip[10:20, 170] = 0
    strip[10:20, 178] = 255
    assert find_ruler(strip, 0) is None


def _file(path: Path, image: np.ndarray) -> Path:
    path.write_bytes(imagecodecs.png_encode(image))
    return path


@pytest.mark.parametrize("style", PLAIN)
def test_from_file_to_pixel_size(style, tmp_path, make_grains):
    image = make_grains((480, 800))
    (m,) = read_micrographs(_file(tmp_path / "a.png", _drawn(style, image, "500 nm")))
    assert (m.pixel_size_source, m.pixel_size_nm) == ("scalebar", pytest.approx(2.5, rel=0.01))
    assert any("was read from the burned-in scale bar" in note for note in m.notes)
    if style == "Gatan":
        assert m.valid is not None and not m.valid[m.scale_bar.rows, m.scale_bar.columns].any()
        assert m.valid[:300].all()
    else:
        assert m.image.shape == image.shape


def test_the_bar_is_checked_against_the_stated_size(tmp_path, make_grains):
    path = _file(tmp_path / "a.png", _drawn("TESCAN", make_grains((480, 800)), "500 nm"))
    (wrong,) = read_micrographs(path, pixel_size_nm=2.8)
    (right,) = read_micrographs(path, pixel_size_nm=2.52)
    assert (wrong.pixel_size_nm, wrong.pixel_size_source) == (2.8, "manual")
    (told,) = wrong.scale_warnings
    assert "2.8 nm (manual --pixel-size) was taken" in told and "scalebar '500nm' over 200.0 px" in told
    assert right.scale_warnings == ()


def test_info_shows_the_bar(tmp_path, make_grains):
    path = _file(tmp_path / "a.png", _drawn("TESCAN", make_grains((480, 800)), "500 nm"))
    bars = tmp_path / "bars"
    told = CliRunner().invoke(app, ["info", str(path), str(path), "--json", "--scale-bars", str(bars)])
    assert told.exit_code == 0
    bar = json.loads(told.stdout)["files"][0]["scale_bar"]
    assert (bar["length_nm"], bar["label"]) == (500, "500nm")
    assert sorted(p.name for p in bars.iterdir()) == ["a.scale_bar.png", "a_2.scale_bar.png"]


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, label",
    [("FEI-Helios-Ebeam-8bits.tif", "500\u00b5m"), ("test_tiff_Zeiss_SEM_1k.tif", "200\u00b5m")],
)
def test_bars_of_real_files_say_what_their_metadata_say(name, label):
    path = FILES / "microscope_files" / name
    if not path.is_file():
        pytest.skip("the real files of ../shared/data are not there")
    (frame,) = describe(path)
    assert frame.scale_bar.text == label
    assert frame.scale_bar.pixel_size_nm == pytest.approx(frame.pixel_size_nm, rel=0.01)
    assert frame.conflicts == ()


@pytest.mark.parametrize(
    ("text", "length_nm", "told"),
    [("500nm", None, True), ("300nm", None, False), ("20un", None, False), ("500nm", 500.0, False)],
)
def test_a_bar_in_doubt_is_compared_with_the_metadata(text, length_nm, told):
    bar = ScaleBar(200.0, text, 0.5, length_nm, slice(0, 9), slice(0, 9), np.zeros((9, 9), np.uint8))
    said = bar.against(1.5 if text == "300nm" else 1.6, 0.03)
    assert bool(said) == told
    assert not said or "seems to say '500nm' over 200.0 px, 2.5 nm a pixel, not 1.6" in said[0]
