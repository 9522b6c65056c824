"""Time of each step and peak memory of segmentation on one mirror-tiled field, as the second of its size.

"whole" is the command's own work on a micrograph that has been read. What the first image of a size costs in
addition (OpenVINO prepares its kernels) is a line of its own.

    python calibration/segmentation/measure_segmentation.py MODEL IMAGE --edge 4096 [--precision bf16]
    [--torch]

On a busy machine read the processor time: it counts the work of this process alone, on all its threads.
--torch adds PyTorch eager in f32 on 1024² of the same field (needs the extra `train`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

import cv2
import numpy as np

from grainstats.run.commands.segment import Settings, segment_frame
from segment.cells.close import close_cells
from segment.label_files import write_boundary_map, write_label_map
from segment.micrograph import Micrograph
from segment.pipeline import segment_micrograph, with_warnings
from segment.unet import Model, load_model
from segment.unet.choose_runtime import runtime_for
from segment.unet.precision import Chosen
from segment.unet.predict import infer_image, predict

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


def tiled_field(path: Path, edge: int) -> np.ndarray:
    """The field continued by its mirror images to `edge` x `edge` pixels."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return np.pad(grey, [(0, max(edge - n, 0)) for n in grey.shape], mode="symmetric")[:edge, :edge]


def warm_up(model: Model, micrograph: Micrograph, precision: str) -> None:
    """Everything compiled and loaded: a small image at once, and tiles of another."""
    small = Micrograph(micrograph.image[:512, :512].copy(), None, "none", micrograph.path, "0", "script")
    boundaries, _ = segment_micrograph(small, model, precision=precision)  # type: ignore[arg-type]
    runtime = runtime_for(model, device="cpu", precision=precision, threads=None)  # type: ignore[arg-type]
    infer_image(model, runtime, small.image, None, tile_px=256)
    with tempfile.TemporaryDirectory() as folder:
        write_boundary_map(Path(folder) / "b.tif", boundaries)


def torch_seconds(model: Model, image: np.ndarray) -> tuple[float, float]:
    """Wall and processor seconds a megapixel of PyTorch eager, f32, on a square of at most 1024 px."""
    from segment.unet.torch_runtime import TorchRuntime

    runtime, part = TorchRuntime(model, "cpu", "f32"), np.ascontiguousarray(image[:1024, :1024])
    infer_image(model, runtime, part[:256, :256].copy(), None)
    watch = Watch(part.size / 1e6)
    watch.time("torch", lambda: infer_image(model, runtime, part, None))
    return watch.steps["torch"]


def measure(model: Model, path: Path, edge: int, precision: str) -> dict[str, Any]:
    """Seconds a megapixel of each step, and the memory that the process held at most."""
    image = tiled_field(path, edge)
    micrograph = Micrograph(image, None, "none", path, "0", "script")
    warm_up(model, micrograph, precision)
    chosen = runtime_for(model, device="cpu", precision=precision, threads=None).precision  # type: ignore[arg-type]
    first = Watch(1.0)
    first.time("network", lambda: predict(model, micrograph, precision=chosen))
    watch = Watch(image.size / 1e6)
    with tempfile.TemporaryDirectory() as folder:
        facts = steps(model, micrograph, chosen, watch, Path(folder) / "map.tif")
        settings = Settings(Path(folder), None, None, "cpu", chosen, False)
        watch.time("whole", lambda: segment_frame(micrograph, "whole", model, settings))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    extra = first.steps["network"][1] - watch.steps["network"][1] * watch.megapixels
    times = {"steps": watch.steps, "first_s": extra}
    return {"edge": edge, "precision": chosen, **facts, **times, "peak_gb": peak, "load": os.getloadavg()[0]}


def steps(model: Model, micrograph: Micrograph, chosen: Chosen, watch: Watch, file: Path) -> dict[str, Any]:
    """Time one step after another; nothing of them is kept that would count as the command's memory."""
    boundaries = watch.time("network", lambda: predict(model, micrograph, precision=chosen))
    smallest = model.smallest_px(boundaries.scale)
    grains = watch.time(
        "cells", lambda: close_cells(boundaries, persistence=model.persistence, min_area_px=smallest)
    )
    grains = watch.time("doubts", lambda: with_warnings(micrograph, model, boundaries, grains))
    watch.time("labels", lambda: write_label_map(file, grains))
    watch.time("boundary", lambda: write_boundary_map(file, boundaries))
    return {"scale": boundaries.scale, "cells": grains.n_grains}


def report(found: dict[str, Any]) -> None:
    """Print a line for each step, and the network's share."""
    print(f"{found['edge']}²  {found['precision']}  scale {found['scale']:.2f}  cells {found['cells']}")
    for name, (wall, cpu) in found["steps"].items():
        print(f"  {name:10} wall {wall:.4f}  processor {cpu:.4f} s/Mpx")
    share = np.divide(found["steps"]["network"], found["steps"]["whole"])
    print(f"  network's share: wall {share[0]:.0%}, processor {share[1]:.0%}")
    print(f"  first image of this size: {found['first_s']:.2f} s more of the processor")
    print(f"  peak {found['peak_gb']:.2f} GB  (load {found['load']:.1f})", flush=True)


def against_torch(found: dict[str, Any]) -> str:
    """The whole, in parts of what PyTorch takes for the network alone."""
    (wall, cpu), share = found["torch"], np.divide(found["steps"]["whole"], found["torch"])
    return (
        f"PyTorch eager f32, network alone: wall {wall:.3f}, processor {cpu:.3f} s/Mpx; "
        f"the whole of {found['edge']}² is {share[0]:.2f} and {share[1]:.2f} of it"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("image", type=Path)
    parser.add_argument("--edge", type=int, default=4096)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--torch", action="store_true", help="also time PyTorch eager")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    found = measure(model, arguments.image, arguments.edge, arguments.precision)
    if arguments.torch:
        found["torch"] = torch_seconds(model, tiled_field(arguments.image, 1024))
    if arguments.json:
        print(json.dumps(found))
        return
    report(found)
    if arguments.torch:
        print(f"  {against_torch(found)}")


if __name__ == "__main__":
    main()
