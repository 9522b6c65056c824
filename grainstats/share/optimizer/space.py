"""The space of possible experiments, read from TOML, and its points as vectors in the unit cube.

    [parameters.temperature_degC]
    kind = "continuous"            # low, high, step: the furnace's own resolution
    low = 600
    high = 900
    step = 10

    [parameters.hold_h]
    kind = "discrete"              # the numbers there are
    values = [1, 2, 5, 10]

    [parameters.powder_category]
    kind = "categorical"
    values = ["milled", "as received"]

    [[constraints]]                # min <= sum of factor * value <= max
    terms = { temperature_degC = 1.0, hold_h = 20.0 }
    max = 1000

    [objectives]                   # which way is better; default maximise
    jc_kA_per_cm2 = "maximise"

    [features]                     # microstructure to look through; default a short list
    use = ["intercept_mean_nm"]

Short form: ``[temperature_degC]`` for ``[parameters.temperature_degC]``; ``type`` is read as ``kind``.
Names are those of the samples table after ``param:``, with their unit.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

from grainstats.share.units import split_column
from segment.errors import InputError

Value = float | str
Point = dict[str, Value]
ENUMERATE = 4096
"""Spaces of up to so many points are searched whole."""


class SpaceError(InputError):
    """A parameter space that cannot be used, with every problem in it."""

    def __init__(self, source: Path | str, problems: list[str]) -> None:
        super().__init__(
            source, "; ".join(problems), "Correct the parameter space; docs/optimizer.md has an example"
        )
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Parameter:
    """One process parameter and the settings it can take.

    Attributes
    ----------
    name : str
    kind : {"continuous", "discrete", "categorical"}
    values : tuple
        All settings, ascending (numbers) or as given (words).
    """

    name: str
    kind: Literal["continuous", "discrete", "categorical"]
    values: tuple[Value, ...]

    @property
    def width(self) -> int:
        """Columns in the encoded vector: one for a number, one per word."""
        return len(self.values) if self.kind == "categorical" else 1

    def encode(self, value: Value) -> list[float]:
        """Position in [0, 1], also of numbers between or beyond the settings; one-hot for words."""
        if self.kind == "categorical":
            return [float(value == v) for v in self.values]
        low, high = float(self.values[0]), float(self.values[-1])
        return [(float(value) - low) / (high - low)] if high > low else [0.0]


@dataclass(frozen=True)
class Constraint:
    """low <= sum of factor * parameter <= high."""

    terms: tuple[tuple[str, float], ...]
    low: float
    high: float

    def holds(self, point: Mapping[str, Value]) -> bool:
        total = sum(factor * float(point[name]) for name, factor in self.terms)
        slack = 1e-9 * max(1.0, abs(total))
        return self.low - slack <= total <= self.high + slack


@dataclass(frozen=True)
class Space:
    """All experiments that may be proposed.

    Attributes
    ----------
    parameters : tuple of Parameter
    constraints : tuple of Constraint
    directions : dict of str to {"maximise", "minimise"}
    features : tuple of str
        Named features; empty: the default list.
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    directions: Mapping[str, str] | None = None
    features: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters)

    @property
    def size(self) -> int:
        """Number of combinations of settings, constraints aside."""
        return int(np.prod([len(p.values) for p in self.parameters], dtype=float))

    def allows(self, point: Mapping[str, Value]) -> bool:
        """Whether every setting exists and every constraint holds."""
        known = all(_is_setting(p, point[p.name]) for p in self.parameters)
        return known and all(c.holds(point) for c in self.constraints)

    def encode(self, point: Mapping[str, Value]) -> np.ndarray:
        """Vector in the unit cube, shape (d,)."""
        return np.array([v for p in self.parameters for v in p.encode(point[p.name])])

    def decode(self, x: np.ndarray) -> Point:
        """The settings nearest to an encoded vector."""
        point: Point = {}
        at = 0
        for p in self.parameters:
            part = x[at : at + p.width]
            codes = np.array([p.encode(v) for v in p.values])
            point[p.name] = p.values[int(np.argmin(((codes - part) ** 2).sum(1)))]
            at += p.width
        return point

    def candidates(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Distinct allowed points, shape (m, d): all of a small space, else a space-filling choice."""
        if self.size <= max(count, ENUMERATE):
            grid = np.indices([len(p.values) for p in self.parameters]).reshape(len(self.parameters), -1).T
        else:
            sobol = qmc.Sobol(len(self.parameters), rng=rng).random(1 << (4 * count - 1).bit_length())
            grid = np.floor(sobol * [len(p.values) for p in self.parameters]).astype(int)
        grid = rng.permutation(np.unique(grid, axis=0))
        points = (self._of(row) for row in grid)
        allowed = [self.encode(point) for point in points if all(c.holds(point) for c in self.constraints)]
        return np.array(allowed[:count] if self.size > ENUMERATE else allowed).reshape(-1, self.width)

    @property
    def width(self) -> int:
        return sum(p.width for p in self.parameters)

    def neighbours(self, x: np.ndarray) -> np.ndarray:
        """Allowed points that differ in one parameter: one or three settings away, or any other word."""
        point = self.decode(x)
        near = []
        for p in self.parameters:
            at = p.values.index(point[p.name])
            steps = range(len(p.values)) if p.kind == "categorical" else [at - 3, at - 1, at + 1, at + 3]
            for k in steps:
                other = {**point, p.name: p.values[k]} if 0 <= k < len(p.values) and k != at else None
                if other is not None and all(c.holds(other) for c in self.constraints):
                    near.append(self.encode(other))
        return np.array(near).reshape(-1, self.width)

    def _of(self, row: np.ndarray) -> Point:
        return {p.name: p.values[i] for p, i in zip(self.parameters, row, strict=True)}


def _is_setting(p: Parameter, value: Value) -> bool:
    if p.kind == "categorical":
        return value in p.values
    return any(abs(float(value) - float(v)) <= 1e-9 * max(1.0, abs(float(v))) for v in p.values)


def read_space(path: Path) -> Space:
    """Read a space from TOML.

    Raises
    ------
    SpaceError
        Everything that is wrong with the file.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpaceError(path, [f"cannot be read ({error})"]) from None
    return parse_space(raw, path)


def parse_space(raw: Mapping[str, Any], source: Path | str = "space") -> Space:
    """Check a parsed TOML document and make the space of it."""
    raw = _spelled_out(raw)
    problems = [
        f"unknown table [{key}]"
        for key in raw
        if key not in {"parameters", "constraints", "objectives", "features"}
    ]
    parameters = []
    for name, entry in raw.get("parameters", {}).items():
        try:
            parameters.append(_parameter(_in_house(str(name)), entry))
        except ValueError as error:
            problems.append(f"parameter {name}: {error}")
    if not raw.get("parameters"):
        problems.append("no [parameters.NAME] at all")
    numbers = {p.name for p in parameters if p.kind != "categorical"}
    constraints = [_constraint(entry, numbers, problems) for entry in raw.get("constraints", [])]
    directions = dict(raw.get("objectives", {}))
    problems += [f"objective {k}: {v!r} is neither maximise nor minimise" for k, v in directions.items()
                 if v not in {"maximise", "minimise"}]  # fmt: skip
    if problems:
        raise SpaceError(source, problems)
    features = tuple(raw.get("features", {}).get("use", ()))
    space = Space(tuple(parameters), tuple(c for c in constraints if c), directions, features)
    if not len(space.candidates(64, np.random.default_rng(0))):
        raise SpaceError(source, ["the constraints leave no point"])
    return space


def _in_house(name: str) -> str:
    """A name as the database spells it: ``anneal_temperature_C`` -> ``anneal_temperature_degC``."""
    plain = name.removeprefix("param:")
    try:
        _, quantity, unit = split_column(f"param:{plain}")
    except ValueError:
        return plain
    return f"{quantity}_{unit}"


def _spelled_out(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The short form, one table per parameter and nothing above it, in the long one."""
    if "parameters" in raw:
        return raw
    short = {k: v for k, v in raw.items() if isinstance(v, dict) and {"kind", "type"} & set(v)}
    return {**{k: v for k, v in raw.items() if k not in short}, "parameters": short}


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    kind = entry.get("kind", entry.get("type"))
    if kind == "continuous":
        return Parameter(name, kind, _steps(entry))
    if kind == "discrete":
        values = entry.get("values", [])
        if len(values) < 1 or not all(isinstance(v, int | float) for v in values):
            raise ValueError("discrete needs values = [numbers]")
        return Parameter(name, kind, tuple(sorted({float(v) for v in values})))
    if kind == "categorical":
        words = entry.get("values", [])
        if len(words) < 1 or len(set(words)) != len(words):
            raise ValueError("categorical needs values = [different words]")
        return Parameter(name, kind, tuple(str(w) for w in words))
    raise ValueError(f"kind {kind!r} is none of continuous, discrete, categorical")


def _steps(entry: Mapping[str, Any]) -> tuple[float, ...]:
    missing = [key for key in ("low", "high", "step") if not isinstance(entry.get(key), int | float)]
    if missing:
        raise ValueError(f"continuous needs the numbers low, high and step; missing {', '.join(missing)}")
    low, high, step = float(entry["low"]), float(entry["high"]), float(entry["step"])
    if not low < high or step <= 0 or step > high - low:
        raise ValueError("needs low < high and 0 < step <= high - low")
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    return tuple(float(np.round(low + k * step, 12)) for k in range(count))


def _constraint(entry: Mapping[str, Any], numbers: set[str], problems: list[str]) -> Constraint | None:
    terms = {_in_house(str(k)): v for k, v in entry.get("terms", {}).items()}
    unknown = sorted(set(terms) - numbers)
    if unknown:
        problems.append(f"constraint on {', '.join(unknown)}, which is no numeric parameter")
    if not terms or not ({"min", "max"} & set(entry)):
        problems.append("a constraint needs terms = { parameter = factor } and min or max")
    if unknown or not terms:
        return None
    low, high = float(entry.get("min", -np.inf)), float(entry.get("max", np.inf))
    return Constraint(tuple((k, float(v)) for k, v in terms.items()), low, high)
