"""A micrograph from grey levels in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from segment.errors import NotAnImageError, UnreadableError
from segment.micrograph.grey import to_grey, without_no_data
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.micrograph import Micrograph
from segment.micrograph.prepare import MINIMUM_SIDE, NO_DATA, find_hidden


def micrograph_of_array(
    image: np.ndarray, *, pixel_size_nm: float | None = None, name: str = "array"
) -> Micrograph:
    """Make a micrograph of an array; what would be cut from a file is masked, the shape stays.

    Parameters
    ----------
    image : ndarray of shape (rows, columns) or (rows, columns, 3)
        Grey levels or RGB, of any dtype. An info bar, blank frames, labels, insets, and pixels that are no
        numbers or far from all others are masked.
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres.
    name : str
        Names outputs.

    Raises
    ------
    NotAnImageError
        No image by its shape.
    UnreadableError
        Too small, or all pixels equal.

    Examples
    --------
    >>> grey = np.random.default_rng(0).integers(0, 255, (80, 90)).astype(np.uint8)
    >>> micrograph_of_array(grey, pixel_size_nm=1.5).image.shape
    (80, 90)
    """
    grey, valid, notes = grey_of_array(image, name)
    bar_rows = find_info_bar(grey)
    above = slice(0, len(grey) - bar_rows)
    hidden = find_hidden(grey[above], None if valid is None else valid[above], bar_known=bar_rows > 0)
    valid, notes = hidden.valid, notes + hidden.notes
    if bar_rows:
        seen = np.ones(grey[above].shape, bool) if valid is None else valid
        valid = np.pad(seen, ((0, bar_rows), (0, 0)))
        notes += (f"an info bar of {bar_rows} rows is masked",)
    digest = hashlib.sha256(str((grey.shape, grey.dtype.str)).encode())
    digest.update(np.ascontiguousarray(grey).data)
    return Micrograph(
        image=grey,
        pixel_size_nm=pixel_size_nm,
        pixel_size_source="none" if pixel_size_nm is None else "manual",
        path=Path(name),
        sha256=digest.hexdigest(),
        vendor="array",
        valid=valid,
        notes=notes,
    )


def grey_of_array(image: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    """Grey levels, which of them are numbers (None: all), and notes; raises as `micrograph_of_array`."""
    if np.iscomplexobj(image):
        raise NotAnImageError(name, "its numbers are complex", "Give their amplitude, np.abs of the array")
    try:
        grey, notes = to_grey(np.asarray(image))
    except ValueError as error:
        raise NotAnImageError(
            name, str(error), "Give grey levels of shape (rows, columns); the images of a stack one by one"
        ) from error
    grey, valid = without_no_data(grey)
    if grey.ndim != 2 or min(grey.shape) < MINIMUM_SIDE:
        reason = f"an array of shape {np.shape(image)}; the shorter side must have {MINIMUM_SIDE} pixels"
        raise UnreadableError(name, reason, "Give a larger field of view")
    if grey.min() == grey.max():
        raise UnreadableError(name, "all pixels have the same value", "Give the image with its grey levels")
    notes += () if valid is None else (NO_DATA,)
    return grey, valid, notes
