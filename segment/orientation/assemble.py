"""From the points of a file to a map: their grid, its step, whole or not, angles in one convention."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.micrograph.pixel_size import MOST_STRETCHED
from segment.orientation.orientation_map import OrientationMap, StepSource
from segment.orientation.point_grid import PointGrid, find_grid, grid_told
from segment.orientation.quaternions import from_axis_angle, from_euler, multiply
from segment.orientation.scan_points import NOT_INDEXED, ScanPoints
from segment.orientation.symmetry import TRIGONAL_OR_HEXAGONAL, lattice_fits, with_unique_axis

_TURN = 2 * np.pi + 1e-3  #: radians, with room for rounding in files
#: of φ₁ and φ₂, which end at 60° for a hexagonal crystal: a map in degrees never keeps to such low angles in
#: all three and fills them so far
_SPREAD = np.array([3.0, 1.0])
#: of an angle in degrees, and of a coordinate in the file's unit: two turns, and a kilometre in micrometres
MOST_ANGLE, MOST_FAR = 720.0, 1e9
AGREES = 0.01  #: of the step: header and rounded coordinates say the same
A_TO_B_STAR = from_axis_angle((0, 0, 1), 30)  #: from crystal axes with y along b to axes with x along a


def map_from_points(points: ScanPoints, path: Path, step_nm: float | None = None) -> OrientationMap:
    """Put the points of a file on their grid; `step_nm`, where given, goes before what the file says.

    `UnreadableError`: no points, none indexed, no grid, coordinates that are none, or a map that stops before
    its end.
    """
    if not points.x.size:
        raise UnreadableError(path, "it holds no points", "Export the map again")
    if not all((np.abs(values) < MOST_FAR).all() for values in (points.x, points.y)):
        reason = "coordinates of its points are no numbers, or far larger than any map"
        raise UnreadableError(path, reason, "Export or copy it again")
    if not points.phases:
        raise UnreadableError(path, "its header describes no phase", "Export it again with its phases")
    points = replace(points, phases=tuple(map(with_unique_axis, points.phases)))
    grid = _grid_of(points, path)
    if not 1 / MOST_STRETCHED < grid.y_step / grid.x_step < MOST_STRETCHED:
        raise UnreadableError(
            path,
            f"its steps are {grid.x_step:.4g} in x and {grid.y_step:.4g} in y",
            "Correct the coordinates, or export the map again",
        )
    phase, lost = _known_phases(points, path)
    euler, turned = euler_radians(points.angles, degrees=points.degrees, indexed=phase > 0)
    warnings = [*points.warnings, *turned, *_check_whole(points, path, grid)]
    x_step, y_step, source, said = _steps(points, grid, step_nm)
    lost += _odd_cells(points.phases)
    if not (phase > 0).any():
        raise UnreadableError(
            path,
            "no point is indexed as one of its phases",
            "Check the phase column, or index the patterns again",
        )
    return OrientationMap(
        quaternions=_spread(_quaternions(points, euler, phase), grid, np.nan),
        phase=_spread(phase.astype(np.int32), grid, 0),
        phases=points.phases,
        x_step_nm=x_step,
        y_step_nm=y_step,
        step_source=source,
        grid="hexagonal" if grid.hexagonal else "square",
        first_row_shifted=grid.first_row_shifted,
        row_distance=grid.y_step / grid.x_step,
        measured=_spread(np.ones(phase.size, bool), grid, False),
        properties=MappingProxyType({k: _spread(v, grid, np.nan) for k, v in points.properties.items()}),
        vendor=points.vendor,
        source=str(path),
        warnings=tuple([*warnings, *lost, *said]),
    )


def _grid_of(points: ScanPoints, path: Path) -> PointGrid:
    """The header's grid where the coordinates agree with it, else that of the coordinates."""
    told = points.header
    if told.rows and told.columns and told.x_step:
        steps = told.x_step, told.y_step or told.x_step
        found = grid_told(points.x, points.y, (told.rows, told.columns), steps)
        if found is not None and min(found.shape) > 1:
            return found
    return find_grid(points.x, points.y, str(path))


def _spread(values: np.ndarray, grid: PointGrid, empty: float) -> np.ndarray:
    """Values of the points as an array (rows, columns, ...)."""
    kind = np.result_type(values.dtype, np.float32) if np.isnan(empty) else values.dtype
    out = np.full((*grid.shape, *values.shape[1:]), empty, kind)
    out[grid.row, grid.column] = values
    return out


def _check_whole(points: ScanPoints, path: Path, grid: PointGrid) -> list[str]:
    """Refuse a map whose last points are missing; say where the header tells of another number of points."""
    rows, columns = grid.shape
    in_row = np.bincount(grid.row, minlength=rows)
    others = in_row[(rows - 1) % 2 : -1 : 2]
    stops = others.size > 0 and in_row[-1] < others.min() == others.max()
    header = points.header
    short = header.rows is not None and rows < header.rows and _same_grid(points, grid)
    if stops or short:
        wanted = "" if not header.rows or not header.columns else f" of {header.rows * header.columns}"
        raise UnreadableError(
            path,
            f"it is truncated: it stops after {points.x.size}{wanted} points",
            "Export or copy it again; a map that was cropped needs the number of its rows in the header",
        )
    if header.rows and header.columns and (header.rows, header.columns) != (rows, columns):
        told = f"{header.rows} x {header.columns}"
        return [f"the header tells of {told} points, the coordinates of {rows} x {columns}: those are used"]
    return []


def _same_grid(points: ScanPoints, grid: PointGrid) -> bool:
    """The header's step and columns are those of the coordinates."""
    header = points.header
    same_step = header.x_step is None or abs(header.x_step - grid.x_step) <= AGREES * grid.x_step
    return same_step and header.columns in (None, grid.shape[1])


