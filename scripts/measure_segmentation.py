"""Time of each step and peak memory of segmentation on one mirror-tiled field; start-up is left out.

    python scripts/measure_segmentation.py MODEL IMAGE --edge 4096 [--precision bf16] [--torch]

On a busy machine read the processor time: it counts the work of this process alone, on all its threads.
--torch adds PyTorch eager in f32 (needs the extra `train`) on the same tiles' worth of pixels.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import cv2
import numpy as np

from segment.grainmap import close_cells
from segment.mapfiles import write_boundary_map, write_label_map
from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph, with_doubts
from segment.unet import Model, load_model
from segment.unet.predict import infer_image
from segment.unet.runtime import runtime_for

Result = TypeVar("Result")


class Watch:
    """Wall and processor seconds a megapixel of named steps."""

    def __init__(self, megapixels: float) -> None:
        self.megapixels = megapixels
        self.steps: dict[str, tuple[float, float]] = {}

    def time(self, name: str, work: Callable[[], Result]) -> Result:
        """Call `work` and note how long it took."""
        wall, cpu = perf_counter(), process_time()
        result = work()
        self.steps[name] = (perf_counter() - wall) / self.megapixels, (process_time() - cpu) / self.megapixels
        return result

    def report(self) -> None:
        """Print a line for each step, and the network's share."""
        total = np.sum(list(self.steps.values()), axis=0)
        for name, (wall, cpu) in {**self.steps, "whole": tuple(total)}.items():
            print(f"  {name:10} wall {wall:.4f}  processor {cpu:.4f} s/Mpx")
        share = np.array(self.steps["network"]) / total
        print(f"  network's share: wall {share[0]:.0%}, processor {share[1]:.0%}")


def tiled_field(path: Path, edge: int) -> np.ndarray:
    """The field continued by its mirror images to `edge` x `edge` pixels."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return np.pad(grey, [(0, max(edge - n, 0)) for n in grey.shape], mode="symmetric")[:edge, :edge]


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def warm_up(model: Model, micrograph: Micrograph, precision: str) -> None:
    """Everything compiled and loaded: a small image at once, and tiles of another."""
    small = Micrograph(micrograph.image[:512, :512].copy(), None, "none", micrograph.path, "0", "script")
    boundaries, _ = segment_micrograph(small, model, precision=precision)  # type: ignore[arg-type]
    runtime = runtime_for(model, device="cpu", precision=precision, threads=None)  # type: ignore[arg-type]
    infer_image(model, runtime, small.image, None, tile_px=256)
    with tempfile.TemporaryDirectory() as folder:
        write_boundary_map(Path(folder) / "b.tif", boundaries)


def torch_seconds(model: Model, image: np.ndarray) -> float:
    """Processor seconds a megapixel of PyTorch eager, f32, on a square of at most 1024 px."""
    from segment.unet.torch_runtime import TorchRuntime

    runtime, part = TorchRuntime(model, "cpu", "f32"), np.ascontiguousarray(image[:1024, :1024])
    infer_image(model, runtime, part[:256, :256].copy(), None)
    begin = process_time()
    infer_image(model, runtime, part, None)
    return (process_time() - begin) / part.size * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("image", type=Path)
    parser.add_argument("--edge", type=int, default=4096)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--scale", type=float, help="instead of the estimated one")
    parser.add_argument("--torch", action="store_true", help="also time PyTorch eager")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    image = tiled_field(arguments.image, arguments.edge)
    micrograph = Micrograph(image, None, "none", arguments.image, "0", "script")
    warm_up(model, micrograph, arguments.precision)
    runtime = runtime_for(model, device="cpu", precision=arguments.precision, threads=None)
    before, watch = peak_gb(), Watch(image.size / 1e6)
    boundaries = watch.time(
        "network", lambda: model.predict(micrograph, precision=runtime.precision, scale=arguments.scale)
    )
    smallest = max(round(model.min_area_px / boundaries.scale**2), 1)
    grains = watch.time(
        "cells", lambda: close_cells(boundaries, persistence=model.persistence, min_area_px=smallest)
    )
    grains = watch.time("doubts", lambda: with_doubts(micrograph, model, boundaries, grains))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.tif"
        watch.time("labels", lambda: write_label_map(path, grains))
        watch.time("boundary", lambda: write_boundary_map(path, boundaries))
    print(f"{arguments.edge}²  {runtime.precision}  scale {boundaries.scale:.2f}  cells {grains.n_grains}")
    watch.report()
    print(f"  peak GB: start {before:.2f}  end {peak_gb():.2f}  (load {os.getloadavg()[0]:.1f})", flush=True)
    if arguments.torch:
        ours, theirs = watch.steps["network"][1], torch_seconds(model, image)
        print(
            f"  PyTorch eager f32: processor {theirs:.3f} s/Mpx; the network of this run: {ours / theirs:.2f}"
        )


if __name__ == "__main__":
    main()
