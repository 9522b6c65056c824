"""The database on both kinds: what goes in comes out, twice is once, newer supersedes without deleting."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from grainstats.infer import ModalityVerdict
from grainstats.measure import Descriptor, grain_table, intercept_table
from grainstats.share import AnalysisRecord, Database, MicrographFacts, SuggestionRecord
from grainstats.share.db.engine import DatabaseError, _lies_read_only
from segment.errors import UncalibratedError
from segment.micrograph import Micrograph, ScaleConflict
from segment.mosaics.laguerre import laguerre_section

Maker = Callable[..., AnalysisRecord]


def test_tables_come_back_as_they_went_in(db: Database, make_record: Maker) -> None:
    record = make_record(1, n=50)
    assert db.add_analysis(record)
    assert not db.add_analysis(record)
    assert record.grains is not None and record.intercepts is not None
    grains, intercepts = db.grains("S1"), db.intercepts("S1")
    pd.testing.assert_frame_equal(grains[list(record.grains)], record.grains, check_dtype=False)
    pd.testing.assert_frame_equal(intercepts[list(record.intercepts)], record.intercepts, check_dtype=False)
    assert (grains["sample_id"] == "S1").all()
    assert np.isnan(grains["weight"]).sum() == record.grains["touches_frame"].sum() > 0


def test_the_tables_of_a_measurement_are_kept_whole(db: Database, make_record: Maker) -> None:
    mosaic = laguerre_section((300, 300), 30, 0.3, np.random.default_rng(1)).grain_map(2.0)
    grains, intercepts = grain_table(mosaic), intercept_table(mosaic)
    db.add_analysis(dataclasses.replace(make_record(1), grains=grains, intercepts=intercepts))
    pd.testing.assert_frame_equal(db.grains("S1")[list(grains)], grains, check_dtype=False)
    pd.testing.assert_frame_equal(db.intercepts("S1")[list(intercepts)], intercepts, check_dtype=False)


def test_intercepts_of_several_images_keep_their_owners_and_widest_numbers(
    db: Database, make_record: Maker
) -> None:
    records = [make_record(number, n=size) for number, size in ((1, 3), (2, 50), (3, 1))]
    assert all(record.intercepts is not None for record in records)
    single = records[1].intercepts.astype({"length_nm": "float32"})
    for record in (records[0], dataclasses.replace(records[1], intercepts=single), records[2]):
        db.add_analysis(record)
    found, numbers = db.intercepts("S1"), db.analyses().set_index("micrograph_digest")["analysis_id"]
    assert found["length_nm"].dtype == float and (found["sample_id"] == "S1").all()
    for record, own in zip(records, (records[0].intercepts, single, records[2].intercepts), strict=True):
        of_image = found[found["analysis_id"] == numbers[record.key.micrograph_digest]]
        assert of_image["length_nm"].tolist() == own["length_nm"].astype(float).tolist()


def test_every_row_leads_back(db: Database, make_record: Maker) -> None:
    record = make_record(3)
    db.add_analysis(record)
    (row,) = db.analyses().to_dict("records")
    assert row["micrograph_digest"] == record.key.micrograph_digest
    assert (row["model_digest"], row["model_name"]) == ("model", "boundary-net")
    assert (row["code_version"], row["seed"], row["pixel_size_nm"]) == ("0.1.0", 3, 1.25)
    assert row["warnings"] == ["scale bar and metadata disagree"]
    assert row["artefacts"] == {"overlay": "overlays/0003.png"}
    assert row["analysis"] == record.key.digest
    assert set(db.grains()["analysis_id"]) == set(db.descriptors()["analysis_id"]) == {row["analysis_id"]}
    assert db.recipes()["text"].tolist() == [record.recipe_text]
    assert db.micrographs()["path"].tolist() == ["S1/0003.tif"]


def test_the_same_analysis_again_changes_nothing(db: Database, make_record: Maker) -> None:
    record = make_record(1)
    assert [db.add_analysis(record) for _ in range(3)] == [True, False, False]
    other_numbers = dataclasses.replace(record, grains=make_record(2).grains, seed=99)
    assert not db.add_analysis(other_numbers)
    assert len(db.grains()) == 20
    assert len(db.intercepts()) == 100
    assert len(db.descriptors()) == 2
    assert db.analyses()["seed"].tolist() == [1]


def test_newer_analysis_supersedes_and_deletes_nothing(db: Database, make_record: Maker) -> None:
    old, new = make_record(1, n=20), make_record(1, n=30, recipe="recipe 2")
    db.add_analysis(old)
    db.add_analysis(new)
    assert db.analyses()["recipe_digest"].tolist() == ["recipe 2"]
    assert len(db.grains()) == 30
    everything = db.analyses(current=False)
    assert dict(zip(everything["recipe_digest"], everything["is_current"], strict=True)) == {
        "recipe": False,
        "recipe 2": True,
    }
    assert db.use_analysis(old.key)
    assert len(db.grains()) == 20
    assert not db.use_analysis(make_record(7).key)


def test_micrographs_can_move_to_another_sample(db: Database, make_record: Maker) -> None:
    record = make_record(1, sample_id="wrong")
    db.add_analysis(record)
    db.use_analysis(record.key, sample_id="right")
    assert len(db.grains("right")) == 20
    assert len(db.grains("wrong")) == 0
    assert db.samples()["sample_id"].tolist() == ["right"]  # of "wrong" nothing is left but the name


def test_micrographs_are_called_as_in_the_latest_run(db: Database, make_record: Maker) -> None:
    record = make_record(1)
    db.add_analysis(record)
    db.use_analysis(record.key, path="folder/renamed.tif")
    assert db.micrographs()["path"].tolist() == ["folder/renamed.tif"]


def test_by_sample_gives_each_row_once(db: Database, make_record: Maker) -> None:
    for number in range(4):
        db.add_analysis(make_record(number, sample_id=f"S{number % 2}"))
    db.add_analysis(dataclasses.replace(make_record(9), sample_id=None))
    parts = list(db.by_sample("grains"))
    assert [set(part["sample_id"].dropna()) for part in parts] == [{"S0"}, {"S1"}, set()]
    assert [len(part) for part in parts] == [40, 40, 20]
    together = pd.concat(parts, ignore_index=True).drop(columns="sample_id")
    pd.testing.assert_frame_equal(together, db.grains().drop(columns="sample_id"))


def test_pixel_tables_are_refused_and_leave_nothing(db: Database, make_record: Maker) -> None:
    record = make_record(1)
    assert record.grains is not None and record.intercepts is not None
    in_pixels = record.grains.rename(columns=lambda c: c.replace("_nm2", "_px2").replace("_nm", "_px"))
    with pytest.raises(UncalibratedError, match=r"0001\.tif.*area_nm2"):
        db.add_analysis(dataclasses.replace(record, grains=in_pixels))
    chords = record.intercepts.rename(columns={"length_nm": "length_px"})
    with pytest.raises(UncalibratedError, match="length_nm"):
        db.add_analysis(dataclasses.replace(record, intercepts=chords))
    assert len(db.analyses()) == len(db.grains()) == len(db.samples()) == 0
    assert db.add_analysis(dataclasses.replace(record, grains=None, intercepts=None))
    assert db.analyses()["n_grains"].tolist() == [0]


def test_verdicts_with_their_analyses(db: Database, make_record: Maker, verdict: ModalityVerdict) -> None:
    for number in range(3):
        db.add_analysis(make_record(number))
    ids = db.analyses()["analysis_id"]
    feature = Descriptor("intercept_mean_nm", 61.5, 55.0, 68.0, "nm", "mean lineal intercept, ASTM E112")
    assert db.put_verdict("S1", verdict, ids, descriptors=[feature])
    assert not db.put_verdict("S1", verdict, ids, descriptors=[feature])
    (row,) = db.verdicts().to_dict("records")
    assert (row["sample_id"], row["verdict"], row["modes_nm"]) == ("S1", "bimodal", [40.0, 130.0])
    assert row["p_values"] == {"dip": 0.01, "spread": 0.002}
    assert row["stability"] is None and row["ala_g"] is None
    assert set(dataclasses.asdict(verdict)) < set(row)
    assert db.sample_results()["analysis_id"].tolist() == sorted(ids)
    assert db.descriptors("sample")[["name", "value"]].values.tolist() == [["intercept_mean_nm", 61.5]]


def test_newer_verdict_counts_and_the_older_stays(
    db: Database, make_record: Maker, verdict: ModalityVerdict
) -> None:
    db.add_analysis(make_record(0))
    ids = db.analyses()["analysis_id"]
    newer = dataclasses.replace(verdict, verdict="uniform", seed=4)
    for each in (verdict, newer):
        db.put_verdict("S1", each, ids)
    assert db.verdicts()["verdict"].tolist() == ["uniform"]
    assert not db.put_verdict("S1", verdict, ids)
    assert db.verdicts()["verdict"].tolist() == ["bimodal"]
    with pytest.raises(ValueError, match="1 of the analyses are not in the database"):
        db.put_verdict("S1", verdict, [*ids, 10_000])


def test_failures_are_kept_until_untrue(db: Database, make_record: Maker) -> None:
    record = make_record(1)
    path, sha = record.micrograph.path, record.micrograph.sha256
    db.add_failure(path, None, "truncated", "copy it again")
    db.add_failure(path, "f" * 64, "truncated at 3 kB", "copy it again")
    db.add_failure(path, f"{sha}#4", "frame is black", "leave it out")
    db.add_failure("other.tif", None, "a text file", "leave it out")
    db.add_failure("other.tif", None, "a text file, 3 kB", "leave it out")
    assert len(db.failures()) == 4
    db.add_analysis(record)
    left = db.failures()
    assert left["path"].tolist() == [path, "other.tif"]
    assert left["reason"].tolist() == ["frame is black", "a text file, 3 kB"]


def test_suggestions_once(db: Database) -> None:
    one = SuggestionRecord("ai", "function network", {"temp_degC": 850.0, "atm_category": "Ar"}, "abc", 7)
    two = dataclasses.replace(
        one, origin="researcher", reason="worked before", predictions={"jc": {"mean": np.nan}}
    )
    assert db.add_suggestions([one, two]) == 2
    assert db.add_suggestions([one, two]) == 0
    table = db.suggestions()
    assert table["origin"].tolist() == ["ai", "researcher"]
    assert table["parameters"][0] == {"temp_degC": 850.0, "atm_category": "Ar"}
    assert table["predictions"][1] == {"jc": {"mean": None}}


def test_optimizer_table_is_a_view_for_people(
    db: Database, make_record: Maker, verdict: ModalityVerdict, tmp_path: Path
) -> None:
    from grainstats.share.sheets.samples import read_samples

    sheet = tmp_path / "samples.csv"
    sheet.write_text(
        "sample_id,design_route,campaign,param:temp_C,param:atm_category,prop:jc_kA/cm2\nS1,ai,c1,850,Ar,1.5\n"
    )
    db.put_samples(read_samples(sheet))
    db.add_analysis(make_record(1))
    feature = Descriptor("intercept_mean_nm", 61.5, 55.0, 68.0, "nm", "ASTM E112")
    db.put_verdict("S1", verdict, db.analyses()["analysis_id"], descriptors=[feature])
    table = db.optimizer_table().set_index(["kind", "name"])
    assert table.loc[("parameter", "temp"), ["value", "unit"]].tolist() == [850.0, "degC"]
    assert table.loc[("parameter", "atm"), "text"] == "Ar"
    assert table.loc[("feature", "intercept_mean_nm"), ["value", "ci_low", "ci_high"]].tolist() == [
        61.5,
        55.0,
        68.0,
    ]
    assert table.loc[("verdict", "modality"), "text"] == "bimodal"
    assert table.loc[("property", "jc"), ["value", "unit", "route"]].tolist() == [1.5, "kA/cm2", "ai"]
    assert len(table) == 5


def test_facts_of_a_micrograph() -> None:
    conflict = ScaleConflict("metadata: 1.0 nm", "scale bar: 1.1 nm", 1.1)
    picture = Micrograph(
        np.zeros((20, 30), np.uint8),
        1.0,
        "metadata",
        Path("x/a.dm4"),
        "ab",
        "dm",
        frame=2,
        n_frames=3,
        conflicts=(conflict,),
    )
    facts = MicrographFacts.of(picture, "a.dm4")
    assert (facts.digest, facts.sha256, facts.frame, facts.path) == ("ab#2", "ab", 2, "a.dm4")
    assert (facts.rows, facts.columns, facts.scale_source) == (20, 30, "metadata")
    assert facts.scale_conflict == "metadata: 1.0 nm against scale bar: 1.1 nm (x1.1)"


@pytest.mark.parametrize(
    "damage",
    [
        "update analysis set artefacts = '{bad'",
        "update analysis set artefacts = '[1]'",
        f"update analysis set artefacts = '{'[' * 100_000}'",
        "update analysis set warnings = 'null'",
        "update analysis set pixel_size_nm = 'abc'",
        "update grain set area_nm2 = 'abc'",
        "update analysis_intercepts set content = x'00ff'",
        "update verdict set result = '{}'",
        "update verdict set result = '[]'",
    ],
)
def test_damaged_rows_are_named(
    tmp_path: Path, raw: Callable[..., list], make_record: Maker, verdict: ModalityVerdict, damage: str
) -> None:
    path = tmp_path / "results.db"
    with Database.open(path) as db:
        db.add_analysis(make_record(0, sample_id="S1"))
        ids = db.analyses()["analysis_id"].tolist()
        db.put_verdict("S1", verdict, ids)
        raw(str(path), damage)
        with pytest.raises(DatabaseError, match=r"a row in it is damaged.*Restore a copy"):
            for read in (db.analyses, db.grains, db.intercepts, db.verdicts):
                read()


def test_a_failure_of_an_image_that_has_a_result_under_another_name_is_dropped(db, make_record):
    record = make_record(5, n=4)
    db.add_failure("S1/old name.tif", record.key.micrograph_digest, "no pixel size", "give one")
    db.add_failure("S1/other.tif", "f" * 64, "damaged", "copy it")
    db.add_analysis(record)
    assert db.failures()["path"].tolist() == ["S1/other.tif"]


def test_a_file_in_a_folder_without_the_right_to_write_is_read(
    make_record: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(tmp_path / "a.db") as db:
        db.add_analysis(make_record(1))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with Database.open(tmp_path / "a.db", create=False) as db:
        assert len(db.analyses()) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["a.db"]  # nothing beside it, even meanwhile
        with pytest.raises(DatabaseError, match=r"readonly.*permissions"):
            db.add_analysis(make_record(2))
    (tmp_path / "a.db-wal").write_bytes(b"")  # someone writes: what it holds would be missed
    assert not _lies_read_only(tmp_path / "a.db")
