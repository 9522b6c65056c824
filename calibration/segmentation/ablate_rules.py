"""What each rule after the network brings: all of them, and each one left out.

    python calibration/segmentation/ablate_rules.py models/unet-lite2 [--fields DATA/sus304_etched ...]

Rendered micrographs of the styles with voids, gaps and second phases, whose truth is exact, and traced
fields.  Rules are changed after the network has answered, or around it.  Writes
docs/validation/cell_rules.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.grain_map import GrainMap
from segment.micrograph import Micrograph
from segment.pipeline import with_voids
from segment.quality.score import score
from segment.training.data.pairs import find_pairs
from segment.training.synthetic.render import synthetic_micrograph
from segment.unet import Model, load_model
from segment.unet.predict import predict

STYLES = "pitted strung ceramic wetted second_phase second_phase_lines etched dense_etch bf_tem".split()
EDGE_PX = 448
CLOSE, MERGE = "segment.cells.close", "segment.cells.border_merging"
#: rule -> what stands for it when it is left out: (name, value)
RULES: dict[str, tuple[tuple[str, object], ...]] = {
    "none": (),
    "least probability chosen by the image": ((f"{MERGE}.CONFIDENCES", (0.5,)), (f"{MERGE}.HIGHEST", 0.0)),
    "more asked for in a clear image": ((f"{MERGE}.HIGHEST", 0.0),),
    "no more where grains differ in grey": ((f"{MERGE}.grains_differ", lambda *_: False),),
    "more asked for where gaps part the grains": ((f"{CLOSE}.PARTED", 1.0),),
    "small outlines inside a grain": (("segment.cells.enclosed.SMALL", 0.0),),
    "cells of one or two neighbours have to be plain": (("segment.cells.enclosed.SURE_ENCLOSED", 0.0),),
    "unsure voids are none where most are": (("segment.cells.voids.MOSTLY", 0.0),),
    "voids by grey": (("segment.cells.voids.WORTH", 2.0),),
    "grey only near what the network saw": (("segment.cells.voids.REACH_PX", 1e9),),
    "no void where the grey is that of the solid": (("segment.cells.voids.SOLID_PX", 1 << 30),),
    "grains joined with a phase are given back": (
        (f"{CLOSE}.give_back", lambda cells, phases, *_: (cells, phases)),
    ),
    "narrow gaps are boundaries": ((f"{CLOSE}.narrow_gaps", lambda *_: None),),
}
BEFORE = ("unsure voids are none where most are",)  #: these act on the answer itself
COLUMNS = ("f1", "precision", "recall", "grains_ratio", "intercept_error", "grain_called_void")


def rendered(each: int) -> Iterator[tuple[str, Micrograph, np.ndarray]]:
    for number in range(each):
        for place, style in enumerate(STYLES):
            drawn = synthetic_micrograph(
                np.random.default_rng([31337, place, number]), (EDGE_PX, EDGE_PX), style=style
            )
            if drawn.grain_map.n_grains > 1:
                image = Micrograph(drawn.image, None, "none", Path(style), str(number), "script")
                yield "rendered", image, drawn.grain_map.labels


def traced(folder: Path) -> Iterator[tuple[str, Micrograph, np.ndarray]]:
    for pair in find_pairs(folder / "images", folder / "boundary"):
        yield folder.name, pair.micrograph(), pair.truth().cells()


def closed(model: Model, micrograph: Micrograph, answer: BoundaryMap) -> GrainMap:
    found = with_voids(micrograph, answer, "auto")
    smallest = model.smallest_px(answer.scale)
    return close_cells(found, persistence=model.persistence, min_area_px=smallest, grey=micrograph.image)


def by_rule(model: Model, micrograph: Micrograph) -> Iterator[tuple[str, GrainMap]]:
    """Every rule, and the cells without it."""
    usual = predict(model, micrograph)
    for rule, changes in RULES.items():
        with ExitStack() as stack:
            for place, value in changes:
                stack.enter_context(patch(place, value))
            answer = predict(model, micrograph) if rule in BEFORE else usual
            yield rule, closed(model, micrograph, answer)


def figures(cells: GrainMap, truth: np.ndarray) -> list[float]:
    result = score(cells.labels, truth)
    return [
        result.f1,
        result.precision,
        result.recall,
        result.grains_ratio,
        abs(float(np.log(result.intercept_ratio))),
        float(np.mean((cells.labels == 0) & (truth > 0))),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--fields", type=Path, nargs="*", default=[])
    parser.add_argument("--each", type=int, default=4, help="rendered micrographs a style")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[2] / "docs" / "validation" / "cell_rules.csv"
    )
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    found: dict[tuple[str, str], list[list[float]]] = {}
    for images in (rendered(arguments.each), *map(traced, arguments.fields)):
        for name, micrograph, truth in images:
            for rule, cells in by_rule(model, micrograph):
                found.setdefault((name, rule), []).append(figures(cells, truth))
            write(arguments.out, found)


def write(path: Path, found: dict[tuple[str, str], list[list[float]]]) -> None:
    """The table so far: an interrupted run has said something."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["images", "left out", "n", *COLUMNS])
        for (name, rule), rows in found.items():
            table.writerow([name, rule, len(rows), *np.round(np.nanmean(rows, axis=0), 3)])


if __name__ == "__main__":
    main()
