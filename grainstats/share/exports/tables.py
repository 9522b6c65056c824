"""The exported tables, as CSV and Parquet, too: units, rows in a fixed order, keys that lead back.

Rows of grains, intercepts and descriptors carry ``analysis``; the table `analyses` says which micrograph,
model, recipe, code version and seed that is. Verdicts and descriptors of samples carry ``sample_result``; the
table `sample_results` says which analyses went into it. Internal numbers and times are left out: the same
work gives the same bytes.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

from grainstats.share.catalogue import Field, field_of
from grainstats.share.db.bulk import parquet_options
from grainstats.share.db.database import Database
from grainstats.share.db.reading import NO_SAMPLE
from grainstats.share.spreadsheet_text import FORMULA, spreadsheet_text, without_formulas


@dataclass(frozen=True, eq=False)
class ExportTable:
    """One table, part by part."""

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]  #: columns that identify a row; empty where none do
    references: dict[str, str]  #: column -> table whose column of the same name it refers to
    #: rows, a sample at a time where there are many; each part has exactly the columns of `fields`
    parts: Callable[[], Iterator[pd.DataFrame]]


def export_tables(db: Database) -> Iterator[ExportTable]:
    """Every table of the database that people ask for, the large ones last."""
    results, analyses = db.sample_results(), db.analyses(current=False)
    analyses = analyses[analyses["is_current"] | analyses["analysis_id"].isin(results["analysis_id"])]
    keys = analyses.set_index("analysis_id")["analysis"]
    owner = {"sample_id": "samples"}
    links = {**owner, "micrograph_digest": "micrographs", "recipe_digest": "recipes"}
    provenance = analyses.drop(columns=["analysis_id", "artefacts", "created_at"])
    provenance = provenance.sort_values(["sample_id", "path", "analysis"], kind="stable")
    behind, key = {**owner, "analysis": "analyses"}, ("sample_result", "analysis")
    yield _whole("samples", "Samples, process parameters and properties", db.samples(), ("sample_id",), {})
    micrographs = "Micrographs and their calibration"
    yield _whole("micrographs", micrographs, db.micrographs(), ("micrograph_digest",), owner)
    yield _whole("recipes", "Settings of the analyses", db.recipes(), ("recipe_digest",), {})
    yield _whole("analyses", "Which model and recipe saw which micrograph", provenance, ("analysis",), links)
    results = _short(results.assign(analysis=results["analysis_id"].map(keys)))
    results = results.drop(columns="analysis_id").sort_values(["sample_id", "analysis"], kind="stable")
    yield _whole("sample_results", "Analyses behind each sample's statistics", results, key, behind)
    yield _whole("verdicts", "Uniform, bimodal or indeterminate", _verdicts(db), ("sample_id",), owner)
    yield _whole("descriptors", "Named numbers of images and samples", _descriptors(db, keys), (), owner)
    yield _whole("failures", "Inputs that could not be analysed", db.failures(), (), {})
    proposed = db.suggestions().drop(columns=["suggestion_id", "created_at"]).sort_values("digest")
    yield _whole("suggestions", "Proposed experiments", proposed, (), {})
    yield _measured(db, "grains", "Grains", keys, ("analysis", "label"))
    yield _measured(db, "intercepts", "Lineal intercepts", keys, ())


def _whole(
    name: str, title: str, frame: pd.DataFrame, key: tuple[str, ...], references: dict[str, str]
) -> ExportTable:
    fields = tuple(field_of(str(column)) for column in frame)
    shaped = _shape(frame, fields)
    return ExportTable(name, title, fields, key, references, lambda: iter([shaped]))


def _measured(
    db: Database, name: Literal["grains", "intercepts"], title: str, keys: pd.Series, key: tuple[str, ...]
) -> ExportTable:
    """Grains or intercepts, read again sample by sample at each pass."""
    own = (db.grains if name == "grains" else db.intercepts)(NO_SAMPLE)
    given = ("sample_id", "analysis")
    wanted = [*given, *(column for column in own if column not in (*given, "analysis_id", "number"))]
    fields = tuple(field_of(column) for column in wanted)

    def parts() -> Iterator[pd.DataFrame]:
        for part in db.by_sample(name):
            part = part.assign(analysis=part["analysis_id"].map(keys))
            yield _shape(part.sort_values("analysis", kind="stable")[wanted], fields)

    return ExportTable(name, title, fields, key, {"analysis": "analyses"}, parts)


def _verdicts(db: Database) -> pd.DataFrame:
    """Verdicts with the modes spread over columns."""
    table = _short(db.verdicts())
    for place in (0, 1):
        mode = f"mode_{place + 1}"
        table[f"{mode}_nm"] = table["modes_nm"].map(lambda v, i=place: _at(v, i))
        table[f"{mode}_ci_low_nm"] = table["modes_ci_nm"].map(lambda v, i=place: _at(_at(v, i), 0))
        table[f"{mode}_ci_high_nm"] = table["modes_ci_nm"].map(lambda v, i=place: _at(_at(v, i), 1))
        table[f"{mode}_fraction"] = table["mode_fractions"].map(lambda v, i=place: _at(v, i))
    p_values = [tests if isinstance(tests, dict) else {} for tests in table["p_values"]]
    for test in sorted({name for tests in p_values for name in tests}):
        table[f"p_{test}"] = [tests.get(test) for tests in p_values]
    return table.drop(columns=["modes_nm", "modes_ci_nm", "mode_fractions", "p_values"])


def _short(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the first 16 digits of its digests of sample results."""
    return table.assign(sample_result=table["sample_result"].str[:16])


