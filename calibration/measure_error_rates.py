"""How often does another model lose or cut a grain that this one has, and how often does this one err?

    python calibration/measure_error_rates.py [--model models/unet-lite2] --other FOLDER
        [--images 60] [--seconds 300] [--write]

Counted on synthetic micrographs: styles take turns, each image has a fresh geometry and a seed that no
training cache uses.  Prints the rates against the truth by style, and the rates between the two models, both
ways together, as functions of the image's own confidence (`segment.quality.error_rates`).  --write stores
the latter in errors.json of the model's folder, from where the estimate of the current takes them.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fit_error_rates import ErrorCount, count_errors, fit_rates

from segment.cells.recutting import as_in_map, fine_cells
from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.quality.error_rates import SIZES, ErrorRates, write_rates
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES
from segment.unet import Model, load_model

SIDE_PX = 704
SEED = 20_261_122


@dataclass(frozen=True, eq=False)
class Counted:
    """Errors in one image: against the truth, and between the models, each taken for the truth once."""

    style: str
    against_truth: ErrorCount
    between: tuple[ErrorCount, ErrorCount]


def one_image(model: Model, other: Model, number: int) -> Counted:
    """Errors in the synthetic image of this number."""
    style = list(STYLES)[number % len(STYLES)]
    made = synthetic_micrograph(np.random.default_rng([SEED, number]), (SIDE_PX, SIDE_PX), style=style)
    micrograph = Micrograph(made.image, None, "none", Path(f"{style}.tif"), "", "synthetic")
    ours, theirs = (segment_micrograph(micrograph, one)[1] for one in (model, other))
    confidence = as_in_map(fine_cells(ours)).confidence
    return Counted(
        style,
        count_errors(ours.labels, made.grain_map.labels, confidence),
        (
            count_errors(theirs.labels, ours.labels, confidence),
            count_errors(ours.labels, theirs.labels, confidence),
        ),
    )


def _row(style: str, counts: list[ErrorCount]) -> str:
    """Rates of one style over all its images."""
    grains, lost, cuts = (sum(getattr(c, name) for c in counts) for name in ("grains", "lost", "cuts"))
    by_size = [" ".join(f"{v:.3f}" for v in e / np.maximum(grains, 1)) for e in (lost, cuts)]
    rates = [f"{e.sum() / grains.sum():.3f}" for e in (lost, cuts)]
    mean = f"{np.mean([c.confidence for c in counts]):.3f}"
    return "| " + " | ".join([style, str(len(counts)), mean, *rates, *by_size]) + " |"


def _print_rates(title: str, rates: ErrorRates) -> None:
    print(title)
    for confidence in rates.confidence:
        print(f"confidence {confidence:.3f}: lost {np.round(rates.at(confidence), 3)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None)
    parser.add_argument("--other", required=True, help="folder of a model about as good, of another training")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=300, help="stop after so long, whole rounds or not")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    model, other, start = load_model(given.model), load_model(given.other), time.monotonic()
    if model.digest == other.digest:
        parser.error(f"{model.name} against itself: name a model with other weights by --other")
    found: list[Counted] = []
    while len(found) < given.images and time.monotonic() - start < given.seconds:
        found.append(one_image(model, other, len(found)))
    print(f"{model.name}: {len(found)} images; by area over mean area {SIZES}")
    print("| style | images | confidence | lost | cut | lost by size | cut by size |\n" + "|---" * 7 + "|")
    for style in STYLES:
        if counts := [one.against_truth for one in found if one.style == style]:
            print(_row(style, counts))
    between = fit_rates([count for one in found for count in one.between])
    _print_rates("against the truth", fit_rates([one.against_truth for one in found]))
    _print_rates(f"between {model.name} and {other.name}", between)
    if given.write:
        images = f"{len(found)} synthetic images of {SIDE_PX} px"
        origin = f"calibration/measure_error_rates.py, against {other.name}, {images}"
        print(f"written: {write_rates(model.folder, between, model.weights_digest, origin)}")


if __name__ == "__main__":
    main()
