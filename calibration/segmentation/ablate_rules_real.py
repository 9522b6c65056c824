"""What each rule after the network brings on real micrographs: all of them, and each one left out.

    python calibration/segmentation/ablate_rules_real.py models/unet-lite2 DATA [--sets NAME ...]

DATA holds folders with ``images`` and, of the same stems, ``boundary`` (lines above one half) or
``phase_mask`` (255 where the grains' phase is); of images without either, only what is called no grain is
told.  A rule that changes no figure of a set has no line.  Writes docs/validation/cell_rules_real.csv, set
by set: those that are there already stay.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from ablate_rules import by_rule

from segment.grain_map import GrainMap
from segment.micrograph import read_micrographs
from segment.quality.score import TOLERANCE_PX, cells_of_tracing, score
from segment.unet import Model, load_model

SETS = (
    "uo2_bftem",
    "real/steel316L_binderjet",
    "real/sus304_etched",
    "real/perovskite_sem",
    "real/band_contrast",
    "real/fesc_fibsem",
    "real/unlabelled",
)
#: pixels by which tracings are known to miss the lines they follow; others `TOLERANCE_PX`
DISTANCE_PX = {"steel316L_binderjet": 8.0, "perovskite_sem": 6.0, "band_contrast": 5.0}
MASKS = ("boundary", "phase_mask")
COLUMNS = ("f1", "grains_ratio", "intercept_error", "voids_overlap", "called_no_grain")


def figures(cells: GrainMap, lines: np.ndarray | None, phase: np.ndarray | None, near: float) -> list[float]:
    """Values of `COLUMNS` against boundary lines, or the mask of the grains' phase (bool), where given."""
    none = cells.labels == 0
    agreement, overlap = [np.nan] * 3, np.nan
    if lines is not None:
        found = score(cells.labels, cells_of_tracing(lines), near)
        agreement = [found.f1, found.grains_ratio, abs(float(np.log(found.intercept_ratio)))]
    if phase is not None:
        overlap = np.count_nonzero(none & ~phase) / max(np.count_nonzero(none | ~phase), 1)
    return [*agreement, overlap, float(none.mean())]


def one_set(model: Model, folder: Path) -> list[list[object]]:
    """Rows of the table: that of all rules, then those without a rule that changes a figure."""
    found: dict[str, list[list[float]]] = {}
    for path in sorted((folder / "images").iterdir()):
        micrograph = next(read_micrographs(path))
        lines, phase = (_mask(folder / part / f"{path.stem}.png", micrograph.image.shape) for part in MASKS)
        near = DISTANCE_PX.get(folder.name, TOLERANCE_PX)
        usual: GrainMap | None = None
        for rule, cells in by_rule(model, micrograph):
            usual = usual or cells
            changed = cells is usual or not np.array_equal(cells.labels, usual.labels)
            row = figures(cells, lines, phase, near) if changed else found["none"][-1]
            found.setdefault(rule, []).append(row)
    means = {rule: np.nan_to_num(np.nanmean(rows, axis=0).round(3), nan=-1) for rule, rows in found.items()}
    return [
        [folder.name, rule, len(found[rule]), *("" if value < 0 else value for value in row)]
        for rule, row in means.items()
        if rule == "none" or not np.array_equal(row, means["none"])
    ]


def _mask(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """What a person marked, without an info bar; bool, None where there is none."""
    if not path.is_file():
        return None
    marked: np.ndarray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127
    return marked[: shape[0], : shape[1]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parents[2] / "docs" / "validation" / "cell_rules_real.csv",
    )
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    rows: list[list[object]] = []
    if arguments.out.exists():
        with arguments.out.open(newline="", encoding="utf-8") as file:
            rows = [list(row) for row in csv.reader(file)][1:]
    for name in arguments.sets:
        if Path(name).name not in {row[0] for row in rows}:
            rows += one_set(model, arguments.data / name)
        with arguments.out.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerows([["images", "left out", "n", *COLUMNS], *rows])


if __name__ == "__main__":
    main()
