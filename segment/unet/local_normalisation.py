"""Grey levels against their surroundings: zero mean and unit deviation around every place of an image.

The network learns from crops that are normalised each for itself.  In a whole image a bright edge of the
specimen, charging, shading or a dark background take most of the deviation, and grains that differ by little
drown.  So mean and deviation are those of a Gaussian window about as wide as a crop.
"""

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np

from segment._threads import in_bands
from segment.unet.normalise import image_statistics

SQUARE_PX = 16  #: edge of the squares by which grey levels are summed; divides the rows of a band
SPREAD_PX = 83.0  #: standard deviation of the window, in the network's pixels: about that of a crop of 256²
_LEAST = 0.5  #: smallest deviation, as a share of the whole image's: noise in an empty place stays low


@dataclass(frozen=True, eq=False)
class LocalLevels:
    """Mean and deviation of the grey level around every place, known at the middles of squares."""

    #: mean, gain: float32, shape (squares down, squares across): local mean, and 1 / local deviation
    mean: np.ndarray
    gain: np.ndarray
    square_px: float = SQUARE_PX  #: edge of a square in pixels
    #: top, left: place of pixel 0 in the squares' own image, in pixels
    top: float = 0.0
    left: float = 0.0

    def part(self, top: int, left: int, scale: float = 1.0) -> Self:
        """The levels of the part of the image that begins at a pixel, resampled by `scale`."""
        return replace(
            self,
            square_px=self.square_px * scale,
            top=(self.top + top) * scale,
            left=(self.left + left) * scale,
        )

    def normalise(self, block: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Grey levels (m, n) minus the local mean, over the local deviation, clipped to ±`CLIP`; float32.

        `rows` and `columns` tell where in the image the block's pixels lie.  Pixels that are not finite
        become 0.
        """
        from segment.unet._normalisation_kernels import level

        out = block.astype(np.float32, order="C")  # a tile comes by columns
        down = _between(rows + self.top, self.square_px, self.mean.shape[0])
        across = _between(columns + self.left, self.square_px, self.mean.shape[1])
        level(out, self.mean, self.gain, *down, *across)
        return out


def local_levels(
    image: np.ndarray,
    valid: np.ndarray | None = None,
    *,
    statistics: tuple[float, float] | None = None,
    spread_px: float = SPREAD_PX,
) -> LocalLevels:
    """The levels of an image, or of a part of one.

    Pixels outside `valid`, or not finite, do not count.  `statistics` are mean and deviation of the whole
    image, where `image` is a part; a flat image (deviation 0) becomes zeros.
    """
    from segment.unet._normalisation_kernels import sums_by_square

    middle, deviation = image_statistics(image, valid) if statistics is None else statistics
    squares = tuple(-(-size // SQUARE_PX) for size in image.shape)
    if deviation <= 0:
        return LocalLevels(np.full(squares, middle, np.float32), np.zeros(squares, np.float32))
    inside = np.empty((0, 0), bool)

    def sums(first: int, last: int) -> np.ndarray:
        grey = (image[first:last].astype(np.float32) - np.float32(middle)) * np.float32(1 / deviation)
        found = np.zeros((3, -(-len(grey) // SQUARE_PX), squares[1]))
        sums_by_square(grey, inside if valid is None else valid[first:last], SQUARE_PX, found)
        return found

    each = np.concatenate(in_bands(image.shape, sums), axis=1)
    count, total, power = (
        cv2.GaussianBlur(one, (0, 0), spread_px / SQUARE_PX, borderType=cv2.BORDER_REFLECT) for one in each
    )
    known = count > 1e-3 * count.max()
    count[~known] = 1
    mean, square = (np.where(known, one / count, other) for one, other in ((total, 0), (power, 1)))
    local = np.maximum(np.sqrt(np.maximum(square - mean**2, 0)), _LEAST)
    return LocalLevels(
        (middle + deviation * mean).astype(np.float32), (1 / (deviation * local)).astype(np.float32)
    )


def _between(place: np.ndarray, square_px: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The square whose middle lies before each place, and the weight of the one after it."""
    position = np.clip((place + 0.5) / square_px - 0.5, 0, n - 1)
    before = np.minimum(position.astype(np.int64), max(n - 2, 0))
    return before, (position - before).astype(np.float32)
