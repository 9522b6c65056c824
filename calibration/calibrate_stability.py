"""What does the stability check do to verdicts on perfectly traced maps?  docs/validation/stability.csv.

    python calibration/calibrate_stability.py [--repeats 50] [--seconds 170]

Mosaics of ~150 and, a fifth as many, of ~865 interior grains are drawn into pixels and judged; then every
verdict is repeated on perturbed cells, at the rates of the released model (`segment.quality.error_rates`) in
images of several confidences.  Such maps carry no probability, so that the rates alone act.  Maps that are
done by the rules of now are not done again.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.infer import (
    ImageCuts,
    ImageGrains,
    Population,
    judge_modality,
    judging_digest,
    with_stability,
)
from grainstats.infer.modality.null_mosaics import window_side
from grainstats.measure import grain_table
from segment.quality.error_rates import ErrorRates
from segment.unet import load_model

DOCS = Path(__file__).parents[1] / "docs" / "validation"
GRAINS = (150, 865)
FEWER = {865: 5}  # times fewer maps
CONFIDENCES = (0.99, 0.98, 0.96, 0.93, 0.88)
POPULATIONS = {
    "uniform, sigma 0.2": Population(0.2),
    "uniform, sigma 0.35": Population(0.35),
    "uniform, sigma 0.5": Population(0.5),
    "uniform, sigma 0.8": Population(0.8),
    "Poisson-Voronoi": Population(0.0),
    "R = 2.5, f = 0.3": Population(0.2, 2.5, 0.3),
    "R = 2.5, f = 0.3, sigma 0.35": Population(0.35, 2.5, 0.3),
    "R = 3, f = 0.15": Population(0.2, 3.0, 0.15),
    "R = 3, f = 0.3": Population(0.2, 3.0, 0.3),
    "R = 3, f = 0.6": Population(0.2, 3.0, 0.6),
    "R = 4, f = 0.45": Population(0.2, 4.0, 0.45),
    "R = 6, f = 0.45": Population(0.2, 6.0, 0.45),
}


def one_map(name: str, grains: int, number: int, rates: ErrorRates) -> list[dict[str, object]]:
    """Verdict of one fresh map without and with the check, a row per rate."""
    rng = np.random.default_rng([31, grains, list(POPULATIONS).index(name), number])
    side = window_side(POPULATIONS[name], grains, rng)[0]
    grain_map = POPULATIONS[name].mosaic(side, rng).grain_map(1.0)
    judged = judge_modality([ImageGrains.from_table(grain_table(grain_map, min_area_px=12), grain_map)])
    rows = []
    cuts = ImageCuts.of(grain_map)
    for confidence in CONFIDENCES:
        missed, invented = rates.at(confidence)
        cuts = replace(cuts, missed=missed, invented=invented)
        begin = time.process_time()
        shaken = with_stability(judged, [cuts])
        seconds = time.process_time() - begin
        rows.append(
            {
                "population": name,
                "mosaic": "two populations" if POPULATIONS[name].coarse else "one population",
                "grains": grains,
                "confidence": confidence,
                "number": number,
                "verdict": judged.verdict,
                "with_stability": shaken.verdict,
                "stability": shaken.stability,
                "seconds": round(seconds, 3),
                "rules": judging_digest()[:12],
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=170, help="stop after so long")
    parser.add_argument("--out", type=Path, default=DOCS / "stability.csv")
    given = parser.parse_args()
    rows = pd.read_csv(given.out).to_dict("records") if given.out.is_file() else []
    rows = [row for row in rows if row.get("rules") == judging_digest()[:12]]
    done = {(row["population"], row["grains"], row["number"]) for row in rows}
    rates, start = load_model(None).error_rates, time.monotonic()
    for number, name, grains in product(range(given.repeats), POPULATIONS, GRAINS):
        late = time.monotonic() - start > given.seconds
        if number % FEWER.get(grains, 1) == 0 and (name, grains, number) not in done and not late:
            rows += one_map(name, grains, number, rates)
            pd.DataFrame(rows).to_csv(given.out, index=False)
    frame = pd.DataFrame(rows)
    print(f"median seconds of one check: {frame['seconds'].median():.2f}")


if __name__ == "__main__":
    main()
