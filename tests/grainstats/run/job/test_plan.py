"""Jobs are drawn lazily, in a fixed order, each image once, and only where work is left."""

from __future__ import annotations

from pathlib import Path

import pytest

import grainstats.run.job.plan as plan_module
from grainstats.run.failures import forget_trace, reason_of
from grainstats.run.job.call import parse_shard
from grainstats.run.job.file_identity import KnownFiles, file_digest
from grainstats.run.job.plan import Job, Plan
from segment.errors import InputError


def files(folder: Path, **contents: str) -> list[Path]:
    paths = [folder / f"{name}.tif" for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_text(content)
    return paths


def drawn(plan: Plan) -> list[Job]:
    jobs = []
    while (job := plan.next_job()) is not None:
        jobs.append(job)
    return jobs


def plan_of(folder: Path, jobs: list[tuple[Path, str]], pending=lambda job: job) -> Plan:
    return Plan(jobs, pending, lambda path: f"S/{path.name}", KnownFiles(folder))


def test_a_copy_in_the_same_sample_counts_once_and_is_remarked(tmp_path):
    a, b = files(tmp_path, a="x", b="x")
    plan = plan_of(tmp_path, [(a, "S"), (b, "S")])
    assert [job.path for job in drawn(plan)] == [a]
    assert plan.remarks == ["S/b.tif is the same image as S/a.tif, byte for byte: counted once"]
    assert not plan.failures


def test_a_copy_in_another_sample_fails_and_names_both(tmp_path):
    a, b = files(tmp_path, a="x", b="x")
    plan = plan_of(tmp_path, [(a, "S1"), (b, "S2")])
    assert [job.sample_id for job in drawn(plan)] == ["S1"]
    (failure,) = plan.failures
    assert failure.path == "S/b.tif"
    assert "'S1'" in failure.reason and "(S/a.tif)" in failure.reason


def test_done_jobs_are_counted_not_drawn(tmp_path):
    a, b = files(tmp_path, a="x", b="y")
    done = file_digest(a)
    plan = plan_of(tmp_path, [(a, "S"), (b, "S")], lambda job: None if job.digest == done else job)
    assert [job.path for job in drawn(plan)] == [b]
    assert plan.n_done == 1


def test_frames_of_a_stack_come_next_each_with_its_own_digest_and_name(tmp_path):
    a, b = files(tmp_path, a="x", b="y")
    plan = plan_of(tmp_path, [(a, "S"), (b, "S")], lambda job: None if job.frame == 1 else job)
    stack = plan.next_job()
    plan.add_frames(stack, 3)
    jobs = drawn(plan)
    assert [(job.path, job.frame) for job in jobs] == [(a, 0), (a, 2), (b, None)]
    assert jobs[1].digest == f"{stack.sha256}#2"
    assert jobs[0].stem("ab12") == "S/a_0000-ab12"


def test_a_missing_file_is_a_failure_with_its_reason(tmp_path):
    plan = plan_of(tmp_path, [(tmp_path / "gone.tif", "S")])
    assert drawn(plan) == []
    assert "No such file" in plan.failures[0].reason


@pytest.mark.parametrize("part", ["why_no_file", "looks_of", "pending"])
@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(5, "Input/output error"), InputError("a", "b", "c")]
)
def test_whatever_a_file_raises_before_its_turn_costs_only_itself(tmp_path, monkeypatch, part, error):
    a, b = files(tmp_path, a="x", b="y")
    plan = plan_of(tmp_path, [(a, "S"), (b, "S")])
    place = plan if part == "pending" else plan_module
    sound = getattr(place, part)

    def breaks(what, *rest):
        if getattr(what, "path", what) == a:
            raise error
        return sound(what, *rest)

    monkeypatch.setattr(place, part, breaks)
    assert [job.path for job in drawn(plan)] == [b]
    assert [failure.path for failure in plan.failures] == ["S/a.tif"]


def test_files_are_hashed_only_when_their_turn_comes(tmp_path):
    (a,) = files(tmp_path, a="x")
    plan = plan_of(tmp_path, [(a, "S"), (tmp_path / "later.tif", "S")])
    assert plan.next_job().path == a
    files(tmp_path, later="z")
    assert plan.next_job().path == tmp_path / "later.tif"


def test_names_of_outputs_are_fit_for_files(tmp_path):
    job = Job(tmp_path / "α b/c?.tif", "", "", "A/raw 1")
    assert job.stem("0123456789") == "A_raw_1/c-01234567"


def test_long_names_leave_room_for_what_stands_behind_them(tmp_path):
    job = Job(tmp_path / ("片" * 80 + ".tif"), "", "", "試" * 90)
    folder, _, name = job.stem("0123456789").partition("/")
    assert len(folder.encode()) <= 200 and len(name.encode()) <= 200
    assert name.startswith("片片") and name.endswith("-01234567")


def test_an_unforeseen_error_is_said_even_where_its_trace_cannot_be_written(tmp_path):
    (tmp_path / "errors").write_text("in the way")
    reason, remedy = reason_of(RuntimeError("odd"), tmp_path, "S1/a.tif")
    assert "RuntimeError: odd" in reason and "report" in remedy


def test_the_trace_of_an_error_goes_when_its_image_gives_a_result(tmp_path):
    for name in ("S1/a.tif", "S2/a.tif"):
        _, remedy = reason_of(RuntimeError("odd"), tmp_path, name)
    assert "errors/S2_a.tif.txt" in remedy and len(list((tmp_path / "errors").iterdir())) == 2
    forget_trace(tmp_path, "S1/a.tif")
    assert [path.name for path in (tmp_path / "errors").iterdir()] == ["S2_a.tif.txt"]
    for _ in range(2):
        forget_trace(tmp_path, "S2/a.tif")
    assert not (tmp_path / "errors").exists()


def test_shards():
    assert parse_shard("2/8") == (2, 8)
    for bad in ("0/3", "4/3", "2", "a/b", "1/0"):
        with pytest.raises(InputError, match="not of the form I/N"):
            parse_shard(bad)
