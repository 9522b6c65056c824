"""Time and peak memory of segmentation on one mirror-tiled field.

/usr/bin/time -v python scripts/measure_segmentation.py MODEL IMAGE --edge 8192 [--precision bf16]
"""

from __future__ import annotations

import argparse
import os
import resource
from pathlib import Path
from time import perf_counter, process_time

import cv2
import numpy as np

from segment.grainmap import close_cells
from segment.micrograph import Micrograph
from segment.unet import load_model
from segment.unet.predict import infer_image
from segment.unet.runtime import runtime_for


def tiled_field(path: Path, edge: int) -> np.ndarray:
    """The field continued by its mirror images to `edge` x `edge` pixels."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    return np.pad(grey, [(0, max(edge - n, 0)) for n in grey.shape], mode="symmetric")[:edge, :edge]


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("image", type=Path)
    parser.add_argument("--edge", type=int, default=4096)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--scale", type=float, help="instead of the estimated one")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    image = tiled_field(arguments.image, arguments.edge)
    runtime = runtime_for(model, device="cpu", precision=arguments.precision, threads=None)
    first = Micrograph(image[:256, :256].copy(), None, "none", arguments.image, "0", "script")
    close_cells(model.predict(first, precision=runtime.precision), persistence=model.persistence)  # warm up
    infer_image(model, runtime, image[:512, :512], None, tile_px=256)
    before = peak_gb()
    micrograph = Micrograph(image, None, "none", arguments.image, "0", "script")
    begin, cpu_begin = perf_counter(), process_time()
    boundaries = model.predict(micrograph, precision=runtime.precision, scale=arguments.scale)
    middle, cpu_middle = perf_counter(), process_time()
    network_peak = peak_gb()
    grains = close_cells(boundaries, persistence=model.persistence, min_area_px=model.min_area_px)
    end, cpu_end = perf_counter(), process_time()
    mpx = image.size / 1e6
    wall = [(middle - begin) / mpx, (end - middle) / mpx]
    cpu = [(cpu_middle - cpu_begin) / mpx, (cpu_end - cpu_middle) / mpx]
    print(f"{arguments.edge}²  {runtime.precision}  scale {boundaries.scale:.2f}  cells {grains.n_grains}")
    print(f"  wall s/Mpx: network {wall[0]:.3f}  cells {wall[1]:.3f}  sum {sum(wall):.3f}")
    print(f"  CPU s/Mpx:  network {cpu[0]:.3f}  cells {cpu[1]:.3f}  (load {os.getloadavg()[0]:.1f})")
    print(f"  peak GB: start {before:.2f}  after network {network_peak:.2f}  end {peak_gb():.2f}")


if __name__ == "__main__":
    main()
