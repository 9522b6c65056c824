"""Two models of the objective: straight from the process, and through the microstructure.

Plain: property = g(process). Network: features = f(process), property = g(process, features), a Bayesian
function network (Astudillo & Frazier 2021). Both are sampled in the same two steps: BoTorch samples the
joint posterior of what follows from the process alone (the property, or the features), and a function makes
properties of the samples. The process stays an input of the network's second stage, so features that carry
nothing cost little; which of the two is believed is decided by `choose`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from scipy import special, stats

from grainstats.share.optimizer.data import MINIMUM, Experiments
from grainstats.share.optimizer.process import Process, Tensor, fit_process, library, quiet, tensor

with library():
    import torch
    from botorch.models import ModelListGP, SingleTaskGP
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.sampling.pathwise import draw_kernel_feature_paths, draw_matheron_paths
    from botorch.utils.sampling import manual_seed

_LOO_DRAWS, _WAVES = 128, 512

PropertyOf = Callable[[Tensor, Tensor], Tensor]
"""Samples (draws, ..., q, k) and where they were taken (..., q, d) -> properties (draws, ..., q)."""


@dataclass(frozen=True, eq=False)
class PlainModel:
    """A Gaussian process on the process parameters."""

    last: Process  #: that gives the objective
    x: np.ndarray  #: shape (measured, d)
    y: np.ndarray  #: shape (measured,)
    name: str = "plain GP"

    @property
    def parts(self) -> list[SingleTaskGP]:
        """What is sampled first."""
        return [self.last.model]

    def property_of(self, draws: int, seed: int) -> PropertyOf:
        """The property is what was sampled."""
        return lambda samples, x: samples[..., 0]

    def leave_one_out(self, seed: int) -> np.ndarray:
        """Log predictive density of every measured objective given the other experiments."""
        mean, variance = self.last.predict_left_out(self.x[:, None])
        return np.asarray(stats.norm.logpdf(self.y, mean[:, 0, 0], np.sqrt(variance[:, 0, 0])))


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """Process -> features -> property, the property also on the process."""

    stages: tuple[Process, ...]  #: one for every set of features that were measured in the same experiments
    #: which features of the experiments these are, in the order of the stages' outputs
    columns: tuple[int, ...]
    last: Process  #: on the process parameters and the features
    x: np.ndarray  #: as in `PlainModel`
    y: np.ndarray
    #: shape (measured, k): mean and variance of every measured experiment's features given the other
    #: experiments
    left_out: tuple[np.ndarray, np.ndarray]
    name: str = "function network"

    @property
    def parts(self) -> list[SingleTaskGP]:
        """What is sampled first."""
        return [stage.model for stage in self.stages]

    def property_of(self, draws: int, seed: int) -> PropertyOf:
        """The property by one function per draw from the posterior of the second stage."""
        waves = partial(draw_kernel_feature_paths, num_features=_WAVES)
        with torch.no_grad(), quiet(), manual_seed(seed):
            paths = draw_matheron_paths(self.last.model, torch.Size([draws]), prior_sampler=waves)

        def evaluate(samples: Tensor, x: Tensor) -> Tensor:
            inputs = torch.cat([x.expand(*samples.shape[:-1], x.shape[-1]), samples], dim=-1)
            return paths(inputs.reshape(draws, -1, inputs.shape[-1])).reshape(samples.shape[:-1])

        return evaluate

    def features(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the features at (m, d), both of shape (m, k)."""
        found = [stage.predict(x) for stage in self.stages]
        return np.hstack([mean for mean, _ in found]), np.hstack([variance for _, variance in found])

    def leave_one_out(self, seed: int) -> np.ndarray:
        """Log predictive density of every measured objective given the others, their features too."""
        mean, variance = self.left_out
        n, k = mean.shape
        base = np.random.default_rng(seed).normal(size=(_LOO_DRAWS, k))
        drawn = mean[:, None] + np.sqrt(variance)[:, None] * base
        process = np.broadcast_to(self.x[:, None], (n, _LOO_DRAWS, self.x.shape[1]))
        value, spread = self.last.predict_left_out(np.concatenate([process, drawn], axis=-1))
        density = stats.norm.logpdf(self.y[:, None], value[..., 0], np.sqrt(spread[..., 0]))
        return np.asarray(special.logsumexp(density, axis=1) - np.log(_LOO_DRAWS))


PropertyModel = PlainModel | NetworkModel


def joined(parts: list[SingleTaskGP]) -> SingleTaskGP | ModelListGP:
    """One BoTorch model of all parts."""
    return parts[0] if len(parts) == 1 else ModelListGP(*parts)


