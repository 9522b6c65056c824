"""The structures of the out-of-family table, and their simulated windows kept in a folder.

    python calibration/outside_table.py --work scratch/outside --seed 5 --mosaics 20

keeps ``<structure>-<seed>.npz`` for every structure that is not there; an interrupted run goes on, and
another seed adds windows.  With ``--fill 200`` the pairs of populations are not drawn at random but towards
the rows of ratio and coarse share that have fewer windows, counted in the committed table and, of seeds that
it lacks, in the folder.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from outside_families import Structure, gamma, lognormal, loguniform, weibull
from outside_windows import Window, johnson_mehl, windows

from segment.choices import Null

COUNTS = (150, 450, 900)
TABLE = Path(__file__).parents[1] / "docs" / "validation" / "verdict_outside.csv"
LOST = (0.05, 0.2)  # shares of borders: of clear and of faint rendered micrographs
RATIOS = (2.0, 2.5, 3.0, 4.0, 6.0)  # in the plane: pairs are counted with the nearest, by factor
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the plane's area, likewise
PACKED = (("random", 1.0), ("random", 0.5), ("loose", 0.45))  # centres and sphere volume of pairs
Row = tuple[float, float]  # ratio and coarse share in the plane
BROAD, BROADLY = 15, 0.1  # mosaics of a kind drawn broadly first, share of them later
NEAR, JITTER = np.array([0.15, 0.5]), np.array([0.08, 0.5])  # of log ratio and log odds
Draw = Callable[[np.random.Generator], Structure]


@dataclass(frozen=True)
class Entry:
    """One row of the table."""

    #: of "pairs", ratio and share are drawn for each mosaic, and rows are made of what the plane shows
    kind: str
    name: str
    structure: Structure | Draw | None  #: None: Johnson-Mehl growth
    held_out: bool = False  #: of a kind that neither trained the statistic nor its quantiles

    @property
    def null(self) -> Null:
        return "columnar" if "film" in self.kind else "section"


def entries() -> list[Entry]:
    """All rows, the uniform ones first."""
    return [*_uniform(), *_films(), *_coarse(), *_pairs()]


def _uniform() -> list[Entry]:
    ln = lognormal
    found = {
        "Voronoi": Structure(ln(0.0), share=0.0),
        "hard-core Voronoi": Structure(ln(0.02), "loose", 0.3),
    }
    for s in (0.2, 0.35, 0.5, 0.65, 0.8):
        found |= {
            f"log-normal {s}, filled": Structure(ln(s)),
            f"log-normal {s}, thrown at .5": Structure(ln(s), share=0.5),
            f"log-normal {s}, sequential at .45": Structure(ln(s), "loose", 0.45),
            f"log-normal {s}, sequential at .3": Structure(ln(s), "loose", 0.3),
            f"log-normal {s}, sequential at .2": Structure(ln(s), "loose", 0.2),
        }
    found |= {
        "gamma 4": Structure(gamma(4.0)),
        "gamma 4, sequential at .45": Structure(gamma(4.0), "loose", 0.45),
        "gamma 2": Structure(gamma(2.0)),
        "log-uniform 1-6 by number": Structure(loguniform(1, 6, 0)),
        "log-uniform 1-6 by volume": Structure(loguniform(1, 6, 3)),
        "log-uniform 1-6 by area, at .5": Structure(loguniform(1, 6, 2), share=0.5),
        "log-uniform 1-6 by volume, sequential": Structure(loguniform(1, 6, 3), "loose", 0.45),
        "log-uniform 1-4 by volume": Structure(loguniform(1, 4, 3)),
        "log-uniform 1-8 by number": Structure(loguniform(1, 8, 0)),
        "log-uniform 1-8 by area": Structure(loguniform(1, 8, 2)),
        "log-uniform 1-8 by volume": Structure(loguniform(1, 8, 3)),
        "log-uniform 1-8 by volume, sequential at .25": Structure(loguniform(1, 8, 3), "loose", 0.25),
        "log-uniform 1-10 by area, sequential at .3": Structure(loguniform(1, 10, 2), "loose", 0.3),
        "log-uniform 1-10 by volume": Structure(loguniform(1, 10, 3)),
        "log-normal 0.75, sequential at .25": Structure(ln(0.75), "loose", 0.25),
        "log-normal 0.85, sequential at .25": Structure(ln(0.85), "loose", 0.25),
        "log-normal 0.85, sequential at .35": Structure(ln(0.85), "loose", 0.35),
        "log-normal 0.5, 30 % merged": Structure(ln(0.5), merged=0.3),
        "log-normal 0.4, sequential at .3, 15 % merged": Structure(ln(0.4), "loose", 0.3, merged=0.15),
    }
    for part in (0.05, 0.15, 0.3):
        found[f"Voronoi, {part:.0%} merged"] = Structure(ln(0.0), share=0.0, merged=part)
        found[f"Voronoi, {part:.0%} split"] = Structure(ln(0.0), share=0.0, split=part)
    outside = {
        "Johnson-Mehl": None,
        "Weibull 2": Structure(weibull(2.0)),
        "Weibull 1.4, thrown at .5": Structure(weibull(1.4), share=0.5),
        "gradient x2": Structure(ln(0.0), "graded", ratio=2.0),
        "gradient x4": Structure(ln(0.0), "graded", ratio=4.0),
        "elongated x2": Structure(ln(0.0), share=0.0, stretch=2.0),
        "elongated x4": Structure(ln(0.3), stretch=4.0),
        "40 % twinned": Structure(ln(0.2), twinned=0.4),
        "log-normal 0.5, 40 % twinned": Structure(ln(0.5), twinned=0.4),
    }
    for name, s in (
        ("Voronoi", found["Voronoi"]),
        ("log-normal 0.5, filled", found["log-normal 0.5, filled"]),
        ("log-normal 0.65, thrown at .5", found["log-normal 0.65, thrown at .5"]),
        ("log-uniform 1-6 by volume", found["log-uniform 1-6 by volume"]),
    ):
        outside |= {f"{name}, {share:.0%} of borders lost": _segmented(s, share) for share in LOST}
    return [Entry("uniform", name, s) for name, s in found.items()] + [
        Entry("uniform", name, s, True) for name, s in outside.items()
    ]


def _segmented(structure: Structure, share: float) -> Structure:
    """As a segmentation sees it that loses this share of the borders, and the smallest cells."""
    return replace(structure, unseen=share, faint=0.3)


def _films() -> list[Entry]:
    ln = lognormal
    found = {"Voronoi": Structure(ln(0.0), share=0.0), "hard-core Voronoi": Structure(ln(0.02), "loose", 0.4)}
    for s in (0.2, 0.35, 0.5, 0.65, 0.8):
        found[f"log-normal {s}, filled"] = Structure(ln(s))
        found[f"log-normal {s}, sequential at .45"] = Structure(ln(s), "loose", 0.45)
    found |= {
        "log-normal 0.8, sequential at .25": Structure(ln(0.8), "loose", 0.25),
        "log-uniform 1-8 by number": Structure(loguniform(1, 8, 0)),
        "log-uniform 1-8 by area": Structure(loguniform(1, 8, 2)),
        "log-uniform 1-8 by area, sequential at .45": Structure(loguniform(1, 8, 2), "loose", 0.45),
        "log-uniform 1-10 by area, sequential at .35": Structure(loguniform(1, 10, 2), "loose", 0.35),
    }
    outside = {
        "Weibull 2": Structure(weibull(2.0)),
        "gradient x4": Structure(ln(0.0), "graded", ratio=4.0),
        "elongated x4": Structure(ln(0.3), stretch=4.0),
        "40 % twinned": Structure(ln(0.2), twinned=0.4),
        "15 % merged": Structure(ln(0.3), merged=0.15),
    }
    return [Entry("film", name, replace(s, flat=True)) for name, s in found.items()] + [
        Entry("film", name, replace(s, flat=True), True) for name, s in outside.items()
    ]


def _coarse() -> list[Entry]:
    voronoi = Structure(lognormal(0.0), share=0.0)
    giants = [
        Entry("coarse grains", f"one giant of {g:.0%}", replace(voronoi, giant=g), True)
        for g in (0.03, 0.06, 0.12, 0.2, 0.3)
    ]
    blank = [
        Entry("coarse grains", f"{n} blank patch{'es' if n > 1 else ''}, {b:.0%} together", s, True)
        for n, b in ((1, 0.06), (1, 0.12), (3, 0.12))
        for s in (replace(voronoi, blank=b, patches=n),)
    ]
    return giants + blank


@dataclass(frozen=True)
class Pairs:
    """Pairs of populations of one spread."""

    sigma: float
    flat: bool

    def __call__(self, rng: np.random.Generator) -> Structure:
        ratio, coarse = np.exp(rng.uniform(np.log(2.2), np.log(10.0))), rng.uniform(0.08, 0.92)
        return self.of(ratio, coarse, int(rng.integers(3)))

    def of(self, ratio: float, coarse: float, kind: int) -> Structure:
        centres, share = PACKED[kind]
        return Structure(lognormal(self.sigma), centres, share, ratio=ratio, coarse=coarse, flat=self.flat)


def _pairs() -> list[Entry]:
    found = [Entry("pairs", f"sigma {s}", Pairs(s, flat=False)) for s in (0.2, 0.35, 0.5)]
    found += [Entry("film pairs", f"sigma {s}", Pairs(s, flat=True)) for s in (0.2, 0.35, 0.5)]
    for centres in ("banded", "colonies"):
        for ratio in (3.0, 4.0):
            structure = Structure(lognormal(0.0), centres, ratio=ratio, coarse=0.4)
            found.append(Entry("other pairs", f"{centres}, R {ratio:g}", structure, True))
    for merged in (0.15, 0.3):
        for s in (0.2, 0.35):
            structure = Structure(lognormal(s), ratio=4.0, coarse=0.45, merged=merged)
            found.append(Entry("other pairs", f"R 4, f 0.45, sigma {s}, {merged:.0%} merged", structure))
    for share in LOST:
        structure = _segmented(Structure(lognormal(0.2), ratio=4.0, coarse=0.45), share)
        name = f"R 4, f 0.45, sigma 0.2, {share:.0%} of borders lost"
        found.append(Entry("other pairs", name, structure, True))
    return found


def simulate(entry: Entry, seed: int, mosaics: int, seconds: float = np.inf) -> list[tuple[int, int, Window]]:
    """(mosaic, interior grains asked for, window) of one row."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{entry.kind} {entry.name}".encode())])
    found, start = [], time.monotonic()
    for k in range(mosaics):
        if entry.structure is None:
            made = johnson_mehl(COUNTS, rng)
        else:
            structure = entry.structure if isinstance(entry.structure, Structure) else entry.structure(rng)
            made = windows(structure, COUNTS, rng)
        found += [(k, n, w) for n, w in made]
        if time.monotonic() - start > seconds:
            break
    return found


