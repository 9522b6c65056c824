"""Does the function network find better samples than a plain Gaussian process, or than chance?

    make bench-optimizer        # or: python calibration/optimizer_benchmark.py --seeds 16

Three simulators of a synthesis campaign with five process parameters, three measured microstructure
features and one property: the features mediate the property; they mediate it and the process also acts
directly; they carry no information about it. 10 initial experiments and 5 rounds of 3, the same initial
experiments for every strategy: random; the plain Gaussian process; grainstats (chooses between plain and
network by leave-one-out predictive density each round); and, where GPyOpt is installed, the engine of BOXVIA
with the settings of its batch mode. Finished campaigns are kept (--progress), so a run that was stopped goes
on where it was (remove the file after a change of the models); the tables in docs/validation are
written only once all of them are there.
`--intervals` shows on other functions how often the plain process's 95 % intervals hold the truth.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from scipy import stats
from scipy.stats import qmc

from grainstats.share.optimizer.acquisition import Search, select
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.models import choose, fit_plain, posterior_draws

DIMENSIONS, STEPS = 5, 20  # every parameter has 21 settings
INITIAL, ROUNDS, BATCH = 10, 5, 3
CANDIDATES, DRAWS, PREDICTION_DRAWS = 256, 32, 256
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


def next_points(strategy: str, data: Experiments, seed: int) -> tuple[np.ndarray, str, np.ndarray | None]:
    """A batch of a strategy, the model it believed, and its 95 % intervals of shape (2, BATCH)."""
    candidates = sobol(CANDIDATES, seed)
    if strategy == "random":
        return candidates[:BATCH], "", None
    if strategy == "boxvia":
        return boxvia_points(data), "", None
    model = choose(data, seed).model if strategy == "grainstats" else fit_plain(data)
    candidates = candidates[(candidates[:, None] != data.x).any(2).all(1)]
    search = Search(candidates, neighbours, data.x, np.empty((0, DIMENSIONS)), model.last.noise[:, 0])
    new = np.array([pick.x for pick in select([model], search, BATCH, DRAWS, seed)])
    drawn = posterior_draws(model, new, PREDICTION_DRAWS, seed)
    return new, model.name, np.quantile(drawn, [0.025, 0.975], axis=0)


def boxvia_points(data: Experiments) -> np.ndarray:
    """What BOXVIA asks of GPyOpt (its src/runBO.py): expected improvement, local penalization, Matern 5/2.

    GPyOpt 1.2.6 reads the optimum of SciPy's minimize as a 2-d array, which SciPy no longer returns: it is
    given one here.
    """
    import GPy
    import GPyOpt
    from GPyOpt.core.evaluators import batch_local_penalization as batch
    from scipy import optimize

    def minimize(*args: object, **options: object) -> object:
        found = optimize.minimize(*args, **options)
        found.fun = np.atleast_2d(found.fun)
        return found

    batch.scipy = SimpleNamespace(optimize=SimpleNamespace(minimize=minimize))
    np.random.seed(123)  # noqa: NPY002 - as BOXVIA does
    settings = tuple(np.arange(STEPS + 1) / STEPS)
    engine = GPyOpt.methods.BayesianOptimization(
        f=None, domain=[{"name": f"x{i}", "type": "discrete", "domain": settings} for i in range(DIMENSIONS)],
        X=data.x, Y=-data.y[:, None], kernel=GPy.kern.Matern52(DIMENSIONS),
        normalize_Y=True, exact_feval=False,
        acquisition_type="EI", acquisition_jitter=0.01, evaluator_type="local_penalization", batch_size=BATCH,
    )  # fmt: skip
    return np.asarray(engine.suggest_next_locations())


def campaign(simulator: Simulator, strategy: str, seed: int) -> dict[str, object]:
    """One campaign; the best true value among its experiments after every round."""
    rng = np.random.default_rng(1000 + seed)
    x = sobol(INITIAL, 1000 + seed)
    features, y = simulator.measure(x, rng)
    best, believed, inside = [simulator.truth(x).max()], [], list[float]()
    for round_number in range(ROUNDS):
        found = next_points(strategy, experiments(x, features, y), 100 * seed + round_number)
        new, name, interval = found
        if interval is not None:
            inside.append(
                float(((interval[0] < simulator.truth(new)) & (simulator.truth(new) < interval[1])).mean())
            )
        more_features, more_y = simulator.measure(new, rng)
        x, features, y = (
            np.vstack([x, new]),
            np.vstack([features, more_features]),
            np.concatenate([y, more_y]),
        )
        best.append(simulator.truth(x).max())
        believed.append(name)
    row: dict[str, object] = {"simulator": simulator.name, "strategy": strategy, "seed": seed}
    row |= {f"best_{INITIAL + BATCH * k}": round(float(b), 5) for k, b in enumerate(best)}
    row["rounds_with_network"] = believed.count("function network")
    row["inside_95"] = round(float(np.mean(inside)), 5) if inside else np.nan
    return row


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
                "best there is": optimum(next(s for s in SIMULATORS if s.name == simulator)),
                "mean best": part[last].mean(),
                "s.e.": part[last].std(ddof=1) / np.sqrt(n),
                "minus plain": gain.mean(),
                "s.e. of it": gain.std(ddof=1) / np.sqrt(gain.notna().sum()),
                "rounds with network": part.rounds_with_network.mean(),
                "inside 95 %": part.inside_95.mean(),
            }
        )
    return pd.DataFrame(out)


def held_out(repetitions: int = 3) -> str:
    """Plain processes on functions without a part in the campaigns, before and after calibration."""
    names = (
        "experiments",
        "function",
        "widened by",
        "inside 95 %",
        "log density",
        "inside 95 %",
        "log density",
    )
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for n in (12, 22):
        rows = {name: [_held_out(f, n, r) for r in range(repetitions)] for name, f in others().items()}
        rows["all"] = [row for part in list(rows.values()) for row in part]
        for name, part in rows.items():
            lines.append(f"| {n} | {name} | " + " | ".join(f"{v:.2f}" for v in np.mean(part, axis=0)) + " |")
    return "\n".join(lines)


def others() -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """BoTorch's test functions in five dimensions on the unit cube."""
    import torch
    from botorch import test_functions

    def on_cube(function: Any) -> Callable[[np.ndarray], np.ndarray]:
        low, high = function.bounds
        return lambda x: function(low + (high - low) * torch.as_tensor(x)).numpy()

    names = ("Ackley", "Griewank", "Levy", "Rosenbrock", "StyblinskiTang")
    return {name: on_cube(getattr(test_functions, name)(dim=DIMENSIONS).double()) for name in names}


