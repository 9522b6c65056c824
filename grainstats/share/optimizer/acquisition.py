"""Which points next: BoTorch's log noisy expected improvement, chosen one after another for a batch.

The acquisition (Ament et al. 2023; several objectives: noisy expected hypervolume improvement, Daulton et
al. 2021) samples what follows from the process alone with fixed base samples and, where the network is
believed, makes properties of the samples through the second stage. It is evaluated on the allowed candidates
and on the neighbours of the best; a chosen point is pending when the next is chosen, so a batch does not
crowd. A repeat competes by the knowledge gradient: what one more measurement of one of the best settings is
worth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.share.optimizer.models import PropertyModel, PropertyOf, joined, posterior_draws
from grainstats.share.optimizer.process import Tensor, library, quiet, tensor
from grainstats.share.optimizer.space import unseen

with library():
    import torch
    from botorch.acquisition import AcquisitionFunction
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.acquisition.multi_objective.monte_carlo import qNoisyExpectedHypervolumeImprovement
    from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
    from botorch.acquisition.objective import GenericMCObjective
    from botorch.sampling.normal import SobolQMCNormalSampler
    from botorch.utils.multi_objective.hypervolume import infer_reference_point
    from botorch.utils.multi_objective.pareto import is_non_dominated

LEADERS = 8  #: candidates whose neighbours are looked at, too (judgement)
NOISY = 0.2
"""A repeat is considered where a measurement's standard deviation exceeds this share of the objective's."""
_AT_ONCE = 256  #: candidates; bounds memory

Neighbours = Callable[[np.ndarray], np.ndarray]  #: feasible points near one point: shape (d,) -> (m, d)


@dataclass(frozen=True, eq=False)
class Pick:
    """One chosen point."""

    x: np.ndarray  #: shape (d,)
    #: noisy expected improvement in units of the models' objective (of several: of their product, the
    #: hypervolume); for a repeat its knowledge gradient
    improvement: float
    #: index of the measured experiment that is to be measured again; None for a new point
    repeats: int | None = None


@dataclass(frozen=True, eq=False)
class Search:
    """Where to look, and what must not be proposed."""

    candidates: np.ndarray  #: shape (m, d): feasible, not measured, not pending
    neighbours: Neighbours
    measured: np.ndarray  #: shape (n, d): experiments with all objectives measured
    pending: np.ndarray  #: shape (p, d): proposed earlier, not measured yet
    noise: np.ndarray  #: shape (n,): measurement variance of the first objective


def expected_improvement(
    models: Sequence[PropertyModel], search: Search, draws: int, seed: int
) -> AcquisitionFunction:
    """BoTorch's acquisition over the measured settings, sampled through the stages of every model.

    One model per objective, larger is better, with a spread of about 1, which BoTorch's smoothing supposes;
    `draws` is a power of two.
    """
    parts = [part for model in models for part in model.parts]
    baseline = tensor(np.unique(search.measured, axis=0))
    sampler = SobolQMCNormalSampler(torch.Size([draws]), seed=seed)
    found = _properties(models, draws, seed)
    common = {"sampler": sampler, "prune_baseline": False}
    if len(models) == 1:
        alone = GenericMCObjective(lambda samples, X: found(samples, X)[..., 0])
        rule = qLogNoisyExpectedImprovement(joined(parts), baseline, objective=alone, **common)
    else:
        expected = torch.stack(
            [tensor(posterior_draws(m, search.measured, draws, seed).mean(0)) for m in models], -1
        )
        # not its logarithmic form, which compiles C++ when it is first used; here nothing follows a gradient
        rule = qNoisyExpectedHypervolumeImprovement(
            joined(parts), infer_reference_point(expected[is_non_dominated(expected)]), baseline,
            objective=GenericMCMultiOutputObjective(found), **common,
        )  # fmt: skip
    return rule


def _properties(models: Sequence[PropertyModel], draws: int, seed: int) -> PropertyOf:
    """All objectives of the samples of all models' first stages, in the last dimension."""
    widths = [sum(part.num_outputs for part in model.parts) for model in models]
    functions = [model.property_of(draws, seed + i) for i, model in enumerate(models)]

    def evaluate(samples: Tensor, X: Tensor) -> Tensor:
        groups = zip(functions, samples.split(widths, dim=-1), strict=True)
        return torch.stack([function(own, X) for function, own in groups], dim=-1)

    return evaluate


