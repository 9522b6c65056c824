"""Which points next: noisy expected improvement over drawn functions, chosen one after another for a batch.

Every draw is a whole function of the process, through the microstructure where the network is believed. In
each draw the best measured experiment is known without noise; a candidate's improvement over it, averaged
over draws, is the noisy expected improvement (Letham et al. 2019). A chosen candidate joins the measured
ones in every draw before the next is chosen, so a batch does not crowd. Several objectives: random weights
per batch member (ParEGO, Knowles 2006). A repeat competes by the knowledge gradient: what one more
measurement is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.share.optimizer.models import Draws

REFINEMENTS, LEADERS = 2, 4
NOISY = 0.2
"""A repeat is considered where a measurement's standard deviation exceeds this share of the objective's."""

Neighbours = Callable[[np.ndarray], np.ndarray]
"""Feasible points near one point: shape (d,) -> (m, d)."""


@dataclass(frozen=True, eq=False)
class Pick:
    """One chosen point.

    Attributes
    ----------
    x : ndarray, shape (d,)
    improvement : float
        Noisy expected improvement in units of the (weighted) objective; for a repeat its knowledge gradient.
    repeats : int or None
        Index of the measured experiment that is to be measured again; None for a new point.
    """

    x: np.ndarray
    improvement: float
    repeats: int | None = None


def improvement(values: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Expected improvement of (draws, m) over the best of each draw (draws,), shape (m,)."""
    gain = values - best[:, None]
    expected = np.maximum(gain, 0).mean(0)
    if expected.max(initial=0.0) > 0:
        return np.asarray(expected)
    return np.asarray(np.quantile(gain, 0.95, axis=0))  # no draw improves: rank by the upper end, negative


def knowledge_gradient(values: np.ndarray, noise: np.ndarray, index: int, steps: int = 41) -> float:
    """What measuring point `index` once more is worth: the expected rise of the best posterior mean.

    Parameters
    ----------
    values : ndarray, shape (draws, m)
        Noise-free values of the points that could be called best.
    noise : ndarray, shape (m,)
        Variance of one measurement of each.
    index : int
    """
    mean = values.mean(0)
    covariance = ((values - mean) * (values[:, [index]] - mean[index])).mean(0)
    change = covariance / np.sqrt(max(covariance[index], 0) + noise[index] + 1e-12)
    z = np.linspace(-4, 4, steps)
    density = np.exp(-0.5 * z**2)
    best = (mean[:, None] + change[:, None] * z).max(0)
    return float((best * density).sum() / density.sum() - mean.max())