def _held_out(function: Callable[[np.ndarray], np.ndarray], n: int, seed: int) -> tuple[float, ...]:
    """Root of the widening; coverage of the truth and log density of it, before and after."""
    rng = np.random.default_rng(seed)
    new = rng.uniform(size=(200, DIMENSIONS))
    truth = function(new)
    scale = truth.std()
    x = sobol(n, seed + 50)
    y = function(x) + NOISE * scale * rng.normal(size=n)
    process = fit_plain(experiments(x, np.empty((n, 0)), y)).last
    mean, variance = process.predict(new)
    off, sd = (truth - mean[:, 0]) / scale, np.sqrt(variance[:, 0]) / scale
    widened = float(np.sqrt(process.inflation[0]))
    found = [(float((np.abs(off) < 1.96 * s).mean()), float(stats.norm.logpdf(off, 0, s).mean()))
             for s in (sd / widened, sd)]  # fmt: skip
    return widened, *found[0], *found[1]


def finished(path: Path) -> pd.DataFrame:
    """Campaigns of an earlier run."""
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["simulator", "strategy", "seed"])


def run(wanted: list[tuple[str, str, int]], progress: Path, until: float) -> pd.DataFrame:
    """Make the campaigns that are not there yet, keeping each as it ends, as long as there is time."""
    simulators = {s.name: s for s in SIMULATORS}
    progress.parent.mkdir(parents=True, exist_ok=True)
    rows = finished(progress)
    there = set(zip(rows.simulator, rows.strategy, rows.seed, strict=True))
    for simulator, strategy, seed in wanted:
        if (simulator, strategy, seed) in there or time.monotonic() > until:
            continue
        row = pd.DataFrame([campaign(simulators[simulator], strategy, seed)])
        rows = pd.concat([rows, row], ignore_index=True) if len(rows) else row
        rows.to_csv(progress, index=False)
        print(f"{simulator}, {strategy}, seed {seed}: {row.iloc[0, 8]}", flush=True)
    return rows


def main() -> None:
    """Run the campaigns that are missing; write the tables when none is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=16)
    with_boxvia = ["boxvia"] if importlib.util.find_spec("GPyOpt") else []
    parser.add_argument("--strategies", nargs="+", default=["random", *with_boxvia, "plain", "grainstats"])
    parser.add_argument("--progress", type=Path, default=Path("build/optimizer_benchmark.csv"))
    parser.add_argument(
        "--minutes", type=float, default=np.inf, help="stop after so long; run again to go on"
    )
    parser.add_argument("--intervals", action="store_true", help="only show the intervals of plain processes")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "validation"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.intervals:
        print(held_out())
        return
    wanted = [
        (s.name, t, seed) for seed in range(options.seeds) for s in SIMULATORS for t in options.strategies
    ]
    rows = run(wanted, options.progress, time.monotonic() + 60 * options.minutes)
    keys = rows.set_index(["simulator", "strategy", "seed"])
    missing = [w for w in wanted if w not in keys.index]
    if missing:
        print(f"{len(missing)} of {len(wanted)} campaigns are still to be made; run again to go on")
        return
    rows = keys.loc[wanted].reset_index()
    rows.to_csv(options.out / "optimizer_benchmark.csv", index=False)
    table = summary(rows)
    table.round(3).to_csv(options.out / "optimizer_summary.csv", index=False)
    print(table.to_string())


if __name__ == "__main__":
    main()
