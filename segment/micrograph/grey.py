"""Grey levels in the file's own dtype: luminance, numbers that are none, square pixels."""

import cv2
import numpy as np

BLOCK_ROWS = 512  #: rows converted at a time
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709
_ONE_COLOUR = 0.1  #: of its standard deviation is that of two channels that show nothing; JPEG makes some
_SPARSE = 4  #: every so many rows and columns tell it
_JUDGED = 512  #: rows and columns, about, from which the sign and the usual levels are told
_ROUGHER = 1.5  #: steps of neighbours, read wrongly over rightly, from which it is clear; real images: 1.0
_ENDS = 16  #: the part of the range that counts as its end, or its middle
_AT_ENDS = 1e-3  #: share of the levels that lies at each end; fewer are hot pixels; judgement
#: levels that lie at an end because they were cut to it: their share, and that over the next level's
CUT, CUT_OVER = 5e-4, 2.0
LARGEST_LEVEL = 1e19  #: larger numbers stand for "no data"; their squares no float of 32 bits can hold
_FAR = 2.0  #: further from the median than all nearer levels, so many times, is far from them; judgement
_FEWEST_USUAL = 16  #: levels that an image has if some are far from them
_MOST_FAR = 0.005  #: share of far numbers, hot pixels, that are not all the same one; judgement
_RESIZABLE = frozenset("uint8 uint16 int16 float32 float64".split())


def to_grey(pixels: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """One grey image of `pixels`' dtype in the machine's byte order, and in words what was done.

    Pixels are (rows, columns) or (rows, columns, samples): two samples are grey and alpha, three RGB, four
    RGB and alpha. Colours become luminance by ITU-R BT.709, or the channel itself where all three are equal
    or one alone shows anything.

    `ValueError`: another number of samples.
    """
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.ndim == 2:
        return rightly_signed(pixels)
    if pixels.ndim != 3 or pixels.shape[2] > 4:
        raise ValueError(f"pixels of shape {pixels.shape} are no grey or colour image")
    if pixels.shape[2] <= 2:
        return np.ascontiguousarray(pixels[..., 0]), ("alpha channel left out",) * (pixels.shape[2] - 1)
    if is_grey(pixels):
        return np.ascontiguousarray(pixels[..., 0]), ()
    spreads = pixels[::_SPARSE, ::_SPARSE, :3].std(axis=(0, 1), dtype=np.float64)
    strongest = int(np.argmax(spreads))
    if np.delete(spreads, strongest).max() < _ONE_COLOUR * spreads[strongest]:
        return np.ascontiguousarray(pixels[..., strongest]), ("a picture in one colour: it is read as grey",)
    return _luminance(pixels), ()


def rightly_signed(numbers: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Whole numbers with the sign that makes no jumps where one end of the range meets the other."""
    if numbers.dtype.kind not in "ui" or not numbers.size or not _is_torn(numbers):
        return numbers, ()
    kind, said = ("i", "signed") if numbers.dtype.kind == "u" else ("u", "unsigned")
    return numbers.view(numbers.dtype.str.replace(numbers.dtype.kind, kind)), (
        f"whole numbers read as {said}: otherwise they jump from pixel to pixel",
    )


def _is_torn(numbers: np.ndarray) -> bool:
    """Whether both ends of the range belong together: much lies there, little between, neighbours jump.

    Levels cut to the last one show a picture of too much contrast, which jumps as well.
    """
    column = max(numbers.shape[1] - _JUDGED, 0) // 2
    some = numbers[:: 1 + len(numbers) // _JUDGED, column : column + _JUDGED]
    other = some.view(some.dtype.str.replace(*("ui" if some.dtype.kind == "u" else "iu")))
    jumps = [float(np.abs(np.diff(one.astype(np.int64), axis=1)).sum()) for one in (some, other)]
    if jumps[0] < _ROUGHER * max(jumps[1], 1.0):
        return False
    range_of = np.iinfo(some.dtype)
    part = (range_of.max - range_of.min) // _ENDS
    low, high = float(np.mean(some < range_of.min + part)), float(np.mean(some > range_of.max - part))
    middle = (range_of.max + range_of.min) // 2
    between = float(np.mean(np.abs(some.astype(np.int64) - middle) < part // 2))
    last, next_one = (float(np.mean(some == range_of.max - k)) for k in (0, 1))
    return min(low, high) > max(between, _AT_ENDS) and last <= max(CUT, CUT_OVER * next_one)


def is_grey(pixels: np.ndarray) -> bool:
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


def without_no_data(image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Replace what is no grey level, in a copy, by the median of the rest.

    That is NaN, infinity, numbers that stand for "no data", and hot pixels, far from all others. The mask is
    False there, or None where nothing was replaced.
    """
    if image.dtype.itemsize == 1 or not image.size:
        return image, None
    valid = _between(image, *_usual_levels(image))
    if valid is None:
        return image, None
    far = image[~valid]
    if far.size > _MOST_FAR * image.size and (far != far[0]).any():
        valid = _between(image, -LARGEST_LEVEL, LARGEST_LEVEL)
    if valid is None:
        return image, None
    clean = image.copy()
    clean[~valid] = np.median(image[valid]) if valid.any() else 0
    return clean, valid


def _between(image: np.ndarray, low: float, high: float) -> np.ndarray | None:
    """Where the levels lie between two; None where all do."""
    blocks = (image[k : k + BLOCK_ROWS] for k in range(0, len(image), BLOCK_ROWS))
    if all(((block >= low) & (block <= high)).all() for block in blocks):
        return None
    return (image >= low) & (image <= high)


def _usual_levels(image: np.ndarray) -> tuple[float, float]:
    """Least and largest number that may be a grey level: those around the median without a wide gap."""
    rows, columns = (slice(None, None, 1 + n // _JUDGED) for n in image.shape)
    some = image[rows, columns].astype(np.float64)
    some = some[np.abs(some) <= LARGEST_LEVEL]
    middle = float(np.median(some)) if some.size else 0.0
    away, counts = np.unique(np.abs(some - middle), return_counts=True)
    if away.size < _FEWEST_USUAL:
        return -LARGEST_LEVEL, LARGEST_LEVEL
    within = np.cumsum(counts) > some.size / 2
    within[: _FEWEST_USUAL - 1] = False
    gaps = np.flatnonzero(within[:-1] & (away[1:] > (1 + _FAR) * away[:-1]))
    far = (1 + _FAR) * float(away[gaps[0] if gaps.size else -1])
    return max(middle - far, -LARGEST_LEVEL), min(middle + far, LARGEST_LEVEL)


def resample_square(
    image: np.ndarray, valid: np.ndarray | None, y_nm: float, x_nm: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Resample image and mask to square pixels of the finer of the two sizes: nothing measured is lost."""
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
