"""Maps of one area, and fields that overlap, also turned or mirrored.

The latter are found by triangles of grains of equal sizes and distances.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from segment.cells.label_edges import on_edges
from segment.grain_map import GrainMap
from segment.micrograph.fingerprint import SameArea, fingerprint, same_areas

_LARGEST = 1000  #: grains of each field that are compared at most; the same least area holds for all fields
COMPARED = 60_000  #: grains of all fields together: some 10 s; judgement
_ALIKE = 0.15  #: difference of ln(area) of one grain seen twice; wider ones find overlaps where there is none
_SIDE = 0.1  #: mean diameters by which the distance of two grains may differ
_NEAR = 0.3  #: mean diameters by which the place of a grain may differ once the fields lie on one another
_TURN = np.radians(8.0)  #: by which triangles of one pair of fields may disagree
VOTES = 3  #: triangles that must agree on one place
_FEWEST = 6  #: grains that must have a partner
_AGREE = 0.5  #: share of the compared grains in the shared part that must have a partner
_INSET = 0.999  #: of a field's edges: OpenCV finds nothing shared by two that have an edge in common
SIGMAS = 5.0  #: above what the same fields give when moved by one grain, partners must be
LATTICE = 0.5  #: of the partners the moved fields may have; equal grains in rows have as many
_REPEATED = 2.0  #: triangles of its own field that one agrees with, from which they tell no place; judgement
_MOST_PAIRS = 150  #: candidate triangles of one pair of fields that are looked at
MOST_FIELDS = 150  #: fields of one sample: 11,000 pairs
TWICE = 0.5  #: share of a field from which it is no field of its own
MOST_NAMED = 6  #: pairs of a kind that are named; judgement: who has more looks at the images
SAME_AREA, SHARED = "the same area, counted once: ", "fields overlap, grains there count twice: "
SAME_BOUNDARIES = 0.7  #: correlation of boundary maps of one area, also when segmented twice


@dataclass(frozen=True, eq=False)
class Places:
    """Where the whole grains of a field lie."""

    centres: np.ndarray  #: shape (n, 2): along rows and columns, in any unit
    areas: np.ndarray  #: shape (n,): in that unit squared
    size: tuple[float, float]  #: height and width of the field


@dataclass(frozen=True)
class Overlap:
    """Two fields that show a part of the specimen both."""

    #: kept, other: their places in the sequence that was asked about; the larger field, else the first, is
    #: `kept`
    kept: int
    other: int
    share: float  #: of the smaller one, that both show


def overlapping(fields: Sequence[Places]) -> list[Overlap]:
    """All pairs of fields of one magnification that overlap; among more than `MOST_FIELDS` none is sought.

    Three neighbouring grains have three areas and three distances; by chance hardly any two triples agree in
    all six. Those of two fields that agree must say the same turn and shift, and then most grains of the
    shared part must have a partner.
    """
    usable = [k for k, field in enumerate(fields) if field.areas.size >= _FEWEST]
    if len(usable) < 2 or len(fields) > MOST_FIELDS:
        return []
    most = min(_LARGEST, COMPARED // len(usable))
    least = max(np.sort(fields[k].areas)[-most:][0] for k in usable)
    diameter = float(np.sqrt(4 / np.pi * np.median(np.concatenate([fields[k].areas for k in usable]))))
    large = {}
    for k in usable:
        kept = fields[k].areas >= least
        large[k] = Places(fields[k].centres[kept], fields[k].areas[kept], fields[k].size)
    found = []
    for (first, second), pairs in sorted(_alike(large, diameter).items()):
        share = _shared_part(large[first], large[second], pairs, diameter)
        if share > 0:
            larger = np.prod(fields[second].size) > np.prod(fields[first].size)
            found.append(Overlap(*((second, first) if larger else (first, second)), share))
    return found


def each_area_once(
    fields: Sequence[Places], names: Sequence[str], copies: Mapping[int, int] = MappingProxyType({})
) -> tuple[list[int], list[str]]:
    """Which fields are of their own, and what is said of the others.

    `names` are what the fields are called, `copies` known copies with the field that each is a copy of. Own
    are all but copies, crops, and fields of which another shows `TWICE` or more. Said is one sentence for
    each field that is left out, and for each pair that shares less; of more than `MOST_NAMED` of a kind, how
    many more there are.
    """
    once, shared = dict(copies), []
    others = [place for place in range(len(fields)) if place not in once]
    for found in overlapping([fields[place] for place in others]):
        kept, other = others[found.kept], others[found.other]
        if found.share >= TWICE:
            once.setdefault(other, kept)
        else:
            shared.append(f"{names[other]} and {names[kept]}, by {found.share:.0%}")
    same = [f"{names[copy]} and {names[first]}" for copy, first in sorted(once.items())]
    said = [*_named(SAME_AREA, same), *_named(SHARED, shared)]
    return [place for place in range(len(fields)) if place not in once], said


def _named(beginning: str, pairs: list[str]) -> list[str]:
    left = len(pairs) - MOST_NAMED
    shown = pairs if left <= 0 else [*pairs[:MOST_NAMED], f"{left} more {'pair' if left == 1 else 'pairs'}"]
    return [beginning + pair for pair in shown]


def _alike(fields: dict[int, Places], diameter: float) -> dict[tuple[int, int], np.ndarray]:
    """Triangles that agree, by pair of fields: grains of the one and of the other, shape (pairs, 2, 3)."""
    from scipy.spatial import cKDTree

    triangles = {k: _triangles(field) for k, field in fields.items()}
    described = {k: _described(fields[k], t, diameter) for k, t in triangles.items()}
    telling = [k for k, rows in described.items() if len(rows) and _alike_within(rows) < _REPEATED]
    if len(telling) < 2:
        return {}
    owner = np.repeat(telling, [len(triangles[k]) for k in telling])
    corners = np.concatenate([triangles[k] for k in telling])
    tree = cKDTree(np.concatenate([described[k] for k in telling]))
    near = np.sort(tree.query_pairs(1.0, p=np.inf, output_type="ndarray"), axis=1)
    near = near[owner[near[:, 0]] != owner[near[:, 1]]]
    key = owner[near[:, 0]] * MOST_FIELDS + owner[near[:, 1]]
    order = np.argsort(key, kind="stable")
    begin = np.flatnonzero(np.diff(key[order], prepend=-1))
    groups = [part for part in np.split(near[order], begin[1:]) if len(part) >= VOTES]
    return {
        (int(owner[part[0, 0]]), int(owner[part[0, 1]])): corners[part[:: -(-len(part) // _MOST_PAIRS)]]
        for part in groups
    }


def _alike_within(described: np.ndarray) -> float:
    """Triangles of the same field that each agrees with; many where grains stand in rows."""
    from scipy.spatial import cKDTree

    tree = cKDTree(described)
    return float(tree.count_neighbors(tree, 1.0, p=np.inf)) / len(described) - 1


def _triangles(field: Places) -> np.ndarray:
    """Neighbouring grains by threes, the largest first; int of shape (n, 3)."""
    from scipy.spatial import Delaunay, QhullError

    if field.areas.size < _FEWEST:
        return np.zeros((0, 3), int)
    try:
        corners = Delaunay(field.centres).simplices
    except QhullError:  # all on one line
        return np.zeros((0, 3), int)
    order = np.argsort(-field.areas[corners], axis=1)
    return np.take_along_axis(corners, order, axis=1)


def _described(field: Places, corners: np.ndarray, diameter: float) -> np.ndarray:
    """Areas and sides of triangles, in units of what one seen twice may differ by; shape (n, 6)."""
    at = field.centres[corners]
    sides = np.linalg.norm(at - np.roll(at, 1, axis=1), axis=2)
    return np.hstack([np.log(field.areas[corners]) / _ALIKE, sides / (_SIDE * diameter)])


def _shared_part(one: Places, other: Places, pairs: np.ndarray, diameter: float) -> float:
    """Share of the smaller field that both show; 0 where the triangles agree on no place."""
    for motion in _motions(one, other, pairs, diameter):
        for _ in range(2):
            nearest, same = _partners(one, other, motion, diameter)
            if same.sum() >= _FEWEST:
                motion = _fit(one.centres[same], other.centres[nearest[same]])
        share = _share_at(one, other, motion, diameter)
        if share > 0:
            return share
    return 0.0


Motion = tuple[np.ndarray, np.ndarray]  #: matrix and shift that bring the other field's places onto the first


def _motions(one: Places, other: Places, pairs: np.ndarray, diameter: float) -> Iterator[Motion]:
    """The place that most triangles agree on, not mirrored and mirrored."""
    for flip in (1.0, -1.0):
        corners = one.centres[pairs[:, 0]], other.centres[pairs[:, 1]] * (1.0, flip)
        a, b = (places @ np.array([1, 1j]) for places in corners)  # so that a turn is a factor
        same = _side_of(a) * _side_of(b) > 0
        a, b = a[same], b[same]
        if len(a) < VOTES:
            continue
        turn = (a[:, 1] - a[:, 0]) / (b[:, 1] - b[:, 0])
        turn /= np.abs(turn)
        apart = np.abs(np.angle(turn[:, None] / turn))
        middle_a, middle_b = a.mean(axis=1), b.mean(axis=1)
        away = middle_b - middle_b[:, None]
        # where each motion puts the middle of every other triangle, beside where that should lie
        far = np.abs(middle_a[:, None] + turn[:, None] * away - middle_a)
        agree = (apart < _TURN) & (far < _NEAR * diameter + _TURN / 2 * np.abs(away))
        best = int(agree.sum(axis=1).argmax())
        if agree[best].sum() >= VOTES:
            chosen = pairs[same][agree[best]]
            yield _fit(one.centres[chosen[:, 0]].reshape(-1, 2), other.centres[chosen[:, 1]].reshape(-1, 2))


def _side_of(corners: np.ndarray) -> np.ndarray:
    """On which side the third corner lies."""
    sides = (corners[:, 1] - corners[:, 0]).conj() * (corners[:, 2] - corners[:, 0])
    return np.sign(sides.imag)


def _fit(a: np.ndarray, b: np.ndarray) -> Motion:
    """Turn, mirroring and shift by which `b` lies best on `a` (Kabsch, Acta Cryst. A32, 1976, 922)."""
    middle_a, middle_b = a.mean(axis=0), b.mean(axis=0)
    u, _, v = np.linalg.svd((a - middle_a).T @ (b - middle_b))
    matrix = u @ v
    return matrix, middle_a - matrix @ middle_b


def _partners(one: Places, other: Places, motion: Motion, diameter: float) -> tuple[np.ndarray, np.ndarray]:
    """For each grain of the first field the nearest of the other, and whether both are one grain."""
    from scipy.spatial import cKDTree

    put = other.centres @ motion[0].T + motion[1]
    far, nearest = cKDTree(put).query(one.centres)
    alike = np.abs(np.log(one.areas) - np.log(other.areas[nearest])) < 2 * _ALIKE
    return nearest, (far < _NEAR * diameter) & alike


def _share_at(one: Places, other: Places, motion: Motion, diameter: float) -> float:
    """Share of the smaller field that both show by `motion`; 0 without enough partners."""
    corners = [np.array([[0, 0], [0, w], [h, w], [h, 0]], float) for h, w in (one.size, other.size)]
    put = (corners[1] * _INSET + (1 - _INSET) * corners[1].mean(axis=0)) @ motion[0].T + motion[1]
    shared, region = cv2.intersectConvexConvex(corners[0].astype(np.float32), put.astype(np.float32))
    if not shared or region is None:
        return 0.0
    inside = np.array(
        [cv2.pointPolygonTest(region, tuple(at), True) > diameter / 2 for at in one.centres.tolist()]
    )
    same = _partners(one, other, motion, diameter)[1] & inside
    n, n_same = int(inside.sum()), int(same.sum())
    if n_same < max(_FEWEST, _AGREE * n):
        return 0.0
    by_chance = n * _by_chance(one, other, motion, inside, diameter)
    if n_same < max(by_chance / LATTICE, by_chance + SIGMAS * np.sqrt(by_chance)):
        return 0.0
    return float(shared / min(np.prod(one.size), np.prod(other.size)))


def _by_chance(one: Places, other: Places, motion: Motion, inside: np.ndarray, diameter: float) -> float:
    """Share of partners when the other field is moved on by one grain: of grains in rows it is large."""
    steps = one.centres[inside][:, None] - one.centres[inside][None]
    length = np.linalg.norm(steps, axis=2)
    next_to = steps[(length > 0.5 * diameter) & (length < 2 * diameter)][:: max(1, inside.sum() // 8)][:24]
    moved = [_partners(one, other, (motion[0], motion[1] + step), diameter)[1] & inside for step in next_to]
    return float(np.mean([m.sum() for m in moved]) / inside.sum()) if moved else 0.0


def same_maps(maps: Sequence[GrainMap]) -> list[SameArea]:
    """All pairs of grain maps that show one area: equal cells, or boundaries in the same places."""
    drawn = [fingerprint(on_edges(one.labels).astype(np.uint8) * 255, one.valid) for one in maps]
    return same_areas(drawn, SAME_BOUNDARIES)
