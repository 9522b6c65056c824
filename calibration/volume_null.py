"""The null of the verdict in three dimensions, its error rates and its power.

    python calibration/volume_null.py build --work WORK     the tables that are shipped, but for the power
    python calibration/volume_null.py verdict --work WORK   fresh mosaics judged; their power joins the tables

WORK holds the mosaics of `calibration/volume_mosaics.py`.  Of one population the tables have the highest
upper limit of a quantile, of all structures; of two the lowest quantile, of all kinds.  Verdicts go to
docs/validation/volume_verdict.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage
from volume_mosaics import (
    CELLS_FOR,
    GIANTS,
    LARGE,
    NULL,
    OUTSIDE,
    PAIRS,
    TAUGHT,
    Box,
    Structure,
    boxes_of,
    seeds_of,
)

from grainstats.infer.modality.judge import LEVEL
from grainstats.infer.volume_modality.judge import decide_volumes, large_alone
from grainstats.infer.volume_modality.sizes import NullTable, load_null

LEVELS = (0.9, 0.75, 0.5, 0.3, 0.2, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01)
COUNTS = (30, 60, 120, 250, 500, 900, 1300)
TABLE = Path(__file__).parents[1] / "grainstats/infer/volume_modality/null_volumes.npz"
VERDICTS = Path("docs/validation/volume_verdict.csv")
NAMED_RATIO, NAMED_COARSE = 3.0, (0.3, 0.6)  #: of the pairs whose power a verdict reports
TEACHING, TEACHING_GRAINS = 4, 900  #: mosaics, and whole grains in a box, that distributions are taken from
SMOOTHING, LEAST = 1.5, 2e-5  #: of a distribution: SD in steps of the grid, and share added everywhere
REPEATS, CONFIDENCE = 400, 0.95  #: of the bootstrap of mosaics that gives the upper limit of a quantile

SET_OF = {"pairs": "two", "large": "large"}  #: the fresh mosaics of a kind; of all others "one"

Mosaics = list[list[Box]]


def mosaics_of(s: Structure, n: int, seeds: Iterable[int], work: Path) -> Mosaics:
    """Boxes by mosaic; a mosaic that is not there is made."""
    return [boxes_of(s, n, seed, work) for seed in seeds]


def distribution(boxes: Sequence[Box]) -> np.ndarray:
    """Log of the share of the surface of grains by size."""
    share = ndimage.gaussian_filter1d(np.mean([b.sizes.on_grid() for b in boxes], axis=0), SMOOTHING) + LEAST
    return np.asarray(np.log(share / share.sum()))


def taught(structures: Sequence[Structure], name: str, work: Path) -> np.ndarray:
    """Distributions of sizes, a row a structure; of two populations in boxes that show them."""
    found = []
    for s in structures:
        parts = mosaics_of(s, TEACHING_GRAINS, seeds_of(name, s)[:TEACHING], work)
        boxes = [b for part in parts for b in part if not s.coarse or b.shows_two]
        found += [distribution(boxes)] if boxes else []
    return np.array(found, np.float32)


def upper_quantiles(values: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Values exceeded with `LEVELS`: their upper limits, whole mosaics drawn again."""
    again = []
    for _ in range(REPEATS):
        again.append(
            np.quantile(
                np.concatenate([values[k] for k in rng.integers(len(values), size=len(values))]),
                1 - np.array(LEVELS),
            )
        )
    return np.asarray(np.quantile(again, CONFIDENCE, axis=0))


def one_line(n: int, table: NullTable, work: Path) -> np.ndarray:
    """The likeness exceeded with `LEVELS` in the worst structure of one population."""
    rng, limits = np.random.default_rng(n), {}
    for s in NULL:
        parts = mosaics_of(s, n, seeds_of("null", s)[TEACHING:], work)
        like = [table.likeness([b.sizes for b in part]) for part in parts if part]
        limits[s.name] = upper_quantiles(like, rng)
    worst = max(limits, key=lambda name: limits[name][LEVELS.index(LEVEL)])
    print(f"{n}: worst of one population {worst}, {limits[worst].round(2)}", flush=True)
    return np.max(list(limits.values()), axis=0)


