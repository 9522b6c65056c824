"""The largest current through a 3-D grain map: maximum flow over the areas of the grains' faces.

Grains are joined by faces that carry their area times what the law gives them; one side of the volume is the
source and the opposite one the sink.  The faces of voxels hold half as much area again as the surface they
stand for, so that areas are taken from their projections.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse import csgraph

from grainstats.infer.current.draws import Carriers, DrawSource, is_coarse
from grainstats.infer.current.law import Law
from grainstats.infer.current.result import CurrentEstimate, DirectionEstimate
from segment.cells.borders import pair_key
from segment.errors import InputError

_DRAWS = 50  #: as for maps, fewer: a maximum flow in 3-D takes seconds
_GRAINS_ACROSS = 10  #: fewer cross-sections read high: a warning; judgement
CAPACITY = 1 << 20  #: whole-number capacity of the largest face
_MOST = 1 << 30  #: through all faces of one side; scipy's solver counts in 32 bits

PATCH = 8  #: voxels; a face is taken as plane within blocks of this edge, and its area there is exact


def volume_current(
    labels: np.ndarray,
    law: Law,
    *,
    voxel_zyx: tuple[float, float, float] = (1.0, 1.0, 1.0),
    draws: int | None = None,
    seed: int = 0,
) -> CurrentEstimate:
    """Limiting current of a 3-D network along x, y and z, of `labels` (planes, rows, columns), 0 for pores.

    x runs along columns, y along rows, z through the planes.  Only the ratios of a voxel's edges matter, but
    for `threshold_nm`, which takes them as nanometres.  There are 50 draws, or one where nothing is left to
    chance; `maps` of the estimate is empty.

    `InputError`: not a volume of labels; a grain that reaches from side to side; a law with limited grains or
    with measured misorientations.
    """
    whole = checked_labels(labels, 3)
    if law.j_grain is not None:
        raise InputError("j_grain", "in a volume grains are taken to carry any current", "Leave j_grain out")
    edge = np.asarray(voxel_zyx, float)
    faces = face_areas(whole, edge)
    if law.needs_classes:
        size = np.bincount(whole.ravel()) * float(np.prod(edge)) * (np.arange(whole.max() + 1) > 0)
        faces = replace(faces, coarse=is_coarse(np.cbrt(6 / np.pi * size), size, law))
    source = DrawSource(faces, law)
    n = 1 if not source.varies else (_DRAWS if draws is None else draws)
    found, mean = np.empty((n, 3)), np.empty(n)
    for k in range(n):
        boundary, mean[k] = source.draw(np.random.default_rng([seed, k]))
        found[k] = [_through(whole, faces, boundary, axis, edge) for axis in (2, 1, 0)]
    across = {name: grains_across(whole, axis) for name, axis in (("x", 2), ("y", 1), ("z", 0))}
    warnings = tuple(
        f"only {value:.0f} grains lie across the volume along {name}: so small, it reads high and scatters"
        for name, value in across.items()
        if value < _GRAINS_ACROSS
    )
    directions = {name: DirectionEstimate.of_draws(found[:, at], mean) for at, name in enumerate("xyz")}
    return CurrentEstimate(directions, across, 0.0, law, warnings=warnings)


def face_areas(labels: np.ndarray, edge: ArrayLike = (1.0, 1.0, 1.0)) -> Carriers:
    """Pairs of touching grains 1 ... n, and the area between them in the unit of `edge` squared, (z, y, x).

    The voxel faces of a plane patch, counted by direction and side, are its area projected along the three
    axes; the area is the length of that vector.
    """
    edges = np.asarray(edge, float)
    voxel_face = np.prod(edges) / edges
    found = [_voxel_faces(labels, axis) for axis in range(3)]
    pair, patch = (np.concatenate([f[k] for f in found]) for k in (0, 1))
    unique, index = np.unique(pair, return_inverse=True)
    n_patches = int(patch.max(initial=0)) + 1
    patches, at = np.unique(index * n_patches + patch, return_inverse=True)
    projected = np.zeros((3, patches.size))
    first = 0
    for axis, (_, _, side) in enumerate(found):
        projected[axis] = voxel_face[axis] * np.bincount(at[first : first + side.size], side, patches.size)
        first += side.size
    area = np.bincount(patches // n_patches, np.linalg.norm(projected, axis=0), unique.size)
    pairs = np.column_stack([unique >> 32, unique & 0xFFFFFFFF])
    return Carriers(pairs, area, None, None, None, np.full(int(labels.max()) + 1, np.inf))


def _voxel_faces(labels: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair, patch and side (+1: the smaller label comes first) of each voxel face across an axis."""
    n = labels.shape[axis]
    here, there = (np.take(labels, np.arange(a, b), axis) for a, b in ((0, n - 1), (1, n)))
    place = np.nonzero((here != there) & (here > 0) & (there > 0))
    a, b = here[place], there[place]
    blocks = [size // PATCH + 1 for size in labels.shape]
    patch = np.ravel_multi_index([p // PATCH for p in place], blocks)
    return pair_key(a, b), patch, np.where(a < b, 1.0, -1.0)


def _through(labels: np.ndarray, faces: Carriers, boundary: np.ndarray, axis: int, edge: np.ndarray) -> float:
    """Maximum flow along an axis over the cross-section, in units of j0."""
    first, last = (np.unique(np.take(labels, at, axis)) for at in (0, -1))
    first, last = first[first > 0], last[last > 0]
    if np.intersect1d(first, last).size:
        raise InputError(
            "volume", "a grain reaches from side to side: nothing limits the current", "Use a larger volume"
        )
    capacity = boundary * faces.length
    flow = maximum_flow(faces.pairs, capacity, first, last)
    extent = np.array(labels.shape) * edge
    section = float(np.prod(extent) / extent[axis])
    return flow / section


def maximum_flow(pairs: np.ndarray, capacity: np.ndarray, first: np.ndarray, last: np.ndarray) -> float:
    """Largest flow from the grains `first` to the grains `last`, in either direction through each face.

    `capacity`, shape (m,), is that of the face between the labels `pairs`, shape (m, 2), 1 or more.  Exact to
    1e-6 of the largest face for each face of the smallest cut.
    """
    largest = float(capacity.max(initial=0.0))
    if largest <= 0 or not first.size or not last.size:
        return 0.0
    n = int(max(pairs.max(), first.max(), last.max())) + 1
    node = np.arange(n)
    source, sink = 0, n
    node[first], node[last] = source, sink
    a, b = node[pairs[:, 0]], node[pairs[:, 1]]
    inner = a != b
    a, b, carried = a[inner], b[inner], capacity[inner]
    through = max(carried[(a == side) | (b == side)].sum() for side in (source, sink))
    scale = min(CAPACITY / largest, _MOST / max(through, largest))
    whole = np.rint(carried * scale).astype(np.int64)
    both = sparse.coo_array(
        (np.tile(whole, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n + 1, n + 1)
    )
    graph = sparse.csr_matrix(both.astype(np.int32))
    return int(csgraph.maximum_flow(graph, source, sink).flow_value) / scale


def checked_labels(labels: np.ndarray, ndim: int) -> np.ndarray:
    """Labels 1 ... n in the order of their values, int32; 0 stays 0.

    `InputError`: they are no labels of `ndim` dimensions.
    """
    labels = np.asarray(labels)
    small = min(labels.shape, default=0) < (2 if ndim == 3 else 1)
    if labels.ndim != ndim or labels.dtype.kind not in "iub" or small or labels.min() < 0:
        reason = f"{labels.dtype} of shape {labels.shape}: no labels in {ndim}-D"
        raise InputError("volume" if ndim == 3 else "labels", reason, "Give whole numbers >= 0")
    values, index = np.unique(labels, return_inverse=True)
    return (index.reshape(labels.shape) + (0 if values[0] == 0 else 1)).astype(np.int32)


def grains_across(labels: np.ndarray, axis: int) -> float:
    """Grains that a line along an axis meets, mean over the lines of pixels or voxels."""
    moved = np.moveaxis(labels, axis, -1)
    starts = (moved[..., 1:] != moved[..., :-1]) & (moved[..., 1:] > 0)
    lines = (moved > 0).any(axis=-1).sum()
    return float((starts.sum() + (moved[..., 0] > 0).sum()) / max(lines, 1))
