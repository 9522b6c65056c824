"""Mosaics in voxels for the verdict in three dimensions, and boxes cut out of them.

    python calibration/volume_mosaics.py --work WORK

makes what is not there; an interrupted run goes on.  The tables come from the sets "null" and "pairs", error
rates and power from "one" and "two", of other seeds.
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from laguerre_volume import VolumeMosaic, laguerre_volume
from packed_mosaics import Centres

from grainstats.infer.modality.coarse_grains import FEWEST_COARSE
from grainstats.infer.modality.null_library import PAIR_SHARE
from grainstats.infer.volume_modality.sizes import VolumeSizes
from grainstats.measure.volume.measurement import block_of, blocks_along, voxels_and_boxes

VOXELS = 9.0  #: per mean diameter of the fine population
CELLS, CELLS_PER_GRAIN = 2400, 1.8  #: fine grains of a mosaic, and at least so many per whole one of a box
CELLS_FOR = {150: 380, 450: 900, 900: 1600}  #: where one box of so many whole grains is the mosaic
FLAT = (1.0, 1.0, 0.6, 0.35)  #: thickness over the other edges; boxes are often slabs
BOXES, MOST_BOXES = 1.5, 6  #: volume of all boxes over that of their mosaic, and most of them
ENOUGH = 0.6  #: of the whole grains asked for; poorer boxes are not judged
LARGE = 3000  #: whole grains, beyond what the tables know
SEEDS = {
    "null": range(24),
    "pairs": range(1000, 1012),
    "one": range(100, 127),
    "two": range(100, 105),
    "large": range(200, 212),
}
MORE_SEEDS = range(96)  #: of the null, where it has broad spheres, of which a structure sets the limit
MANY_FRESH = range(100, 200)  #: of the structures that are checked most


@dataclass(frozen=True)
class Structure:
    """How a mosaic comes about."""

    sigma: float = 0.0  #: SD of log diameter of the spheres; 0 with random centres is Poisson-Voronoi
    centres: Centres = "poisson"
    share: float | None = None  #: sphere volume over space, as in `laguerre_volume.laguerre_volume`
    ratio: float = 1.0  #: diameter ratio and volume fraction of a coarse population; 0: none
    coarse: float = 0.0
    gradient: float = 1.0  #: local size at one end of the box over that at the other; 1: none
    giant: float = 0.0  #: share of the volume in one more grain; 0: none

    @property
    def as_a_whole(self) -> bool:
        """A part of such a mosaic is another structure: every box is a mosaic of its own."""
        return self.gradient > 1 or self.giant > 0

    @property
    def checked_most(self) -> bool:
        """Is it one of the structures of the null that look most like two populations?"""
        return self.sigma == SIGMAS[-1] and not self.coarse

    @property
    def name(self) -> str:
        if self.gradient > 1:
            return f"Voronoi, gradient x{self.gradient:g}"
        if self.giant:
            return f"Voronoi, one giant of {self.giant:.0%}"
        packing = {None: "", 0.5: " at .5", 0.3: " at .3"}[self.share]
        kind = "packed" if self.centres == "packed" else "thrown"
        found = f"{kind}{packing}, sigma {self.sigma:g}"
        return found + (f", R {self.ratio:g}, f {self.coarse:g}" if self.coarse else "")


SIGMAS = (0.2, 0.35, 0.5)
BROAD = 0.35  #: sigma from which on a structure may set the limit
NULL = (
    *(Structure(s) for s in (0.0, 0.1, *SIGMAS, 0.7)),
    *(Structure(s, share=0.5) for s in (*SIGMAS, 0.7)),
    *(Structure(s, "packed") for s in (0.05, *SIGMAS)),
    *(Structure(s, "packed", 0.3) for s in (0.05, *SIGMAS)),
)
OUTSIDE = (
    Structure(0.3),
    Structure(0.4),
    Structure(0.3, "packed"),
    Structure(0.45, "packed"),
    Structure(gradient=2.0),
    Structure(gradient=4.0),
)  #: one population, of which the null knows nothing
GIANTS = tuple(Structure(giant=g) for g in (0.03, 0.06, 0.12, 0.2, 0.3))
PAIRS = tuple(
    Structure(sigma, centres, None, ratio, coarse)
    for sigma in (0.1, 0.25)
    for centres in ("poisson", "packed")
    for ratio in (2.5, 3.0, 4.0, 6.0)
    for coarse in (0.1, 0.2, 0.3, 0.45, 0.6)
)
TAUGHT = tuple(
    s for s in PAIRS if s.ratio <= 4
)  #: of which the table knows; of larger ratios boxes hold few grains


@dataclass(frozen=True, eq=False)
class Cells:
    """Volumes (voxels) and boxes of all cells of one mosaic, whether they are coarse, and its edges."""

    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    coarse: np.ndarray
    edges: np.ndarray


def mosaic_of(s: Structure, cells: int, rng: np.random.Generator) -> VolumeMosaic:
    """A box, more or less flat, of about so many fine grains."""
    filled = cells * np.pi / 6 * np.exp(3 * s.sigma**2) / (1 - s.coarse)
    flat = rng.choice(FLAT)
    edges = rng.permutation(np.array([flat, 1.0, 1.0]) / flat ** (1 / 3)) * np.cbrt(filled) * VOXELS
    z, y, x = (int(e) for e in np.ceil(edges))
    if s.gradient > 1:
        return _graded((z, y, x), s.gradient, rng)
    mosaic = laguerre_volume(
        (z, y, x),
        VOXELS,
        s.sigma,
        rng,
        size_ratio=s.ratio,
        coarse_volume=s.coarse,
        centres=s.centres,
        share=s.share,
    )
    return _with_giant(mosaic, s.giant) if s.giant else mosaic


def _graded(shape: tuple[int, int, int], ratio: float, rng: np.random.Generator) -> VolumeMosaic:
    """Voronoi cells whose size grows steadily along the longest axis, their mean volume that of a mosaic."""
    edges = np.array(shape, float)
    axis, reach = int(edges.argmax()), 3 * VOXELS * np.sqrt(ratio)
    u = np.linspace(0, 1, 200)
    finest = VOXELS * np.cbrt(np.pi / 6 * (ratio ** (-3 * u)).mean())
    n = rng.poisson(np.prod(edges + 2 * reach) / finest**3)
    centre = rng.random((n, 3)) * (edges + 2 * reach) - reach
    place = np.clip(centre[:, axis] / edges[axis], 0, 1)
    centre = centre[rng.random(n) < ratio ** (-3 * place)]
    return VolumeMosaic(centre, np.zeros(len(centre)), np.zeros(len(centre), int), shape)


def _with_giant(mosaic: VolumeMosaic, share: float) -> VolumeMosaic:
    """One more generator, in the middle."""
    box = np.array(mosaic.box)
    radius = np.cbrt(share * box.prod() * 3 / (4 * np.pi))
    return VolumeMosaic(
        np.vstack([mosaic.centre, box / 2]),
        np.append(np.zeros(len(mosaic.weight)), radius**2),
        np.append(mosaic.population, 1),
        mosaic.box,
    )


def _number(s: Structure, cells: int) -> int:
    return zlib.crc32(f"{s} {cells}".encode())


def path_of(s: Structure, cells: int, seed: int, work: Path) -> Path:
    """Where the cells of a mosaic are kept."""
    return work / f"{_number(s, cells):08x}-{seed}.npz"


def cells_of(s: Structure, cells: int, seed: int, work: Path) -> Cells:
    """The cells of one mosaic, made unless they are kept."""
    path = path_of(s, cells, seed, work)
    if not path.exists():
        mosaic = mosaic_of(s, cells, np.random.default_rng([seed, _number(s, cells)]))
        labels = mosaic.owners(mosaic.box) + 1
        voxels, _, boxes = voxels_and_boxes(labels, len(mosaic.centre))
        rows = np.column_stack([voxels, boxes, np.append(0, mosaic.population)])[voxels > 0].astype(np.int32)
        unfinished = path.with_suffix(f".{os.getpid()}.part.npz")
        np.savez_compressed(unfinished, rows=rows, edges=mosaic.box)
        unfinished.replace(path)
    with np.load(path) as kept:
        rows, edges = kept["rows"], kept["edges"]
    return Cells(
        rows[:, 0].astype(float), rows[:, 1:4], rows[:, 4:7] + 1, rows[:, 7] > 0, edges.astype(float)
    )


@dataclass(frozen=True, eq=False)
class Box:
    """Sizes in a box, how many coarse grains it holds or cuts, and their share of its volume."""

    sizes: VolumeSizes
    coarse_grains: int
    coarse_share: float

    @property
    def shows_two(self) -> bool:
        """Does it hold what a verdict of "uniform" excludes?"""
        share = min(self.coarse_share, 1 - self.coarse_share)
        return self.coarse_grains >= FEWEST_COARSE and share >= PAIR_SHARE


def cells_for(n: int) -> int:
    """Fine grains of the mosaic that boxes of `n` whole grains are cut out of."""
    return max(CELLS, round(CELLS_PER_GRAIN * n))


def boxes_of(s: Structure, n: int, seed: int, work: Path) -> list[Box]:
    """Boxes with about `n` whole grains out of one mosaic."""
    if s.as_a_whole:
        cells = cells_of(s, CELLS_FOR[n], seed, work)
        return [box(cells, np.zeros(3), cells.edges)]
    cells = cells_of(s, cells_for(n), seed, work)
    rng = np.random.default_rng([seed, n])
    share = _share_for(cells, n)
    size = cells.edges * share ** (1 / 3)
    many = int(np.clip(BOXES / share, 1, MOST_BOXES))
    found = [box(cells, rng.random(3) * (cells.edges - size), size) for _ in range(many)]
    return [b for b in found if b.sizes.n_interior >= ENOUGH * n]


def _share_for(cells: Cells, n: int) -> float:
    """Part of a mosaic's volume in which a box of its shape holds `n` whole grains on average, or 1."""
    whole = ((cells.low > 0) & (cells.high < cells.edges)).all(axis=1)
    extent = (cells.high - cells.low)[whole]
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        room = np.maximum(cells.edges * middle ** (1 / 3) - extent, 0)
        enough = np.prod(room / (cells.edges - extent), axis=1).sum() >= n
        low, high = (low, middle) if enough else (middle, high)
    return high


