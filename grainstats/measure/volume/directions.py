"""Chords and surface along the thirteen directions of the voxel lattice."""

from dataclasses import dataclass
from itertools import product

import numpy as np

#: the 13 directions to a voxel's neighbours
_STEPS = np.array([d for d in product((-1, 0, 1), repeat=3) if d > (0, 0, 0)], dtype=np.int64)
_POINTS = 20_000  #: on the sphere, for the share of directions that each lattice direction stands for


@dataclass(frozen=True, eq=False)
class LineCounts:
    """Test lines along every lattice direction."""

    direction: np.ndarray  #: shape (13, 3): unit vectors (z, y, x) in physical space
    share: np.ndarray  #: shape (13,): part of all directions that each stands for; they sum to 1
    length_nm: np.ndarray  #: shape (13,): length of the lines in grains
    boundaries: np.ndarray  #: shape (13,): passages from grain to grain
    surfaces: np.ndarray  #: shape (13,): passages between a grain and no grain
    line_nm: np.ndarray  #: shape (13,): length of the lines in all

    @property
    def mean_chord_nm(self) -> np.ndarray:
        """Mean length of a grain's chord by direction, shape (13,); nan without passages.

        The length in grains over the number of chords; a chord ends at either of two grains or at a void,
        and chords cut by the frame count half.
        """
        chords = self.boundaries + self.surfaces / 2
        return np.divide(self.length_nm, chords, out=np.full(len(chords), np.nan), where=chords > 0)

    @property
    def surface_per_nm(self) -> float:
        """S_V by Crofton: twice the passages per length, averaged over directions."""
        rate = (self.boundaries + self.surfaces) / np.maximum(self.line_nm, 1e-300)
        return float(2 * (self.share * rate).sum())


def count_lines(labels: np.ndarray, edge: np.ndarray) -> LineCounts:
    """Count passages along every line of the voxel lattice; `edge`: of a voxel (z, y, x) in nanometres."""
    vector = _STEPS * edge
    length = np.linalg.norm(vector, axis=1)
    taken, between, opened = _crossings(labels)
    shape = np.array(labels.shape)
    steps = np.prod(np.maximum(shape - np.abs(_STEPS), 0), axis=1)
    return LineCounts(
        vector / length[:, None], direction_shares(vector), taken * length, between, opened, steps * length
    )


def _crossings(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps by direction: from or to a grain (halves counted), from grain to grain, from a grain to none.

    Slice by slice: no temporary of the volume's size.
    """
    taken, (between, opened) = np.zeros(len(_STEPS)), np.zeros((2, len(_STEPS)), np.int64)
    for i, step in enumerate(_STEPS.tolist()):
        here, there = (
            tuple(slice(max(d, 0), n + min(d, 0)) for d, n in zip(way, labels.shape, strict=True))
            for way in (step, [-d for d in step])
        )
        for a, b in zip(labels[here], labels[there], strict=True):
            in_grains = np.count_nonzero(a) + np.count_nonzero(b)
            at_none = in_grains - 2 * np.count_nonzero((a > 0) & (b > 0))
            taken[i] += in_grains / 2
            opened[i] += at_none
            between[i] += np.count_nonzero(a != b) - at_none
    return taken, between, opened


def direction_shares(vectors: np.ndarray) -> np.ndarray:
    """Part of the sphere that is nearer to each direction (or its opposite) than to the others, shape (k,).

    >>> direction_shares(np.eye(3)).round(2)
    array([0.33, 0.33, 0.33])
    """
    height = 1 - (2 * np.arange(_POINTS) + 1) / _POINTS
    turn = np.pi * (1 + 5**0.5) * np.arange(_POINTS)
    ring = np.sqrt(1 - height**2)
    points = np.stack([height, ring * np.cos(turn), ring * np.sin(turn)], axis=1)
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    nearest = np.abs(points @ unit.T).argmax(axis=1)
    return np.bincount(nearest, minlength=len(unit)) / _POINTS
