"""The network's answer: the probability that a pixel lies on a grain boundary."""

from dataclasses import dataclass

import numpy as np

from segment.micrograph.micrograph import PixelSizeSource


@dataclass(frozen=True, eq=False)
class BoundaryMap:
    """Boundary probability of one micrograph.

    Attributes
    ----------
    probability : ndarray of float32, shape (rows, columns)
        Probability of a grain boundary, 0 ... 1.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres; None: not known.
    pixel_size_source : str
    valid : ndarray of bool or None
        As in `Micrograph`.
    not_grain : ndarray of bool or None
        Pores and second phases, where the image says so; they become label 0.
    model_name, model_digest : str
        The weights that answered.
    scale : float
        Factor by which the image was resampled before the network (1: none).
    warnings : tuple of str
        Why the answer may not be trusted ("no grains visible", "unlike the training images", ...).

    Examples
    --------
    >>> BoundaryMap(np.zeros((64, 64), np.float32), pixel_size_nm=2.0, pixel_size_source="manual").scale
    1.0
    """

    probability: np.ndarray
    pixel_size_nm: float | None
    pixel_size_source: PixelSizeSource
    valid: np.ndarray | None = None
    not_grain: np.ndarray | None = None
    model_name: str = ""
    model_digest: str = ""
    scale: float = 1.0
    warnings: tuple[str, ...] = ()
