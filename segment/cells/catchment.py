"""The catchment basin of every pixel: where water runs to that always takes the lowest neighbour.

All steps but one go over the pixels in memory order and each band of rows for itself, so that they cost a
few nanoseconds a pixel and share out over threads; flooding from a queue (Meyer 1991) touches the pixels in
the order of their levels, and waits for the memory at nearly each.  Plateaus are drained from their rims
inwards (Vincent & Soille 1991), so that a thick ridge is divided in its middle.
"""

import cv2
import numba
import numpy as np

from segment._threads import in_bands

LEVELS = 1024  #: steps of probability that are told apart
WALL = LEVELS  #: level of pixels that belong to no basin
UP, LEFT, RIGHT, DOWN, FLOOR, STUCK, NOWHERE = range(7)  #: where the water of a pixel goes


def walled_levels(probability: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Probability in levels 0 ... `LEVELS` - 1, `WALL` outside `mask`, within a wall one pixel thick.

    So no neighbour lies outside; uint16 of shape (rows + 2, columns + 2).
    """
    levels = np.empty((probability.shape[0] + 2, probability.shape[1] + 2), np.uint16)
    levels[[0, -1]] = WALL
    levels[:, [0, -1]] = WALL
    everywhere = np.empty((0, 0), bool)
    within = everywhere if mask is None else mask
    grey = probability.astype(np.float32, copy=False)
    in_bands(probability.shape, lambda first, last: _quantise(grey, within, levels, first, last))
    return levels


def catchment_basins(levels: np.ndarray, floor: int) -> tuple[np.ndarray, int]:
    """Basins of all minima; connected pixels below `floor` (1 or more) are one minimum whatever their levels.

    Of `walled_levels`, the 4-connected basins 1 ... n, int32 of shape (rows, columns), minus the label in the
    pixels of a basin's minimum, 0 within the wall; and n.
    """
    shape = (levels.shape[0] - 2, levels.shape[1] - 2)
    way = np.full(levels.shape, NOWHERE, np.uint8)
    stuck = in_bands(shape, lambda first, last: _point_down(levels, way, floor, first, last))
    if any(stuck):
        rims = in_bands(shape, lambda first, last: _rims(levels, way, first, last))
        _drain(levels.reshape(-1), way.reshape(-1), levels.shape[1], np.concatenate(rims, axis=1), sum(stuck))
    stays = (way[1:-1, 1:-1] & 0xFE) == FLOOR  # or STUCK
    n, labels = cv2.connectedComponents(stays.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    np.negative(labels, out=labels)
    in_bands(shape, lambda first, last: _follow(way.reshape(-1), labels.reshape(-1), shape[1], first, last))
    return labels, n - 1


@numba.njit(cache=True, nogil=True)
def _quantise(grey: np.ndarray, mask: np.ndarray, levels: np.ndarray, first: int, last: int) -> None:
    zero, one = np.float32(0), np.float32(1)
    top, half = np.float32(LEVELS - 1), np.float32(0.5)
    for y in range(first, last):
        row, out = grey[y], levels[y + 1]
        for x in range(row.size):
            value = row[x] if row[x] > zero else zero
            value = value if value < one else one
            out[x + 1] = np.uint16(value * top + half)
        if mask.size:
            for x in range(row.size):
                if not mask[y, x]:
                    out[x + 1] = WALL


@numba.njit(cache=True, nogil=True)
def _point_down(levels: np.ndarray, way: np.ndarray, floor: int, first: int, last: int) -> int:
    """Point each pixel to its lowest neighbour; return how many above the floor have none lower."""
    stuck = 0
    low = np.uint16(floor)
    for y in range(first + 1, last + 1):
        above, row, below, out = levels[y - 1], levels[y], levels[y + 1], way[y]
        for x in range(1, row.size - 1):
            here, to = row[x], np.uint8(STUCK)
            lowest = here
            if above[x] < lowest:
                lowest, to = above[x], np.uint8(UP)
            if row[x - 1] < lowest:
                lowest, to = row[x - 1], np.uint8(LEFT)
            if row[x + 1] < lowest:
                lowest, to = row[x + 1], np.uint8(RIGHT)
            if below[x] < lowest:
                to = np.uint8(DOWN)
            to = np.uint8(FLOOR) if here < low else to
            to = np.uint8(NOWHERE) if here == np.uint16(WALL) else to
            out[x] = to
            stuck += to == np.uint8(STUCK)
    return stuck


@numba.njit(cache=True, nogil=True)
def _rims(levels: np.ndarray, way: np.ndarray, first: int, last: int) -> np.ndarray:
    """Flat index and direction, shape (2, k), of stuck pixels beside one of their level that is drained."""
    width = levels.shape[1]
    level, to = levels.reshape(-1), way.reshape(-1)
    steps = (-width, -1, 1, width)
    for fill in range(2):
        if fill == 0:
            found, count = np.empty((2, 0), np.int64), 0
        else:
            found, count = np.empty((2, count), np.int64), 0
        for i in range((first + 1) * width, (last + 1) * width):
            if to[i] == STUCK:
                for direction in range(4):
                    j = i + steps[direction]
                    if level[j] == level[i] and to[j] < FLOOR:
                        if fill == 1:
                            found[0, count], found[1, count] = i, direction
                        count += 1
                        break
    return found


@numba.njit(cache=True, nogil=True)
def _drain(level: np.ndarray, way: np.ndarray, width: int, rims: np.ndarray, n_stuck: int) -> None:
    """Let plateaus run off over their rims, nearest pixels first."""
    steps = (-width, -1, 1, width)
    queue = np.empty(n_stuck, np.int64)
    end = rims.shape[1]
    for k in range(end):
        queue[k] = rims[0, k]
        way[rims[0, k]] = rims[1, k]
    begin = 0
    while begin < end:
        i = queue[begin]
        begin += 1
        for direction in range(4):
            j = i + steps[direction]
            if way[j] == STUCK and level[j] == level[i]:
                way[j] = 3 - direction
                queue[end] = j
                end += 1


@numba.njit(cache=True, nogil=True)
def _follow(way: np.ndarray, labels: np.ndarray, columns: int, first: int, last: int) -> None:
    """Give each pixel the label its water runs to.

    Bands may run at the same time: what another has written is the same label, or still 0.
    """
    step = (-columns, -1, 1, columns)
    wide_step = (-columns - 2, -1, 1, columns + 2)
    for y in range(first, last):
        for x in range(columns):
            i, j = y * columns + x, (y + 1) * (columns + 2) + x + 1
            if labels[i] != 0 or way[j] >= FLOOR:
                continue
            here, there = i, j
            while labels[here] == 0:
                direction = way[there]
                here += step[direction]
                there += wide_step[direction]
            label = abs(labels[here])
            while labels[i] == 0:
                direction = way[j]
                labels[i] = label
                i += step[direction]
                j += wide_step[direction]
