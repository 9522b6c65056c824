"""Time and memory of measurement and verdict against image size.

    OMP_NUM_THREADS=1 python scripts/bench_measure.py [--sides 1024 2048 4096 8192]

Maps are Poisson-Voronoi mosaics of 58 px a grain (5,000 grains at 4096 squared).  Every map is measured in a
process of its own; CPU seconds of that process are printed beside the wall time, because they do not depend on
what else the machine is doing.
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

GRAIN_PX = 57.93


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_size(side: int) -> dict[str, float]:
    """CPU seconds of each step for one map of side squared pixels."""
    from grainstats.infer import ImageGrains, judge_modality
    from grainstats.measure import measure_grain_map, sample_summary
    from segment.mosaics import poisson_voronoi_plane

    def run(n: int) -> dict[str, float]:
        grain_map = poisson_voronoi_plane((n, n), GRAIN_PX**-2, np.random.default_rng(1)).grain_map(1.0)
        before, wall, clock = peak_mb(), time.perf_counter(), [time.process_time()]
        measured = measure_grain_map(grain_map)
        clock.append(time.process_time())
        sample_summary([measured])
        clock.append(time.process_time())
        judge_modality([ImageGrains.from_table(measured.grains, grain_map)])
        clock.append(time.process_time())
        return {
            "grains": grain_map.n_grains,
            "measure": clock[1] - clock[0],
            "summary": clock[2] - clock[1],
            "verdict": clock[3] - clock[2],
            "total": clock[3] - clock[0],
            "wall": time.perf_counter() - wall,
            "extra_mb": max(0.0, peak_mb() - before),
            "labels_mb": grain_map.labels.nbytes / 2**20,
        }

    run(256)  # imports and the null library
    return run(side)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="+", default=[1024, 2048, 4096, 8192])
    sides = parser.parse_args().sides
    print(
        "| side | grains | measure s | summary s | verdict s | total CPU s | wall s | us / px | labels MB | more MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for side in sides:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            r = process.submit(one_size, side).result()
        print(
            f"| {side}² | {r['grains']} | {r['measure']:.2f} | {r['summary']:.2f} | {r['verdict']:.2f} | "
            f"{r['total']:.2f} | {r['wall']:.2f} | {1e6 * r['total'] / side**2:.3f} | {r['labels_mb']:.0f} | "
            f"{r['extra_mb']:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
