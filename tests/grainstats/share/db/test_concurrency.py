"""Many writers at once: nothing lost, nothing twice."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from grainstats.infer import ModalityVerdict
from grainstats.share import AnalysisRecord, Database

SHARED, OWN = 8, 8  # analyses that every writer stores, and that each writer stores alone


def write(url: str, records: list[AnalysisRecord], verdict: ModalityVerdict, sheet: str) -> int:
    """One writer: opens the database itself (making it, if it is first) and stores everything."""
    from grainstats.share.sheets.samples import read_samples

    with Database.open(url) as db:
        db.put_samples(read_samples(sheet))
        stored = 0
        for record in records:
            stored += db.add_analysis(record)
            db.add_failure("broken.tif", None, "truncated", "copy it again")
        ids = db.analyses(current=False).query("micrograph_digest == @records[0].key.micrograph_digest")
        db.put_verdict("S0", verdict, ids["analysis_id"])
        return stored


def shares(make_record: Callable[..., AnalysisRecord], writers: int) -> list[list[AnalysisRecord]]:
    """Work of each writer: the same shared analyses in another order, and some of its own."""
    common = [make_record(n, sample_id=f"S{n % 3}") for n in range(SHARED)]
    parts = []
    for writer in range(writers):
        own = [make_record(1000 + writer * OWN + n, sample_id=f"S{n % 3}") for n in range(OWN)]
        turned = common[writer:] + common[:writer]
        parts.append([r for pair in zip(turned, own, strict=False) for r in pair] + own[SHARED:])
    return parts


def check(url: str, parts: list[list[AnalysisRecord]], verdict: ModalityVerdict, folder: Path) -> None:
    sheet = folder / "samples.csv"
    rows = [f"S{n},ai,c1,{850 + n},{1.5 + n}" for n in range(3)]
    sheet.write_text("\n".join(["sample_id,design_route,campaign,param:temp_C,prop:jc_T", *rows, ""]))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grainstats.share.sheets.samples", "grainstats.share.quantity_units"])
    with ProcessPoolExecutor(len(parts), mp_context=context) as processes:
        jobs = [processes.submit(write, url, part, verdict, str(sheet)) for part in parts]
        stored = sum(job.result() for job in jobs)
    expected = SHARED + OWN * len(parts)
    assert stored == expected
    with Database.open(url, create=False) as db:
        analyses = db.analyses()
        assert len(analyses) == len(db.analyses(current=False)) == len(db.micrographs()) == expected
        assert analyses["micrograph_digest"].is_unique
        grains, intercepts = db.grains(), db.intercepts()
        assert len(grains) == 20 * expected
        assert not grains.duplicated(["analysis_id", "label"]).any()
        assert len(intercepts) == 100 * expected
        assert len(db.descriptors()) == 2 * expected
        assert db.samples()[["param:temp_degC", "prop:jc_T"]].values.tolist() == [
            [850 + n, 1.5 + n] for n in range(3)
        ]
        assert len(db.failures()) == 1
        assert db.verdicts()["sample_id"].tolist() == ["S0"]


def test_four_processes_on_one_sqlite_file(
    tmp_path: Path, make_record: Callable[..., AnalysisRecord], verdict: ModalityVerdict
) -> None:
    check(str(tmp_path / "results.db"), shares(make_record, 4), verdict, tmp_path)


@pytest.mark.slow
def test_eight_writers_on_postgresql(
    postgres_url: str, tmp_path: Path, make_record: Callable[..., AnalysisRecord], verdict: ModalityVerdict
) -> None:
    check(postgres_url, shares(make_record, 8), verdict, tmp_path)


@pytest.mark.slow
def test_a_fork_gets_connections_of_its_own(
    postgres_url: str, make_record: Callable[..., AnalysisRecord]
) -> None:
    with Database.open(postgres_url) as db:
        db.add_analysis(make_record(0))
        process = multiprocessing.get_context("fork").Process(target=db.add_analysis, args=(make_record(1),))
        process.start()
        process.join()
        assert process.exitcode == 0
        assert db.analyses()["seed"].tolist() == [0, 1]
