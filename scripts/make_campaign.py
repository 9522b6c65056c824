"""Make a synthetic campaign of known truth: two design routes, samples.csv, rendered micrographs, space.toml.

    python scripts/make_campaign.py OUT [--samples 6] [--images 5] [--size 768]
    python scripts/make_campaign.py OUT --next results.db     # makes what has been proposed since

Process parameters set the microstructure (grain size, coarse volume), and both set the critical current
density, by formulas that stand below.  The researchers' route stays cool and slow and gives uniform networks;
the AI's goes hot and fast and gives bimodal ones.  Everything is invented.

The second form carries out the open proposals of a database: the samples get the names of their route, their
micrographs and their J_c, and are added to samples.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from segment.training.synthetic.geometry import Shape
from segment.training.synthetic.render import synthetic_micrograph

PIXEL_SIZE_NM = 1.6
SEED = 20241
SPACE = """\
# Parameter space of the synthetic campaign, for `grainstats suggest`.
[parameters.anneal_temperature_C]
kind = "continuous"
low = 560
high = 800
step = 5

[parameters.anneal_time_h]
kind = "continuous"
low = 0.5
high = 8
step = 0.5

[parameters.heating_rate_K_per_min]
kind = "discrete"
values = [1, 2, 5, 10, 20, 50]
"""
PARAMETERS = ("anneal_temperature_degC", "anneal_time_h", "heating_rate_K/min")
PROPOSALS = """\
param:anneal_temperature_C,param:anneal_time_h,param:heating_rate_K_per_min,by,reason,expect:critical_current_density_kA_per_cm2
640,1,5,K. Sato,Shorter anneal: finer grains,96
600,0.5,5,K. Sato,As cold and as short as the furnace allows,100
655,0.5,2,M. Ito,Same grain size by heat instead of time,95
"""


@dataclass(frozen=True)
class Sinter:
    """One sintering process and what comes of it."""

    anneal_temperature_c: float
    anneal_time_h: float
    heating_rate: float

    @property
    def fine_nm(self) -> float:
        """Mean spacing of the fine grains: grain growth with an activation energy, cube-root law in time."""
        kelvin = self.anneal_temperature_c + 273.15
        return 46.0 * np.exp(-1500 * (1 / kelvin - 1 / 900)) * (self.anneal_time_h / 2) ** (1 / 6)

    @property
    def coarse_volume(self) -> float:
        """Volume fraction of abnormal grains: fast heating above 680 degrees."""
        hot = 1 / (1 + np.exp(-(self.anneal_temperature_c - 680) / 12))
        fast = self.heating_rate / (self.heating_rate + 8)
        share = 0.65 * hot * fast
        return float(share) if share > 0.1 else 0.0

    def critical_current(self) -> float:
        """J_c in kA/cm2: pinning at boundaries, more with some coarse grains, less with residual stress."""
        pinning = 700 / np.sqrt(self.fine_nm)
        return float(pinning * (1 + 1.2 * self.coarse_volume) - 0.15 * self.heating_rate)


def draw_process(route: str, rng: np.random.Generator) -> Sinter:
    """A process in the habits of its route."""
    low, high, rates = (565, 655, (1, 2, 5)) if route == "researcher" else (700, 790, (10, 20, 50))
    return Sinter(
        float(5 * round(rng.uniform(low, high) / 5)),
        float(0.5 * round(rng.uniform(1, 12))),
        float(rng.choice(rates)),
    )


def write_sample(folder: Path, process: Sinter, images: int, size: int, rng: np.random.Generator) -> None:
    """Render `images` micrographs of one sample as calibrated TIFFs."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = Shape(
        mean_intercept=process.fine_nm / PIXEL_SIZE_NM * (1 + 0.8 * process.coarse_volume),
        sigma=0.25,
        size_ratio=4.5 if process.coarse_volume else 1.0,
        coarse_volume=process.coarse_volume,
        curvature=0.05,
    )
    for k in range(images):
        drawn = synthetic_micrograph(rng, (size, size), style="sem_film", grains=shape)
        tifffile.imwrite(
            folder / f"field-{k + 1}.tif",
            drawn.image,
            imagej=True,
            compression="zlib",
            resolution=(1 / PIXEL_SIZE_NM, 1 / PIXEL_SIZE_NM),
            metadata={"unit": "nm"},
        )


