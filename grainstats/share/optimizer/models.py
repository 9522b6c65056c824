"""Two models of the objective: straight from the process, and through the microstructure.

Plain: property = g(process). Network: features = f(process), property = g(process, features), a Bayesian
function network (Astudillo & Frazier 2021). Both answer the same three questions: draws as functions of the
process, leave-one-out predictive density, and what the microstructure would be. The process stays an input
of the second stage, so features that carry nothing cost little; which of the two is believed is decided by
`choose`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.gp import GaussianProcess, Paths, fit

_LOO_DRAWS = 128
MINIMUM = 4
"""Fewer measured experiments than this fit no model."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Functions drawn from a model's posterior.

    Attributes
    ----------
    at : Paths
        The noise-free objective anywhere, shape (m, d) -> (draws, m).
    measured : ndarray, shape (draws, measured)
        The same draws at the experiments with a measured objective. In a network the feature that was seen
        there stands in, not the one predicted: what was measured there stays known.
    """

    at: Paths
    measured: np.ndarray


class Model(Protocol):
    """What the acquisition needs of a model."""

    @property
    def name(self) -> str: ...

    @property
    def noise_variance(self) -> np.ndarray:
        """Of the objective's measurements, shape (measured,)."""
        ...

    def draw(self, draws: int, rng: np.random.Generator) -> Draws: ...

    def feature_paths(self, draws: int, rng: np.random.Generator) -> list[Paths]: ...

    def leave_one_out(self, rng: np.random.Generator) -> np.ndarray:
        """Log predictive density of every measured objective given the other experiments."""
        ...


