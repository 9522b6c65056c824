"""Null and power of the spacings' own answer: simulated test lines through mosaics of one or two populations.

    python calibration/build_spacing_null.py [--mosaics 1200] [--seconds 1000] [--work build/spacing_null.csv]

Every mosaic gives a row: the length-weighted distribution of its log intercepts, on classes, measured as
`grainstats measure` does, but along ideal lines.  Even numbers train a logistic regression, odd ones of one
population give its upper quantiles by the number of grains, odd ones of two the power.  The result is
`grainstats/infer/modality/null_spacings.npz`; docs/validation/spacings.csv has the levels and powers reached.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from power_diagram import Cells, cells_of
from scipy.spatial import cKDTree

from grainstats.infer.modality.spacing_answer import BROAD_SD, CLASSES, COUNTS, SPACING_LEVELS, shape_of
from grainstats.measure.spacing.chords import kaplan_meier
from grainstats.measure.spacing.intercepts import ANGLES
from segment.mosaics.laguerre import Mosaic, laguerre_section

ROOT = Path(__file__).parents[1]
GRAIN_PX, STEP_PX = 24.0, 1.5
GRAINS = (90.0, 650.0)  # interior grains wanted, evenly in the log
LOST, GIANTS, GIANT = 0.5, 0.15, (0.03, 0.25)  # most grains lost; share with one giant; its area
SEED = 20_261_129
NEAR = 0.8  # of log grains, of the mosaics that tell of a number of grains
RIDGE = 3.0  # in units of one mosaic
NAMES = ["sd", *(f"c{k}" for k in range(CLASSES))]


def population(number: int, rng: np.random.Generator) -> dict[str, float]:
    """Of mosaic `number`: every third one has two populations."""
    share = float(rng.choice([0.5, 0.75, 1.0, 1.5], p=[0.15, 0.15, 0.5, 0.2]))
    if number // 2 % 3 == 2:
        two = {"size_ratio": rng.uniform(2.5, 6), "coarse_volume": rng.uniform(0.2, 0.7)}
        return {"sigma": rng.uniform(0.1, 0.4), "share": share, **two}
    return {"sigma": rng.uniform(0.05, 0.8), "share": share, "size_ratio": 1.0, "coarse_volume": 0.0}


def one_mosaic(number: int) -> dict[str, float]:
    """What the test lines of mosaic `number` tell."""
    rng = np.random.default_rng([SEED, number])
    kind = population(number, rng)
    sigma = kind.pop("sigma")
    wanted = float(np.exp(rng.uniform(*np.log(GRAINS))))
    side = int(GRAIN_PX * np.sqrt(wanted) * np.exp(sigma**2) * 0.72 * kind["size_ratio"] ** 0.3)
    mosaic = laguerre_section((side, side), GRAIN_PX, sigma, rng, **kind)
    cells = cells_of(mosaic)
    inside = ((cells.box[:, :2] > 0) & (cells.box[:, 2:] < side)).all(axis=1)
    lost = float(rng.choice([0.0, rng.uniform(0, LOST)], p=[0.25, 0.75]))
    giant = rng.uniform(*GIANT) if kind["coarse_volume"] == 0 and rng.random() < GIANTS else 0.0
    spacing = side / np.sqrt(max(grains_in(cells, side) * (1 - lost), 1))
    length, cuts = chords(mosaic, spacing, rng, lost=lost, giant=giant)
    sd, shares = shape_of(kaplan_meier(length, cuts))
    row = {
        "number": number,
        "two": kind["coarse_volume"] > 0,
        "sigma": sigma,
        "grains": int(inside.sum() * (1 - lost)),
    }
    return row | kind | dict(zip(NAMES, [sd, *shares.tolist()], strict=True))


def grains_in(cells: Cells, side: int) -> int:
    centre = cells.centroid
    return int(((centre > 0) & (centre < side)).all(axis=1).sum())


def chords(
    mosaic: Mosaic, spacing: float, rng: np.random.Generator, *, lost: float, giant: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the pieces of parallel lines in all directions, and their ends at the frame.

    A share `lost` of the grains is merged with a neighbour, as segmentations do; one grain covers a share
    `giant` of the area.
    """
    side = mosaic.shape[0]
    tree = cKDTree(np.column_stack([mosaic.points, mosaic.height]))
    pieces = []
    for angle in np.deg2rad(ANGLES):
        along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
        for offset in np.arange(-side + rng.uniform(0, spacing), side, spacing):
            t = np.arange(-side, side, STEP_PX) + rng.uniform(0, STEP_PX)
            place = side / 2 + offset * across + t[:, None] * along
            place = place[((place > 0) & (place < side)).all(axis=1)]
            if len(place) > 1:
                pieces.append(place)
    every = np.concatenate(pieces)
    owner = tree.query(np.column_stack([every, np.zeros(len(every))]))[1]
    if giant:
        centre, radius = rng.uniform(0.25, 0.75, 2) * side, np.sqrt(giant / np.pi) * side
        owner = np.where(np.hypot(*(every - centre).T) < radius, len(mosaic.points), owner)
    line = np.repeat(np.arange(len(pieces)), [len(p) for p in pieces])
    owner = merged(owner, line, lost, rng)
    new = np.flatnonzero((np.diff(owner) != 0) | (np.diff(line) != 0)) + 1
    start = np.concatenate([[0], new])
    end = np.concatenate([new, [len(every)]])
    first = np.concatenate([[True], line[start[1:]] != line[start[1:] - 1]])
    last = np.concatenate([first[1:], [True]])
    length = (end - start) * STEP_PX + rng.uniform(-0.5, 0.5, len(start)) * STEP_PX
    return length, first.astype(int) + last.astype(int)


