"""Local spacing: the mean intercept as a map, so that coarse and fine regions can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.measure.network.graph import BoundaryNetwork
from grainstats.measure.window import labels_with_hidden
from segment.grain_map import GrainMap

KERNEL_IN_GRAINS = 1.5  #: SD of the window, in mean grain sizes
CELLS_PER_KERNEL = 4  #: points of the map per SD; finer shows nothing more


@dataclass(frozen=True, eq=False)
class SpacingMap:
    """Local mean intercept on a coarse grid.

    Attributes
    ----------
    spacing : ndarray of float32, shape (rows, columns)
        Local mean intercept, in `unit`; NaN where no boundary or no grain is near.
    step_px : int
        Edge of a cell of the grid; cell (i, j) covers pixels i * step_px ... (i + 1) * step_px - 1.
    kernel_px : float
        Standard deviation of the Gaussian that averages.
    unit : str
    """

    spacing: np.ndarray
    step_px: int
    kernel_px: float
    unit: str


def spacing_map(
    grain_map: GrainMap, network: BoundaryNetwork, *, kernel_px: float | None = None
) -> SpacingMap:
    """Mean intercept around each place: pi / 2 * grain area / boundary length under a Gaussian.

    Parameters
    ----------
    grain_map : GrainMap
    network : BoundaryNetwork
        Of the same map; its unit is the unit of the result.
    kernel_px : float, optional
        Standard deviation of the Gaussian; 1.5 mean grain sizes by default.
    """
    from scipy import ndimage

    labels = labels_with_hidden(grain_map)
    if kernel_px is None:
        kernel_px = KERNEL_IN_GRAINS * float(np.sqrt(labels.size / max(grain_map.n_grains, 1)))
    step = max(1, int(kernel_px / CELLS_PER_KERNEL))
    length, area = _length_in_cells(network, labels.shape, step), _grains_in_cells(labels, step)
    sigma = kernel_px / step
    length, area = (ndimage.gaussian_filter(v, sigma, mode="constant") for v in (length, area))
    known = (length > 1e-3 * length.max(initial=0)) & (area > 1e-3 * area.max(initial=0))
    spacing = np.full(length.shape, np.nan, np.float32)
    spacing[known] = np.pi / 2 * area[known] / length[known] * network.pixel_size
    return SpacingMap(spacing, step, kernel_px, network.unit)


def _length_in_cells(network: BoundaryNetwork, shape: tuple[int, int], step: int) -> np.ndarray:
    """Boundary length (grain and phase) in each cell of the grid, pixels."""
    rows, columns = -(-shape[0] // step), -(-shape[1] // step)
    real = (network.segments["kind"] != "frame").to_numpy()[network.edge_segment]
    a, b = (network.position[network.edge[real, k]] for k in (0, 1))
    y, x = ((a + b) / 2 + 0.5).T // step
    cell = np.clip(y, 0, rows - 1).astype(np.int64) * columns + np.clip(x, 0, columns - 1).astype(np.int64)
    return np.bincount(cell, np.hypot(*(b - a).T), rows * columns).reshape(rows, columns)


def _grains_in_cells(labels: np.ndarray, step: int) -> np.ndarray:
    """Pixels with a grain in each cell of the grid."""
    rows, columns = -(-labels.shape[0] // step), -(-labels.shape[1] // step)
    out = np.zeros((rows, columns))
    starts = np.arange(0, labels.shape[1], step)
    for i in range(rows):
        strip = labels[i * step : (i + 1) * step] > 0
        out[i] = np.add.reduceat(strip.sum(axis=0, dtype=np.int64), starts)
    return out