def fill(
    entry: Entry, seed: int, have: Counter[tuple[int, Row]], wanted: int, seconds: float
) -> list[tuple[int, int, Window]]:
    """Pairs drawn towards rows that have fewer windows than `wanted` of some number of grains.

    Towards a row: about the spheres of an earlier mosaic of the kind that showed the like.  What a window
    shows, not what is judged of it, decides where it counts.
    """
    pairs, have, found = entry.structure, have.copy(), []
    assert isinstance(pairs, Pairs)
    rng = np.random.default_rng([seed, zlib.crc32(f"{entry.kind} {entry.name}".encode())])
    drawn: list[tuple[float, float, int]] = []  # log ratio and log odds of the spheres, kind
    shown: list[tuple[float, float]] = []  # the same as the largest window shows them
    rows = [(r, f) for r in RATIOS for f in SHARES]
    start, k = time.process_time(), 0
    while time.process_time() - start < seconds:
        lacking = [row for row in rows if min(have[n, row] for n in COUNTS[1:]) < wanted]
        if not lacking:
            break
        ratio, share = lacking[rng.integers(len(lacking))]
        kind = int(rng.integers(3))
        spheres = np.array([rng.uniform(np.log(2.0), np.log(14.0)), rng.uniform(-3.5, 10.0)])
        alike = [i for i, d in enumerate(drawn) if d[2] == kind]
        if len(alike) >= BROAD and rng.random() > BROADLY:
            off = (np.array([shown[i] for i in alike]) - (np.log(ratio), np.log(share / (1 - share)))) / NEAR
            spheres = np.array(drawn[alike[(off**2).sum(axis=1).argmin()]][:2]) + rng.normal(0, JITTER)
        made = windows(pairs.of(np.exp(spheres[0]), 1 / (1 + np.exp(-spheres[1])), kind), COUNTS, rng)
        for n, w in made:
            if shows_two(w):
                have[n, row_of(w)] += 1
        largest = made[-1][1]
        if 0 < largest.coarse_share < 1:
            drawn.append((*spheres, kind))
            odds = largest.coarse_share / (1 - largest.coarse_share)
            shown.append((float(np.log(largest.ratio)), float(np.log(odds))))
        found += [(k, n, w) for n, w in made if shows_two(w)]
        k += 1
    return found


