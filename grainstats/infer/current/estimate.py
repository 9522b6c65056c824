"""The current that the network of one or several maps can carry, over draws of what is not known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np

from grainstats.infer.current.cut_graph import CutGraph, CutSolver, Direction, cut_graph
from grainstats.infer.current.draws import DrawSource, carriers_of
from grainstats.infer.current.grain_paths import graph_through_grains
from grainstats.infer.current.law import Law, law_of, read_law
from grainstats.infer.current.result import CurrentEstimate, DirectionEstimate, MapPaths
from grainstats.infer.current.volume import checked_labels, grains_across, volume_current
from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.window import labels_with_hidden
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.label_maps.any_file import read_map
from segment.quality.error_rates import size_class
from segment.volume.stack import LabelVolume

_DRAWS = 200  #: of what a law leaves open; judgement
MOST_WORK = 2e8  #: pieces times draws; larger maps get fewer draws, at least `FEWEST_DRAWS`
FEWEST_DRAWS = 20  #: below which quantiles of 2.5 % mean nothing
_GRAINS_ACROSS = 20  #: fewer: the window's edges raise the current, and one window says little
DIRECTIONS: tuple[Direction, Direction] = ("x", "y")

Map = GrainMap | np.ndarray | str | PathLike[str]
BOUNDARIES_PER_GRAIN = 3.0  #: in a plane network of triple points (Euler)
_MOST = 0.3  #: share of missed boundaries beyond which the map says too little of the network


def current(
    maps: Map | LabelVolume | Iterable[Map],
    law: Law | Mapping[str, Any] | str | Path,
    *,
    draws: int | None = None,
    missed_share: float | None = None,
    seed: int = 0,
) -> CurrentEstimate:
    """Limiting current of the boundary network, exact in the plane.

    Every boundary carries at most what the law gives it per unit of its length, every grain at most what the
    law gives grains, pores and second phases nothing.  The largest current that can flow is that through the
    cheapest path between the two sides of the frame.

    Parameters
    ----------
    maps : GrainMap, ndarray or path, several of them, or LabelVolume
        Several maps are one sample.  In an array of labels 0 is a pore.  A path is that of a label map or of
        an orientation map (`segment.read_map`).  A `LabelVolume`, or an array of
        three dimensions (planes, rows, columns), is solved by `volume_current`.
    law : Law, mapping or path
        What boundaries carry: a `Law`, the content of a law file, or the file.
    draws : int, optional
        Of random misorientations, scatter, blocked boundaries and doubtful boundaries; 200, fewer in very
        large maps.  One, where nothing is left to chance.
    missed_share : float, optional
        Share of the boundaries that the map misses, for which the current is corrected; None: what the map's
        segmentation is known to lose, and nothing for other maps.
    seed : int
        Of the draws.

    Returns
    -------
    CurrentEstimate

    Raises
    ------
    InputError
        No path of boundaries from side to side, misorientations that are nowhere, a law out of range.

    Examples
    --------
    Square grains carry what their boundaries carry.

    >>> import numpy as np
    >>> squares = np.kron(np.arange(1, 626).reshape(25, 25), np.ones((12, 12), int))
    >>> round(current(squares, {"j0": 1.0}).directions["x"].j_over_j0, 3)
    1.0
    """
    law = _as_law(law)
    if missed_share is not None and not 0 <= missed_share <= _MOST:
        reason = f"{missed_share:g} is not between 0 and {_MOST:g}"
        raise InputError("missed share", reason, "Give e.g. 0.05 for 5 %")
    if draws is not None and draws < 1:
        raise InputError("draws", f"{draws} is no number of draws", "Give 1 or more")
    if isinstance(maps, LabelVolume):
        return volume_current(maps.labels, law, voxel_zyx=maps.voxel_size.zyx, draws=draws, seed=seed)
    if isinstance(maps, np.ndarray) and maps.ndim == 3:
        return volume_current(maps, law, draws=draws, seed=seed)
    grain_maps = _as_maps(maps)
    problems = [_Problem.of(grain_map, law) for grain_map in grain_maps]
    missed = [share_lost(g) if missed_share is None else missed_share for g in grain_maps]
    n = _n_draws(problems, draws, max(missed))
    runs = [p.run(n, missed[k], seed, k) for k, p in enumerate(problems)]
    labels = [labels_with_hidden(g) for g in grain_maps]
    across = {d: min(grains_across(one, axis) for one in labels) for d, axis in (("x", 1), ("y", 0))}
    lost = sum(int((~np.isfinite(run.found)).any(axis=1).sum()) for run in runs)
    sizes = [g.pixel_size_nm for g in grain_maps if g.pixel_size_nm is not None]
    calibrated = len(sizes) == len(grain_maps)
    warnings = _warnings(across, [_seen(g)[0] for g in grain_maps], lost)
    if sizes and not calibrated:
        warnings += ("some maps have a pixel size and others none: all count by their pixels",)
    if any(np.array_equal(a.labels, b.labels) for a, b in combinations(grain_maps, 2)):
        warnings += ("one map is there twice: it counts for two, and the interval is too narrow",)
    return CurrentEstimate(
        {d: _over_maps(problems, runs, sizes if calibrated else [1.0] * len(runs), d) for d in DIRECTIONS},
        across,
        max(missed),
        law,
        tuple(p.paths(run) for p, run in zip(problems, runs, strict=True)),
        calibrated,
        warnings,
    )


@dataclass(frozen=True, eq=False)
class _Run:
    """Draws of one map; arrays by draw and direction."""

    found: np.ndarray
    fewer: np.ndarray | None
    mean: np.ndarray
    edges: list[list[np.ndarray]]

    def corrected(self, at: int) -> np.ndarray:
        """Currents of one direction, corrected for what is missed."""
        if self.fewer is None:
            return self.found[:, at]
        return self.found[:, at] * correction(self.found[:, at], self.fewer[:, at])


@dataclass(frozen=True, eq=False)
class _Problem:
    """One map made ready for draws."""

    network: BoundaryNetwork
    solver: CutSolver
    pair_of_edge: np.ndarray
    source: DrawSource
    offset_px: tuple[float, float]

    @property
    def graph(self) -> CutGraph:
        return self.solver.graph

    @classmethod
    def of(cls, whole: GrainMap, law: Law) -> Self:
        grain_map, offset = _seen(whole)
        network = boundary_network(grain_map, unit="px")
        make = cut_graph if law.j_grain is None else graph_through_grains
        graph = make(network, labels_with_hidden(grain_map))
        carriers, pair_of_edge = carriers_of(graph, grain_map, law)
        solver = CutSolver(graph)
        _check_crossed(solver)
        return cls(network, solver, pair_of_edge, DrawSource(carriers, law), offset)

    def weight(self, boundary: np.ndarray) -> np.ndarray:
        """What each piece of the graph carries, times its length."""
        grains, free = self.graph.grains, self.graph.free
        beside = self.source.carriers.grain_share[np.maximum(grains, 0)].min(axis=1)
        along = np.full(len(grains), np.inf)
        is_boundary = self.pair_of_edge >= 0
        along[is_boundary] = boundary[self.pair_of_edge[is_boundary]]
        share = np.where(free, 0.0, np.minimum(along, beside))
        return np.where(np.isinf(share), np.inf, share * self.graph.length)

    def run(self, n: int, missed: float, seed: int, number: int) -> _Run:
        """Limiting paths of `n` draws, the same for the same seed and number of the map."""
        found, fewer, mean, edges = np.empty((n, 2)), np.empty((n, 2)), np.empty(n), []
        for k in range(n):
            rng = np.random.default_rng([seed, number, k])
            boundary, mean[k] = self.source.draw(rng)
            paths = [self.solver.limiting_path(self.weight(boundary), d) for d in DIRECTIONS]
            found[k] = [p.current for p in paths]
            edges.append([p.edges for p in paths])
            if missed:
                less = self.weight(without_some(boundary, missed, rng))
                fewer[k] = [self.solver.limiting_path(less, d).current for d in DIRECTIONS]
        return _Run(found, fewer if missed else None, mean, edges)

    def paths(self, run: _Run) -> MapPaths:
        """The median draw's paths, and how often each boundary is in one."""
        path: dict[str, np.ndarray] = {}
        share: dict[str, np.ndarray] = {}
        for at, d in enumerate(DIRECTIONS):
            finite = int(np.isfinite(run.found[:, at]).sum())
            typical = np.argsort(run.found[:, at])[max(finite - 1, 0) // 2]  # inf comes last
            path[d] = run.edges[typical][at]
            count = np.zeros(len(self.network.segments))
            for edges in run.edges:
                segment = self.graph.segment[edges[at]]
                count[np.unique(segment[segment >= 0])] += 1
            share[d] = count / len(run.edges)
        return MapPaths(self.network, self.graph, path, share, self.offset_px)


def _as_law(law: Law | Mapping[str, Any] | str | Path) -> Law:
    if isinstance(law, Law):
        return law
    return read_law(law) if isinstance(law, str | Path) else law_of(law)


def _as_maps(maps: Map | Iterable[Map]) -> list[GrainMap]:
    """Grain maps of whatever was given."""
    if isinstance(maps, str | np.ndarray) or not isinstance(maps, Iterable):
        return [_as_map(maps)]
    several = list(maps)
    if not several:
        raise InputError("maps", "there is none", "Give at least one")
    return [_as_map(one) for one in several]


def _as_map(one: Map) -> GrainMap:
    if isinstance(one, str | PathLike):
        return read_map(one)
    if isinstance(one, np.ndarray):
        return GrainMap(checked_labels(one, 2))
    if isinstance(one, GrainMap):
        return one
    raise InputError(f"a {type(one).__name__}", "no map of grains", "Give grain maps, label arrays or paths")


def _seen(grain_map: GrainMap) -> tuple[GrainMap, tuple[float, float]]:
    """Without edges that hold no grain, such as an info bar; (row, column) where the rest begins."""
    rows, columns = (np.asarray((grain_map.labels > 0).any(axis=axis)) for axis in (1, 0))
    if not rows.any() or (rows[[0, -1]].all() and columns[[0, -1]].all()):
        return grain_map, (0.0, 0.0)
    (top, bottom), (left, right) = (np.flatnonzero(line)[[0, -1]] for line in (rows, columns))
    part = np.s_[top : bottom + 1, left : right + 1]
    valid, probability = (
        None if image is None else image[part] for image in (grain_map.valid, grain_map.probability)
    )
    cropped = replace(
        grain_map, labels=grain_map.labels[part], valid=valid, probability=probability, second_phases=None
    )
    return cropped, (float(top), float(left))


def _check_crossed(solver: CutSolver) -> None:
    """Refuse a map that a current crosses without meeting a boundary."""
    weight = np.ones(solver.graph.edge.shape[0])
    for d, sides in zip(DIRECTIONS, ("top to the bottom", "left to the right"), strict=True):
        if not np.isfinite(solver.limiting_path(weight, d).current):
            raise InputError(
                "boundary network",
                f"no path of boundaries leads from the {sides} side: a grain or a hidden region "
                f"reaches across, and nothing limits the current along {d}",
                "Use a map that shows more grains, or give j_grain in the law",
            )


def _n_draws(problems: list[_Problem], draws: int | None, missed: float) -> int:
    if not missed and not any(p.source.varies for p in problems):
        return 1
    if draws is not None:
        return draws
    work = sum(p.graph.edge.shape[0] for p in problems)
    return int(np.clip(MOST_WORK / max(work, 1), FEWEST_DRAWS, _DRAWS))


def _over_maps(
    problems: list[_Problem], runs: list[_Run], pixel_sizes: list[float], d: Direction
) -> DirectionEstimate:
    """One direction over all maps: currents add up over the widths they flow through."""
    at = DIRECTIONS.index(d)
    width = np.array([p.graph.width(d) * size for p, size in zip(problems, pixel_sizes, strict=True)])
    found = np.average([run.corrected(at) for run in runs], axis=0, weights=width)
    mean = np.average([run.mean for run in runs], axis=0, weights=width)
    usable = np.isfinite(found)
    values = found[usable]
    if not values.size:
        raise InputError(
            "boundary network",
            "in no draw a path leads from side to side",
            "Use a map with clearer boundaries",
        )
    return DirectionEstimate.of_draws(values, mean[usable])


def _warnings(across: dict[str, float], grain_maps: list[GrainMap], lost: int) -> tuple[str, ...]:
    found = []
    for d, n in across.items():
        if n < _GRAINS_ACROSS:
            effect = f"below {_GRAINS_ACROSS} the current reads high and scatters"
            found.append(f"only {n:.0f} grains lie across the map along {d}: {effect}")
    hidden = [1 - float(g.valid.mean()) for g in grain_maps if g.valid is not None and not g.valid.all()]
    if hidden:
        found.append(
            f"{max(hidden):.0%} of a map is hidden: no path crosses it, so that the current may be too high"
        )
    if lost:
        found.append(
            f"{lost} draws found no path from side to side where boundaries are doubtful; they are left out"
        )
    return tuple(found)


def share_lost(grain_map: GrainMap) -> float:
    """Share of boundaries that the segmentation of a map is known to lose; 0 where nothing was measured.

    A lost grain lies in a cell of its neighbour: one boundary is gone, of three for each grain of a network.
    """
    cut = grain_map.segmentation
    if cut is None or not cut.measured or not grain_map.n_grains:
        return 0.0
    area = np.bincount(grain_map.labels.ravel(), minlength=grain_map.n_grains + 1)[1:].astype(float)
    lost = float(np.mean(np.asarray(cut.missed)[size_class(area)]))
    return min(lost / BOUNDARIES_PER_GRAIN, _MOST)


def without_some(boundary: np.ndarray, missed: float, rng: np.random.Generator) -> np.ndarray:
    """What pairs of grains carry after a share `missed` of them is taken for no boundary (inf)."""
    return np.where(rng.random(boundary.size) < missed, np.inf, boundary)


def correction(found: np.ndarray, with_more_missing: np.ndarray) -> float:
    """Factor from the current of the found boundaries to that of all, at most 1.

    A map that misses a share m of the boundaries reads too high a current.  Taking as large a share of the
    found ones away raises it once more by about the same factor: the rise is close to linear in m (1.12 ->
    1.13, 1.15, 1.16, 1.21 at 2, 5, 10, 16 % of a Poisson-Voronoi mosaic).

    `found` and `with_more_missing` are the currents of the same draws, without and with more boundaries taken
    away.
    """
    usable = np.isfinite(found) & np.isfinite(with_more_missing) & (with_more_missing > 0)
    if not usable.any():
        return 1.0
    return float(min(found[usable].mean() / with_more_missing[usable].mean(), 1.0))