def _steps(
    points: ScanPoints, grid: PointGrid, step_nm: float | None
) -> tuple[float | None, float | None, StepSource, list[str]]:
    """x step and y step in nm, where they come from, and what is to be said about them."""
    ratio = grid.y_step / grid.x_step
    told_x, told_y = points.header.x_step, points.header.y_step
    if grid.hexagonal and told_y == told_x:
        told_y = None  # the distance of neighbours, not of rows
    agrees = told_x is not None and abs(told_x - grid.x_step) <= AGREES * grid.x_step
    agrees = agrees and (told_y is None or abs(told_y - grid.y_step) <= AGREES * grid.y_step)
    said = []
    if told_x and not agrees:
        told = f"{told_x:.4g}" if told_y in (None, told_x) else f"{told_x:.4g} x {told_y:.4g}"
        found = f"{grid.x_step:.4g}" if abs(ratio - 1) < AGREES else f"{grid.x_step:.4g} x {grid.y_step:.4g}"
        said = [f"the header states a step of {told}, the coordinates one of {found}, which is used"]
    if step_nm is not None:
        return step_nm, step_nm * ratio, "manual", said
    unit = points.unit_nm
    why = "it states no unit" if unit is None else "" if agrees else _other_meaning(told_x, grid)
    if why or unit is None:
        said = said if unit is None else []
        why = f"the step is unknown: {why} (points are {grid.x_step:.4g} apart); give --pixel-size NM"
        return None, None, "none", [*said, why]
    if agrees:
        told_y = (told_x or 0) * ratio if told_y is None else told_y
        return _digits(told_x, unit), _digits(told_y, unit), "metadata", said
    return _digits(grid.x_step, unit), _digits(grid.y_step, unit), "coordinates", said


def _other_meaning(told: float | None, grid: PointGrid) -> str:
    """What coordinates that disagree with the header's step may mean, where that is no length in its unit."""
    if told and abs(grid.x_step - 1) < 1e-9 and abs(grid.y_step - 1) < 1e-9:
        return "its coordinates may be mere numbers of points"
    if told and any(abs(told * factor / grid.x_step - 1) < AGREES for factor in (1e3, 1e-3)):
        return f"the header states {told:.4g}, so that one of the two is in another unit"
    return ""


def _digits(step: float | None, unit_nm: float) -> float:
    """A step in nm without the last digits of a division, which mean nothing."""
    return float(f"{(step or 0) * unit_nm:.9g}")


def _odd_cells(phases: tuple[CrystalPhase, ...]) -> list[str]:
    """Phases whose cell contradicts their symmetry, one of which is wrong."""
    return [
        f"phase {phase.name} is said to be {phase.laue_group}, and its cell is "
        f"{' '.join(f'{value:g}' for value in phase.lattice)}: check the header"
        for phase in phases
        if phase.lattice and min(phase.lattice) > 0 and not lattice_fits(phase.laue_group, phase.lattice)
    ]


def _known_phases(points: ScanPoints, path: Path) -> tuple[np.ndarray, list[str]]:
    """Phases of the points; 0 where the header does not know the phase, or an angle is none."""
    phase = np.where((np.abs(points.angles) <= MOST_ANGLE).all(axis=1), points.phase, 0)
    unknown = (phase > 0) & ~np.isin(phase, [p.id for p in points.phases])
    if not unknown.any():
        return phase, []
    numbers = ", ".join(str(v) for v in np.unique(phase[unknown])[:5])
    if unknown.sum() == (phase > 0).sum():
        raise UnreadableError(
            path,
            f"all its points belong to phase {numbers}, which its header does not describe",
            "Export it again with its phases",
        )
    share = f"{unknown.mean():.1%} of the points belong to phase {numbers}"
    return np.where(unknown, 0, phase), [f"{share}, unknown to the header: taken as not indexed"]


def euler_radians(angles: np.ndarray, *, degrees: bool, indexed: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Angles in radians, and a warning where the values contradict the unit that the format documents.

    `angles` are of shape (n, 3), in degrees where `degrees` says so; those of points that are not `indexed`
    mean nothing.

    >>> euler_radians(np.array([[180.0, 90, 0]]), degrees=True, indexed=np.array([True]))[0].round(4).tolist()
    [[3.1416, 1.5708, 0.0]]
    """
    seen, said = angles[indexed], []
    if seen.size:
        largest = np.abs(seen).max(axis=0)
        fits_radians = (largest <= (_TURN, _TURN / 2, _TURN)).all()
        fill_radians = fits_radians and (np.ptp(seen[:, [0, 2]], axis=0) > _SPREAD).all()
        if fill_radians if degrees else not fits_radians and largest.max() > NOT_INDEXED + 1e-3:
            degrees, units = not degrees, ("radians", "degrees")
            read, told = units[degrees], units[not degrees]
            said = [f"the Euler angles are in {read}, though this format documents {told}: read as {read}"]
    return np.deg2rad(angles) if degrees else angles, said


def _quaternions(points: ScanPoints, euler: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Orientations in the map's and crystal's axes of `OrientationMap`, shape (n, 4); NaN: not indexed."""
    q = multiply(from_euler(euler), np.array(points.specimen_axes))
    if not points.x_along_a:
        turned = [p.id for p in points.phases if p.laue_group in TRIGONAL_OR_HEXAGONAL]
        q = np.where(np.isin(phase, turned)[:, None], multiply(A_TO_B_STAR, q), q)
    return np.where((phase > 0)[:, None], q, np.nan)
