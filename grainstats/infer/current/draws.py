"""One draw of what every boundary and every grain of a map carries."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from grainstats.infer.current.cut_graph import CutGraph
from grainstats.infer.current.law import Law, Texture
from segment.cells.borders import find_borders, pair_key
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.orientation import CrystalPhase, misorientation_of_pairs
from segment.orientation.misorientation import disorientation
from segment.orientation.quaternions import multiply


@dataclass(frozen=True, eq=False)
class Carriers:
    """The boundaries of a map as pairs of grains, and what is known of them."""

    pairs: np.ndarray  #: int, shape (p, 2): labels of the grains on both sides, each pair once
    length: np.ndarray  #: shape (p,): pixels; of a volume the area of their face
    angle_deg: np.ndarray | None  #: shape (p,): measured misorientation, NaN where there is none
    confidence: np.ndarray | None  #: shape (p,): chance that it is a boundary at all
    coarse: np.ndarray | None  #: bool, shape (n_grains + 1,): by label
    grain_share: np.ndarray  #: shape (n_grains + 1,): what each grain carries over j0: inf without limit


class DrawSource:
    """Draws from a law; the same generator state gives the same draw.

    `InputError`: the law wants misorientations that nothing gives.
    """

    def __init__(self, carriers: Carriers, law: Law) -> None:
        self.carriers, self.law = carriers, law
        self._angles = _angle_source(carriers, law)

    @property
    def varies(self) -> bool:
        """Whether two draws can differ."""
        c, law = self.carriers, self.law
        doubtful = c.confidence is not None and bool((c.confidence < 1).any())
        drawn = law.needs_angles and (
            c.angle_deg is None or law.source == "random" or bool(np.isnan(c.angle_deg).any())
        )
        return doubtful or drawn or law.scatter_sigma > 0 or 0 < law.blocked_share < 1

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """What every pair carries per length over j0, and the mean of that over the length of all boundaries.

        Shape (p,); inf where the draw takes a pair for no boundary.
        """
        c, law = self.carriers, self.law
        p = len(c.pairs)
        share = law.share_at(self._angles(rng)) if law.needs_angles else np.ones(p)
        if law.needs_classes and c.coarse is not None:
            share *= np.array([law.fine_fine, law.fine_coarse, law.coarse_coarse])[
                c.coarse[c.pairs].sum(axis=1)
            ]
        if law.scatter_sigma:
            share *= np.exp(law.scatter_sigma * rng.standard_normal(p) - law.scatter_sigma**2 / 2)
        if law.blocked_share:
            share = np.where(rng.random(p) < law.blocked_share, 0.0, share)
        real = np.ones(p, bool) if c.confidence is None else rng.random(p) < c.confidence
        length = c.length[real]
        mean = float(np.average(share[real], weights=length)) if length.sum() > 0 else float("nan")
        return np.where(real, share, np.inf), mean


def _angle_source(carriers: Carriers, law: Law) -> Callable[[np.random.Generator], np.ndarray]:
    """How misorientations are found: measured, drawn, or measured with the unknown ones drawn."""
    measured = carriers.angle_deg if law.source != "random" else None
    if measured is None and law.needs_angles and (law.source == "map" or law.laue is None):
        raise InputError(
            "law",
            "it depends on misorientations, and the map carries none",
            'Give an orientation map, or [misorientation] source = "random" with laue',
        )
    laue, n = law.laue, carriers.grain_share.size

    def drawn(rng: np.random.Generator) -> np.ndarray:
        assert laue is not None
        q = random_orientations(n, law.texture, law.spread_deg, rng)[carriers.pairs]
        return disorientation(q[:, 0], q[:, 1], CrystalPhase(1, "drawn", laue))

    if measured is None:
        return drawn
    unknown = np.isnan(measured)
    if not unknown.any():
        return lambda rng: measured
    if laue is None:
        # across phases, or beside an unindexed grain: as good as any large angle
        return lambda rng: np.where(unknown, 180.0, measured)
    return lambda rng: np.where(unknown, drawn(rng), measured)


def random_orientations(n: int, texture: Texture, spread_deg: float, rng: np.random.Generator) -> np.ndarray:
    """Unit quaternions drawn from a texture of `Law`, shape (n, 4).

    `spread_deg` is the standard deviation of the tilt about each axis, without effect on "random".
    """
    if texture == "random":
        q = rng.standard_normal((n, 4))
        return q / np.linalg.norm(q, axis=1, keepdims=True)
    tilt = np.radians(spread_deg) * rng.standard_normal((n, 3))
    turn = np.zeros((n, 4))
    turn[:, 0] = 1.0
    if texture == "fibre":
        tilt[:, 2] = 0.0
        half = rng.random(n) * np.pi
        turn[:, 0], turn[:, 3] = np.cos(half), np.sin(half)
    return multiply(turn, np.roll(Rotation.from_rotvec(tilt).as_quat(), 1, axis=1))


def carriers_of(graph: CutGraph, grain_map: GrainMap, law: Law) -> tuple[Carriers, np.ndarray]:
    """Pairs of grains of a graph; the pair of each of its pieces, shape (m,), -1 at pores and in grains."""
    boundary = (graph.grains > 0).all(axis=1) & (graph.grains[:, 0] != graph.grains[:, 1])
    unique, index = np.unique(pair_key(*graph.grains[boundary].T), return_inverse=True)
    pairs = np.column_stack([unique >> 32, unique & 0xFFFFFFFF])
    pair_of_edge = np.full(len(boundary), -1)
    pair_of_edge[boundary] = index
    length = np.bincount(index, graph.length[boundary], len(pairs))
    area = np.bincount(grain_map.labels[grain_map.labels > 0].ravel(), minlength=grain_map.n_grains + 1)
    known = law.needs_angles and grain_map.orientations is not None
    carriers = Carriers(
        pairs,
        length,
        misorientation_of_pairs(grain_map, pairs) if known else None,
        _confidence(grain_map, pairs),
        _coarse(area, grain_map.pixel_size_nm, law) if law.needs_classes else None,
        grain_shares(pairs, length, area, law),
    )
    return carriers, pair_of_edge


def grain_shares(pairs: np.ndarray, length: np.ndarray, area: np.ndarray, law: Law) -> np.ndarray:
    """What each grain carries over j0, by label.

    Pinning by boundaries: in proportion to the grain's own boundary length per area; the mean over the area
    of the map is `k`.  `pairs` and `length` are those of `Carriers`; `area` is by label.
    """
    if law.j_grain is None:
        return np.full(area.size, np.inf)
    if law.j_grain != "pinning":
        return np.full(area.size, float(law.j_grain) / law.j0)
    assert law.k is not None
    # a boundary belongs half to each side
    half = (np.bincount(pairs[:, 0], length, area.size) + np.bincount(pairs[:, 1], length, area.size)) / 2
    inside = area[1:].sum()
    density = np.divide(half, area, out=np.zeros(area.size), where=area > 0)
    return law.k * density * inside / half.sum() if half.sum() > 0 else np.zeros(area.size)


def _confidence(grain_map: GrainMap, pairs: np.ndarray) -> np.ndarray | None:
    """Calibrated chance of each pair's boundary; None where none was measured."""
    if grain_map.probability is None or grain_map.reliability is None:
        return None
    borders = find_borders(grain_map.labels, grain_map.probability)
    key, wanted = pair_key(*borders.pairs.T), pair_key(*pairs.T)
    at = np.minimum(np.searchsorted(key, wanted), max(key.size - 1, 0))
    known = key[at] == wanted if key.size else np.zeros(len(wanted), bool)
    sure = grain_map.reliability(borders.confidence)
    return np.where(known, sure[at] if key.size else 1.0, 1.0)


