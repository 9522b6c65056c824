"""Serial sections by EBSD as a volume: neighbouring points in three directions that share an orientation."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from scipy import ndimage

from segment.cells.joined_groups import joined_groups
from segment.errors import UncalibratedError, UnreadableError
from segment.orientation.misorientation import disorientation
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.read import is_orientation_map, read_orientation_map
from segment.orientation.reliability import reliable_points
from segment.volume.alignment import find_drift
from segment.volume.labels import close_lines
from segment.volume.read_folder import natural_key
from segment.volume.stack import LabelVolume, VoxelSize

MISORIENTATION_DEG = 5.0  #: between grains, as in the plane (ASTM E2627)
LINE_PX = 1.5  #: SD of the blur of boundaries before sections are compared
MIN_POINTS = 27  #: of a grain; smaller groups are mostly wrongly indexed points


def is_section_folder(path: Path) -> bool:
    """A folder that holds at least two orientation maps."""
    return path.is_dir() and sum(is_orientation_map(f) for f in path.iterdir()) > 1


def orientation_volume(
    folder: Path,
    voxel_size: VoxelSize | None,
    *,
    misorientation_deg: float = MISORIENTATION_DEG,
    align: Literal["none", "drift", "reference"] = "none",
    shifts: np.ndarray | None = None,
) -> LabelVolume:
    """Grains of a folder of orientation maps, in the natural order of their names.

    Parameters
    ----------
    folder : Path
    voxel_size : VoxelSize or None
        Step in x and y, and from section to section.  It must be given: no file knows the last.
    misorientation_deg : float
        From this angle on two neighbouring points belong to different grains.
    align : {"none", "drift", "reference"}
        Bring the boundaries of neighbouring sections into register, by whole points: what departs from a
        steady shift, or all of it.
    shifts : ndarray of int, shape (sections, 2), optional
        By how many rows and columns each section is moved, instead.

    Raises
    ------
    UncalibratedError
        No voxel size is given.
    UnreadableError
        Sections of unequal size, on another grid than a square one, or of different phases; shifts for
        another number of sections.
    """
    if voxel_size is None:
        raise UncalibratedError(folder, "sections do not say their distance", "Give --voxel-size X Y Z")
    files = sorted((f for f in folder.iterdir() if is_orientation_map(f)), key=lambda f: natural_key(f.name))
    maps = [read_orientation_map(f, voxel_size.x) for f in files]
    _check(folder, maps)
    kept = [reliable_points(m)[0] for m in maps]
    phase = np.stack([np.where(k, m.phase, 0) for k, m in zip(kept, maps, strict=True)])
    quaternions = np.stack([m.quaternions for m in maps])
    if shifts is None and align != "none":
        shifts = _drift(quaternions, phase, maps[0], misorientation_deg, align == "drift")
    if shifts is not None:
        if len(shifts) != len(files):
            raise UnreadableError(
                folder, f"{len(shifts)} shifts are given for {len(files)} sections", "Give one line a section"
            )
        for k, (rows, columns) in enumerate(shifts):
            phase[k] = _moved(phase[k], rows, columns)
            quaternions[k] = _moved(quaternions[k], rows, columns)
    labels = _grains(quaternions, phase, maps[0], misorientation_deg)
    share = float((labels > 0).mean())
    close_lines(labels)
    notes: tuple[str, ...] = ()
    if share < 1:
        notes += (f"{1 - share:.0%} of the points are in no grain and went to their neighbours",)
    if shifts is not None and np.any(shifts):
        notes += (f"sections were moved by up to {int(np.abs(shifts).max())} points",)
    return LabelVolume(labels, voxel_size, np.arange(int(labels.max()) + 1), (("solid", 1.0),), notes)


def _check(folder: Path, maps: list[OrientationMap]) -> None:
    first = maps[0]
    for m in maps:
        if m.grid != "square":
            raise UnreadableError(
                m.source, "its grid is not square", "Resample the sections to a square grid"
            )
        if m.shape != first.shape:
            raise UnreadableError(
                folder,
                f"{Path(m.source).name} has {m.shape[1]} x {m.shape[0]} points, the first {first.shape[1]} x "
                f"{first.shape[0]}",
                "Give sections of one size",
            )
        if [(p.id, p.laue_group) for p in m.phases] != [(p.id, p.laue_group) for p in first.phases]:
            raise UnreadableError(folder, f"{Path(m.source).name} lists other phases", "Give one material")


def _drift(
    quaternions: np.ndarray, phase: np.ndarray, one: OrientationMap, least_deg: float, keep_shear: bool
) -> np.ndarray:
    """Whole points by which sections are moved so that their boundaries lie on each other, shape (n, 2)."""
    lines = np.zeros(phase.shape, np.float32)
    for axis in (1, 2):
        n = phase.shape[axis]
        a, b = (np.take(v, range(n - 1), axis) for v in (phase, quaternions))
        c, d = (np.take(v, range(1, n), axis) for v in (phase, quaternions))
        apart = a != c
        for crystal in one.phases:
            both = (a == crystal.id) & (c == crystal.id)
            apart[both] = disorientation(b[both], d[both], crystal) >= least_deg
        place = tuple(slice(0, n - 1) if k == axis else slice(None) for k in range(3))
        lines[place] += apart
    soft = ndimage.gaussian_filter(lines, (0, LINE_PX, LINE_PX))
    points: np.ndarray = np.rint(find_drift(soft, keep_shear=keep_shear).correction_px).astype(int)
    return points


def _moved(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The section moved; what comes in is empty."""
    out = np.zeros_like(values)
    ny, nx = values.shape[:2]
    target = (slice(max(rows, 0), ny + min(rows, 0)), slice(max(columns, 0), nx + min(columns, 0)))
    source = (slice(max(-rows, 0), ny + min(-rows, 0)), slice(max(-columns, 0), nx + min(-columns, 0)))
    out[target] = values[source]
    return out


