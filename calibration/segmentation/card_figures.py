"""Figures and pictures of a model card: the whole chain on real tracings and on fresh synthetic micrographs.

python calibration/segmentation/card_figures.py MODEL --data DATA --out OUT [--synthetic 4]
[--cross-validated CV/scores.json]

Writes OUT/figures.md (tables), OUT/figures.json (every image) and OUT/failures.jpg: of each style that falls
short the worst synthetic micrograph, boundaries missed in orange, invented in blue, found in green.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.quality.score import cells_of_tracing, fill, outline, score
from segment.training.evaluate import Evaluation, evaluate
from segment.training.synthetic.render import synthetic_micrograph
from segment.training.synthetic.styles import STYLES
from segment.unet import Model, load_model

SEED = 90210  #: of the micrographs drawn here; the training cache has others
EDGE_PX = 512
SHORT = 0.9  #: a picture is shown of styles whose worst F1 is below
COLUMNS = ("f1", "precision", "recall", "intercept_ratio", "area_weighted_diameter_ratio", "scale")
HEAD = (
    "| image | F1 at 4 px | precision | recall | mean-intercept ratio | area-weighted diameter ratio "
    "| resampled by |\n|---|---|---|---|---|---|---|\n"
)

Row = dict[str, Any]


def real_rows(model: Model, folder: Path, only: tuple[str, ...] | None = None) -> list[Row]:
    rows = [one.row() for one in evaluate(model, folder / "images", folder / "boundary")]
    return [row for row in rows if only is None or row["image"] in only]


def synthetic_rows(model: Model, per_style: int) -> tuple[list[Row], dict[str, tuple[float, np.ndarray]]]:
    """Scores by image, and the worst picture of each style."""
    rows, worst = [], {}
    for style in STYLES:
        for k in range(per_style):
            drawn = synthetic_micrograph(np.random.default_rng([SEED, k]), (EDGE_PX, EDGE_PX), style=style)
            image = Micrograph(drawn.image, None, "none", Path(style), str(k), "synthetic")
            boundaries, cells = segment_micrograph(image, model)
            truth = cells_of_tracing(drawn.boundary)
            rows.append(Evaluation(style, score(cells.cells(), truth), boundaries.scale).row())
            f1 = rows[-1]["f1"]
            if f1 < worst.get(style, (SHORT, None))[0]:
                worst[style] = (f1, picture(drawn.image, cells.cells(), truth, f"{style} {f1:.2f}"))
    return rows, worst


def picture(image: np.ndarray, found: np.ndarray, truth: np.ndarray, text: str) -> np.ndarray:
    """Image beside image with boundaries, shape (rows, 2 columns, 3), BGR."""
    ours, theirs = (outline(fill(labels)).astype(np.uint8) for labels in (found, truth))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    near_ours, near_theirs = cv2.dilate(ours, kernel) > 0, cv2.dilate(theirs, kernel) > 0
    plain = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    marked = plain.copy()
    marked[(ours > 0) & near_theirs] = (60, 200, 60)
    marked[(ours > 0) & ~near_theirs] = (255, 90, 30)
    marked[(theirs > 0) & ~near_ours] = (0, 140, 255)
    cv2.putText(plain, text, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 220, 255), 2, cv2.LINE_AA)
    return np.hstack([plain, marked])


def line(name: str, rows: list[Row]) -> str:
    values = [float(np.nanmean([row[column] for row in rows])) for column in COLUMNS]
    return (
        f"| {name} | "
        + " | ".join(f"{value:.3f}" for value in values[:3])
        + "".join(f" | {value:.2f}" for value in values[3:])
        + " |"
    )


def errors(rows: list[Row]) -> str:
    intercept, diameter = (np.nanmean([abs(np.log(row[c])) for row in rows]) for c in COLUMNS[3:5])
    return (
        f"Mean absolute log ratio: mean intercept {intercept:.3f}, area-weighted diameter {diameter:.3f}.\n"
    )


def table(rows: list[Row], *, each: bool, title: str) -> str:
    body = [line(row["image"], [row]) for row in rows] if each else []
    return (
        f"{title}\n\n{HEAD}" + "\n".join([*body, line(f"mean of {len(rows)}", rows)]) + f"\n\n{errors(rows)}"
    )


def by_style(rows: list[Row], per_style: int) -> str:
    body = [line(style, [row for row in rows if row["image"] == style]) for style in STYLES]
    return f"Fresh synthetic micrographs, {per_style} a style:\n\n{HEAD}" + "\n".join(body) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--synthetic", type=int, default=4)
    parser.add_argument("--cross-validated", type=Path)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts, everything = [], {}
    if arguments.cross_validated:
        rows = json.loads(arguments.cross_validated.read_text())
        parts.append(
            table(rows, each=True, title="Cross-validated (each field by a network that never saw it):")
        )
    everything["uo2_bftem"] = real_rows(model, arguments.data / "uo2_bftem")
    title = "Trained on (how well the network fits, not how well it generalises):"
    parts.append(table(everything["uo2_bftem"], each=False, title=title))
    everything["tbm_om"] = real_rows(
        model, arguments.data / "tbm_om", _held_out(model.folder / "recipe.toml")
    )
    parts.append(table(everything["tbm_om"], each=False, title="TBM crops of micrographs held out:"))
    everything["synthetic"], worst = synthetic_rows(model, arguments.synthetic)
    parts.append(by_style(everything["synthetic"], arguments.synthetic))
    (arguments.out / "figures.json").write_text(json.dumps(everything, indent=1))
    (arguments.out / "figures.md").write_text("\n".join(parts))
    if worst:
        sheet = np.vstack([shown for _, shown in sorted(worst.values(), key=lambda one: one[0])[:4]])
        small = cv2.resize(sheet, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(arguments.out / "failures.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    print("\n".join(parts))


def _held_out(recipe: Path) -> tuple[str, ...] | None:
    from segment.training.recipe import read_training_recipe

    held = [
        name for one in read_training_recipe(recipe).real if one.name == "tbm_om" for name in one.held_out
    ]
    return tuple(held) or None


if __name__ == "__main__":
    main()