def two_line(n: int, table: NullTable, work: Path) -> np.ndarray:
    """The likeness that the worst kind of pairs falls below with `LEVELS`.

    Where a grain stands alone, which is never called uniform, the likeness counts as the largest.
    """
    kinds = defaultdict(list)
    for s in TAUGHT:
        parts = mosaics_of(s, n, seeds_of("pairs", s)[TEACHING:], work)
        kinds[s.sigma, s.centres, s.ratio] += [b.sizes for part in parts for b in part if b.shows_two]
    lines = {}
    for kind, boxes in kinds.items():
        like = table.likeness(boxes)
        like[[large_alone(b) is not None for b in boxes]] = like.max()
        lines[kind] = np.quantile(like, LEVELS)
    worst = min(lines, key=lambda k: lines[k][LEVELS.index(LEVEL)])
    print(f"{n}: worst of pairs {worst}, {len(kinds[worst])} boxes, {lines[worst].round(2)}", flush=True)
    return np.min(list(lines.values()), axis=0)


def write(table: NullTable) -> None:
    np.savez_compressed(TABLE, **{name: np.asarray(v, np.float32) for name, v in vars(table).items()})
    load_null.cache_clear()


def build(work: Path) -> None:
    """Write the tables; of power nothing is known yet."""
    none, like = np.zeros(len(COUNTS)), (taught(NULL, "null", work), taught(TAUGHT, "pairs", work))
    table = NullTable(np.array(COUNTS), np.array(LEVELS), none, none, none, *like)
    one, two = (np.array([line(n, table, work) for n in COUNTS]) for line in (one_line, two_line))
    write(replace(table, one=one, two=two))


def judged(kind: str, s: Structure, n: int, work: Path) -> dict[str, object]:
    """Verdicts on the fresh mosaics of one structure."""
    parts = mosaics_of(s, n, seeds_of(SET_OF.get(kind, "one"), s), work)
    boxes = [b for part in parts for b in part]
    found = decide_volumes([b.sizes for b in boxes])
    bimodal = np.array([d.verdict == "bimodal" for d in found])
    uniform = np.array([d.verdict == "uniform" for d in found])
    shown = np.array([b.shows_two for b in boxes])
    return {
        "kind": kind,
        "structure": s.name,
        "sigma": s.sigma,
        "ratio": s.ratio,
        "coarse": s.coarse,
        "grains": n,
        "mosaics": len(parts),
        "windows": len(found),
        "bimodal": bimodal.sum(),
        "bimodal_se": round(clustered_error(bimodal, [len(part) for part in parts]), 4),
        "uniform": uniform.sum(),
        "p_below_05": sum(d.p_value is not None and d.p_value < LEVEL for d in found),
        "show_two": shown.sum(),
        "show_two_uniform": (shown & uniform).sum(),
    }


def clustered_error(hits: np.ndarray, sizes: list[int]) -> float:
    """Standard error of a share of boxes, several of which come from one mosaic."""
    mosaic = np.repeat(np.arange(len(sizes)), sizes)
    departure = np.bincount(mosaic, hits - hits.mean(), len(sizes))
    return float(np.sqrt((departure**2).sum() * len(sizes) / (len(sizes) - 1)) / len(hits))


def verdict(work: Path) -> None:
    """Add the power at a ratio of `NAMED_RATIO` to the tables; write the verdicts."""
    named = [s for s in PAIRS if s.ratio == NAMED_RATIO and NAMED_COARSE[0] <= s.coarse <= NAMED_COARSE[1]]
    power = []
    for n in COUNTS:
        found = [judged("pairs", s, n, work) for s in named]
        power.append(sum(r["bimodal"] for r in found) / sum(r["windows"] for r in found))
        print(f"{n}: power {power[-1]:.3f}", flush=True)
    write(replace(load_null(), power=np.array(power)))
    sets = {"null": NULL, "outside": OUTSIDE, "giants": GIANTS, "pairs": PAIRS}
    rows = [judged(kind, s, n, work) for kind, members in sets.items() for s in members for n in CELLS_FOR]
    rows += [judged("large", s, LARGE, work) for s in NULL if s.checked_most]
    with VERDICTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["build", "verdict"])
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    {"build": build, "verdict": verdict}[given.what](given.work)
