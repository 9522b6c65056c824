"""How often do the 95 % intervals of the modes of a volume contain the modes of a large specimen?

    python calibration/coverage_volume_modes.py --work WORK

WORK holds the mosaics of `calibration/volume_mosaics.py`; those of one structure together are the large
specimen, and boxes out of each are the samples.  Of two populations the boxes count that are called bimodal.
Packed mosaics differ from one another more than the parts of each, so that a box knows less of all of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from volume_mosaics import Box, Structure, box, boxes_of, cells_for, cells_of, path_of, seeds_of

from grainstats.infer.modality.modes import Modes
from grainstats.infer.volume_modality.judge import decide_volumes, intervals
from grainstats.infer.volume_modality.sizes import VolumeSizes, coarse_limits, modes_of

STRUCTURES = (
    Structure(0.2),
    Structure(0.5),
    Structure(0.35, "packed"),
    Structure(0.1, "packed", None, 4.0, 0.45),
    Structure(0.25, "poisson", None, 3.0, 0.3),
    Structure(0.25, "packed", None, 4.0, 0.3),
)
COUNTS = (60, 120, 250, 500, 900)
MOST_MOSAICS = 24
TABLE = Path(__file__).parents[1] / "docs" / "validation" / "volume_modes_coverage.csv"


def seeds(s: Structure, work: Path) -> list[int]:
    """Mosaics that are kept."""
    every = [*seeds_of("null", s), *seeds_of("one", s)]
    if s.coarse:
        every = [*seeds_of("pairs", s), *seeds_of("two", s)]
    return [seed for seed in every if path_of(s, cells_for(0), seed, work).exists()][:MOST_MOSAICS]


def together(boxes: list[Box]) -> VolumeSizes:
    names = ("diameter", "weight", "cut_diameter")
    return VolumeSizes(*(np.concatenate([getattr(b.sizes, name) for b in boxes]) for name in names))


def modes_in(sizes: VolumeSizes, s: Structure) -> Modes:
    return modes_of(sizes, coarse_limits([sizes])[0] if s.coarse else np.inf)


def rows(s: Structure, work: Path) -> list[dict[str, object]]:
    chosen = seeds(s, work)
    whole = [cells_of(s, cells_for(0), seed, work) for seed in chosen]
    truth = np.log(modes_in(together([box(c, np.zeros(3), c.edges) for c in whole]), s).diameter_nm)
    found: list[dict[str, object]] = []
    for n in COUNTS:
        ends, values = [], []
        for seed in chosen:
            boxes = [each.sizes for each in boxes_of(s, n, seed, work)]
            for sizes, found_in in zip(boxes, decide_volumes(boxes) if boxes else (), strict=True):
                ci = intervals(sizes, found_in.modes)
                if len(ci) == len(truth):
                    ends.append(np.log(ci))
                    values.append(np.log(found_in.modes.diameter_nm))
        if not ends:
            continue
        low, high = np.moveaxis(np.array(ends), -1, 0)
        held = ((low <= truth) & (truth <= high)).mean(axis=0)
        bias = 100 * np.expm1(np.mean(values, axis=0) - truth)
        width = 100 * np.median(high - low, axis=0)
        for k, mode in enumerate(("fine", "coarse") if len(truth) == 2 else ("one",)):
            found.append(
                {
                    "structure": s.name,
                    "mode": mode,
                    "grains": n,
                    "boxes": len(ends),
                    "coverage": held[k].round(3),
                    "bias_percent": bias[k].round(1),
                    "width_percent": width[k].round(1),
                }
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    table = pd.DataFrame([row for s in STRUCTURES for row in rows(s, given.work)])
    table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
