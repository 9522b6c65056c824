"""A two-layer perceptron in plain numpy: the `shape` statistic is trained with what the core installs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from grainstats.infer.shape import ShapeNetwork

HIDDEN = (48, 24)
BATCH = 256
PEAK_RATE = 4e-3
DECAY = 0.03
NOISE = 0.05


def train(
    inputs: np.ndarray, label: np.ndarray, weight: np.ndarray, *, epochs: int, seed: int
) -> ShapeNetwork:
    """Weighted logistic regression by AdamW with one learning-rate cycle; `inputs` (n, k), `label` 0 or 1."""
    rng = np.random.default_rng(seed)
    centre, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    x = (inputs - centre) / scale
    sizes = (x.shape[1], *HIDDEN, 1)
    parameters = [rng.standard_normal((a, b)) / np.sqrt(a) for a, b in pairwise(sizes)]
    parameters += [np.zeros(b) for b in sizes[1:]]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    steps = epochs * (len(x) // BATCH)
    for step in range(steps):
        if step % (len(x) // BATCH) == 0:
            order = rng.permutation(len(x))
        at = order[(step % (len(x) // BATCH)) * BATCH :][:BATCH]
        noisy = x[at] + NOISE * rng.standard_normal((len(at), x.shape[1]))
        slopes = _gradient(parameters, noisy, label[at], weight[at])
        progress = step / steps
        rate = PEAK_RATE * (progress / 0.3 if progress < 0.3 else (1 - progress) / 0.7)
        for p, g, m, v in zip(parameters, slopes, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g**2 - v)
            corrected = (m / (1 - 0.9 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)
            p -= rate * (corrected + DECAY * p)
    layers = len(HIDDEN) + 1
    return ShapeNetwork(centre, scale, tuple(parameters[:layers]), tuple(parameters[layers:]))


def _gradient(
    parameters: list[np.ndarray], x: np.ndarray, label: np.ndarray, weight: np.ndarray
) -> list[np.ndarray]:
    layers = len(HIDDEN) + 1
    matrices, offsets = parameters[:layers], parameters[layers:]
    signals = [x]
    for matrix, offset in zip(matrices[:-1], offsets[:-1], strict=True):
        signals.append(np.tanh(signals[-1] @ matrix + offset))
    score = (signals[-1] @ matrices[-1] + offsets[-1])[:, 0]
    back = (weight * (1 / (1 + np.exp(-score)) - label) / len(x))[:, None]
    slopes: list[np.ndarray] = [np.empty(0)] * (2 * layers)
    for k in reversed(range(layers)):
        slopes[k], slopes[layers + k] = signals[k].T @ back, back.sum(axis=0)
        if k:
            back = (back @ matrices[k].T) * (1 - signals[k] ** 2)
    return slopes
