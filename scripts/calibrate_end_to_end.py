"""Verdicts on rendered micrographs of known mosaics after segmentation: docs/calibration_end_to_end.csv.

nice -n 10 python scripts/calibrate_end_to_end.py --repeats 30
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from grainstats.infer import ImageGrains, judge_modality
from grainstats.infer.stability import with_stability
from grainstats.measure import grain_table
from segment.grainmap import GrainMap
from segment.micrograph.model import Micrograph
from segment.mosaics import laguerre_section
from segment.pipeline import segment_micrograph
from segment.training.render import STYLES, render
from segment.unet import load_model

DOCS = Path(__file__).parents[1] / "docs"
GRAINS = 865
FINE_PX = 44.0  # mean sphere diameter of the fine population, so that its mean intercept is about 30 px
PIXEL_NM = 1.3
POPULATIONS = {
    "sigma 0.05": (0.05, 1.0, 0.0),
    "sigma 0.2": (0.2, 1.0, 0.0),
    "sigma 0.35": (0.35, 1.0, 0.0),
    "sigma 0.5": (0.5, 1.0, 0.0),
    "R = 3, f = 0.3": (0.2, 3.0, 0.3),
    "R = 3, f = 0.6": (0.2, 3.0, 0.6),
    "R = 4, f = 0.45": (0.2, 4.0, 0.45),
    "R = 6, f = 0.45": (0.2, 6.0, 0.45),
}


def window_px(sigma: float, ratio: float, coarse: float, rng: np.random.Generator) -> int:
    """Side of a window with about `GRAINS` interior grains, from a pilot."""
    side = int(25 * FINE_PX)
    mosaic = laguerre_section((side, side), FINE_PX, sigma, rng, size_ratio=ratio, coarse_volume=coarse)
    centre = mosaic.cells().centroid
    seen = ((centre > 0) & (centre < side)).all(axis=1).sum()
    return int(side * np.sqrt(GRAINS / seen) * 1.05)


def judged(grain_map: GrainMap, *, shaken: bool) -> tuple[str, int, float | None]:
    image = ImageGrains.from_table(grain_table(grain_map, min_area_px=20), grain_map)
    verdict = judge_modality([image])
    if shaken:
        verdict = with_stability(verdict, [grain_map])
    return verdict.verdict, verdict.n_interior, verdict.stability


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--model", default=None)
    parser.add_argument("--styles", nargs="*", default=list(STYLES))
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, default=DOCS / "calibration_end_to_end.csv")
    given = parser.parse_args()
    model = load_model(given.model)
    columns = [
        "population",
        "style",
        "seed",
        "true_grains",
        "found_grains",
        "truth",
        "verdict",
        "shaken",
        "stability",
    ]
    with given.out.open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(columns)
        for repeat in range(given.repeats):
            for k, (name, (sigma, ratio, coarse)) in enumerate(POPULATIONS.items()):
                rng = np.random.default_rng([given.seed, k, repeat])
                style = given.styles[(repeat + k) % len(given.styles)]
                side = window_px(sigma, ratio, coarse, rng)
                mosaic = laguerre_section(
                    (side, side), FINE_PX, sigma, rng, size_ratio=ratio, coarse_volume=coarse
                )
                truth = mosaic.grain_map(PIXEL_NM)
                image = render(truth, style, rng)
                micrograph = Micrograph(image, PIXEL_NM, "manual", Path(f"{name}.tif"), "", "synthetic")
                _, found = segment_micrograph(micrograph, model)
                true_verdict, true_n, _ = judged(truth, shaken=False)
                verdict, n, _ = judged(found, shaken=False)
                shaken, _, share = judged(found, shaken=True)
                table.writerow([name, style, repeat, true_n, n, true_verdict, verdict, shaken, share])
                stream.flush()
                print(name, style, true_n, n, true_verdict, verdict, shaken, share, flush=True)


if __name__ == "__main__":
    main()
