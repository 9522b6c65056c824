"""Grey levels in the file's own dtype: luminance, numbers that are none, square pixels."""

from __future__ import annotations

import numpy as np

BLOCK_ROWS = 512  #: rows converted at a time
_HALF_TRANSPARENT = 0.05  #: share of soft edges in an alpha channel
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709
_ONE_COLOUR = 0.1  #: of its standard deviation is that of two channels that show nothing; JPEG makes some
#: a pixel's largest less its smallest channel, of full intensity: of drawn marks, and what JPEG makes of grey
_COLOURED, _TINTED = 0.2, 0.02
_LEAST_MARKS = 64  #: coloured pixels
_MOST_MARKED = 0.1  #: share of tinted pixels; more is a colour picture; judgement
_MARGIN = 3  #: pixels around a mark that smoothing or JPEG mixed with it
_SPARSE = 4  #: every so many rows and columns tell it
_JUDGED = 512  #: rows from which the sign is told, about
ROUGHER = 1.5  #: steps of neighbours, read wrongly over rightly, from which it is clear; 180 real images: 1.0
_LEAST_LEVELS = 64  #: of an image that may be read as signed; tracings have fewer; judgement
_GROUND = 0.5  #: share of the commonest level, the ground of a drawing; tracings in JPEG have .7
_LARGEST_FLOAT = np.finfo(np.float32).max  #: some programs write more for "no data"
_RESIZABLE = frozenset("uint8 uint16 int16 float32 float64".split())


