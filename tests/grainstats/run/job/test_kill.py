"""kill -9 in the middle, then the same command again: nothing twice, nothing lost."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.job.one_image import Analyst
from grainstats.run.job.plan import Job
from grainstats.run.recipe import Recipe

N_IMAGES = 6


def command(data: Path, out: Path, model: Path) -> list[str]:
    call = ["run", str(data), "--out", str(out), "--model", str(model), "--workers", "1"]
    return [sys.executable, "-c", "from grainstats.run.cli import main; main()", *call]


def stored(out: Path) -> dict[str, tuple[int, str]]:
    """Number and time of every analysis in the database."""
    if not (out / "results.db").is_file():
        return {}
    connection = sqlite3.connect(f"file:{out / 'results.db'}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT micrograph_digest, id, created_at FROM analysis").fetchall()
    except sqlite3.OperationalError:  # the tables are not there yet
        return {}
    finally:
        connection.close()
    return {digest: (number, made) for digest, number, made in rows}


def kill_when(out: Path, process: subprocess.Popen, n_stored: int) -> None:
    end = time.monotonic() + 300
    while len(stored(out)) < n_stored:
        assert process.poll() is None, "finished before it could be killed"
        assert time.monotonic() < end, "nothing was stored in time"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_an_image_that_has_ended_a_run_gets_a_process_of_its_own(tmp_path, edge_model, write_micrograph):
    image, out = write_micrograph(tmp_path / "S1/a.tif", 0), tmp_path / "out"
    ends = "from grainstats.run.job.one_image import Analyst; import os; "
    ends += "Analyst._analyse = lambda analyst, job: os._exit(9); "
    words = command(image, out, edge_model)
    words[2] = ends + words[2]
    assert subprocess.run(words, capture_output=True).returncode == 9
    notes = list((out / ".report").glob("alone-*"))
    assert len(notes) == 1

    analyst = Analyst(Recipe(), str(edge_model), "cpu", 1, out.resolve())
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert analyst.alone(Job(image, "S1/a.tif", digest, "S1")) is None
    run_batch(Call((str(image),), out, workers=1, device="cpu"), Recipe(model=str(edge_model)))
    assert len(stored(out)) == 1 and list((out / ".report").glob("alone-*")) == notes


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path, edge_model, write_micrograph):
    data = tmp_path / "data"
    for number in range(N_IMAGES):
        write_micrograph(data / f"S{number // 3 + 1}" / f"field_{number}.tif", number)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with subprocess.Popen(command(data, killed, edge_model), stderr=subprocess.DEVNULL) as process:
        kill_when(killed, process, 2)
    before = stored(killed)
    assert 2 <= len(before) < N_IMAGES

    again = subprocess.run(command(data, killed, edge_model), capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    after = stored(killed)
    assert f"{N_IMAGES} images measured, {N_IMAGES - len(before)} of them now" in again.stdout
    assert len(after) == N_IMAGES and {digest: after[digest] for digest in before} == before

    run_batch(Call((str(data),), whole, workers=0), Recipe(model=str(edge_model)))
    for path in (whole / "tables").iterdir():
        assert (killed / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    assert not [path for path in killed.rglob("*") if path.name.startswith(".") and path.is_file()]
