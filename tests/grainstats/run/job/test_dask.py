"""A real Dask cluster of two worker processes gives the same results."""

from __future__ import annotations

import os

import pytest

from grainstats.run.job.dask_workers import DaskWorkers

distributed = pytest.importorskip("distributed", reason="Dask is not installed (extra `dask`)")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def square(job: int) -> tuple[int, int]:
    return job * job, os.getpid()


@pytest.fixture
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=True, **options) as made:
        yield made


def results(function, address: str, n: int) -> dict:
    jobs = iter(range(n))
    return dict(DaskWorkers(function, address).results(lambda: next(jobs, None)))


def test_two_workers_share_the_jobs(cluster):
    done = results(square, cluster.scheduler_address, 12)
    assert {job: value for job, (value, _) in done.items()} == {job: job * job for job in range(12)}
    assert len({pid for _, pid in done.values()} - {os.getpid()}) == 2
