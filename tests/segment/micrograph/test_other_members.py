"""Further members of kinds of files that are easy to misread: sign of bytes, channels, sets, units, crops."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import tifffile

from segment.cells.label_edges import on_edges
from segment.errors import InputError, NotAnImageError
from segment.micrograph import describe, read_micrographs
from segment.mosaics.laguerre import poisson_voronoi_plane


def mrc(
    path: Path,
    image: np.ndarray,
    mode: int,
    *,
    flags: int | None = None,
    low: float = 0,
    high: float = -1,
    extended: bytes = b"",
    kind: bytes = b"",
) -> None:
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, image.shape[1], image.shape[0], 1, mode)
    struct.pack_into("<3i3f", head, 28, image.shape[1], image.shape[0], 1, 0, 0, 0)
    struct.pack_into("<2f", head, 76, low, high)
    struct.pack_into("<i4s", head, 92, len(extended), b"")
    head[104:108] = kind.ljust(4, b"\0")
    if flags is not None:
        struct.pack_into("<4si", head, 152, b"IMOD", flags)
    head[208:216] = b"MAP DA\0\0"
    path.write_bytes(bytes(head) + extended + image.tobytes())


@pytest.mark.parametrize(
    ("stored", "facts"),
    [
        ("uint8", {"flags": 0}),
        ("uint8", {"low": 0, "high": 229}),
        ("uint8", {}),
        ("uint8", {"flags": 1, "low": 0, "high": 229}),
        ("uint8", {"low": -128, "high": 127}),
        ("int8", {"flags": 1}),
        ("int8", {"low": -128, "high": 101}),
        ("int8", {}),
    ],
)
def test_sign_of_mrc_bytes(tmp_path, make_grains, stored, facts):
    """By smoothness, whatever IMOD's flag and the range say."""
    image = cv2.GaussianBlur(make_grains((96, 128)), (0, 0), 1.5)
    pixels = image if stored == "uint8" else (image.astype(np.int16) - 128).astype(np.int8)
    mrc(tmp_path / "a.mrc", pixels, 0, **facts)
    (read,) = read_micrographs(tmp_path / "a.mrc")
    np.testing.assert_array_equal(read.image, pixels)


def test_mrc_of_four_bits_and_of_colours(tmp_path, make_grains):
    grey = make_grains((80, 101)) >> 4
    low, high = np.pad(grey, ((0, 0), (0, 1))).reshape(80, 51, 2).transpose(2, 0, 1)
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, 101, 80, 1, 101)
    (tmp_path / "a.mrc").write_bytes(bytes(head) + (low | high << 4).tobytes())
    np.testing.assert_array_equal(next(read_micrographs(tmp_path / "a.mrc")).image, grey)
    mrc(tmp_path / "b.mrc", low | high << 4, 0, flags=16)
    raw = bytearray((tmp_path / "b.mrc").read_bytes())
    struct.pack_into("<3i3f", raw, 28, 51, 80, 1, 16 * 102, 16 * 80, 16)
    (tmp_path / "b.mrc").write_bytes(raw)
    (packed,) = read_micrographs(tmp_path / "b.mrc")
    np.testing.assert_array_equal(packed.image[:, :101], grey)
    assert packed.pixel_size_nm == pytest.approx(1.6)
    struct.pack_into("<4i", head, 0, 101, 80, 1, 16)
    (tmp_path / "c.mrc").write_bytes(bytes(head) + np.stack([grey] * 3, -1).tobytes())
    np.testing.assert_array_equal(next(read_micrographs(tmp_path / "c.mrc")).image, grey)


def test_mrc_whose_columns_run_along_y(tmp_path, make_grains):
    mrc(tmp_path / "a.mrc", make_grains((80, 100)), 0, flags=0)
    raw = bytearray((tmp_path / "a.mrc").read_bytes())
    struct.pack_into("<3i3f", raw, 28, 80, 100, 1, 16 * 80, 32 * 100, 16)
    struct.pack_into("<3i", raw, 64, 2, 1, 3)
    (tmp_path / "a.mrc").write_bytes(raw)
    (read,) = read_micrographs(tmp_path / "a.mrc")
    assert read.image.shape == (80, 200) and read.pixel_size_nm == pytest.approx(1.6)


def test_mode_6_and_the_header_of_fei(tmp_path, make_grains):
    extended = bytearray(768)
    struct.pack_into("<2d", extended, 156, 1.6e-9, 1.6e-9)
    mrc(tmp_path / "a.mrc", make_grains(dtype="uint16"), 6, extended=bytes(extended), kind=b"FEI1")
    (read,) = read_micrographs(tmp_path / "a.mrc")
    assert read.image.dtype == np.uint16 and read.pixel_size_nm == pytest.approx(1.6)


