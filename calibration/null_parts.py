"""The simulated parts that the null libraries are made of, kept in a folder.

    python calibration/null_parts.py --work scratch/library --seconds 1000

makes what is not there; an interrupted run goes on.  Even seeds train, odd ones calibrate.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from null_samples import FIELDS, Samples, simulate

NULLS = ("section", "columnar")
LONG = 1000  # parts from this seed on are broad populations with long tails
LONG_PARTS = {"section": (12, 12), "columnar": (6, 6)}  # that train and that calibrate
# The other parts that train and that calibrate, by null and by two populations or one.
PLAN = {
    ("section", False): (50, 40),
    ("section", True): (46, 24),
    ("columnar", False): (16, 16),
    ("columnar", True): (16, 10),
}


@dataclass(frozen=True)
class Part:
    """A seed of one null, of one or of two populations."""

    null: str
    two: bool
    seed: int

    @property
    def name(self) -> str:
        return f"{self.null}-{'two' if self.two else 'one'}-{self.seed}.npz"

    def keep(self, folder: Path) -> None:
        """Simulate, unless it is there."""
        path = folder / self.name
        if not path.exists():
            long, flat = self.seed >= LONG, self.null == "columnar"
            samples = simulate(self.seed, two=self.two, flat=flat, long=long)
            unfinished = path.with_suffix(".part.npz")
            np.savez(unfinished, **{k: getattr(samples, k).astype(np.float32) for k in FIELDS})
            unfinished.replace(path)


def parts_of(null: str) -> list[Part]:
    """All parts, so that the first ones alone make a smaller library."""
    numbered = [(k, odd, two) for two in (False, True) for odd in (0, 1) for k in range(PLAN[null, two][odd])]
    parts = [Part(null, two, 2 * k + odd) for k, odd, two in sorted(numbered)]
    return parts + [
        Part(null, False, LONG + 2 * k + odd) for odd in (0, 1) for k in range(LONG_PARTS[null][odd])
    ]


def read_parts(null: str, *, two: bool, odd: bool, folder: Path) -> Samples:
    """The kept samples of one use."""
    found = []
    for part in parts_of(null):
        path = folder / part.name
        if part.two == two and part.seed % 2 == odd and path.exists():
            with np.load(path) as stored:
                found.append(Samples(*(stored[k].astype(np.float32) for k in FIELDS)))
    return Samples.join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", choices=NULLS, nargs="*", default=NULLS)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no part after so long")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    parts = [p for null in given.null for p in parts_of(null)]
    for part in parts:
        if time.monotonic() - start < given.seconds:
            part.keep(given.work)
    left = sum(not (given.work / p.name).exists() for p in parts)
    print(f"{left} of {len(parts)} parts left", flush=True)


if __name__ == "__main__":
    main()