@dataclass(frozen=True, eq=False)
class Weighing:
    """Several objectives made one, larger is better: augmented Chebyshev; a single objective stays as it is.

    Attributes
    ----------
    weights, low, span : ndarray, shape (objectives,)
        Each objective is scaled by what the measured experiments span.
    """

    weights: np.ndarray
    low: np.ndarray
    span: np.ndarray

    def __call__(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """Values of shape (draws, m) per objective -> (draws, m)."""
        if len(values) == 1:
            return values[0]
        terms = zip(values, self.weights, self.low, self.span, strict=True)
        stacked = np.stack([(v - a) / s * w for v, w, a, s in terms])
        return np.asarray(stacked.min(0) + 0.05 * stacked.sum(0))


@dataclass(frozen=True, eq=False)
class _Pool:
    """Candidates and their drawn values, shape (draws, m) per objective."""

    points: np.ndarray
    values: list[np.ndarray]

    def joined(self, other: _Pool) -> _Pool:
        values = [np.column_stack([a, b]) for a, b in zip(self.values, other.values, strict=True)]
        return _Pool(np.concatenate([self.points, other.points]), values)

    def without(self, index: int) -> _Pool:
        keep = np.arange(len(self.points)) != index
        return _Pool(self.points[keep], [v[:, keep] for v in self.values])


@dataclass(frozen=True, eq=False)
class Search:
    """Where to look, and what must not be proposed.

    Attributes
    ----------
    candidates : ndarray, shape (m, d)
        Feasible, not measured, not pending.
    neighbours : callable
    measured : ndarray, shape (n, d)
        Experiments with a measured objective.
    pending : ndarray, shape (p, d)
        Proposed earlier, not measured yet.
    noise : ndarray, shape (n,)
        Measurement variance of the first objective.
    """

    candidates: np.ndarray
    neighbours: Neighbours
    measured: np.ndarray
    pending: np.ndarray
    noise: np.ndarray


def select(draws: Sequence[Draws], search: Search, count: int, rng: np.random.Generator) -> list[Pick]:
    """Choose a batch, greedily and on common draws.

    Parameters
    ----------
    draws : sequence of Draws
        One per objective, all maximised; `measured` for the experiments of `search.measured`.
    search : Search
    count : int
        Points wanted; fewer come back where there are no more candidates.
    rng : numpy.random.Generator
        Of the weights, with several objectives.
    """
    at_known = [d.measured for d in draws]
    if len(search.pending):
        at_known = [np.column_stack([d.measured, d.at(search.pending)]) for d in draws]
    low = np.array([v.mean(0).min() for v in at_known])
    span = np.array([max(np.ptp(v.mean(0)), 1e-9) for v in at_known])
    pool = _Pool(search.candidates, [d.at(search.candidates) for d in draws])
    taken = np.concatenate([search.measured, search.pending])
    picks: list[Pick] = []
    for _ in range(count):
        weights = rng.dirichlet(np.ones(len(draws))) if len(draws) > 1 else np.ones(1)
        weigh = Weighing(weights, low, span)
        here = weigh(at_known)
        pool, value = _refined(draws, search.neighbours, pool, taken, weigh, here.max(1))
        pick = _better(pool.points, value, here, search, picks, len(draws) == 1)
        if pick is None:
            break
        picks.append(pick)
        if pick.repeats is None:
            at = int(np.argmax(value))
            at_known = [np.column_stack([k, v[:, at]]) for k, v in zip(at_known, pool.values, strict=True)]
            taken = np.vstack([taken, pick.x])
            pool = pool.without(at)
    return picks


def _refined(
    draws: Sequence[Draws],
    neighbours: Neighbours,
    pool: _Pool,
    taken: np.ndarray,
    weigh: Weighing,
    best: np.ndarray,
) -> tuple[_Pool, np.ndarray]:
    """The pool with the feasible neighbours of its best points, and the improvement of each point."""
    value = improvement(weigh(pool.values), best)
    for _ in range(REFINEMENTS):
        if not len(pool.points):
            break
        leaders = pool.points[np.argsort(-value)[:LEADERS]]
        near = np.concatenate([neighbours(point) for point in leaders])
        near = _unseen(near, np.concatenate([pool.points, taken]))
        if not len(near):
            break
        found = _Pool(near, [d.at(near) for d in draws])
        value = np.concatenate([value, improvement(weigh(found.values), best)])
        pool = pool.joined(found)
    return pool, value


def _unseen(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Points that are not in `seen`, each once."""
    known = {tuple(row) for row in np.round(seen, 9)}
    fresh = dict.fromkeys(tuple(row) for row in np.round(points, 9) if tuple(row) not in known)
    return np.array(list(fresh)).reshape(-1, points.shape[1])


def _better(
    pool: np.ndarray, value: np.ndarray, here: np.ndarray, search: Search, picks: list[Pick], single: bool
) -> Pick | None:
    """The best new point, or a repeat where measuring again is worth more; one repeat a batch."""
    new = Pick(pool[int(np.argmax(value))], float(value.max())) if len(pool) else None
    if not single or any(p.repeats is not None for p in picks):
        return new
    at = here[:, : len(search.measured)]
    spread = float(at.mean(0).std())
    top = [i for i in np.argsort(-at.mean(0))[:3] if search.noise[i] > (NOISY * spread) ** 2]
    if not top:
        return new
    gains = [knowledge_gradient(at, search.noise, int(i)) for i in top]
    again = Pick(search.measured[top[int(np.argmax(gains))]], max(gains), int(top[int(np.argmax(gains))]))
    return again if new is None or again.improvement > new.improvement else new
