"""A job that kills its process costs only itself; no process outlives a killed run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from grainstats.run.job.isolated_workers import Crash, IsolatedWorkers, threads_per_worker
from segment._threads import available_cores, in_threads


def square(job: int) -> int:
    return job * job


def die_at_three(job: int) -> int:
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return job * job


def threads_at_work(job: int) -> int:
    return len(set(in_threads(lambda part: threading.get_ident(), range(8))))


def threads_from_the_start(job: int) -> str:
    """What numpy saw when it was loaded, before any line of the worker's own."""
    environment = open("/proc/self/environ").read().split("\0")
    return dict(one.split("=", 1) for one in environment if one).get("OPENBLAS_NUM_THREADS", "")


def run(function, workers: int, jobs: list[int]) -> dict[int, object]:
    source = iter(jobs)
    results = list(IsolatedWorkers(function, workers).results(lambda: next(source, None)))
    assert len(results) == len(jobs)
    return dict(results)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_same_results_whatever_the_number_of_workers(workers):
    assert run(square, workers, list(range(6))) == {job: job * job for job in range(6)}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_kills_its_process_costs_only_itself(workers):
    results = run(die_at_three, workers, list(range(8)))
    assert isinstance(results.pop(3), Crash)
    assert results == {job: job * job for job in range(8) if job != 3}


def test_a_result_may_lead_to_new_jobs():
    waiting, seen = [1], []
    workers = IsolatedWorkers(square, 2)
    for job, _ in workers.results(lambda: waiting.pop() if waiting else None):
        seen.append(job)
        if job == 1:
            waiting.extend([2, 3])
    assert sorted(seen) == [1, 2, 3]


def test_workers_together_use_each_core_once():
    assert threads_per_worker(1) == available_cores()
    assert threads_per_worker(10 * available_cores()) == 1
    assert set(run(threads_at_work, available_cores(), [1, 2]).values()) == {1}


def holds_scipy(job: int) -> bool:
    return "scipy.special" in sys.modules


def test_a_worker_loads_its_libraries_before_any_job():
    """OpenBLAS that is loaded where memory has ended asks for it for ever."""
    assert run(holds_scipy, 1, [1, 2]) == {1: True, 2: True}


def never(*_: object) -> int:
    return 0


def refuse(*_: object) -> int:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("start", [never, refuse, None])
def test_threads_that_find_no_memory_are_not_waited_for(start, monkeypatch):
    monkeypatch.setattr("segment._threads.available_cores", lambda: 3)
    if start is not None:
        monkeypatch.setattr("segment._threads.start_new_thread", start)
    assert in_threads(lambda part: part * part, range(50)) == [part * part for part in range(50)]
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda part: 1 // (part - 20), range(50))


@pytest.mark.skipif(sys.platform != "linux", reason="looks the environment up in /proc")
@pytest.mark.parametrize(("given", "seen"), [(None, "1"), ("3", "3")])
def test_sums_in_a_worker_are_made_in_one_thread(given, seen, monkeypatch):
    """In several, the last digits of long sums would depend on the number of workers."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if given:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", given)
    assert set(run(threads_from_the_start, 1, [1, 2]).values()) == {seen}
    assert os.environ.get("OPENBLAS_NUM_THREADS") == given


SCRIPT = """
import os, sys, time
from grainstats.run.job.isolated_workers import IsolatedWorkers

def sleep(job):
    open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
    while True:
        time.sleep(60)

if __name__ == "__main__":
    jobs = iter([1, 2])
    list(IsolatedWorkers(sleep, 2).results(lambda: next(jobs, None)))
"""


def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    script = tmp_path / "job.py"
    second = (
        "import threading\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\nif True:"
    )
    script.write_text(SCRIPT.replace('if __name__ == "__main__":', second))
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], capture_output=True, text=True)
    assert "no worker process can be started" in done.stderr  # a tracker may have the last word


FORKED = """
import multiprocessing, os, signal
from grainstats.run.job.isolated_workers import Crash, IsolatedWorkers

def work(job):
    if job == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    process = type(multiprocessing.current_process()).__name__
    return process, prepared, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

prepared = []
if __name__ == "__main__":
    jobs = iter([1, 2, 3, 4])
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))  # it ends the process, as in the program
    workers = IsolatedWorkers(work, 2, prepare=lambda: prepared.append(1))
    answers = dict(workers.results(lambda: next(jobs, None)))
    assert isinstance(answers[3], Crash) and len(answers) == 4, answers
    process, *good = answers[1]  # after a crash it may be another, for threads take a moment to end
    assert process == "ForkProcess" and all(good), answers
"""
ONE_THREAD = os.environ | {"OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no process is forked")
def test_a_process_of_one_thread_is_forked_and_its_workers_are_isolated_all_the_same(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(FORKED)
    words = [sys.executable, "-W", "error::DeprecationWarning", str(script)]
    done = subprocess.run(words, env=ONE_THREAD, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
@pytest.mark.parametrize("environment", [None, ONE_THREAD], ids=["several threads", "one thread"])
def test_workers_end_with_a_run_that_is_killed(environment, tmp_path):
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    pids = tmp_path / "pids"
    pids.mkdir()
    process = subprocess.Popen([sys.executable, str(script), str(pids)], env=environment)
    wait_until(lambda: len(list(pids.iterdir())) == 2)
    process.kill()
    process.wait()
    workers = [int(path.name) for path in pids.iterdir()]
    wait_until(lambda: not any(is_running(pid) for pid in workers))


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition) -> None:
    end = time.monotonic() + 600  # so that a failure is one, on however busy a machine
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
