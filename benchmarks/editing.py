"""Edits of a label map by hand, 4096 x 4096 with about 4,000 cells: what the napari plugin waits for."""

from __future__ import annotations

import numpy as np

from segment.cells.borders import border_places, find_borders
from segment.cells.editing import cut_cell, draw_boundary, join_cells, take_out
from segment.mosaics.laguerre import laguerre_section

SIDE, CELL_PX = 4096, 65


class Edits:
    """Each edit with the pixels that it changes."""

    timeout = 300

    def setup(self) -> None:
        mosaic = laguerre_section((SIDE, SIDE), CELL_PX, 0.3, np.random.default_rng(0))
        self.labels = mosaic.grain_map(1.0).labels
        middle = SIDE / 2
        self.long = np.array([[middle, middle], [middle + 90, middle + 40]])
        self.short = np.array([[middle, middle], [middle + 6, middle + 4]])
        self.probability = np.full(self.labels.shape, 0.5, np.float32)
        find_borders(self.labels[:64, :64], self.probability[:64, :64])

    def time_join(self) -> None:
        join_cells(self.labels, self.long).changes(self.labels)

    def time_cut(self) -> None:
        cut_cell(self.labels, self.short).changes(self.labels)

    def time_boundary(self) -> None:
        draw_boundary(self.labels, self.long).changes(self.labels)

    def time_void(self) -> None:
        take_out(self.labels, self.long[0]).changes(self.labels)

    def time_all_borders(self) -> None:
        border_places(self.labels, find_borders(self.labels, self.probability))
