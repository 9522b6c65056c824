"""Grey levels -> what the network sees: zero mean, unit deviation over the valid pixels, clipped.

Training and inference use these two functions and nothing else, so both see the same numbers.
"""

from __future__ import annotations

import numpy as np

CLIP = 4.0  #: bound of the normalised grey level, in standard deviations
ROWS = 256  #: rows per block while statistics are gathered


def image_statistics(image: np.ndarray, valid: np.ndarray | None = None) -> tuple[float, float]:
    """Mean and standard deviation of the valid, finite pixels of a whole image.

    Gathered block by block (Chan, Golub & LeVeque 1983), so an 8192² image needs no float64 copy.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
        Grey levels in any real dtype.
    valid : ndarray of bool, shape (rows, columns), optional
        False where the pixel shows no specimen; None: all valid.

    Returns
    -------
    mean, std : float
        ``(0.0, 0.0)`` where no pixel counts.
    """
    count, mean, spread = 0, 0.0, 0.0
    for first in range(0, image.shape[0], ROWS):
        rows = slice(first, first + ROWS)
        grey = image[rows] if valid is None else image[rows][valid[rows]]
        grey = grey.astype(np.float64)
        if image.dtype.kind == "f":
            grey = grey[np.isfinite(grey)]
        if not grey.size:
            continue
        total, shift = count + grey.size, float(grey.mean()) - mean
        spread += float(grey.var()) * grey.size + shift**2 * count * grey.size / total
        mean += shift * grey.size / total
        count = total
    return mean, float(np.sqrt(spread / count)) if count else 0.0


def normalise(block: np.ndarray, mean: float, std: float) -> np.ndarray:
    """``(block - mean) / std`` clipped to ±4.

    Parameters
    ----------
    block : ndarray
        Grey levels of a tile or of a whole image, any real dtype.
    mean, std : float
        Of the whole image, by `image_statistics`; a flat image (`std` 0) becomes zeros.

    Returns
    -------
    ndarray of float32, same shape
        Pixels that are not finite become 0.
    """
    out = block.astype(np.float32)
    np.subtract(out, np.float32(mean), out=out)
    np.multiply(out, np.float32(1.0 / std if std > 0 else 0.0), out=out)
    if block.dtype.kind == "f":
        out[~np.isfinite(block)] = 0.0
    return np.clip(out, -CLIP, CLIP, out=out)
