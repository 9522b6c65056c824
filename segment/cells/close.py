"""Boundary probability or tracing -> closed cells."""

from collections.abc import Callable

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.border_merging import HIGHEST, cut_cells
from segment.cells.enclosed import merge_enclosed
from segment.cells.label_gaps import contacts, edges, narrow_gaps
from segment.cells.second_phases import give_back, large_second_phases, set_aside, sizeable_px
from segment.cells.traced_lines import DARK, traced_lines
from segment.cells.tracing import (
    are_cells,
    bridge_gaps,
    drawn_part,
    fill_double_lines,
    filled_areas,
    loose_lines,
    odd_areas,
    split_tracing,
    straight_lines,
)
from segment.cells.twins import merge_lamellae
from segment.choices import GAP_WIDTH, Twins
from segment.errors import InputError
from segment.grain_map import MIN_AREA_PX, GrainMap
from segment.micrograph.micrograph import PixelSizeSource

#: open areas too small for cells, and their share of the cells, from which they are said; judgement
_SWALLOWED = (10, 0.1)
_STRIPS = (4, 0.05)  #: narrow strips, and their share of the cells, from which they are said; judgement
_UNTRACED = (0.05, 4.0)  #: share of a map, and times the next cell, from which one may not have been traced
PARTED = 2 / 3  #: of the rendered scenes, those with less lose true boundaries by it (docs/validation)
MIDDLE_PX = 1024  #: edge of the window whose cells tell what a mean cell is


def close_cells(
    boundary_map: BoundaryMap,
    *,
    persistence: float = 0.05,
    min_area_px: int = MIN_AREA_PX,
    twins: Twins = "keep",
    gap_width: float = GAP_WIDTH,
    grey: np.ndarray | None = None,
) -> GrainMap:
    """Cut a boundary probability into closed cells.

    Parameters
    ----------
    boundary_map : BoundaryMap
    persistence : float
        The one parameter: how far the probability must rise, from a cell's minimum to its lowest pass into a
        cell with a deeper minimum, for the two to be two grains; 0 ... 1.  More never gives more grains.
    min_area_px : int
        Smaller cells are merged into the neighbour behind their lowest pass; none is dropped.
    twins : {"keep", "merge"}
        "merge": lamellae between straight parallel boundaries belong to the grain that they cross
        (`segment.cells.twins`).
    gap_width : float
        In mean intercepts: where two grains face each other across a narrower gap, there is a boundary
        (`segment.cells.label_gaps`).
    grey : ndarray of shape (rows, columns), optional
        The image: where its grains differ in grey, the least probability is not raised in a clear one.

    Returns
    -------
    GrainMap
        Labels 0 where `boundary_map` says "not a grain" or not valid.  A pore or second phase as large as a
        small grain is cut by its outline, as a cell, and that is in `second_phases`.  An outline with one or
        two neighbours is no cell unless it is plain (`segment.cells.enclosed`).

    Raises
    ------
    ValueError
        `persistence` is not within 0 ... 1.

    Examples
    --------
    >>> from segment import BoundaryMap
    >>> probability = np.zeros((40, 60), np.float32)
    >>> probability[:, 29:31] = 1.0
    >>> close_cells(BoundaryMap(probability, 2.0, "manual")).n_grains
    2
    """
    if not 0 <= persistence <= 1:
        raise ValueError(f"persistence is {persistence}, not a probability")

    valid = boundary_map.valid

    def cut(
        probability: np.ndarray,
        not_grain: np.ndarray | None,
        part: tuple[slice, slice] = np.s_[:, :],
        apart: bool = False,
    ) -> np.ndarray:
        mask = None if valid is None else valid[part]
        if not_grain is not None:
            mask = ~not_grain[part] if mask is None else mask & ~not_grain[part]
        return cut_cells(
            probability[part],
            persistence,
            min_area_px,
            mask,
            confidence=HIGHEST if apart else None,
            grey=None if grey is None else grey[part],
            scale=boundary_map.scale,
        )

    probability, labels, second_phases = _around_second_phases(
        cut, boundary_map.probability, boundary_map.not_grain, gap_width
    )
    labels = merge_enclosed(labels, probability, valid)
    if twins == "merge":
        labels = merge_lamellae(labels)
    return GrainMap(
        labels,
        boundary_map.pixel_size_nm,
        boundary_map.pixel_size_source,
        valid,
        probability,
        boundary_map.warnings,
        second_phases=second_phases,
    )


