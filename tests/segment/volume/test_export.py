"""Exported volumes read back, with their lengths."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest

from segment.errors import InputError
from segment.volume import VoxelSize, read_stack
from segment.volume.export import write_ome_zarr, write_stl, write_tiff, write_vti

SIZE = VoxelSize(5, 6, 20)


@pytest.fixture
def labels() -> np.ndarray:
    body = np.zeros((10, 20, 30), np.int32)
    body[2:8, 5:15, 5:25] = 3
    return body


def test_tiff_carries_its_voxel_size(tmp_path: Path, labels: np.ndarray) -> None:
    write_tiff(tmp_path / "a.labels.tif", labels, SIZE)
    found = read_stack(tmp_path / "a.labels.tif")
    assert np.array_equal(found.values, labels)
    assert found.voxel_size is not None
    assert found.voxel_size.xyz == pytest.approx(SIZE.xyz)


def test_vti_holds_cells_in_nanometres(tmp_path: Path, labels: np.ndarray) -> None:
    write_vti(tmp_path / "a.vti", {"grain": labels, "grey": labels.astype(np.uint8)}, SIZE)
    raw = (tmp_path / "a.vti").read_bytes()
    head, body = raw.split(b'<AppendedData encoding="raw">\n_', 1)
    assert b'WholeExtent="0 30 0 20 0 10"' in head
    assert b'Spacing="5 6 20"' in head
    offsets = [int(v) for v in re.findall(rb'offset="(\d+)"', head)]
    (size,) = struct.unpack_from("<Q", body, offsets[0])
    assert size == labels.nbytes
    assert np.array_equal(np.frombuffer(body, "<i4", labels.size, 8).reshape(labels.shape), labels)
    assert struct.unpack_from("<Q", body, offsets[1]) == (labels.size,)


def test_stl_is_closed_and_has_the_grains_volume(tmp_path: Path, labels: np.ndarray) -> None:
    write_stl(tmp_path / "a.stl", labels, 3, SIZE)
    raw = (tmp_path / "a.stl").read_bytes()
    (n,) = struct.unpack_from("<I", raw, 80)
    record = np.frombuffer(raw, np.dtype([("v", "<f4", (4, 3)), ("n", "<u2")]), n, 84)["v"].astype(float)
    a, b, c = record[:, 1], record[:, 2], record[:, 3]
    volume = abs((a * np.cross(b, c)).sum() / 6)
    assert volume == pytest.approx(6 * 10 * 20 * SIZE.volume, rel=0.05)
    assert record[:, 1:].reshape(-1, 3).min(axis=0) == pytest.approx([25, 30, 40], abs=1)
    with pytest.raises(InputError, match="no grain"):
        write_stl(tmp_path / "b.stl", labels, 9, SIZE)


def test_ome_zarr(tmp_path: Path, labels: np.ndarray) -> None:
    zarr = pytest.importorskip("zarr")
    write_ome_zarr(tmp_path / "a.zarr", labels, SIZE)
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="r")
    assert np.array_equal(group["0"][:], labels)
    (scale,) = group.attrs["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    assert scale["scale"] == [20, 6, 5]
    found = read_stack(tmp_path / "a.zarr")
    assert np.array_equal(found.values, labels)
    assert found.voxel_size == SIZE
