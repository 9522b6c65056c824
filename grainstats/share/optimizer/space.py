"""The space of possible experiments, read from TOML, and its points as vectors in the unit cube.

``docs/how-to/optimize.md`` shows every table of the file, and `grainstats init` writes one to fill in. Names
are those of the samples table after ``param:``, with their unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

from grainstats.share.quantity_units import stored_quantity
from segment.errors import InputError
from segment.file_kind import toml_content

Value = float | str
Point = dict[str, Value]
ENUMERATE = 4096  #: spaces of up to so many points are searched whole
MOST_SETTINGS = 10_000  #: of one parameter: far finer than any furnace or balance


@dataclass(frozen=True)
class Parameter:
    """One process parameter and the settings it can take."""

    name: str
    kind: Literal["continuous", "discrete", "categorical"]
    values: tuple[Value, ...]  #: all settings, ascending (numbers) or as given (words)

    @property
    def width(self) -> int:
        """Columns in the encoded vector: one for a number, one per word."""
        return len(self.values) if self.kind == "categorical" else 1

    def encode(self, value: Value) -> list[float]:
        """Position in [0, 1], also of numbers between or beyond the settings; one-hot for words."""
        if self.kind == "categorical":
            return [float(value == v) for v in self.values]
        low, high, at = float(self.values[0]), float(self.values[-1]), float(value)
        if self.logarithmic:  # what is zero or less lies as far below as a whole range of settings
            low, high, at = np.log(low), np.log(high), np.log(max(at, low * low / high))
        return [(at - low) / (high - low)] if high > low else [0.0]

    @cached_property
    def logarithmic(self) -> bool:
        """Whether the settings go by factors (0.1, 1, 10) rather than by steps."""
        if self.kind != "discrete" or len(self.values) < 3 or float(self.values[0]) <= 0:
            return False
        numbers = np.array(self.values, float)
        steps, factors = np.diff(numbers), np.diff(np.log(numbers))
        return bool(factors.std() / factors.mean() < steps.std() / steps.mean())

    def takes(self, value: Value) -> bool:
        """Whether this is one of the settings, to rounding."""
        if self.kind == "categorical":
            return value in self.values
        numbers = np.array(self.values, float)
        return bool((abs(float(value) - numbers) <= 1e-9 * abs(numbers[[0, -1]]).max()).any())


@dataclass(frozen=True)
class Constraint:
    """low <= sum of factor * parameter <= high."""

    terms: tuple[tuple[str, float], ...]
    low: float
    high: float

    def holds(self, point: Mapping[str, Any]) -> bool:
        return bool(self.missed_by(point) == 0)

    def missed_by(self, point: Mapping[str, Any]) -> np.ndarray:
        """How far the sum lies outside its limits; 0 within them and within rounding.

        One of the parameters may be an array of settings; its shape is that of the answer.
        """
        parts = [factor * np.asarray(point[name], float) for name, factor in self.terms]
        total = sum(parts, np.zeros(()))
        outside = np.maximum(np.maximum(self.low - total, total - self.high), 0.0)
        return np.where(outside > 1e-9 * sum(map(np.abs, parts), np.zeros(())), outside, 0.0)


@dataclass(frozen=True)
class Space:
    """All experiments that may be proposed."""

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    directions: Mapping[str, str] | None = None  #: name -> "maximise" or "minimise"
    features: tuple[str, ...] = ()  #: named features; empty: the default list

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters)

    @property
    def size(self) -> int:
        """Number of combinations of settings, constraints aside."""
        return int(np.prod([len(p.values) for p in self.parameters], dtype=float))

    def allows(self, point: Mapping[str, Value]) -> bool:
        """Whether every setting exists and every constraint holds."""
        return all(p.takes(point[p.name]) for p in self.parameters) and self._keeps(point)

    def describes(self, point: Mapping[str, Any]) -> bool:
        """Whether a point has a finite number, or one of its words, for every parameter."""
        values = [(p, point.get(p.name)) for p in self.parameters]
        return all(
            v in p.values if p.kind == "categorical" else isinstance(v, int | float) and np.isfinite(v)
            for p, v in values
        )

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
        """Distinct allowed points, shape (m, d): all of a small space, else a space-filling choice.

        Where fewer than `count` of those tried are allowed, as where shares must add up to 100 %, the others
        are moved to where the constraints hold.
        """
        if self.size <= max(count, ENUMERATE):
            grid = np.indices([len(p.values) for p in self.parameters]).reshape(len(self.parameters), -1).T
        else:
            sobol = qmc.Sobol(len(self.parameters), rng=rng).random(1 << (4 * count - 1).bit_length())
            grid = np.floor(sobol * [len(p.values) for p in self.parameters]).astype(int)
        rows = rng.permutation(np.unique(grid, axis=0))
        points = [{p.name: p.values[i] for p, i in zip(self.parameters, row, strict=True)} for row in rows]
        kept = [self._keeps(point) for point in points]
        allowed = [point for point, keeps in zip(points, kept, strict=True) if keeps]
        if self.size <= ENUMERATE:
            count = len(allowed)
        elif len(allowed) < count:
            forbidden = [point for point, keeps in zip(points, kept, strict=True) if not keeps][:count]
            allowed += [moved for point in forbidden if self._keeps(moved := self._moved(point, rng))]
        codes = np.array([self.encode(point) for point in allowed]).reshape(-1, self.width)
        return unseen(codes, np.empty((0, self.width)))[:count]

    def _keeps(self, point: Mapping[str, Value]) -> bool:
        return all(c.holds(point) for c in self.constraints)

    def _moved(self, point: Point, rng: np.random.Generator) -> Point:
        """A point with one parameter after another set to where the constraints are missed by least."""
        for at in rng.permutation(np.tile(np.arange(len(self.parameters)), 2)):
            if self._keeps(point):
                break
            point = self._best_setting(point, self.parameters[at])
        return point

    def _best_setting(self, point: Point, p: Parameter) -> Point:
        """The point with one number set to where the constraints are missed by least; nearest of several."""
        own = [c for c in self.constraints if p.name in dict(c.terms)]
        if p.kind == "categorical" or not own:
            return point
        settings = np.array(p.values, float)
        missed = sum((c.missed_by({**point, p.name: settings}) for c in own), np.zeros(()))
        away = np.abs(settings - float(point[p.name]))
        return {**point, p.name: p.values[np.lexsort((away, missed))[0]]}

    @property
    def width(self) -> int:
        return sum(p.width for p in self.parameters)

    def neighbours(self, x: np.ndarray) -> np.ndarray:
        """Allowed points that differ in one parameter: one or three settings away, or any other word.

        A second parameter gives way where constraints hold the first, as where shares must add up to 100 %.
        """
        point = self.decode(x)
        near: list[Point] = []
        for p in self.parameters:
            at = p.values.index(point[p.name])
            steps = range(len(p.values)) if p.kind == "categorical" else [at - 3, at - 1, at + 1, at + 3]
            others = [{**point, p.name: p.values[k]} for k in steps if 0 <= k < len(p.values) and k != at]
            alone = [other for other in others if self._keeps(other)]
            ways = [self._best_setting(o, q) for o in others for q in self.parameters if q is not p]
            near += alone or [way for way in ways if self._keeps(way)]
        return np.array([self.encode(other) for other in near]).reshape(-1, self.width)


def unseen(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Rows of `points` that are not in `seen`, each once; rows are equal that agree to nine decimals."""
    known = set(map(tuple, np.round(seen, 9)))
    first: dict[tuple[float, ...], int] = {}
    for at, row in enumerate(map(tuple, np.round(points, 9))):
        if row not in known:
            first.setdefault(row, at)
    return points[np.array(list(first.values()), int)]


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
