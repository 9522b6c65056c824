"""Local spacing: the mean intercept as a map, so that coarse and fine regions can be seen."""

import cv2
import numpy as np

from segment.grain_map import GrainMap

WINDOW = 2.5  #: standard deviation of the window, mean spacings (judgement: some 80 grains)
FINE = 8.0  #: places to its standard deviation, at most: the map differs by .1 % from that of every pixel


def spacing_map(grain_map: GrainMap, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Mean intercept around each place, along rows and columns: one over the boundaries met per length.

    Parameters
    ----------
    grain_map : GrainMap
    shape : tuple of int, optional
        Rows and columns of the result; by default those of the map.

    Returns
    -------
    ndarray of float32, shape `shape`
        In nanometres, without a pixel size in pixels of the map. A Gaussian window of `WINDOW` mean spacings
        averages; grain area without boundaries in it gives the length of the whole map.

    Examples
    --------
    >>> squares = np.kron(np.arange(1, 401).reshape(20, 20), np.ones((10, 10), np.int32))
    >>> round(float(spacing_map(GrainMap(squares, 2.0))[100, 100]))
    20
    """
    labels, pixel_size = grain_map.labels, grain_map.pixel_size_nm or 1.0
    rows, columns = labels.shape
    met = np.zeros(labels.shape, np.float32)
    met[:, :-1] += labels[:, :-1] != labels[:, 1:]
    met[:-1] += labels[:-1] != labels[1:]
    mean_px = 2 * met.size / max(float(met.sum()), 1.0)
    height, width = shape or labels.shape
    sigma = min(WINDOW * mean_px * width / columns, max(height, width) / 6)
    share = min(1.0, FINE / sigma)
    few = max(1, round(width * share)), max(1, round(height * share))
    small = cv2.resize(met, few, interpolation=cv2.INTER_AREA)
    across, down = sigma * few[0] / width, sigma * few[1] / height
    smooth = cv2.GaussianBlur(small, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REFLECT)
    smooth = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(pixel_size * 2 / np.maximum(smooth, 2 / max(rows, columns)), np.float32)