def select(models: Sequence[PropertyModel], search: Search, count: int, draws: int, seed: int) -> list[Pick]:
    """A batch of `count`, the most valuable first; fewer where the space has no more."""
    with quiet():
        rule = expected_improvement(models, search, draws, seed)
    again = _best_repeat(models[0], search, draws, seed) if len(models) == 1 else None
    candidates, pending, picks = search.candidates, search.pending, list[Pick]()
    while len(picks) < count:
        with quiet():
            rule.set_X_pending(tensor(pending) if len(pending) else None)
            candidates, value = _refined(rule, search, candidates, pending)
        new = Pick(candidates[np.argmax(value)], float(np.exp(value.max()))) if len(candidates) else None
        if again is not None and (new is None or again.improvement > new.improvement):
            picks.append(again)
            again = None
            continue
        if new is None:
            break
        picks.append(new)
        pending = np.vstack([pending, new.x])
        candidates = np.delete(candidates, np.argmax(value), axis=0)
    return picks


def _refined(
    rule: AcquisitionFunction, search: Search, candidates: np.ndarray, pending: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates with the feasible neighbours of its best points, and the logarithmic value of each."""
    value = _values(rule, candidates)
    if not len(candidates):
        return candidates, value
    leaders = candidates[np.argsort(-value)[:LEADERS]]
    near = np.concatenate([search.neighbours(point) for point in leaders])
    near = unseen(near, np.concatenate([candidates, search.measured, pending]))
    return np.concatenate([candidates, near]), np.concatenate([value, _values(rule, near)])


def _values(rule: AcquisitionFunction, points: np.ndarray) -> np.ndarray:
    """Logarithm of the improvement expected at each point."""
    if not len(points):
        return np.empty(0)
    with torch.no_grad():
        value = torch.cat([rule(part[:, None]) for part in tensor(points).split(_AT_ONCE)])
    if not isinstance(rule, qLogNoisyExpectedImprovement):
        value = value.clamp_min(1e-300).log()
    return np.asarray(value.numpy())


def _best_repeat(model: PropertyModel, search: Search, draws: int, seed: int) -> Pick | None:
    """The best of the top three settings to measure again, where noise makes that worth considering."""
    at = posterior_draws(model, search.measured, draws, seed)
    spread = float(at.mean(0).std())
    top = [int(i) for i in np.argsort(-at.mean(0))[:3] if search.noise[i] > (NOISY * spread) ** 2]
    gains = [knowledge_gradient(at, search.noise, i) for i in top]
    if not gains:
        return None
    best = top[int(np.argmax(gains))]
    return Pick(search.measured[best], max(gains), best)


def knowledge_gradient(values: np.ndarray, noise: np.ndarray, index: int) -> float:
    """What measuring point `index` once more is worth: the expected rise of the best posterior mean.

    `values`, shape (draws, m), are noise-free values of the points that could be called best, `noise`, shape
    (m,), the variance of one measurement of each.
    """
    mean = values.mean(0)
    covariance = ((values - mean) * (values[:, [index]] - mean[index])).mean(0)
    change = covariance / np.sqrt(max(covariance[index], 0) + noise[index] + 1e-12)
    z = np.linspace(-4, 4, 41)
    density = np.exp(-0.5 * z**2)
    best = (mean[:, None] + change[:, None] * z).max(0)
    return float((best * density).sum() / density.sum() - mean.max())
