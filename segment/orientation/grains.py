"""Grains of an orientation map: neighbouring points whose misorientation stays below a threshold.

The rules, in this order:

1. A point counts where it is indexed and reliable (`segment.orientation.reliability`).
2. A gap (points not measured, indexed or reliable) is given to the nearest points that count, except where a
   square of five points an edge fits into it: nothing tells whether that is a pore, another phase or bad
   patterns.  (MTEX bridges gaps in the same way: Bachmann, Hielscher & Schaeben, Ultramicroscopy 111, 2011.)
3. Two points of one phase that are neighbours then belong together where their disorientation is below the
   threshold (5° by default).  A square grid's point has four neighbours, a hexagonal one's six.
4. A group of fewer than five points is no grain: most are wrongly indexed patterns.  They become gaps, across
   which points are joined once more.
5. The points become square pixels (`segment.orientation.raster`), the gaps as before, wide ones hidden.
6. On request, grains that are twins of each other are merged, and phases other than the chosen one are set
   aside.

The orientation of a grain is the mean over its points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.joined_groups import joined_groups
from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.misorientation import mean_orientations, misorientation_of
from segment.orientation.neighbours import neighbour_pairs, pairs_across_gaps
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.raster import fill_gaps, pixel_of, to_pixels
from segment.orientation.reliability import reliable_points
from segment.orientation.twins import TwinLaw, merge_twins

MISORIENTATION_DEG = 5.0  #: between grains (ASTM E2627 uses 5 degrees for grain size by EBSD)
MIN_POINTS = 5  #: of a grain; our choice, as half of the groups below it lie at boundaries
CONTACTS = 3  #: pairs of points that join two groups across points of none; a single point between gives two
FEW_POINTS = 25  #: median of a grain's points below which a warning says so; ASTM E2627 counts from 100 on
COARSE = "the map is coarse"  #: how that warning begins
HOLE_PX = 5  #: edge of the square that fits into a gap which stays open; our choice


@dataclass(frozen=True)
class GrainRules:
    """How points become grains.

    Attributes
    ----------
    misorientation_deg : float
        From this angle on two neighbouring points belong to different grains.
    min_points : int
    hole_px : int
    twins : tuple of TwinLaw
        Grains so related are merged.
    phase : str or None
        Only this phase's grains are grains, the others are second phases; None: all.
    """

    misorientation_deg: float = MISORIENTATION_DEG
    min_points: int = MIN_POINTS
    hole_px: int = HOLE_PX
    twins: tuple[TwinLaw, ...] = ()
    phase: str | None = None


def grain_map_of(orientation_map: OrientationMap, rules: GrainRules = GrainRules()) -> GrainMap:
    """Cut an orientation map into grains.

    Parameters
    ----------
    orientation_map : OrientationMap
    rules : GrainRules

    Returns
    -------
    GrainMap
        With `GrainMap.orientations`.  Pixels are square; `valid` is False in wide gaps, where points are not
        measured, indexed or reliable.

    Raises
    ------
    InputError
        No group of points is large enough for a grain, or there is no phase of the name asked for.
    ValueError
        The threshold is not within 0 ... 180.
    """
    if not 0 < rules.misorientation_deg < 180:
        raise ValueError(f"the misorientation is {rules.misorientation_deg} degrees, not within 0 ... 180")
    chosen = _chosen_phase(orientation_map, rules.phase)
    reliable, warnings = reliable_points(orientation_map)
    points = grains_of_points(
        orientation_map.quaternions,
        np.where(reliable, orientation_map.phase, 0),
        orientation_map.phases,
        neighbour_pairs(orientation_map),
        rules.misorientation_deg,
        rules.min_points,
        rules.hole_px,
    )
    if not points.any():
        raise InputError(
            orientation_map.source,
            f"no {rules.min_points} neighbouring points agree within {rules.misorientation_deg:g} degrees",
            "Map with a smaller step, or raise the misorientation threshold",
        )
    orientations = _mean_orientations(orientation_map, points, rules.misorientation_deg)
    labels, hidden = fill_gaps(to_pixels(orientation_map, points), rules.hole_px)
    step = orientation_map.x_step_nm
    grain_map = GrainMap(
        labels=labels.astype(np.int32),
        pixel_size_nm=None if step is None else float(f"{step * pixel_of(orientation_map):.9g}"),
        pixel_size_source={"none": "none", "manual": "manual"}.get(orientation_map.step_source, "metadata"),  # type: ignore[arg-type]
        valid=~hidden if hidden.any() else None,
        warnings=orientation_map.warnings + warnings + _about(orientation_map, reliable, chosen),
        orientations=orientations,
    )
    grain_map = _with_coarseness(grain_map, points)
    grain_map = merge_twins(grain_map, rules.twins)
    return grain_map if chosen is None else _set_others_aside(grain_map, chosen)


def boundary_map_of(grain_map: GrainMap) -> BoundaryMap:
    """The boundaries of a cut map as probabilities: 1 on both sides of every boundary, 0 elsewhere."""
    labels = grain_map.cells()
    beside = on_edges(labels) | on_edges(labels, upper_left=True)
    return BoundaryMap(
        beside.astype(np.float32), grain_map.pixel_size_nm, grain_map.pixel_size_source, grain_map.valid
    )


def _chosen_phase(orientation_map: OrientationMap, name: str | None) -> int | None:
    if name is None:
        return None
    found = [p.id for p in orientation_map.phases if p.name.casefold() == name.casefold()]
    if not found or not (orientation_map.phase == found[0]).any():
        present = [p.name for p in orientation_map.phases if (orientation_map.phase == p.id).any()]
        raise InputError(
            orientation_map.source,
            f"no point belongs to a phase named {name!r}",
            f"Choose one of its phases: {', '.join(present)}",
        )
    return found[0]


def _about(orientation_map: OrientationMap, reliable: np.ndarray, chosen: int | None) -> tuple[str, ...]:
    """What a reader of the result should know about the points."""
    said = []
    missing = 1 - np.count_nonzero(reliable) / orientation_map.n_measured
    if missing > 0.2:
        said.append(f"{missing:.0%} of the points are not indexed or not reliable")
    present = [p.name for p in orientation_map.phases if (orientation_map.phase == p.id).any()]
    if chosen is None and len(present) > 1:
        said.append(f"grains of all phases are measured together: {', '.join(present)}")
    return tuple(said)


def _with_coarseness(grain_map: GrainMap, points: np.ndarray) -> GrainMap:
    """The map, warned of where half of its grains have few points."""
    middle = float(np.median(np.bincount(points[points > 0])[1:]))
    if middle >= FEW_POINTS:
        return grain_map
    told = f"{COARSE}: half of its grains have {middle:.0f} points or fewer, so that their sizes are rough"
    return replace(grain_map, warnings=(*grain_map.warnings, told))


def grains_of_points(
    quaternions: np.ndarray,
    phase: np.ndarray,
    phases: tuple[CrystalPhase, ...],
    pairs: np.ndarray,
    threshold_deg: float,
    min_points: int,
    hole: int,
) -> np.ndarray:
    """Grains 1 ... n of points by number, int of the shape of `phase`; 0 where a point is in none.

    `phase`, shape (rows, columns) or (planes, rows, columns), is 0 at points that do not count; `quaternions`
    has four more to each point; `pairs` of shape (k, 2) are the flat indices of neighbours.
    """
    flat, kind = quaternions.reshape(-1, 4), phase.ravel()

    def joined(met: np.ndarray) -> np.ndarray:
        met = met[kind[met[:, 0]] == kind[met[:, 1]]]
        return np.asarray(met[misorientation_of(flat, kind, phases, met) < threshold_deg])

    group = joined_groups(kind.size, *joined(pairs_across_gaps(pairs, phase > 0, hole)).T)
    large = (np.bincount(group, weights=kind > 0) >= min_points)[group] & (kind > 0)
    # Points of small groups are mostly wrongly indexed: grains are one across them, too.
    met = pairs_across_gaps(pairs, large.reshape(phase.shape), hole)
    across = np.sort(group[joined(met[group[met[:, 0]] != group[met[:, 1]]])], axis=1)
    across, often = np.unique(across, axis=0, return_counts=True)
    group = joined_groups(int(group.max()) + 1, *across[often >= CONTACTS].T)[group]
    found = np.zeros(kind.size, np.int64)
    found[large] = np.unique(group[large], return_inverse=True)[1] + 1
    return found.reshape(phase.shape)


def _mean_orientations(
    orientation_map: OrientationMap, points: np.ndarray, threshold_deg: float
) -> GrainOrientations:
    member = np.flatnonzero(points)
    label = points.ravel()[member]
    q = orientation_map.quaternions.reshape(-1, 4)[member]
    _, first = np.unique(label, return_index=True)
    phase = np.concatenate([[0], orientation_map.phase.ravel()[member[first]]])
    mean = mean_orientations(q, label, phase, orientation_map.phases)
    return GrainOrientations(mean, phase.astype(np.int32), orientation_map.phases, threshold_deg)


def _set_others_aside(grain_map: GrainMap, chosen: int) -> GrainMap:
    """Grains of other phases become second phases."""
    orientations = grain_map.orientations
    assert orientations is not None
    mine = orientations.phase == chosen
    kept = np.flatnonzero(mine)
    number, body = np.cumsum(mine) * mine, np.cumsum(~mine) - 1
    labels = number[grain_map.labels].astype(np.int32)
    others = np.where(mine, 0, body)[grain_map.labels].astype(np.int32)
    return replace(
        grain_map,
        labels=labels,
        second_phases=others if others.any() else None,
        orientations=orientations.select(kept),
    )
