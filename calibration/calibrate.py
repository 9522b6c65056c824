"""Error rates and power of the verdict on fresh mosaics: docs/validation/calibration.csv.

    python calibration/calibrate.py [--workers 2] [--seconds 170 --resume]

Seeds, windows and smallest visible grains differ from those of the null library.  Each window of a cell comes
from a mosaic of its own; its side is such that it holds the stated number of interior grains on average.
The verdicts are the package's own (`grainstats.infer.modality.judge.decide`); exact cells stand for
pixels, which test_exact_sections.py justifies, and one row of each table is rasterised and measured.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from null_mosaics import UNIT, Population, cut_window, rectangle, window_side
from power_diagram import cells_of

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.judge import decide
from grainstats.measure import grain_table

DOCS = Path(__file__).parents[1] / "docs" / "validation"
SIGMAS = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8)
ASPECT = {155: 4 / 3, 865: 1.0, 4000: 1.5}  # width over height
PILOTS = 3


@dataclass(frozen=True)
class Job:
    """One population of the table."""

    name: str
    kind: str
    population: Population
    sizes: tuple[int, ...]
    repeats: int
    seed: int
    rasterised: bool = False
    largest: int = 200

    def wanted(self, n: int) -> int:
        return min(self.repeats, self.largest) if n >= 4000 else self.repeats


@dataclass(frozen=True)
class Row:
    """One cell of the table."""

    kind: str
    population: str
    interior_grains: int
    repeats: int
    bimodal: float
    uniform: float
    indeterminate: float
    p_below_05: float
    median_interior: float
    median_ratio: float
    seconds: float


def jobs(nulls: int, powers: int, packed: int) -> list[Job]:
    """The issue's table, then the same with packed centres, columnar, and cases outside the library."""
    every, small = (155, 865, 4000), (155, 865)
    out: list[Job] = []

    def add(
        name: str, kind: str, population: Population, sizes: tuple[int, ...], n: int, raster: bool = False
    ) -> None:
        out.append(Job(name, kind, population, sizes, n, 8_000_000 + 1000 * len(out), raster))

    for s in SIGMAS:
        add(f"Laguerre, sigma {s}", "null", Population(s), every, nulls)
    add("Poisson-Voronoi", "null", Population(0.0), every, nulls)
    for ratio in (3.0, 4.0, 6.0):
        for f in (0.3, 0.6):
            add(f"R = {ratio:.0f}, f = {f}", "power", Population(0.2, ratio, f), every, powers)
    for s in SIGMAS:
        add(f"columnar, sigma {s}", "columnar null", Population(s, null="columnar"), every, nulls)
    for ratio in (3.0, 4.0, 6.0):
        population = Population(0.2, ratio, 0.45, null="columnar")
        add(f"columnar, R = {ratio:.0f}, f = 0.45", "columnar power", population, small, powers)
    for s in SIGMAS:
        population = Population(s, centres="packed", share=0.6, tail=3.5)
        add(f"packed, sigma {s}", "packed null", population, small, packed)
    for ratio in (3.0, 4.0, 6.0):
        population = Population(0.2, ratio, 0.45, centres="packed", share=0.6, tail=3.5)
        add(f"packed, R = {ratio:.0f}, f = 0.45", "packed power", population, small, packed)
    for ratio in (3.0, 4.0):
        add(
            f"sigma 0.35, R = {ratio:.0f}, f = 0.45",
            "power, broad",
            Population(0.35, ratio, 0.45),
            every,
            powers,
        )
    for s in (0.5, 0.8):
        add(f"light weights, sigma {s}", "stress null", Population(s, share=0.5), every, nulls)
    add("sigma 0.35, rasterised", "raster null", Population(0.35), small, 60, raster=True)
    add("R = 4, f = 0.45, rasterised", "raster power", Population(0.2, 4.0, 0.45), small, 60, raster=True)
    return out


def window_sides(job: Job, rng: np.random.Generator) -> tuple[dict[int, float], float]:
    """Side by size class in mean diameters, and the mean area of a cell in square pixels."""
    pilots = 1 if job.population.centres == "packed" else PILOTS
    found = {
        n: [window_side(job.population, n, rng, aspect=ASPECT[n]) for _ in range(pilots)] for n in job.sizes
    }
    area = np.mean([a for pairs in found.values() for _, a in pairs])
    return {n: float(np.mean([s for s, _ in pairs])) for n, pairs in found.items()}, float(area)


