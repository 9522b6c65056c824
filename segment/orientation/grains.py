"""Grains of an orientation map: neighbouring points whose misorientation stays below a threshold.

The rules, in this order:

1. A point counts where it is indexed and reliable (`reliable_points`).
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

from dataclasses import dataclass, replace

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.label_edges import joined_groups, on_edges
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.misorientation import mean_orientations, misorientation_of
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.raster import fill_gaps, neighbour_pairs, pairs_across_gaps, pixel_of, to_pixels
from segment.orientation.twins import TwinLaw, merge_twins

MISORIENTATION_DEG = 5.0  #: between grains (ASTM E2627 uses 5 degrees for grain size by EBSD)
_MIN_POINTS = 5  #: of a grain; our choice, as half of the groups below it lie at boundaries
CONTACTS = 3  #: pairs of points that join two groups across points of none; a single point between gives two
FEW_POINTS = 25  #: median of a grain's points below which a warning says so; ASTM E2627 counts from 100 on
COARSE = "the map is coarse"  #: how that warning begins
MANY_MISSING = 0.2  #: share of points not indexed or not reliable, above which a warning says so
BENT_DEG = 5.0  #: mean of a grain's points from its mean orientation (its GOS); our choice, as the threshold
MUCH_BENT = 0.05  #: share of the points in such grains, above which a warning says so; our choice

#: of 0 ... 1; above it 95 % of patterns of fcc metals are indexed rightly (Field, Ultramicroscopy 67, 1997)
MIN_CI = 0.1
#: of 0 ... 1: best against second best template; our choice, below the .15 of Rauch and Véron (2014), as
#: small grains are cleaned besides
MIN_RELIABILITY = 0.05
MAX_MAD_DEG = 2.0  #: our choice; acquisition software seldom keeps more
#: share of the indexed points; a rule that takes more of them away does not fit the file, and is not used
MOST_DOUBTFUL = 0.5


@dataclass(frozen=True)
class GrainRules:
    """How points become grains.

    Attributes
    ----------
    misorientation_deg : float
        From this angle on two neighbouring points belong to different grains.
    min_points : int
    twins : tuple of TwinLaw
        Grains so related are merged.
    phase : str or None
        Only this phase's grains are grains, the others are second phases; None: all.
    """

    misorientation_deg: float = MISORIENTATION_DEG
    min_points: int = _MIN_POINTS
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
    _numbers_of(rules.phase, orientation_map.phases, orientation_map.phase, orientation_map.source)
    reliable, warnings = reliable_points(orientation_map)
    missing = 1 - np.count_nonzero(reliable) / orientation_map.n_measured
    if missing > MANY_MISSING:
        warnings += (f"{missing:.0%} of the points are not indexed or not reliable",)
    points = grains_of_points(
        orientation_map.quaternions,
        np.where(reliable, orientation_map.phase, 0),
        orientation_map.phases,
        neighbour_pairs(orientation_map),
        rules.misorientation_deg,
        rules.min_points,
    )
    if not points.any():
        raise InputError(
            orientation_map.source,
            f"no {rules.min_points} neighbouring points agree within {rules.misorientation_deg:g} degrees",
            "Map with a smaller step, or raise the misorientation threshold",
        )
    orientations, bent = _mean_orientations(orientation_map, points, rules.misorientation_deg)
    labels, hidden = fill_gaps(to_pixels(orientation_map, points))
    step = orientation_map.x_step_nm
    grain_map = GrainMap(
        labels=labels.astype(np.int32),
        pixel_size_nm=None if step is None else float(f"{step * pixel_of(orientation_map):.9g}"),
        pixel_size_source={"none": "none", "manual": "manual"}.get(orientation_map.step_source, "metadata"),  # type: ignore[arg-type]
        valid=~hidden if hidden.any() else None,
        warnings=orientation_map.warnings + warnings + bent,
        orientations=orientations,
    )
    return by_phase_and_twins(_with_coarseness(grain_map, points), rules, orientation_map.source)


def by_phase_and_twins(grain_map: GrainMap, rules: GrainRules, source: str) -> GrainMap:
    """A cut map as the rules have it: twins merged, phases other than the chosen one set aside.

    A threshold other than that of the cut changes nothing, and a warning says so.

    `InputError`: the map carries no orientations, or has no such phase.
    """
    known = grain_map.orientations
    asked, said = rules.misorientation_deg, []
    if asked not in (MISORIENTATION_DEG, None if known is None else known.threshold_deg):
        said.append(f"its grains are cut already: a misorientation of {asked:g} degrees changes nothing")
    present = [] if known is None else [p.name for p in known.phases if (known.phase == p.id).any()]
    if rules.phase is None and len(present) > 1:
        said.append(f"grains of all phases are measured together: {', '.join(present)}")
    grain_map = replace(grain_map, warnings=(*grain_map.warnings, *said)) if said else grain_map
    if rules.phase is None and not rules.twins:
        return grain_map
    if known is None:
        reason = "it carries no orientations, and nothing tells its phases and twins"
        raise InputError(source, reason, "Give the orientation map, or leave the phase and twins out")
    chosen = _numbers_of(rules.phase, known.phases, known.phase, source)
    grain_map = merge_twins(grain_map, rules.twins)
    return grain_map if rules.phase is None else _set_others_aside(grain_map, chosen)


def boundary_map_of(grain_map: GrainMap) -> BoundaryMap:
    """The boundaries of a cut map as probabilities: 1 on both sides of every boundary, 0 elsewhere."""
    labels = grain_map.cells()
    beside = on_edges(labels) | on_edges(labels, upper_left=True)
    return BoundaryMap(
        beside.astype(np.float32), grain_map.pixel_size_nm, grain_map.pixel_size_source, grain_map.valid
    )


def _numbers_of(
    name: str | None, phases: tuple[CrystalPhase, ...], phase: np.ndarray, source: str
) -> list[int]:
    """Numbers of the phases of a name, several where a file gives it to several; `phase` are those in use."""
    present = [p for p in phases if (phase == p.id).any()]
    found = [p.id for p in present if name is not None and p.name.casefold() == name.casefold()]
    if name is not None and not found:
        raise InputError(
            source,
            f"no point belongs to a phase named {name!r}",
            f"Choose one of its phases: {', '.join(p.name for p in present)}",
        )
    return found


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
) -> np.ndarray:
    """Grains 1 ... n of points by number, int of the shape of `phase`; 0 where a point is in none.

    `phase`, shape (rows, columns) or (planes, rows, columns), is 0 at points that do not count; `quaternions`
    has four more to each point; `pairs` of shape (k, 2) are the flat indices of neighbours.
    """
    flat, kind = quaternions.reshape(-1, 4), phase.ravel()

    def joined(met: np.ndarray) -> np.ndarray:
        met = met[kind[met[:, 0]] == kind[met[:, 1]]]
        return np.asarray(met[misorientation_of(flat, kind, phases, met) < threshold_deg])

    group = joined_groups(kind.size, *joined(pairs_across_gaps(pairs, phase > 0)).T)
    large = (np.bincount(group, weights=kind > 0) >= min_points)[group] & (kind > 0)
    # Points of small groups are mostly wrongly indexed: grains are one across them, too.
    met = pairs_across_gaps(pairs, large.reshape(phase.shape))
    across = np.sort(group[joined(met[group[met[:, 0]] != group[met[:, 1]]])], axis=1)
    across, often = np.unique(across, axis=0, return_counts=True)
    group = joined_groups(int(group.max()) + 1, *across[often >= CONTACTS].T)[group]
    found = np.zeros(kind.size, np.int64)
    found[large] = np.unique(group[large], return_inverse=True)[1] + 1
    return found.reshape(phase.shape)


def _mean_orientations(
    orientation_map: OrientationMap, points: np.ndarray, threshold_deg: float
) -> tuple[GrainOrientations, tuple[str, ...]]:
    """Mean orientations of grains, and a warning where those within one lie far from it."""
    known = replace(orientations_of_labels(orientation_map, points), threshold_deg=threshold_deg)
    label = points[points > 0]
    every = np.concatenate([orientation_map.quaternions[points > 0], known.quaternions])  # then grains
    phase_of = np.concatenate([known.phase[label], known.phase])
    pairs = np.column_stack([np.arange(label.size), label.size + label])
    off = misorientation_of(every, phase_of, known.phases, pairs)
    bent = (np.bincount(label, off) > BENT_DEG * np.bincount(label))[label].mean()
    told = (
        f"grains with {bent:.0%} of the points bend by {BENT_DEG:g} degrees on average or more: they may be "
        "several, joined where they differ little, and angles at their boundaries are those of means"
    )
    return known, (told,) if bent > MUCH_BENT else ()


def _set_others_aside(grain_map: GrainMap, chosen: list[int]) -> GrainMap:
    """Grains of other phases become second phases."""
    orientations = grain_map.orientations
    assert orientations is not None
    mine = np.isin(orientations.phase, chosen)
    kept = np.flatnonzero(mine)
    number, body = np.cumsum(mine) * mine, (np.cumsum(~mine) - 1) * ~mine
    aside = body[grain_map.labels]
    if grain_map.second_phases is not None:
        aside = np.where(grain_map.second_phases > 0, grain_map.second_phases + body.max(), aside)
    return replace(
        grain_map,
        labels=number[grain_map.labels].astype(np.int32),
        second_phases=aside.astype(np.int32) if aside.any() else None,
        orientations=orientations.select(kept),
    )


def orientations_of_labels(orientation_map: OrientationMap, labels: np.ndarray) -> GrainOrientations:
    """Phase and mean orientation of each label.

    Parameters
    ----------
    orientation_map : OrientationMap
    labels : ndarray of int32, shape (rows, columns)
        On the map's points, or on its square pixels (`to_pixels`); 0 for no grain.

    Returns
    -------
    GrainOrientations
        A label's phase is that of most of its points; NaN and 0 where none of its points is indexed.

    Raises
    ------
    InputError
        Another shape.
    """
    number = np.arange(orientation_map.phase.size).reshape(orientation_map.phase.shape) + 1
    if labels.shape != number.shape:
        number = to_pixels(orientation_map, number)
    if labels.shape != number.shape:
        raise InputError(
            orientation_map.source,
            f"its grid of {orientation_map.phase.shape} points does not fit {labels.shape} labels",
            "Give labels and orientations of one grid",
        )
    phase_of_point = np.concatenate([[0], orientation_map.phase.ravel()])
    n = int(labels.max(initial=0))
    point, label = number.ravel(), labels.ravel()
    phase = _most_common(label, phase_of_point[point], n)
    used = (label > 0) & (phase_of_point[point] > 0) & (phase_of_point[point] == phase[label])
    point, label = point[used] - 1, label[used]
    q = orientation_map.quaternions.reshape(-1, 4)[point]
    mean = mean_orientations(q, label, phase, orientation_map.phases)
    return GrainOrientations(mean, phase, orientation_map.phases, float("nan"))


def _most_common(label: np.ndarray, phase: np.ndarray, n: int) -> np.ndarray:
    """Phase of most of the indexed points of each label, shape (n + 1,); 0 without any."""
    kinds = int(phase.max(initial=0)) + 1
    indexed = (phase > 0) & (label > 0)
    count = np.bincount(label[indexed] * kinds + phase[indexed], minlength=(n + 1) * kinds)
    count = count.reshape(n + 1, kinds)
    return np.where(count.any(axis=1), count.argmax(axis=1), 0).astype(np.int32)


def reliable_points(orientation_map: OrientationMap) -> tuple[np.ndarray, tuple[str, ...]]:
    """Indexed points whose confidence index, reliability and angular deviation are good enough; warnings.

    A rule that would take away more than half of the indexed points is not used, and that is said.
    """
    indexed = orientation_map.indexed
    reliable = indexed.copy()
    warnings = []
    for name, told, doubtful in _doubtful_points(orientation_map):
        taken = doubtful & indexed
        if taken.sum() > MOST_DOUBTFUL * indexed.sum():
            share = taken.sum() / indexed.sum()
            warnings.append(f"{share:.0%} of the indexed points have {told}: the {name} is not used")
        else:
            reliable &= ~taken
    return reliable, tuple(warnings)


def _doubtful_points(orientation_map: OrientationMap) -> list[tuple[str, str, np.ndarray]]:
    known = orientation_map.properties
    rules = []
    if "ci" in known:
        rules.append(("confidence index", f"a confidence index below {MIN_CI:g}", known["ci"] < MIN_CI))
    if "reliability" in known:
        value = known["reliability"]
        least = MIN_RELIABILITY * (100 if np.nanmax(value, initial=0) > 1 else 1)
        rules.append(("reliability", f"a reliability below {least:g}", value < least))
    if "mad" in known:
        far = known["mad"] > MAX_MAD_DEG
        rules.append(("angular deviation", f"a mean angular deviation above {MAX_MAD_DEG:g} degrees", far))
    return rules