def imagej(path: Path, planes: np.ndarray, unit: str, per_unit: float, **facts: object) -> None:
    tifffile.imwrite(
        path, planes, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit, **facts}
    )


@pytest.mark.parametrize("dots", [72, 96, 150, 300, 600, 1200])
@pytest.mark.parametrize(("unit", "of_inch"), [("cm", 2.54), ("inch", 1), ("mm", 25.4), ("micron", 25400)])
def test_dots_per_inch_are_no_scale_in_any_unit(tmp_path, make_grains, dots, unit, of_inch):
    imagej(tmp_path / "a.tif", make_grains(), unit, dots / of_inch)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None
    assert f"{dots} dots per inch" in found.notes[0] or "dots per inch" in found.notes[0]


def test_unequal_dots_per_inch_are_said(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), resolution=(300, 150), metadata=None)
    (found,) = describe(tmp_path / "a.tif", pixel_size_nm=1.6)
    assert "pixels 2 times as high as wide" in found.notes[0]


def test_dots_per_nanometre_are_no_better(tmp_path, make_grains):
    imagej(tmp_path / "a.tif", make_grains(), "nm", 300)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None and "300 dots per inch" in found.notes[0]


@pytest.mark.parametrize(("unit", "per_unit"), [("m", 1.0), ("mm", 4.0), ("pm", 2000.0)])
def test_sizes_that_no_microscope_has(tmp_path, make_grains, unit, per_unit):
    imagej(tmp_path / "a.tif", make_grains(), unit, per_unit)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm is None
    assert "outside 1 pm to 100 µm" in found.notes[0]


def test_channels_of_one_area_are_read_once_and_stacks_stay(tmp_path, make_grains):
    fields = np.stack([make_grains((256, 320), seed=k) for k in range(3)])
    imagej(tmp_path / "stack.tif", fields, "nm", 0.5)  # tifffile calls these planes channels
    assert len(list(read_micrographs(tmp_path / "stack.tif"))) == 3
    both = np.stack([fields[:2], 255 - fields[:2]], axis=1)
    imagej(tmp_path / "hyper.tif", both, "nm", 0.5, axes="ZCYX")
    read = list(read_micrographs(tmp_path / "hyper.tif"))
    np.testing.assert_array_equal([m.image for m in read], fields[:2])
    assert all("same area" in "".join(m.notes) for m in read)


def test_detectors_of_one_scan_are_read_once(tmp_path, make_grains):
    with h5py.File(tmp_path / "a.emd", "w") as file:
        for k, (name, begin) in enumerate((("HAADF", "1"), ("BF", "1"), ("HAADF", "2"))):
            facts = {
                "BinaryResult": {
                    "Detector": name,
                    "PixelSize": {"width": "1.6e-9", "height": "1.6e-9"},
                    "PixelUnitX": "m",
                    "PixelUnitY": "m",
                },
                "Acquisition": {"AcquisitionStartDatetime": {"DateTime": begin}},
            }
            group = file.create_group(f"Data/Image/{k:032x}")
            group["Data"] = make_grains(dtype="uint16", seed=k)[:, :, None]
            text = np.frombuffer(json.dumps(facts).encode().ljust(1000, b"\0"), np.uint8)
            group["Metadata"] = text[:, None]
    read = list(read_micrographs(tmp_path / "a.emd"))
    assert len(read) == 2
    assert "HAADF is read, not BF" in "".join(read[0].notes)


OME = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">{images}</OME>'
)
IMAGE = (
    '<Image ID="Image:{k}"><Pixels ID="Pixels:{k}" DimensionOrder="XYZCT" Type="uint8" SizeX="100" SizeY="80"'
    ' SizeZ="1" SizeC="1" SizeT="1" {size}><Channel ID="Channel:{k}:0" SamplesPerPixel="1"/>'
    '<TiffData IFD="{ifd}" PlaneCount="1"/></Pixels></Image>'
)


def ome(path: Path, pages: list[np.ndarray], images: str) -> None:
    with tifffile.TiffWriter(path) as writer:
        for k, page in enumerate(pages):
            text = OME.format(images=images).encode() if k == 0 else None
            writer.write(page, description=text, metadata=None)


