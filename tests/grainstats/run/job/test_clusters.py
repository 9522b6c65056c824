"""Shards at once, into four databases that are merged or into one server: the same as one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from grainstats.share import Database
from grainstats.share.db.merging import Merged, merge

PARTS = 2


def call(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from grainstats.run.cli import main; main()", *arguments]


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "tables").iterdir()}


@pytest.mark.slow
def test_databases_of_shards_merged_equal_one_run(two_samples, tmp_path, edge_model):
    (two_samples / "S1/bad.tif").write_text("no image")
    sheet = tmp_path / "samples.csv"
    sheet.write_text(
        "sample_id,design_route,campaign,param:temp_degC\nS1,ai,one,800\nS2,researcher,one,820\n"
    )
    common = ["--model", str(edge_model), "--samples", str(sheet), "--device", "cpu"]
    out, whole = tmp_path / "out", tmp_path / "whole"
    jobs = [
        subprocess.Popen(
            call(
                *("run", str(two_samples), "--out", str(out), *common, "--workers", "1"),
                *("--manifest", str(tmp_path / "list.txt"), "--shard", f"{part}/{PARTS}"),
                *("--db", str(tmp_path / f"shard-{part}.db")),
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for part in range(1, PARTS + 1)
    ]
    assert sorted(job.wait() for job in jobs) == [0] * (PARTS - 1) + [1]
    databases = [str(tmp_path / f"shard-{part}.db") for part in range(1, PARTS + 1)]
    recipe = Recipe(model=str(edge_model))
    with Database.open(out / "results.db") as db:
        for database in databases:
            with Database.open(database, create=False) as shard:
                merge(db, shard)
                assert merge(db, shard) == Merged(0, 0)
    done = run_batch(Call((), out, workers=0, report_only=True, samples=sheet), recipe)
    one = run_batch(Call((str(two_samples),), whole, workers=0, samples=sheet), recipe)
    assert [f.path for f in done.failures] == [f.path for f in one.failures]
    assert done.verdicts == one.verdicts and tables(out) == tables(whole)
