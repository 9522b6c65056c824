"""Pictures of a volume with the boundaries of grains drawn in: slices, and the block from outside."""

from __future__ import annotations

import cv2
import numpy as np

from grainstats.run.report.image_overlays import shrink_indices
from segment.cells.label_edges import on_edges

LONGEST_PX = 512  #: longer edge of a slice on the page
VOID = (38, 40, 46)  #: RGB
LINE, DARK_LINE = (255, 214, 10), (30, 30, 34)  #: RGB, on grey levels and on colours
GOLDEN = 0.618034  #: golden ratio: neighbouring numbers get distant hues
#: where the axes z, y, x of the block go on the page (right, down): z runs to the back
ON_PAGE = np.array([[0.5, -0.32], [0.0, 1.0], [0.87, 0.2]])
#: faces that are seen: axis cut across, index of the slice, brightness
FACES = ((1, 0, 1.0), (0, 0, 0.92), (2, -1, 0.78))


def palette(n: int) -> np.ndarray:
    """A calm colour for each label, label 0 dark, uint8 of shape (n + 1, 3)."""
    hue = (np.arange(n + 1) * GOLDEN) % 1.0
    light = 0.62 + 0.18 * ((np.arange(n + 1) * GOLDEN * 7) % 1.0)
    angle = 2 * np.pi * (hue[:, None] + np.array([0.0, 1 / 3, 2 / 3]))
    colours = light[:, None] + 0.16 * np.cos(angle)
    out = np.clip(colours * 255, 0, 255).astype(np.uint8)
    out[0] = VOID
    return out


def slice_picture(
    labels: np.ndarray, grey: np.ndarray | None, colours: np.ndarray, edges: tuple[float, float]
) -> np.ndarray:
    """One slice with thin boundaries over its grey levels, or over a colour of `palette` for each grain.

    `edges` are height and width of a pixel. RGB of square pixels; the longer edge has `LONGEST_PX`.
    """
    length = np.array(labels.shape) * np.array(edges)
    rows, columns = np.maximum(np.rint(length / length.max() * LONGEST_PX), 1).astype(int)
    shown = labels[shrink_indices(labels.shape, (rows, columns))]
    if grey is None:
        picture = colours[shown]
    else:
        method = cv2.INTER_AREA if rows < labels.shape[0] else cv2.INTER_NEAREST
        picture = np.repeat(cv2.resize(grey, (columns, rows), interpolation=method)[..., None], 3, axis=2)
    picture[on_edges(shown, upper_left=True)] = DARK_LINE if grey is None else LINE
    return picture


def block_picture(faces: list[np.ndarray], extent: np.ndarray) -> np.ndarray:
    """The block as it is seen from the front, from above and from the right; RGBA, uint8.

    `faces` are pictures of `FACES`, `extent` the lengths of the block along z, y, x.
    """
    along = ON_PAGE * (extent / extent.max() * LONGEST_PX)[:, None]
    corners = np.array([z * along[0] + y * along[1] + x * along[2] for z, y, x in np.ndindex(2, 2, 2)])
    origin = -corners.min(axis=0)
    width, height = np.ceil(np.ptp(corners, axis=0)).astype(int)
    canvas = np.zeros((height, width, 4), np.uint8)
    for picture, (axis, place, light) in zip(faces, FACES, strict=True):
        down, right = (along[k] for k in range(3) if k != axis)
        start = origin - place * along[axis]
        opaque = np.dstack([(picture * light).astype(np.uint8), np.full(picture.shape[:2], 255, np.uint8)])
        here = np.array([[0, 0], [picture.shape[1], 0], [0, picture.shape[0]]], np.float32)
        there = np.array([start, start + right, start + down], np.float32)
        moved = cv2.warpAffine(opaque, cv2.getAffineTransform(here, there), (int(width), int(height)))
        canvas = np.maximum(canvas, moved)
    return canvas
