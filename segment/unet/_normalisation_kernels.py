"""The compiled loops of `segment.unet.local_normalisation`."""

import numba
import numpy as np

from segment.unet.normalise import CLIP


@numba.njit(cache=True, nogil=True)
def sums_by_square(grey: np.ndarray, valid: np.ndarray, edge: int, found: np.ndarray) -> None:
    """Add number, sum and sum of squares of the grey levels in each square to `found`, (3, down, across).

    Made by the caller: an array made here would take .4 s to compile.
    """
    rows, columns = grey.shape
    for y in range(rows):
        for left in range(0, columns, edge):
            count, total, power = 0, np.float32(0), np.float32(0)
            for x in range(left, min(left + edge, columns)):
                value = grey[y, x]
                if np.isfinite(value) and (valid.size == 0 or valid[y, x]):
                    count += 1
                    total += value
                    power += value * value
            square = left // edge
            found[0, y // edge, square] += count
            found[1, y // edge, square] += total
            found[2, y // edge, square] += power


@numba.njit(cache=True, nogil=True)
def level(
    grey: np.ndarray,
    mean: np.ndarray,
    gain: np.ndarray,
    above: np.ndarray,
    below_weight: np.ndarray,
    before: np.ndarray,
    after_weight: np.ndarray,
) -> None:
    """Normalise `grey` in place by mean and gain between the squares."""
    low, high = np.float32(-CLIP), np.float32(CLIP)
    last_row, last = mean.shape[0] - 1, mean.shape[1] - 1
    for y in range(grey.shape[0]):
        i, w = above[y], below_weight[y]
        j = min(i + 1, last_row)
        means = mean[i] + (mean[j] - mean[i]) * w
        gains = gain[i] + (gain[j] - gain[i]) * w
        row = grey[y]
        for x in range(row.size):
            a, v = before[x], after_weight[x]
            b = min(a + 1, last)
            value = row[x] - (means[a] + (means[b] - means[a]) * v)
            value *= gains[a] + (gains[b] - gains[a]) * v
            if not np.isfinite(value):
                value = np.float32(0)
            row[x] = min(max(value, low), high)
