"""The two things that pass between the rooms in three dimensions: grey values, and grains."""

import mmap
from dataclasses import dataclass
from typing import Self

import numpy as np

from segment.micrograph.pixel_size import LARGEST_NM, SMALLEST_NM

MOST_PHASES = 3  #: void, solid and second phase
_MOST_STRETCHED = 300.0  #: longest over shortest edge of a voxel; units that are mixed up differ by 1000


@dataclass(frozen=True)
class VoxelSize:
    """Edges of a voxel in nanometres, in the order in which people give them.

    Examples
    --------
    >>> VoxelSize(10, 10, 25).zyx
    (25, 10, 10)
    """

    #: x, y, z: along the columns, along the rows, and from slice to slice
    x: float
    y: float
    z: float

    @classmethod
    def of(cls, x: float | None, y: float | None, z: float | None) -> Self | None:
        """From what a file says of each edge; None where it does not say all of them."""
        return None if x is None or y is None or z is None else cls(x, y, z)

    @property
    def possible(self) -> bool:
        """Whether voxels of a microscope can be so: 1 pm to 100 µm, no edge more than 300 times another."""
        shortest, longest = min(self.xyz), max(self.xyz)
        return SMALLEST_NM <= shortest and longest <= min(LARGEST_NM, _MOST_STRETCHED * shortest)

    @property
    def zyx(self) -> tuple[float, float, float]:
        """In the order of an array's axes."""
        return self.z, self.y, self.x

    @property
    def xyz(self) -> tuple[float, float, float]:
        return self.x, self.y, self.z

    @property
    def volume(self) -> float:
        """Cubic nanometres."""
        return self.x * self.y * self.z


@dataclass(frozen=True, eq=False)
class GreyVolume:
    """A stack of slices as one body."""

    values: np.ndarray  #: shape (slices, rows, columns): native dtype; may be a memory map
    voxel_size: VoxelSize | None  #: None where neither the file nor the user says it
    source: str = ""  #: the file or folder
    voxel_size_source: str = "unknown"  #: where the voxel size comes from, in words
    warnings: tuple[str, ...] = ()
    is_labels: bool = False  #: the file says that its values are numbers of grains


def few_levels(values: np.ndarray) -> np.ndarray | None:
    """The values of a map of two or three phases, ascending; None where there are more, or one."""
    levels = np.unique(values[0])
    for image in values[1:]:
        if len(levels) > MOST_PHASES:
            return None
        levels = np.union1d(levels, np.unique(image))
    return levels if 1 < len(levels) <= MOST_PHASES else None


def let_go(values: np.ndarray) -> None:
    """Take what was read of a mapped file out of memory; it is read again where it is asked for."""
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """Grains in three dimensions."""

    #: int32, shape (slices, rows, columns): 1 ... n are grains; 0 is none: void, second phase, or not seen
    labels: np.ndarray
    voxel_size: VoxelSize
    names: np.ndarray  #: int64, shape (n + 1,): the label in the file of each grain; 0 first
    phases: tuple[tuple[str, float], ...] = ()  #: name and volume fraction
    warnings: tuple[str, ...] = ()
    phase: np.ndarray | None = None  #: uint8, as `labels`: 0 void, 1 solid, 2 second phase

    @property
    def void(self) -> np.ndarray:
        """Where there is nothing, bool of the shape of `labels`; without `phase`, where there is no grain."""
        return np.asarray(self.labels == 0 if self.phase is None else self.phase == 0)

    @property
    def n_grains(self) -> int:
        return len(self.names) - 1

    @property
    def extent_nm(self) -> np.ndarray:
        """Length of the volume along z, y, x."""
        return np.array(self.labels.shape) * self.voxel_size.zyx
