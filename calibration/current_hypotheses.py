"""What bimodality does to the current under each hypothesis: docs/validation/current_hypotheses.csv.

    python calibration/current_hypotheses.py [--repeats 6] [--edge 720]
    python calibration/current_hypotheses.py --volumes 4

Sections of 3-D Laguerre mosaics, one size or two of ratio R with half of the volume coarse, are given laws in
which a boundary network could matter, and the limiting current over the mean of all boundaries is found.  Its
mean over repeats and both directions comes with a 95 % interval over repeats (Student's t).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from laguerre_volume import laguerre_volume
from scipy import stats
from scipy.spatial import cKDTree

from grainstats.infer.current import current
from grainstats.infer.current.draws import random_orientations
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.mosaics.laguerre import laguerre_section
from segment.orientation.quaternions import multiply

DOCS = Path(__file__).parents[1] / "docs" / "validation"
FINE_PX = 14.0  #: mean sphere diameter of the fine grains
VOLUME_PX = 11.0  #: the same in 3-D
SIGMA = 0.3  #: of the log diameter
COARSE_SHARE = 0.5
RATIOS = {"uniform": 1.0, "R = 3, f = .5": 3.0, "R = 6, f = .5": 6.0}
COLONY_SPREAD_DEG = 3.0
ANGLES = {"theta_c_deg": 9.0, "theta_0_deg": 9.0}
RANDOM = {"misorientation": {"source": "random", "laue": "4/mmm"}}
MEASURED = {"misorientation": {"source": "map"}}

Structure = tuple[GrainMap, np.ndarray]


def structure(ratio: float, edge: int, rng: np.random.Generator) -> Structure:
    """A section and the labels of its coarse grains."""
    mosaic = laguerre_section(
        (edge, edge),
        FINE_PX,
        SIGMA,
        rng,
        size_ratio=ratio,
        coarse_volume=0.0 if ratio == 1 else COARSE_SHARE,
    )
    owner = np.unique(mosaic.owner())
    return mosaic.grain_map(), mosaic.population[owner] == 1


def oriented(made: Structure, colony_px: float | None, rng: np.random.Generator) -> GrainMap:
    """Random orientations; fine grains within `colony_px` of each other nearly alike."""
    grain_map, coarse = made
    n = grain_map.n_grains
    q = random_orientations(n, "random", 0.0, rng)
    if colony_px is not None:
        rows, columns = grain_map.labels.shape
        y, x = np.indices(grain_map.labels.shape)
        count = np.bincount(grain_map.labels.ravel(), minlength=n + 1)[1:]
        centre = np.column_stack(
            [np.bincount(grain_map.labels.ravel(), a.ravel(), n + 1)[1:] / count for a in (y, x)]
        )
        seeds = rng.random((max(int(rows * columns / colony_px**2), 1), 2)) * (rows, columns)
        colony = cKDTree(seeds).query(centre)[1]
        common = random_orientations(len(seeds), "random", 0.0, rng)[colony]
        spread = random_orientations(n, "biaxial", COLONY_SPREAD_DEG, rng)
        q = np.where(coarse[:, None], q, multiply(spread, common))
    quaternions = np.concatenate([np.full((1, 4), np.nan), q])
    phase = np.concatenate([[0], np.ones(n, int)]).astype(np.int32)
    return replace(
        grain_map,
        orientations=GrainOrientations(quaternions, phase, (CrystalPhase(1, "Ba-122", "4/mmm"),), 5.0),
    )


def hypotheses(rng: np.random.Generator) -> dict[str, tuple[Callable[[Structure], GrainMap], dict]]:
    """Law of each hypothesis, and what it is given to; in the order of docs/explanation/current.md."""

    def plain(made: Structure) -> GrainMap:
        return made[0]

    def without_colonies(made: Structure) -> GrainMap:
        return oriented(made, None, rng)

    def with_colonies(made: Structure) -> GrainMap:
        return oriented(made, 6 * FINE_PX, rng)

    return {
        "equal boundaries": (plain, {"j0": 1.0}),
        "log-normal boundaries, sigma 1": (plain, {"scatter_sigma": 1.0}),
        "half of the boundaries blocked": (plain, {"blocked_share": 0.5}),
        "random 4/mmm, 9 / 9 deg, plateau .05": (plain, {**ANGLES, "plateau": 0.05, **RANDOM}),
        "random orientations, plateau .1": (without_colonies, {**ANGLES, "plateau": 0.1, **MEASURED}),
        "fine grains in colonies, plateau .1": (with_colonies, {**ANGLES, "plateau": 0.1, **MEASURED}),
        "fine-fine boundaries halved": (plain, {"multipliers": {"fine_fine": 0.5}}),
        "local pinning, mean j_g = j_gb": (plain, {"j_grain": "pinning", "k": 1.0}),
        "local pinning, mean j_g = j_gb / .3": (plain, {"j_grain": "pinning", "k": 1 / 0.3}),
        "global pinning, j_g = j_gb / .3": (plain, {"j_grain": 1 / 0.3}),
    }


def value(made: GrainMap, coarse: np.ndarray, law: dict, seed: int) -> tuple[str, float]:
    """What the limiting current is divided by, and the mean ratio over both directions.

    Random currents are compared over the mean of all boundaries; laws that favour some boundaries over j0;
    pinning over the mean current of the grains.
    """
    if "multipliers" in law and not coarse.any():
        law = {"multipliers": {"fine_fine": 0.5, "fine_coarse": 0.5, "coarse_coarse": 0.5}}
    found = current(made, law, draws=10, seed=seed).directions.values()
    if "j_grain" in law:
        grains = law["k"] if law["j_grain"] == "pinning" else law["j_grain"]
        return "mean of grains", float(np.mean([d.j_over_j0 for d in found]) / grains)
    if "multipliers" in law or law.get("misorientation") == MEASURED["misorientation"]:
        return "j0", float(np.mean([d.j_over_j0 for d in found]))
    return "mean of boundaries", float(np.mean([d.j_over_mean for d in found]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("--edge", type=int, default=720)
    parser.add_argument("--volumes", type=int, default=0, help="repeats in 3-D; nothing else is done")
    arguments = parser.parse_args()
    if arguments.volumes:
        volumes(arguments.volumes)
        return
    rows = []
    for name, ratio in RATIOS.items():
        for repeat in range(arguments.repeats):
            start = time.perf_counter()
            rng = np.random.default_rng([repeat, int(ratio)])
            made = structure(ratio, arguments.edge, rng)
            for hypothesis, (prepare, law) in hypotheses(rng).items():
                over, j = value(prepare(made), made[1], law, repeat)
                rows.append({"hypothesis": hypothesis, "over": over, "structure": name, "j": j})
            grains = made[0].n_grains
            print(
                f"{name}, repeat {repeat}: {grains} grains, {time.perf_counter() - start:.0f} s", flush=True
            )
            _table(pd.DataFrame(rows)).to_csv(DOCS / "current_hypotheses.csv", index=False)
    print(_table(pd.DataFrame(rows)).to_string(index=False))


def volumes(repeats: int, edge: int = 150) -> None:
    """Two hypotheses in 3-D: docs/validation/current_hypotheses_3d.csv."""
    rows = []
    for name, ratio in list(RATIOS.items())[:2]:
        for repeat in range(repeats):
            rng = np.random.default_rng([repeat, int(ratio), 3])
            coarse = 0.0 if ratio == 1 else COARSE_SHARE
            box = (float(edge),) * 3
            mosaic = laguerre_volume(box, VOLUME_PX, SIGMA, rng, size_ratio=ratio, coarse_volume=coarse)
            labels = mosaic.labels((edge,) * 3)
            for hypothesis, law in (
                ("equal boundaries, 3-D", {"j0": 1.0}),
                ("half of the boundaries blocked, 3-D", {"blocked_share": 0.5}),
            ):
                found = current(labels, law, draws=2, seed=repeat).directions.values()
                j = float(np.mean([d.j_over_mean for d in found]))
                rows.append(
                    {"hypothesis": hypothesis, "over": "mean of boundaries", "structure": name, "j": j}
                )
            print(f"{name}, repeat {repeat}: {labels.max()} grains", flush=True)
            _table(pd.DataFrame(rows)).to_csv(DOCS / "current_hypotheses_3d.csv", index=False)
    print(_table(pd.DataFrame(rows)).to_string(index=False))


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and half of the 95 % interval over repeats."""
    found = (
        rows.groupby(["hypothesis", "over", "structure"], sort=False)["j"]
        .agg(["mean", "sem", "count"])
        .reset_index()
    )
    found["half_ci"] = found["sem"] * stats.t.ppf(0.975, found["count"] - 1)
    return found[["hypothesis", "over", "structure", "mean", "half_ci", "count"]].round(4)


if __name__ == "__main__":
    main()
