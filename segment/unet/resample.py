"""Between the image's pixels and the network's: the same linear interpolation whatever the tiles.

Positions follow pixel centres: the centre of pixel *i* of *n* lies at (i + 1/2) / n of the edge.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

CV2_DTYPES = (np.uint8, np.uint16, np.int16, np.float32, np.float64)


def opencv_image(image: np.ndarray) -> np.ndarray:
    """The image in a dtype and byte order that OpenCV knows; copied only where it must be."""
    native = image.astype(image.dtype.newbyteorder("="), copy=False)
    return native if native.dtype.type in CV2_DTYPES else native.astype(np.float32)


def resized_shape(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Shape after resampling by `scale`, never below 32 pixels."""
    return max(round(shape[0] * scale), 32), max(round(shape[1] * scale), 32)


def resample_image(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Image in another size, in its own dtype: area means when shrinking, linear when enlarging."""
    if shape == image.shape:
        return image
    shrinks = shape[0] < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (shape[1], shape[0]), interpolation=method)


def resample_bands(
    bands: Iterable[np.ndarray], source: tuple[int, int], target: tuple[int, int]
) -> Iterator[tuple[slice, np.ndarray]]:
    """Resample an image that arrives in bands of rows, linearly, as if it had been whole.

    Bands (channels, any, columns) of float32, consecutive from the top, of an image of `source` (rows,
    columns) become rows of the `target`, each with its place.
    """
    position = np.clip((np.arange(target[0]) + 0.5) * source[0] / target[0] - 0.5, 0, source[0] - 1)
    above = np.minimum(position.astype(int), source[0] - 2)
    weight = (position - above).astype(np.float32)[:, None]
    kept: np.ndarray | None = None
    begin, done = 0, 0  # first source row that is kept; target rows written
    for band in bands:
        wide = _widen(band, target[1])
        kept = wide if kept is None else np.concatenate([kept, wide], axis=1)
        rows = slice(done, int(np.searchsorted(above + 1, begin + kept.shape[1])))
        first = above[rows] - begin
        yield rows, kept[:, first] * (1 - weight[rows]) + kept[:, first + 1] * weight[rows]
        done = rows.stop
        if done < target[0]:
            kept, begin = kept[:, above[done] - begin :], int(above[done])


def _widen(band: np.ndarray, columns: int) -> np.ndarray:
    """Resample the columns of each channel; rows stay."""
    size = (columns, band.shape[1])
    return np.stack([cv2.resize(channel, size, interpolation=cv2.INTER_LINEAR) for channel in band])
