"""The null of the verdict in three dimensions, its error rates and its power.

    python calibration/volume_null.py build --work WORK      the table of the null that is shipped
    python calibration/volume_null.py verdict --work WORK    fresh mosaics judged; their power joins the table

WORK holds the mosaics of `calibration/volume_mosaics.py`.  The table has upper quantiles of the statistic,
the highest of all structures of one population.  Verdicts go to docs/validation/volume_verdict.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from volume_mosaics import CELLS_FOR, GIANTS, NULL, OUTSIDE, PAIRS, SEEDS, Structure, boxes_of

from grainstats.infer.volume_modality.judge import LEVEL, decide, large_alone, load_null
from grainstats.infer.volume_modality.sizes import VolumeSizes
from grainstats.infer.volume_modality.two_normals import fit_populations

LEVELS = (0.9, 0.75, 0.5, 0.3, 0.2, 0.1, 0.075, 0.05, 0.03, 0.02, 0.01)
COUNTS = (30, 60, 120, 250, 500, 900, 1300)
TABLE = Path(__file__).parents[1] / "grainstats/infer/volume_modality/null_volumes.npz"
VERDICTS = Path("docs/validation/volume_verdict.csv")
MISSED, WIDEST = 0.05, 1.0  #: share of two populations called uniform by spread alone; beyond all spreads
NAMED_RATIO, NAMED_COARSE = 3.0, (0.3, 0.6)  #: of the pairs whose power a verdict reports


def boxes_by_mosaic(s: Structure, n: int, seeds: Iterable[int], work: Path) -> list[list[VolumeSizes]]:
    """Boxes by mosaic; a mosaic that is not there is made."""
    return [boxes_of(s, n, seed, work) for seed in seeds]


def statistics(boxes: list[list[VolumeSizes]]) -> np.ndarray:
    return np.array([f.statistic for f in fit_populations([b for part in boxes for b in part])])


def build(work: Path) -> None:
    """Write the table of the null."""
    table = []
    for n in COUNTS:
        values = {s.name: statistics(boxes_by_mosaic(s, n, SEEDS["null"], work)) for s in NULL}
        quantiles = {name: np.quantile(v, 1 - np.array(LEVELS)) for name, v in values.items()}
        table.append(np.max(list(quantiles.values()), axis=0))
        worst = max(quantiles, key=lambda name: quantiles[name][LEVELS.index(0.05)])
        print(
            f"{n}: {sum(map(len, values.values()))} boxes, worst {worst}, limits {table[-1].round(2)}",
            flush=True,
        )
    unknown = {name: np.zeros(len(COUNTS), np.float32) for name in ("power", "narrow")}
    np.savez(TABLE, n_interior=COUNTS, levels=LEVELS, quantiles=np.array(table, np.float32), **unknown)


def judged(kind: str, s: Structure, n: int, work: Path) -> dict[str, object]:
    """Verdicts on the fresh mosaics of one structure."""
    boxes = boxes_by_mosaic(s, n, SEEDS["two" if kind == "pairs" else "one"], work)
    found = decide([b for part in boxes for b in part])
    bimodal = [d.verdict == "bimodal" for d in found]
    return {
        "kind": kind,
        "structure": s.name,
        "sigma": s.sigma,
        "ratio": s.ratio,
        "coarse": s.coarse,
        "grains": n,
        "mosaics": len(boxes),
        "windows": len(found),
        "bimodal": sum(bimodal),
        "uniform": sum(d.verdict == "uniform" for d in found),
        "p_below_05": sum(d.p_value is not None and d.p_value < 0.05 for d in found),
    }


def low_spread(s: Structure, n: int, work: Path) -> float:
    """Spread below which nothing else tells `MISSED` of a structure's boxes from one population."""
    boxes = [b for part in boxes_by_mosaic(s, n, SEEDS["two"], work) for b in part]
    missed = [
        (d.p_value or 0) >= LEVEL and large_alone(b) is None
        for b, d in zip(boxes, decide(boxes), strict=True)
    ]
    spread = sorted(b.spread for b, not_told in zip(boxes, missed, strict=True) if not_told)
    return ([*spread, *[WIDEST] * len(boxes)])[int(MISSED * len(boxes))]


def verdict(work: Path) -> None:
    """Add power and spread at a ratio of `NAMED_RATIO` to the table; write the verdicts that come of it."""
    named = [s for s in PAIRS if s.ratio == NAMED_RATIO and NAMED_COARSE[0] <= s.coarse <= NAMED_COARSE[1]]
    power, narrow = [], []
    for n in COUNTS:
        found = [judged("pairs", s, n, work) for s in named]
        power.append(np.mean([r["bimodal"] / r["windows"] for r in found]))
        narrow.append(min(low_spread(s, n, work) for s in named))
        print(f"{n}: power {power[-1]:.3f}, spread {narrow[-1]:.3f}", flush=True)
    with np.load(TABLE) as stored:
        kept = dict(stored)
    np.savez(TABLE, **{**kept, "power": np.float32(power), "narrow": np.float32(narrow)})
    load_null.cache_clear()
    sets = {"null": NULL, "outside": OUTSIDE, "giants": GIANTS, "pairs": PAIRS}
    rows = [judged(kind, s, n, work) for kind, members in sets.items() for s in members for n in CELLS_FOR]
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
