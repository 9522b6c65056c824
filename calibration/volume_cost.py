"""Processor seconds and peak memory of the steps of `grainstats volume`, by the edge of the cube.

python calibration/volume_cost.py watershed 128 256 512 1024   one step, each edge in a process of its own
python calibration/volume_cost.py --one watershed 512          in this process; prints the row

Steps: `watershed` (of a boundary probability), `labels` (a label file to its report), `phases` (grey slices
to their report, phases alone) and `grains` (the same with grains).  In `grains` a made probability stands in
for the network; in `network-1` and `network-3` the released one sees slices along one direction or all three.
Volumes are mosaics side by side.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TABLE = Path("docs/validation/volume_cost.csv")
TILE = 128  #: voxels
STEPS = ("watershed", "labels", "phases", "grains", "network-1", "network-3")
COLUMNS = ("step", "edge", "cpu_s", "peak_gb", "bytes_per_voxel", "grains")


def made_file(step: str, edge: int, folder: Path) -> Path:
    """A TIFF to analyse, written slice by slice."""
    import tifffile
    from fib_sem import made_stack

    from benchmarks.volume import labels_of

    path = folder / "stack.tif"
    if step == "labels":
        tifffile.imwrite(path, labels_of(edge), bigtiff=True)
        return path
    made = made_stack((TILE,) * 3, 24.0, np.random.default_rng(0), porosity=0.08, second=0.04)
    tile = np.tile(made.grey, (1, edge // TILE, edge // TILE))
    slices = (tile[k % TILE] for k in range(edge))
    tifffile.imwrite(path, slices, shape=(edge,) * 3, dtype=np.uint8, bigtiff=True)
    return path


def analysed(step: str, path: Path, edge: int) -> int:
    """Analyse a file and write all results; the number of grains."""
    from benchmarks.volume import probability_of
    from grainstats.run.volume import analysis
    from grainstats.run.volume.page import write_volume
    from segment.unet import load_model
    from segment.volume import VoxelSize, label_volume, pipeline, read_stack

    stack = read_stack(path, voxel_size=VoxelSize(10, 10, 10))
    if step == "labels":
        found = analysis.analyse_grains(label_volume(stack), stack.voxel_size_source)
    else:
        if step == "grains":
            pipeline.boundary_volume = lambda *_, **__: probability_of(edge)
        model = None if step == "phases" else load_model()
        settings = pipeline.StackSettings(grains=model is not None, every_direction=step == "network-3")
        found = analysis.analyse_grey(stack, model, settings)
    write_volume(found, path.parent / "out", "stack")
    return int(found.volume.n_grains)


def cost(step: str, edge: int) -> dict[str, float | str]:
    """One row of the table.  What is compiled and imported on first use is not counted."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        if step == "watershed":
            from benchmarks.volume import probability_of
            from segment.volume.watershed import volume_watershed

            given = probability_of(edge)
            volume_watershed(given[:32, :32, :32])
            begin = time.process_time()
            n = int(volume_watershed(given).max())
        else:
            analysed(step, made_file(step, TILE, Path(first)), TILE)
            path = made_file(step, edge, Path(second))
            begin = time.process_time()
            n = analysed(step, path, edge)
        seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    per_voxel = round(peak / edge**3, 2)
    row = (step, edge, round(seconds, 1), round(peak / 1e9, 2), per_voxel, n)
    return dict(zip(COLUMNS, row, strict=True))


def main() -> None:
    """Measure, and put the rows in the place of older ones of the same step and edge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", action="store_true")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("edges", type=int, nargs="+")
    given = parser.parse_args()
    for edge in given.edges:
        if given.one:
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the network would take all cores
            print(json.dumps(cost(given.step, edge)))
            continue
        call = [sys.executable, __file__, "--one", given.step, str(edge)]
        row = json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout)
        print(row, flush=True)
        rows = {}
        if TABLE.is_file():
            with TABLE.open(newline="") as file:
                rows = {(r["step"], int(r["edge"])): r for r in csv.DictReader(file)}
        rows[given.step, edge] = row
        with TABLE.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[key] for key in sorted(rows))


if __name__ == "__main__":
    main()
