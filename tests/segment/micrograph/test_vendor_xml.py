"""Pixel sizes in the XML of Phenom and Thermo Fisher: other spellings, and pictures of another size."""

from __future__ import annotations

import pytest
import tifffile

from segment.micrograph import describe


@pytest.mark.parametrize(
    "xml",
    [
        "<F><pixelWidth type='x' unit='nm'>1.6</pixelWidth><pixelHeight unit='nm'>1.6</pixelHeight></F>",
        '<p:F xmlns:p="y"><p:pixelWidth unit="mm">1.6e-06</p:pixelWidth></p:F>',
        '<F><pixelWidth unit = "µm">0,0016</pixelWidth></F>',
    ],
)
@pytest.mark.parametrize(("code", "encoding"), [(34683, "utf-8"), (34682, "utf-16")])
def test_phenom_in_other_spellings(tmp_path, make_grains, xml, code, encoding):
    raw = xml.encode(encoding) + bytes(400)
    tags = [(code, 7, len(raw), raw, True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), metadata=None, extratags=tags)
    assert describe(tmp_path / "a.tif")[0].pixel_size_nm == pytest.approx(1.6)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("other", "told"), [("<cam>{}</cam>", True), ("<!-- {} -->", False)])
def test_another_size_in_the_xml_of_phenom(tmp_path, make_grains, first, other, told):
    beam = '<pixelWidth unit="nm">1.6</pixelWidth><pixelHeight unit="nm">1.6</pixelHeight>'
    camera = other.format(beam.replace("nm", "um"))
    raw = f"<F>{camera + beam if first else beam + camera}</F>".encode()
    tags = [(34683, 7, len(raw), raw, True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains(), metadata=None, extratags=tags)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == pytest.approx(1.6) and bool(found.conflicts) == told


THERMO = (
    '<Metadata><Optics>{field}</Optics><BinaryResult>{size}<PixelSize><X unit="m">1.6e-09</X>'
    '<Y unit="m">1.6e-09</Y></PixelSize></BinaryResult></Metadata>'
)
IMAGE_SIZE = "<ImageSize><X>256</X><Y>192</Y></ImageSize>"
FIELD = '<ScanFieldOfView><X unit="m">4.096e-07</X><Y unit="m">3.072e-07</Y></ScanFieldOfView>'


@pytest.mark.parametrize(
    "sides",
    [
        '<PixelSize unit="nm"><X>1.6</X><Y>1.6</Y></PixelSize>',
        '<PixelSize><Y unit="m">1.6e-9</Y>\n<X unit="m">1.6e-9</X></PixelSize>',
        "<PixelSize><X type='f' unit='um'>0,0016</X></PixelSize>",
    ],
)
def test_thermo_xml_in_other_spellings(tmp_path, make_grains, sides):
    raw = (
        f"<Metadata><BinaryResult>{sides}<ImageSize><X>100</X></ImageSize></BinaryResult></Metadata>".encode()
    )
    tifffile.imwrite(
        tmp_path / "a.tif", make_grains(), metadata=None, extratags=[(34683, 7, len(raw), raw, True)]
    )
    assert describe(tmp_path / "a.tif")[0].pixel_size_nm == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("shape", "size", "field", "expected", "conflict"),
    [
        ((192, 256), IMAGE_SIZE, FIELD, 1.6, False),
        ((210, 256), IMAGE_SIZE, "", 1.6, False),  # a bar below
        ((96, 128), IMAGE_SIZE, FIELD, None, False),  # resized or cropped
        ((384, 512), IMAGE_SIZE, FIELD, 0.8, False),  # resized
        ((150, 128), IMAGE_SIZE, FIELD, 1.6, True),  # cropped, both readings named
        ((96, 128), "", FIELD, 1.6, True),  # no size of its own, but the width of the field
        ((192, 256), "", FIELD, 1.6, False),
    ],
)
def test_thermo_xml_of_a_picture_of_another_size(
    tmp_path, make_grains, shape, size, field, expected, conflict
):
    raw = THERMO.format(size=size, field=field).encode()
    tags = [(34683, 7, len(raw), raw, True)]
    tifffile.imwrite(tmp_path / "a.tif", make_grains(shape), metadata=None, extratags=tags)
    (found,) = describe(tmp_path / "a.tif")
    assert found.pixel_size_nm == (None if expected is None else pytest.approx(expected))
    assert bool(found.conflicts) == conflict
