"""Build the null table of the verdict in three dimensions, and measure its error rates and power.

    python calibration/volume_null.py build [--mosaics 40]
    python calibration/volume_null.py check

`build` fills Laguerre mosaics of one population into voxels, cuts boxes with so many whole grains out of them
and stores the upper quantiles of the statistic, the highest of all families.  `check` judges new mosaics of
one and of two populations and prints how often each verdict is given.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grainstats.infer.volume_modality.sizes import VolumeSizes
from grainstats.infer.volume_modality.two_normals import fit_populations
from grainstats.measure.volume._interface_kernels import grain_sums
from segment.volume.laguerre import laguerre_volume

LEVELS = (0.9, 0.75, 0.5, 0.3, 0.2, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01)
COUNTS = (30, 50, 80, 120, 200, 300, 500, 800, 1300, 2000)
VOXELS = 9.0  #: per mean diameter of the fine population
CELLS = 4500  #: fine grains of a mosaic
WINDOWS = 60  #: of each mosaic at the smallest count; fewer of larger boxes
NULLS = [("poisson", s) for s in (0.0, 0.1, 0.2, 0.3, 0.4)] + [("packed", s) for s in (0.05, 0.15, 0.25, 0.35)]
PAIRS = [
    (centres, sigma, ratio, coarse)
    for centres in ("poisson", "packed")
    for sigma in (0.1, 0.25)
    for ratio in (2.5, 3.0, 4.0)
    for coarse in (0.3, 0.45, 0.6)
]
TABLE = Path(__file__).parents[1] / "grainstats/infer/volume_modality/null_volumes.npz"


@dataclass(frozen=True, eq=False)
class Cells:
    """Volumes (voxels) and boxes of all cells of one mosaic."""

    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    side: int

    def whole(self) -> np.ndarray:
        """Cells that the faces of the mosaic do not cut, bool of shape (n,)."""
        return np.asarray(((self.low > 0) & (self.high < self.side)).all(axis=1))


def cells_of(centres: str, sigma: float, ratio: float, coarse: float, rng: np.random.Generator) -> Cells:
    """All cells of a cubic mosaic of about `CELLS` fine grains."""
    side = int(np.ceil(VOXELS * np.cbrt(CELLS * np.pi / 6 * np.exp(3 * sigma**2) / (1 - coarse))))
    box = (float(side),) * 3
    mosaic = laguerre_volume(
        box, VOXELS, sigma, rng, size_ratio=ratio, coarse_volume=coarse, centres=centres
    )
    labels = mosaic.labels((side,) * 3)
    voxels, _, boxes = grain_sums(labels, int(labels.max()))
    return Cells(voxels[1:], boxes[1:, :3], boxes[1:, 3:] + 1, side)


def window(cells: Cells, n: int, rng: np.random.Generator) -> VolumeSizes | None:
    """A box, more or less flat, with about `n` whole grains; None where the mosaic is too small."""
    flat = rng.choice([1.0, 1.0, 0.6, 0.35])
    edges = np.array([flat, 1.0, 1.0]) / flat ** (1 / 3)
    edges = rng.permutation(edges)
    extent = cells.high - cells.low
    grow = np.cbrt(n * cells.side**3 / len(cells.size)) * np.linspace(0.9, 3.0, 60)
    for side in grow:
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
    weight = 1 / np.prod(1 - extent[inside] / size, axis=1)
    seen = np.prod(np.minimum(cells.high, stop) - np.maximum(cells.low, start), axis=1) / np.prod(extent, axis=1)
    cut = np.cbrt(6 / np.pi * cells.size * seen)[touched]
    return VolumeSizes(np.cbrt(6 / np.pi * cells.size[inside]), weight, cut)


def samples(kind: tuple, n: int, mosaics: list[Cells], rng: np.random.Generator) -> list[VolumeSizes]:
    """Boxes of `n` grains out of the mosaics of one kind."""
    del kind
    each = int(np.clip(WINDOWS * COUNTS[0] * 4 / n, 6, WINDOWS))
    found = [window(cells, n, rng) for cells in mosaics for _ in range(each)]
    return [s for s in found if s is not None]


def build(mosaics: int, seed: int = 20) -> None:
    """Write the table."""
    rng = np.random.default_rng(seed)
    by_family = []
    for centres, sigma in NULLS:
        made = [cells_of(centres, sigma, 1.0, 0.0, rng) for _ in range(mosaics)]
        rows = []
        for n in COUNTS:
            drawn = samples((centres, sigma), n, made, rng)
            values = np.array([f.statistic for f in fit_populations(drawn)])
            rows.append(np.quantile(values, 1 - np.array(LEVELS)))
        sd = np.mean([np.log(c.size[c.whole()]).std() / 3 for c in made])
        print(f"{centres} {sigma}: SD of log diameter {sd:.2f}; 95 % " + " ".join(f"{r[7]:.1f}" for r in rows))
        sys.stdout.flush()
        by_family.append(rows)
    np.savez(TABLE, n_interior=COUNTS, levels=LEVELS, quantiles=np.max(by_family, axis=0).astype(np.float32))


def check(mosaics: int, seed: int = 21, store: bool = False) -> None:
    """Judge mosaics that the table has not seen."""
    from grainstats.infer.volume_modality.judge import decide

    rng = np.random.default_rng(seed)
    power = []
    rows = []
    for kind in [(c, s, 1.0, 0.0) for c, s in NULLS] + PAIRS:
        made = [cells_of(*kind, rng) for _ in range(mosaics)]
        for n in COUNTS:
            drawn = samples(kind, n, made, rng)
            if not drawn:
                continue
            verdicts = Counter(d.verdict for d in decide(drawn))
            share = {v: verdicts[v] / len(drawn) for v in ("uniform", "bimodal", "indeterminate")}
            rows.append({"kind": kind, "n": n, "samples": len(drawn), **share})
            print(json.dumps(rows[-1]))
            sys.stdout.flush()
            if kind[2] == 3.0:
                power.append((n, share["bimodal"]))
    curve = [float(np.mean([p for m, p in power if m == n])) for n in COUNTS if any(m == n for m, _ in power)]
    print("power at ratio 3:", [round(p, 2) for p in curve])
    if store:
        stored = dict(np.load(TABLE))
        np.savez(TABLE, **{**stored, "power": np.array(curve, np.float32)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["build", "check"])
    parser.add_argument("--mosaics", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", action="store_true", help="keep the power measured by `check` in the table")
    given = parser.parse_args()
    if given.what == "build":
        build(given.mosaics, given.seed)
    else:
        check(given.mosaics, given.seed + 1, given.store)
