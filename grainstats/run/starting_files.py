"""The files that a new project begins with: sample sheet, recipe and parameter space, to be filled in."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from typing import Any

from grainstats.run.recipe import Recipe

SAMPLES = """\
sample_id,design_route,campaign,date,images,param:anneal_temperature_degC,prop:hardness_GPa
film-A,researcher,round 1,2026-11-28,film-A/*.tif,650,
film-B,ai,round 1,2026-11-28,film-B/*.tif,700,
"""

SPACE = """\
#:schema ./space.schema.json
# What may be set in the next experiments. Names are those of samples.csv after "param:", with their unit.

[parameters.anneal_temperature_degC]
kind = "continuous"            # "continuous", "discrete" or "categorical"
low = 600
high = 900
step = 10                      # what the furnace can be set to

# [parameters.hold_h]
# kind = "discrete"
# values = [1, 2, 5, 10]

# [parameters.powder_category]
# kind = "categorical"
# values = ["milled", "as received"]

# [[constraints]]              # min <= sum of factor * value <= max
# terms = { anneal_temperature_degC = 1.0, hold_h = 20.0 }
# max = 1000

[objectives]                   # property to improve, as in samples.csv after "prop:"
hardness_GPa = "maximise"      # or "minimise"

# [features]                   # what the micrographs say and the optimizer may use
# use = ["intercept_mean_nm", "intercept_cv"]
"""

#: of space.toml, for editors that check while one types
SPACE_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Parameter space",
    "type": "object",
    "required": ["parameters"],
    "properties": {
        "parameters": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["continuous", "discrete", "categorical"]},
                    "low": {"type": "number"},
                    "high": {"type": "number"},
                    "step": {"type": "number", "exclusiveMinimum": 0},
                    "values": {"type": "array", "items": {"type": ["number", "string"]}},
                },
            },
        },
        "constraints": {"type": "array", "items": {"type": "object", "required": ["terms"]}},
        "objectives": {"type": "object", "additionalProperties": {"enum": ["maximise", "minimise"]}},
        "features": {"type": "object", "properties": {"use": {"type": "array", "items": {"type": "string"}}}},
    },
}

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
    return {
        "samples.csv": SAMPLES,
        "recipe.toml": recipe_text(),
        "recipe.schema.json": json.dumps(recipe_schema(), indent=1) + "\n",
        "space.toml": SPACE,
        "space.schema.json": json.dumps(SPACE_SCHEMA, indent=1) + "\n",
    }


def recipe_text() -> str:
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
