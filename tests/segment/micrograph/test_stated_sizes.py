"""Pixel sizes stated by text and tags: units, crops, dots per inch, sizes of other pictures."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from segment.errors import NotAnImageError
from segment.micrograph import describe, read_micrographs


@pytest.mark.parametrize("dots", [72, 96, 150, 300, 600, 1200])
@pytest.mark.parametrize(("unit", "of_inch"), [("cm", 2.54), ("inch", 1), ("mm", 25.4), ("micron", 25400)])
def test_dots_per_inch_are_no_scale_in_any_unit(tmp_path, make_grains, dots, unit, of_inch, write_imagej):
    write_imagej(tmp_path / "a.tif", make_grains(), unit, dots / of_inch)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None
    assert f"{dots} dots per inch" in found.notes[0] or "dots per inch" in found.notes[0]


def test_unequal_dots_per_inch_are_said(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), resolution=(300, 150), metadata=None)
    (found,) = describe(tmp_path / "a.tif")
    assert "pixels 2 times as high as wide" in found.notes[0]


def test_dots_per_nanometre_are_no_better(tmp_path, make_grains, write_imagej):
    write_imagej(tmp_path / "a.tif", make_grains(), "nm", 300)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None and "300 dots per inch" in found.notes[0]


@pytest.mark.parametrize(("per_unit", "told"), [(72, True), (96, True), (72.01, False), (100, False)])
def test_a_unit_typed_over_an_inch_is_told(tmp_path, make_grains, per_unit, told, write_imagej):
    write_imagej(tmp_path / "a.tif", make_grains(), "um", per_unit)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == pytest.approx(1000 / per_unit)
    assert any("typed over an inch" in note for note in found.notes) == told


def test_lattice_images_near_dots_per_inch_keep_their_size(tmp_path, make_grains, write_imagej):
    write_imagej(tmp_path / "a.tif", make_grains(), "nm", 99.9)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == pytest.approx(1 / 99.9) and not found.notes


@pytest.mark.parametrize(("per_unit", "nanometres"), [(300, None), (6.25e6, 1.6)])
def test_few_pixels_a_centimetre_are_for_printing(tmp_path, make_grains, write_imagej, per_unit, nanometres):
    write_imagej(tmp_path / "a.tif", make_grains(), "cm", per_unit)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (nanometres and pytest.approx(nanometres))
    assert any("for printing" in note for note in found.notes) == (nanometres is None)


@pytest.mark.parametrize(("unit", "per_unit"), [("m", 1.0), ("mm", 4.0), ("pm", 2000.0)])
def test_sizes_that_no_microscope_has(tmp_path, make_grains, unit, per_unit, write_imagej):
    write_imagej(tmp_path / "a.tif", make_grains(), unit, per_unit)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None
    assert "outside 1 pm to 100 µm" in found.notes[0]


HITACHI = "[SemImageFile]\nDataSize=1280x960\nPixelSize=1,6\n"


JEOL = "$CM_FULL_SIZE 1280 960\n$$SM_MICRON_BAR 125\n$$SM_MICRON_MARKER 0,2um\n"


TESCAN = "[MAIN]\nPixelSizeX=1,6e-9\nPixelSizeY=1,6e-9\nImageWidth=1280\nImageHeight=960\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", HITACHI),
        ("a.txt", HITACHI.replace("0x9", "0 * 9")),
        ("a.txt", JEOL),
        ("a.txt", JEOL.replace(" 960", ",960").replace(" ", "\t")),
        ("a-tif.hdr", TESCAN),
    ],
)
@pytest.mark.parametrize(
    ("shape", "nanometres", "word"),
    [
        ((960, 1280), 1.6, None),
        ((1280, 960), 1.6, None),
        ((1200, 1600), 1.28, None),
        ((600, 700), 1.6, "cropped"),
    ],
)
def test_text_of_a_resized_or_cropped_picture(tmp_path, make_grains, name, text, shape, nanometres, word):
    tifffile.imwrite(tmp_path / "a.tif", make_grains(shape), metadata=None)
    (tmp_path / name).write_text(text)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == pytest.approx(nanometres)
    assert [word in c.chosen for c in found.conflicts] == ([] if word is None else [True])


def test_pixels_that_are_not_square_of_a_turned_picture_have_no_size(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "a.tif", make_grains((128, 96)), metadata=None)
    text = "PixelSizeX=1.6e-9\nPixelSizeY=3.2e-9\nImageWidth=128\nImageHeight=96\n"
    (tmp_path / "a-tif.hdr").write_text(text)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None and "is for 128 x 96 pixels" in found.notes[0]


ZEISS = "0\r\n0\r\n0\r\n2.0e-009\r\nDP_IMAGE_STORE\r\nStore resolution = 1280 * 960\r\n"


FEI = (
    "[EScan]\r\nPixelWidth=1.6e-9\r\nPixelHeight=1.6e-9\r\n[Image]\r\nResolutionX=1280\r\nResolutionY=960\r\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.txt", HITACHI), ("a.txt", JEOL), ("a-tif.hdr", TESCAN), ("34118", ZEISS), ("34682", FEI)],
)
@pytest.mark.parametrize("shape", [(480, 640), (300, 400), (495, 640)])
def test_the_same_proportion_may_be_resized_or_cropped(tmp_path, make_grains, name, text, shape):
    tags = [(int(name), 7, len(text), text.encode(), True)] if name.isdigit() else []
    tifffile.imwrite(tmp_path / "a.tif", make_grains(shape), metadata=None, extratags=tags)
    if not tags:
        (tmp_path / name).write_text(text)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None and found.problem is None
    assert any("resized" in note and "or cropped (1.6 nm)?" in note for note in found.notes)


@pytest.mark.parametrize(("shape", "nanometres"), [((80, 100), 1.6), ((60, 90), 1.6), ((40, 50), None)])
def test_tvips_states_the_size_of_its_own_columns(tmp_path, make_grains, shape, nanometres):
    first, second = (np.zeros((), getattr(tifffile.TIFF, f"TVIPS_HEADER_V{k}")) for k in (1, 2))
    first["Version"], second["Magic"] = 2, 0xAAAAAAAA
    second["PixelSizeX"] = second["PixelSizeY"] = 1.6
    second["ImageSizeX"], second["ImageSizeY"] = 200, 160
    raw = first.tobytes() + second.tobytes()
    rows, columns = shape
    tifffile.imwrite(
        tmp_path / "a.tif",
        make_grains((2 * rows, 2 * columns)),
        extratags=[(37706, "B", len(raw), raw, True)],
        metadata=None,
    )
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (None if nanometres is None else pytest.approx(nanometres))
    assert bool(found.conflicts) == (shape == (60, 90))


def test_a_turned_picture_of_fei_has_no_bar_below(tmp_path, make_grains):
    tags = [(34682, 7, len(FEI), FEI.encode(), True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains((1280, 960)), metadata=None, extratags=tags)
    (found,) = describe(tmp_path / "a.tif")
    assert found.shape == (1280, 960) and found.pixel_size_nm == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("text", "nanometres", "word"),
    [
        (HITACHI.replace("1,6", "1,638"), 1.638, "decimal comma"),
        (HITACHI + "ImageName=C:\\x\\S7.tif\n", 1.6, "written for"),
        (HITACHI + "ImageName=C:\\x\\A.bmp\n", 1.6, ""),
        (JEOL.replace("0,2um", "1,000nm"), None, "of thousands"),
        (JEOL + "$$SM_MICRON_MARKER 1um\n", None, '"0,2um/1um"'),
        (JEOL + "$$SM_MICRON_BAR 625\n", None, '"125/625"'),
        (JEOL + "$$SM_MICRON_BAR 125\n", 1.6, ""),
    ],
)
def test_a_text_that_may_say_two_sizes(tmp_path, make_grains, text, nanometres, word):
    tifffile.imwrite(tmp_path / "a.tif", make_grains((960, 1280)), metadata=None)
    (tmp_path / "a.txt").write_text(text, encoding="utf-16-be")
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (nanometres and pytest.approx(nanometres))
    assert any(word in note for note in found.notes) if word else not found.notes


@pytest.mark.parametrize("magnification", ["100,000", "100000,0", "100000.0"])
def test_a_magnification_in_thousands_or_with_decimals(vendor_files, magnification):
    path = vendor_files.build("jeol_sightx", magnification=magnification)
    assert describe(path)[0].pixel_size_nm == pytest.approx(2.5)


def test_hitachi_may_write_a_unit(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), metadata=None)
    (tmp_path / "a.txt").write_text("[SemImageFile]\nPixelSize=0,0016 um\n")
    assert describe(tmp_path / "a.tif")[0].pixel_size_nm == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("text", "nanometres", "words"),
    [
        ("[Scan]\nHorFieldsize=4,096e-007\n", 1.6, ""),
        ("[EScan]\nHorFieldsize=4.096e-007\nPixelWidth=0\n", 1.6, ""),
        ("[Scan]\nPixelWidth=nan\nPixelHeight=inf\n", None, '[Scan] PixelWidth "nan" m is no length'),
        ("[Scan]\nDwell=1\n", None, "its scan states no pixel size"),
        ("[Beam]\nBeam=CCD\n", None, "image of the CCD camera"),
    ],
)
def test_fei_without_a_pixel_width(tmp_path, make_grains, text, nanometres, words):
    tags = [(34682, 7, len(text), text.encode(), True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains((192, 256)), metadata=None, extratags=tags)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (None if nanometres is None else pytest.approx(nanometres))
    assert words in "\n".join(found.notes)


XML = '<M><PixelSize><X unit="m">@</X><Y unit="m">@</Y></PixelSize></M>'
STATED = {
    "34682": "[Scan]\r\nPixelWidth=@\r\nPixelHeight=@\r\n",
    "34683": XML,
    "34683 ": XML.replace("X ", "pixelWidth ").replace("X>", "pixelWidth>").replace("PixelSize", "Phenom"),
    "34118": "0\n0\n0\n@\n1e-3\nAP_IMAGE_PIXEL_SIZE\nImage Pixel Size = @\n",
    "a-tif.hdr": "[MAIN]\nPixelSizeX=@\nPixelSizeY=@\n",
    "a.txt": "[SemImageFile]\nPixelSize=@\n",
    "a.txt ": "$$SM_MICRON_BAR 125\n$$SM_MICRON_MARKER @\n",
}


@pytest.mark.parametrize(("name", "text"), STATED.items())
@pytest.mark.parametrize("written", ["N/A", "-1.6e-9", "0", "1,234.5", "", "200 nm"])
def test_what_is_no_length_is_quoted_and_a_unit_that_is_written_counts(
    tmp_path, make_grains, name, text, written
):
    raw, name = text.replace("@", written).encode(), name.strip()
    tags = [(int(name), 7, len(raw), raw, True)] if name.isdigit() else []
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), metadata=None, extratags=tags)
    if not tags:
        (tmp_path / name).write_bytes(raw)
    (found,) = describe(tmp_path / "a.tif")
    if written == "200 nm":
        assert found.pixel_size_nm == pytest.approx(1.6 if "MARKER" in text else 200)
    elif written or text != XML:
        assert found.pixel_size_nm is None
        assert f'"{written}"' in found.notes[0] and "is no length: not taken" in found.notes[0]


@pytest.mark.parametrize("unit", ["1/nm", "nm⁻¹", "mrad"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_units_of_gatan_tiff_in_bytes(tmp_path, make_grains, unit, encoding):
    def write(text: str) -> None:
        raw = text.encode(encoding)
        tags = [(code, 7, len(raw), raw, True) for code in (65003, 65004)]
        sizes = [(code, "d", 1, 16.0, True) for code in (65009, 65010)]
        tifffile.imwrite(tmp_path / "a.tif", make_grains(), extratags=tags + sizes, metadata=None)

    write("Å")
    assert describe(tmp_path / "a.tif")[0].pixel_size_nm == pytest.approx(1.6)
    write(unit)
    with pytest.raises(NotAnImageError, match="diffraction"):
        describe(tmp_path / "a.tif")


def test_pages_of_one_file_have_their_own_tags(tmp_path, make_grains):
    def texts(tag: int, text: str, values: tuple[str, str]) -> list[list[tuple]]:
        raws = [text.replace("@", value).encode() for value in values]
        return [[(tag, 7, len(raw), raw, True)] for raw in raws]

    gatan = [[(65003, "s", 0, "nm", True), (65009, "d", 1, size, True)] for size in (1.6, 4.8)]
    zeiss = texts(34118, "0\n0\n0\n0\nAP_IMAGE_PIXEL_SIZE\nImage Pixel Size = @ nm\n", ("1,6", "4.8"))
    for tags in (texts(34682, "[Scan]\nPixelWidth=@\n", ("1.6e-9", "4.8e-9")), zeiss, gatan):
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for seed, extra in enumerate([*tags, []]):
                file.write(make_grains(seed=seed), metadata=None, extratags=extra)
        assert [i.pixel_size_nm for i in describe(tmp_path / "a.tif")] == pytest.approx([1.6, 4.8, 1.6])


@pytest.mark.parametrize(
    ("resolution", "unit", "nm", "words"),
    [
        (2.5, 1, 400.0, ""),
        (72.0, 1, 1e3 / 72, "exactly 72 pixels a µm"),
        (72.1, 1, 1e3 / 72.1, ""),
        (2.5, 2, 400.0, "saved it after ImageJ"),
        (300.0, 2, None, "300 dots per inch"),
        (299.72, 2, None, "300 dots per inch"),
        (28.346, 3, None, "72 dots per inch"),
    ],
)
def test_a_resolution_that_another_program_wrote_is_no_scale_of_imagej(
    tmp_path, make_grains, resolution, unit, nm, words
):
    """Photoshop and GIMP keep the description with its unit, and write dots per inch beside it."""
    tifffile.imwrite(
        tmp_path / "a.tif",
        make_grains(),
        description="ImageJ=1.54f\nunit=micron\n",
        metadata=None,
        resolution=(resolution, resolution),
        resolutionunit=unit,
    )
    (found,) = read_micrographs(tmp_path / "a.tif")
    assert found.pixel_size_nm == (nm if nm is None else pytest.approx(nm, rel=1e-6))
    assert any(words in note for note in found.notes) if words else not found.notes
