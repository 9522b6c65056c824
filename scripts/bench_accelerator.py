"""Megapixels a second on CUDA, and the time for a stack of 1,000 x 1024² images from grey levels to cells.

    python scripts/bench_accelerator.py MODEL IMAGE [--device cuda] [--frames 1000] [--precision f32|bf16]

Needs a CUDA device and the extra `train`; `--device cpu` runs the same steps with OpenVINO, to compare.
Frames go side by side as in `grainstats segment`, without the writing of files.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from measure_segmentation import tiled_field

from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.threads import in_turn
from segment.unet import Model, load_model
from segment.unet.predict import infer_image
from segment.unet.runtime import Runtime, frames_at_once, runtime_for

FRAME_PX = 1024


def network_rate(model: Model, runtime: Runtime, image: np.ndarray) -> float:
    """Megapixels a second of the network over a large image, after a first time."""
    infer_image(model, runtime, image, None)
    begin = time.perf_counter()
    infer_image(model, runtime, image, None)
    return image.size / 1e6 / (time.perf_counter() - begin)


def stack_seconds(
    model: Model, field: np.ndarray, frames: int, device: str, precision: str
) -> tuple[float, int]:
    """Seconds for a stack, scale estimate and doubts included, and the number of grains in it."""

    def count(micrograph: Micrograph) -> int:
        return segment_micrograph(micrograph, model, device=device, precision=precision)[1].n_grains  # type: ignore[arg-type]

    begin = time.perf_counter()
    at_once = frames_at_once(model, device)  # type: ignore[arg-type]
    stack = stack_of(field, frames)
    grains = sum(in_turn(count, stack, at_once=at_once, size=lambda one: one.image.size, most=10**9))
    return time.perf_counter() - begin, grains


def stack_of(field: np.ndarray, frames: int) -> Iterator[Micrograph]:
    """The field, shifted a little further in each frame."""
    for index in range(frames):
        shifted = np.ascontiguousarray(np.roll(field, 37 * index, axis=index % 2))
        yield Micrograph(shifted, None, "none", Path("stack"), "0", "script")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("image", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--edge", type=int, default=8192, help="of the large image")
    parser.add_argument("--frames", type=int, default=1000)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    runtime = runtime_for(model, device=arguments.device, precision=arguments.precision, threads=None)
    rate = network_rate(model, runtime, tiled_field(arguments.image, arguments.edge))
    print(
        f"{arguments.device} {runtime.precision}: network {rate:.1f} Mpx/s on {arguments.edge}²", flush=True
    )
    field = tiled_field(arguments.image, FRAME_PX)
    stack_seconds(model, field, 32, arguments.device, arguments.precision)
    seconds, cells = stack_seconds(model, field, arguments.frames, arguments.device, arguments.precision)
    pixels = arguments.frames * FRAME_PX**2 / 1e6
    print(f"{arguments.frames} x {FRAME_PX}²: {seconds:.1f} s, {pixels / seconds:.1f} Mpx/s, {cells} grains")


if __name__ == "__main__":
    main()
