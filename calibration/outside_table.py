"""The structures of the out-of-family table, and their simulated windows kept in a folder.

    python calibration/outside_table.py --work scratch/outside --seed 1 --mosaics 80

keeps ``<structure>-<seed>.npz`` for every structure that is not there; an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from outside_families import (
    Structure,
    Window,
    gamma,
    johnson_mehl,
    lognormal,
    loguniform,
    weibull,
    windows,
)

COUNTS = (150, 450, 900)
VORONOI = Structure(lognormal(0.0), share=0.0)


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    Attributes
    ----------
    kind : {"uniform", "giant", "bimodal"}
    name : str
    structure : Structure or None
        None: Johnson-Mehl growth.
    held_out : bool
        Never used to set a threshold or to train.
    """

    kind: str
    name: str
    structure: Structure | None
    held_out: bool = False


def entries() -> list[Entry]:
    """All rows, the uniform ones first."""
    ln = lognormal
    out = [
        Entry("uniform", "Voronoi", VORONOI),
        Entry("uniform", "hard-core Voronoi", Structure(ln(0.02), "loose", 0.3)),
        Entry("uniform", "Johnson-Mehl", None, True),
    ]
    for s in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8):
        held = s in (0.3, 0.6)
        out += [
            Entry("uniform", f"log-normal {s}, filled", Structure(ln(s)), held),
            Entry("uniform", f"log-normal {s}, thrown at .5", Structure(ln(s), share=0.5), held),
            Entry("uniform", f"log-normal {s}, sequential at .45", Structure(ln(s), "loose", 0.45), held),
            Entry("uniform", f"log-normal {s}, sequential at .3", Structure(ln(s), "loose", 0.3), held),
        ]
    out += [
        Entry("uniform", "gamma 4", Structure(gamma(4.0)), True),
        Entry("uniform", "gamma 4, sequential at .45", Structure(gamma(4.0), "loose", 0.45), True),
        Entry("uniform", "gamma 2", Structure(gamma(2.0))),
        Entry("uniform", "Weibull 2", Structure(weibull(2.0)), True),
        Entry("uniform", "Weibull 1.4, thrown at .5", Structure(weibull(1.4), share=0.5)),
        Entry("uniform", "log-uniform 1-6 by number", Structure(loguniform(1, 6, 0))),
        Entry("uniform", "log-uniform 1-6 by volume", Structure(loguniform(1, 6, 3))),
        Entry("uniform", "log-uniform 1-6 by area, at .5", Structure(loguniform(1, 6, 2), share=0.5)),
        Entry(
            "uniform",
            "log-uniform 1-6 by volume, sequential",
            Structure(loguniform(1, 6, 3), "loose", 0.45),
            True,
        ),
        Entry("uniform", "gradient x2", Structure(ln(0.0), "graded", ratio=2.0), True),
        Entry("uniform", "gradient x4", Structure(ln(0.0), "graded", ratio=4.0)),
        Entry("uniform", "elongated x2", Structure(ln(0.0), share=0.0, stretch=2.0), True),
        Entry("uniform", "elongated x4", Structure(ln(0.3), stretch=4.0)),
        Entry("uniform", "40 % twinned", Structure(ln(0.2), twinned=0.4), True),
    ]
    for part in (0.05, 0.15, 0.3):
        out += [
            Entry("uniform", f"{part:.0%} merged", Structure(ln(0.0), share=0.0, merged=part), part == 0.15),
            Entry("uniform", f"{part:.0%} split", Structure(ln(0.0), share=0.0, split=part), part == 0.15),
        ]
    out += [
        Entry("uniform", "log-normal 0.5, filled, 30 % merged", Structure(ln(0.5), merged=0.3)),
        Entry(
            "uniform",
            "log-normal 0.4, sequential at .3, 15 % merged",
            Structure(ln(0.4), "loose", 0.3, merged=0.15),
        ),
    ]
    for g in (0.03, 0.06, 0.12, 0.2, 0.3):
        out.append(Entry("giant", f"one giant of {g:.0%}", Structure(ln(0.0), share=0.0, giant=g), g != 0.12))
    for s in (0.2, 0.35, 0.5):
        for ratio in (2.5, 3.0, 4.0, 6.0):
            for f in (0.2, 0.45, 0.7):
                if ratio < 6 or f < 0.7:
                    out.append(
                        Entry(
                            "bimodal",
                            f"R {ratio:g}, f {f}, sigma {s}",
                            Structure(ln(s), ratio=ratio, coarse=f),
                        )
                    )
    for centres in ("banded", "colonies"):
        for ratio in (3.0, 4.0):
            out.append(
                Entry(
                    "bimodal",
                    f"{centres}, R {ratio:g}",
                    Structure(ln(0.0), centres, ratio=ratio, coarse=0.4),
                    True,
                )
            )
    for merged in (0.15, 0.3):
        for s in (0.2, 0.35):
            structure = Structure(ln(s), ratio=4.0, coarse=0.45, merged=merged)
            out.append(Entry("bimodal", f"R 4, f 0.45, sigma {s}, {merged:.0%} merged", structure))
    return out


def simulate(entry: Entry, seed: int, mosaics: int, seconds: float = np.inf) -> list[tuple[int, int, Window]]:
    """(mosaic, interior grains asked for, window) of one row."""
    rng = np.random.default_rng([seed, zlib.crc32(entry.name.encode())])
    found, start = [], time.monotonic()
    for k in range(mosaics):
        made = johnson_mehl(COUNTS, rng) if entry.structure is None else windows(entry.structure, COUNTS, rng)
        found += [(k, n, w) for n, w in made]
        if time.monotonic() - start > seconds:
            break
    return found


def keep(found: list[tuple[int, int, Window]], path: Path) -> None:
    flat: dict[str, np.ndarray] = {}
    for name in ("whole", "cut", "chords", "chord_whole"):
        parts = [getattr(w, name) for _, _, w in found]
        kind = bool if name == "chord_whole" else np.float32
        flat[name] = np.concatenate(parts).astype(kind)
        flat[f"n_{name}"] = np.array([len(p) for p in parts])
    flat["mosaic"] = np.array([k for k, _, _ in found])
    flat["asked"] = np.array([n for _, n, _ in found])
    flat["truth"] = np.array([(w.coarse_share, w.ratio) for _, _, w in found])
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, **flat)
    unfinished.replace(path)


def kept(path: Path) -> list[tuple[int, int, Window]]:
    with np.load(path) as f:
        parts = {
            name: np.split(f[name], np.cumsum(f[f"n_{name}"])[:-1])
            for name in ("whole", "cut", "chords", "chord_whole")
        }
        rows = zip(f["mosaic"], f["asked"], f["truth"], *parts.values(), strict=True)
        return [(int(k), int(n), Window(*arrays, float(t[0]), float(t[1]))) for k, n, t, *arrays in rows]


def path_of(entry: Entry, seed: int, folder: Path) -> Path:
    return folder / f"{zlib.crc32(entry.name.encode()):08x}-{seed}.npz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mosaics", type=int, default=80)
    parser.add_argument("--seconds", type=float, default=40.0, help="of one structure")
    parser.add_argument("--only", default="", help="structures whose kind and name contain this")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    for entry in [e for e in entries() if given.only in f"{e.kind} {e.name}"]:
        path = path_of(entry, given.seed, given.work)
        if not path.exists():
            start = time.monotonic()
            found = simulate(entry, given.seed, given.mosaics, given.seconds)
            keep(found, path)
            print(f"{entry.name}: {len(found)} windows in {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
