"""What `--twins merge` brings: cells with and without it against truths with and without lamellae.

    python calibration/segmentation/measure_twins.py models/unet-lite2 --fields DATA/sus304_etched

Rendered grains of which four in ten are crossed by a lamella, etched and pitted, whose truth is known both
ways; and fields whose annotator left twins out.  Writes docs/validation/twins.csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from segment.cells.close import close_cells
from segment.choices import Twins
from segment.micrograph import Micrograph
from segment.pipeline import with_voids
from segment.quality.score import score
from segment.training.data.pairs import find_pairs
from segment.training.synthetic.geometry import Shape, random_section
from segment.training.synthetic.render import synthetic_micrograph
from segment.unet import load_model
from segment.unet.predict import predict

STYLES = ("etched", "pitted")
EACH, EDGE_PX = 4, 512
TWINNED = Shape(mean_intercept=60.0, sigma=0.25, twins=0.4)
COLUMNS = ("f1", "precision", "recall", "grains_ratio", "intercept_ratio")
OUT = Path(__file__).parents[2] / "docs" / "validation" / "twins.csv"


def rendered(style: str) -> Iterator[tuple[Micrograph, dict[str, np.ndarray]]]:
    """Micrographs of twinned grains, with the truth in which lamellae are grains, and the one without."""
    for number in range(EACH):
        seed = [606, STYLES.index(style), number]
        drawn = synthetic_micrograph(
            np.random.default_rng(seed), (EDGE_PX, EDGE_PX), style=style, grains=TWINNED
        )
        truths = {  # twins are drawn last, so that without them the same grains come
            kind: random_section(np.random.default_rng(seed), (EDGE_PX, EDGE_PX), shape).labels
            for kind, shape in (("lamellae are grains", TWINNED), ("no lamellae", replace(TWINNED, twins=0)))
        }
        yield Micrograph(drawn.image, None, "none", Path(style), str(number), "script"), truths


def traced(folder: Path) -> Iterator[tuple[Micrograph, dict[str, np.ndarray]]]:
    for pair in find_pairs(folder / "images", folder / "boundary"):
        yield pair.micrograph(), {"as traced": pair.truth().cells()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--fields", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    sets = {f"rendered, {style}": rendered(style) for style in STYLES}
    sets |= {folder.name: traced(folder) for folder in arguments.fields}
    rows = []
    for name, images in sets.items():
        found: dict[tuple[str, str], list[list[float]]] = {}
        for micrograph, truths in images:
            answer = with_voids(micrograph, predict(model, micrograph), "auto")
            smallest = model.smallest_px(answer.scale)
            for twins in get_args(Twins):
                cells = close_cells(
                    answer,
                    persistence=model.persistence,
                    min_area_px=smallest,
                    twins=twins,
                    grey=micrograph.image,
                ).cells()
                for kind, truth in truths.items():
                    result = score(cells, truth)
                    found.setdefault((kind, twins), []).append([getattr(result, c) for c in COLUMNS])
        for (kind, twins), figures in found.items():
            rows.append([name, kind, twins, len(figures), *np.round(np.mean(figures, axis=0), 3)])
            print(rows[-1], flush=True)
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["images", "truth", "twins", "n", *COLUMNS])
        table.writerows(rows)


if __name__ == "__main__":
    main()
