"""Pictures of slices through a volume, with the boundaries of grains drawn in."""

from __future__ import annotations

import numpy as np

from segment.label_edges import on_edges

LONGEST_PX = 512  #: longer edge of a slice on the page
VOID = (38, 40, 46)  #: RGB
LINE = (255, 214, 10)  #: RGB
GOLDEN = 0.618034  #: golden ratio: neighbouring numbers get distant hues


def palette(n: int) -> np.ndarray:
    """A calm colour for each label, label 0 dark, uint8 of shape (n + 1, 3)."""
    hue = (np.arange(n + 1) * GOLDEN) % 1.0
    light = 0.62 + 0.18 * ((np.arange(n + 1) * GOLDEN * 7) % 1.0)
    angle = 2 * np.pi * (hue[:, None] + np.array([0.0, 1 / 3, 2 / 3]))
    colours = light[:, None] + 0.16 * np.cos(angle)
    out = np.clip(colours * 255, 0, 255).astype(np.uint8)
    out[0] = VOID
    return out


def slice_picture(labels: np.ndarray, grey: np.ndarray | None, colours: np.ndarray) -> np.ndarray:
    """One slice: its grey levels (or a colour for each grain) with boundaries, uint8 RGB.

    Parameters
    ----------
    labels : ndarray of int32, shape (rows, columns)
    grey : ndarray of uint8, same shape, or None
    colours : ndarray, from `palette`
    """
    picture = colours[labels] if grey is None else np.repeat(grey[..., None], 3, axis=2)
    picture = picture.copy()
    picture[on_edges(labels, upper_left=True)] = LINE if grey is not None else (30, 30, 34)
    return picture


def sized(picture: np.ndarray, edges: tuple[float, float]) -> np.ndarray:
    """The picture with square pixels, no edge longer than `LONGEST_PX`.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns, 3)
    edges : tuple of float
        Height and width of a pixel.
    """
    from PIL import Image

    length = np.array(picture.shape[:2]) * np.array(edges)
    target = np.maximum(np.rint(length / length.max() * LONGEST_PX), 1).astype(int)
    size = (int(target[1]), int(target[0]))
    smaller = target[0] < picture.shape[0]
    method = Image.Resampling.BOX if smaller else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(picture).resize(size, method))
