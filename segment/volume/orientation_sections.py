"""Serial sections by EBSD as a volume: neighbouring points in three directions that share an orientation."""

from pathlib import Path
from typing import Literal

import numpy as np
from scipy import ndimage

from segment.errors import UncalibratedError, UnreadableError
from segment.file_kind import file_text
from segment.grain_orientations import CrystalPhase
from segment.orientation.grains import MISORIENTATION_DEG, grains_of_points, reliable_points
from segment.orientation.misorientation import misorientation_of
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.raster import pairs_along
from segment.orientation.read import is_orientation_map, read_orientation_map
from segment.volume.alignment import Drift, find_drift
from segment.volume.labels import close_lines
from segment.volume.read_folder import natural_key
from segment.volume.stack import LabelVolume, VoxelSize

_LINE_PX = 1.5  #: SD of the blur of boundaries before sections are compared
_MIN_POINTS = 27  #: of a grain; smaller groups are mostly wrongly indexed points
_AGREE = 0.02  #: relative difference of two statements of a step that is no conflict
#: steps (rms, points) from which sections seem to lie off each other; so many times the error of a step.  15
#: made stacks in register and the iron of the tests stay below one of both
OFF_POINTS, OFF_ERRORS = 0.7, 2.0


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

    The voxel size must be given: no file knows the distance of sections.  `align` brings the boundaries of
    neighbouring sections into register, by whole points: what departs from a steady shift ("drift"), or all
    of it ("reference").  `shifts`, shape (sections, 2), are rows and columns to move sections by, instead.

    `UncalibratedError`: no voxel size.  `UnreadableError`: sections of unequal size, on another grid than a
    square one, or of different phases; shifts for another number of sections.
    """
    if voxel_size is None:
        raise UncalibratedError(folder, "sections do not say their distance", "Give --voxel-size X Y Z")
    files = sorted((f for f in folder.iterdir() if is_orientation_map(f)), key=lambda f: natural_key(f.name))
    maps = [read_orientation_map(f, voxel_size.x) for f in files]
    _check(folder, maps)
    kept = [reliable_points(m)[0] for m in maps]
    phase = np.stack([np.where(k, m.phase, 0) for k, m in zip(kept, maps, strict=True)])
    quaternions = np.stack([m.quaternions for m in maps])
    notes = _said_by(maps, read_orientation_map(files[0]), voxel_size)
    if shifts is None:
        drift = _drift(quaternions, phase, maps[0].phases, misorientation_deg, align != "reference")
        if align != "none":
            shifts = np.rint(drift.correction_px).astype(int)
        elif (step := drift.typical_step_px) > max(OFF_POINTS, OFF_ERRORS * drift.noise_px):
            notes += (f"sections seem to lie {step:.1f} points off each other; --align drift moves them",)
    if shifts is not None:
        if len(shifts) != len(files):
            raise UnreadableError(
                folder, f"{len(shifts)} shifts are given for {len(files)} sections", "Give one line a section"
            )
        for k, (rows, columns) in enumerate(shifts):
            phase[k] = _moved(phase[k], rows, columns)
            quaternions[k] = _moved(quaternions[k], rows, columns)
    index = np.arange(phase.size).reshape(phase.shape)
    pairs = np.concatenate([pairs_along(index, axis) for axis in range(3)])
    labels = grains_of_points(
        quaternions, phase, maps[0].phases, pairs, misorientation_deg, _MIN_POINTS
    ).astype(np.int32)
    share = float((labels > 0).mean())
    close_lines(labels)
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


def _said_by(maps: list[OrientationMap], own: OrientationMap, given: VoxelSize) -> tuple[str, ...]:
    """What files say that contradicts itself or the voxel size; `own` is the first with its own step."""
    told = own if own.x_step_nm else maps[0]
    x, y = told.x_step_nm or given.x, told.y_step_nm or given.y
    said = [warning for m in maps for warning in m.warnings]
    if max(abs(x / given.x - 1), abs(y / given.y - 1)) > _AGREE:
        taken = f"{given.x:g} x {given.y:g} nm are given and taken"
        said.append(f"the sections say points of {x:g} x {y:g} nm; {taken}")
    return tuple(dict.fromkeys(said))


def _drift(
    quaternions: np.ndarray,
    phase: np.ndarray,
    phases: tuple[CrystalPhase, ...],
    least_deg: float,
    keep_shear: bool,
) -> Drift:
    """How the boundaries of sections lie on each other."""
    lines = np.zeros(phase.size, np.float32)
    q, kind, index = quaternions.reshape(-1, 4), phase.ravel(), np.arange(phase.size).reshape(phase.shape)
    for axis in (1, 2):
        pairs = pairs_along(index, axis)
        a, b = pairs.T
        lines[a] += (kind[a] != kind[b]) | (misorientation_of(q, kind, phases, pairs) >= least_deg)
    soft = ndimage.gaussian_filter(lines.reshape(phase.shape), (0, _LINE_PX, _LINE_PX))
    return find_drift(soft, keep_shear=keep_shear)


def _moved(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The section moved by whole points; what comes in is empty."""
    steps = (rows, columns, *(0,) * (values.ndim - 2))
    return np.asarray(ndimage.shift(values, steps, order=0))


def read_shifts(path: Path) -> np.ndarray:
    """Rows and columns by which sections are moved: two whole numbers a line, a header is allowed.

    `UnreadableError`: no such table.
    """
    try:
        lines = [
            line.replace(";", ",").split(",") for line in file_text(path, "utf-8-sig").splitlines() if line
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
