"""Files, commands and options that the pages name are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from grainstats.run.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [p for p in ROOT.glob("*.md") if p.name != "CHANGELOG.md"]  # that one tells of files that were
PAGES += [*ROOT.glob("docs/**/*.md"), *ROOT.glob("models/*/CARD.md")]
NAMED = re.compile(
    r"\b(?:tests|grainstats|segment|calibration|docs|scripts|models|benchmarks|notebooks|data_samples)"
    r"/[\w./-]+\.(?:py|md|csv|toml|json|sh|ipynb|png)\b"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_are_there(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def _commands(command: Any, name: str) -> dict[str, Any]:
    inside = getattr(command, "commands", None)
    if inside is None:
        return {name: command}
    return {k: v for part in inside for k, v in _commands(inside[part], f"{name} {part}").items()}


COMMANDS = _commands(get_command(app), "grainstats")
LINE = re.compile(r"^(?:    )?(grainstats [a-z].*)$|`(grainstats [a-z][^`]*)`", re.M)


def test_every_command_has_its_place_on_the_generated_page() -> None:
    spec = importlib.util.spec_from_file_location("_generate", ROOT / "docs" / "_generate.py")
    assert spec is not None and spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert re.findall(r"^## (.*)$", generate.command_line(), re.M) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_an_option_takes_in_words(name: str) -> None:
    told = CliRunner().invoke(app, [*name.split()[1:], "--help"], env={"COLUMNS": "200"}).stdout
    assert re.findall(r"<(?:bool|int|float|str|path|list)\b.*?>", told) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_of_written_commands_exist(page: Path) -> None:
    wrong = []
    for found in LINE.finditer(page.read_text(encoding="utf-8")):
        line = found[1] or found[2]
        words = line.partition("#")[0].split()
        name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in COMMANDS), None)
        known = (
            set()
            if name is None
            else {o for p in COMMANDS[name].params for o in [*p.opts, *p.secondary_opts]}
        )
        wrong += [f"{line}: {o}" for o in re.findall(r"(?<=\s)--[\w-]+", line) if o not in known]
        wrong += [line] * (name is None and words[1] != "model")
    assert wrong == []
