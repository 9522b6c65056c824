"""Overlays of every image of some data sets, the worst first: what a model does unselected.

    python calibration/segmentation/overlays.py models/unet-lite2 ../shared/data/real/* --out looks

A data set is a folder with images/ and, if it is traced, boundary/ (lines) or phase_mask/ (255: the grains'
phase).  OUT/00_SET_IMAGE.jpg and so on: the image beside the answer, boundaries found in green, missed in
orange, invented in blue, all in red where there is no tracing; voids and second phases shaded.  They come by
boundary F1, or intersection over union of what is no grain; what nothing is known of comes last, with its
warnings.  OUT/overlays.csv has the figures.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from card_figures import picture

from segment.cells.close import grain_map_from_tracing
from segment.grain_map import GrainMap
from segment.micrograph import read_micrographs
from segment.pipeline import segment_micrograph
from segment.quality.score import fill, outline, score
from segment.unet import load_model
from segment.unet.normalise import image_statistics

SHADE = np.array([160, 90, 0], np.uint8)  #: BGR, half laid over what is no grain
LONGEST_PX = 1400  #: edge of one picture


@dataclass(frozen=True, eq=False)
class Look:
    """One image: its picture, agreement with the tracing (NaN: nothing is known), and warnings."""

    name: str
    shown: np.ndarray
    agreement: float
    cells: int
    warnings: tuple[str, ...]


def look_at(model_folder: str, folder: Path) -> list[Look]:
    """Segment and draw every image of a data set."""
    model, looks = load_model(model_folder), []
    for path in sorted((folder / "images").iterdir()):
        micrograph = next(iter(read_micrographs(path)))
        _, cells = segment_micrograph(micrograph, model)
        agreement, truth = _agreement(folder, path.stem, cells)
        text = f"{folder.name} {path.stem}: {agreement:.2f}, {cells.n_grains} cells"
        shown = _drawn(_grey(micrograph.image), cells, truth, text)
        looks.append(Look(f"{folder.name}_{path.stem}", shown, agreement, cells.n_grains, cells.warnings))
    return looks


def _agreement(folder: Path, stem: str, cells: GrainMap) -> tuple[float, np.ndarray | None]:
    """F1 of boundaries, else overlap of what is no grain, and the true cells; NaN without a truth."""
    line, phase = (folder / kind / f"{stem}.png" for kind in ("boundary", "phase_mask"))
    shape = cells.labels.shape
    if line.exists():
        lines = cv2.imread(str(line), cv2.IMREAD_GRAYSCALE)
        truth = grain_map_from_tracing(lines[: shape[0], : shape[1]] > 127, source=str(line)).labels
        rows, columns = truth.shape
        return score(cells.cells()[:rows, :columns], truth).f1, truth
    if phase.exists():
        empty = cv2.imread(str(phase), cv2.IMREAD_GRAYSCALE)[: shape[0], : shape[1]] <= 127
        ours = cells.labels == 0
        return float((ours & empty).sum() / max((ours | empty).sum(), 1)), None
    return float("nan"), None


def _grey(image: np.ndarray) -> np.ndarray:
    mean, spread = image_statistics(image, None)
    return np.clip((image.astype(np.float32) - mean) / spread * 50 + 128, 0, 255).astype(np.uint8)


def _drawn(grey: np.ndarray, cells: GrainMap, truth: np.ndarray | None, text: str) -> np.ndarray:
    ours = cells.cells()
    if truth is not None:
        rows, columns = truth.shape
        shown = picture(grey[:rows, :columns], ours[:rows, :columns], truth, text)
    else:
        shown = picture(grey, ours, ours, text)
        right = shown[:, grey.shape[1] :]
        right[outline(fill(ours)) > 0] = (40, 40, 230)
    right = shown[:, shown.shape[1] // 2 :]
    empty = cells.labels[: right.shape[0], : right.shape[1]] == 0
    right[empty] = right[empty] // 2 + SHADE // 2
    scale = min(LONGEST_PX / max(right.shape[:2]), 1.0)
    return cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    folders = [folder for folder in arguments.folders if (folder / "images").is_dir()]
    looks = [look for folder in folders for look in look_at(arguments.model, folder)]
    looks.sort(key=lambda look: (np.isnan(look.agreement), look.agreement, look.name))
    with (arguments.out / "overlays.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["rank", "image", "agreement", "cells", "warnings"])
        for rank, look in enumerate(looks):
            table.writerow([rank, look.name, f"{look.agreement:.3f}", look.cells, "; ".join(look.warnings)])
            path = arguments.out / f"{rank:02d}_{look.name}.jpg"
            cv2.imwrite(str(path), look.shown, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(f"{len(looks)} overlays in {arguments.out}")


if __name__ == "__main__":
    main()
