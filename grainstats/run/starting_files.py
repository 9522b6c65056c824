"""The files that a new project begins with: sample sheet, recipe and parameter space, to be filled in."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from pathlib import Path
from typing import Any

from grainstats.run.recipe import Recipe

_AS_THEY_ARE = ("samples.csv", "space.toml", "space.schema.json")  #: in the folder `starting`
_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def starting_files() -> dict[str, str]:
    """Content of each file by its name.

    Returns
    -------
    dict of str to str
        ``samples.csv``, ``recipe.toml``, ``space.toml`` and the JSON schemas of the last two, which editors
        use to complete them.

    Examples
    --------
    >>> sorted(starting_files())
    ['recipe.schema.json', 'recipe.toml', 'samples.csv', 'space.schema.json', 'space.toml']
    """
    folder = Path(__file__).with_name("starting")
    return {
        **{name: (folder / name).read_text(encoding="utf-8") for name in _AS_THEY_ARE},
        "recipe.toml": blank_recipe(),
        "recipe.schema.json": json.dumps(recipe_schema(), indent=1) + "\n",
    }


def blank_recipe() -> str:
    """Every key of a recipe with its meaning and its default, commented out."""
    meaning = attribute_meanings(Recipe)
    lines = [
        "#:schema ./recipe.schema.json",
        "# Everything that changes a result. As it stands this is the released method.",
        "",
    ]
    for one in dataclasses.fields(Recipe):
        lines.append(f"# {meaning[one.name]}")
        default = json.dumps(list(one.default) if isinstance(one.default, tuple) else one.default)
        lines += [f"# {one.name} = {'...' if one.default is None else default}", ""]
    return "\n".join(lines)


def recipe_schema() -> dict[str, Any]:
    """JSON schema of a recipe, from the dataclass."""
    meaning, kinds = attribute_meanings(Recipe), typing.get_type_hints(Recipe)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Recipe",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.name: {"description": meaning[one.name], **_json_type(kinds[one.name])}
            for one in dataclasses.fields(Recipe)
        },
    }


def attribute_meanings(kind: type) -> dict[str, str]:
    """Meaning of each attribute in a numpydoc docstring, one line each."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in inspect.cleandoc(kind.__doc__ or "").splitlines():
        head = re.match(r"^([\w, ]+) : ", line)
        if head:
            names = [name.strip() for name in head[1].split(",")]
            found.update(dict.fromkeys(names, ""))
        elif line.startswith("    "):
            for name in names:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _json_type(kind: Any) -> dict[str, Any]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    if typing.get_origin(kind) is typing.Literal:
        return {"enum": list(typing.get_args(kind))}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _json_type(typing.get_args(kind)[0])}
    return {"type": _JSON_TYPES[kind]} if kind in _JSON_TYPES else {}
