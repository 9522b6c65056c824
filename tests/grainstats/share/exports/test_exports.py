"""CSV, Parquet and Data Package: the same numbers come back, and every row leads back to its image."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from grainstats.infer import ModalityVerdict
from grainstats.measure import descriptors
from grainstats.share import AnalysisRecord, Database
from grainstats.share.catalogue import field_of
from grainstats.share.exports import FORMS, export, tables
from grainstats.share.exports.tables import export_tables
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError
from segment.mosaics.laguerre import laguerre_section

MAPS = ("roiset",)  # of label maps, which this database has none of
TABLES = {
    "samples",
    "micrographs",
    "recipes",
    "analyses",
    "sample_results",
    "verdicts",
    "descriptors",
    "failures",
    "suggestions",
    "grains",
    "intercepts",
}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def read(folder: Path, table: str) -> pd.DataFrame:
    newlines = pa_csv.ParseOptions(newlines_in_values=True)
    empty = pa_csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=True, null_values=[""])
    path = folder / f"{table}.csv"
    return pa_csv.read_csv(path, parse_options=newlines, convert_options=empty).to_pandas()


def test_a_verdict_without_p_values(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = filled.verdicts().assign(p_values=np.nan)
    monkeypatch.setattr(filled, "verdicts", lambda: older)
    export(filled, "csv", tmp_path / "csv")
    assert "verdict" in read(tmp_path / "csv", "verdicts")


def test_csv_holds_the_same_numbers(
    filled: Database, make_record: Callable[..., AnalysisRecord], tmp_path: Path
) -> None:
    out = tmp_path / "csv"
    assert {path.stem for path in export(filled, "csv", out)} == TABLES
    record = make_record(1)
    assert record.grains is not None and record.intercepts is not None
    for name, table in (("grains", record.grains), ("intercepts", record.intercepts)):
        rows = read(out, name).query("analysis == @record.key.digest")
        back = rows[list(table)].reset_index(drop=True)
        pd.testing.assert_frame_equal(back, table, check_dtype=False, check_exact=True)
    assert len(read(out, "grains")) == 60
    descriptors = read(out, "descriptors")
    mine = descriptors.query("analysis == @record.key.digest and name == 'equivalent_diameter_mean_nm'")
    assert mine["value"].tolist() == [50 + 1 / 7]
    assert read(out, "failures")["reason"].tolist() == ["it is truncated"]


def test_samples_make_the_round_trip(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "csv"
    export(filled, "csv", out)
    with Database.open(tmp_path / "second.db") as second:
        assert second.put_samples(read_samples(out / "samples.csv")) == 3
        pd.testing.assert_frame_equal(second.samples(), filled.samples())
    table = read(out, "samples").set_index("sample_id")
    assert table.loc["S1", "param:temp_degC"] == 850
    assert table.loc["S1", "prop_sd:jc_kA/cm2"] == 0.03
    assert table.loc["S2", "param:atm_category"] == "Ar, 5 % H2"
    assert table.loc["S3"].isna()["prop:jc_kA/cm2"]


def test_every_exported_number_leads_back(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "csv"
    export(filled, "csv", out)
    analyses = read(out, "analyses").set_index("analysis")
    assert analyses.index.is_unique
    assert set(analyses["micrograph_digest"]) <= set(read(out, "micrographs")["micrograph_digest"])
    assert set(analyses["recipe_digest"]) <= set(read(out, "recipes")["recipe_digest"])
    assert analyses[["model_digest", "model_name", "code_version", "seed"]].notna().all(axis=None)
    for table in ("grains", "intercepts", "sample_results"):
        assert set(read(out, table)["analysis"]) <= set(analyses.index)
    descriptors, results = read(out, "descriptors"), set(read(out, "sample_results")["sample_result"])
    assert set(descriptors.query("level == 'image'")["analysis"]) <= set(analyses.index)
    assert (
        set(descriptors.query("level == 'sample'")["sample_result"])
        == set(read(out, "verdicts")["sample_result"])
        == results
    )
    assert (
        read(out, "verdicts")[["mode_1_nm", "mode_2_ci_high_nm", "p_dip"]].values.tolist()
        == [[40, 150, 0.01]] * 2
    )


def test_parquet_has_types_and_units(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "parquet"
    assert {path.stem for path in export(filled, "parquet", out)} == TABLES
    grains = pq.read_table(out / "grains.parquet")
    field = grains.schema.field("equivalent_diameter_nm")
    assert (str(field.type), field.metadata[b"unit"]) == ("double", b"nm")
    assert field.metadata[b"label_ja"].decode() == "円相当径"
    assert str(grains.schema.field("touches_frame").type) == "bool"
    samples = pq.read_table(out / "samples.parquet")
    assert samples.schema.field("param:temp_degC").metadata[b"unit"] == b"degC"
    export(filled, "csv", tmp_path / "csv")
    expected = read(tmp_path / "csv", "grains")
    pd.testing.assert_frame_equal(grains.to_pandas(), expected, check_dtype=False, check_exact=True)


def test_data_package_is_valid(filled: Database, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed (extra dev)")
    out = tmp_path / "package"
    export(filled, "datapackage", out)
    report = frictionless.validate(str(out / "datapackage.json"))
    assert report.valid, report.flatten(["title", "fieldName", "rowNumber", "message"])
    assert report.stats["tasks"] == len(TABLES)
    package = json.loads((out / "datapackage.json").read_text())
    assert {resource["name"] for resource in package["resources"]} == TABLES
    units = {
        (resource["name"], field["name"]): field.get("unit")
        for resource in package["resources"]
        for field in resource["schema"]["fields"]
    }
    assert units["grains", "area_nm2"] == "nm2"
    assert units["samples", "prop:jc_kA/cm2"] == "kA/cm2"
    assert units["samples", "campaign"] is None
    assert all(unit for (_, name), unit in units.items() if name.endswith(("_nm", "_px", "_deg", "_nm2")))


def test_data_package_notices_a_changed_number(filled: Database, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed (extra dev)")
    export(filled, "datapackage", tmp_path / "package")
    changed = tmp_path / "package" / "data" / "grains.csv"
    changed.write_text(changed.read_text().replace("1,", "2,", 1))
    assert not frictionless.validate(str(tmp_path / "package" / "datapackage.json")).valid


def test_same_work_same_bytes(verdict: ModalityVerdict, tmp_path: Path, fill_database: Callable) -> None:
    """The order in which workers finished changes no byte, nor does exporting again into the same folder."""
    forms = [form for form in FORMS if form not in MAPS]
    seen = []
    for order, times in (((0, 1, 2), 1), ((2, 1, 0), 2)):
        folder = tmp_path / f"order {order[0]}"
        folder.mkdir()
        with Database.open(folder / "results.db") as db:
            fill_database(db, verdict, folder, order)
            for _ in range(times):
                for form in forms:
                    export(db, form, folder / form)
                seen.append({form: digests(folder / form) for form in forms})
    assert seen[0] == seen[1] == seen[2]
    assert min(map(len, seen[0].values())) > 3


def test_descriptors_of_a_measurement_have_labels_in_both_languages() -> None:
    mosaic = laguerre_section((600, 600), 30, 0.3, np.random.default_rng(1)).grain_map(2.0)
    measured = {descriptor.name: descriptor.unit for descriptor in descriptors(mosaic)}
    fields = [field_of(name) for name in measured]
    assert [f.name for f in fields if f.ja.isascii() or not f.en] == []
    assert {f.name: f.unit for f in fields} == measured


def test_every_column_has_labels_in_both_languages(db: Database) -> None:
    fields = [field for table in export_tables(db) for field in table.fields]
    assert [f.name for f in fields if f.ja.isascii() and not f.name.startswith("p_")] == []


def test_folders_of_others_are_left_alone(filled: Database, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        export(filled, "csv", out)
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="not a folder"):
        export(filled, "csv", out / "thesis.txt")
    with pytest.raises(InputError, match="no form 'xml'"):
        export(filled, "xml", tmp_path / "new")  # type: ignore[arg-type]
    again = tmp_path / "again"
    export(filled, "boxvia", again)
    (again / "Suggest.csv").write_text("made by BOXVIA")
    export(filled, "boxvia", again)
    assert (again / "Suggest.csv").read_text() == "made by BOXVIA"
    assert not list(tmp_path.glob(".*"))


def test_an_empty_database_gives_empty_tables(db: Database, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed (extra dev)")
    export(db, "csv", tmp_path / "csv")
    assert read(tmp_path / "csv", "grains").empty
    export(db, "parquet", tmp_path / "parquet")
    assert pq.read_table(tmp_path / "parquet" / "verdicts.parquet").num_rows == 0
    export(db, "datapackage", tmp_path / "package")
    assert frictionless.validate(str(tmp_path / "package" / "datapackage.json")).valid
    for form in ("rde", "boxvia"):
        with pytest.raises(InputError):
            export(db, form, tmp_path / form)  # type: ignore[arg-type]
        assert not (tmp_path / form).exists()


@pytest.mark.parametrize("where", [None, ".rest.x1/tables.csv"])
def test_what_cannot_be_written_names_the_folder(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str | None
) -> None:
    def full(*given: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), where)

    monkeypatch.setattr(tables, "write_csv", full)
    with pytest.raises(OSError, match="No space left") as caught:
        export(filled, "csv", tmp_path / "rest")
    assert caught.value.filename == str(tmp_path / "rest")
    assert not list(tmp_path.glob("*rest*"))
