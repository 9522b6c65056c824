"""The borders that a model is least sure of, one after the other, as long as they are there."""

from dataclasses import dataclass, field, replace

import numpy as np

from segment.cells.borders import BorderPlaces, border_places, find_borders
from segment.grain_map import GrainMap


@dataclass(frozen=True, eq=False)
class UnsureBorder:
    """One border to be looked at."""

    confidence: float  #: share of borders of such a probability that are boundaries, 0 ... 1
    edges: np.ndarray  #: shape (k, 2, 2): start and step (rows, columns) of its pixel edges

    @property
    def middle(self) -> tuple[float, float]:
        """The edge nearest to the mean of all edges, as row and column."""
        points = self.edges[:, 0] + self.edges[:, 1] / 2
        nearest = np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()
        row, column = points[nearest]
        return float(row), float(column)


@dataclass(eq=False)
class UnsureBorders:
    """Walks the borders of a map, the least sure first; borders that edits took away are passed over."""

    places: BorderPlaces
    order: np.ndarray = field(init=False)  #: numbers of the borders, the least sure first
    at: int = -1  #: position in `order` of the border that is shown; -1 before the first

    def __post_init__(self) -> None:
        self.order = self.places.least_sure()

    def __len__(self) -> int:
        return int(self.order.size)

    def step(self, labels: np.ndarray, by: int = 1) -> UnsureBorder | None:
        """The next (or with ``by=-1`` the one before) border that is still there; None at the end."""
        at = self.at + by
        while 0 <= at < len(self):
            found = self.look(at, labels)
            if found is not None:
                return found
            at += by
        return None

    def look(self, at: int, labels: np.ndarray) -> UnsureBorder | None:
        """The border at a position, which is then the one shown; None where it is gone."""
        border = int(self.order[at])
        edges = self.places.edges(border, labels)
        if not len(edges):
            return None
        self.at = at
        return UnsureBorder(float(self.places.borders.confidence[border]), edges)


def unsure_borders(grain_map: GrainMap) -> UnsureBorders | None:
    """Borders of a map that carries a boundary probability; None for other maps.

    The confidence is the share of such borders that are boundaries, as measured for the model
    (`GrainMap.reliability`), else the mean probability along the border.
    """
    if grain_map.probability is None or grain_map.n_grains < 2:
        return None
    borders = find_borders(grain_map.labels, grain_map.probability)
    if grain_map.reliability is not None:
        borders = replace(borders, confidence=grain_map.reliability(borders.confidence))
    return UnsureBorders(border_places(grain_map.labels, borders))


def percent_picture(places: BorderPlaces, shape: tuple[int, ...]) -> np.ndarray:
    """Confidence in per cent, 1 ... 100, on the pixels beside borders; 0 elsewhere; uint8."""
    drawn = places.picture(shape)
    percent = np.rint(drawn * 100).astype(np.uint8)
    percent[(percent == 0) & (drawn > 0)] = 1
    return percent


def percent_now(labels: np.ndarray, at_first: np.ndarray) -> np.ndarray:
    """The picture of `percent_picture` for edited labels: joined borders are gone, drawn ones are sure.

    `labels`: the map, or a part of it, as it is now; `at_first`: `percent_picture` of the unedited map, or
    the same part of it.
    """
    beside = np.zeros(labels.shape, bool)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        meet = (labels[here] != labels[there]) & (labels[here] > 0) & (labels[there] > 0)
        beside[here] |= meet
        beside[there] |= meet
    return np.where(beside, np.where(at_first > 0, at_first, np.uint8(100)), np.uint8(0)).astype(np.uint8)
