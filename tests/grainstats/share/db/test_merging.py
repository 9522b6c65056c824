"""Databases of shards into one: everything once, nothing of two minds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grainstats.share import Database, DatabaseError
from grainstats.share.db import merging
from grainstats.share.db.merging import merge
from grainstats.share.db.schema import METADATA
from grainstats.share.sheets.samples import read_samples


def database(path, make_record, numbers):
    """A database of these analyses, with failures of two images, one of which another shard has analysed."""
    with Database.open(path) as db:
        for number in numbers:
            db.add_analysis(make_record(number, n=4))
        db.add_failure("S1/0002.tif", make_record(2).key.micrograph_digest, "memory", "again")
        db.add_failure("S1/bad.tif", None, "damaged", "copy it")
    return path


def test_a_merge_keeps_what_is_there_and_adds_the_rest(tmp_path, make_record):
    with Database.open(tmp_path / "all.db") as db:
        for name, numbers in (("a.db", (0, 1)), ("b.db", (1, 2))):
            with Database.open(database(tmp_path / name, make_record, numbers), create=False) as shard:
                merge(db, shard)
        assert sorted(db.analyses()["seed"]) == [0, 1, 2]
        assert db.failures()["path"].tolist() == ["S1/bad.tif"]
        whole = database(tmp_path / "whole.db", make_record, (0, 1, 2))
        with Database.open(whole, create=False) as one:
            for table in ("grains", "intercepts"):
                drop = ["analysis_id"]
                ours, theirs = (
                    getattr(db, table)().drop(columns=drop),
                    getattr(one, table)().drop(columns=drop),
                )
                assert ours.equals(theirs)
            assert db.descriptors().drop(columns=drop).equals(one.descriptors().drop(columns=drop))


def test_different_units_of_one_quantity_are_refused(tmp_path):
    for name, unit in (("a", "degC"), ("b", "K")):
        sheet = tmp_path / f"{name}.csv"
        sheet.write_text(f"sample_id,design_route,campaign,param:temp_{unit}\n{name},ai,one,800\n")
        with Database.open(tmp_path / f"{name}.db") as db:
            db.put_samples(read_samples(sheet))
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        with pytest.raises(DatabaseError, match="keeps temp in K"):
            merge(a, b)


def test_no_table_of_an_analysis_is_left_out():
    owned = {t.name for t in METADATA.tables.values() if "analysis_id" in t.c}
    assert owned == {table.name for table in merging._ROWS} | {"current_analysis", "sample_result_analysis"}


def sheet(path, *rows):
    header = "sample_id,design_route,campaign,param:hold_h,prop:jc_kA/cm2"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return read_samples(path)


def test_samples_of_two_minds_are_named_and_the_first_stays(tmp_path):
    ours = [f"S{k},ai,one,2,50" for k in (1, 2, 3, 4)]
    theirs = ["S1,ai,one,2,50", "S2,ai,one,3,50", "S3,ai,two,2,50", "S4,ai,one,2,51"]
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        a.put_samples(sheet(tmp_path / "a.csv", *ours))
        b.put_samples(sheet(tmp_path / "b.csv", *theirs))
        assert merge(a, b).differing == ("S2", "S3", "S4")
        assert a.samples()["param:hold_h"].tolist() == [2, 2, 2, 2]
        assert merge(a, a).differing == ()


def test_a_sample_without_a_design_takes_that_of_another_shard(tmp_path, make_record):
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        a.add_analysis(make_record(0, n=4))
        (known,) = a.analyses()["sample_id"]
        b.put_samples(sheet(tmp_path / "b.csv", f"{known},ai,one,2,50"))
        assert merge(a, b).differing == ()
        assert a.samples()["param:hold_h"].tolist() == [2]


def test_an_image_that_one_database_excludes_stays_out(tmp_path, make_record):
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        for db in (a, b):
            db.add_analysis(make_record(0, n=4))
        b.exclude({b.micrographs()["sha256"][0]: "blurred"})
        merge(a, b)
        assert a.micrographs()["excluded"].tolist() == ["blurred"]


def test_images_that_counted_by_another_recipe_are_counted(tmp_path, make_record):
    record = make_record(0, n=4)
    other = replace(record, key=replace(record.key, recipe_digest="other"))
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        a.add_analysis(record)
        b.add_analysis(other)
        assert merge(a, b).n_replaced == 1
        assert a.analyses()["recipe_digest"].tolist() == ["other"]
        assert merge(a, b).n_replaced == 0


def test_an_image_in_another_sample_is_named_and_the_first_one_counts(tmp_path, make_record):
    with Database.open(tmp_path / "a.db") as a, Database.open(tmp_path / "b.db") as b:
        for number, (here, there) in enumerate([("S1", "S2"), ("S1", "S1"), (None, "S2"), ("S1", None)]):
            a.add_analysis(replace(make_record(number, n=4), sample_id=here))
            b.add_analysis(replace(make_record(number, n=4), sample_id=there))
        b.add_analysis(make_record(4, sample_id="S2", n=4))
        assert merge(a, b).elsewhere == ("S1/0000.tif (S2, here S1)",)
        samples = a.micrographs().sort_values("sha256")["sample_id"]
        assert samples.tolist() == ["S1", "S1", "S2", "S1", "S2"]
        assert merge(a, a).elsewhere == ()
