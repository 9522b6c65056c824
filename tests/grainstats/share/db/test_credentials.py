"""No user and no password in what people and logs get to see."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path

import pytest

from grainstats.share import Database, DatabaseError, safe_url
from grainstats.share.db.engine import parse_url

SECRET = "s3cret-word"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("results.db", "sqlite:///results.db"),
        ("Größe 1/50 %.db", "sqlite:///Größe 1/50 %.db"),
        ("sqlite:////data/results.db", "sqlite:////data/results.db"),
        (f"postgresql://lab:{SECRET}@host:5433/grains", "postgresql://host:5433/grains"),
        (f"postgres://lab:{SECRET}@host/grains?sslmode=require&options={SECRET}", "postgresql://host/grains"),
        (f"postgresql+psycopg:///grains?user=lab&password={SECRET}", "postgresql:///grains"),
    ],
)
def test_safe_url(url: str, safe: str) -> None:
    assert safe_url(url) == safe
    if url.startswith("postgres"):
        assert parse_url(url).drivername == "postgresql+psycopg"


def test_a_database_knows_its_folder_and_its_place_whatever_they_are_called(tmp_path: Path) -> None:
    place = tmp_path / "Größe 1" / "試料 50 %25.db"
    place.parent.mkdir()
    with Database.open(place) as db:
        assert db.folder == place.parent
        assert place.is_file() and str(place) in db.safe_url


@pytest.mark.skipif(os.name == "nt", reason="no name there holds a colon")
def test_a_folder_that_looks_like_part_of_a_url_is_a_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("9:30 @ 5 kV").mkdir()
    with Database.open("9:30 @ 5 kV/results.db") as db:
        assert db.folder == Path("9:30 @ 5 kV")


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://lab:{SECRET}@host/x",
        f"postgresql://lab:{SECRET}@host:notaport/x",
        f"postgresql+asyncpg://lab:{SECRET}@h/x",
        f"postgresql://lab:a@b/{SECRET}@host/x",
        f"postgresql://lab:a@b/{SECRET}:5432/x",
    ],
)
def test_refused_urls_are_not_repeated(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database.open(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "postgresql://user@host/name" in str(caught.value) or "%40" in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", ":memory:", "sqlite:///:memory:", ""])
def test_databases_in_memory_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="needs a file"):
        Database.open(url)


def test_errors_of_the_server_name_no_credentials(postgres_server: str) -> None:
    wrong = postgres_server.replace(SECRET, "wr0ng-word")
    unreachable = f"postgresql://lab:{SECRET}@127.0.0.1:1/grains"
    nowhere = postgres_server.removesuffix("postgres") + "nothing_here"
    for url in (wrong, unreachable, nowhere):
        with pytest.raises(DatabaseError) as caught:
            Database.open(url)
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert SECRET not in shown and "wr0ng-word" not in shown and '"lab"' not in shown
        assert "Check the address and that the server runs" in str(caught.value)


def test_nothing_in_repr_and_logs(
    postgres_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), Database.open(postgres_url) as db:
        shown = f"{db!r} {db} {db.safe_url} {db.samples()}"
    shown += caplog.text + "".join(capfd.readouterr())
    assert SECRET not in shown
    assert "lab@" not in shown and "lab:" not in shown


def test_password_from_the_environment(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = postgres_url.replace(f":{SECRET}@", "@")
    with pytest.raises(DatabaseError, match="no password supplied"):
        Database.open(bare)
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with Database.open(bare) as db:
        assert len(db.samples()) == 0


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql:/lab:{SECRET}@host/grains",
        f"postgresql//lab:{SECRET}@host/grains",
        f"postgresq:lab:{SECRET}@host/grains",
        f"lab:{SECRET}@host/grains",
        f"POSTGRES:{SECRET}",
        f"sqlite:/data/{SECRET}.db",
        f"mysql:/lab:{SECRET}@host/x",
    ],
)
def test_a_misspelt_url_is_no_path_and_is_not_repeated(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError) as caught:
        Database.open(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert not list(tmp_path.iterdir())


def test_the_database_may_come_from_the_environment(tmp_path, monkeypatch, capsys):
    from grainstats.run.cli import main

    monkeypatch.setenv("GRAINSTATS_DB", f"postgresql:/lab:{SECRET}@host/grains")
    monkeypatch.setattr("sys.argv", ["grainstats", "export", "--to", "csv", "--out", str(tmp_path / "x")])
    with pytest.raises(SystemExit) as end:
        main()
    said = "".join(capsys.readouterr())
    assert end.value.code == 2 and "database URL" in said and SECRET not in said