def test_pages_of_ome_belong_to_the_image_that_names_them(tmp_path, make_grains):
    sizes = ('PhysicalSizeX="1.6" PhysicalSizeXUnit="nm"', 'PhysicalSizeX="4.8" PhysicalSizeXUnit="nm"')
    images = "".join(IMAGE.format(k=k, size=size, ifd=1 - k) for k, size in enumerate(sizes))
    ome(tmp_path / "a.ome.tif", [make_grains(seed=k) for k in (0, 1)], images)
    assert [i.pixel_size_nm for i in describe(tmp_path / "a.ome.tif")] == [4.8, 1.6]


@pytest.mark.parametrize(("shape", "nanometres"), [((80, 100), 1.6), ((100, 80), 1.6), ((160, 200), 0.8)])
def test_ome_states_the_size_of_its_own_columns(tmp_path, make_grains, shape, nanometres):
    images = IMAGE.format(k=0, size='PhysicalSizeX="1.6" PhysicalSizeXUnit="nm"', ifd=0)
    ome(tmp_path / "a.ome.tif", [make_grains(shape)], images)
    assert describe(tmp_path / "a.ome.tif")[0].pixel_size_nm == pytest.approx(nanometres)
    ome(tmp_path / "b.ome.tif", [make_grains((70, 90))], images)
    assert "was cropped" in describe(tmp_path / "b.ome.tif")[0].conflicts[0].chosen


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "inf", "1.6 nm", "", "1,234,5"])
def test_bad_sizes_of_ome_leave_the_image_without_one(tmp_path, make_grains, size):
    images = IMAGE.format(k=0, size=f'PhysicalSizeX="{size}" PhysicalSizeY="{size}"', ifd=0)
    ome(tmp_path / "a.ome.tif", [make_grains()], images)
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm is None and found.problem is None
    assert "is no length" in found.notes[0]


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


@pytest.mark.parametrize("text", [HITACHI.replace("1,6", "1,638"), JEOL.replace("0,2um", "1,000nm")])
def test_a_comma_that_may_stand_between_thousands_is_said(tmp_path, make_grains, text):
    tifffile.imwrite(tmp_path / "a.tif", make_grains((960, 1280)), metadata=None)
    (tmp_path / "a.txt").write_text(text, encoding="utf-16-be")
    assert any("decimal comma" in note for note in describe(tmp_path / "a.tif")[0].notes)


def test_hitachi_may_write_a_unit(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), metadata=None)
    (tmp_path / "a.txt").write_text("[SemImageFile]\nPixelSize=0,0016 um\n")
    assert describe(tmp_path / "a.tif")[0].pixel_size_nm == pytest.approx(1.6)


def test_a_set_of_ome_files_with_its_text_in_another_file(tmp_path, make_grains):
    """The text knows each file by identity and name; a file's own identity is not that of the text."""
    head = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:{}">'
    )
    image = (
        '<Image ID="Image:{k}"><Pixels ID="Pixels:{k}" DimensionOrder="XYZCT" Type="uint8" SizeX="128" '
        'SizeY="128" SizeZ="1" SizeC="1" SizeT="1" PhysicalSizeX="{size}" PhysicalSizeXUnit="nm">'
        '<TiffData IFD="0" PlaneCount="1"><UUID FileName="m{k}.ome.tif">urn:{k}</UUID></TiffData>'
        "</Pixels></Image>"
    )
    both = image.format(k=0, size=1.6) + image.format(k=1, size=4.8)
    (tmp_path / "set.companion.ome").write_text(head.format("set") + both + "</OME>")
    for k, size in ((0, 1.6), (1, 4.8)):
        link = head.format(k) + '<BinaryOnly MetadataFile="set.companion.ome" UUID="urn:set"/></OME>'
        path = tmp_path / f"m{k}.ome.tif"
        tifffile.imwrite(path, make_grains((128, 128), seed=k), description=link, metadata=None)
        assert describe(path)[0].pixel_size_nm == pytest.approx(size)


@pytest.mark.parametrize(
    ("own", "named", "stored"),
    [
        (("urn:0", "urn:0"), ("a.ome.tif", "b.ome.tif"), ("a.ome.tif", "b.ome.tif")),  # one identity, copied
        (("urn:0", "urn:1"), ("a.ome.tif", "b.ome.tif"), ("b.ome.tif", "c.ome.tif")),  # renamed
        (("", ""), ("C:\\scans\\A.OME.TIF", "scans/B.ome.tif"), ("a.ome.tif", "b.ome.tif")),
        (("URN:0", "URN:1"), ("", ""), ("a.ome.tif", "b.ome.tif")),
    ],
)
def test_files_of_an_ome_set_by_identity_and_name(tmp_path, make_grains, own, named, stored):
    block = '<TiffData IFD="0" PlaneCount="1"><UUID FileName="{}">urn:{}</UUID></TiffData>'
    images = "".join(
        IMAGE.format(k=k, size=f'PhysicalSizeX="{nm}" PhysicalSizeXUnit="nm"', ifd=0).replace(
            '<TiffData IFD="0" PlaneCount="1"/>', block.format(named[k], k)
        )
        for k, nm in enumerate((1.6, 4.8))
    )
    for k in (0, 1):
        text = OME.replace("urn:uuid:1", own[k]).format(images=images)
        tifffile.imwrite(tmp_path / stored[k], make_grains(seed=k), description=text.encode(), metadata=None)
    assert [describe(tmp_path / name)[0].pixel_size_nm for name in stored] == [1.6, 4.8]


