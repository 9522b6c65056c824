"""Compiled open hash table of pairs of labels with a row of numbers each."""

import numba
import numpy as np

FREE = -1  #: mark of a free place in a table of keys; no key is negative
START = 4096  #: places of a new table, a power of two


@numba.njit(cache=True, nogil=True)
def pair_slot(keys: np.ndarray, key: np.int64) -> int:
    """Place of a key, or the free one where it belongs; the table's size is a power of two."""
    mask = keys.size - 1
    i = ((key * 0x9E3779B97F4A7C15) >> 17) & mask
    while keys[i] != FREE and keys[i] != key:
        i = (i + 1) & mask
    return int(i)


@numba.njit(cache=True, nogil=True)
def grown(keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same table with twice the places."""
    more_keys = np.full(keys.size * 2, FREE, np.int64)
    more_values = np.zeros((keys.size * 2, values.shape[1]))
    for i in range(keys.size):
        if keys[i] != FREE:
            k = pair_slot(more_keys, keys[i])
            more_keys[k] = keys[i]
            more_values[k] = values[i]
    return more_keys, more_values


@numba.njit(cache=True, nogil=True)
def pair_of(a: int, b: int) -> np.int64:
    """Key of an unordered pair: lower label << 32 | higher label."""
    return np.int64((np.int64(min(a, b)) << 32) | np.int64(max(a, b)))
