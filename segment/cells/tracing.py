"""Closed cells from hand-traced boundaries."""

from __future__ import annotations

import cv2
import numpy as np

TRACING_HALF_WIDTH = 32.0  #: thickest half line, in pixels, that is still divided at its middle


def split_tracing(lines: np.ndarray, min_area_px: int) -> np.ndarray:
    """Cells between traced lines, each line divided along its middle.

    Parameters
    ----------
    lines : ndarray of bool, shape (rows, columns)
        True on a traced boundary.
    min_area_px : int
        Smaller gaps between lines belong to the lines.

    Returns
    -------
    ndarray of int32, shape (rows, columns)
        1 ... n without a gap; all 0 where the lines leave no cell.
    """
    from segment.cells.catchment import LEVELS
    from segment.cells.watershed import persistence_watershed

    count, pieces, facts, _ = cv2.connectedComponentsWithStats((~lines).astype(np.uint8), connectivity=4)
    tiny = facts[:, cv2.CC_STAT_AREA] < min_area_px
    tiny[0] = True
    if tiny[:count].all():
        return np.zeros(lines.shape, np.int32)
    wall = tiny[pieces].astype(np.uint8)
    del pieces
    depth = cv2.distanceTransform(wall, cv2.DIST_L2, 5)
    np.minimum(depth / np.float32(TRACING_HALF_WIDTH), 1.0, out=depth)
    return persistence_watershed(depth, 1 / LEVELS)
