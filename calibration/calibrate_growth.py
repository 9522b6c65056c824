"""Verdicts on films after grain growth, against the columnar null: docs/validation/calibration_growth.*.

    python calibration/calibrate_growth.py [--repeats 100] [--seconds 170]

Normal growth is one population, however long it went on: its share called bimodal is a false-positive rate on
mosaics that the null library has not seen.  Abnormal growth leaves two.  Resumable.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from skimage.measure import label

from grainstats.infer import ImageGrains, judge_modality
from grainstats.measure import grain_table
from segment.grain_map import GrainMap
from segment.mosaics.potts_growth import Grown, abnormal_growth, normal_growth

DOCS = Path(__file__).parents[1] / "docs" / "validation"
AREA_PX2 = 144.0
SIZES = (155, 865)


def normal(n: int, rng: np.random.Generator) -> Grown:
    side = int(np.sqrt(AREA_PX2) * (np.sqrt(n) + 1))
    return normal_growth((side, side), AREA_PX2, rng)


def abnormal(n: int, rng: np.random.Generator) -> Grown:
    """Half of the area abnormal, so that twice the matrix is needed for the grains."""
    side = int(np.sqrt(AREA_PX2 / 2) * np.sqrt(2 * n))
    return abnormal_growth((side, side), AREA_PX2 / 2, 0.5, rng, spacing=6.0)


CELLS = {"normal growth": normal, "abnormal growth": abnormal}


def one_film(name: str, n: int, number: int) -> dict[str, object]:
    """Verdict on a fresh film."""
    rng = np.random.default_rng([41, list(CELLS).index(name), n, number])
    grown = CELLS[name](n, rng)
    parts = label(grown.labels, connectivity=1).astype(np.int32)  # cut by an edge: two grains
    grain_map = GrainMap(parts, 1.0, "manual")
    image = ImageGrains.from_columns(grain_table(grain_map, min_area_px=4), 1.0, grain_map.labels.shape)
    judged = judge_modality([image], null="columnar")
    return {
        "film": name,
        "grains": n,
        "number": number,
        "interior": judged.n_interior,
        "verdict": judged.verdict,
        "p": judged.p_value,
        "mode_ratio": judged.mode_ratio,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=170, help="stop after so long")
    parser.add_argument("--out", type=Path, default=DOCS / "calibration_growth")
    given = parser.parse_args()
    path = given.out.with_suffix(".csv")
    rows = pd.read_csv(path).to_dict("records") if path.is_file() else []
    done = {(row["film"], row["grains"], row["number"]) for row in rows}
    start = time.monotonic()
    for number in range(given.repeats):
        for name in CELLS:
            for n in SIZES:
                if (name, n, number) not in done and time.monotonic() - start < given.seconds:
                    rows.append(one_film(name, n, number))
    frame = pd.DataFrame(rows)
    frame.to_csv(path, index=False)
    print(frame.groupby(["film", "grains"])["verdict"].value_counts())


if __name__ == "__main__":
    main()
