"""What precision, test-time augmentation and fused scales change: boundary F1 and time on traced fields.

    python calibration/segmentation/ablate_inference.py MODEL_FOLDER --data ../shared/data/uo2_bftem
    --setting bf16 \\
        [--setting tta ...] [--held-out uo2_07 uo2_09 uo2_24]

Settings: f32, bf16 (precision); tta (bf16, mean of eight positions); fused (bf16, answers at
0.71 and 1 of the estimated scale averaged).  Seconds are processor time of the network a megapixel, scale
estimate included.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.micrograph import Micrograph
from segment.quality.score import score
from segment.training.data.pairs import find_pairs
from segment.unet import Model, load_model
from segment.unet.predict import predict

SETTINGS = ("f32", "bf16", "tta", "fused")
FUSED = (0.71, 1.0)  #: factors on the estimated scale


def answer(model: Model, micrograph: Micrograph, setting: str) -> BoundaryMap:
    """Boundary probability under one setting."""
    if setting in ("f32", "bf16"):
        return predict(model, micrograph, precision=setting)  # type: ignore[arg-type]
    if setting == "tta":
        return predict(model, micrograph, precision="bf16", tta=True)
    first = predict(model, micrograph, precision="bf16")
    others = [
        predict(model, micrograph, precision="bf16", scale=first.scale * factor).probability
        for factor in FUSED
        if factor != 1
    ]
    return replace(first, probability=np.mean([first.probability, *others], axis=0))


def figures(model: Model, found: BoundaryMap, truth: np.ndarray) -> tuple[float, float, float]:
    """F1 at 4 px, mean-intercept ratio, area-weighted diameter ratio."""
    smallest = model.smallest_px(found.scale)
    cells = close_cells(found, persistence=model.persistence, min_area_px=smallest).cells()
    result = score(cells, truth)
    return result.f1, result.intercept_ratio, result.area_weighted_diameter_ratio


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", help="these fields")
    parser.add_argument("--setting", choices=SETTINGS, action="append", required=True)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    pairs = find_pairs(arguments.data / "images", arguments.data / "boundary")
    for setting in arguments.setting:
        rows, names, seconds, pixels = [], [], 0.0, 0
        for pair in pairs:
            if arguments.only and pair.image.stem not in arguments.only:
                continue
            micrograph = pair.micrograph()
            begin = time.process_time()
            found = answer(model, micrograph, setting)
            seconds, pixels = seconds + time.process_time() - begin, pixels + micrograph.image.size
            rows.append(figures(model, found, pair.truth().cells()))
            names.append(pair.image.stem)
        for name, row in zip(names, rows, strict=True):
            print(f"{setting:6} {name}: F1 {row[0]:.4f}  intercept {row[1]:.4f}  area-weighted {row[2]:.4f}")
        table, held = np.array(rows), np.isin(names, arguments.held_out)
        for name, group in (("all", table), ("held out", table[held])):
            if len(group):
                error = np.abs(np.log(group[:, 1:])).mean(axis=0)
                print(f"       {name}: F1 {group[:, 0].mean():.4f}", end="  ")
                print(f"|log| intercept {error[0]:.4f}, area-weighted {error[1]:.4f}", flush=True)
        print(f"       network {seconds / pixels * 1e6:.3f} s of processor time a megapixel", flush=True)


if __name__ == "__main__":
    main()
