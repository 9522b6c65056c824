"""Open a stack: the file or folder, its voxel size, and what is wrong with its slices."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from segment.errors import InputError, UncalibratedError, UnreadableError
from segment.file_kind import check_the_path
from segment.micrograph.open_tiff import open_tiff
from segment.volume import read_folder, read_hdf5, read_mrc, read_npy, read_nrrd, read_tiff, read_zarr
from segment.volume.stack import GreyVolume, VoxelSize

_AGREE = 0.02  #: relative difference of two statements of the voxel size that is no conflict
FEWEST_SLICES = 2  #: of a stack: one is a micrograph
FILES = (read_tiff, read_mrc, read_hdf5, read_nrrd, read_npy)  #: readers of single files


def read_stack(
    path: Path | str, *, voxel_size: VoxelSize | None = None, dataset: str | None = None
) -> GreyVolume:
    """Read a stack of slices as one volume.

    Parameters
    ----------
    path : path
        A multi-page TIFF (plain, ImageJ, OME), a folder of slices in natural order, MRC, HDF5 or NeXus,
        NRRD, or NPY.
    voxel_size : VoxelSize, optional
        Stands before what the file says; a conflict becomes a warning.
    dataset : str, optional
        Path of the dataset inside an HDF5 file; without it the only (or largest) one of three dimensions.

    Raises
    ------
    UnreadableError
        No stack, of no known format, damaged, or with slices of unequal size.
    UncalibratedError
        Neither the file nor the caller says the voxel size.
    """
    path = Path(path)
    if not path.exists():
        raise UnreadableError(path, "no such file or folder", check_the_path(path))
    reader: Any = _reader_of(path)
    if reader is None:
        raise UnreadableError(
            path,
            "of no known stack format",
            "Give a multi-page TIFF, a folder of slices, MRC, HDF5, NRRD or NPY",
        )
    try:
        found = reader.read(path, dataset) if reader is read_hdf5 else reader.read(path)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # a damaged file raises nearly anything
        raise UnreadableError(path, f"it cannot be read ({error})", "Export or copy it again") from error
    return _checked(found, voxel_size)


def is_stack_file(path: Path) -> bool:
    """A file that holds a volume: MRC, HDF5, NRRD, OME-Zarr, or a TIFF of several pages."""
    reader = _reader_of(path)
    if reader is not read_tiff:
        return reader in (read_zarr, read_mrc, read_hdf5, read_nrrd)
    try:
        with open_tiff(path) as tiff:
            return len(tiff.pages) > 1
    except InputError:
        return False


def is_tiff(path: Path) -> bool:
    """A file with a suffix of TIFF, of one page or several."""
    return _reader_of(path) is read_tiff


def _reader_of(path: Path) -> ModuleType | None:
    """The module that reads a folder, or a file by its suffix."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return read_zarr if suffix == ".zarr" else read_folder
    return next((r for r in FILES if path.is_file() and suffix in r.SUFFIXES), None)


def _checked(found: GreyVolume, voxel_size: VoxelSize | None) -> GreyVolume:
    """Three dimensions of real numbers, and a voxel size whose source is named."""
    values = found.values
    if values.ndim != 3:
        raise UnreadableError(
            found.source,
            f"it has {values.ndim} dimensions, a stack has three",
            "Give one channel and one time of the stack",
        )
    if values.shape[0] < FEWEST_SLICES:
        raise UnreadableError(
            found.source,
            "it holds one slice only",
            "A single image goes to `grainstats measure` or `grainstats run`",
        )
    if values.dtype.kind not in "buif":
        raise UnreadableError(found.source, "its voxels are no real numbers", "Export a real-valued stack")
    stated, warnings, reason = found.voxel_size, found.warnings, "it does not say its voxel size"
    if stated is not None and not stated.possible:
        reason = f"its voxels read as {_size(stated)} nm, which no microscope has"
        stated, warnings = None, (*warnings, f"{reason}: not taken")
    if voxel_size is None and stated is None:
        raise UncalibratedError(found.source, reason, "Give --voxel-size X Y Z in nanometres")
    if voxel_size is None:
        return found
    if stated is not None and not np.allclose(stated.xyz, voxel_size.xyz, rtol=_AGREE):
        told = f"the file says voxels of {_size(stated)} nm; {_size(voxel_size)} nm are given and taken"
        warnings += (told,)
    return replace(found, voxel_size=voxel_size, voxel_size_source="given by the user", warnings=warnings)


def _size(size: VoxelSize) -> str:
    return " x ".join(f"{edge:g}" for edge in size.xyz)
