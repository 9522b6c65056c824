"""A small perceptron in plain numpy: the core installs all that `shape` is trained with."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.modality.shape_network import ShapeNetwork

HIDDEN = (32, 16)
BATCH = 256
PEAK_RATE = 4e-3
DECAY = 0.03
NOISE = 0.05
FIRST_EPOCHS = 3  # before the uniform kinds are weighed
FEWEST = 30  # samples that tell the rate of a kind
PRIOR_STEP = 0.4


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a network learns from."""

    inputs: np.ndarray  #: shape (n, k)
    two: np.ndarray  #: shape (n,): two populations
    #: shape (n,): of the samples of two populations; those of one are weighed by `least_favourable`
    weight: np.ndarray
    size: np.ndarray  #: shape (n,): class of grain count and of uniform mosaic; of no meaning where `two`
    kind: np.ndarray


def train(lesson: Lesson, *, epochs: int, seed: int) -> ShapeNetwork:
    """Weighted logistic regression by AdamW with one learning-rate cycle."""
    rng = np.random.default_rng(seed)
    centre, scale = lesson.inputs.mean(axis=0), lesson.inputs.std(axis=0) + 1e-6
    x = (lesson.inputs - centre) / scale
    sizes = (x.shape[1], *HIDDEN, 1)
    parameters = [rng.standard_normal((a, b)) / np.sqrt(a) for a, b in pairwise(sizes)]
    parameters += [np.zeros(b) for b in sizes[1:]]
    first, second = ([np.zeros_like(p) for p in parameters] for _ in range(2))
    label = lesson.two.astype(float)
    prior = np.ones((lesson.size.max() + 1, lesson.kind.max() + 1))
    batches = len(x) // BATCH
    for step in range(epochs * batches):
        if step % batches == 0:
            if step >= FIRST_EPOCHS * batches:
                prior = least_favourable(prior, _signals(parameters, x)[-1][:, 0], lesson)
            weight, order = _balanced(prior, lesson), rng.permutation(len(x))
        at = order[(step % batches) * BATCH :][:BATCH]
        noisy = x[at] + NOISE * rng.standard_normal((len(at), x.shape[1]))
        slopes = _gradient(parameters, noisy, label[at], weight[at])
        progress = step / (epochs * batches)
        rate = PEAK_RATE * (progress / 0.3 if progress < 0.3 else (1 - progress) / 0.7)
        for p, g, m, v in zip(parameters, slopes, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g**2 - v)
            corrected = (m / (1 - 0.9 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)
            p -= rate * (corrected + DECAY * p)
    layers = len(HIDDEN) + 1
    return ShapeNetwork(centre, scale, tuple(parameters[:layers]), tuple(parameters[layers:]))


def least_favourable(prior: np.ndarray, score: np.ndarray, lesson: Lesson) -> np.ndarray:
    """Weights (sizes, kinds) nearer to those under which no uniform kind is mistaken more than another.

    The best test whose false positives stay below a level for *every* kind is the likelihood ratio against
    the mixture that is hardest to tell (Lehmann & Romano, Testing Statistical Hypotheses, 3.8).  At the score
    that the worst kind exceeds at the level, kinds that exceed it more often gain weight.
    """
    better = prior.copy()
    for i in range(len(prior)):
        here = ~lesson.two & (lesson.size == i)
        scores = [score[here & (lesson.kind == k)] for k in range(prior.shape[1])]
        known = [len(s) >= FEWEST for s in scores]
        limit = max(np.quantile(s, 1 - LEVEL) for s, k in zip(scores, known, strict=True) if k)
        rate = np.array([(s > limit).mean() if k else 0.0 for s, k in zip(scores, known, strict=True)])
        better[i] *= np.exp(PRIOR_STEP * np.clip(rate / LEVEL - 0.9, -0.5, 0.3))
        count = np.array([len(s) for s in scores])
        better[i] = np.clip(better[i] * count.sum() / (better[i] @ count), 0.02, 8.0)
    return better


def _balanced(prior: np.ndarray, lesson: Lesson) -> np.ndarray:
    """Weight of every sample; one and two populations weigh the same together."""
    one = np.where(lesson.two, 0.0, prior[lesson.size, lesson.kind])
    two = np.where(lesson.two, lesson.weight, 0.0)
    return np.asarray((one / one.sum() + two / two.sum()) * len(one) / 2)


def _signals(parameters: list[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """Outputs of all layers, the inputs first; the last is the score, shape (n, 1)."""
    layers = len(HIDDEN) + 1
    signals = [x]
    for k, (matrix, offset) in enumerate(zip(parameters[:layers], parameters[layers:], strict=True)):
        out = signals[-1] @ matrix + offset
        signals.append(out if k == layers - 1 else np.tanh(out))
    return signals


def _gradient(
    parameters: list[np.ndarray], x: np.ndarray, label: np.ndarray, weight: np.ndarray
) -> list[np.ndarray]:
    layers = len(HIDDEN) + 1
    *signals, score = _signals(parameters, x)
    back = (weight * (1 / (1 + np.exp(-score[:, 0])) - label) / len(x))[:, None]
    slopes: list[np.ndarray] = [np.empty(0)] * (2 * layers)
    for k in reversed(range(layers)):
        slopes[k], slopes[layers + k] = signals[k].T @ back, back.sum(axis=0)
        if k:
            back = (back @ parameters[k].T) * (1 - signals[k] ** 2)
    return slopes
