"""Build the null table of the verdict in three dimensions, with its error rates and power.

    python calibration/volume_null.py make CELLS.npz     mosaics of one and of two populations in voxels
    python calibration/volume_null.py build CELLS.npz    the table; false alarms are printed
    python calibration/volume_null.py power CELLS.npz    verdicts; the power joins the table

Boxes with so many whole grains are cut out of Laguerre mosaics.  The table holds the upper quantiles of the
statistic, the highest of all families of one population.  The rate of false alarms is measured on each mosaic
against the table of the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grainstats.infer.volume_modality.sizes import VolumeSizes
from grainstats.infer.volume_modality.two_normals import fit_populations
from grainstats.measure.volume._interface_kernels import grain_sums
from segment.mosaics.laguerre_volume import laguerre_volume

LEVELS = (0.9, 0.75, 0.5, 0.3, 0.2, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01)
COUNTS = (30, 50, 80, 120, 200, 300, 500, 800, 1300)
VOXELS = 9.0  #: per mean diameter of the fine population
CELLS = 4500  #: fine grains of a mosaic
WINDOWS = 24  #: boxes out of one mosaic at the smallest counts; fewer of larger boxes
JUDGED = 6  #: boxes of each mosaic for the power
NULL_MOSAICS, PAIR_MOSAICS = 5, 2
SEED = 5
Kind = tuple[str, float, float, float]  #: centres, sigma, size ratio, coarse volume
NULLS: list[Kind] = [
    *(("poisson", s, 1.0, 0.0) for s in (0.0, 0.1, 0.2, 0.3, 0.4)),
    *(("packed", s, 1.0, 0.0) for s in (0.05, 0.15, 0.25, 0.35)),
]
PAIRS: list[Kind] = [
    (centres, sigma, ratio, coarse)
    for centres in ("poisson", "packed")
    for sigma in (0.1, 0.25)
    for ratio in (2.5, 3.0)
    for coarse in (0.3, 0.45, 0.6)
]
TABLE = Path(__file__).parents[1] / "grainstats/infer/volume_modality/null_volumes.npz"


@dataclass(frozen=True, eq=False)
class Cells:
    """Volumes (voxels) and boxes of all cells of one cubic mosaic."""

    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    side: int


def cells_of(kind: Kind, rng: np.random.Generator) -> Cells:
    """All cells of a mosaic of about `CELLS` fine grains."""
    centres, sigma, ratio, coarse = kind
    side = int(np.ceil(VOXELS * np.cbrt(CELLS * np.pi / 6 * np.exp(3 * sigma**2) / (1 - coarse))))
    mosaic = laguerre_volume(
        (side, side, side), VOXELS, sigma, rng, size_ratio=ratio, coarse_volume=coarse, centres=centres
    )
    labels = mosaic.labels((side, side, side))
    voxels, _, boxes = grain_sums(labels, int(labels.max()))
    return Cells(voxels[1:], boxes[1:, :3], boxes[1:, 3:] + 1, side)


def window(cells: Cells, n: int, rng: np.random.Generator) -> VolumeSizes | None:
    """A box, more or less flat, with about `n` whole grains; None where the mosaic is too small."""
    flat = rng.choice([1.0, 1.0, 0.6, 0.35])
    edges = rng.permutation(np.array([flat, 1.0, 1.0]) / flat ** (1 / 3))
    extent = cells.high - cells.low
    for side in np.cbrt(n * cells.side**3 / len(cells.size)) * np.linspace(0.9, 3.0, 60):
        size = side * edges
        if (size > cells.side).any():
            return None
        if np.prod(np.maximum(size - extent, 0), axis=1).sum() / cells.side**3 >= n:
            break
    start = rng.random(3) * (cells.side - size)
    stop = start + size
    inside = ((cells.low > start) & (cells.high < stop)).all(axis=1)
    touched = ((cells.low < stop) & (cells.high > start)).all(axis=1) & ~inside
    if inside.sum() < 0.6 * n:
        return None
    seen = np.minimum(cells.high, stop) - np.maximum(cells.low, start)
    visible = cells.size * np.prod(seen, axis=1) / np.prod(extent, axis=1)
    return VolumeSizes(
        np.cbrt(6 / np.pi * cells.size[inside]),
        1 / np.prod(1 - extent[inside] / size, axis=1),
        np.cbrt(6 / np.pi * visible)[touched],
    )


def windows(cells: Cells, n: int, rng: np.random.Generator) -> list[VolumeSizes]:
    """Boxes of `n` whole grains out of one mosaic."""
    many = int(np.clip(WINDOWS * 120 / n, 6, WINDOWS))
    return [s for s in (window(cells, n, rng) for _ in range(many)) if s is not None]


def make(path: Path) -> None:
    """Fill all mosaics and store their cells."""
    rng = np.random.default_rng(SEED)
    stored: dict[str, np.ndarray] = {}
    for k, kind in enumerate(NULLS + PAIRS):
        for m in range(NULL_MOSAICS if k < len(NULLS) else PAIR_MOSAICS):
            c = cells_of(kind, rng)
            stored[f"{k}_{m}"] = np.column_stack([c.size, c.low, c.high, np.full(len(c.size), c.side)])
    np.savez_compressed(path, **{name: rows.astype(np.int32) for name, rows in stored.items()})


def load(path: Path) -> dict[Kind, list[Cells]]:
    """The cells that `make` stored, by kind."""
    found: dict[Kind, list[Cells]] = {}
    with np.load(path) as stored:
        for k, kind in enumerate(NULLS + PAIRS):
            for m in range(NULL_MOSAICS if k < len(NULLS) else PAIR_MOSAICS):
                rows = stored[f"{k}_{m}"]
                found.setdefault(kind, []).append(
                    Cells(rows[:, 0], rows[:, 1:4], rows[:, 4:7], int(rows[0, 7]))
                )
    return found


def quantiles(values: Sequence[np.ndarray]) -> np.ndarray:
    """Upper quantiles of the statistic, the highest of all families, shape (len(LEVELS),)."""
    return np.max([np.quantile(v, 1 - np.array(LEVELS)) for v in values], axis=0)


def build(path: Path) -> None:
    """Write the table; print false alarms and power."""
    rng = np.random.default_rng(SEED + 1)
    made = load(path)
    table, alarms = [], {}
    for n in COUNTS:
        values = [
            [np.array([f.statistic for f in fit_populations(drawn)]) for drawn in _drawn(made[kind], n, rng)]
            for kind in NULLS
        ]
        table.append(quantiles([np.concatenate(v) for v in values]))
        alarms[n] = _false_alarms(values)
        print(f"{n}: false alarms at .05, worst family {max(alarms[n]):.3f}, mean {np.mean(alarms[n]):.3f}")
        sys.stdout.flush()
    np.savez(TABLE, n_interior=COUNTS, levels=LEVELS, quantiles=np.array(table, np.float32))


def _drawn(mosaics: list[Cells], n: int, rng: np.random.Generator) -> list[list[VolumeSizes]]:
    found = [windows(cells, n, rng) for cells in mosaics]
    return [drawn for drawn in found if drawn]


def _false_alarms(values: list[list[np.ndarray]]) -> list[float]:
    """By family, the share of boxes beyond the 5 % level of a table made without their mosaic."""
    rates = []
    for k, family in enumerate(values):
        beyond = []
        for m, own in enumerate(family):
            others = [
                np.concatenate([v for j, v in enumerate(f) if i != k or j != m]) for i, f in enumerate(values)
            ]
            beyond.append(own > quantiles(others)[LEVELS.index(0.05)])
        rates.append(float(np.concatenate(beyond).mean()))
    return rates


def power(path: Path) -> None:
    """Judge all mosaics with the table, print the verdicts, and add the power at a ratio of 3 to it."""
    from grainstats.infer.volume_modality.judge import decide

    rng = np.random.default_rng(SEED + 2)
    made = load(path)
    curve = []
    for n in COUNTS:
        shares: dict[str, list[float]] = {}
        for kind in NULLS + PAIRS:
            drawn = [s for part in _drawn(made[kind], n, rng) for s in part[:JUDGED]]
            if not drawn:
                continue
            verdicts = [d.verdict for d in decide(drawn)]
            name = "one population" if kind in NULLS else f"ratio {kind[2]:g}"
            shares.setdefault(name, []).append(verdicts.count("bimodal") / len(drawn))
        print(
            json.dumps(
                {
                    "n": n,
                    "bimodal": {k: round(float(np.mean(v)), 3) for k, v in shares.items()},
                    "worst null": round(max(shares["one population"]), 3),
                }
            )
        )
        sys.stdout.flush()
        curve.append(float(np.mean(shares["ratio 3"])) if "ratio 3" in shares else curve[-1])
    with np.load(TABLE) as stored:
        kept = dict(stored)
    np.savez(TABLE, **{**kept, "power": np.array(curve, np.float32)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["make", "build", "power"])
    parser.add_argument("cells", type=Path)
    given = parser.parse_args()
    {"make": make, "build": build, "power": power}[given.what](given.cells)
