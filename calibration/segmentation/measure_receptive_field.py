"""Measure how far a pixel's answer depends on the image: the halo of the tiles.

For real micrographs the context outside a square is replaced (by a flat grey, by the image mirrored, by
noise); the change of the boundary probability inside the square, as the distance from its edge grows, tells
the halo.

    python calibration/segmentation/measure_receptive_field.py MODEL_FOLDER IMAGE [IMAGE ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from segment.unet import image_statistics, load_model, normalise
from segment.unet.choose_runtime import runtime_for
from segment.unet.tiled_inference import Runtime

TOLERANCE = 1e-3
SIZE, INNER = 1536, 512


def _answer(runtime: Runtime, grey: np.ndarray) -> np.ndarray:
    """Boundary probability of a normalised square."""
    return next(runtime.whole.infer_all([lambda: [grey[None]]]))[0][0].copy()


def changes(model_folder: str, images: list[Path]) -> np.ndarray:
    """Largest change of probability by distance from the replaced context, over images and fillings."""
    model = load_model(model_folder)
    runtime = runtime_for(model, device="cpu", precision="f32", threads=None)
    worst = np.zeros(INNER // 2)
    rng = np.random.default_rng(0)
    margin = (SIZE - INNER) // 2
    inside = np.zeros((SIZE, SIZE), bool)
    inside[margin:-margin, margin:-margin] = True
    offset = np.minimum(np.arange(INNER), np.arange(INNER)[::-1])
    distance = np.minimum(offset[:, None], offset[None])
    for path in images:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        tall = np.pad(normalise(grey, *image_statistics(grey)), SIZE, mode="reflect")
        begin = SIZE - margin + (min(grey.shape) - INNER) // 2 // 32 * 32
        whole = np.ascontiguousarray(tall[begin : begin + SIZE, begin : begin + SIZE])
        truth = _answer(runtime, whole)[inside].reshape(INNER, INNER)
        for filling in (
            np.zeros_like(whole),
            whole[::-1, ::-1],
            rng.normal(0, 1, whole.shape),
            whole * 0 + 4,
        ):
            other = np.where(inside, whole, filling).astype(np.float32)
            change = np.abs(_answer(runtime, other)[inside].reshape(INNER, INNER) - truth)
            np.maximum.at(worst, distance.ravel(), change.ravel())
    return np.maximum.accumulate(worst[::-1])[::-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("images", nargs="+", type=Path)
    arguments = parser.parse_args()
    worst = changes(arguments.model, arguments.images)
    for distance in range(0, INNER // 2, 16):
        print(f"{distance:4d} px  {worst[distance]:.2e}")
    enough = int(np.argmax(worst < TOLERANCE)) if (worst < TOLERANCE).any() else None
    print(f"change below {TOLERANCE} from {enough} px on")


if __name__ == "__main__":
    main()