def _at(values: object, place: int) -> object:
    return values[place] if isinstance(values, list) and place < len(values) else None


def _descriptors(db: Database, keys: pd.Series) -> pd.DataFrame:
    images, samples = db.descriptors("image"), _short(db.descriptors("sample"))
    images = images.assign(level="image", analysis=images["analysis_id"].map(keys), sample_result=None)
    samples = samples.assign(level="sample", analysis=None, path=None)
    columns = ["sample_id", "level", "path", "analysis", "sample_result"]
    columns += ["name", "value", "ci_low", "ci_high", "unit", "method"]
    table = pd.concat([part[columns].astype(object) for part in (images, samples)])
    return table.sort_values(["sample_id", "level", "path", "analysis", "name"], kind="stable")


def _shape(frame: pd.DataFrame, fields: tuple[Field, ...]) -> pd.DataFrame:
    """The columns of `fields` in pandas types that keep missing values apart from numbers."""
    kinds = {"string": "string", "number": "Float64", "integer": "Int64", "boolean": "boolean"}
    columns = {}
    for field in fields:
        column = frame[field.name]
        if field.kind == "string":
            column = column.map(_text)
        elif field.kind == "number":
            column = pd.to_numeric(column).astype(float)
        columns[field.name] = column.astype(kinds[field.kind])
    return pd.DataFrame(columns, index=frame.index).reset_index(drop=True)


def _text(value: object) -> str | None:
    """Lists and dicts as JSON; NaN as a missing value."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return None if value is None or (isinstance(value, float) and value != value) else str(value)


def export_csv(db: Database, out: Path) -> None:
    """One UTF-8 CSV per table; numbers in their shortest exact form, missing values empty.

    For spreadsheets: texts that these would take for formulas are written as text (`spreadsheet_text`).
    """
    for table in export_tables(db):
        write_csv(table, out / f"{table.name}.csv", spreadsheet=True)


_SHOWN = re.compile(rf"""(?:^|,)"?'[{re.escape(FORMULA)}]""", re.MULTILINE)


def n_texts_shown(files: Iterable[Path]) -> int:
    """Texts of exported CSV files that stand behind an apostrophe, lest a spreadsheet run them."""
    small = (path for path in files if path.suffix == ".csv" and path.stem not in ("grains", "intercepts"))
    return sum(len(_SHOWN.findall(path.read_text(encoding="utf-8"))) for path in small)


def write_csv(table: ExportTable, path: Path, *, spreadsheet: bool = False) -> Path:
    """Write one table, part by part; `spreadsheet`: no cell is a formula, else texts stay as they are."""
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [spreadsheet_text(field.name) if spreadsheet else field.name for field in table.fields]
        pd.DataFrame(columns=names).to_csv(file, index=False, lineterminator="\n")
        for part in table.parts():
            part = without_formulas(part) if spreadsheet else part
            part.to_csv(file, header=False, index=False, lineterminator="\n")
    return path


def export_parquet(db: Database, out: Path) -> None:
    """One Parquet file per table; each field's metadata holds its unit and labels."""
    import pyarrow.parquet as pq

    for table in export_tables(db):
        schema = _arrow_schema(table)
        path, options = out / f"{table.name}.parquet", parquet_options(schema)
        with path.open("wb") as file, pq.ParquetWriter(file, schema, **options) as writer:
            for part in table.parts():
                rows = pa.Table.from_pandas(part, schema=schema, preserve_index=False)
                writer.write_table(rows.cast(schema))


def _arrow_schema(table: ExportTable) -> pa.Schema:
    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    return pa.schema(
        [
            pa.field(f.name, kinds[f.kind], metadata={"unit": f.unit, "label_en": f.en, "label_ja": f.ja})
            for f in table.fields
        ]
    )
