"""OME-TIFF: sets of files, pages and sizes that are easy to misread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segment.micrograph import describe

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


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "inf", "1.6 furlong", "", "1,234,5"])
def test_bad_sizes_of_ome_leave_the_image_without_one(tmp_path, make_grains, size):
    images = IMAGE.format(k=0, size=f'PhysicalSizeX="{size}" PhysicalSizeY="{size}"', ifd=0)
    ome(tmp_path / "a.ome.tif", [make_grains()], images)
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm is None and found.problem is None
    assert f'PhysicalSizeX "{size}" µm is no length' in found.notes[0]


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
    ("own", "named", "stored", "sizes"),
    [
        ("00", "ab", ("a.ome.tif", "b.ome.tif"), [1.6, 4.8]),  # one identity, copied into all
        ("00", "ab", ("A.OME.TIF", "B.OME.TIF"), [1.6, 4.8]),
        ("00", "ab", ("a.tiff", "b.tiff"), [1.6, 4.8]),
        ("01", "ab", ("b.ome.tif", "a.ome.tif"), [1.6, 4.8]),  # names changed over
        ("01", "ab", ("x.ome.tif", "y.ome.tif"), [1.6, 4.8]),
        ("00", "ab", ("x.ome.tif", "y.ome.tif"), [None, None]),  # one identity, copied, and renamed
        ("01", "ab", ("b.ome.tif", "c.ome.tif"), [None, 4.8]),  # renamed, or the first one lost?
        ("  ", ("C:\\scans\\A", "scans/B"), ("a.ome.tif", "b.ome.tif"), [1.6, 4.8]),
        ("01", ("", ""), ("a.ome.tif", "b.ome.tif"), [1.6, 4.8]),
    ],
)
def test_files_of_an_ome_set_by_identity_and_name(tmp_path, make_grains, own, named, stored, sizes):
    block = '<TiffData IFD="0" PlaneCount="1"><UUID FileName="{}">urn:{}</UUID></TiffData>'
    images = "".join(
        IMAGE.format(k=k, size=f'PhysicalSizeX="{nm}" PhysicalSizeXUnit="nm"', ifd=0).replace(
            '<TiffData IFD="0" PlaneCount="1"/>', block.format(named[k] and f"{named[k]}.ome.tif", k)
        )
        for k, nm in enumerate((1.6, 4.8))
    )
    for k in (0, 1):
        text = OME.replace("urn:uuid:1", f"URN:{own[k]}".replace("URN: ", "")).format(images=images)
        tifffile.imwrite(tmp_path / stored[k], make_grains(seed=k), description=text.encode(), metadata=None)
    found = [describe(tmp_path / name)[0] for name in stored]
    assert [one.pixel_size_nm for one in found] == sizes
    words = "renamed? Check", "claim this page", "has its identity"
    told = [any(word in note for word in words) for one in found for note in one.notes]
    assert told == [True] * 2 * (stored[0] == "x.ome.tif" or stored[1] == "c.ome.tif")


def test_a_file_of_an_ome_set_whose_first_one_is_lost(tmp_path, make_grains):
    """Its identity is that of the first file in sets of some programs: which size it has, nothing tells."""
    block = '<TiffData IFD="0"><UUID FileName="{}.ome.tif">urn:{}</UUID></TiffData>'
    images = "".join(
        IMAGE.format(k=k, size=f'PhysicalSizeX="{nm}" PhysicalSizeXUnit="nm"', ifd=0).replace(
            '<TiffData IFD="0" PlaneCount="1"/>', block.format("ab"[k], k)
        )
        for k, nm in enumerate((1.6, 4.8))
    )
    ome(tmp_path / "b.ome.tif", [make_grains()], images.replace("urn:0", "urn:uuid:1"))
    (found,) = describe(tmp_path / "b.ome.tif")
    assert found.pixel_size_nm is None and "give --pixel-size" in found.notes[0]


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


def test_exactly_one_micrometre_is_told(tmp_path, make_grains):
    ome(tmp_path / "a.ome.tif", [make_grains()], IMAGE.format(k=0, size='PhysicalSizeX="1"', ifd=0))
    (found,) = describe(tmp_path / "a.ome.tif")
    assert found.pixel_size_nm == 1000 and "write for unknown" in found.notes[0]
