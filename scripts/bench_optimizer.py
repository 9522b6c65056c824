"""Does the function network find better samples than a plain Gaussian process, or than chance?

    make bench-optimizer        # or: python scripts/bench_optimizer.py --seeds 24

Three simulators of a synthesis campaign with five process parameters, three measured microstructure
features and one property: the features mediate the property; they mediate it and the process also acts
directly; they carry no information about it. 10 initial experiments and 5 rounds of 3, the same initial
experiments for every strategy. Strategies: random; the plain Gaussian process; grainstats (chooses between
plain and network by leave-one-out predictive density each round); on request the network alone
(--strategies ... network) and, where BoTorch is installed (--botorch), its SingleTaskGP with
qLogNoisyExpectedImprovement over the same candidates: an independent plain process of the kind that BOXVIA
models (BOXVIA itself is no package of the index). Writes docs/optimizer_benchmark.csv (every seed) and
docs/optimizer_benchmark.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.stats import qmc

from grainstats.share.optimizer import gp
from grainstats.share.optimizer.acquisition import Search, select
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.models import choose, fit_network, fit_plain

DIMENSIONS, STEPS = 5, 20  # every parameter has 21 settings
INITIAL, ROUNDS, BATCH = 10, 5, 3
CANDIDATES, DRAWS = 384, 48
NOISE = 0.05


@dataclass(frozen=True)
class Simulator:
    """A campaign with known truth; all functions take points of shape (n, 5) in the unit cube."""

    name: str
    features: Callable[[np.ndarray], np.ndarray]
    truth: Callable[[np.ndarray], np.ndarray]

    def measure(self, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Features (n, 3) and property (n,), each with its measurement noise."""
        features, value = self.features(x), self.truth(x)
        return features + NOISE * rng.normal(size=features.shape), value + NOISE * rng.normal(
            size=value.shape
        )


def microstructure(x: np.ndarray) -> np.ndarray:
    """Log grain size, log mode ratio and log boundary thickness: smooth in the process."""
    size = 1.2 * x[:, 0] + 0.8 * np.sin(2.5 * x[:, 1]) - 0.9 * x[:, 2] + 0.5 * x[:, 0] * x[:, 3]
    ratio = 1.1 * x[:, 3] - 0.8 * x[:, 0] + 0.7 * np.cos(2.5 * x[:, 4])
    clean = 0.9 * x[:, 2] + 0.6 * x[:, 4] ** 2 - 0.6 * x[:, 1]
    return np.column_stack([size, ratio, clean])


def mediated(f: np.ndarray) -> np.ndarray:
    """A property with a sharp optimum in the features: one size, one ratio, clean boundaries."""
    size, ratio, clean = f.T
    return (
        np.exp(-((size - 0.4) ** 2) / 0.06)
        * np.exp(-((ratio - 0.3) ** 2) / 0.25)
        * (1 + 0.8 * np.tanh(2 * clean))
    )


def direct(x: np.ndarray) -> np.ndarray:
    """What the process does besides the microstructure (density, phase purity)."""
    return 0.5 * np.exp(-((x[:, 1] - 0.3) ** 2) / 0.1) + 0.3 * x[:, 4]


def unrelated(x: np.ndarray) -> np.ndarray:
    """A property that has nothing to do with the features."""
    return (
        np.exp(-((x - np.array([0.7, 0.3, 0.6, 0.4, 0.5])) ** 2 @ np.array([4.0, 3.0, 5.0, 1.0, 2.0]))) * 1.5
    )


def bystanders(x: np.ndarray) -> np.ndarray:
    """Features that follow the process their own way, or nothing at all (hashed, fixed per setting)."""
    noise = np.sin(1e4 * (x @ np.array([12.9898, 78.233, 37.719, 94.673, 51.137]))) * 1.3
    return np.column_stack([np.sin(3 * x[:, 3]) + 0.5 * x[:, 4], noise, np.cos(2 * x[:, 1])])


SIMULATORS = (
    Simulator("features mediate", microstructure, lambda x: mediated(microstructure(x))),
    Simulator("mediate + direct", microstructure, lambda x: mediated(microstructure(x)) + direct(x)),
    Simulator("features say nothing", bystanders, unrelated),
)