def _coarse(area: np.ndarray, pixel_size_nm: float | None, law: Law) -> np.ndarray:
    """Which grains are coarse, by label; of a plane map."""
    if law.threshold_nm is not None and pixel_size_nm is None:
        raise InputError("threshold_nm", "the map has no pixel size", "Give the pixel size, or leave it out")
    return is_coarse(np.sqrt(4 / np.pi * area) * (pixel_size_nm or 1.0), area, law)


def is_coarse(diameter: np.ndarray, size: np.ndarray, law: Law) -> np.ndarray:
    """Which grains are coarse, by label.

    `diameter` is in nanometres where the law gives a threshold; `size`, area or volume, weighs each grain
    where two classes are parted, and is 0 for no grain.
    """
    present = size > 0
    limit = law.threshold_nm
    if limit is None:
        limit = float(np.exp(_otsu(np.log(diameter[present]), size[present].astype(float))))
    return np.asarray(diameter >= limit)


def _otsu(value: np.ndarray, weight: np.ndarray) -> float:
    """The value that parts two classes with the largest variance between them (Otsu 1979)."""
    order = np.argsort(value)
    v, w = value[order], weight[order]
    below, total = np.cumsum(w)[:-1], w.sum()
    sum_below = np.cumsum(w * v)[:-1]
    if below.size == 0:
        return float(v[0]) if v.size else 0.0
    above = np.maximum(total - below, 1e-12)
    apart = sum_below / below - ((w * v).sum() - sum_below) / above
    at = int(np.argmax(below * above * apart**2))
    return float((v[at] + v[at + 1]) / 2)
