"""Versions of the schema: the migrations make the models, older databases move up, all others are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from grainstats.infer import ModalityVerdict
from grainstats.share import AnalysisRecord, Database, DatabaseError
from grainstats.share.db import migrate as migrate_module
from grainstats.share.db.engine import in_transaction, make_engine, parse_url
from grainstats.share.db.migrate import VERSIONS, version_of
from grainstats.share.db.schema import METADATA, OPTIMIZER_COLUMNS

OLD = Path(__file__).with_name("schema_0004.sql")  # a database of release 0.1.0 (sqlite3 .dump)
Raw = Callable[..., list]


def first_tables(connection: sa.Connection) -> None:
    """Make the database of release 0.1.0 on any kind of database, with the rows of the dump."""
    old = sa.MetaData()
    with sa.create_engine("sqlite://").connect() as memory:
        memory.connection.driver_connection.executescript(OLD.read_text())
        old.reflect(memory)
        view = memory.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'view'"))
        rows = {table: memory.execute(sa.select(table)).mappings().all() for table in old.sorted_tables}
    for table in rows:
        for column in table.columns:
            column.type = column.type.as_generic()
    old.create_all(connection)
    for table, own in rows.items():
        if own:
            connection.execute(sa.insert(table), [dict(row) for row in own])
    connection.execute(sa.text(view))


def make_old(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(OLD.read_text())
    connection.close()
    return path


@pytest.mark.parametrize("old", [False, True])
def test_new_and_older_databases_have_exactly_the_models(url: str, old: bool) -> None:
    engine = make_engine(parse_url(url))
    if old:
        in_transaction(engine, first_tables)
    Database.open(url).close()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        view = connection.execute(sa.text("SELECT * FROM optimizer_table"))
        assert tuple(view.keys()) == OPTIMIZER_COLUMNS
        assert version_of(connection) == VERSIONS[-1]
    engine.dispose()


def test_known_versions_are_the_scripts_shipped() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).with_name("migrations")))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == VERSIONS


def test_an_older_database_is_brought_up_with_its_rows(tmp_path: Path) -> None:
    path, columns = make_old(tmp_path / "old.db"), ["line", "y0_px", "length_nm", "label"]
    with sqlite3.connect(path) as old:
        query = f"SELECT {', '.join(columns)} FROM intercept ORDER BY analysis_id, number"
        as_rows = [list(row) for row in old.execute(query)]
    with Database.open(path, create=False) as db:
        assert len(db.grains("S1")) == 5
        packed = db.intercepts()
        assert len(packed) == 25 and packed["line_length_nm"].isna().all()
        assert packed[columns].values.tolist() == as_rows
        assert db.suggestions()[["model", "objective"]].values.tolist() == [["BOXVIA", None]]
        assert db.optimizer_table()["name"].tolist() == ["intercept_mean_nm", "temp", "jc", "modality"]
        assert db.samples()["param:temp_degC"].tolist() == [850.0]
    with Database.open(path) as db:
        assert len(db.grains("S1")) == 5


def test_the_result_of_a_sample_stays_with_its_analyses(url: str, raw: Raw, verdict: ModalityVerdict) -> None:
    engine = make_engine(parse_url(url))
    in_transaction(engine, first_tables)
    engine.dispose()
    with Database.open(url, create=False) as db:
        behind, found = db.sample_results(), db.verdicts()
        assert behind["analysis_id"].tolist() == [1, 2] and set(behind["sample_result"]) == {"a" * 64}
        assert found[["sample_id", "verdict", "sample_result"]].values.tolist() == [
            ["S1", "bimodal", "a" * 64]
        ]
        assert db.descriptors("sample")[["name", "value"]].values.tolist() == [["intercept_mean_nm", 61.5]]
        assert set(db.optimizer_table()["sample_result"].dropna()) == {"a" * 64}
    if engine.dialect.name == "postgresql":  # the rows came with their numbers
        raw(url, "SELECT setval('sample_result_id_seq', 1)")
    with Database.open(url) as db:
        assert db.put_verdict("S1", verdict, [2], descriptors=[])
        assert db.sample_results()["analysis_id"].tolist() == [2]
    assert raw(url, "SELECT count(*) FROM sample_result") == [(2,)]


def test_readers_of_an_older_postgresql_database_may_still_read(postgres_url: str, raw: Raw) -> None:
    engine = make_engine(parse_url(postgres_url))
    in_transaction(engine, first_tables)
    engine.dispose()
    raw(postgres_url, "GRANT SELECT ON optimizer_table TO PUBLIC")
    Database.open(postgres_url, create=False).close()
    granted = "SELECT has_table_privilege('pg_monitor', 'optimizer_table', 'SELECT')"
    assert raw(postgres_url, granted) == [(True,)]
    named = "SELECT relname FROM pg_class UNION SELECT conname FROM pg_constraint"
    assert not [name for (name,) in raw(postgres_url, named) if "pool" in name]


def test_a_newer_database_is_refused_and_left_alone(url: str, raw: Raw, make_record: Callable) -> None:
    with Database.open(url) as db:
        db.add_analysis(make_record(1))
    raw(url, "UPDATE alembic_version SET version_num = '0042'")
    with pytest.raises(
        DatabaseError, match=rf"version 0042 is newer .* \(up to {VERSIONS[-1]}\).*Update grainstats"
    ):
        Database.open(url)
    assert raw(url, "SELECT version_num FROM alembic_version") == [("0042",)]
    assert raw(url, "SELECT count(*) FROM grain") == [(20,)]


def test_a_database_from_before_the_first_release_is_refused(tmp_path: Path) -> None:
    path = make_old(tmp_path / "old.db")
    with sqlite3.connect(path) as old:
        old.execute("UPDATE alembic_version SET version_num = '0003'")
    with pytest.raises(DatabaseError, match=r"version 0003 is older .*Run the images again"):
        Database.open(path)


def test_another_programs_database_is_refused(url: str, raw: Raw) -> None:
    raw(url, "CREATE TABLE payroll (who TEXT)")
    with pytest.raises(DatabaseError, match=r"another program \(its tables: payroll"):
        Database.open(url)
    assert raw(url, "SELECT count(*) FROM payroll") == [(0,)]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "results.db"
    text.write_text("not a database at all\n" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        Database.open(text)
    assert text.read_text() == "not a database at all\n" * 100
    with pytest.raises(DatabaseError, match="unable to open"):
        Database.open(tmp_path)


def test_a_missing_database_is_made_only_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with pytest.raises(DatabaseError, match="no such database"):
        Database.open(path, create=False)
    assert not path.exists()
    path.touch()
    with pytest.raises(DatabaseError, match="the database is empty"):
        Database.open(path, create=False)
    Database.open(path).close()
    assert path.stat().st_size > 0


def test_an_empty_postgresql_database_is_filled_only_where_asked(postgres_url: str) -> None:
    with pytest.raises(DatabaseError, match="the database is empty"):
        Database.open(postgres_url, create=False)
    Database.open(postgres_url).close()


def test_sqlite_uses_write_ahead_logging(tmp_path: Path, make_record: Callable[..., AnalysisRecord]) -> None:
    path = tmp_path / "folder with % and ü" / "results.db"
    path.parent.mkdir()
    with Database.open(f"sqlite:///{path}") as db:
        db.add_analysis(make_record(1))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
