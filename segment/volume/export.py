"""Volumes as files that ParaView, napari and Fiji open: TIFF, VTK image data, OME-Zarr, STL."""

import struct
from pathlib import Path

import numpy as np

from segment.errors import InputError, install_extra
from segment.volume.stack import VoxelSize

_VTK = {"uint8": "UInt8", "uint16": "UInt16", "int32": "Int32", "uint32": "UInt32", "float32": "Float32"}


def write_tiff(path: Path, values: np.ndarray, voxel_size: VoxelSize) -> None:
    """A multi-page OME-TIFF with its voxel size, compressed.

    Labels above 65535 are kept as uint32.
    """
    import tifffile

    dtype = values.dtype
    if dtype.kind == "i":
        dtype = np.dtype(np.uint16 if values.max() < 1 << 16 else np.uint32)
    x, y, z = (edge / 1000 for edge in voxel_size.xyz)
    told = {"axes": "ZYX", "PhysicalSizeX": x, "PhysicalSizeY": y, "PhysicalSizeZ": z}
    told |= {f"PhysicalSize{axis}Unit": "µm" for axis in "XYZ"}
    tifffile.imwrite(
        path,
        (image.astype(dtype) for image in values),
        shape=values.shape,
        dtype=dtype,
        ome=True,
        metadata=told,
        compression="zlib",
        bigtiff=values.nbytes > 1 << 31,
    )


def write_vti(path: Path, arrays: dict[str, np.ndarray], voxel_size: VoxelSize) -> None:
    """VTK image data (.vti), the arrays as cells, raw and appended; lengths in nanometres.

    The arrays are of one shape (slices, rows, columns), of uint8, uint16, int32, uint32 or float32.
    """
    shape = next(iter(arrays.values())).shape
    extent = " ".join(f"0 {n}" for n in shape[::-1])
    spacing = " ".join(f"{edge:g}" for edge in voxel_size.xyz)
    offset, tags = 0, []
    for name, values in arrays.items():
        kind = _VTK[values.dtype.name]
        tags.append(f'<DataArray type="{kind}" Name="{name}" format="appended" offset="{offset}"/>')
        offset += 8 + values.nbytes
    head = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing}">\n'
        f'<Piece Extent="{extent}"><CellData Scalars="{next(iter(arrays))}">\n'
        + "\n".join(tags)
        + "\n</CellData></Piece>\n</ImageData>\n"
        '<AppendedData encoding="raw">\n_'
    )
    with path.open("wb") as file:
        file.write(head.encode())
        for values in arrays.values():
            file.write(struct.pack("<Q", values.nbytes))
            for image in values:
                file.write(np.ascontiguousarray(image, image.dtype.newbyteorder("<")).tobytes())
        file.write(b"\n</AppendedData>\n</VTKFile>\n")


def write_stl(path: Path, labels: np.ndarray, label: int, voxel_size: VoxelSize) -> None:
    """Surface of one grain as a binary STL, in nanometres, closed where the frame cuts it.

    `InputError`: no voxel carries the label.
    """
    from skimage.measure import marching_cubes

    where = np.argwhere(labels == label)
    if not len(where):
        raise InputError(str(label), "there is no grain of this label", "Look it up in grains.csv")
    low, high = where.min(axis=0), where.max(axis=0) + 1
    body = np.pad(labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] == label, 1)
    points, faces, _, _ = marching_cubes(  # type: ignore[no-untyped-call]
        body.astype(np.float32), 0.5, spacing=voxel_size.zyx
    )
    points = (points + (low - 0.5) * np.array(voxel_size.zyx))[:, ::-1]
    corners = points[faces].astype("<f4")
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    record = np.zeros(len(faces), np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("n", "<u2")]))
    record["normal"], record["corners"] = normal, corners
    with path.open("wb") as file:
        file.write(f"grain {label}, nanometres".encode().ljust(80))
        file.write(struct.pack("<I", len(faces)) + record.tobytes())


def write_ome_zarr(path: Path, values: np.ndarray, voxel_size: VoxelSize) -> None:
    """OME-Zarr (NGFF 0.4, one resolution); needs the package zarr.

    `InputError`: zarr is not installed.
    """
    try:
        import zarr
    except ImportError as error:
        raise InputError("OME-Zarr", "the package zarr is not installed", install_extra("zarr")) from error
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    array = group.create_array("0", shape=values.shape, dtype=values.dtype, chunks=(64, 64, 64))
    array[:] = values
    scale = [{"type": "scale", "scale": list(voxel_size.zyx)}]
    group.attrs["multiscales"] = [
        {
            "version": "0.4",
            "axes": [{"name": n, "type": "space", "unit": "nanometer"} for n in "zyx"],
            "datasets": [{"path": "0", "coordinateTransformations": scale}],
        }
    ]
