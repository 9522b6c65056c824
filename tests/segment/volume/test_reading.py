"""Stacks in every format give the same voxels, and faults are named."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from segment.errors import UncalibratedError, UnreadableError
from segment.volume import VoxelSize, read_stack
from segment.volume.stack import let_go

SIZE = VoxelSize(10, 12, 25)


@pytest.fixture
def stack() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (12, 20, 30), dtype=np.uint8)


def write_mrc(path: Path, stack: np.ndarray, edges_nm: tuple[float, float, float]) -> None:
    """A little-endian MRC2014 file of mode 6."""
    z, y, x = stack.shape
    head = bytearray(1024)
    struct.pack_into("<4i", head, 0, x, y, z, 6)
    struct.pack_into("<3i", head, 28, x, y, z)
    struct.pack_into("<3f", head, 40, *(n * e * 10 for n, e in zip((x, y, z), edges_nm, strict=True)))
    head[208:212] = b"MAP "
    path.write_bytes(bytes(head) + stack.astype("<u2").tobytes())


def test_plain_tiff_npy_and_compressed_tiff(tmp_path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.tif", stack)
    tifffile.imwrite(tmp_path / "b.tif", stack, compression="zlib")
    np.save(tmp_path / "c.npy", stack)
    with tifffile.TiffWriter(tmp_path / "d.tif") as writer:
        for image in stack:
            writer.write(image, compression="zlib")  # to tifffile each is a series of its own
    for name in ("a.tif", "b.tif", "c.npy", "d.tif"):
        found = read_stack(tmp_path / name, voxel_size=SIZE)
        assert np.array_equal(found.values, stack), name
        assert found.voxel_size == SIZE


def test_voxel_size_from_metadata(tmp_path: Path, stack: np.ndarray) -> None:
    ome = {"axes": "ZYX", "PhysicalSizeX": 0.01, "PhysicalSizeY": 0.012, "PhysicalSizeZ": 0.025}
    tifffile.imwrite(tmp_path / "a.ome.tif", stack, ome=True, metadata=ome)
    tifffile.imwrite(
        tmp_path / "b.tif",
        stack,
        imagej=True,
        resolution=(1 / 0.01, 1 / 0.012),
        metadata={"axes": "ZYX", "spacing": 0.025, "unit": "um"},
    )
    write_mrc(tmp_path / "c.mrc", stack, SIZE.xyz)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["volumes/labels"] = stack
        file["volumes/labels"].attrs["element_size_um"] = [0.025, 0.012, 0.01]
    for name in ("a.ome.tif", "b.tif", "c.mrc", "d.h5"):
        found = read_stack(tmp_path / name)
        assert np.array_equal(found.values, stack), name
        assert found.voxel_size is not None
        assert found.voxel_size.xyz == pytest.approx(SIZE.xyz, rel=1e-5), name


def test_unsigned_bytes_of_mrc_are_not_wrapped(tmp_path: Path) -> None:
    """Mode 0 is signed by the standard, unsigned in files of many programs: the smoother reading counts."""
    ramp = np.broadcast_to(np.linspace(40, 220, 30).astype(np.uint8), (12, 20, 30))
    write_mrc(tmp_path / "a.mrc", ramp, SIZE.xyz)
    raw = (tmp_path / "a.mrc").read_bytes()
    (tmp_path / "a.mrc").write_bytes(raw[:12] + struct.pack("<i", 0) + raw[16:1024] + ramp.tobytes())
    found = read_stack(tmp_path / "a.mrc")
    assert np.array_equal(found.values, ramp)
    assert "unsigned" in found.warnings[0]


def test_nexus_says_its_signal_and_axes(tmp_path: Path, stack: np.ndarray) -> None:
    with h5py.File(tmp_path / "a.nxs", "w") as file:
        file.attrs["default"] = "entry"
        file.create_group("entry").attrs["default"] = "data"
        group = file["entry"].create_group("data")
        group.attrs.update({"signal": "grey", "axes": ["z", "y", "x"]})
        group["grey"], group["another"] = stack, np.zeros((40, 40, 40))
        for name, n, edge in zip("zyx", stack.shape, SIZE.zyx, strict=True):
            group[name] = np.arange(n) * edge / 1000
            group[name].attrs["units"] = "um"
    found = read_stack(tmp_path / "a.nxs")
    assert np.array_equal(found.values, stack)
    assert found.voxel_size is not None
    assert found.voxel_size.xyz == pytest.approx(SIZE.xyz)


@pytest.mark.parametrize("flat", [False, True])
def test_feature_ids_of_dream3d(tmp_path: Path, stack: np.ndarray, flat: bool) -> None:
    with h5py.File(tmp_path / "v.dream3d", "w") as file:
        image = file.create_group("DataContainers/Image")
        image["_SIMPL_GEOMETRY/DIMENSIONS"] = np.array(stack.shape[::-1])
        image["_SIMPL_GEOMETRY/SPACING"] = np.array([0.01, 0.02, 0.05])
        ids = stack.astype(np.int32)
        image["CellData/FeatureIds"] = ids.ravel() if flat else ids[..., None]
        image["CellData/Quats"] = np.zeros((*stack.shape, 4))
    found = read_stack(tmp_path / "v.dream3d")
    np.testing.assert_array_equal(found.values, stack)
    assert found.voxel_size is not None and found.is_labels
    assert found.voxel_size.xyz == pytest.approx((10, 20, 50)) and "micrometres" in found.warnings[0]


def test_a_default_that_leads_to_itself_is_no_loop(tmp_path: Path, stack: np.ndarray) -> None:
    with h5py.File(tmp_path / "a.nxs", "w") as file:
        file.attrs["default"] = "."
        file["grey"] = stack
    assert np.array_equal(read_stack(tmp_path / "a.nxs", voxel_size=SIZE).values, stack)


def test_voxel_size_is_never_guessed(tmp_path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.tif", stack, resolution=(1e6, 1e6), resolutionunit="CENTIMETER")
    with pytest.raises(UncalibratedError, match="--voxel-size"):
        read_stack(tmp_path / "a.tif")


def test_a_voxel_size_that_no_microscope_has(tmp_path: Path, stack: np.ndarray) -> None:
    """ImageJ's `unit=cm` made from the 72 dpi of a screen."""
    told = {"axes": "ZYX", "spacing": 1.0, "unit": "cm"}
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, resolution=(28.35, 28.35), metadata=told)
    with pytest.raises(UncalibratedError, match="no microscope"):
        read_stack(tmp_path / "a.tif")
    assert "not taken" in read_stack(tmp_path / "a.tif", voxel_size=SIZE).warnings[0]