def shows_two(window: Window) -> bool:
    near = RATIOS[0] / 1.12 <= window.ratio <= RATIOS[-1] * 1.3
    return near and 0.05 <= window.coarse_share <= 0.95


def row_of(window: Window) -> Row:
    ratio = min(RATIOS, key=lambda r: abs(np.log(window.ratio / r)))
    return ratio, min(SHARES, key=lambda f: abs(window.coarse_share - f))


def windows_so_far(entry: Entry, folder: Path) -> Counter[tuple[int, Row]]:
    """Windows of pairs by grains and row, of all seeds."""
    table = pd.read_csv(TABLE)
    table = table[(table["kind"] == entry.kind) & table["structure"].str.startswith(f"{entry.name}, R ")]
    have: Counter[tuple[int, Row]] = Counter()
    for structure, grains, count in table[["structure", "grains", "windows"]].itertuples(index=False):
        ratio, share = structure.partition(", R ")[2].split(", f ")
        have[grains, (float(ratio), float(share))] += count
    judged = " ".join(table["seeds"].astype(str)).split()
    for path in folder.glob(f"{path_of(entry, 0, folder).stem.partition('-')[0]}-*.npz"):
        if path.stem.rpartition("-")[2] not in judged:
            have.update((n, row_of(w)) for _, n, w in kept(path) if shows_two(w))
    return have


