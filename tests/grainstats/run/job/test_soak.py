"""A small soak: each kind of bad file is one named row, kills change nothing. The large one: `make soak`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest
import soak
from soak_faults import FAULTS, NOT_TRIED, STRUCK

from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe


def test_every_kind_of_bad_file_is_one_named_row(tmp_path, edge_model):
    rng = np.random.default_rng(1)
    image = soak.fields(rng, 1)[0][:96, :96]
    folder = tmp_path / "data/S1"
    folder.mkdir(parents=True)
    for number, write in enumerate(soak.BAD.values()):
        write(folder / f"{number:02d}.tif", image)
    summary = run_batch(
        Call((str(tmp_path / "data"),), tmp_path / "out", workers=0), Recipe(model=str(edge_model))
    )
    named = {Path(failure.path).stem for failure in summary.failures}
    assert named == {f"{number:02d}" for number in range(len(soak.BAD))}
    assert all("unexpected" not in failure.reason and failure.remedy for failure in summary.failures)
    assert (summary.n_images, summary.exit_status) == (0, 1)
    report = (tmp_path / "out/report.html").read_text()
    assert all(failure.path in report for failure in summary.failures)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux")
def test_a_disturbed_campaign_equals_an_undisturbed_one(tmp_path, edge_model):
    call = {"images": 24, "samples": 2, "every": 24, "kills": 1, "workers": 1, "seed": 3}
    call |= {"largest": 256, "parts": 1, "minutes": 1e6, "db": None, "restart": None}
    table = soak.soak(argparse.Namespace(**call, model=str(edge_model), out=tmp_path))
    assert table["differences"] == []
    assert (table["analysed"], table["named without a result"], table["bad images"]) == (23, 1, 1)
    assert {table[name] for name in FAULTS} <= {STRUCK, NOT_TRIED}
    assert table["largest page, bytes"] < 5_000_000