def sobol(count: int, seed: int) -> np.ndarray:
    """Distinct grid points, space-filling."""
    points = qmc.Sobol(DIMENSIONS, seed=seed).random(1 << (2 * count - 1).bit_length())
    return np.unique(np.round(points * STEPS) / STEPS, axis=0)[np.random.default_rng(seed).permutation(count)]


def neighbours(x: np.ndarray) -> np.ndarray:
    """One and three steps along every parameter."""
    moves = np.vstack([np.eye(DIMENSIONS) * k / STEPS for k in (-3, -1, 1, 3)])
    near = np.round((x + moves) * STEPS) / STEPS
    return near[((near >= 0) & (near <= 1)).all(1)]


def experiments(x: np.ndarray, features: np.ndarray, y: np.ndarray) -> Experiments:
    """The campaign so far."""
    n, k = features.shape
    names = tuple(f"f{i}" for i in range(k))
    known = np.full((n, k), NOISE**2)
    return Experiments(tuple(map(str, range(n))), x, features, known, names, (False,) * k, y, np.zeros(n))


def next_points(strategy: str, data: Experiments, seed: int) -> tuple[np.ndarray, str]:
    """A batch of a strategy, and the model it believed."""
    rng = np.random.default_rng(seed)
    pool = sobol(CANDIDATES, seed)
    if strategy == "random":
        return pool[:BATCH], ""
    if strategy == "botorch":
        return botorch_points(data, pool, seed), "botorch"
    if strategy == "grainstats":
        model = choose(data, rng).model
    else:
        network = fit_network(data) if strategy == "network" else None
        model = network or fit_plain(data)
    search = Search(pool, neighbours, data.x, np.empty((0, DIMENSIONS)), model.noise_variance)
    picks = select([model.draw(DRAWS, rng)], search, BATCH, rng)
    return np.array([p.x for p in picks]), model.name


