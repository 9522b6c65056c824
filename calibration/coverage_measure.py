"""How often do the 95 % intervals of the descriptors contain the truth?

    python calibration/coverage_measure.py [--seconds 3600] [--work build/coverage.csv]

Each repeat makes fresh mosaics and looks whether the truth lies in the interval of one image, and of five.
The truth of a population is measured on large windows (80,000 grains) of the same mosaics and pixel size.
Every repeat is kept in --work, so that the script can be stopped and goes on when called again; the tables
are written anew each time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.measure import Measurement, descriptors, measure_grain_map
from segment.mosaics.laguerre import Mosaic, laguerre_section, poisson_voronoi_plane

SIZE_PX = 14.0  # mean grain size, square root of the mean area
POPULATIONS = ("section sigma 0.5", "bimodal section R = 4", "poisson-voronoi")
IMAGES = 5  # of a sample of several images
REPEATS = {60: (200, 200), 200: (200, 200), 800: (200, 60)}  # by grains an image: of one image, of five
LEAST_REPEATS = 50  # of a column of the table
TRUTH_GRAINS, TRUTH_IMAGES = 5000, 16
SAME = ("sphere_diameter_equal", "astm_g", "surface_density")  # functions of another descriptor
COLUMNS = ["population", "grains", "images", "seed", "name", "value", "low", "high"]

Task = tuple[str, int, int, int]  # population, grains an image, images, seed


def mosaic(population: str, shape: tuple[int, int], rng: np.random.Generator) -> Mosaic:
    if population == "poisson-voronoi":
        return poisson_voronoi_plane(shape, SIZE_PX**-2, rng)
    if population == "bimodal section R = 4":
        return laguerre_section(shape, 0.92 * SIZE_PX, 0.3, rng, size_ratio=4.0, coarse_volume=0.5)
    return laguerre_section(shape, 1.04 * SIZE_PX, 0.5, rng)


def measured(population: str, n_grains: int, rng: np.random.Generator) -> Measurement:
    side = int(np.sqrt(n_grains) * SIZE_PX)
    return measure_grain_map(mosaic(population, (side, side), rng).grain_map(2.0), seed=rng)


def tasks() -> Iterator[Task]:
    """The truth of each population and the repeats, small windows first."""
    for grains, (of_one, of_five) in REPEATS.items():
        for population in POPULATIONS:
            yield population, TRUTH_GRAINS, TRUTH_IMAGES, 0
            yield from ((population, grains, IMAGES if s < of_five else 1, s) for s in range(of_one))


def rows_of(task: Task) -> pd.DataFrame:
    """Descriptors of one repeat: of its first image, and of all where there are several."""
    population, grains, images, seed = task
    rng = np.random.default_rng([31337, POPULATIONS.index(population), grains, seed])
    maps = [measured(population, grains, rng) for _ in range(images)]
    rows = [
        (population, grains, k, seed, d.name, d.value, d.ci_low, d.ci_high)
        for k in sorted({1, images})
        for d in descriptors(maps[:k])
        if d.ci_low is not None or images == TRUTH_IMAGES
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of intervals that contain the truth, and the relative bias of the values."""
    large = rows["grains"] == TRUTH_GRAINS
    truth = rows[large & (rows["images"] == TRUTH_IMAGES)].set_index(["population", "name"])["value"]
    rows = rows[~large & ~rows["name"].str.startswith(SAME)].join(
        truth.rename("truth"), on=["population", "name"]
    )
    rows["below"], rows["above"] = rows["high"] < rows["truth"], rows["low"] > rows["truth"]
    rows["reach"] = rows["high"] / rows["value"]
    table = rows.groupby(["population", "grains", "images", "name"], sort=False).agg(
        repeats=("value", "size"),
        truth=("truth", "first"),
        mean=("value", "mean"),
        below=("below", "mean"),
        above=("above", "mean"),
        high_over_value=("reach", "median"),
    )
    table["coverage"] = 1 - table["below"] - table["above"]
    table["bias_percent"] = 100 * (table["mean"] / table["truth"] - 1)
    table = table[table["repeats"] >= LEAST_REPEATS]
    return table.reset_index().round({"bias_percent": 2}).round(4)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3600, help="begin no further repeat after so long")
    parser.add_argument("--work", type=Path, default=Path("build/coverage.csv"))
    parser.add_argument("--out", type=Path, default=Path("docs/validation/measurement_coverage"))
    args = parser.parse_args()
    args.work.parent.mkdir(parents=True, exist_ok=True)
    rows = pd.read_csv(args.work) if args.work.is_file() else pd.DataFrame(columns=COLUMNS)
    done = {*zip(rows["population"], rows["grains"], rows["seed"], strict=True)}
    start = time.monotonic()
    for task in tasks():
        population, grains, _, seed = task
        if (population, grains, seed) in done:
            continue
        if time.monotonic() - start > args.seconds:
            break
        rows_of(task).to_csv(args.work, mode="a", index=False, header=not args.work.is_file())
        done.add((population, grains, seed))
    table = coverage(pd.read_csv(args.work))
    table.to_csv(args.out.with_suffix(".csv"), index=False)
    print(table.groupby(["population", "grains", "images"], sort=False)["repeats"].max().to_string())


if __name__ == "__main__":
    main()
