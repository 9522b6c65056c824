"""How often does a model lose or cut a grain?  Counted on synthetic micrographs, kept with the weights.

    python scripts/measure_error_rates.py [--model models/unet-lite0] [--images 40] [--seconds 120] [--write]

Styles take turns, each image has a fresh geometry and a seed that no training cache uses.  Prints the rates
by style and as functions of the image's own confidence (`segment.error_rates`); --write stores the latter in
errors.json of the model's folder, from where the stability of a verdict takes them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from segment.cuts import FineCells
from segment.error_rates import SIZES, ErrorCount, count_errors, fit_rates, write_rates
from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.training.render import STYLES, synthetic_micrograph
from segment.unet import Model, load_model

SIDE_PX = 704
SEED = 20_261_122


def one_image(model: Model, number: int) -> tuple[str, ErrorCount]:
    """Style and errors of the synthetic image of this number."""
    style = list(STYLES)[number % len(STYLES)]
    made = synthetic_micrograph(np.random.default_rng([SEED, number]), (SIDE_PX, SIDE_PX), style=style)
    micrograph = Micrograph(made.image, None, "none", Path(f"{style}.tif"), "", "synthetic")
    found = segment_micrograph(micrograph, model)[1]
    confidence = FineCells.of(found).as_in_map().confidence
    return style, count_errors(found.labels, made.grain_map.labels, confidence)


def _row(style: str, counts: list[ErrorCount]) -> str:
    """Pooled rates of one style."""
    grains, lost, cuts = (sum(getattr(c, name) for c in counts) for name in ("grains", "lost", "cuts"))
    by_size = [" ".join(f"{v:.3f}" for v in e / np.maximum(grains, 1)) for e in (lost, cuts)]
    rates = [f"{e.sum() / grains.sum():.3f}" for e in (lost, cuts)]
    mean = f"{np.mean([c.confidence for c in counts]):.3f}"
    return "| " + " | ".join([style, str(len(counts)), mean, *rates, *by_size]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=120, help="stop after so long, whole rounds or not")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    model, start = load_model(given.model), time.monotonic()
    found: list[tuple[str, ErrorCount]] = []
    while len(found) < given.images and time.monotonic() - start < given.seconds:
        found.append(one_image(model, len(found)))
    print(f"{model.name}: {len(found)} images; by area over mean area {SIZES}")
    print("| style | images | confidence | lost | cut | lost by size | cut by size |\n" + "|---" * 7 + "|")
    for style in STYLES:
        if counts := [c for s, c in found if s == style]:
            print(_row(style, counts))
    rates = fit_rates([c for _, c in found])
    for confidence in rates.confidence:
        missed, invented = rates.at(confidence)
        print(f"confidence {confidence:.3f}: lost {missed.round(3)}, cut {invented.round(3)}")
    if given.write:
        origin = f"scripts/measure_error_rates.py, {len(found)} synthetic images of {SIDE_PX} px"
        print(f"written: {write_rates(model.folder, rates, model.digest, origin)}")


if __name__ == "__main__":
    main()