def grain_map_from_tracing(
    mask: np.ndarray,
    *,
    pixel_size_nm: float | None = None,
    pixel_size_source: PixelSizeSource | None = None,
    source: str = "tracing",
) -> GrainMap:
    """Cells between hand-traced boundaries; a thick line is divided along its middle.

    Parameters
    ----------
    mask : ndarray of shape (rows, columns) or (rows, columns, samples)
        Boundaries are True; or lines on a ground of one level, brighter, darker or grey; coloured lines on a
        grey picture; or lines on a transparent layer (`segment.cells.traced_lines`).  Narrow gaps
        in lines are bridged, and a warning counts them.
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres.
    pixel_size_source : str, optional
        "manual" where a size is given and no source.
    source : str
        Name for the error message.

    Raises
    ------
    InputError
        No lines are found, or they leave no cell.

    Examples
    --------
    >>> mask = np.zeros((40, 60), bool)
    >>> mask[:, 30] = True
    >>> grain_map_from_tracing(mask, pixel_size_nm=2.0).n_grains
    2
    """
    lines, warnings = traced_lines(mask, source)
    if are_cells(lines, MIN_AREA_PX):
        others = tuple(word for word in warnings if word != DARK)
        lines, warnings = ~lines, others if DARK in warnings else (DARK, *others)
    part = drawn_part(lines)
    shape, lines = lines.shape, lines if part is None else lines[part]
    lines, gaps = bridge_gaps(fill_double_lines(lines))
    if gaps:
        which = "1 narrow gap in the lines was" if gaps == 1 else f"{gaps} narrow gaps in the lines were"
        warnings += (f"{which} bridged: check the tracing there",)
    labels = split_tracing(lines, MIN_AREA_PX)
    if labels.max(initial=0) < 2:
        raise InputError(
            source, "the tracing leaves no closed cell", "Trace boundaries as bright lines on black"
        )
    warnings += _warnings_of(lines, labels)
    if (filled := filled_areas(lines, labels)) is not None:
        labels[filled] = 0
        warnings += (f"filled areas ({filled.mean():.1%} of the map) count as voids, not as lines",)
    valid = None
    if part is not None:
        valid, drawn = np.zeros(shape, bool), labels
        labels = np.zeros(shape, np.int32)
        valid[part], labels[part] = True, drawn
        warnings += (
            f"an empty or solid margin ({1 - valid.mean():.1%}) is no part of the map, cells at it are cut",
        )
    known = pixel_size_source or ("none" if pixel_size_nm is None else "manual")
    return GrainMap(labels, pixel_size_nm, known, valid, warnings=warnings)


def _warnings_of(lines: np.ndarray, labels: np.ndarray) -> tuple[str, ...]:
    """What a tracing may have left open: gaps that were not bridged, areas that were not traced."""
    said = []
    loose = loose_lines(lines, labels)
    if loose:
        where = "1 stretch of line ends" if loose == 1 else f"{loose} stretches of line end"
        said.append(f"{where} within a cell, at gaps that were not bridged: its parts count as one")
    area = np.sort(np.bincount(labels.ravel())[1:])
    strips, small = odd_areas(lines, MIN_AREA_PX)
    if strips >= max(_STRIPS[0], _STRIPS[1] * area.size):
        said.append(
            f"{strips} open areas are narrow strips beside a line: was it drawn twice? They count as cells"
        )
    if small >= max(_SWALLOWED[0], _SWALLOWED[1] * area.size):
        said.append(
            f"{small} open areas of fewer than {MIN_AREA_PX} px count as line: enlarge the picture, draw "
            "finer lines, or each boundary once"
        )
    straight = straight_lines(lines)
    if straight > 1:
        said.append(
            f"{straight} straight lines run from edge to edge: leave a test grid out, it cuts the cells"
        )
    if area.size > 2 and area[-1] > max(_UNTRACED[0] * labels.size, _UNTRACED[1] * area[-2]):
        share, times = area[-1] / labels.size, area[-1] / area[-2]
        said.append(f"one cell covers {share:.0%} of the map, {times:.0f} times the next: was it traced?")
    return tuple(said)


def _around_second_phases(
    cut: Callable[..., np.ndarray], probability: np.ndarray, not_grain: np.ndarray | None, gap_width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Probability with its narrow gaps, grains and second phases by ``cut(probability, not_grain, part)``.

    The middle of the image tells how large a mean cell is.
    """
    if not_grain is None or not not_grain.any():
        return probability, cut(probability, None), None
    middle = _middle(not_grain.shape)
    labels = cut(probability, not_grain, middle)
    gaps = narrow_gaps(not_grain, labels, gap_width)
    if gaps is not None:
        probability, not_grain = np.where(gaps, np.float32(1), probability), not_grain & ~gaps
        labels = cut(probability, not_grain, middle)
    large = large_second_phases(not_grain, labels)
    if large is None:
        return probability, labels if labels.shape == not_grain.shape else cut(probability, not_grain), None
    least = sizeable_px(labels)
    labels = cut(probability, not_grain & ~large, apart=stand_apart(labels, large[middle]))
    second_phases = set_aside(labels, large)
    labels[not_grain] = 0
    if second_phases is not None:
        labels, second_phases = give_back(labels, second_phases, not_grain, least)
    return probability, labels, second_phases


def stand_apart(labels: np.ndarray, phase: np.ndarray) -> bool:
    """Whether `PARTED` of the grains' outlines are at the `phase`: a line within one has to be as plain."""
    between, outline = contacts(labels), edges(phase)
    return outline > PARTED * (outline + 2 * between)


def _middle(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The middle of an image, of at most `MIDDLE_PX` an edge."""
    starts = [max(size - MIDDLE_PX, 0) // 2 for size in shape]
    rows, columns = (slice(start, start + MIDDLE_PX) for start in starts)
    return rows, columns
