"""Work in threads, as many as this process may use: on bands of an image, on images in turn."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

BAND_ROWS = 256  #: rows that a thread takes at a time
BAND_PX = 500_000  #: smaller images are not worth a thread

Item = TypeVar("Item")
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


def in_turn(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    at_once: int,
    size: Callable[[Item], int],
    most: int,
) -> Iterator[Result]:
    """Call `work` on each item, some of them side by side; results in the items' order.

    Parameters
    ----------
    work : callable
    items : iterable
        Taken one by one, none before there is a thread for it.
    at_once : int
        Items side by side; 1: no threads.
    size : callable
        Of an item.
    most : int
        Sum of the sizes side by side; a larger item is alone.
    """
    if at_once <= 1:
        yield from map(work, items)
        return
    waiting: deque[tuple[int, Future[Result]]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        for item in items:
            while waiting and (len(waiting) >= at_once or sum(one for one, _ in waiting) + size(item) > most):
                yield waiting.popleft()[1].result()
            waiting.append((size(item), pool.submit(work, item)))
        while waiting:
            yield waiting.popleft()[1].result()
