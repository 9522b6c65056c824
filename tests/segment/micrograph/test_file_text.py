"""A settings file that is a pipe or a device is named at once: opening or reading it would never end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from grainstats.infer.current.law import read_law
from grainstats.run.recipe import read_recipe
from grainstats.share.optimizer import read_space
from grainstats.share.sheets.samples import read_samples
from segment.errors import InputError
from segment.file_kind import toml_content

READERS = {"law": read_law, "recipe": read_recipe, "space": read_space, "sheet": read_samples}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_are_named(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / ("s.csv" if name == "sheet" else "a.toml")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    read: Callable[[Path], object] = READERS[name]
    with pytest.raises(InputError, match=f"a (named )?{kind}, not a file"):
        read(path)


@pytest.mark.parametrize(
    "text", ["a = 1" + 400 * "0", "a = 1" + 5000 * "0", "a = [{b = 0x1" + 16 * "0" + "}]", "a ="]
)
def test_toml_of_numbers_that_no_program_holds(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(InputError, match="is not valid TOML"):
        toml_content(path, "Mend it")
    path.write_text("a = -9223372036854775807\nb = [1.5, true]")
    assert toml_content(path, "Mend it") == {"a": -(2**63) + 1, "b": [1.5, True]}
