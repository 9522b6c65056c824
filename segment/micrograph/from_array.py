"""A micrograph from grey levels in memory."""

import hashlib
from pathlib import Path

import numpy as np

from segment.errors import NotAnImageError, UnreadableError
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.micrograph import Micrograph
from segment.micrograph.pixel_size import choose_scale
from segment.micrograph.prepare import MINIMUM_SIDE, find_hidden, levels_of, problem_of

MOST_SAMPLES = 4  #: of a pixel: red, green, blue, alpha
LARGEST_ITEM = 8  #: bytes of a number that files hold


def micrograph_of_array(
    image: np.ndarray, *, pixel_size_nm: float | None = None, name: str = "array"
) -> Micrograph:
    """Make a micrograph of an array, as of a file; what would be cut there is masked, the shape stays.

    Parameters
    ----------
    image : ndarray of shape (rows, columns), (rows, columns, 3) or (rows, columns, 4)
        Grey levels, RGB or RGBA, of any dtype. An info bar, blank frames, labels, insets, coloured marks,
        transparent pixels, and those that are no numbers or far from all others are masked.
    pixel_size_nm : float, optional
        Edge of a pixel in nanometres.
    name : str
        Names outputs.

    Raises
    ------
    NotAnImageError
        No image by its shape; a label map, a tracing or coded colours.
    UnreadableError
        Too small, or all pixels equal.

    Examples
    --------
    >>> grey = np.random.default_rng(0).integers(0, 255, (80, 90)).astype(np.uint8)
    >>> micrograph_of_array(grey, pixel_size_nm=1.5).image.shape
    (80, 90)
    """
    levels = levels_of(numbers_of(image, name))
    grey, valid, notes = levels.image, levels.valid, levels.notes
    if min(grey.shape) >= MINIMUM_SIDE:
        valid, notes = _seen(grey, valid, notes)
    if problem := problem_of(Path(name), grey, valid, coded=levels.coded):
        raise problem
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
        notes=notes + choose_scale((), pixel_size_nm).doubts,
    )


def _seen(
    grey: np.ndarray, valid: np.ndarray | None, notes: tuple[str, ...]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Mask and notes with what hides the specimen; an info bar is masked."""
    bar_rows = find_info_bar(grey)
    above = slice(0, len(grey) - bar_rows)
    hidden = find_hidden(grey[above], None if valid is None else valid[above], bar_known=bar_rows > 0)
    if not bar_rows:
        return hidden.valid, notes + hidden.notes
    seen = np.ones(grey[above].shape, bool) if hidden.valid is None else hidden.valid
    said = f"an info bar of {bar_rows} rows is masked"
    return np.pad(seen, ((0, bar_rows), (0, 0))), (*notes, *hidden.notes, said)


def numbers_of(image: np.ndarray, name: str) -> np.ndarray:
    """The numbers of an image, NaN where it is masked; `NotAnImageError`: none, or none of an image."""
    if isinstance(image, np.ma.MaskedArray):
        image = np.where(np.ma.getmaskarray(image), np.float32(np.nan), image.data)
    numbers = np.asarray(image)
    if numbers.dtype.kind == "c":
        raise NotAnImageError(name, "its numbers are complex", "Give their amplitude, np.abs of the array")
    if numbers.dtype.kind not in "buif":
        reason = f"values of type {numbers.dtype} are no grey levels"
        raise NotAnImageError(name, reason, "Give numbers, as by .astype(float)")
    if numbers.ndim not in (2, 3) or (numbers.ndim == 3 and not 0 < numbers.shape[2] <= MOST_SAMPLES):
        reason = f"pixels of shape {numbers.shape} are no grey or colour image"
        remedy = "Give grey levels of shape (rows, columns); the images of a stack one by one"
        raise NotAnImageError(name, reason, remedy)
    numbers = numbers[..., 0] if numbers.shape[2:] == (1,) else numbers
    if not numbers.size:
        raise UnreadableError(name, f"an array of shape {numbers.shape}, without pixels", "Give an image")
    return numbers.astype(np.float64) if numbers.dtype.itemsize > LARGEST_ITEM else numbers