def posterior_draws(model: PropertyModel, x: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Joint posterior samples of the noise-free objective at (m, d), shape (draws, m)."""
    points = tensor(x)
    sampler = SobolQMCNormalSampler(torch.Size([draws]), seed=seed)
    with torch.no_grad(), quiet():
        first = sampler(joined(model.parts).posterior(points))
        return np.asarray(model.property_of(draws, seed)(first, points).numpy())


def fit_plain(data: Experiments) -> PlainModel:
    """Fit the plain model to the experiments with a measured objective."""
    known = data.only(data.measured)
    return PlainModel(fit_process(known.x, known.y[:, None], known.y_variance[:, None]), known.x, known.y)


def fit_network(data: Experiments) -> NetworkModel | None:
    """Fit both stages; None where there are no usable features.

    Each feature learns from every experiment that has it, with or without the objective. Where an experiment
    has the objective but lacks a feature, the feature's prediction stands in for it in the second stage.
    """
    groups = _measured_together(data)
    if not groups:
        return None
    known, d = data.only(data.measured), data.x.shape[1]
    stages, filled, means, variances = [], [], [], []
    for there, columns in groups:
        own = data.only(there)
        stage = fit_process(own.x, own.features[:, columns], own.feature_variance[:, columns])
        mean, variance = _left_out_features(stage, data.x, there)
        seen = data.features[:, columns]
        stages.append(stage)
        filled.append(np.where(there[:, None], seen, mean)[data.measured])
        means.append(mean[data.measured])
        variances.append(variance[data.measured])
    features = np.hstack(filled)
    inputs = np.hstack([known.x, features])
    last = fit_process(inputs, known.y[:, None], known.y_variance[:, None], range(d, inputs.shape[1]))
    chosen = tuple(k for _, columns in groups for k in columns)
    left_out = np.hstack(means), np.hstack(variances)
    return NetworkModel(tuple(stages), chosen, last, known.x, known.y, left_out)


def _measured_together(data: Experiments) -> list[tuple[np.ndarray, list[int]]]:
    """Usable features by the experiments that have them: bool of shape (n,) and the columns."""
    groups: dict[bytes, tuple[np.ndarray, list[int]]] = {}
    for k, column in enumerate(data.features.T):
        there = np.isfinite(column)
        if there.sum() >= MINIMUM and column[there].std() > 1e-12:
            groups.setdefault(there.tobytes(), (there, []))[1].append(k)
    return list(groups.values())


def _left_out_features(stage: Process, x: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance, shape (n, k), of all experiments' features, each without its own if it has any."""
    mean, variance = stage.predict(x)
    variance = variance + np.median(stage.noise, axis=0)
    left_mean, left_variance = stage.predict_left_out(x[there][:, None])
    mean[there], variance[there] = left_mean[:, 0], left_variance[:, 0]
    return mean, variance


@dataclass(frozen=True, eq=False)
class Choice:
    """The model believed, and the evidence."""

    model: PropertyModel
    plain: PlainModel
    network: NetworkModel | None
    #: mean log leave-one-out predictive density per experiment; NaN where no network could be fitted
    plain_density: float
    network_density: float
    difference_error: float  #: standard error of network minus plain; NaN likewise

    def per_unit(self, unit: float) -> Self:
        """With the densities of an objective that was divided by `unit`, above 0, given in its own."""
        plain, network = self.plain_density - np.log(unit), self.network_density - np.log(unit)
        return replace(self, plain_density=float(plain), network_density=float(network))

    def words(self) -> str:
        """Both densities and what was made of them."""
        if np.isnan(self.network_density):
            return f"plain GP (no usable microstructure features; log density {self.plain_density:.2f})"
        densities = ((self.plain_density, "plain GP"), (self.network_density, "function network"))
        (its, other), (mine, believed) = sorted(densities, key=lambda pair: pair[1] == self.model.name)
        return (
            f"{believed}: it predicts left-out experiments better than the {other} (mean log density "
            f"{mine:.2f} against {its:.2f}, difference ± {self.difference_error:.2f})"
        )


def choose(data: Experiments, seed: int) -> Choice:
    """Fit both models and believe the one that predicts left-out experiments better.

    Better by the mean log predictive density (Vehtari, Gelman & Gabry 2017), hyperparameters fitted without
    the left-out experiment; the standard error of the paired difference is reported beside it.
    """
    plain, network = fit_plain(data), fit_network(data)
    own = plain.leave_one_out(seed)
    if network is None:
        return Choice(plain, plain, None, float(own.mean()), np.nan, np.nan)
    other = network.leave_one_out(seed)
    error = float((other - own).std(ddof=1) / np.sqrt(len(own)))
    model = network if other.mean() > own.mean() else plain
    return Choice(model, plain, network, float(own.mean()), float(other.mean()), error)