def samples(job: Job) -> Iterator[tuple[int, ImageGrains]]:
    """Size class and grains of each repeat; the smaller windows lie within the largest."""
    rng = np.random.default_rng(job.seed)
    sides, area = window_sides(job, rng)
    for repeat in range(job.repeats):
        sizes = [n for n in job.sizes if repeat < job.wanted(n)]
        shapes = {n: rectangle(UNIT * sides[n], ASPECT[n]) for n in sizes}
        height, width = np.max(list(shapes.values()), axis=0)
        mosaic = job.population.mosaic(np.sqrt(height * width) / UNIT, rng, aspect=width / height)
        smallest = area * rng.uniform(0.008, 0.03)
        if job.rasterised:
            labels = mosaic.grain_map(1.0).labels
            images = {n: _rasterised(labels, shape) for n, shape in shapes.items()}
        else:
            cells = cells_of(mosaic)
            images = {
                n: cut_window(cells, (0.0, 0.0), shape, min_area=smallest) for n, shape in shapes.items()
            }
        yield from ((n, image) for n, image in images.items() if image.n_interior)


def _rasterised(labels: np.ndarray, size: tuple[float, float]) -> ImageGrains:
    """The same window by way of pixels and `grain_table`."""
    from segment.grain_map import GrainMap

    part = labels[: int(size[0]), : int(size[1])]
    compact = np.unique(part, return_inverse=True)[1].reshape(part.shape).astype(np.int32) + 1
    grain_map = GrainMap(compact, 1.7, "manual")
    return ImageGrains.from_columns(grain_table(grain_map, min_area_px=12), 1.7, grain_map.labels.shape)


def run(job: Job) -> list[Row]:
    start = time.process_time()
    found: dict[int, list[ImageGrains]] = {n: [] for n in job.sizes}
    for n, image in samples(job):
        found[n].append(image)
    rows = []
    for n, images in found.items():
        judged = decide([[image] for image in images], job.population.null)
        verdicts = [d.verdict for d in judged]
        share = {v: verdicts.count(v) / len(verdicts) for v in ("bimodal", "uniform", "indeterminate")}
        p = np.array([1.0 if d.p_value is None else d.p_value for d in judged])
        rows.append(
            Row(
                job.kind,
                job.name,
                n,
                len(verdicts),
                **share,
                p_below_05=float((p < 0.05).mean()),
                median_interior=float(np.median([image.n_interior for image in images])),
                median_ratio=float(np.median([d.modes.ratio or 1.0 for d in judged])),
                seconds=round(time.process_time() - start, 1),
            )
        )
    return rows


def write_csv(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(asdict(rows[0])), lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(row).items()})


def read_csv(path: Path) -> list[Row]:
    """Rows of an earlier run; those that are not run again stay."""
    if not path.exists():
        return []
    kinds = {"kind": str, "population": str, "interior_grains": int, "repeats": int}
    with path.open() as stream:
        return [Row(**{k: kinds.get(k, float)(v) for k, v in row.items()}) for row in csv.DictReader(stream)]


def again(row: Row, only: str, sizes: list[int]) -> bool:
    """Is this row of an earlier table to be made anew?"""
    return only in row.kind and row.interior_grains in sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--nulls", type=int, default=200)
    parser.add_argument("--powers", type=int, default=100)
    parser.add_argument("--packed", type=int, default=100)
    parser.add_argument("--largest", type=int, default=200, help="repeats of a cell of ~4000 grains")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(ASPECT), help="the others' rows stay")
    parser.add_argument("--only", default="", help="kinds whose name contains this; the others' rows stay")
    parser.add_argument("--resume", action="store_true", help="keep the populations that are there")
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no population after so long")
    parser.add_argument("--out", type=Path, default=DOCS)
    given = parser.parse_args()
    start = time.monotonic()
    every = jobs(given.nulls, given.powers, given.packed)
    given.out.mkdir(parents=True, exist_ok=True)
    table = given.out / "calibration.csv"
    rows = [r for r in read_csv(table) if given.resume or not again(r, given.only, given.sizes)]
    there = {(r.kind, r.population, r.interior_grains) for r in rows}
    wanted = []
    for j in every:
        sizes = tuple(n for n in j.sizes if n in given.sizes and (j.kind, j.name, n) not in there)
        if sizes and given.only in j.kind:
            wanted.append(replace(j, sizes=sizes, largest=given.largest))
    with ProcessPoolExecutor(given.workers) as processes:
        for k in range(0, len(wanted), given.workers):
            if time.monotonic() - start > given.seconds:
                break
            for found in processes.map(run, wanted[k : k + given.workers]):
                rows += found
                write_csv(rows, table)
                for r in found:
                    cell = f"{r.kind:14s} {r.population:28s} {r.interior_grains:5d}"
                    print(f"{cell} {r.bimodal:.3f} {r.uniform:.2f}", flush=True)
    order = {(j.kind, j.name, n): (k, n) for k, j in enumerate(every) for n in j.sizes}
    rows.sort(key=lambda r: order.get((r.kind, r.population, r.interior_grains), (len(every), 0)))
    write_csv(rows, table)
    print(f"{len(order) - len(rows)} cells left", flush=True)


if __name__ == "__main__":
    main()
