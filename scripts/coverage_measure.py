"""How often do the 95 % intervals of the descriptors contain the truth?

    python scripts/coverage_measure.py [--repeats 100] [--seconds 3600] [--out docs/measurement_coverage.csv]

Each repeat makes fresh mosaics, measures them and looks whether the truth lies in the interval.  The truth of
a population is measured on large windows (15,000 grains) of the same mosaics and pixel size.  Resumable:
cells of the table that are in the file already are not done again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.measure import Measurement, descriptors, measure_grain_map
from segment.mosaics import Mosaic, laguerre_section, poisson_voronoi_plane

SIZE_PX = 14.0  # mean grain size, square root of the mean area
POPULATIONS = ("poisson-voronoi", "section sigma 0.2", "section sigma 0.5", "bimodal section R = 4")
DESIGNS = ((1, 60), (1, 200), (1, 1000), (3, 200), (6, 200))  # images, grains an image


def mosaic(population: str, shape: tuple[int, int], rng: np.random.Generator) -> Mosaic:
    if population == "poisson-voronoi":
        return poisson_voronoi_plane(shape, SIZE_PX**-2, rng)
    if population == "bimodal section R = 4":
        return laguerre_section(shape, 0.92 * SIZE_PX, 0.3, rng, size_ratio=4.0, coarse_volume=0.5)
    sigma = float(population.split()[-1])
    return laguerre_section(shape, {0.2: 1.44, 0.5: 1.04}[sigma] * SIZE_PX, sigma, rng)


def measured(population: str, n_grains: int, rng: np.random.Generator) -> Measurement:
    side = int(np.sqrt(n_grains) * SIZE_PX)
    return measure_grain_map(mosaic(population, (side, side), rng).grain_map(2.0), seed=rng)


def one_repeat(task: tuple[str, int, int, int]) -> list[dict[str, object]]:
    population, images, grains, seed = task
    rng = np.random.default_rng([seed, images, grains, POPULATIONS.index(population)])
    found = descriptors([measured(population, grains, rng) for _ in range(images)])
    key = {"population": population, "images": images, "grains_per_image": grains}
    return [{**key, "name": d.name, "value": d.value, "low": d.ci_low, "high": d.ci_high} for d in found]


def truth(population: str) -> dict[str, float]:
    rng = np.random.default_rng([99, POPULATIONS.index(population)])
    found = descriptors([measured(population, 5000, rng) for _ in range(3)])
    return {d.name: d.value for d in found}


def coverage(rows: pd.DataFrame, true: dict[str, float]) -> pd.DataFrame:
    """Share of intervals that contain the truth, and the relative bias of the values."""
    rows = rows[rows.groupby("name")["low"].transform("count") > 0].copy()
    rows["truth"] = rows["name"].map(true)
    rows = rows[rows["truth"].notna()]
    rows["given"] = rows["low"].notna()
    rows["covers"] = (rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])
    groups = rows.groupby(["population", "images", "grains_per_image", "name"], sort=False)
    table = groups.agg(
        repeats=("value", "size"),
        truth=("truth", "first"),
        mean=("value", "mean"),
        given=("given", "mean"),
        coverage=("covers", "sum"),
    ).reset_index()
    table["coverage"] /= table["given"] * table["repeats"]
    table["bias_percent"] = 100 * (table["mean"] / table["truth"] - 1)
    return table.round({"truth": 5, "mean": 5, "given": 3, "coverage": 3, "bias_percent": 2})


def markdown(table: pd.DataFrame) -> str:
    """Coverage by descriptor and design, a table per population."""
    lines = [
        "# Coverage of the 95 % intervals",
        "",
        "`python scripts/coverage_measure.py`; bias of the value, %,",
    ]
    lines += ["in brackets where it exceeds 2.", ""]
    for population, here in table.groupby("population", sort=False):
        designs = list(dict.fromkeys(zip(here["images"], here["grains_per_image"], strict=True)))
        repeats = [int(here.loc[here["grains_per_image"] == g, "repeats"].max()) for _, g in designs]
        heads = [f"{k} × {g} ({r})" for (k, g), r in zip(designs, repeats, strict=True)]
        lines += [
            f"## {population}, images × grains (repeats)",
            "",
            "| descriptor | " + " | ".join(heads) + " |",
        ]
        lines.append("|---" * (1 + len(designs)) + "|")
        for name, rows in here.groupby("name", sort=False):
            by = {(r["images"], r["grains_per_image"]): r for r in rows.to_dict("records")}
            lines.append(f"| {name} | " + " | ".join(_cell(by.get(d)) for d in designs) + " |")
        lines.append("")
    return "\n".join(lines)


def _cell(row: dict[str, float] | None) -> str:
    if row is None:
        return ""
    bias = f" ({row['bias_percent']:+.0f})" if abs(row["bias_percent"]) > 2 else ""
    return f"{row['coverage']:.2f}{bias}"


def write(tables: list[pd.DataFrame], out: Path) -> None:
    table = pd.concat(tables, ignore_index=True)
    table.to_csv(out, index=False)
    out.with_suffix(".md").write_text(markdown(table), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3600, help="begin no further cell after so long")
    parser.add_argument("--out", type=Path, default=Path("docs/measurement_coverage.csv"))
    args = parser.parse_args()
    tables = [pd.read_csv(args.out)] if args.out.is_file() else []
    done = {
        key for t in tables for key in zip(t["population"], t["images"], t["grains_per_image"], strict=True)
    }
    start = time.monotonic()
    for images, grains in DESIGNS:
        for population in POPULATIONS:
            if (population, images, grains) in done or time.monotonic() - start > args.seconds:
                continue
            known = [t[t["population"] == population] for t in tables]
            true = {name: value for t in known for name, value in zip(t["name"], t["truth"], strict=True)}
            rows = [
                row for seed in range(args.repeats) for row in one_repeat((population, images, grains, seed))
            ]
            tables.append(coverage(pd.DataFrame(rows), true or truth(population)))
            write(tables, args.out)
            print(population, images, grains, f"{time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
