"""Which cells are no grains, by what they look like: fitted on rendered micrographs, judged on others.

    python calibration/segmentation/fit_spurious_cells.py models/unet-lite2 [--fields DATA/uo2_bftem ...]

A logistic regression on the traits of single cells (`segment.quality.evidence`), each image with the
same weight.  Each style is judged by a fit that did not see it, fields by one that saw no field.  Prints the
weights for that module.  Writes the expected share of each image beside the true one to
docs/validation/spurious_cells.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ablate_rules import closed, traced
from scipy.optimize import minimize

from segment.cells.borders import find_borders
from segment.micrograph import Micrograph
from segment.quality.evidence import FEWEST_WHOLE_CELLS, cell_traits, expected_share
from segment.quality.score import score
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES
from segment.unet import load_model
from segment.unet.predict import predict

EDGE_PX = 448
SAME = 0.5  #: intersection over union from which a cell is a true grain
WITHIN = 0.7  #: of a cell that lies in one true grain, of which it is then a part
COLUMNS = ("set", "style", "name", "cells", "precision", "boundary precision", "false", "told")
CLASSES = {0.9: ".9 or more", 0.8: ".8 to .9", 0.0: "below .8"}


def rendered(each: int) -> Iterator[tuple[str, Micrograph, np.ndarray]]:
    for place, style in enumerate(STYLES):
        for number in range(each):
            rng = np.random.default_rng([271828, place, number])
            drawn = synthetic_micrograph(rng, (EDGE_PX, EDGE_PX), style=style)
            if drawn.grain_map.n_grains > 1:
                image = Micrograph(drawn.image, None, "none", Path(style), str(number), "script")
                yield style, image, drawn.grain_map.labels


def false_cells(labels: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By label: whether the cell is no grain (mostly outside, or part of one), and whether it is one."""
    shape = int(labels.max()) + 1, int(truth.max()) + 1
    common = np.bincount(labels.ravel() * shape[1] + truth.ravel(), minlength=shape[0] * shape[1]).reshape(
        shape
    )
    area, grain = common.sum(1), common.sum(0)
    within = common[:, 1:].max(axis=1) / np.maximum(area, 1)
    same = (common / np.maximum(area[:, None] + grain - common, 1))[:, 1:].max(axis=1) > SAME
    return ~same & ((within > WITHIN) | (common[:, 0] > area / 2)), same


def fit(traits: np.ndarray, false: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Weights, and the offset, of a logistic regression in which cell k counts `count[k]` times."""
    design, sign = np.column_stack([traits, np.ones(len(traits))]), np.where(false, 1.0, -1.0)

    def loss(weights: np.ndarray) -> float:
        return float((count * np.logaddexp(0, -sign * (design @ weights))).sum())

    return np.asarray(minimize(loss, np.zeros(design.shape[1])).x)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--fields", type=Path, nargs="*", default=[])
    parser.add_argument("--each", type=int, default=6, help="rendered micrographs a style")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[2] / "docs" / "validation" / "spurious_cells.csv"
    )
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    fields = {folder.name for folder in arguments.fields}
    images = []
    for source in (rendered(arguments.each), *map(traced, arguments.fields)):
        for name, micrograph, truth in source:
            answer = predict(model, micrograph)
            found = closed(model, micrograph, answer)
            cells, traits = cell_traits(found.labels, find_borders(found.labels, answer.probability))
            if len(cells) < FEWEST_WHOLE_CELLS:
                continue
            false, true = false_cells(found.labels.astype(np.int64), truth.astype(np.int64))
            precision = score(found.labels, truth).precision
            image = micrograph.path.stem if name in fields else micrograph.sha256
            images.append((name, image, traits, false[cells], true[cells], precision))

    def fitted(without: str) -> np.ndarray:
        chosen = [
            (t, f, g, np.full(len(f), 1 / len(f)))
            for name, _, t, f, g, _ in images
            if name not in {without, *fields}
        ]
        traits, false, true, count = (np.concatenate(part) for part in zip(*chosen, strict=True))
        told_apart = false | true
        return fit(traits[told_apart], false[told_apart], count[told_apart])

    whole = fitted("")
    print("weights and offset:", ", ".join(f"{value:.3f}" for value in whole))
    weights = {name: fitted(name) for name in dict.fromkeys(image[0] for image in images)}
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for name, image, traits, false, _, precision in images:
            share = expected_share(traits, weights[name][:-1], weights[name][-1])
            reached = next(words for least, words in CLASSES.items() if precision >= least)
            kind = (name, "") if name in fields else ("rendered", name)
            shares = (f"{false.mean():.3f}", f"{share:.3f}")
            table.writerow((*kind, image, len(false), f"{precision:.3f}", reached, *shares))


if __name__ == "__main__":
    main()
