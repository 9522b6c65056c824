"""Pages made from the code, so that they cannot disagree with it: command line, recipe, schema, gallery."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import json
import re
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).parent / "reference"
GALLERY, NOTEBOOKS = Path(__file__).parent / "gallery", Path(__file__).parents[1] / "notebooks"
FEW = 8  #: options of a command that need no headings on its page
MADE = "<!-- made by docs/_generate.py -->\n\n"


def on_pre_build(config: Any) -> None:
    """Write the pages before mkdocs collects its files."""
    for name, text in (("cli", command_line()), ("recipe", recipe()), ("schema", schema())):
        _write(REFERENCE / f"{name}.md", (MADE + text).encode())
    gallery()


def _write(path: Path, content: bytes) -> None:
    """Leave a file alone that is as it should be: mkdocs would build again without end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def gallery() -> None:
    """The notebooks with their outputs, and a page that shows what each is about."""
    parts = [
        "# Gallery",
        "",
        "Notebooks with their outputs; the tests run them.",
        "",
    ]
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        _write(GALLERY / notebook.name, notebook.read_bytes())
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        title, _, words = "".join(cells[0]["source"]).removeprefix("# ").partition("\n")
        parts += [
            f"## [{title}]({notebook.name})",
            "",
            words.strip().split("\n\n")[0].removesuffix(":").rstrip(".") + ".",
            "",
        ]
        if picture := _first_picture(cells):
            _write(GALLERY / f"{notebook.stem}.png", picture)
            parts += [f"[![{title}]({notebook.stem}.png)]({notebook.name})", ""]
    _write(GALLERY / "index.md", (MADE + "\n".join(parts)).encode())


def _first_picture(cells: list[dict[str, Any]]) -> bytes | None:
    """PNG of the first figure among the outputs."""
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    found = next((o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})), None)
    return None if found is None else base64.b64decode("".join(found))


def command_line() -> str:
    """Every command with its options, as `-h` shows them."""
    from typer.main import get_command

    from grainstats.run.cli import app

    root = get_command(app)
    parts = [
        "# Command line",
        "",
        "Exit status: 0 all done; 1 some inputs failed, each is named and the rest is saved;",
        "2 the call was wrong.",
        "`--json` prints one JSON document on standard output and nothing else there. `-h` works everywhere.",
        "",
    ]

    def add(command: Any, name: str) -> None:
        if inside := getattr(command, "commands", None):  # a group, of click or of typer's own copy of it
            for part in inside:
                add(inside[part], f"{name} {part}")
            return
        context = command.context_class(command, info_name=name)
        parts.extend([f"## {name}", "", inspect.cleandoc(command.help or ""), ""])
        parts.extend(["```", command.get_usage(context).removeprefix("Usage: "), "```", ""])
        for heading, rows in _options(command, context).items():
            parts.extend([f"| {heading.lower()} | meaning |", "|---|---|"])
            # a bar within a table's code cannot be written
            parts.extend(f"| `{left.strip().replace('|', ', ')}` | {_cell(right)} |" for left, right in rows)
            parts.append("")

    add(root, "grainstats")
    return "\n".join(parts)


def _options(command: Any, context: Any) -> dict[str, list[tuple[str, str]]]:
    """Options with their help, by the heading that `-h` shows them under."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in command.get_params(context):
        if (record := one.get_help_record(context)) and one.name != "help":
            found.setdefault(getattr(one, "rich_help_panel", None) or "Option", []).append(record)
    rows = [row for panel in found.values() for row in panel]
    return found if len(rows) > FEW else {"Option": rows} if rows else {}


def recipe() -> str:
    """Keys of a recipe with their defaults and meaning, from the dataclass and its docstring."""
    from grainstats.run.commands.starting import attribute_meanings
    from grainstats.run.recipe import Recipe

    meaning = attribute_meanings(Recipe)
    rows = [
        f"| `{one.name}` | `{_default(one)}` | {_cell(meaning.get(one.name, ''))} |"
        for one in dataclasses.fields(Recipe)
    ]
    head = (
        "# Recipe\n\nA TOML file with everything that changes a result. An empty recipe is the released"
        " method; an unknown key is refused.\n\n| key | default | meaning |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def schema() -> str:
    """Tables of the shared database with columns and what a row is, which stands above each in the source."""
    from grainstats.share.db import schema as declared

    source = inspect.getsource(declared)
    said = {
        name: "\n".join(line.removeprefix("#:").strip() for line in words.splitlines())
        for words, name in re.findall(r'((?:^#:.*\n)+)\w+ = _table\(\s*"(\w+)"', source, re.M)
    }
    parts = ["# Database schema", ""]
    for name, one in sorted(declared.METADATA.tables.items()):
        parts.extend([f"## {name}", "", said[name], "", "| column | type | |", "|---|---|---|"])
        for column in one.columns:
            points = ", ".join(f"→ {key.target_fullname}" for key in column.foreign_keys)
            role = "key" if column.primary_key else points
            parts.append(f"| `{column.name}` | {column.type} | {role} |")
        parts.append("")
    return "\n".join(parts)


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default is not dataclasses.MISSING:
        return "unset" if one.default is None else json.dumps(one.default)
    return one.default_factory() if one.default_factory is not dataclasses.MISSING else "needed"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
