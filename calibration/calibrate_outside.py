"""Error rates and power of the verdict on many structures: docs/validation/verdict_outside.csv.

    python calibration/outside_table.py --work scratch/outside --seed 5
    python calibration/calibrate_outside.py --work scratch/outside --seed 5

judges the kept windows of a seed and adds them to the table.  The CSV has a row per structure and number of
grains: how many windows, and how many of them were called bimodal or uniform.  Pairs of populations stand in
the row of the ratio and the coarse share that their window shows; of these, `excluded` counts the windows
called uniform with populations that "uniform" excludes.  Rows of other rules are dropped.
Pairs of about three times the size go into verdict_power.csv one by one: `fit_power.py` makes the printed
power of them.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from null_samples import image_of
from outside_table import COUNTS, TABLE, Entry, Pairs, entries, kept, path_of, row_of, shows_two
from outside_windows import Window

from grainstats.infer.modality import coarse_grains, judge, null_library
from grainstats.infer.modality.distribution import distribution_of
from grainstats.infer.modality.judge import LEVEL, Decision, decide
from grainstats.infer.modality.null_library import PAIR_SHARE

POWER = "verdict_power.csv"
KEY = ["kind", "structure", "grains"]
ENOUGH_WINDOWS = 50  # of a cell that may be named the worst
THREEFOLD, POWER_SHARE = (2.6, 3.45), (0.25, 0.65)  # ratio and coarse share of the printed power
PAIR = ["null", "interior", "sd", "ratio", "share", "bimodal"]
COUNTED = ["windows", "bimodal", "uniform", "p_below_05", "isolated", "excluded"]


def judged(entry: Entry, seed: int, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Counts of one structure and seed by `KEY`, and its pairs of about three times the size."""
    chosen = [(n, w) for _, n, w in kept(path_of(entry, seed, folder)) if len(w.whole)]
    drawn = isinstance(entry.structure, Pairs)
    if drawn:
        chosen = [(n, w) for n, w in chosen if shows_two(w)]
    decisions = decide([[image_of(w)] for _, w in chosen], entry.null)
    rows = pd.DataFrame(
        {
            "kind": entry.kind,
            "structure": [entry.name + (_cell(w) if drawn else "*" * entry.held_out) for _, w in chosen],
            "grains": [n for n, _ in chosen],
            "windows": 1,
            "bimodal": [int(d.verdict == "bimodal") for d in decisions],
            "uniform": [int(d.verdict == "uniform") for d in decisions],
            "p_below_05": [int(d.p_value is not None and d.p_value < LEVEL) for d in decisions],
            "isolated": [int(d.isolated is not None) for d in decisions],
            "excluded": [
                int(drawn and _shows_excluded(d, w)) for d, (_, w) in zip(decisions, chosen, strict=True)
            ],
        }
    )
    counts = rows.groupby(KEY, sort=False)[COUNTED].sum().reset_index().assign(seeds=str(seed))
    return counts, _threefold(entry, [w for _, w in chosen], rows["bimodal"].to_numpy()) if drawn else None


def _threefold(entry: Entry, windows: list[Window], bimodal: np.ndarray) -> pd.DataFrame:
    seen = [distribution_of([image_of(w)]) for w in windows]
    rows = pd.DataFrame(
        {
            "null": entry.null,
            "interior": [d.n_interior for d in seen],
            "sd": [round(d.sd, 3) for d in seen],
            "ratio": [round(w.ratio, 2) for w in windows],
            "share": [round(w.coarse_share, 3) for w in windows],
            "bimodal": bimodal,
        }
    )
    return rows[rows["ratio"].between(*THREEFOLD) & rows["share"].between(*POWER_SHARE)]


def _shows_excluded(decision: Decision, window: Window) -> bool:
    """Two populations are there that a "uniform" says are excluded."""
    ratio = decision.excluded_ratio
    return ratio is not None and window.ratio >= ratio and PAIR_SHARE <= window.coarse_share <= 1 - PAIR_SHARE


def _cell(window: Window) -> str:
    ratio, share = row_of(window)
    return f", R {ratio:g}, f {share:g}"


