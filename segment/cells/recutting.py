"""The same image cut into cells in several ways: other seed persistences, other probability levels.

Flooding again for every setting would cost seconds an image.  Instead the image is flooded once, at the seed
persistence of `segment.cells.border_merging`; every coarser cut is a grouping of those fine cells, found on
the graph of their borders: cells whose minimum lies less than the persistence below their lowest pass are
joined (the same rule as in `segment.cells.watershed`), and so are cells across borders below the probability
level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segment.cells.border_merging import HIGHEST, SEED_PERSISTENCE, join_by_image_level, join_weak
from segment.cells.borders import Borders, join_borders, walk_borders
from segment.cells.label_edges import joined_groups
from segment.grain_map import MIN_AREA_PX, GrainMap
from segment.segmentation import BY_HAND, FineCells

LARGEST_LEAST_PX = 5 * MIN_AREA_PX  #: the smallest cell of a map tells its least area up to here
NESTED_SHARE = 0.98  #: of the pixels; below, the labels were not cut from this probability


@dataclass(frozen=True, eq=False)
class Cut:
    """Cells of one cut and the borders between them."""

    area_px: np.ndarray  #: shape (n,)
    at_frame: np.ndarray  #: bool, shape (n,): cut by the frame or by the edge of the valid region
    borders: Borders  #: pairs of cells, numbered from 1
    parent: np.ndarray  #: int, shape (n,): cell of the map, from 0, that the first fine cell of each lies in

    @property
    def confidence(self) -> float:
        """Mean boundary probability along all borders; 1 where there is none."""
        return self.borders.mean_confidence(1.0)

    def joined(self, group: np.ndarray) -> Cut:
        """Cells united where `group`, int of shape (n,), numbered from 0 without gaps, is the same."""
        return Cut(
            np.bincount(group, self.area_px),
            np.bincount(group, self.at_frame) > 0,
            join_borders(self.borders, np.concatenate([[0], group + 1])),
            self.parent[np.unique(group, return_index=True)[1]],
        )


def fine_cells(grain_map: GrainMap) -> FineCells:
    """Fine cells within those of a map; where no probability divides these, they themselves."""
    if grain_map.probability is not None and grain_map.n_grains:
        fine = _flooded(grain_map, grain_map.probability)
        if fine is not None:
            return fine
    return replace(_survey(grain_map, grain_map.labels, _known(grain_map))[0], nested=False)


def all_cells(fine: FineCells) -> Cut:
    """The cut in which every fine cell stands by itself."""
    borders = Borders(fine.pairs, fine.length_px, fine.confidence.astype(np.float64))
    return Cut(fine.area_px.astype(np.float64), fine.at_frame, borders, fine.parent)


def as_in_map(fine: FineCells) -> Cut:
    """The cut that the map shows."""
    return all_cells(fine).joined(np.unique(fine.parent, return_inverse=True)[1])


def level_of(fine: FineCells) -> float:
    """Least mean probability along a border that these cells call for.

    `HIGHEST` where the map has no border below it: its grains stand apart, see `segment.cells.close`.
    """
    own = as_in_map(fine).borders.confidence
    if own.size and own.min() >= HIGHEST:
        return HIGHEST
    borders, size = all_cells(fine).borders, len(fine.bottom) + 1
    level = join_by_image_level(borders, size)[1]
    if own.size and own.min() < level:  # its grains differ in grey, see `segment.cells.border_merging`
        return join_by_image_level(borders, size, lambda *_: True)[1]
    return level


def cut_at(fine: FineCells, persistence: float, level: float) -> Cut:
    """The cut of another seed persistence and least mean probability along a border."""
    from segment.cells._cell_kernels import absorb
    from segment.cells.catchment import LEVELS

    n, whole = len(fine.bottom), all_cells(fine)
    if not fine.nested or n < 2 or not len(fine.pairs):
        return whole
    order = np.argsort(fine.lowest_pass, kind="stable")
    whatever_size = np.where(fine.bottom == BY_HAND, fine.least_px, 0)
    pairs, area = fine.pairs[order] - 1, np.maximum(fine.area_px, whatever_size).astype(np.int32)
    rise, bottom = (np.rint(v.astype(float) * (LEVELS - 1)) for v in (fine.lowest_pass[order], fine.bottom))
    depths = rise.astype(np.int64), bottom.astype(np.int32)  # as the flood has them: one loop compiled
    seed = absorb(pairs, *depths, area, max(round(persistence * (LEVELS - 1)), 1), fine.least_px)
    weak = join_weak(whole.borders, n + 1, level)[0][1:] - 1
    every = np.arange(n)
    return whole.joined(joined_groups(n, np.tile(every, 2), np.concatenate([seed, weak])))


def _known(grain_map: GrainMap) -> np.ndarray:
    """The probability, or 1 everywhere: a map without one is taken at its word."""
    if grain_map.probability is not None:
        return grain_map.probability
    return np.broadcast_to(np.float32(1), grain_map.labels.shape)


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
    from segment.cells._cell_kernels import survey_pixels

    area, bottom, parent, strayed = survey_pixels(cells, grain_map.labels, probability, n)
    borders, lowest = walk_borders(cells, probability)
    frame = GrainMap(cells, valid=grain_map.valid).touches_frame[1:]
    smallest = np.bincount(grain_map.labels.ravel())[1:].min(initial=LARGEST_LEAST_PX)
    fine = FineCells(
        area_px=area[1:].astype(np.int32),
        at_frame=frame,
        bottom=bottom[1:].astype(np.float32),
        parent=(parent[1:] - 1).astype(np.int32),
        pairs=borders.pairs,
        length_px=borders.length_px.astype(np.int32),
        confidence=borders.confidence.astype(np.float32),
        lowest_pass=lowest.astype(np.float32),
        least_px=int(smallest),
    )
    return fine, strayed
