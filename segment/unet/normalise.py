"""Grey levels of a crop -> what the network sees: zero mean, unit deviation over the valid pixels, clipped.

A training crop is normalised by itself; in a whole image `segment.unet.local_normalisation` does the same
around every place.
"""

import cv2
import numpy as np

CLIP = 4.0  #: bound of the normalised grey level, in standard deviations
ROWS = 256  #: rows per block while statistics are gathered


def image_statistics(image: np.ndarray, valid: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and standard deviation of the valid, finite pixels of a whole image; 0, 0 where none counts.

    Gathered block by block (Chan, Golub & LeVeque 1983), so an 8192² image needs no float64 copy.
    """
    count, mean, spread = 0, 0.0, 0.0
    for first in range(0, image.shape[0], ROWS):
        rows = slice(first, first + ROWS)
        size, middle, deviation = _block_statistics(image[rows], None if valid is None else valid[rows])
        if not size:
            continue
        total, shift = count + size, middle - mean
        spread += deviation**2 * size + shift**2 * count * size / total
        mean += shift * size / total
        count = total
    return mean, float(np.sqrt(spread / count)) if count else 0.0


def _block_statistics(block: np.ndarray, valid: np.ndarray | None) -> tuple[int, float, float]:
    """Number of pixels that count, their mean and standard deviation."""
    if block.dtype in (np.uint8, np.uint16):
        mask = None if valid is None else valid.view(np.uint8)
        mean, std = cv2.meanStdDev(block, mask=mask)
        size = block.size if valid is None else int(np.count_nonzero(valid))
        return size, float(mean[0, 0]), float(std[0, 0])
    grey = (block if valid is None else block[valid]).astype(np.float64)
    if block.dtype.kind == "f":
        grey = grey[np.isfinite(grey)]
    return (grey.size, float(grey.mean()), float(grey.std())) if grey.size else (0, 0.0, 0.0)


def normalise(block: np.ndarray, mean: float, std: float) -> np.ndarray:
    """``(block - mean) / std`` of any real dtype, clipped to ±4; float32.

    Mean and deviation are those of the whole image, by `image_statistics`; a flat image (`std` 0) becomes
    zeros, and so do pixels that are not finite.
    """
    out = block.astype(np.float32)
    np.subtract(out, np.float32(mean), out=out)
    np.multiply(out, np.float32(1.0 / std if std > 0 else 0.0), out=out)
    if block.dtype.kind == "f":
        out[~np.isfinite(block)] = 0.0
    return np.clip(out, -CLIP, CLIP, out=out)