def added(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Counts and seeds of both."""
    how: dict[str, Any] = {**dict.fromkeys(COUNTED, "sum"), "seeds": _seeds_of}
    return pd.concat([table, rows]).groupby(KEY, sort=False).agg(how).reset_index()


def _seeds_of(texts: Iterable[str]) -> str:
    return " ".join(sorted(set(" ".join(texts).split())))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """The errors of all structures together and of the worst of those with enough windows."""
    pairs = table["kind"].isin(["pairs", "film pairs"])
    parts = {
        "one population": (table["kind"].isin(["uniform", "film"]), "bimodal", "called bimodal"),
        "two populations": (pairs & ~table["structure"].str.contains("R 2,"), "uniform", "called uniform"),
        "excluded": (pairs, "excluded", "called uniform"),
    }
    rows = []
    for part, (chosen, wrong, heading) in parts.items():
        for n in COUNTS:
            here = table[chosen & (table["grains"] == n)]
            known = here[here["windows"] >= ENOUGH_WINDOWS]
            if known.empty:
                continue
            worst = known.loc[(known[wrong] / known["windows"]).idxmax()]
            film = " (film)" if "film" in worst["kind"] else ""
            rows.append(
                {
                    "part": part,
                    "grains": n,
                    "windows": here["windows"].sum(),
                    heading: round(here[wrong].sum() / here["windows"].sum(), 4),
                    "worst structure": worst["structure"] + film,
                    "its share": round(worst[wrong] / worst["windows"], 3),
                    "its windows": worst["windows"],
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, nargs="+", default=[5])
    parser.add_argument("--only", default="", help="structures whose kind and name contain this")
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    rules = rules_digest()
    table, pairs = pd.DataFrame(columns=[*KEY, *COUNTED, "seeds"]), pd.DataFrame(columns=PAIR)
    texts = {"rules": str, "seeds": str}  # a digest may look like a number
    if given.out.is_file() and set((stored := pd.read_csv(given.out, dtype=texts))["rules"]) == {rules}:
        table, pairs = stored.drop(columns="rules"), pd.read_csv(given.out.with_name(POWER))
    done = {(k, s) for k, seeds in zip(table["kind"], table["seeds"], strict=True) for s in seeds.split()}
    for seed in given.seed:
        for kind in dict.fromkeys(e.kind for e in entries()):
            chosen = [e for e in entries() if e.kind == kind and given.only in f"{e.kind} {e.name}"]
            there = [e for e in chosen if path_of(e, seed, given.work).exists()]
            if there and (kind, str(seed)) not in done:
                counts, threefold = zip(*(judged(e, seed, given.work) for e in there), strict=True)
                table = added(table, pd.concat(counts))
                pairs = pd.concat([pairs, *(t for t in threefold if t is not None)])
                done.add((kind, str(seed)))
                keep(table.assign(rules=rules), given.out)
                pairs.to_csv(given.out.with_name(POWER), index=False)
                print(f"{kind}, seed {seed}", flush=True)


def rules_digest() -> str:
    """Of what decides: statistic, quantiles and the rules' constants."""
    total = hashlib.sha256()
    folder = Path(judge.__file__).parent
    for name in ("shape_section", "shape_columnar", "null_section", "null_columnar"):
        total.update((folder / f"{name}.npz").read_bytes())
    fewest = dict.fromkeys(("section", "columnar"), judge.FEWEST_GRAINS)
    rules = (judge.LEVEL, judge.SMALLEST_RATIO, judge.SMALLEST_SHARE, fewest, null_library.SPREAD_WEIGHT)
    total.update(repr((rules, coarse_grains.FEWEST_COARSE, coarse_grains.COARSER)).encode())
    return total.hexdigest()[:12]


def keep(table: pd.DataFrame, path: Path) -> None:
    """The CSV, with the rules and the seeds of each row, and the summary."""
    table[[*KEY, *COUNTED, "rules", "seeds"]].to_csv(path, index=False)
    summary(table).to_csv(path.with_name("verdict_summary.csv"), index=False)


if __name__ == "__main__":
    main()
