"""Mosaics that have grown: normal and abnormal grain growth in the plane by a Monte-Carlo Potts model.

Anderson, Srolovitz, Grest and Sahni (Acta Metall. 32 (1984) 783): a pixel takes the label of a random
neighbour if that does not lengthen the boundary, else with the Boltzmann probability.  Grains shrink and
vanish, and the mean area grows in proportion to time (Burke and Turnbull 1952).  In abnormal growth a few
grains have mobile boundaries while those between all others are slow, so that the few eat up the rest and
leave two populations.
"""

from dataclasses import dataclass

import numpy as np

START_PX2 = 16.0  #: mean area at the start
TEMPERATURE = 1.0  #: in units of one bond of the 20-neighbourhood: boundaries do not stick to the lattice
QUENCH = 4  #: sweeps without temperature at the end
SLOW = 0.02  #: mobility of a boundary between ordinary grains, over that around an abnormal one; judgement
MOST_SWEEPS = 20_000  #: then growth has stopped


@dataclass(frozen=True, eq=False)
class Grown:
    """A periodic mosaic."""

    #: int32, shape (rows, columns): 1 ... n, every label present; grains go on beyond the opposite edge
    labels: np.ndarray
    abnormal: np.ndarray  #: bool, shape (n + 1,): by label, the grains with mobile boundaries
    sweeps: int  #: time: attempts per pixel

    @property
    def mean_area_px2(self) -> float:
        return self.labels.size / int(self.labels.max())

    @property
    def abnormal_share(self) -> float:
        """Of the area."""
        return float(self.abnormal[self.labels].mean())


def seeds(shape: tuple[int, int], rng: np.random.Generator) -> Grown:
    """Where growth starts: a periodic Poisson-Voronoi mosaic of `START_PX2` a grain."""
    from scipy.spatial import cKDTree

    n = max(round(shape[0] * shape[1] / START_PX2), 1)
    tree = cKDTree(rng.random((n, 2)) * shape, boxsize=shape)
    pixels = np.stack(np.meshgrid(*(np.arange(s) + 0.5 for s in shape), indexing="ij"), axis=-1)
    return _compact(tree.query(pixels)[1].reshape(shape), np.zeros(n, bool), 0)


def normal_growth(shape: tuple[int, int], mean_area: float, rng: np.random.Generator) -> Grown:
    """Grow a mosaic until its mean grain area is `mean_area` px²; from 100 on it has forgotten the start."""
    grown = seeds(shape, rng)
    while grown.mean_area_px2 < mean_area and grown.sweeps < MOST_SWEEPS:
        # by theory the area still missing takes so many sweeps; half of them, then look again
        missing = max(mean_area - grown.mean_area_px2, 1.0)
        grown = grow(grown, max(int(missing / 2), 1), rng)
    return grow(grown, QUENCH, rng, temperature=0.0)


def abnormal_growth(
    shape: tuple[int, int],
    mean_area: float,
    coarse_area: float,
    rng: np.random.Generator,
    *,
    spacing: float = 7.0,
) -> Grown:
    """Grow to a mean area of `mean_area` px², then let a few grains grow until they fill `coarse_area`.

    `coarse_area` is a share of the area, 0 ... 0.9. `spacing` is the mean distance of the abnormal grains in
    matrix grains; their final diameter goes with it.

    `ValueError`: the lattice is too small for one abnormal grain, or `coarse_area` is out of range.
    """
    if not 0 < coarse_area <= 0.9:
        raise ValueError(f"coarse_area is {coarse_area}, not between 0 and 0.9")
    grown = normal_growth(shape, mean_area, rng)
    n = int(grown.labels.max())
    chosen = rng.permutation(n)[: round(n / spacing**2)] + 1
    if chosen.size == 0:
        raise ValueError(f"a lattice of {n} grains is too small for abnormal grains {spacing:g} grains apart")
    abnormal = grown.abnormal.copy()
    abnormal[chosen] = True
    grown = Grown(grown.labels, abnormal, grown.sweeps)
    while 0 < grown.abnormal_share < coarse_area and grown.sweeps < MOST_SWEEPS:
        grown = grow(grown, max(int(mean_area**0.5 / 4), 1), rng, mobility=SLOW)
    return grow(grown, QUENCH, rng, temperature=0.0, mobility=SLOW)


def grow(
    grown: Grown,
    sweeps: int,
    rng: np.random.Generator,
    *,
    temperature: float = TEMPERATURE,
    mobility: float = 1.0,
) -> Grown:
    """So many sweeps more."""
    from segment.mosaics._potts_kernel import sweep

    labels = grown.labels.copy()
    for _ in range(sweeps):
        sweep(labels, grown.abnormal, temperature, mobility, rng)
    return _compact(labels, grown.abnormal, grown.sweeps + sweeps)


def _compact(labels: np.ndarray, abnormal: np.ndarray, sweeps: int) -> Grown:
    """Number the grains that are left 1 ... n; `abnormal` is indexed by the labels given."""
    there = np.bincount(labels.ravel(), minlength=len(abnormal)) > 0  # `np.unique` would sort all pixels
    number = np.cumsum(there, dtype=np.int32)
    return Grown(number[labels], np.concatenate([[False], abnormal[there]]), sweeps)
