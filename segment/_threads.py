"""Work in threads on bands of an image, as many as this process may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

BAND_ROWS = 256  #: rows that a thread takes at a time
BAND_PX = 500_000  #: smaller images are not worth a thread

Result = TypeVar("Result")


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_bands(shape: tuple[int, ...], work: Callable[[int, int], Result]) -> list[Result]:
    """Call ``work(first, last)`` for bands of rows, in threads; results from the top.

    The bands do not depend on the number of threads.
    """
    spans = [(first, min(first + BAND_ROWS, shape[0])) for first in range(0, shape[0], BAND_ROWS)]
    if shape[0] * shape[1] <= BAND_PX:
        return [work(*span) for span in spans]
    with ThreadPoolExecutor(available_cores()) as pool:
        return list(pool.map(lambda span: work(*span), spans))
