"""The same image cut into cells in several ways: other seed persistences, other probability levels.

Flooding again for every setting would cost seconds an image.  Instead the image is flooded once, at the seed
persistence of `segment.cells.border_merging`; every coarser cut is a grouping of those fine cells, found on
the graph of
their borders: cells whose minimum lies less than the persistence below their lowest pass are joined (the same
rule as in `segment.cells.watershed`), and so are cells across borders below the probability level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from segment.cells.border_merging import SEED_PERSISTENCE, join_by_image_level, join_weak
from segment.cells.borders import Borders, join_borders
from segment.grain_map import MIN_AREA_PX, GrainMap

LARGEST_LEAST_PX = 5 * MIN_AREA_PX  #: the smallest cell of a map tells its least area up to here
NESTED_SHARE = 0.98  #: of the pixels; below, the labels were not cut from this probability


@dataclass(frozen=True, eq=False)
class Cut:
    """Cells of one cut and the borders between them.

    Attributes
    ----------
    area_px : ndarray, shape (n,)
    at_frame : ndarray of bool, shape (n,)
        Cut by the frame or by the edge of the valid region.
    borders : Borders
        Pairs of cells, numbered from 1.
    """

    area_px: np.ndarray
    at_frame: np.ndarray
    borders: Borders

    @property
    def confidence(self) -> float:
        """Mean boundary probability along all borders; 1 where there is none."""
        length = self.borders.length_px
        return float(np.average(self.borders.confidence, weights=length)) if length.size else 1.0

    def joined(self, group: np.ndarray) -> Cut:
        """Cells united where `group`, int of shape (n,), numbered from 0 without gaps, is the same."""
        return Cut(
            np.bincount(group, self.area_px),
            np.bincount(group, self.at_frame) > 0,
            join_borders(self.borders, np.concatenate([[0], group + 1])),
        )


@dataclass(frozen=True, eq=False)
class FineCells:
    """Fine cells of one image, from which all coarser cuts are made.

    Attributes
    ----------
    cut : Cut
    bottom : ndarray, shape (n,)
        Lowest boundary probability in each cell.
    lowest_pass : ndarray, shape (m,)
        Lowest probability at which one gets across each border of `cut`.
    parent : ndarray of int, shape (n,)
        Cell of the map that each one lies in, from 0.
    nested : bool
        False where the map was not cut from its probability, or has none: it stands as it is.
    least_px : int
        No cut has smaller cells, as the map has none (up to `LARGEST_LEAST_PX`).
    """

    cut: Cut
    bottom: np.ndarray
    lowest_pass: np.ndarray
    parent: np.ndarray
    least_px: int
    nested: bool = True

    @classmethod
    def of(cls, grain_map: GrainMap) -> FineCells:
        """Fine cells within those of a map; where no probability divides these, they themselves."""
        if grain_map.probability is not None and grain_map.n_grains:
            fine = _flooded(grain_map, grain_map.probability)
            if fine is not None:
                return fine
        return replace(_survey(grain_map, grain_map.labels, _known(grain_map))[0], nested=False)

    def as_in_map(self) -> Cut:
        """The cut that the map shows."""
        return self.cut.joined(np.unique(self.parent, return_inverse=True)[1])

    @property
    def level(self) -> float:
        """Least mean probability along a border that these cells call for."""
        return join_by_image_level(self.cut.borders, len(self.bottom) + 1)[1]

    def at(self, persistence: float, level: float) -> Cut:
        """The cut of another seed persistence and least mean probability along a border."""
        from segment.cells._recutting_kernels import absorb
        from segment.cells.catchment import LEVELS

        n = len(self.bottom)
        if not self.nested or n < 2 or not len(self.cut.borders.pairs):
            return self.cut
        order = np.argsort(self.lowest_pass, kind="stable")
        pairs, area = self.cut.borders.pairs[order] - 1, self.cut.area_px.copy()
        rise, bottom = (np.rint(v * (LEVELS - 1)) for v in (self.lowest_pass[order], self.bottom))
        seed = absorb(pairs, rise, bottom, area, max(round(persistence * (LEVELS - 1)), 1), self.least_px)
        weak = join_weak(self.cut.borders, n + 1, level)[1:] - 1
        every = np.arange(n)
        edges = (np.ones(2 * n, bool), (np.tile(every, 2), np.concatenate([seed, weak])))
        return self.cut.joined(connected_components(coo_array(edges, shape=(n, n)), directed=False)[1])


def _known(grain_map: GrainMap) -> np.ndarray:
    """The probability, or 1 everywhere: a map without one is taken at its word."""
    if grain_map.probability is not None:
        return grain_map.probability
    certain: np.ndarray = np.broadcast_to(np.float32(1), grain_map.labels.shape)
    return certain


def _flooded(grain_map: GrainMap, probability: np.ndarray) -> FineCells | None:
    """None where the labels are not made of the flood's cells: edited by hand, or another probability."""
    from segment.cells.watershed import persistence_watershed

    labels = grain_map.labels
    mask = None if labels.min() > 0 else labels > 0
    cells = persistence_watershed(probability, SEED_PERSISTENCE, mask)
    fine, strayed = _survey(grain_map, cells, probability)
    whole = np.unique(fine.parent).size >= NESTED_SHARE * grain_map.n_grains
    return fine if whole and strayed <= (1 - NESTED_SHARE) * labels.size else None


def _survey(grain_map: GrainMap, cells: np.ndarray, probability: np.ndarray) -> tuple[FineCells, int]:
    """Cells with their borders, and how many pixels lie outside the map's cell that their cell belongs to."""
    n = int(cells.max(initial=0))
    from segment.cells._recutting_kernels import survey_edges, survey_pixels

    area, bottom, parent, strayed = survey_pixels(cells, grain_map.labels, probability, n)
    key, value = survey_edges(cells, probability)
    pair, start = np.unique(key, return_inverse=True)
    length = np.bincount(start, minlength=pair.size)
    lowest = np.full(pair.size, np.inf)
    np.minimum.at(lowest, start, value)
    mean = np.bincount(start, value, pair.size) / np.maximum(length, 1)
    pairs = np.stack([pair >> 32, pair & 0xFFFFFFFF], axis=1).astype(np.int32)
    frame = GrainMap(cells, valid=grain_map.valid).touches_frame[1:]
    cut = Cut(area[1:].astype(float), frame, Borders(pairs, length, mean))
    smallest = np.bincount(grain_map.labels.ravel())[1:].min(initial=LARGEST_LEAST_PX)
    return FineCells(cut, bottom[1:], lowest, parent[1:] - 1, int(smallest)), strayed