def to_grey(pixels: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """One grey image of `pixels`' dtype in the machine's byte order, and what was done.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns) or (rows, columns, samples)
        Two samples are grey and alpha, three RGB, four RGB and alpha; more are refused.

    Returns
    -------
    grey : ndarray, shape (rows, columns)
        Luminance by ITU-R BT.709; the channel itself where all three are equal or one alone shows anything.
    notes : tuple of str

    Raises
    ------
    ValueError
        Another number of samples.
    """
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.ndim == 2:
        return _rightly_signed(pixels)
    if pixels.ndim != 3 or pixels.shape[2] > 4:
        raise ValueError(f"pixels of shape {pixels.shape} are no grey or colour image")
    if pixels.shape[2] <= 2:
        return np.ascontiguousarray(pixels[..., 0]), ("alpha channel left out",) * (pixels.shape[2] - 1)
    if _is_grey(pixels):
        return np.ascontiguousarray(pixels[..., 0]), ()
    spreads = pixels[::_SPARSE, ::_SPARSE, :3].std(axis=(0, 1), dtype=np.float64)
    strongest = int(np.argmax(spreads))
    if np.delete(spreads, strongest).max() < _ONE_COLOUR * spreads[strongest]:
        return np.ascontiguousarray(pixels[..., strongest]), ("a picture in one colour: it is read as grey",)
    return _luminance(pixels), ()


def _rightly_signed(grey: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Whole numbers below 0 that were stored as unsigned ones stand at the top of the range: they jump."""
    if grey.dtype.kind != "u" or grey.itemsize > 2 or not grey.size or jumps(grey) < ROUGHER:
        return grey, ()
    counts = np.unique(grey[::_SPARSE], return_counts=True)[1]
    if counts.size < _LEAST_LEVELS or counts.max() > _GROUND * counts.sum():
        return grey, ()
    signed = grey.view(grey.dtype.str.replace("u", "i"))
    return signed, ("whole numbers read as signed: as unsigned ones they jump from pixel to pixel",)


def jumps(numbers: np.ndarray) -> float:
    """Steps between neighbours of 8- or 16-bit numbers read as unsigned, over those read as signed."""
    some = numbers[:: 1 + len(numbers) // _JUDGED]
    as_unsigned, as_signed = (
        float(np.abs(np.diff(some.view(f"{kind}{some.itemsize}").astype(np.int32), axis=1)).sum())
        for kind in "ui"
    )
    return max(as_unsigned, 1.0) / max(as_signed, 1.0)


def rgb_of_inks(paper: np.ndarray) -> np.ndarray:
    """RGB of a picture printed with cyan, magenta, yellow and black.

    `paper`, shape (rows, columns, 4 or more), is what the inks leave of the paper's white: the largest value,
    1 for floats, is no ink.

    Examples
    --------
    >>> import numpy as np
    >>> rgb_of_inks(np.array([[[255, 255, 255, 100]]], np.uint8)).ravel().tolist()
    [100, 100, 100]
    """
    top = _largest(paper)
    rgb = np.empty((*paper.shape[:2], 3), paper.dtype)
    for first in range(0, len(paper), BLOCK_ROWS):
        block = paper[first : first + BLOCK_ROWS].astype(np.float32)
        left = block[..., :3] * block[..., 3:4] / top
        rgb[first : first + BLOCK_ROWS] = left if paper.dtype.kind == "f" else np.rint(left)
    return rgb


def _largest(pixels: np.ndarray) -> float:
    """Full intensity: 1 for floats."""
    return 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)


def transparent(pixels: np.ndarray) -> np.ndarray | None:
    """Where alpha is below half.

    None without alpha, where nothing or everything is transparent, or where the last channel has too many
    levels in between to be one.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (2, 4):
        return None
    alpha = pixels[..., -1]
    top = _largest(alpha)
    hidden = alpha < top / 2
    between = np.count_nonzero((alpha > 0) & (alpha < top)) / max(alpha.size, 1)
    if between > _HALF_TRANSPARENT or not hidden.any() or hidden.all():
        return None
    return hidden


def coloured_marks(pixels: np.ndarray) -> np.ndarray | None:
    """Where coloured lines and letters were drawn into a grey picture; None where there are none."""
    import cv2

    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype.kind != "u" or _is_grey(pixels):
        return None
    red, green, blue = np.moveaxis(pixels[..., :3], 2, 0)
    colour = np.maximum(np.maximum(red, green), blue)
    colour -= np.minimum(np.minimum(red, green), blue)
    coloured = (colour >= _COLOURED * _largest(pixels)).view(np.uint8)
    tinted = (colour > _TINTED * _largest(pixels)).mean()
    if np.count_nonzero(coloured) < _LEAST_MARKS or tinted > _MOST_MARKED:
        return None
    return cv2.dilate(coloured, np.ones((2 * _MARGIN + 1,) * 2, np.uint8)).astype(bool)


def _is_grey(pixels: np.ndarray) -> bool:
    """All three channels equal, looked at block by block so that the first colour ends the search."""
    for first in range(0, len(pixels), BLOCK_ROWS):
        block = pixels[first : first + BLOCK_ROWS]
        if (block[..., 0] != block[..., 1]).any() or (block[..., 0] != block[..., 2]).any():
            return False
    return True


def _luminance(pixels: np.ndarray) -> np.ndarray:
    grey = np.empty(pixels.shape[:2], pixels.dtype)
    weights = np.array(_LUMINANCE, np.float64 if pixels.dtype.itemsize > 2 else np.float32)
    for first in range(0, len(pixels), BLOCK_ROWS):
        block = pixels[first : first + BLOCK_ROWS, :, :3] @ weights
        grey[first : first + BLOCK_ROWS] = block if pixels.dtype.kind == "f" else np.rint(block)
    return grey


def without_nonfinite(image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Replace NaN, infinity and what no float of 32 bits can hold, in a copy, by the median of the rest.

    The mask is False there, or None where nothing was replaced.
    """
    if image.dtype.kind != "f":
        return image, None
    blocks = (image[k : k + BLOCK_ROWS] for k in range(0, len(image), BLOCK_ROWS))
    if all((np.abs(block) <= _LARGEST_FLOAT).all() for block in blocks):
        return image, None
    valid = np.abs(image) <= _LARGEST_FLOAT
    clean = image.copy()
    clean[~valid] = np.median(image[valid]) if valid.any() else 0
    return clean, valid


def resample_square(
    image: np.ndarray, valid: np.ndarray | None, y_nm: float, x_nm: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Resample image and mask to square pixels of the finer of the two sizes: nothing measured is lost."""
    import cv2

    side = min(y_nm, x_nm)
    rows, columns = image.shape
    size = (max(round(columns * x_nm / side), 1), max(round(rows * y_nm / side), 1))
    source = image if image.dtype.name in _RESIZABLE else image.astype(np.float64)
    resized = cv2.resize(np.ascontiguousarray(source), size, interpolation=cv2.INTER_LINEAR)
    if resized.dtype != image.dtype:
        resized = (resized if image.dtype.kind == "f" else np.rint(resized)).astype(image.dtype)
    if valid is None:
        return resized, None
    mask = cv2.resize(valid.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return resized, mask.astype(bool)
