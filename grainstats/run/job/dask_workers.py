"""Jobs on a Dask cluster instead of local processes (extra `dask`); the output folder must be shared."""

from collections.abc import Callable, Iterator
from typing import Any, Generic

from grainstats.run.job.isolated_workers import Answer, Crash, Task
from segment.errors import InputError, install_extra

_AHEAD = 2  #: jobs handed out per worker, so that none waits for the next


class DaskWorkers(Generic[Task, Answer]):
    """Runs one function, as for `IsolatedWorkers`, over jobs on the workers of a Dask scheduler.

    `InputError` where Dask is not installed, the scheduler does not answer at `address`
    (``tcp://host:8786``), or its workers run several threads each: the network is compiled once in a process
    and answers one image at a time.
    """

    def __init__(self, function: Callable[[Task], Answer], address: str) -> None:
        self.function = function
        self._client = _connect(address)
        threads = set(self._client.nthreads().values())
        if threads != {1}:
            said = "no workers yet" if not threads else f"workers with {max(threads)} threads"
            remedy = f"Start them with: dask worker {address} --nworkers N --nthreads 1"
            raise InputError(f"--dask {address}", f"the scheduler has {said}", remedy)

    def results(self, next_job: Callable[[], Task | None]) -> Iterator[tuple[Task, Answer | Crash]]:
        """Yield (job, result) as they are ready; as `IsolatedWorkers.results`."""
        from dask.distributed import as_completed

        running: dict[Any, Task] = {}
        ready = as_completed()
        with self._client:
            room = _AHEAD * len(self._client.nthreads())
            while True:
                while len(running) < room and (job := next_job()) is not None:
                    future = self._client.submit(self.function, job, pure=False, retries=0)
                    running[future] = job
                    ready.add(future)
                if not running:
                    return
                future = next(ready)
                yield running.pop(future), _outcome(future)


def _connect(address: str) -> Any:
    try:
        from dask.distributed import Client
    except ImportError:
        raise InputError(f"--dask {address}", "Dask is not installed", install_extra("dask")) from None
    try:
        return Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        remedy = "Check the address, and that the scheduler runs"
        raise InputError(f"--dask {address}", "the scheduler does not answer", remedy) from error


def _outcome(future: Any) -> Any:
    """The result, or a crash where the workers that tried it died."""
    from dask.distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return Crash()
