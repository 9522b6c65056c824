"""Grains of a label volume with their sizes, surfaces and neighbours."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import ndimage

from grainstats.measure.volume._interface_kernels import (
    corner_groups,
    interfaces,
    triple_edges,
    window_offsets,
)
from grainstats.measure.volume.directions import LineCounts, count_lines
from segment.volume.stack import LabelVolume, VoxelSize

GRAINS_PER_BLOCK = 3.0  #: width of a block in mean grain sizes
MOST_BLOCKS = 6  #: along one axis
LINE_STAIRS = 1.5  #: mean of |cos| summed over three axes: how much longer a line of voxel edges is


@dataclass(frozen=True, eq=False)
class VolumeMeasurement:
    """What is measured of a label volume, before it is summarised."""

    shape: tuple[int, int, int]  #: (slices, rows, columns)
    voxel_size: VoxelSize
    #: one row a grain: ``label, volume_nm3, equivalent_diameter_nm, surface_nm2, sphericity, faces,
    #: touches_frame, weight`` (Miles-Lantuejoul; 0 at the frame) and its centre ``z_nm, y_nm, x_nm``
    grains: pd.DataFrame
    #: one row for every two grains that share a face: ``label_a, label_b, area_nm2``
    neighbours: pd.DataFrame
    block: np.ndarray  #: int, shape (n,): block of each grain, for intervals
    block_area_nm2: np.ndarray  #: shape (n_blocks, 2): interface between grains, and of grains with no grain
    block_volume_nm3: np.ndarray  #: shape (n_blocks,)
    triple_line_nm: float  #: length of the lines on which three grains meet
    quadruple_points: int  #: every four grains that meet anywhere count once
    lines: LineCounts

    @property
    def volume_nm3(self) -> float:
        return float(np.prod(self.shape)) * self.voxel_size.volume


def measure_volume(volume: LabelVolume) -> VolumeMeasurement:
    """Measure all grains of a volume and the surfaces, lines and points in which they meet.

    The area of an interface is the sum of its voxel faces, each times the cosine between the face and the
    interface; the interface's normal is found from the two grains' voxels within 2.6 voxels of the face.
    Voxel faces alone are 50 % more than a surface of all directions.

    Parameters
    ----------
    volume : LabelVolume

    Examples
    --------
    >>> from segment.volume.stack import LabelVolume, VoxelSize
    >>> z, y, x = np.ogrid[:40, :40, :40]
    >>> ball = ((z - 20) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 < 15**2).astype(np.int32)
    >>> found = measure_volume(LabelVolume(ball, VoxelSize(10, 10, 10), np.array([0, 1])))
    >>> round(float(found.grains.surface_nm2[0]) / (4 * np.pi * 150**2), 1)
    1.0
    """
    labels, n = volume.labels, volume.n_grains
    edge = np.array(volume.voxel_size.zyx, float)
    voxels, centre, box = voxels_and_boxes(labels, n)
    blocks = blocks_along(labels.shape, int(voxels[1:].sum()), n)
    keys, values, by_block = interfaces(labels, edge, window_offsets(), blocks)
    a, b = (keys >> 32).astype(np.int64), (keys & 0xFFFFFFFF).astype(np.int64)
    surface = np.bincount(a, values[:, 0], n + 1) + np.bincount(b, values[:, 0], n + 1)
    pair = a > 0
    faces = np.bincount(a[pair], minlength=n + 1) + np.bincount(b[pair], minlength=n + 1)
    grains = _table(volume, voxels, centre, box, surface, faces)
    return VolumeMeasurement(
        shape=labels.shape,
        voxel_size=volume.voxel_size,
        grains=grains,
        neighbours=pd.DataFrame(
            {"label_a": volume.names[a[pair]], "label_b": volume.names[b[pair]], "area_nm2": values[pair, 0]}
        ).sort_values(["label_a", "label_b"], ignore_index=True),
        block=block_of(centre[1:], labels.shape, blocks),
        block_area_nm2=by_block,
        block_volume_nm3=_block_voxels(labels.shape, blocks) * volume.voxel_size.volume,
        triple_line_nm=_triple_line(labels, edge),
        quadruple_points=len(np.unique(corner_groups(labels), axis=0)),
        lines=count_lines(labels, edge),
    )


def voxels_and_boxes(labels: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By label: voxels (n + 1,), their mean index (n + 1, 3) and box (n + 1, 6: first, then last z, y, x)."""
    voxels, total, box = np.zeros(n + 1, np.int64), np.zeros((n + 1, 3)), np.zeros((n + 1, 6), int)
    rows, columns = (index.ravel().astype(float) for index in np.indices(labels.shape[1:]))
    for z, image in enumerate(labels):  # no temporary of the volume's size
        seen = image.ravel()
        count = np.bincount(seen, minlength=n + 1)
        voxels += count
        for axis, weight in ((1, rows), (2, columns)):
            total[:, axis] += np.bincount(seen, weight, n + 1)
        total[:, 0] += z * count
    for label, where in enumerate(ndimage.find_objects(labels), 1):
        if where is not None:  # a number that no voxel has
            box[label] = *(s.start for s in where), *(s.stop - 1 for s in where)
    return voxels, total / np.maximum(voxels, 1)[:, None], box


