"""What precision, test-time augmentation and fused scales change: boundary F1 and time on traced fields.

    python scripts/ablate_inference.py MODEL_FOLDER --data ../shared/data/uo2_bftem \\
        --score ../shared/eval/score.py --held-out uo2_07 uo2_09 uo2_24 --setting bf16 [--setting tta ...]

Settings: f32, bf16, int8 (precision); tta (bf16, mean of eight positions); fused (bf16, answers at
0.71 and 1 of the estimated scale averaged).  Seconds are processor time of the network a megapixel, scale
estimate included.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
from tune_persistence import load_score

from segment.boundarymap import BoundaryMap
from segment.grainmap import close_cells
from segment.micrograph import Micrograph
from segment.unet import Model, load_model

SETTINGS = ("f32", "bf16", "int8", "tta", "fused")
FUSED = (0.71, 1.0)  #: factors on the estimated scale


def answer(model: Model, micrograph: Micrograph, setting: str) -> BoundaryMap:
    """Boundary probability under one setting."""
    if setting in ("f32", "bf16", "int8"):
        return model.predict(micrograph, precision=setting)  # type: ignore[arg-type]
    if setting == "tta":
        return model.predict(micrograph, precision="bf16", tta=True)
    first = model.predict(micrograph, precision="bf16")
    others = [
        model.predict(micrograph, precision="bf16", scale=first.scale * factor).probability
        for factor in FUSED
        if factor != 1
    ]
    return replace(first, probability=np.mean([first.probability, *others], axis=0))


def figures(
    score: ModuleType, model: Model, found: BoundaryMap, truth: np.ndarray
) -> tuple[float, float, float]:
    """F1 at 4 px, mean-intercept ratio, area-weighted diameter ratio."""
    smallest = max(round(model.min_area_px / found.scale**2), 1)
    cells = close_cells(found, persistence=model.persistence, min_area_px=smallest).labels
    result = score.score(cells, truth)
    return result["f1"], result["mli_ratio"], result["aw_ecd_ratio"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--only", nargs="*", help="these fields")
    parser.add_argument("--setting", choices=SETTINGS, action="append", required=True)
    arguments = parser.parse_args()
    score, model = load_score(arguments.score), load_model(arguments.model)
    for setting in arguments.setting:
        rows, names, seconds, pixels = [], [], 0.0, 0
        for path in sorted((arguments.data / "images").iterdir()):
            if arguments.only and path.stem not in arguments.only:
                continue
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            micrograph = Micrograph(image, None, "none", path, "0" * 64, "script")
            begin = time.process_time()
            found = answer(model, micrograph, setting)
            seconds, pixels = seconds + time.process_time() - begin, pixels + image.size
            truth = cv2.imread(str(arguments.data / "boundary" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
            rows.append(figures(score, model, found, truth))
            names.append(path.stem)
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