@dataclass(frozen=True, eq=False)
class PlainModel:
    """A Gaussian process on the process parameters."""

    process: GaussianProcess
    name: str = "plain GP"

    @property
    def noise_variance(self) -> np.ndarray:
        return self.process.noise_variance

    def draw(self, draws: int, rng: np.random.Generator) -> Draws:
        path = self.process.paths(draws, rng)
        return Draws(path, path(self.process.x))

    def feature_paths(self, draws: int, rng: np.random.Generator) -> list[Paths]:
        return []

    def leave_one_out(self, rng: np.random.Generator) -> np.ndarray:
        mean, variance = self.process.leave_one_out()
        y = self.process.centre + self.process.scale * self.process.y
        return _log_normal(y, mean, variance)


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """Process -> features -> property, the property also on the process.

    Attributes
    ----------
    stages : tuple of GaussianProcess
        One per feature.
    last : GaussianProcess
        On the process parameters and the scaled features.
    columns : tuple of int
        Which features of the experiments these are.
    low, span : ndarray, shape (k,)
        Features are scaled to [0, 1] over the experiments.
    rows : ndarray, shape (k, measured)
        Row of each measured experiment in each feature's process; -1 where the feature was missing.
    """

    stages: tuple[GaussianProcess, ...]
    last: GaussianProcess
    columns: tuple[int, ...]
    low: np.ndarray
    span: np.ndarray
    rows: np.ndarray
    name: str = "function network"

    @property
    def noise_variance(self) -> np.ndarray:
        return self.last.noise_variance

    def feature_paths(self, draws: int, rng: np.random.Generator) -> list[Paths]:
        return [stage.paths(draws, rng) for stage in self.stages]

    def draw(self, draws: int, rng: np.random.Generator) -> Draws:
        features, last = self.feature_paths(draws, rng), self.last.paths(draws, rng)
        return Draws(self.through(features, last), last(self.last.x))

    def through(self, features: list[Paths], last: Paths) -> Paths:
        """Feature functions put into the property's function, draw by draw."""

        def evaluate(x: np.ndarray) -> np.ndarray:
            values = np.stack([path(x) for path in features], axis=-1)  # (draws, m, k)
            values = (values - self.low) / self.span
            process = np.broadcast_to(x, (len(values), *x.shape))
            return last(np.concatenate([process, values], axis=-1))

        return evaluate

    def leave_one_out(self, rng: np.random.Generator) -> np.ndarray:
        d = self.last.x.shape[1] - len(self.stages)
        x = self.last.x[:, :d]
        y = self.last.centre + self.last.scale * self.last.y
        mean, variance = self._left_out_features(x)
        base = rng.normal(size=(_LOO_DRAWS, len(self.stages)))
        result = np.empty(len(y))
        for i in range(len(y)):
            drawn = mean[i] + np.sqrt(variance[i]) * base
            points = np.column_stack([np.tile(x[i], (_LOO_DRAWS, 1)), (drawn - self.low) / self.span])
            keep = np.arange(len(y)) != i
            value, spread = self.last.predict(points, keep)
            density = _log_normal(y[i], value, spread + self.last.noise_variance[i])
            result[i] = special.logsumexp(density) - np.log(_LOO_DRAWS)
        return result

    def _left_out_features(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of each experiment's features given the others', shape (measured, k)."""
        mean, variance = np.empty((len(x), len(self.stages))), np.empty((len(x), len(self.stages)))
        for k, (stage, rows) in enumerate(zip(self.stages, self.rows, strict=True)):
            there = rows >= 0
            left_mean, left_variance = stage.leave_one_out()
            mean[there, k], variance[there, k] = left_mean[rows[there]], left_variance[rows[there]]
            if (~there).any():
                guess, spread = stage.predict(x[~there])
                mean[~there, k], variance[~there, k] = guess, spread + stage.noise * stage.scale**2
        return mean, variance


def _log_normal(y: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return np.asarray(-0.5 * ((y - mean) ** 2 / variance + np.log(2 * np.pi * variance)))


def fit_plain(data: Experiments) -> PlainModel:
    """Fit the plain model to the experiments with a measured objective."""
    known = data.only(data.measured)
    return PlainModel(fit(known.x, known.y, known.y_variance))


def fit_network(data: Experiments) -> NetworkModel | None:
    """Fit both stages; None where there are no usable features.

    Each feature learns from every experiment that has it, with or without the objective. Where an experiment
    has the objective but lacks a feature, the feature's prediction stands in for it in the second stage.
    """
    usable = [k for k in range(data.features.shape[1]) if np.isfinite(data.features[:, k]).sum() >= MINIMUM]
    usable = [k for k in usable if np.nanstd(data.features[:, k]) > 1e-12]
    if not usable:
        return None
    stages, filled, rows = [], [], []
    measured = data.measured
    for k in usable:
        column = data.features[:, k]
        there = np.isfinite(column)
        stage = fit(data.x[there], column[there], data.feature_variance[there, k])
        row = np.where(there, np.cumsum(there) - 1, -1)[measured]
        values = column[measured].copy()
        if (row < 0).any():
            values[row < 0] = stage.predict(data.x[measured][row < 0])[0]
        stages.append(stage)
        filled.append(values)
        rows.append(row)
    features = np.column_stack(filled)
    low, span = features.min(0), np.maximum(np.ptp(features, axis=0), 1e-9)
    inputs = np.column_stack([data.x[measured], (features - low) / span])
    last = fit(inputs, data.y[measured], data.y_variance[measured])
    return NetworkModel(tuple(stages), last, tuple(usable), low, span, np.array(rows))


@dataclass(frozen=True, eq=False)
class Choice:
    """The model believed, and the evidence.

    Attributes
    ----------
    model : PlainModel or NetworkModel
    plain : PlainModel
    network : NetworkModel or None
    plain_density, network_density : float
        Mean log leave-one-out predictive density per experiment; NaN where no network could be fitted.
    difference_error : float
        Standard error of network minus plain; NaN likewise.
    """

    model: PlainModel | NetworkModel
    plain: PlainModel
    network: NetworkModel | None
    plain_density: float
    network_density: float
    difference_error: float

    def words(self) -> str:
        """Both densities and what was made of them."""
        if np.isnan(self.network_density):
            return f"plain GP (no usable microstructure features; log density {self.plain_density:.2f})"
        other = "plain GP" if self.model.name != "plain GP" else "function network"
        mine, its = self.network_density, self.plain_density
        if other == "function network":
            mine, its = its, mine
        return (
            f"{self.model.name}: leave-one-out log predictive density {mine:.2f} per experiment "
            f"against {its:.2f} for the {other} (difference ± {self.difference_error:.2f})"
        )


def choose(data: Experiments, rng: np.random.Generator) -> Choice:
    """Fit both models and believe the network unless it predicts left-out experiments worse.

    Worse by more than one standard error of the paired difference: the network contains the plain process
    (the features' lengthscales grow where they carry nothing), so believing it wrongly costs little, while
    a dozen left-out densities are a noisy judge.
    """
    plain, network = fit_plain(data), fit_network(data)
    own = plain.leave_one_out(rng)
    if network is None:
        return Choice(plain, plain, None, float(own.mean()), np.nan, np.nan)
    other = network.leave_one_out(rng)
    error = float((other - own).std(ddof=1) / np.sqrt(len(own)))
    model = network if other.mean() > own.mean() - error else plain
    return Choice(model, plain, network, float(own.mean()), float(other.mean()), error)