def botorch_points(data: Experiments, pool: np.ndarray, seed: int) -> np.ndarray:
    """BoTorch's defaults: SingleTaskGP, qLogNoisyExpectedImprovement, greedy over the same candidates."""
    import torch
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.optim import optimize_acqf_discrete
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.manual_seed(seed)
    x, y = torch.tensor(data.x), torch.tensor(data.y)[:, None]
    model = SingleTaskGP(x, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    rule = qLogNoisyExpectedImprovement(model, x, prune_baseline=True)
    chosen, _ = optimize_acqf_discrete(rule, BATCH, torch.tensor(pool), max_batch_size=512, unique=True)
    return np.asarray(chosen.detach().numpy())


def campaign(simulator: Simulator, strategy: str, seed: int) -> dict[str, object]:
    """One campaign; the best true value among its experiments after every round."""
    start = time.perf_counter()
    rng = np.random.default_rng(1000 + seed)
    x = sobol(INITIAL, 1000 + seed)
    features, y = simulator.measure(x, rng)
    best, believed = [simulator.truth(x).max()], []
    for round_number in range(ROUNDS):
        new, name = next_points(strategy, experiments(x, features, y), 100 * seed + round_number)
        more_features, more_y = simulator.measure(new, rng)
        x, features, y = (
            np.vstack([x, new]),
            np.vstack([features, more_features]),
            np.concatenate([y, more_y]),
        )
        best.append(simulator.truth(x).max())
        believed.append(name)
    row: dict[str, object] = {"simulator": simulator.name, "strategy": strategy, "seed": seed}
    row |= {f"best_{INITIAL + BATCH * k}": float(b) for k, b in enumerate(best)}
    row["rounds_with_network"] = believed.count("function network")
    return row | {"seconds": time.perf_counter() - start}


def optimum(simulator: Simulator) -> float:
    """Best value there is, from many points and local search on the grid."""
    x = sobol(1 << 16, 0)
    value = simulator.truth(x)
    for _ in range(20):
        top = x[np.argsort(-value)[:50]]
        x = np.vstack([top, *[neighbours(p) for p in top]])
        value = simulator.truth(x)
    return float(value.max())


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean best ± standard error per simulator and strategy, and the paired gain over the plain process."""
    last = f"best_{INITIAL + BATCH * ROUNDS}"
    out = []
    for (simulator, strategy), part in rows.groupby(["simulator", "strategy"], sort=False):
        n = len(part)
        plain = rows[(rows.simulator == simulator) & (rows.strategy == "plain")].set_index("seed")[last]
        gain = part.set_index("seed")[last] - plain
        out.append(
            {
                "simulator": simulator,
                "strategy": strategy,
                "seeds": n,
                "mean best": part[last].mean(),
                "s.e.": part[last].std(ddof=1) / np.sqrt(n),
                "minus plain": gain.mean(),
                "s.e. of it": gain.std(ddof=1) / np.sqrt(gain.notna().sum()),
                "rounds with network": part.rounds_with_network.mean(),
                "seconds a round": part.seconds.mean() / ROUNDS,
            }
        )
    return pd.DataFrame(out)


def page(rows: pd.DataFrame) -> str:
    """The Markdown page."""
    table = summary(rows)
    lines = ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
    for record in table.itertuples(index=False):
        lines.append("| " + " | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in record) + " |")
    best = ", ".join(f"{s.name} {optimum(s):.3f}" for s in SIMULATORS)
    return (
        "# Optimizer benchmark\n\nMade by `make bench-optimizer` (scripts/bench_optimizer.py): "
        f"{INITIAL} initial + {ROUNDS} × {BATCH} experiments, best noise-free value found.\n"
        f"Best there is: {best}. Seconds are of wall time, as busy as the machine was. `botorch`, where it\n"
        f"was run, chooses among the {CANDIDATES} candidates only; plain and grainstats also try the\n"
        "neighbours of the best ones.\n\n" + "\n".join(lines) + "\n"
    )


def held_out(repetitions: int = 10) -> str:
    """Log density and error of plain processes on new points, by prior of the lengthscales: a table."""
    priors = {"BoTorch's default": (4.11, 3**0.5), "grainstats": gp.LENGTH_PRIOR, "shorter": (0.25, 0.7)}
    lines = ["| experiments | prior | " + " | ".join(s.name for s in SIMULATORS) + " |", "|" + " --- |" * 5]
    for n in (12, 22):
        for name, prior in priors.items():
            found = [np.mean([_density(s, n, prior, r) for r in range(repetitions)]) for s in SIMULATORS]
            lines.append(f"| {n} | {name} | " + " | ".join(f"{v:.2f}" for v in found) + " |")
    return "\n".join(lines)


def _density(simulator: Simulator, n: int, prior: tuple[float, float], seed: int) -> float:
    """Mean log predictive density of 150 new measurements."""
    rng = np.random.default_rng(seed)
    x = sobol(n, seed + 50)
    model = gp.fit(x, simulator.measure(x, rng)[1], length_prior=prior)
    new = rng.uniform(size=(150, DIMENSIONS))
    mean, variance = model.predict(new)
    variance = variance + NOISE**2
    off = simulator.measure(new, rng)[1] - mean
    return float(np.mean(-0.5 * (off**2 / variance + np.log(2 * np.pi * variance))))


def main() -> None:
    """Run all campaigns, saving after each seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--strategies", nargs="+", default=["random", "plain", "grainstats"])
    parser.add_argument("--botorch", action="store_true", help="also run BoTorch's own plain process")
    parser.add_argument("--prior", action="store_true", help="only show what the lengthscales' prior does")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs")
    options = parser.parse_args()
    if options.prior:
        print(held_out())
        return
    strategies = [*options.strategies, *(["botorch"] if options.botorch else [])]
    rows = []
    for seed in range(options.seeds):
        rows += [campaign(s, strategy, seed) for s in SIMULATORS for strategy in strategies]
        pd.DataFrame(rows).round(5).to_csv(options.out / "optimizer_benchmark.csv", index=False)
        print(f"seed {seed + 1} of {options.seeds}", flush=True)
    text = page(pd.DataFrame(rows))
    (options.out / "optimizer_benchmark.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