def box(cells: Cells, start: np.ndarray, size: np.ndarray) -> Box:
    """What is seen of the grains in a box; of those that it cuts, as much as of their own box."""
    extent, stop = cells.high - cells.low, start + size
    inside = ((cells.low > start) & (cells.high < stop)).all(axis=1)
    touched = ((cells.low < stop) & (cells.high > start)).all(axis=1)
    seen = np.minimum(cells.high, stop) - np.maximum(cells.low, start)
    visible = cells.size * np.prod(np.maximum(seen, 0), axis=1) / np.prod(extent, axis=1)
    shape = tuple(int(edge) for edge in size)
    blocks = blocks_along(shape, int(visible.sum()), int(touched.sum()))
    middle = (cells.low[inside] + cells.high[inside]) / 2 - start
    sizes = VolumeSizes(
        np.cbrt(6 / np.pi * cells.size[inside]),
        1 / np.prod(1 - extent[inside] / size, axis=1),
        np.cbrt(6 / np.pi * visible[touched & ~inside]),
        block_of(middle, shape, blocks),
    )
    return Box(sizes, int((cells.coarse & touched).sum()), float(visible[cells.coarse].sum() / visible.sum()))


def seeds_of(name: str, s: Structure) -> range:
    """Seeds of a structure in a set."""
    if name == "null" and s.sigma >= BROAD:
        return MORE_SEEDS
    return MANY_FRESH if name == "one" and s.checked_most else SEEDS[name]


def wanted(sets: Sequence[str]) -> Iterator[tuple[Structure, int, int]]:
    """Structure, cells and seed of every mosaic."""
    members = {
        "null": NULL,
        "pairs": TAUGHT,
        "one": NULL + OUTSIDE + GIANTS,
        "two": PAIRS,
        "large": tuple(s for s in NULL if s.checked_most),
    }
    for name in sets:
        for s in members[name]:
            for seed in seeds_of(name, s):
                whole = CELLS_FOR.values() if s.as_a_whole else (cells_for(LARGE if name == "large" else 0),)
                for cells in whole:
                    yield s, cells, seed


def main() -> None:
    """Make what is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sets", choices=list(SEEDS), nargs="*", default=list(SEEDS))
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no mosaic after so long")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    start, left = time.monotonic(), 0
    for s, cells, seed in wanted(given.sets):
        if time.monotonic() - start < given.seconds:
            cells_of(s, cells, seed, given.work)
        else:
            left += not path_of(s, cells, seed, given.work).exists()
    print(f"{left} mosaics left", flush=True)


if __name__ == "__main__":
    main()
