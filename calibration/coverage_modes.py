"""How often do the 95 % intervals of the verdict's modes contain the modes of a large specimen?

    python calibration/coverage_modes.py [--samples 100]      a second call goes on

The modes of a population are those of six fields of 2,500 grains, half-way between the two estimates that
bracket them: of all grains in view (product limit), and of whole grains alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from null_mosaics import Population, cut_window, window_side
from power_diagram import cells_of

from grainstats.infer import ImageGrains
from grainstats.infer.modality.distribution import distribution_of
from grainstats.infer.modality.modes import Modes, one_mode, two_modes, with_intervals

POPULATIONS = {
    "one, σ = .2": Population(0.2),
    "one, σ = .5": Population(0.5),
    "two, R = 4": Population(0.15, 4.0, 0.45),
}
DESIGNS = ((1, 200), (2, 150), (5, 100), (1, 800))  # fields and interior grains of each
TRUTH = (6, 2500)
TABLE = Path(__file__).parents[1] / "docs" / "validation" / "modes_coverage.csv"


def field(population: Population, n_grains: int, rng: np.random.Generator) -> ImageGrains:
    side, _ = window_side(population, n_grains, rng)
    mosaic = population.mosaic(side, rng)
    return cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=15.0)


def modes_of(images: Sequence[ImageGrains], population: Population) -> Modes:
    seen = distribution_of(images)
    return two_modes([seen])[0] if population.size_ratio > 1 else one_mode(seen)


def truth_of(population: Population) -> np.ndarray:
    """Logs of the modes."""
    rng = np.random.default_rng(11)
    every = [field(population, TRUTH[1], rng) for _ in range(TRUTH[0])]
    alone = [replace(g, frame_diameter_nm=np.empty(0), frame_centre_nm=np.empty((0, 2))) for g in every]
    return np.mean([np.log(modes_of(images, population).diameter_nm) for images in (every, alone)], axis=0)


def rows(name: str, design: tuple[int, int], samples: int, truth: np.ndarray) -> pd.DataFrame:
    """One population and design: a row for each mode."""
    population, (fields, grains) = POPULATIONS[name], design
    ends, values = [], []
    for seed in range(samples):
        rng = np.random.default_rng([fields, grains, seed])
        images = [field(population, grains, rng) for _ in range(fields)]
        modes = with_intervals(modes_of(images, population), images, rng)
        ends.append(np.log(modes.ci_nm))
        values.append(np.log(modes.diameter_nm))
    low, high = np.moveaxis(ends, -1, 0)
    return pd.DataFrame(
        {
            "population": name,
            "mode": ("fine", "coarse") if len(truth) == 2 else ("one",),
            "images": fields,
            "grains": grains,
            "samples": samples,
            "coverage": ((low <= truth) & (truth <= high)).mean(axis=0).round(3),
            "bias_percent": (100 * np.expm1(np.mean(values, axis=0) - truth)).round(1),
            "width_percent": (100 * np.median(high - low, axis=0)).round(1),
        }
    )


def main(samples: int) -> None:
    """Cells that the table has are not made again."""
    table = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=["population", "images", "grains"])
    for name, population in POPULATIONS.items():
        done = table.loc[table["population"] == name, ["images", "grains"]]
        missing = [design for design in DESIGNS if design not in set(done.itertuples(index=False, name=None))]
        truth = truth_of(population) if missing else np.empty(0)
        for design in missing:
            table = pd.concat([table, rows(name, design, samples, truth)], ignore_index=True)
            table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=100)
    main(parser.parse_args().samples)