def test_a_page_that_two_images_of_ome_claim_has_no_size(tmp_path, make_grains):
    sizes = ('PhysicalSizeX="1.6"', 'PhysicalSizeX="4.8"')
    ome(
        tmp_path / "a.ome.tif",
        [make_grains()],
        "".join(IMAGE.format(k=k, size=size, ifd=0) for k, size in enumerate(sizes)),
    )
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm is None and "claim this page" in found.notes[0]


@pytest.mark.parametrize("dots", [300, 600, 1200])
def test_dots_per_inch_are_no_scale_in_ome_either(tmp_path, make_grains, dots):
    images = IMAGE.format(k=0, size=f'PhysicalSizeX="{25400 / dots}"', ifd=0)
    ome(tmp_path / "a.ome.tif", [make_grains()], images)
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm is None and f"{dots} dots per inch" in found.notes[0]


def test_a_text_of_ome_that_is_missing_is_named(tmp_path, make_grains):
    text = OME.format(images='<BinaryOnly MetadataFile="set.companion.ome" UUID="urn:s"/>')
    tifffile.imwrite(tmp_path / "a.ome.tif", make_grains(), description=text, metadata=None)
    (found,) = describe(tmp_path / "a.ome.tif")
    assert (
        found.pixel_size_nm is None and "kept in set.companion.ome, which is not beside it" in found.notes[0]
    )


@pytest.mark.parametrize(
    ("dtype", "no_data"), [("float64", -1.7e308), ("float16", np.inf), ("float32", np.nan)]
)
def test_numbers_for_no_data_are_masked(tmp_path, make_grains, dtype, no_data):
    image = make_grains(dtype=dtype)
    image[:, :20] = no_data
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    assert read.valid is not None and not read.valid[:, :20].any() and read.valid[:, 23:].all()


@pytest.mark.parametrize(("gain", "said"), [(0, True), (500, False)])
def test_smoothed_pictures_are_named_and_saturated_ones_are_not(tmp_path, gain, said):
    grey = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8), (0, 0), 6)
    grey = cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX)
    image = np.minimum(grey.astype(np.uint32) * gain, 65535).astype(np.uint16) if gain else grey // 12 * 12
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None)
    assert any("smoothed or packed" in note for note in describe(tmp_path / "a.tif")[0].notes) == said


def test_exactly_one_micrometre_is_told(tmp_path, make_grains):
    ome(tmp_path / "a.ome.tif", [make_grains()], IMAGE.format(k=0, size='PhysicalSizeX="1"', ifd=0))
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm == 1000 and "write for unknown" in found.notes[0]


def test_words_of_mrc_that_were_written_unsigned(tmp_path, make_grains):
    grey = make_grains().astype(np.uint16) * 257
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, grey.shape[1], grey.shape[0], 1, 1)
    head[208:212] = b"MAP "
    (tmp_path / "a.mrc").write_bytes(bytes(head) + grey.tobytes())
    (read,) = read_micrographs(tmp_path / "a.mrc")
    np.testing.assert_array_equal(read.image, grey)


@pytest.mark.parametrize("coloured", [False, True])
def test_maps_are_refused_as_micrographs(tmp_path, coloured):
    cells = np.kron(np.random.default_rng(0).permutation(100).reshape(10, 10), np.ones((16, 16), np.int64))
    picture = cells.astype(np.uint16)
    if coloured:
        picture = np.random.default_rng(1).integers(0, 255, (100, 3), np.uint8)[cells]
    tifffile.imwrite(tmp_path / "a.tif", picture, photometric="rgb" if coloured else "minisblack")
    with pytest.raises(NotAnImageError, match=r"a label map, not a micrograph.*grainstats measure"):
        list(read_micrographs(tmp_path / "a.tif"))
    lines = np.zeros((160, 160), np.uint8)
    lines[::20] = lines[:, ::20] = 255
    cv2.imwrite(str(tmp_path / "t.png"), lines)
    with pytest.raises(NotAnImageError, match="measure --tracing"):
        list(read_micrographs(tmp_path / "t.png"))