def merged(owner: np.ndarray, line: np.ndarray, lost: float, rng: np.random.Generator) -> np.ndarray:
    """Owners after a share `lost` of the grains has joined a neighbour that a line crosses into."""
    step = np.flatnonzero((np.diff(owner) != 0) & (np.diff(line) == 0))
    pairs = np.unique(np.sort(np.column_stack([owner[step], owner[step + 1]]), axis=1), axis=0)
    wanted = int(lost * len(np.unique(owner)))
    group = np.arange(int(owner.max()) + 1)
    chosen = pairs[rng.permutation(len(pairs))[:wanted]]
    for a, b in chosen.tolist():
        while group[a] != a:
            a = group[a]
        while group[b] != b:
            b = group[b]
        group[max(a, b)] = min(a, b)
    for k in range(len(group)):  # roots come first
        group[k] = group[group[k]]
    return np.asarray(group[owner])


def inputs(rows: pd.DataFrame) -> np.ndarray:
    return np.column_stack([rows[NAMES].to_numpy(float), rows["sd"].to_numpy(float) ** 2])


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge logistic regression by Newton's method; the offset last, not penalised."""
    full = np.column_stack([x, np.ones(len(x))])
    penalty = RIDGE * np.eye(full.shape[1])
    penalty[-1, -1] = 1e-6
    beta = np.zeros(full.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-full @ beta))
        step = np.linalg.solve(
            full.T @ (full * (p * (1 - p))[:, None]) + penalty, full.T @ (y - p) - penalty @ beta
        )
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def built(rows: pd.DataFrame) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Arrays of the library, and the table of levels and powers reached."""
    x, two = inputs(rows), rows["two"].to_numpy(bool)
    train = rows["number"].to_numpy() % 2 == 0
    centre, scale = x[train].mean(axis=0), x[train].std(axis=0) + 1e-6
    beta = logistic((x[train] - centre) / scale, two[train].astype(float))
    score = ((x - centre) / scale) @ beta[:-1] + beta[-1]
    place = np.log(rows["grains"].to_numpy(float))
    broad = rows["sd"].to_numpy() > BROAD_SD
    quantiles, cells = [], []
    for n in COUNTS:
        near = ~train & (np.abs(place - np.log(n)) < NEAR)
        null = [near & ~two & (broad == side) for side in (False, True)]
        quantiles.append([np.quantile(score[part], 1 - SPACING_LEVELS) for part in null])
        limit = np.where(broad, *(q[list(SPACING_LEVELS).index(0.05)] for q in quantiles[-1][::-1]))
        cells.append(
            {
                "grains": n,
                "one population, narrow": int(null[0].sum()),
                "one population, broad": int(null[1].sum()),
                "two populations": int((near & two).sum()),
                "power": round(float((score > limit)[near & two].mean()), 3),
            }
        )
    arrays = {
        "centre": centre,
        "scale": scale,
        "beta": beta,
        "quantiles": np.array(quantiles),
    }
    return arrays, pd.DataFrame(cells)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mosaics", type=int, default=1200)
    parser.add_argument("--seconds", type=float, default=1000)
    parser.add_argument("--work", type=Path, default=Path("build/spacing_null.csv"))
    given = parser.parse_args()
    given.work.parent.mkdir(parents=True, exist_ok=True)
    there = len(pd.read_csv(given.work)) if given.work.is_file() else 0
    start = time.monotonic()
    while there < given.mosaics and time.monotonic() - start < given.seconds:
        row = pd.DataFrame([one_mosaic(there)])
        row.to_csv(given.work, mode="a", index=False, header=there == 0)
        there += 1
    arrays, table = built(pd.read_csv(given.work))
    np.savez_compressed(ROOT / "grainstats" / "infer" / "modality" / "null_spacings.npz", **arrays)
    table.to_csv(ROOT / "docs" / "validation" / "spacings.csv", index=False)
    print(there, "mosaics")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
