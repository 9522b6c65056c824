"""Time and memory of measurement and verdict against image size.

    OMP_NUM_THREADS=1 python benchmarks/bench_measure.py [--sides 1024 2048 4096 8192] [--maps FOLDER]

Maps are Poisson-Voronoi mosaics of 58 px a grain (5,000 grains at 4096 squared).  Every map is measured in a
process of its own; CPU seconds are printed beside the wall time, because they do not depend on what else
runs on the computer.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

GRAIN_PX = 57.93
COLUMNS = ("grains", "measure s", "summary s", "verdict s", "total CPU s", "wall s", "us / px", "labels MB")


def write_map(folder: Path, side: int) -> None:
    from segment.mosaics.laguerre import poisson_voronoi_plane

    rng = np.random.default_rng(1)
    grain_map = poisson_voronoi_plane((side, side), GRAIN_PX**-2, rng).grain_map()
    np.save(folder / f"{side}.npy", grain_map.labels)


def measured(folder: Path, side: int) -> list[float]:
    """CPU seconds of each step, and the memory it takes above the labels, for one map."""
    from grainstats.infer import ImageGrains, judge_modality
    from grainstats.measure import measure_grain_map, sample_summary
    from segment.grain_map import GrainMap

    grain_map = GrainMap(np.load(folder / f"{side}.npy"), 1.0, "manual")
    before, wall, clock = peak_mb(), time.perf_counter(), [time.process_time()]
    tables = measure_grain_map(grain_map)
    clock.append(time.process_time())
    sample_summary([tables])
    clock.append(time.process_time())
    judge_modality([ImageGrains.from_table(tables.grains, grain_map)])
    clock.append(time.process_time())
    total, labels_mb = clock[3] - clock[0], grain_map.labels.nbytes / 2**20
    steps = [*np.diff(clock), total, time.perf_counter() - wall, 1e6 * total / side**2]
    return [grain_map.n_grains, *steps, labels_mb, peak_mb() - before]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_size(folder: Path, side: int) -> list[float]:
    measured(folder, 256)  # imports and the null library
    return measured(folder, side)


def in_own_process(function, *arguments):  # type: ignore[no-untyped-def]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[1024, 2048, 4096, 8192])
    parser.add_argument("--maps", type=Path, help="keep the maps there, and use those that are")
    given = parser.parse_args()
    print("| side | " + " | ".join(COLUMNS) + " | more MB |")
    print("|---" * (len(COLUMNS) + 2) + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = given.maps or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for side in (256, *given.sides):
            if not (folder / f"{side}.npy").is_file():
                in_own_process(write_map, folder, side)
        for side in given.sides:
            row = in_own_process(one_size, folder, side)
            digits = (0, 2, 2, 2, 2, 2, 3, 0, 0)
            cells = [f"{value:.{d}f}" for value, d in zip(row, digits, strict=True)]
            print(f"| {side}² | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