@pytest.mark.parametrize("order", [1, -1])
def test_thumbnails_and_levels_of_a_pyramid_are_no_fields(tmp_path, make_grains, order):
    image = make_grains()
    with tifffile.TiffWriter(tmp_path / "p.tif") as file:
        for step in (1, 2, 4)[::order]:
            file.write(np.ascontiguousarray(image[::step, ::step]))
    (only,) = read_micrographs(tmp_path / "p.tif")
    assert only.image.shape == image.shape and "2 smaller pictures of the same area left out" in only.notes
    tifffile.imwrite(tmp_path / "two.tif", image)
    tifffile.imwrite(tmp_path / "two.tif", np.rot90(make_grains())[:100].copy(), append=True)
    assert len(list(read_micrographs(tmp_path / "two.tif"))) == 2


def test_a_damaged_description_is_said(tmp_path, make_grains):
    tifffile.imwrite(tmp_path / "d.tif", make_grains(), description="<OME><Image><Pixels ", metadata=None)
    (found,) = read_micrographs(tmp_path / "d.tif")
    assert found.pixel_size_nm is None and "OME-XML is damaged" in "".join(found.notes)


@pytest.mark.parametrize(
    ("text", "nanometres", "words"),
    [
        ("[Scan]\nHorFieldsize=4,096e-007\n", 1.6, ""),
        ("[EScan]\nHorFieldsize=4.096e-007\nPixelWidth=0\n", 1.6, ""),
        ("[Scan]\nPixelWidth=nan\nPixelHeight=inf\n", None, "its scan states no pixel size"),
        ("[Beam]\nBeam=CCD\n", None, "image of the CCD camera"),
    ],
)
def test_fei_without_a_pixel_width(tmp_path, make_grains, text, nanometres, words):
    tags = [(34682, 7, len(text), text.encode(), True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains((192, 256)), metadata=None, extratags=tags)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (None if nanometres is None else pytest.approx(nanometres))
    assert words in "\n".join(found.notes)


@pytest.mark.parametrize("kind", ["b", "h"])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_signed_numbers_that_were_stored_as_unsigned(tmp_path, make_grains, kind, suffix):
    grey = cv2.GaussianBlur(make_grains((96, 128)), (0, 0), 0.8).astype(np.int16)
    signed = (grey - 128).astype(np.int8) if kind == "b" else 9 * grey - 300
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), signed.view(np.dtype(kind.upper())))
    (read,) = read_micrographs(path)
    np.testing.assert_array_equal(read.image, signed)
    assert "read as signed" in read.notes[0]


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


@pytest.mark.parametrize("how", ["jpeg", "coloured jpeg", "resized", "parted by NaN"])
def test_maps_in_other_clothes_are_refused_as_micrographs(tmp_path, how):
    rng = np.random.default_rng(0)
    cells = np.kron(rng.permutation(144).reshape(12, 12), np.ones((43, 43), np.int64))
    colours = rng.integers(0, 255, (144, 3), np.uint8)[cells]
    path = tmp_path / ("a.jpg" if "jpeg" in how else "a.tif")
    if "jpeg" in how:
        cv2.imwrite(
            str(path), colours if "coloured" in how else colours[..., 0], [cv2.IMWRITE_JPEG_QUALITY, 85]
        )
    elif how == "resized":
        tifffile.imwrite(path, cv2.resize(colours[..., 0], (400, 400), interpolation=cv2.INTER_AREA))
    else:
        parted = cells.astype(np.float32)
        parted[::43] = parted[:, ::43] = np.nan
        tifffile.imwrite(path, parted)
    with pytest.raises(NotAnImageError, match="a label map, not a micrograph"):
        list(read_micrographs(path))


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


@pytest.mark.parametrize("quality", [75, 90])
def test_a_tracing_in_jpeg_is_neither_signed_nor_a_micrograph(tmp_path, quality):
    cells = poisson_voronoi_plane((400, 400), 1 / 900, np.random.default_rng(3)).grain_map().labels
    lines = cv2.dilate(on_edges(cells).astype(np.uint8) * 255, np.ones((2, 2), np.uint8))
    cv2.imwrite(str(tmp_path / "a.jpg"), lines, [cv2.IMWRITE_JPEG_QUALITY, quality])
    with pytest.raises(InputError, match="not a micrograph"):
        list(read_micrographs(tmp_path / "a.jpg"))
