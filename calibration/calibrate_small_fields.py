"""Samples of several fields, in which frames cut more of the grains than in one with as many.

    python calibration/calibrate_small_fields.py scores --work WORK --seed 1    # resumable
    python calibration/calibrate_small_fields.py fit --work WORK --seed 1       # small_fields_<null>.json
    python calibration/calibrate_small_fields.py check --work WORK --seed 2     # verdict_small_fields.csv

A cut grain counts as at least what is seen of it, which makes broad sizes look like two populations where
most grains are cut.  The null library holds mostly single windows; of more and smaller ones the statistic
of the worst structure of one population is larger.  How much, by whole grains a field and in all, is
subtracted from the statistic before its p is read: all of it from samples that spread little, as loosely
packed ones do, and from wide ones what keeps every structure at the level.  `fit` takes what WORK has and
keeps other cells.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from null_samples import image_of
from outside_families import Structure, lognormal, section
from outside_table import Pairs, entries
from outside_windows import cells_per_area, window

from grainstats.infer import ImageGrains
from grainstats.infer.modality.distribution import distribution_of
from grainstats.infer.modality.judge import LEVEL, decide
from grainstats.infer.modality.null_library import KNOWN_FIELDS, NULL_LEVELS, SEVERAL, line_at, load_library
from grainstats.infer.modality.shape_network import load_network, shape_scores
from segment.choices import Null

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "grainstats" / "infer" / "modality"
TABLE = ROOT / "docs" / "validation" / "verdict_small_fields.csv"
PER_FIELD = (4, 8, 16, 32, 64, 128, 256)  # whole grains asked for; in the last the frame cuts few
SEEN = (7, 11, 19, 37, 70, 142, 256)  # whole grains about a whole grain of the broadest in such fields
TOTALS = (100, 300, 900, 1600)
MOST_FIELDS = 225  # of a sample; of more the table says what it says of so many
MOST_GRAINS = 1600  # of one mosaic that fields are cut from
LOST = 0.01  # smallest visible cell over the mean one
NULLS: tuple[Null, ...] = ("section", "columnar")
# of one population, those that spread most, which set the table
BROAD = {
    "uniform": (
        "log-normal 0.8, thrown at .5",
        "log-normal 0.65, thrown at .5",
        "log-normal 0.8, filled",
        "log-normal 0.5, filled",
    ),
    "film": ("log-normal 0.8, filled", "log-normal 0.5, filled"),
}
# Loose packings that the null library has, which set the table, too.
LOOSE = {
    "log-normal 0.8, sequential at .3": Structure(lognormal(0.8), "loose", 0.3),
    "log-normal 0.75, sequential at .25": Structure(lognormal(0.75), "loose", 0.25),
    "log-normal 0.85, sequential at .35": Structure(lognormal(0.85), "loose", 0.35),
}
# judged besides, of which nothing was set
OTHERS = {"uniform": ("Voronoi", "Weibull 1.4, thrown at .5"), "film": ("Weibull 2",)}
# SD of log diameter that a sample shows: up to the first all of it is subtracted, from the second the rest.
# Of three fields of 100 grains .95 lie below the second in the loosest packing, of pairs 4 times apart .3.
SPREADS = (0.55, 0.65)
SURE = 0.8  # of the level: what is set on some samples is exceeded by more of others
COUNTS = dict.fromkeys(("per_field", "grains", "windows", "bimodal", "uniform"), int)
TWO = ((0.2, 4.0), (0.5, 4.0))  # sigma and ratio of the spheres of pairs, half of their volume coarse


@dataclass(frozen=True)
class Case:
    null: Null
    name: str
    structure: Structure

    def path(self, per_field: int, seed: int, work: Path) -> Path:
        return work / f"{zlib.crc32(f'{self.null} {self.name}'.encode()):08x}-{per_field}-{seed}.npz"


def cases(chosen: dict[str, tuple[str, ...]]) -> list[Case]:
    return [
        Case(e.null, e.name, e.structure)
        for e in entries()
        if e.name in chosen.get(e.kind, ()) and isinstance(e.structure, Structure)
    ]


def fitted() -> list[Case]:
    """Those that set the table."""
    return cases(BROAD) + [Case("section", name, structure) for name, structure in LOOSE.items()]


def pairs() -> list[Case]:
    return [
        Case(null, f"two populations, sigma {s}, R {r:g}", Pairs(s, null == "columnar").of(r, 0.5, 0))
        for null in NULLS
        for s, r in TWO
    ]


def fields(structure: Structure, per_field: int, many: int, rng: np.random.Generator) -> list[ImageGrains]:
    """Fields of about so many whole grains, several of a mosaic."""
    cells = cells_per_area(structure)
    side = np.sqrt(per_field / cells) + 1 / np.sqrt(cells)
    per_edge = int(min(np.ceil(np.sqrt(many)), max(np.sqrt(MOST_GRAINS / cells) // side, 1)))
    found: list[ImageGrains] = []
    while len(found) < many:
        made = section(structure, per_edge * side, rng)
        for place in range(min(per_edge**2, many - len(found))):
            corner = (np.array(divmod(place, per_edge)) - per_edge / 2) * side
            seen = window(made, structure, corner, np.full(2, side), LOST / cells, rng)
            found.append(image_of(seen))
    return found


def totals_of(per_field: int, fields: tuple[int, int] = (KNOWN_FIELDS, MOST_FIELDS)) -> list[int]:
    """Those of `TOTALS` that need more fields than the first number, and no more than the second."""
    return [n for n in TOTALS if fields[0] * per_field < n <= fields[1] * per_field]


def samples(
    case: Case, per_field: int, totals: list[int], many: int, rng: np.random.Generator
) -> Iterator[list[list[ImageGrains]]]:
    """Samples of each of the totals, the smaller part of the larger."""
    counts = [round(n / per_field) for n in totals]
    for _ in range(many if counts else 0):
        every = fields(case.structure, per_field, counts[-1], rng)
        yield [every[:n] for n in counts]


def scores(
    case: Case, per_field: int, totals: list[int], many: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The statistic and the SD of log diameter of so many samples, by total, of shape (2, many)."""
    network, found = load_network(case.null), []
    for nested in samples(case, per_field, totals, many, rng):
        seen = [distribution_of(images) for images in nested]
        found.append((shape_scores(seen, network), [d.sd for d in seen]))
    return {str(n): np.array(found)[:, :, j].T for j, n in enumerate(totals)}


