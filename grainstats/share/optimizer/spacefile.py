"""A parameter space read from TOML: its parameters, constraints, objectives and features.

``docs/how-to/optimize.md`` shows every table, and `grainstats init` writes one to fill in. Names are those of
the samples table after ``param:``, with their unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.share.optimizer.space import Constraint, Parameter, Space
from grainstats.share.quantity_units import stored_quantity
from segment.errors import InputError
from segment.micrograph.file_kind import toml_content

MOST_SETTINGS = 10_000  #: of one parameter: far finer than any furnace or balance


class SpaceError(InputError):
    """A parameter space that cannot be used, with every problem in it."""

    def __init__(self, source: Path | str, problems: list[str]) -> None:
        super().__init__(
            source, "; ".join(problems), "Correct the parameter space; docs/how-to/optimize.md has an example"
        )
        self.problems = tuple(problems)


def read_space(path: Path) -> Space:
    """Read a space from TOML.

    Raises
    ------
    SpaceError
        Everything that is wrong with what the file says.
    InputError
        There is no such file, or it is no TOML.
    """
    return parse_space(toml_content(path, "Name a parameter space, as `grainstats init` writes one"), path)


def parse_space(raw: Mapping[str, Any], source: Path | str = "space") -> Space:
    """Check a parsed TOML document and make the space of it."""
    raw, problems = _checked(raw)
    parameters = []
    for name, entry in raw["parameters"].items():
        try:
            parameters.append(_parameter(stored_quantity(str(name)), entry))
        except ValueError as error:
            problems.append(f"parameter {name}: {error}")
    names = [p.name for p in parameters]
    problems += [
        f"parameter {name} is there twice, in two spellings" for name in {*names} if names.count(name) > 1
    ]
    numbers = {p.name for p in parameters if p.kind != "categorical"}
    constraints = [_constraint(entry, numbers, problems) for entry in raw["constraints"]]
    directions = {stored_quantity(str(name)): direction for name, direction in raw["objectives"].items()}
    problems += [
        f"objective {name}: {direction!r} is neither maximise nor minimise"
        for name, direction in directions.items()
        if direction not in ("maximise", "minimise")
    ]
    features = raw["features"].get("use", [])
    if not isinstance(features, list):
        problems.append("[features] needs use = [names]")
    if problems:
        raise SpaceError(source, problems)
    space = Space(tuple(parameters), tuple(c for c in constraints if c), directions, tuple(features))
    if not len(space.candidates(64, np.random.default_rng(0))):
        raise SpaceError(source, ["the constraints leave no point"])
    return space


def _checked(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """All four tables, empty where they are missing or something else, and what is wrong with them."""
    empty: dict[str, Any] = {"parameters": {}, "constraints": [], "objectives": {}, "features": {}}
    problems = [f"unknown table [{key}]" for key in raw if key not in empty]
    if not raw.get("parameters"):
        problems.append("no [parameters.NAME] at all")
    tables = {}
    for key, none in empty.items():
        tables[key] = raw.get(key, none)
        if not isinstance(tables[key], list if key == "constraints" else Mapping):
            written = "[[constraints]]" if key == "constraints" else f"[{key}]"
            problems.append(f"{key} must be written as {written}")
            tables[key] = none
    return tables, problems


def _parameter(name: str, entry: object) -> Parameter:
    if not isinstance(entry, Mapping):
        raise ValueError("needs kind, and low, high and step or values")
    kind, values = entry.get("kind"), entry.get("values", [])
    if kind == "continuous":
        return Parameter(name, kind, _steps(entry))
    if kind == "discrete":
        if not _all_are(values, int, float) or not np.isfinite(values).all():
            raise ValueError("discrete needs values = [numbers]")
        return Parameter(name, kind, tuple(sorted({float(v) for v in values})))
    if kind == "categorical":
        words = tuple(map(str, values)) if _all_are(values, str, int, float) else ()
        if not words or len(set(words)) != len(words):
            raise ValueError("categorical needs values = [different words]")
        return Parameter(name, kind, words)
    raise ValueError(f"kind {kind!r} is none of continuous, discrete, categorical")


def _all_are(values: object, *kinds: type) -> bool:
    """Whether this is a list, not empty, of nothing else."""
    return isinstance(values, list | tuple) and len(values) > 0 and all(isinstance(v, kinds) for v in values)


def _steps(entry: Mapping[str, Any]) -> tuple[float, ...]:
    missing = [key for key in ("low", "high", "step") if not isinstance(entry.get(key), int | float)]
    if missing:
        raise ValueError(f"continuous needs the numbers low, high and step; missing {', '.join(missing)}")
    low, high, step = float(entry["low"]), float(entry["high"]), float(entry["step"])
    if not (low < high and 0 < step <= high - low < np.inf):
        raise ValueError("needs low < high and 0 < step <= high - low")
    if (high - low) / step >= MOST_SETTINGS:
        raise ValueError(f"has more than {MOST_SETTINGS} settings; give a larger step")
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    return tuple(float(f"{low + k * step:.12g}") for k in range(count))


def _constraint(entry: object, numbers: set[str], problems: list[str]) -> Constraint | None:
    terms = entry.get("terms") if isinstance(entry, Mapping) else None
    limits = [entry[end] for end in ("min", "max") if end in entry] if isinstance(entry, Mapping) else []
    if (
        not isinstance(terms, Mapping)
        or not _all_are([*terms.values()], int, float)
        or not _all_are(limits, int, float)
        or np.isnan([*terms.values(), *limits]).any()
    ):
        problems.append(
            "a constraint needs terms = { parameter = factor } and min or max, all of them numbers"
        )
        return None
    assert isinstance(entry, Mapping)
    factors = {stored_quantity(str(name)): float(factor) for name, factor in terms.items()}
    unknown = sorted(set(factors) - numbers)
    if unknown:
        problems.append(f"constraint on {', '.join(unknown)}, which is no numeric parameter")
        return None
    return Constraint(
        tuple(factors.items()), float(entry.get("min", -np.inf)), float(entry.get("max", np.inf))
    )