def make_sample(
    out: Path, route: str, number: int, process: Sinter, images: int, size: int, rng: np.random.Generator
) -> tuple[dict[str, object], dict[str, object]]:
    """Micrographs of one sample; its row of samples.csv and its truth."""
    sample_id = f"{route}-{number:02d}"
    write_sample(out / sample_id, process, images, size, rng)
    truth = process.critical_current()
    row = {
        "sample_id": sample_id,
        "design_route": route,
        "campaign": "synthetic",
        "param:anneal_temperature_C": process.anneal_temperature_c,
        "param:anneal_time_h": process.anneal_time_h,
        "param:heating_rate_K_per_min": process.heating_rate,
        "prop:critical_current_density_kA_per_cm2": round(truth * (1 + 0.02 * rng.standard_normal()), 2),
    }
    known = {
        "fine_nm": process.fine_nm,
        "coarse_volume": process.coarse_volume,
        "modality": "bimodal" if process.coarse_volume else "uniform",
        "critical_current_density_kA_per_cm2": truth,
    }
    return row, known


def make_campaign(out: Path, samples: int, images: int, size: int) -> int:
    """Both routes; samples.csv, space.toml, proposals.csv and truth.json beside the folders."""
    made = []
    for number, route in enumerate(("ai", "researcher")):
        for k in range(samples):
            rng = np.random.default_rng([SEED, number, k])
            process = draw_process(route, rng)
            made.append(make_sample(out, route, k + 1, process, images, size, rng))
    write_tables(out, made)
    (out / "space.toml").write_text(SPACE, encoding="utf-8")
    (out / "proposals.csv").write_text(PROPOSALS, encoding="utf-8")
    return len(made)


def make_next(out: Path, db: Path, images: int, size: int) -> int:
    """Carry out the open proposals; returns how many."""
    from grainstats.share import Database
    from grainstats.share.sheets.design_loops import read_loops

    with Database.open(db, create=False) as opened:
        loops = read_loops(opened, "critical_current_density")
    made = []
    taken = {route: sum(e.route == route for e in loops.experiments) for route in ("ai", "researcher")}
    for number, proposal in enumerate(loops.proposals, 1):
        if proposal["state"] != "open":
            continue
        route = proposal["route"]
        taken[route] += 1
        settings = [float(proposal["parameters"][name]) for name in PARAMETERS]
        rng = np.random.default_rng([SEED, 2, number])
        made.append(make_sample(out, route, taken[route], Sinter(*settings), images, size, rng))
    write_tables(out, made)
    return len(made)


def write_tables(out: Path, made: list[tuple[dict[str, object], dict[str, object]]]) -> None:
    """Add samples to samples.csv and truth.json."""
    sheet, truths = out / "samples.csv", out / "truth.json"
    if not made:
        return
    new = not sheet.exists()
    with sheet.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(made[0][0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(row for row, _ in made)
    truth = {} if new else json.loads(truths.read_text(encoding="utf-8"))
    truth |= {str(row["sample_id"]): known for row, known in made}
    truths.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--images", type=int, default=5)
    parser.add_argument("--size", type=int, default=768)
    parser.add_argument("--next", type=Path, help="database whose open proposals are carried out")
    asked = parser.parse_args()
    if asked.next is None:
        (asked.out / "samples.csv").unlink(missing_ok=True)
        count = make_campaign(asked.out, asked.samples, asked.images, asked.size)
    else:
        count = make_next(asked.out, asked.next, asked.images, asked.size)
    print(f"{count} samples of {asked.images} micrographs in {asked.out}")