def simulate(work: Path, given: argparse.Namespace) -> None:
    """Keep the statistics of samples of more fields than the first number, and no more than the second."""
    work.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    for per_field in reversed(given.per_field):
        totals = totals_of(per_field, tuple(given.fields))
        for case in fitted() if totals else ():
            path = case.path(per_field, given.seed, work)
            if path.exists() or time.monotonic() - start > given.seconds:
                continue
            rng = np.random.default_rng([given.seed, per_field, zlib.crc32(case.name.encode())])
            np.savez(path, **scores(case, per_field, totals, given.samples, rng))


def shifts(null: Null, work: Path, seed: int) -> np.ndarray:
    """What is subtracted, shape (len(SPREADS), len(PER_FIELD), len(TOTALS)).

    Of narrow samples as much as the worst structure's statistic exceeds the null's; of wide ones so much
    that, with it, no structure comes near the level.
    """
    library, kept = load_library(null), {}
    for i, per_field in enumerate(PER_FIELD):
        paths = [c.path(per_field, seed, work) for c in fitted() if c.null == null]
        if not all(p.exists() for p in paths):
            continue
        for name in np.load(paths[0]).files:
            known = line_at(int(name), library.n_interior, library.one)[np.argmin(abs(NULL_LEVELS - LEVEL))]
            kept[i, TOTALS.index(int(name))] = [np.load(p)[name] - [[known], [0]] for p in paths]
    worst = {at: max(np.quantile(c[0], 1 - LEVEL) for c in seen) for at, seen in kept.items()}
    narrow = _filled(library.shift[0], worst)
    return np.array([narrow, _filled(library.shift[1], {at: _rest(narrow[at], kept[at]) for at in kept})])


def _filled(table: np.ndarray, cells: dict[tuple[int, int], float]) -> np.ndarray:
    """The table with these cells: smaller fields are no better, and one field is as several are."""
    found = table.copy()
    for at, value in cells.items():
        found[at] = max(value, 0.0)
    for i in {i for i, _ in cells}:
        one_field = sum(n <= SEVERAL * PER_FIELD[i] for n in TOTALS)
        found[i, :one_field] = found[i, one_field]
    return np.maximum.accumulate(found[::-1])[::-1]


def _rest(narrow: float, seen: list[np.ndarray]) -> float:
    """The least that is subtracted from wide samples with which no structure comes near the level."""

    def above(wide: float) -> np.ndarray:
        return np.array([(c[0] > np.interp(c[1], SPREADS, (narrow, wide))).mean() for c in seen])

    most = np.maximum(above(narrow), SURE * LEVEL)
    return next((w for w in np.arange(0.0, narrow, 0.05) if (above(w) <= most).all()), narrow)


def fit(work: Path, seed: int) -> None:
    for null in NULLS:
        facts = {
            "sd": SPREADS,
            "per_field": SEEN,
            "n_interior": TOTALS,
            "shift": shifts(null, work, seed).round(3).tolist(),
        }
        (PACKAGE / f"small_fields_{null}.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")


def check(seed: int, many: int, seconds: float, sizes: Sequence[int]) -> None:
    """Judge fresh samples; cells that the table has are not made again."""
    kinds = {"one population": [*cases(BROAD), *cases(OTHERS)], "two populations": pairs()}
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=["null", "structure", "per_field"])
    done = set(table[["null", "structure", "per_field"]].itertuples(index=False, name=None))
    start = time.monotonic()
    for kind, chosen in kinds.items():
        for case in chosen:
            for per_field in (n for n in PER_FIELD[:-1] if n in sizes):
                if (case.null, case.name, per_field) in done or time.monotonic() - start > seconds:
                    continue
                rng = np.random.default_rng([seed, per_field, zlib.crc32(case.name.encode())])
                by_total = zip(*samples(case, per_field, totals_of(per_field), many, rng), strict=True)
                rows = [
                    {
                        "kind": kind,
                        "null": case.null,
                        "structure": case.name,
                        "per_field": per_field,
                        "grains": n,
                        "windows": len(made),
                        **{v: sum(d.verdict == v for d in found) for v in ("bimodal", "uniform")},
                    }
                    for n, made in zip(totals_of(per_field), by_total, strict=True)
                    for found in (decide(made, case.null),)
                ]
                if not rows:
                    continue
                table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True).astype(COUNTS)
                table.to_csv(TABLE, index=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("scores", "fit", "check"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--per-field", type=int, nargs="+", default=PER_FIELD, choices=PER_FIELD)
    parser.add_argument("--fields", type=int, nargs=2, default=(1, MOST_FIELDS), help="more than, at most")
    parser.add_argument("--seconds", type=float, default=1000.0, help="begin no structure after so long")
    given = parser.parse_args()
    if given.step == "scores":
        simulate(given.work, given)
    elif given.step == "fit":
        fit(given.work, given.seed)
    else:
        check(given.seed, given.samples, given.seconds, given.per_field)


if __name__ == "__main__":
    main()