def keep(found: list[tuple[int, int, Window]], path: Path) -> None:
    flat: dict[str, np.ndarray] = {}
    for name in ("whole", "cut"):
        parts = [getattr(w, name) for _, _, w in found]
        flat[name] = np.concatenate(parts).astype(np.float32)
        flat[f"n_{name}"] = np.array([len(p) for p in parts])
    flat["mosaic"] = np.array([k for k, _, _ in found])
    flat["asked"] = np.array([n for _, n, _ in found])
    flat["truth"] = np.array([(w.coarse_share, w.ratio) for _, _, w in found])
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, **flat)
    unfinished.replace(path)


def kept(path: Path) -> list[tuple[int, int, Window]]:
    with np.load(path) as f:
        parts = [np.split(f[name], np.cumsum(f[f"n_{name}"])[:-1]) for name in ("whole", "cut")]
        rows = zip(f["mosaic"], f["asked"], f["truth"], *parts, strict=True)
        return [(int(k), int(n), Window(*a, float(t[0]), float(t[1]))) for k, n, t, *a in rows]


def path_of(entry: Entry, seed: int, folder: Path) -> Path:
    return folder / f"{zlib.crc32(f'{entry.kind} {entry.name}'.encode()):08x}-{seed}.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--mosaics", type=int, default=20, help="of a structure; of pairs five times as many")
    parser.add_argument("--each", type=float, default=20.0, help="begin no mosaic of one after so long")
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no structure after so long")
    parser.add_argument("--fill", type=int, default=0, help="windows that every row of pairs is to have")
    parser.add_argument("--only", default="", help="structures whose kind and name contain this")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    for entry in [e for e in entries() if given.only in f"{e.kind} {e.name}"]:
        path = path_of(entry, given.seed, given.work)
        if path.exists() or time.monotonic() - start > given.seconds:
            continue
        if given.fill and isinstance(entry.structure, Pairs):
            keep(fill(entry, given.seed, windows_so_far(entry, given.work), given.fill, given.each), path)
            continue
        many = given.mosaics * (5 if isinstance(entry.structure, Pairs) else 1)
        keep(simulate(entry, given.seed, many, given.each), path)


if __name__ == "__main__":
    main()
