"""A real Dask cluster of two worker processes: the same results, and a killed worker costs its job only."""

from __future__ import annotations

import os
import signal

import pytest

from grainstats.run.job.dask_pool import DaskPool
from grainstats.run.job.worker_pool import Crash
from segment.errors import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed (extra `dask`)")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def square(job: int) -> tuple[int, int]:
    return job * job, os.getpid()


def die_at_three(job: int) -> int:
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return job * job


@pytest.fixture
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as made:
        yield made


def results(function, address: str, n: int) -> dict:
    jobs = iter(range(n))
    return dict(DaskPool(function, address).results(lambda: next(jobs, None)))


def test_two_workers_share_the_jobs(cluster):
    done = results(square, cluster.scheduler_address, 12)
    assert {job: value for job, (value, _) in done.items()} == {job: job * job for job in range(12)}
    assert len({pid for _, pid in done.values()} - {os.getpid()}) == 2


def test_a_job_that_kills_its_workers_costs_only_itself(cluster):
    done = results(die_at_three, cluster.scheduler_address, 8)
    assert isinstance(done.pop(3), Crash)
    assert done == {job: job * job for job in range(8) if job != 3}


def test_workers_with_several_threads_are_refused():
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as made:
        with pytest.raises(InputError, match="workers with 2 threads"):
            DaskPool(square, made.scheduler_address)