def _table(
    volume: LabelVolume,
    voxels: np.ndarray,
    centre: np.ndarray,
    box: np.ndarray,
    surface: np.ndarray,
    faces: np.ndarray,
) -> pd.DataFrame:
    """One row a grain."""
    shape, edge = np.array(volume.labels.shape), np.array(volume.voxel_size.zyx, float)
    frame = (box[1:, :3] == 0).any(axis=1) | (box[1:, 3:] == shape - 1).any(axis=1)
    extent = box[1:, 3:] - box[1:, :3] + 1
    room = np.prod(1 - extent / shape, axis=1)
    size = voxels[1:] * volume.voxel_size.volume
    middle = (centre[1:] + 0.5) * edge
    with np.errstate(divide="ignore", invalid="ignore"):
        sphericity = np.pi ** (1 / 3) * (6 * size) ** (2 / 3) / surface[1:]
        weight = np.where(frame, 0.0, 1 / room)
    return pd.DataFrame(
        {
            "label": volume.names[1:],
            "volume_nm3": size,
            "equivalent_diameter_nm": np.cbrt(6 / np.pi * size),
            "surface_nm2": surface[1:],
            "sphericity": np.where(frame, np.nan, sphericity),
            "faces": faces[1:],
            "touches_frame": frame,
            "weight": weight,
            "z_nm": middle[:, 0],
            "y_nm": middle[:, 1],
            "x_nm": middle[:, 2],
        }
    )


def blocks_along(shape: tuple[int, ...], voxels: int, n: int) -> np.ndarray:
    """Blocks along each axis: some grains wide, two where there is hardly room for it."""
    if n == 0 or voxels == 0:
        return np.ones(3, np.int64)
    across = np.array(shape) / np.cbrt(voxels / n)
    wide = np.clip(across / GRAINS_PER_BLOCK, 1, MOST_BLOCKS).astype(np.int64)
    return np.where((wide == 1) & (across >= GRAINS_PER_BLOCK), 2, wide)


def block_of(index: np.ndarray, shape: tuple[int, ...], blocks: np.ndarray) -> np.ndarray:
    """Block number of points given as voxel indices, shape (n,)."""
    place = np.clip((index * blocks / np.array(shape)).astype(np.int64), 0, blocks - 1)
    return (place[:, 0] * blocks[1] + place[:, 1]) * blocks[2] + place[:, 2]


def _block_voxels(shape: tuple[int, ...], blocks: np.ndarray) -> np.ndarray:
    """Voxels of each block, shape (n_blocks,)."""
    z, y, x = (np.bincount(np.arange(n) * b // n, minlength=b) for n, b in zip(shape, blocks, strict=True))
    return (z[:, None, None] * y[None, :, None] * x[None, None, :]).ravel().astype(float)


def _triple_line(labels: np.ndarray, edge: np.ndarray) -> float:
    """Length of the triple lines, from the voxel edges along each axis."""
    along = triple_edges(labels)
    shape = np.array(labels.shape)
    layers = np.array([shape[[1, 2]], shape[[0, 2]], shape[[0, 1]]])
    whole = np.prod(layers / np.maximum(layers - 1, 1), axis=1)
    return float((along * edge * whole).sum() / LINE_STAIRS)
