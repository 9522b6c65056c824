"""The area-weighted distribution of log grain size in a sample, with the frame's censoring undone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.measure.intervals.size_distribution import size_shares

GRID = np.linspace(-4.5, 4.5, 145)  # standardised log size; all statistics are computed on it
STEP = float(GRID[1] - GRID[0])  #: of GRID
WHOLE_CLASSES = np.linspace(-1.75, 1.25, 18)  # log size over the mean, at which whole grains are counted
#: the same for grains that the frame cuts: fewer, in classes twice as wide
CUT_CLASSES = np.linspace(-1.75, 1.25, 9)


@dataclass(frozen=True, eq=False)
class SizeDistribution:
    """Share of the specimen's area by log grain size."""

    log_size: np.ndarray  #: shape (k,): natural log of the equivalent circle diameter in nm, ascending
    mass: np.ndarray  #: shape (k,): area shares; they sum to 1
    n_eff: float  #: `kish` of the area weights
    frame_share: float  #: of the visible area, in grains cut by the frame
    whole: np.ndarray  #: log sizes of the interior grains
    cut: np.ndarray  #: log sizes of the visible parts of grains cut by the frame
    per_field: float  #: interior grains in the field of an interior grain, on average

    @property
    def n_interior(self) -> int:
        """Grains that do not touch the frame."""
        return len(self.whole)

    @property
    def mean(self) -> float:
        return float(self.mass @ self.log_size)

    @property
    def sd(self) -> float:
        return float(np.sqrt(self.mass @ (self.log_size - self.mean) ** 2))

    def on_grid(self) -> np.ndarray:
        """Mass on `GRID` after centring and scaling to unit SD, linear binning, shape (145,)."""
        return binned((self.log_size - self.mean) / max(self.sd, 1e-9), self.mass, GRID)

    def counts(self) -> np.ndarray:
        """Whole grains by `WHOLE_CLASSES` and cut ones by `CUT_CLASSES`, per interior grain, shape (27,).

        The shares of area do not tell by how many grains they are known.
        """
        pairs = ((self.whole, WHOLE_CLASSES), (self.cut, CUT_CLASSES))
        counted = [binned(size - self.mean, np.ones(len(size)), classes) for size, classes in pairs]
        return np.concatenate(counted) / self.n_interior


def binned(values: np.ndarray, weight: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Weights shared linearly between the two nearest of evenly spaced nodes; beyond them, to the last."""
    step = nodes[1] - nodes[0]
    position = (np.clip(values, nodes[0], nodes[-1] - 1e-9) - nodes[0]) / step
    low = position.astype(int)
    part = position - low
    n = len(nodes)
    return np.bincount(low, weight * (1 - part), n) + np.bincount(low + 1, weight * part, n)


def kish(weight: np.ndarray) -> float:
    """Effective number under some weights, (sum w)^2 / sum w^2."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def distribution_of(images: Sequence[ImageGrains]) -> SizeDistribution:
    """The distribution over all images of one sample, which have an interior grain.

    Every point of the window sees its grain; a grain cut by the frame is seen as at least its visible part:
    `size_shares`.  Where the frame's grains are unknown, interior grains carry area times the
    Miles-Lantuejoul weight.  `ValueError`: there is no interior grain at all.
    """
    inside = np.concatenate([g.diameter_nm for g in images]).astype(float)
    edge = np.concatenate([g.frame_diameter_nm for g in images]).astype(float)
    if len(inside) == 0:
        raise ValueError("no grain lies wholly inside an image")
    per_field = sum(g.n_interior**2 for g in images) / len(inside)
    if len(edge) == 0:
        weight = inside**2 * np.concatenate([g.weight for g in images])
        order = np.argsort(inside, kind="stable")
        mass = weight[order] / weight.sum()
        whole = np.log(inside[order])
        return SizeDistribution(whole, mass, kish(weight), 0.0, whole, np.empty(0), per_field)
    size = np.concatenate([inside, edge])
    area = size**2
    whole = np.arange(len(size)) < len(inside)
    order = np.argsort(size, kind="stable")  # whole ones first among equals, as they stand
    shares = size_shares(size[order], whole[order])
    return SizeDistribution(
        np.log(shares.diameter),
        shares.mass,
        kish(area),
        float((edge**2).sum() / area.sum()),
        np.log(np.sort(inside)),
        np.log(np.sort(edge)),
        per_field,
    )