def _grains(quaternions: np.ndarray, phase: np.ndarray, one: OrientationMap, least_deg: float) -> np.ndarray:
    """Groups of points 1 ... n, int32; 0 where a point is in none."""
    index = np.arange(phase.size).reshape(phase.shape)
    q, kind = quaternions.reshape(-1, 4), phase.ravel()
    joined = []
    for axis in range(3):
        n = phase.shape[axis]
        a = index.take(range(n - 1), axis=axis).ravel()
        b = index.take(range(1, n), axis=axis).ravel()
        for crystal in one.phases:
            both = (kind[a] == crystal.id) & (kind[b] == crystal.id)
            near = disorientation(q[a[both]], q[b[both]], crystal) < least_deg
            joined.append(np.stack([a[both][near], b[both][near]]))
    group = joined_groups(kind.size, *np.concatenate(joined, axis=1))
    large = np.bincount(group, weights=kind > 0) >= MIN_POINTS
    number = np.cumsum(large) * large
    return np.where(kind > 0, number[group], 0).reshape(phase.shape).astype(np.int32)


def read_shifts(path: Path) -> np.ndarray:
    """Rows and columns by which sections are moved: two whole numbers a line, a header is allowed.

    Raises
    ------
    UnreadableError
        No such table.
    """
    try:
        lines = [
            line.replace(";", ",").split(",") for line in path.read_text("utf-8-sig").splitlines() if line
        ]
        if lines and not lines[0][0].strip().lstrip("+-").isdigit():
            lines = lines[1:]
        found = np.array([[int(value) for value in line] for line in lines], int)
    except (OSError, ValueError) as error:
        raise UnreadableError(
            path, f"no table of shifts ({error})", "Give a line a section: rows,columns"
        ) from error
    if found.ndim != 2 or found.shape[1] != 2:
        raise UnreadableError(path, "it has not two columns", "Give a line a section: rows,columns")
    return found
