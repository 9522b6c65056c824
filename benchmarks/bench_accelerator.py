"""Megapixels a second on CUDA, and the time for a stack of 1,000 x 1024² images from grey levels to cells.

    python benchmarks/bench_accelerator.py MODEL IMAGE [--device cuda] [--frames 1000] [--precision f32|bf16]

Needs a CUDA device and the extra `train`; `--device cpu` runs the same steps with OpenVINO, to compare.
The stack goes through `grainstats segment` as a user calls it: start, reading and writing are in its time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
from measure_segmentation import tiled_field

from segment.unet import Model, load_model
from segment.unet.choose_runtime import runtime_for
from segment.unet.predict import infer_image
from segment.unet.runtime_protocol import Runtime

FRAME_PX = 1024
FEW = 32  #: frames of a stack whose time is mostly that of the start


def network_rate(model: Model, runtime: Runtime, image: np.ndarray) -> float:
    """Megapixels a second of the network over a large image, after a first time."""
    infer_image(model, runtime, image, None)
    begin = time.perf_counter()
    infer_image(model, runtime, image, None)
    return image.size / 1e6 / (time.perf_counter() - begin)


def stack_seconds(model: Model, stack: np.ndarray, device: str, precision: str) -> tuple[float, int]:
    """Seconds of `grainstats segment` for a stack, start, reading and writing included, and its grains."""
    with tempfile.TemporaryDirectory() as folder:
        tifffile.imwrite(Path(folder) / "stack.tif", stack, photometric="minisblack")
        call = [sys.executable, "-m", "grainstats", "segment", f"{folder}/stack.tif", "--json"]
        call += ["--out", f"{folder}/out", "--model", str(model.folder)]
        call += ["--device", device, "--precision", precision]
        begin = time.perf_counter()
        done = subprocess.run(call, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
    return seconds, sum(one["n_grains"] for one in json.loads(done.stdout)["images"])


def stack_of(field: np.ndarray, frames: int) -> np.ndarray:
    """The field, shifted a little further in each frame."""
    return np.stack([np.roll(field, 37 * index, axis=index % 2) for index in range(frames)])


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
    for frames in (FEW, arguments.frames):
        stack = stack_of(field, frames)
        seconds, grains = stack_seconds(model, stack, arguments.device, arguments.precision)
        rate = stack.size / 1e6 / seconds
        print(f"{frames} x {FRAME_PX}²: {seconds:.1f} s, {rate:.1f} Mpx/s, {grains} grains", flush=True)


if __name__ == "__main__":
    main()
