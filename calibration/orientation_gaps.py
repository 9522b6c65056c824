"""Grains of made orientation maps whose points are partly missing or wrongly indexed.

    python calibration/orientation_gaps.py --csv docs/validation/orientation_gaps.csv

Voronoi sections of 200 x 200 points with some 150 grains of random cubic orientations; each point is turned
by about half a degree.  Missing and wrong points lie at random, or fill every second or third row.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from segment.grain_orientations import CrystalPhase
from segment.mosaics.laguerre import laguerre_section
from segment.orientation import grain_map_of
from segment.orientation.orientation_map import OrientationMap
from segment.orientation.quaternions import from_axis_angle, multiply

SIDE, GRAIN_POINTS = 200, 16
SCATTER_DEG = 0.5
MAPS = 5
CASES = [("none", 0.0)]
CASES += [("missing at random", share) for share in (0.1, 0.3, 0.5, 0.7)]
CASES += [("missing rows", share) for share in (1 / 3, 1 / 2)]
CASES += [("wrong at random", share) for share in (0.05, 0.1, 0.2, 0.4)]


def random_rotations(rng: np.random.Generator, n: int) -> np.ndarray:
    """Quaternions of even distribution, shape (n, 4)."""
    q = rng.standard_normal((n, 4))
    return np.asarray(q / np.linalg.norm(q, axis=1, keepdims=True))


def made_map(seed: int) -> tuple[OrientationMap, np.ndarray]:
    """A whole map and the true grain of every point."""
    rng = np.random.default_rng(seed)
    truth = laguerre_section((SIDE, SIDE), GRAIN_POINTS, 0.0, rng).grain_map().labels
    axis = rng.standard_normal((truth.size, 3))
    angle = rng.normal(0, SCATTER_DEG, truth.size)
    turned = np.array([from_axis_angle(a, d) for a, d in zip(axis, angle, strict=True)])
    q = multiply(turned, random_rotations(rng, int(truth.max()) + 1)[truth.ravel()])
    phase = CrystalPhase(1, "made", "m-3m")
    whole = np.ones(truth.shape, np.int32)
    return OrientationMap(q.reshape(*truth.shape, 4), whole, (phase,), 10.0, 10.0, "manual"), truth


def spoiled(points: OrientationMap, case: str, share: float, rng: np.random.Generator) -> OrientationMap:
    """The map with a share of its points missing or wrong."""
    if case == "missing rows":
        hit = np.broadcast_to((np.arange(SIDE) % round(1 / share) == 0)[:, None], points.shape)
    else:
        hit = rng.random(points.shape) < share
    if case != "wrong at random":
        return replace(points, phase=np.where(hit, 0, points.phase))
    q = points.quaternions.copy()
    q[hit] = random_rotations(rng, int(hit.sum()))
    return replace(points, quaternions=q)


def in_right_grain(found: np.ndarray, truth: np.ndarray) -> float:
    """Share of the points that lie in the found grain which covers most of their true one."""
    table = np.zeros((int(truth.max()) + 1, int(found.max()) + 1), np.int64)
    np.add.at(table, (truth.ravel(), found.ravel()), 1)
    return float(table[:, 1:].max(axis=1).sum() / truth.size)


def main() -> None:
    """Measure every case and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, required=True)
    path = parser.parse_args().csv
    rows = []
    for case, share in CASES:
        for seed in range(MAPS):
            points, truth = made_map(seed)
            found = grain_map_of(spoiled(points, case, share, np.random.default_rng(100 + seed)))
            ratio = found.n_grains / np.count_nonzero(np.bincount(truth.ravel())[1:])
            rows.append((case, share, ratio, in_right_grain(found.labels, truth)))
    names = ["points", "share", "grains found / true", "points in the right grain"]
    table = pd.DataFrame(rows, columns=names).groupby(names[:2], sort=False).mean().round(3).reset_index()
    table["share"] = table["share"].round(2)
    table.to_csv(path, index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
