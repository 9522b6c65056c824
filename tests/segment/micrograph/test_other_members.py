"""Further members of kinds of files that are easy to misread: sign of bytes, channels, masks, maps."""

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
from segment.micrograph.grey import to_grey, without_no_data
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


@pytest.mark.parametrize(
    ("gain", "facts", "word"),
    [
        (3, {}, "at which they were cut off"),
        (3, {"low": -128, "high": 127}, ""),
        (1, {"flags": 0}, "IMOD's flag"),
        (1, {"low": 0, "high": 250}, "the range in the header"),
        (1, {}, "nothing else tells"),
    ],
)
def test_sign_of_mrc_bytes_that_jump_either_way(tmp_path, gain, facts, word):
    noise = np.random.default_rng(0).integers(8, 250, (96, 128)).astype(float) - 128
    pixels = np.clip(gain * noise + 128, 0, 255).astype(np.uint8)
    mrc(tmp_path / "a.mrc", pixels, 0, **facts)
    (read,) = read_micrographs(tmp_path / "a.mrc")
    assert (word in read.notes[0]) if word else not any("whole numbers" in note for note in read.notes)
    assert read.image.dtype == (np.uint8 if "nothing" not in word and word else np.int8)


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


def test_an_mrc_cell_that_no_grid_divides_states_no_size(tmp_path, make_grains):
    mrc(tmp_path / "a.mrc", make_grains(dtype="int16"), 1)
    raw = bytearray((tmp_path / "a.mrc").read_bytes())
    struct.pack_into("<3i3f", raw, 28, 1, 1, 1, 1600.0, 1600.0, 16.0)
    (tmp_path / "a.mrc").write_bytes(raw)
    assert describe(tmp_path / "a.mrc")[0].pixel_size_nm is None


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


def test_channels_of_one_area_are_read_once_and_stacks_stay(tmp_path, make_grains, write_imagej):
    fields = np.stack([make_grains((256, 320), seed=k) for k in range(3)])
    write_imagej(tmp_path / "stack.tif", fields, "nm", 0.5)  # tifffile calls these planes channels
    assert len(list(read_micrographs(tmp_path / "stack.tif"))) == 3
    both = np.stack([fields[:2], 255 - fields[:2]], axis=1)
    write_imagej(tmp_path / "hyper.tif", both, "nm", 0.5, axes="ZCYX")
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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_unsigned_numbers_that_were_stored_as_signed(tmp_path, make_grains, dtype):
    grey = make_grains((96, 128)).astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    tifffile.imwrite(tmp_path / "a.tif", grey.view(f"i{grey.itemsize}"), metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    np.testing.assert_array_equal(read.image, grey)
    assert "read as unsigned" in read.notes[0]


@pytest.mark.parametrize("quality", [None, 40, 80])
@pytest.mark.parametrize("span", [(0, 255), (16, 235)])
def test_a_picture_of_much_contrast_is_not_read_as_signed(tmp_path, make_grains, quality, span):
    """Black and white neighbours jump as well."""
    grey = cv2.GaussianBlur(make_grains((320, 320)), (0, 0), 1.0).astype(float)
    stretched = ((grey - grey.mean()) * 12 + 128).clip(*span).astype(np.uint8)
    if quality:
        packed = cv2.imencode(".jpg", stretched, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        stretched = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    assert to_grey(stretched)[0].dtype == np.uint8


@pytest.mark.parametrize(
    ("dtype", "level"),
    [("uint16", 65535), ("int16", -32768), ("float32", -9999), ("float32", 1e30), ("float64", 1.70141e38)],
)
def test_hot_pixels_and_numbers_for_no_data_are_masked(tmp_path, make_grains, dtype, level):
    image = make_grains((300, 300)).astype(dtype)
    far = np.zeros(image.shape, bool)
    far[100:160, 50:90] = far[200, ::37] = True
    image[far] = level
    tifffile.imwrite(tmp_path / "a.tif", image, metadata=None)
    (read,) = read_micrographs(tmp_path / "a.tif")
    np.testing.assert_array_equal(read.valid, ~far)
    assert "far from all others" in read.notes[0] and read.image.max() < 300


def test_bright_grains_of_a_dark_field_are_no_hot_pixels(make_grains):
    rng = np.random.default_rng(0)
    dark = rng.normal(100, 5, (300, 300))
    bright = cv2.GaussianBlur((rng.random((300, 300)) > 0.999) * 4e5, (0, 0), 1.5)
    assert without_no_data((dark + bright).astype(np.uint16))[1] is None


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


@pytest.mark.parametrize("quality", [75, 90])
def test_a_tracing_in_jpeg_is_neither_signed_nor_a_micrograph(tmp_path, quality):
    cells = poisson_voronoi_plane((400, 400), 1 / 900, np.random.default_rng(3)).grain_map().labels
    lines = cv2.dilate(on_edges(cells).astype(np.uint8) * 255, np.ones((2, 2), np.uint8))
    cv2.imwrite(str(tmp_path / "a.jpg"), lines, [cv2.IMWRITE_JPEG_QUALITY, quality])
    with pytest.raises(InputError, match="not a micrograph"):
        list(read_micrographs(tmp_path / "a.jpg"))


def said_of(path: Path, grey: np.ndarray, quality: int | None) -> str:
    cv2.imwrite(str(path), grey, [] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality])
    return " ".join(describe(path)[0].notes)


@pytest.mark.parametrize("quality", [None, 80, 50])
@pytest.mark.parametrize("black", [True, False])
def test_a_soft_tracing_is_told(tmp_path, quality, black):
    cells = poisson_voronoi_plane((1200, 1200), 1 / 3600, np.random.default_rng(3)).grain_map().labels
    lines = cv2.dilate(on_edges(cells).astype(np.uint8) * 255, np.ones((6, 6), np.uint8))
    lines = cv2.resize(lines, (400, 400), interpolation=cv2.INTER_AREA)
    path = tmp_path / ("a.png" if quality is None else "a.jpg")
    assert "as in a tracing" in said_of(path, 255 - lines if black else lines, quality)


@pytest.mark.parametrize("quality", [None, 80])
def test_a_map_of_distances_is_told(tmp_path, quality):
    cells = poisson_voronoi_plane((400, 400), 1 / 900, np.random.default_rng(3)).grain_map().labels
    far = cv2.distanceTransform((~on_edges(cells)).astype(np.uint8), cv2.DIST_L2, 5)
    grey = (far * (255 / far.max())).astype(np.uint8)
    assert "a map of distances" in said_of(
        tmp_path / ("a.png" if quality is None else "a.jpg"), grey, quality
    )


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_white_grains_with_dark_boundaries_resemble_no_tracing(tmp_path, noise):
    """An etched steel: its grains are never of exactly one grey."""
    rng = np.random.default_rng(3)
    cells = poisson_voronoi_plane((400, 400), 1 / 900, rng).grain_map().labels
    grey = rng.normal(230, 4, cells.max() + 1)[cells] + rng.normal(0, noise, cells.shape)
    grey[on_edges(cells)] = 40
    etched = np.clip(cv2.GaussianBlur(grey, (0, 0), 0.8), 0, 255).astype(np.uint8)
    assert "tracing" not in said_of(tmp_path / "a.png", etched, None)
