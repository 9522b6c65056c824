"""Blocks of a window: the units that intervals resample."""

from dataclasses import dataclass

import numpy as np

from grainstats.measure.window import Window

GRAINS_PER_SIDE = 4.0  #: width of a block in mean grain sizes
FEWEST_PER_SIDE = 3.0  #: the same where an image has room for two blocks only
MOST_PER_SIDE = 8  #: 64 blocks; more do not make intervals better


@dataclass(frozen=True)
class BlockGrid:
    """A rectangular grid of blocks over one window."""

    window: Window
    rows: int
    columns: int

    @property
    def n_blocks(self) -> int:
        return self.rows * self.columns

    def block_of(self, y_px: np.ndarray, x_px: np.ndarray) -> np.ndarray:
        """Block number of points, int of the points' shape."""
        w = self.window
        row = np.floor((y_px + 0.5 - w.y0) / max(w.height, 1) * self.rows).astype(np.int64)
        column = np.floor((x_px + 0.5 - w.x0) / max(w.width, 1) * self.columns).astype(np.int64)
        return np.clip(row, 0, self.rows - 1) * self.columns + np.clip(column, 0, self.columns - 1)


def grid_for(window: Window, n_grains: int) -> BlockGrid:
    """Blocks at least four mean grain sizes wide (three in small images), at most `MOST_PER_SIDE` a side."""
    if n_grains == 0 or window.grain_area_px2 == 0:
        return BlockGrid(window, 1, 1)
    size = float(np.sqrt(window.grain_area_px2 / n_grains))
    return BlockGrid(window, _blocks_along(window.height / size), _blocks_along(window.width / size))


def _blocks_along(grains: float) -> int:
    """Number of blocks along a side that is so many mean grain sizes long."""
    if grains < 2 * GRAINS_PER_SIDE:
        return 2 if grains >= 2 * FEWEST_PER_SIDE else 1
    return int(min(grains / GRAINS_PER_SIDE, MOST_PER_SIDE))
