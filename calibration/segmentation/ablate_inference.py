"""What precision changes: boundary F1 and time on traced fields.

    python calibration/segmentation/ablate_inference.py MODEL_FOLDER --data ../shared/data/uo2_bftem \\
        --setting bf16 [--only uo2_07 uo2_09 uo2_24]

Settings: f32, bf16.  Seconds are processor time of the whole chain a megapixel.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from segment.pipeline import segment_micrograph
from segment.quality.score import score
from segment.training.data.pairs import find_pairs
from segment.unet import load_model

SETTINGS: dict[str, dict[str, Any]] = {
    "f32": {"precision": "f32"},
    "bf16": {"precision": "bf16"},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="these fields")
    parser.add_argument("--setting", choices=SETTINGS, action="append", required=True)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    pairs = find_pairs(arguments.data / "images", arguments.data / "boundary")
    for setting in arguments.setting:
        rows, seconds, pixels = [], 0.0, 0
        for pair in pairs:
            if arguments.only and pair.image.stem not in arguments.only:
                continue
            micrograph = pair.micrograph()
            begin = time.process_time()
            _, cells = segment_micrograph(micrograph, model, **SETTINGS[setting])
            seconds, pixels = seconds + time.process_time() - begin, pixels + micrograph.image.size
            one = score(cells.cells(), pair.truth().cells())
            ratios = (one.intercept_ratio, one.area_weighted_diameter_ratio)
            rows.append((one.f1, *np.abs(np.log(ratios))))
            print(f"{setting:6} {pair.image.stem}: F1 {one.f1:.4f}  ratios {ratios[0]:.4f} {ratios[1]:.4f}")
        f1, intercept, diameter = np.mean(rows, axis=0)
        print(f"       all: F1 {f1:.4f}  |log| intercept {intercept:.4f}, area-weighted {diameter:.4f}")
        print(f"       {seconds / pixels * 1e6:.3f} s of processor time a megapixel", flush=True)


if __name__ == "__main__":
    main()
