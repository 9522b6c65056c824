"""Names, links and databases from outside: a bad one is a named row, ends no batch and leads nowhere."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from grainstats.run.cli import main
from grainstats.run.job.assign import assign_samples
from grainstats.run.job.batch import DATABASE, Summary, run_batch
from grainstats.run.job.call import Call
from grainstats.run.names import printable
from grainstats.run.recipe import Recipe
from grainstats.run.terminal import PlainStream
from grainstats.share import Database
from grainstats.share.db.records import storable
from grainstats.share.exports.tables import export_parquet
from segment.micrograph import find_micrographs


def go(data: Path, out: Path, model: Path, **call) -> Summary:
    return run_batch(Call((str(data),), out, workers=0, **call), Recipe(model=str(model)))


def test_names_that_are_not_utf8_or_hold_control_characters_are_images_like_others(
    tmp_path, edge_model, write_micrograph
):
    first = write_micrograph(tmp_path / "data/S1/a.tif", 0)
    os.rename(os.fsencode(first), os.fsencode(tmp_path / "data/S1") + b"/a\xff.tif")
    write_micrograph(tmp_path / "data/S1/b\x1b[2J.tif", 1)
    write_micrograph(tmp_path / "data/S1/c\nforged: line.tif", 2)
    longest = f"{'e' * 251}.tif"  # no text beside it can be named like it
    write_micrograph(tmp_path / "data/S1/e.tif", 3).rename(tmp_path / "data/S1" / longest)
    bad = os.fsencode(tmp_path / "data/S1") + b"/d\xfe.tif"
    Path(os.fsdecode(bad)).write_text("no image")
    out = tmp_path / "out"
    summary = go(tmp_path / "data", out, edge_model)
    assert (summary.n_images, summary.exit_status) == (4, 1)
    assert summary.failures[0].path == r"data/S1/d\xfe.tif"
    with Database.open(out / DATABASE) as db:
        assert list(db.micrographs()["path"]) == [
            r"data/S1/a\xff.tif",
            r"data/S1/b\x1b[2J.tif",
            r"data/S1/c\x0aforged: line.tif",
            f"data/S1/{longest}",
        ]
    assert go(tmp_path / "data", out, edge_model).n_new == 0


def test_a_folder_that_is_not_utf8_names_its_sample(tmp_path, edge_model, write_micrograph):
    write_micrograph(tmp_path / "data/S1/a.tif", 0)
    os.rename(os.fsencode(tmp_path / "data/S1"), os.fsencode(tmp_path / "data") + b"/\xe9t\xe9")
    summary = go(tmp_path / "data", tmp_path / "out", edge_model)
    assert [sample for sample, _ in summary.verdicts] == [r"\xe9t\xe9"]


def test_an_output_folder_that_is_not_utf8_gets_all_files(tmp_path, edge_model, write_micrograph):
    write_micrograph(tmp_path / "data/S1/a.tif", 0)
    outs = tmp_path / "out", Path(os.fsdecode(os.fsencode(tmp_path) + b"/o\xfft"))
    for out in outs:
        go(tmp_path / "data", out, edge_model, xlsx=True)
        with Database.open(out / DATABASE) as db:
            export_parquet(db, out / "tables")
    plain, odd = ({str(path.relative_to(out)) for path in out.rglob("*")} for out in outs)
    assert plain ^ odd <= {".report/files-1of1.json"}  # no file younger than the clock can tell is remembered
    assert {"results.xlsx", "tables/verdicts.parquet", "tables/analyses.parquet"} <= odd


def test_links_pipes_and_folders_named_like_images_are_named_rows(two_samples, tmp_path, edge_model):
    here = two_samples / "S1"
    (here / "nowhere.tif").symlink_to(tmp_path / "gone.tif")
    (here / "loop.tif").symlink_to(here / "loop.tif")
    os.mkfifo(here / "pipe.tif")
    (here / "folder.tif").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        monkey = os.getcwd()
        os.chdir(here)  # names of sockets are short
        server.bind("socket.tif")
        os.chdir(monkey)
        summary = go(two_samples, tmp_path / "out", edge_model)
    assert summary.n_images == 4
    said = {Path(f.path).name: f.reason for f in summary.failures}
    assert set(said) == {"nowhere.tif", "loop.tif", "pipe.tif", "folder.tif", "socket.tif"}
    assert "nowhere" in said["nowhere.tif"] and "back to itself" in said["loop.tif"]
    assert "pipe" in said["pipe.tif"] and "folder" in said["folder.tif"] and "socket" in said["socket.tif"]


def test_a_folder_named_like_an_image_with_images_in_it_is_a_folder(tmp_path, write_micrograph):
    path = write_micrograph(tmp_path / "data/day1.tif/raw/a.tif", 0)
    assert find_micrographs(tmp_path / "data") == [path]


def test_a_dead_link_named_outright_costs_no_other_image(two_samples, tmp_path, edge_model):
    dead = tmp_path / "dead.tif"
    dead.symlink_to(tmp_path / "gone.tif")
    call = Call((str(two_samples), str(dead)), tmp_path / "out", workers=0)
    summary = run_batch(call, Recipe(model=str(edge_model)))
    assert (summary.n_images, len(summary.failures)) == (4, 1)


def test_a_linked_image_belongs_to_the_folder_of_its_link(tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    links = []
    for sample, name in (("A", "a.tif"), ("B", "b.tif")):
        (archive / name).write_bytes(name.encode())
        (tmp_path / "in" / sample).mkdir(parents=True)
        links.append(tmp_path / "in" / sample / name)
        links[-1].symlink_to(archive / name)
    assert find_micrographs(tmp_path / "in") == links
    assert list(assign_samples(links).sample_ids.values()) == ["A", "B"]


def test_one_file_linked_into_two_samples_is_refused_in_the_second(two_samples, tmp_path, edge_model):
    (two_samples / "S2/again.tif").symlink_to(two_samples / "S1/field_0.tif")
    summary = go(two_samples, tmp_path / "out", edge_model)
    (failure,) = summary.failures
    assert failure.path.endswith("S2/again.tif") and "'S1'" in failure.reason


def test_rows_that_the_database_refuses_cost_their_image_only(two_samples, tmp_path, edge_model, monkeypatch):
    stored = Database.add_analysis

    def add_analysis(self, record):
        if record.micrograph.path.endswith("field_1.tif"):
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return stored(self, record)

    monkeypatch.setattr(Database, "add_analysis", add_analysis)
    summary = go(two_samples, tmp_path / "out", edge_model)
    (failure,) = summary.failures
    assert failure.path.endswith("field_1.tif") and "OverflowError" in failure.reason
    assert summary.n_images == 3
    monkeypatch.undo()
    assert go(two_samples, tmp_path / "out", edge_model).n_images == 4


def rewrite_artefacts(out: Path, **names: str) -> None:
    """What someone with access to a shared database could do."""
    connection = sqlite3.connect(out / DATABASE)
    with connection:
        for number, text in connection.execute("SELECT id, artefacts FROM analysis").fetchall():
            changed = json.dumps(json.loads(text) | names)
            connection.execute("UPDATE analysis SET artefacts = ? WHERE id = ?", (changed, number))
    connection.close()


@pytest.mark.parametrize("absolute", [False, True])
def test_paths_of_a_shared_database_are_neither_written_nor_read_outside_the_output(
    analysed, tmp_path, edge_model, absolute
):
    out, secret = analysed / "out", tmp_path / "secret.txt"
    secret.write_text("the key")
    lead = f"{tmp_path}/" if absolute else "../../"
    labels = f"images/{lead}evil.labels.tif"
    rewrite_artefacts(out, labels=labels, view=f"{lead}secret.txt", layer=f"{lead}x.png")
    before = {path for path in tmp_path.rglob("*") if out not in path.parents}
    summary = go(analysed / "data", out, edge_model)
    assert summary.n_images == 4
    assert {path for path in tmp_path.rglob("*") if out not in path.parents} == before
    assert "dGhlIGtleQ" not in (out / "report.html").read_text()  # "the key" in base64


def test_a_text_below_the_output_is_no_picture_of_the_report(analysed, edge_model):
    out = analysed / "out"
    (out / "notes.txt").write_text("the key")
    rewrite_artefacts(out, view="notes.txt")
    go(analysed / "data", out, edge_model)
    assert "dGhlIGtleQ" not in (out / "report.html").read_text()


def test_a_linked_folder_of_results_is_not_written_through(two_samples, tmp_path, edge_model):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "images").symlink_to(elsewhere)
    summary = go(two_samples, out, edge_model)
    assert len(summary.failures) == 4 and "outside the results folder" in summary.failures[0].reason
    assert not list(elsewhere.iterdir())


def test_no_escape_of_a_file_name_reaches_the_terminal(tmp_path, capsys, monkeypatch):
    name = tmp_path / "a\x1b]0;owned\x07\x9b2J.tif"
    name.write_text("no image")
    for command in (["info", str(name)], ["segment", str(name), "--out", str(tmp_path / "o")]):
        monkeypatch.setattr("sys.argv", ["grainstats", *command])
        with pytest.raises(SystemExit):
            main()
        said = "".join(capsys.readouterr())
        assert not set(said) & {"\x1b", "\x07", "\x9b"} and r"\x1b]0;owned" in said


def test_a_terminal_gets_colours_and_nothing_else(tmp_path):
    class Terminal(list):
        def isatty(self):
            return True

        def write(self, text):
            self.append(text)

    terminal = Terminal()
    PlainStream(terminal).write("\x1b[33mname\x1b[0m\x1b[2J\n")
    assert "".join(terminal) == "\x1b[33mname\x1b[0m\\x1b[2J\n"


def test_what_cannot_be_shown_or_stored_is_written_out():
    assert printable("粒界 é ok") == "粒界 é ok"
    assert printable("a\u202eb\udcff\ud800") == r"a\u202eb\xff\ud800"
    assert storable("a\0b\udcff\ud800\n") == "a\\x00b\\xff\\ud800\n"
