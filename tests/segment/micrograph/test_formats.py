"""Every format: vendor, pixel size, frames, pixels; and the traps seen in real files."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segment.errors import InputError, NotAnImageError, UnreadableError
from segment.micrograph import describe, read_micrographs


def test_every_format_states_its_pixel_size_and_frames(vendor_files, format_name, expected_of_format):
    vendor, pixel_size_nm, n_frames = expected_of_format
    path = vendor_files.build(format_name)
    found = list(read_micrographs(path))
    assert [m.vendor for m in found] == [vendor] * n_frames
    assert [m.n_frames for m in found] == [n_frames] * n_frames
    assert [m.frame for m in found] == list(range(n_frames))
    for m in found:
        assert m.conflicts == ()
        assert m.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        if pixel_size_nm is None:
            assert m.pixel_size_nm is None and m.pixel_size_source == "none"
        else:
            assert m.pixel_size_nm == pytest.approx(pixel_size_nm, rel=1e-5)
            assert m.pixel_size_source in ("metadata", "sidecar")
    assert len({m.digest for m in found}) == n_frames
    assert len({m.name for m in found}) == n_frames


def test_pixels_are_those_that_were_written(vendor_files, format_name, make_grains):
    """Exact in every lossless format; the seed of frame k is k."""
    found = list(read_micrographs(vendor_files.build(format_name)))
    for m in found:
        expected = make_grains(dtype=str(m.image.dtype), seed=m.frame)[: len(m.image)]
        assert m.image.shape == expected.shape
        if format_name == "jpeg":
            assert np.abs(m.image.astype(int) - expected).mean() < 5
        else:
            np.testing.assert_array_equal(m.image, expected)


@pytest.mark.parametrize("name", ["fei_tiff", "tescan_tag", "tescan_header", "jeol_sem"])
def test_info_bar_is_cut_by_the_stated_height(vendor_files, name):
    (info,) = describe(vendor_files.build(name))
    assert (info.info_bar_rows, info.info_bar_from, info.shape) == (12, "metadata", (68, 100))


def test_fei_file_saved_without_its_bar_keeps_all_rows(vendor_files):
    """DatabarHeight is stated, but the rows stored are the rows scanned."""
    (info,) = describe(vendor_files.build("fei_tiff", bar=12, rows=80))
    assert (info.info_bar_rows, info.shape) == (0, (80, 100))


def test_sidecar_is_named_as_the_source(vendor_files):
    for name in ("tescan_header", "jeol_sem", "hitachi", "hitachi_utf16"):
        (info,) = describe(vendor_files.build(name))
        assert info.pixel_size_source == "sidecar"


def test_zeiss_wrong_ap_pixel_size_loses_and_is_flagged(vendor_files):
    (info,) = describe(vendor_files.build("zeiss_tiff", wrong=5.0))
    assert info.pixel_size_nm == pytest.approx(2.5)
    (conflict,) = info.conflicts
    assert "ap_pixel_size" in conflict.rejected and "CZ_SEM[3]" in conflict.chosen
    assert conflict.ratio == pytest.approx(2.0)


def test_fei_field_width_that_disagrees_is_flagged(vendor_files):
    (info,) = describe(vendor_files.build("fei_tiff", hfw=3.0e-7))
    assert info.pixel_size_nm == pytest.approx(2.5)
    assert [c.ratio for c in info.conflicts] == pytest.approx([1.2])


def test_differences_within_three_percent_are_no_conflict(vendor_files):
    (info,) = describe(vendor_files.build("zeiss_tiff", wrong=2.57))
    assert info.conflicts == ()


def test_manual_size_wins_and_the_file_is_recorded(vendor_files):
    (m,) = read_micrographs(vendor_files.build("imagej_tiff"), pixel_size_nm=3.0)
    assert (m.pixel_size_nm, m.pixel_size_source) == (3.0, "manual")
    (conflict,) = m.conflicts
    assert conflict.ratio == pytest.approx(2.5 / 3)
    (m,) = read_micrographs(vendor_files.build("png"), pixel_size_nm=3.0)
    assert (m.pixel_size_nm, m.conflicts) == (3.0, ())


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_manual_size_must_be_a_length(vendor_files, size):
    with pytest.raises(InputError, match="above 0"):
        list(read_micrographs(vendor_files.build("png"), pixel_size_nm=size))


def test_dm4_with_a_unit_of_its_own_on_each_axis(vendor_files):
    """Seen in a real file: y = 2.0 A, x = 1.0 nm.  Five rows of 0.2 nm make one column of 1 nm."""
    path = vendor_files.build("dm4", units=("nm", "A"), sizes=(1.0, 2.0))
    (m,) = read_micrographs(path)
    assert m.pixel_size_nm == pytest.approx(0.2)
    assert m.image.shape == (80, 500)
    assert m.image.dtype == np.uint16
    assert any("0.2 nm height" in note and "1 nm width" in note for note in m.notes)


def test_dm4_stack_and_spectrum_image(vendor_files, make_grains):
    planes = np.stack([make_grains(dtype="uint16", seed=k) for k in range(3)])
    options = {"sizes": (2.5, 2.5, 1.0), "image": planes}
    found = list(read_micrographs(vendor_files.build("dm4", units=("nm", "nm", ""), **options)))
    assert len(found) == 3
    for m, plane in zip(found, planes, strict=True):
        np.testing.assert_array_equal(m.image, plane)
    with pytest.raises(NotAnImageError, match="spectrum"):
        describe(vendor_files.build("dm4", units=("nm", "nm", "eV"), **options))


def test_dm4_packed_colour(vendor_files, make_grains):
    """Words of blue, green, red, alpha."""
    channels = [make_grains(seed=k) for k in range(3)]
    packed = np.stack([*channels[::-1], np.zeros_like(channels[0])], axis=-1).view(np.uint32)[..., 0]
    (m,) = read_micrographs(vendor_files.build("dm4", image=packed, data_type=23))
    expected = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    np.testing.assert_allclose(m.image, expected, atol=0.51)


def test_bigtiff_of_a_vendor(vendor_files, make_grains):
    path = vendor_files.build("fei_tiff")
    with tifffile.TiffFile(path) as tiff:
        raw = tiff.pages.first.tags[34682].value
    assert raw["Scan"]["PixelWidth"] == pytest.approx(2.5e-9)
    text = "[Scan]\r\nPixelWidth=4e-9\r\nPixelHeight=4e-9\r\n"
    tags = [(34682, "s", 0, text, True)]
    tifffile.imwrite(path, make_grains(), bigtiff=True, extratags=tags, metadata=None)
    (info,) = describe(path)
    assert (info.vendor, info.pixel_size_nm) == ("fei_tiff", pytest.approx(4.0))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UnreadableError, match="truncated"):
        describe(path)


def test_nonsquare_pixels_keep_areas(tmp_path):
    """A rectangle 20 rows x 30 columns of 4 nm x 2 nm pixels covers 4800 nm²."""
    image = np.random.default_rng(0).integers(45, 55, (100, 120)).astype(np.uint8)
    image[40:60, 30:60] = 200
    path = tmp_path / "a.tif"
    metadata = {"axes": "YX", "PhysicalSizeX": 2.0, "PhysicalSizeXUnit": "nm"}
    metadata |= {"PhysicalSizeY": 4.0, "PhysicalSizeYUnit": "nm"}
    tifffile.imwrite(path, image, ome=True, metadata=metadata)
    (m,) = read_micrographs(path)
    assert m.pixel_size_nm == pytest.approx(2.0)
    assert (m.image > 125).sum() * m.pixel_size_nm**2 == pytest.approx(4800, rel=0.01)


@pytest.mark.parametrize(
    "name, options",
    [
        ("dm4", {"units": ("1/nm", "1/nm")}),
        ("dm3", {}),
        ("gatan_tiff", {"unit": "1/nm"}),
        ("imagej_tiff", {"unit": "1/nm"}),
        ("jeol_sightx", {"mode": "DIFF", "unit": "UnitType_Diffraction"}),
        ("velox_emd", {"unit": "1/m"}),
        ("ncem_emd", {"unit": "[n_m^-1]"}),
        ("ser", {"data_type": 0x4120}),
    ],
)
def test_diffraction_and_spectra_are_refused(vendor_files, name, options):
    if name == "dm3":
        name, options = "dm4", {"units": ("eV", ""), "image": np.ones((1, 2048), np.uint16)}
    with pytest.raises(NotAnImageError) as caught:
        list(read_micrographs(vendor_files.build(name, **options)))
    assert "diffraction" in caught.value.reason or "spectr" in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("unit, per_unit", [("inch", 300.0), ("pixel", 1.0), ("", 72.0)])
def test_imagej_dots_per_inch_are_no_scale(vendor_files, unit, per_unit):
    (info,) = describe(vendor_files.build("imagej_tiff", unit=unit, per_unit=per_unit))
    assert info.pixel_size_nm is None


@pytest.mark.parametrize("unit, per_unit", [("nm", 0.4), ("µm", 400.0), ("\\u00B5m", 400.0), ("mm", 4e5)])
def test_imagej_units(vendor_files, unit, per_unit):
    path = vendor_files.build("imagej_tiff", unit="um", per_unit=per_unit)
    raw = path.read_bytes()
    path.write_bytes(raw)
    tifffile.imwrite(
        path,
        tifffile.imread(path),
        description=f"ImageJ=1.54f\nunit={unit}\n".encode(),
        resolution=(per_unit, per_unit),
        resolutionunit="NONE",
        metadata=None,
    )
    (info,) = describe(path)
    assert info.pixel_size_nm == pytest.approx(2.5, rel=1e-4)


@pytest.mark.parametrize("cell", [None, 1.0])
def test_mrc_without_a_cell_states_no_size(vendor_files, cell):
    assert {i.pixel_size_nm for i in describe(vendor_files.build("mrc", cell_angstrom=cell))} == {None}


def test_ser_of_uncalibrated_metres_states_no_size(vendor_files):
    path = vendor_files.build("ser")
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<d", 2.5e-9), struct.pack("<d", 1.0)))
    (info,) = describe(path)
    assert info.pixel_size_nm is None


def test_sidecar_of_another_image_is_not_taken(vendor_files):
    path = vendor_files.build("hitachi")
    other = path.with_name("other.tif")
    path.rename(other)
    (info,) = describe(other)
    assert info.pixel_size_nm is None


def test_metadata_and_sidecar_that_disagree_are_flagged(vendor_files):
    path = vendor_files.build("fei_tiff")
    path.with_suffix(".txt").write_text("[SemImageFile]\nPixelSize=5.0\n")
    (info,) = describe(path)
    assert (info.vendor, info.pixel_size_nm) == ("fei_tiff", pytest.approx(2.5))
    (conflict,) = info.conflicts
    assert conflict.rejected.startswith("5 nm (sidecar PixelSize")


@pytest.mark.realdata
def test_real_files_say_what_is_expected(shared_data: Path):
    folder = shared_data / "microscope_files"
    expected = json.loads((folder / "expected.json").read_text())
    assert len(expected) >= 16
    for name, facts in expected.items():
        if "error" in facts:
            with pytest.raises(NotAnImageError, match=facts["error"].split(",")[0].split(":")[0]):
                describe(folder / name)
            continue
        info = describe(folder / name)[0]
        if facts["pixel_size_nm"] is None:
            assert info.pixel_size_nm is None, name
        else:
            assert info.pixel_size_nm == pytest.approx(facts["pixel_size_nm"], rel=1e-4), name
        if "shape" in facts:
            assert list(info.shape) == facts["shape"], name
    assert len(describe(folder / "ncempy_temp.mrc")) == 3
    assert describe(folder / "test_tiff_Zeiss_SEM_1k.tif")[0].info_bar_rows == 77


@pytest.mark.realdata
def test_real_files_truncated_anywhere_are_refused_or_read(shared_data: Path, tmp_path: Path):
    for path in sorted((shared_data / "microscope_files").glob("*.*")):
        if path.suffix == ".json":
            continue
        raw = path.read_bytes()
        for share in (0.0, 0.001, 0.01, 0.3, 0.7, 0.95, 0.999):
            cut = tmp_path / path.name
            cut.write_bytes(raw[: int(share * len(raw))])
            try:
                describe(cut)
            except InputError as error:
                assert error.reason and error.remedy


def test_unknown_bytes_are_refused_in_words(tmp_path):
    path = tmp_path / "note.tif"
    path.write_text("These are my notes on the specimen, not an image.\n" * 50)
    with pytest.raises(UnreadableError, match="no known microscope format"):
        describe(path)


@pytest.mark.parametrize("name, there", [("fei_tiff", b"supervisor"), ("zeiss_tiff", b"Zoom = Off")])
def test_user_text_in_any_code_page_does_not_cost_the_scale(vendor_files, name, there):
    """0x81 is a lead byte in GBK and Shift-JIS and nothing in cp1252."""
    path = vendor_files.build(name)
    raw = path.read_bytes()
    assert raw.count(there) == 1
    path.write_bytes(raw.replace(there, b"\x81\x40\x81\x41" + there[4:]))
    (info,) = describe(path)
    assert info.vendor == name
    assert info.pixel_size_nm == pytest.approx(2.5)
