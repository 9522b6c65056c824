"""Worker processes in which a job that kills its worker costs only itself.

`concurrent.futures` gives up all processes when one dies, and cannot say whose job it was. Here the jobs
that were under way at that moment are tried again one at a time, each in a process of its own: the one that
kills a process a second time is the culprit, the others get their results.
"""

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, Generic, TypeVar

import cv2
import numpy as np

from grainstats.run.atomic import OutputError
from segment._threads import available_cores, take_share
from segment.errors import InputError

Task = TypeVar("Task")
Answer = TypeVar("Answer")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Crash:
    """In place of a result: the job's process died (out of memory, segmentation fault)."""

    reason: str = "the process working on it died, most often because memory ran out"


def threads_per_worker(workers: int) -> int:
    """Threads each worker may use, so that all of them together use each core once."""
    return max(1, available_cores() // max(1, workers))


class IsolatedWorkers(Generic[Task, Answer]):
    """Runs one function over jobs in processes of their own.

    The function is importable by name and must not raise for a bad job but return a result that says so; an
    `OutputError` ends all jobs.
    Without workers it runs in this process, not isolated. `alone` does a job that is the only one in this
    process, for a worker may first have to import everything again; it gives None for a job that is better
    isolated, for its memory. `prepare` loads, before this process is forked, what workers need.
    """

    def __init__(
        self,
        function: Callable[[Task], Answer],
        workers: int,
        alone: Callable[[Task], Answer | None] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.function = function
        self.workers = workers
        self.alone = alone
        self.prepare = prepare
        self._started = False

    def results(self, next_job: Callable[[], Task | None]) -> Iterator[tuple[Task, Answer | Crash]]:
        """Yield (job, result) as they are ready, in no particular order.

        `next_job` gives None where there is no job at present; it is asked again after every result, which
        may have led to new jobs. Jobs are drawn only when a process is free for them. `InputError` where no
        worker starts.
        """
        if self.workers == 0:
            while (job := next_job()) is not None:
                yield job, self.function(job)
            return
        drawn, suspects = [job for job in (next_job(), next_job()) if job is not None], list[Task]()
        if len(drawn) == 1 and self.alone and (result := self.alone(drawn[0])) is not None:
            yield drawn.pop(), result
            drawn = [job for job in (next_job(),) if job is not None]  # a stack has led to more
        if not drawn:
            return
        while True:
            yield from self._until_crash(
                lambda: drawn.pop(0) if drawn else next_job(), self.workers, suspects
            )
            if not suspects:
                return
            if not self._started:
                self._try_to_start()
            for job in suspects:
                yield from self._alone(job)
            suspects.clear()

    def _try_to_start(self) -> None:
        """Tell workers that cannot even start from jobs that kill theirs."""
        with self._executor(1) as executor:
            try:
                executor.submit(os.getpid).result()
            except BrokenProcessPool as error:
                remedy = "In a script, put the call under `if __name__ == '__main__':`"
                raise InputError("workers", "no worker process can be started", remedy) from error

    def _alone(self, job: Task) -> Iterator[tuple[Task, Answer | Crash]]:
        again = iter([job])
        crashed: list[Task] = []
        yield from self._until_crash(lambda: next(again, None), 1, crashed)
        for culprit in crashed:
            yield culprit, Crash()

    def _until_crash(
        self, next_job: Callable[[], Task | None], workers: int, crashed: list[Task]
    ) -> Iterator[tuple[Task, Answer | Crash]]:
        """Work until no job is left or a process dies; the jobs under way then go to `crashed`."""
        running: dict[Future[Answer], Task] = {}
        executor = self._executor(workers)
        try:
            while not crashed:
                while len(running) < workers and (job := next_job()) is not None:
                    running[self._submit(executor, job)] = job
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        crashed.append(job)
                    elif isinstance(error, OutputError):
                        raise error
                    elif error is not None:  # the result could not be passed on
                        yield job, Crash(f"its result was lost on the way ({type(error).__name__})")
                    else:
                        self._started = True
                        yield job, future.result()
            crashed.extend(running.values())
        finally:
            executor.shutdown(wait=bool(crashed) or not running, cancel_futures=True)

    def _executor(self, workers: int) -> ProcessPoolExecutor:
        if self.prepare and may_fork():
            self.prepare()
        return ProcessPoolExecutor(
            workers,
            mp_context=multiprocessing.get_context("fork" if may_fork() else "spawn"),
            initializer=_start_worker,
            initargs=(threads_per_worker(self.workers), gc.get_threshold()),
        )

    def _submit(self, executor: ProcessPoolExecutor, job: Task) -> Future[Answer]:
        """Hand a job over; a process that starts for it has its share of the threads from its beginning.

        Libraries read these variables when they are loaded. What the user has set stays. Files are read in
        one thread: Python waits for ever for a thread whose start finds no memory; sums are, too, for the
        last digits of threads' sums depend on their number.
        """
        share = dict.fromkeys(_THREAD_VARIABLES, str(threads_per_worker(self.workers)))
        share |= {"TIFFFILE_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        given = {name: threads for name, threads in share.items() if name not in os.environ}
        os.environ.update(given)
        try:
            return executor.submit(self.function, job)
        except BrokenProcessPool as error:
            broken: Future[Answer] = Future()
            broken.set_exception(error)
            return broken
        finally:
            for name in given:
                del os.environ[name]


def may_fork() -> bool:
    """Whether a copy of this process is sound: no thread of it, of Python or a library, is left behind."""
    if sys.platform != "linux" or "torch" in sys.modules:  # a fork cannot use CUDA
        return False
    for _ in range(20):
        if len(os.listdir("/proc/self/task")) == 1:
            return True
        time.sleep(0.005)  # one that has ended takes a moment to go
    return False


def load_first() -> None:
    """Load OpenBLAS, NumPy's and SciPy's, while there is memory: where it finds none, it tries for ever."""
    importlib.import_module("scipy.special")
    square = np.ones((256, 256))
    np.matmul(square, square, out=square.copy())


def _start_worker(threads: int, collect_at: tuple[int, int, int]) -> None:
    """Settle a new process: its share of the cores, no part in Ctrl-C, an end with its parent.

    What a fork has of its parent is not searched for garbage, and the signals that the parent handles end it.
    """
    import tifffile

    gc.freeze()
    gc.set_threshold(*collect_at)
    vars(tifffile.TIFF).pop("MAXWORKERS", None)  # looked up again, for this process
    take_share(threads)
    cv2.setNumThreads(threads)
    load_first()
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without this, workers of a run that was killed (kill -9) would wait for jobs for ever."""
    parent: Any = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
