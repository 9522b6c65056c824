"""Multi-page TIFF: plain, ImageJ and OME stacks."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from segment.errors import InputError, UnreadableError
from segment.micrograph.length_units import to_nm
from segment.micrograph.open_tiff import open_tiff, quiet_tifffile
from segment.volume.read_folder import grey_slice
from segment.volume.stack import GreyVolume, VoxelSize

NATIVE = "<" if sys.byteorder == "little" else ">"
SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
_STACK_AXES = "ZIQ"  # depth, and tifffile's names for pages of unknown meaning
_NOT_DEPTH = {"T": "times", "C": "channels"}


def read(path: Path) -> GreyVolume:
    """The pages of a TIFF as slices.

    `UnreadableError`: damaged, slices of unequal size, colours, channels or times.
    """
    with open_tiff(path) as tiff, quiet_tifffile():
        _check_pages(path, tiff)
        series = tiff.series[0]
        if len(tiff.series) > 1 and {(s.axes, s.shape, s.dtype) for s in tiff.series} == {
            ("YX", series.shape, series.dtype)
        }:  # slices written one after the other, each as an image of its own
            values = _stacked(path, [s.pages[0] for s in tiff.series])
        else:
            shape = _depth_first(path, series.axes, series.shape)
            values = _pixels(path, tiff, series).reshape(shape)
        size, source = _voxel_size(tiff)
    return GreyVolume(values, size, str(path), source)


def _check_pages(path: Path, tiff: Any) -> None:
    """Every page has the size of the first; tifffile would sort them into several series in silence."""
    first = tiff.pages.first.shape
    for k in range(1, len(tiff.pages)):
        page = tiff.pages[k]
        page = page.aspage() if hasattr(page, "aspage") else page
        if page.shape != first and not page.subfiletype & 5:
            raise UnreadableError(
                path,
                f"slice {k + 1} measures {_size(page.shape)}, the first {_size(first)}",
                "Give slices of one size",
            )


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape[1::-1])


def _depth_first(path: Path, axes: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Lengths of the axes, without those of length 1 and colours; depth must come first."""
    kept = [(a, n) for a, n in zip(axes, shape, strict=True) if a in "YX" or (n > 1 and a != "S")]
    names, sizes = "".join(a for a, _ in kept), tuple(n for _, n in kept)
    for name, word in _NOT_DEPTH.items():
        if name in names:
            raise UnreadableError(
                path,
                f"it is a stack of {word}, not of slices",
                "Give one of them, or export the slices alone",
            )
    if len(names) == 2:
        names, sizes = "Z" + names, (1, *sizes)
    if len(names) != 3 or names[0] not in _STACK_AXES or names[1:] != "YX":
        raise UnreadableError(path, f"its axes are {axes}, not slices of images", "Export a plain stack")
    return sizes


def _pixels(path: Path, tiff: Any, series: Any) -> np.ndarray:
    """A memory map where the pixels lie in one piece, otherwise slices one by one."""
    coloured = "S" in series.axes
    if series.dataoffset is not None and tiff.byteorder == NATIVE and not coloured:
        return np.asarray(
            tiff.filehandle.memmap_array(series.dtype, series.shape, series.dataoffset, mode="r")
        )
    pages = [p for p in series.pages if p is not None]
    if coloured:
        return np.stack([grey_slice(path, page.asarray()) for page in pages])
    if len(pages) * int(np.prod(pages[0].shape)) != int(np.prod(series.shape)):
        return np.asarray(series.asarray())
    return _stacked(path, pages)


def _stacked(path: Path, pages: list[Any]) -> np.ndarray:
    """Pages of one size, damaged ones named."""
    out = np.empty((len(pages), *pages[0].shape), pages[0].dtype.newbyteorder("="))
    for k, page in enumerate(pages):
        try:
            out[k] = page.asarray()
        except InputError:
            raise
        except Exception as error:  # whatever a codec raises
            raise UnreadableError(
                path, f"slice {k + 1} is damaged ({error})", "Export the stack again, or leave that slice out"
            ) from error
    return out


def _voxel_size(tiff: Any) -> tuple[VoxelSize | None, str]:
    """From OME-XML, from ImageJ's description, or None; TIFF resolution alone tells nothing of z."""
    if tiff.is_ome and tiff.ome_metadata:
        return _ome_size(tiff.ome_metadata), "OME-XML"
    if tiff.is_imagej and tiff.imagej_metadata:
        return _imagej_size(tiff), "ImageJ"
    return None, "unknown"


def _ome_size(text: str) -> VoxelSize | None:
    """PhysicalSizeX, Y, Z; their unit is µm where none is written (OME 2016-06)."""
    edges = []
    for axis in "XYZ":
        value = re.search(rf'\bPhysicalSize{axis}="([^"]+)"', text)
        unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]+)"', text)
        edges.append(to_nm(value.group(1), unit.group(1) if unit else "um") if value else None)
    return VoxelSize.of(*edges)


def _imagej_size(tiff: Any) -> VoxelSize | None:
    """Resolution tags in pixels per `unit`, and `spacing` from slice to slice."""
    told = tiff.imagej_metadata
    unit = str(told.get("unit", ""))
    edges: list[float | None] = []
    for name in ("XResolution", "YResolution"):
        tag = tiff.pages.first.tags.get(name)
        many, few = tag.value if tag is not None else (0, 1)
        edges.append(to_nm(few / many, unit) if many and few else None)
    edges.append(to_nm(told["spacing"], unit) if "spacing" in told else None)
    return VoxelSize.of(*edges)
