"""The examples of `-h` are there, and are calls that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
from typer.main import get_command

from grainstats.run.cli import app

ROOT = get_command(app)


def _commands(command, name: str = "") -> Iterator[tuple[str, object]]:
    if not hasattr(command, "commands"):
        yield name.strip(), command
        return
    for part, below in command.commands.items():
        yield from _commands(below, f"{name} {part}")


COMMANDS = dict(_commands(ROOT))


@pytest.mark.parametrize("name", COMMANDS)
def test_two_examples_that_parse(name):
    command = COMMANDS[name]
    examples = re.findall(r"`(grainstats [^`]+)`", " ".join(command.help.split()))
    assert len(examples) >= 2
    assert any(example.startswith(f"grainstats {name}") for example in examples)
    for example in examples:
        called, words = ROOT, shlex.split(example)[1:]
        while hasattr(called, "commands"):
            called, words = called.commands[words[0]], words[1:]
        called.make_context("grainstats", words)
