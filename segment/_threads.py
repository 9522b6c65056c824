"""Work in threads on parts of an image, as many as this process may use."""

import os
from _thread import start_new_thread
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Semaphore
from typing import TypeVar

BAND_ROWS = 256  #: rows that a thread takes at a time
BAND_PX = 500_000  #: smaller images are not worth a thread

Part = TypeVar("Part")
Result = TypeVar("Result")
_share: int | None = None  #: threads of a process that works beside others of its kind


def take_share(threads: int) -> None:
    """Work in so many threads from now on."""
    global _share
    _share = threads


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
    return in_threads(lambda span: work(*span), spans)


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Call ``work(part)`` for each, in threads where there are several parts and cores; in their order.

    Nothing waits for a thread to start: one whose start finds no memory never says so.
    """
    threads = min(_share or available_cores(), len(parts))
    if threads <= 1:
        return list(map(work, parts))
    left = deque(enumerate(parts))
    answers: dict[int, Result] = {}
    wrong: list[BaseException] = []
    finished = Semaphore(0)

    def take() -> None:
        while True:
            try:
                place, part = left.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                if not wrong:
                    answers[place] = work(part)
            except BaseException as error:
                wrong.append(error)
            finally:
                finished.release()

    with suppress(RuntimeError, MemoryError):  # what no thread takes is done by this one
        for _ in range(threads - 1):
            start_new_thread(take, ())
    take()
    for _ in parts:
        finished.acquire()
    if wrong:
        raise wrong[0]
    return [answers[place] for place in range(len(parts))]