@pytest.mark.parametrize("name", ["a.h5", "a.npy", "a.nrrd", "a.mrc", "a.tif"])
def test_damaged_stacks_are_refused_in_words(tmp_path: Path, stack: np.ndarray, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x93NUMPY" + bytes(300))
    with pytest.raises(UnreadableError, match=name):
        read_stack(path, voxel_size=SIZE)


def test_a_voxel_size_in_words_is_none(tmp_path: Path, stack: np.ndarray) -> None:
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["grey"] = stack
        file["grey"].attrs["element_size_um"] = "about ten"
    with pytest.raises(UncalibratedError):
        read_stack(tmp_path / "b.h5")
    assert read_stack(tmp_path / "b.h5", voxel_size=SIZE).voxel_size == SIZE


def test_conflict_with_the_file_is_a_warning(tmp_path: Path, stack: np.ndarray) -> None:
    write_mrc(tmp_path / "c.mrc", stack, (5, 5, 5))
    found = read_stack(tmp_path / "c.mrc", voxel_size=SIZE)
    assert found.voxel_size == SIZE
    assert "5 x 5 x 5" in found.warnings[0]


def test_folder_in_natural_order_with_gap_and_damage(tmp_path: Path, stack: np.ndarray) -> None:
    for k, image in enumerate(stack):
        if k != 4:
            Image.fromarray(image).save(tmp_path / f"s_{k}.png")
    (tmp_path / "s_7.png").write_bytes(b"no image")
    found = read_stack(tmp_path, voxel_size=SIZE)
    assert found.values.shape == stack.shape
    kept = [k for k in range(12) if k not in (4, 7)]
    assert np.array_equal(found.values[kept], stack[kept])
    told = " ".join(found.warnings)
    assert "filled with a neighbour: 5" in told
    assert "s_7.png is damaged" in told


def test_slices_named_by_the_clock_are_taken_in_order(tmp_path: Path, stack: np.ndarray) -> None:
    for k, image in enumerate(stack):
        Image.fromarray(image).save(tmp_path / f"s_20240105{120000 + 137 * k + k % 3}.png")
    found = read_stack(tmp_path, voxel_size=SIZE)
    assert np.array_equal(found.values, stack)
    assert "no counts" in found.warnings[0]


def test_slices_of_unequal_size_are_refused(tmp_path: Path, stack: np.ndarray) -> None:
    for k, image in enumerate(stack):
        Image.fromarray(image if k != 5 else image[:10]).save(tmp_path / f"s_{k}.png")
    with pytest.raises(UnreadableError, match=r"s_5\.png"):
        read_stack(tmp_path, voxel_size=SIZE)
    with tifffile.TiffWriter(tmp_path / "pages.tif") as writer:
        for k, image in enumerate(stack):
            writer.write(image if k != 5 else image[:10])
    with pytest.raises(UnreadableError, match="slice 6"):
        read_stack(tmp_path / "pages.tif", voxel_size=SIZE)


def test_what_is_no_stack_is_refused(tmp_path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "one.tif", stack[0])
    tifffile.imwrite(tmp_path / "times.tif", stack, imagej=True, metadata={"axes": "TYX"})
    (tmp_path / "text.txt").write_text("no")
    for name, words in (("one.tif", "one slice"), ("times.tif", "times"), ("text.txt", "no known stack")):
        with pytest.raises(UnreadableError, match=words):
            read_stack(tmp_path / name, voxel_size=SIZE)


def test_other_byte_order_and_grey_colours(tmp_path: Path, stack: np.ndarray) -> None:
    wide = stack.astype(np.uint16) * 200
    for order in "<>":
        tifffile.imwrite(tmp_path / "order.tif", wide, byteorder=order)
        values = read_stack(tmp_path / "order.tif", voxel_size=SIZE).values
        assert np.array_equal(values, wide)
        let_go(values)
        assert np.array_equal(values, wide)
    coloured = np.repeat(stack[..., None], 3, axis=3)
    tifffile.imwrite(tmp_path / "grey.tif", coloured, photometric="rgb")
    assert np.array_equal(read_stack(tmp_path / "grey.tif", voxel_size=SIZE).values, stack)
    coloured[..., 1] //= 2
    tifffile.imwrite(tmp_path / "colour.tif", coloured, photometric="rgb")
    with pytest.raises(UnreadableError, match="colours"):
        read_stack(tmp_path / "colour.tif", voxel_size=SIZE)


def test_a_name_unlike_the_others_is_left_out(tmp_path: Path, stack: np.ndarray) -> None:
    for k in range(12):
        tifffile.imwrite(tmp_path / f"s{k}.tif", stack[k % len(stack)])
    tifffile.imwrite(tmp_path / "overview1.tif", stack[0])
    found = read_stack(tmp_path, voxel_size=SIZE)
    assert len(found.values) == 12 and "overview1.tif" in found.warnings[0]


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("detached", [False, True])
def test_nrrd(tmp_path: Path, stack: np.ndarray, encoding: str, detached: bool) -> None:
    z, y, x = stack.shape
    head = (
        f"NRRD0005\n# made\ntype: unsigned short\ndimension: 3\nsizes: {x} {y} {z}\nendian: big\n"
        f"encoding: {encoding}\nspace dimension: 3\nspace directions: (10,0,0) (0,0,12) (0,-25,0)\n"
        'space units: "nm" "nm" "nm"\nkey:=value\n' + ("data file: it.raw\n" if detached else "\n")
    )
    data = stack.astype(">u2").tobytes()
    data = gzip.compress(data) if encoding == "gzip" else data
    path = tmp_path / ("it.nhdr" if detached else "it.nrrd")
    path.write_bytes(head.encode() + (b"" if detached else data))
    (tmp_path / "it.raw").write_bytes(data)
    found = read_stack(path)
    assert np.array_equal(found.values, stack)
    assert found.voxel_size is not None and found.voxel_size.xyz == (10, 12, 25)
    with pytest.raises(UncalibratedError):  # a length without a unit is no voxel size
        path.write_bytes(path.read_bytes().replace(b'space units: "nm" "nm" "nm"\n', b""))
        read_stack(path)
    short = tmp_path / "it.raw" if detached else path
    short.write_bytes(short.read_bytes()[:-40])
    with pytest.raises(UnreadableError, match="too short"):
        read_stack(path, voxel_size=SIZE)
