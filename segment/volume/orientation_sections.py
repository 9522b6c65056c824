"""Serial sections by EBSD as a volume: neighbouring points in three directions that share an orientation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from segment.errors import UncalibratedError, UnreadableError
from segment.orientation.misorientation import disorientation
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.read import is_orientation_map, read_orientation_map
from segment.orientation.reliability import reliable_points
from segment.volume.labels import close_lines
from segment.volume.read_folder import natural_key
from segment.volume.stack import LabelVolume, VoxelSize

MISORIENTATION_DEG = 5.0  #: between grains, as in the plane (ASTM E2627)
MIN_POINTS = 27  #: of a grain; smaller groups are mostly wrongly indexed points


def is_section_folder(path: Path) -> bool:
    """A folder that holds at least two orientation maps."""
    return path.is_dir() and sum(is_orientation_map(f) for f in path.iterdir()) > 1


def orientation_volume(
    folder: Path,
    voxel_size: VoxelSize | None,
    *,
    misorientation_deg: float = MISORIENTATION_DEG,
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
    shifts : ndarray of int, shape (sections, 2), optional
        By how many rows and columns each section is moved; None: they lie as they are.

    Raises
    ------
    UncalibratedError
        No voxel size is given.
    UnreadableError
        Sections of unequal size, on another grid than a square one, or of different phases.
    """
    if voxel_size is None:
        raise UncalibratedError(folder, "sections do not say their distance", "Give --voxel-size X Y Z")
    files = sorted((f for f in folder.iterdir() if is_orientation_map(f)), key=lambda f: natural_key(f.name))
    maps = [read_orientation_map(f, voxel_size.x) for f in files]
    _check(folder, maps)
    kept = [reliable_points(m)[0] for m in maps]
    phase = np.stack([np.where(k, m.phase, 0) for k, m in zip(kept, maps, strict=True)])
    quaternions = np.stack([m.quaternions for m in maps])
    if shifts is not None:
        for k, (rows, columns) in enumerate(shifts):
            phase[k] = _moved(phase[k], rows, columns)
            quaternions[k] = _moved(quaternions[k], rows, columns)
    labels = _grains(quaternions, phase, maps[0], misorientation_deg)
    share = float((labels > 0).mean())
    close_lines(labels)
    notes = (
        (f"{1 - share:.0%} of the points are in no grain and went to their neighbours",) if share < 1 else ()
    )
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
    pairs = np.concatenate(joined, axis=1)
    graph = sparse.coo_array(
        (np.ones(pairs.shape[1], bool), (pairs[0], pairs[1])), shape=(kind.size, kind.size)
    )
    _, group = csgraph.connected_components(graph, directed=False)
    large = np.bincount(group, weights=kind > 0) >= MIN_POINTS
    number = np.cumsum(large) * large
    return np.where(kind > 0, number[group], 0).reshape(phase.shape).astype(np.int32)
