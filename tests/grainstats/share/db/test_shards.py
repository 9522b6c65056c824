"""Two shards at once into one server, which restarts under way: the same tables as one run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe

PARTS = 2


def shard(data: Path, out: Path, model: Path, url: str, part: int) -> subprocess.Popen[bytes]:
    words = ["run", str(data), "--out", str(out), "--model", str(model), "--db", url, "--workers", "1"]
    call = [sys.executable, "-c", "from grainstats.run.cli import main; main()", *words]
    return subprocess.Popen(
        [*call, "--shard", f"{part}/{PARTS}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.slow
def test_shards_into_one_server_that_restarts(
    postgres_url: str,
    restart_server: Callable[[], None],
    tmp_path: Path,
    edge_model: Path,
    write_micrograph: Callable[..., Path],
) -> None:
    for number in range(4):
        write_micrograph(tmp_path / "data" / f"S{number % 2}" / f"{number}.tif", number)
    (tmp_path / "data/S0/bad.tif").write_text("no image")
    out, whole = tmp_path / "out", tmp_path / "whole"
    jobs = [shard(tmp_path / "data", out, edge_model, postgres_url, part) for part in range(1, PARTS + 1)]
    end = time.monotonic() + 200
    while not list(out.rglob("*.labels.tif")) and time.monotonic() < end:
        time.sleep(0.05)
    restart_server()
    assert sorted(job.wait(300) for job in jobs) == [0, 1]
    recipe = Recipe(model=str(edge_model))
    done = run_batch(Call((), out, workers=0, report_only=True, db=postgres_url), recipe)
    one = run_batch(Call((str(tmp_path / "data"),), whole, workers=0), recipe)
    assert done.verdicts == one.verdicts
    assert [f.path for f in done.failures] == [f.path for f in one.failures]
    assert {p.name: p.read_bytes() for p in (out / "tables").iterdir()} == {
        p.name: p.read_bytes() for p in (whole / "tables").iterdir()
    }
