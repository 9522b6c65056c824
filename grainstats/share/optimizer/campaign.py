"""From the shared database to `Experiments`: parameters, features, objective, and open proposals."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from grainstats.share.db.database import Database
from grainstats.share.db.records import digest_of
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.space import Point, Space, SpaceError
from grainstats.share.quantity_units import asked_for, known_properties, named
from segment.errors import InputError

FEATURES = (
    "intercept_mean_nm",
    "equivalent_diameter_area_weighted_mean_nm",
    "equivalent_diameter_mean_nm",
    "intercept_cv",
    "boundary_density_per_um",
    "aspect_ratio_mean",
)
"""Looked through where the space names none, in this order; at most `MOST`, and none that repeats another."""
MOST, SAME = 4, 0.98


@dataclass(frozen=True, eq=False)
class Objective:
    """One objective as the user asked for it."""

    name: str  #: without its unit, as it is printed
    column: str  #: of the samples table (``prop:...``) or a descriptor
    unit: str
    maximise: bool

    @property
    def sign(self) -> float:
        return 1.0 if self.maximise else -1.0

    @property
    def asked(self) -> str:
        """As `--objective` takes it, with the direction where that is not maximise."""
        return self.name if self.maximise else f"{self.name}:minimise"


@dataclass(frozen=True, eq=False)
class Campaign:
    """Everything a proposal is computed from."""

    objectives: tuple[Objective, ...]
    #: one per objective, same rows; `y` as measured, in its own unit
    experiments: tuple[Experiments, ...]
    open_points: np.ndarray  #: shape (p, d): proposed from older data and not made yet
    notes: tuple[str, ...]
    data_digest: str  #: of the experiments
    #: of the experiments, the open proposals and the space: the snapshot a proposal is stored with
    digest: str

    @property
    def asked(self) -> str:
        """All objectives as `--objective` takes them."""
        return ", ".join(o.asked for o in self.objectives)


def read_campaign(
    db: Database, space: Space, objectives: tuple[str, ...], *, ignore_open: bool = False
) -> Campaign:
    """Read what is known of the campaign.

    Objectives are names of properties (with or without unit) or of sample descriptors, optionally
    ``NAME:minimise``. `ignore_open` forgets earlier proposals that were not made. `SpaceError`: the samples
    lack parameters of the space. `InputError`: an objective is unknown.
    """
    table = db.samples()
    wanted = tuple(_objective(name, db, space) for name in objectives)
    names = tuple(o.column for o in wanted)
    if len({*names}) < max(len(names), 1):
        raise InputError("--objective", "it is missing, or one is there twice", "Name each objective once")
    points, notes = _points(table, space)
    notes += _unmatched(db, space)
    table = table[table["sample_id"].isin(points)]
    x = np.array([space.encode(points[s]) for s in table["sample_id"]]).reshape(-1, space.width)
    descriptors = db.descriptors("sample")
    known = _without_objective(descriptors, table["sample_id"], x, space, names)
    experiments = tuple(_with_objective(o, table, descriptors, known) for o in wanted)
    data_digest = _digest(space, experiments, wanted)
    open_points = np.empty((0, space.width)) if ignore_open else _open(db, space, data_digest, x)
    digest = digest_of(data_digest, np.round(open_points, 9).tolist())
    return Campaign(wanted, experiments, open_points, notes, data_digest, digest)


def _objective(asked: str, db: Database, space: Space) -> Objective:
    name, direction = asked_for(asked)
    if direction not in {"", "maximise", "minimise"}:
        raise InputError(
            "--objective", f"{direction!r} is no direction", "Write NAME:maximise or NAME:minimise"
        )
    properties, stated = known_properties(db.properties()), space.directions or {}
    if (found := named(name, properties)) is not None:
        direction = direction or stated.get(found.column) or stated.get(found.name, "maximise")
        return Objective(found.name, f"prop:{found.column}", found.unit, direction == "maximise")
    descriptors = db.descriptors("sample")[["name", "unit"]].drop_duplicates().set_index("name")["unit"]
    if name in descriptors.index:
        direction = direction or stated.get(name, "maximise")
        return Objective(name, name, str(descriptors[name]), direction == "maximise")
    known = ", ".join(each.column for each in properties) or "none yet"
    remedy = f"Properties are: {known}. A descriptor is named as in the tables, such as intercept_mean_nm"
    raise InputError("--objective", f"no property or descriptor {name!r}", remedy)


def _unmatched(db: Database, space: Space) -> tuple[str, ...]:
    """A note where [objectives] names what the database does not have: misspelled, or not measured yet."""
    properties, descriptors = known_properties(db.properties()), set(db.descriptors("sample")["name"])
    stated = space.directions or {}
    unknown = [name for name in stated if name not in descriptors and named(name, properties) is None]
    said = f"[objectives] names {', '.join(unknown)}, of which the database has nothing: not used"
    return (said,) if unknown else ()


def _points(table: pd.DataFrame, space: Space) -> tuple[dict[str, Point], tuple[str, ...]]:
    """Settings of every sample that has all parameters of the space."""
    missing = [p.name for p in space.parameters if f"param:{p.name}" not in table.columns]
    if missing and len(table):
        known = ", ".join(str(c)[6:] for c in table.columns if str(c).startswith("param:")) or "none"
        raise SpaceError(
            "space", [f"no sample has the parameter {name}; the database has: {known}" for name in missing]
        )
    points, left_out = {}, []
    for row in table.to_dict("records"):
        point = {p.name: row[f"param:{p.name}"] for p in space.parameters}
        if space.describes(point):
            points[str(row["sample_id"])] = point
        else:
            left_out.append(str(row["sample_id"]))
    said = f"left out, with a parameter missing or not in the space: {', '.join(left_out)}"
    return points, (said,) if left_out else ()


def _without_objective(
    descriptors: pd.DataFrame, ids: pd.Series, x: np.ndarray, space: Space, objectives: tuple[str, ...]
) -> Experiments:
    """Features on the scale they are modelled on, with the variance of their intervals; `y` is NaN yet."""
    tables = {
        c: descriptors.pivot(index="sample_id", columns="name", values=c).reindex(ids)
        for c in ("value", "ci_low", "ci_high")
    }
    there = tables["value"].columns
    unknown = [f for f in space.features if f not in there]
    if unknown and len(there):
        raise SpaceError(
            "space", [f"no sample has the feature {f}; there are: {', '.join(there)}" for f in unknown]
        )
    names: list[str] = []
    for name in space.features or FEATURES:
        usable = name in there and name not in objectives
        if usable and (space.features or _adds(tables["value"], names, name)):
            names.append(name)
    logs = tuple(not n.startswith("astm_g") and bool((tables["value"][n].dropna() > 0).all()) for n in names)
    columns, variances = [np.empty((len(ids), 0))], [np.empty((len(ids), 0))]
    for name, log in zip(names, logs, strict=True):
        value, low, high = (tables[c][name].to_numpy(float) for c in ("value", "ci_low", "ci_high"))
        if log:
            value, low, high = (np.log(np.where(v > 0, v, np.nan)) for v in (value, low, high))
        columns.append(value[:, None])
        variances.append(np.nan_to_num((high - low) / (2 * 1.96))[:, None] ** 2)
    values, variance, none = np.hstack(columns), np.hstack(variances), np.full(len(ids), np.nan)
    return Experiments(tuple(map(str, ids)), x, values, variance, tuple(names), logs, none, none)


def _adds(values: pd.DataFrame, names: list[str], name: str) -> bool:
    """Whether a default feature says something that the ones already taken do not."""
    if len(names) >= MOST or values[name].notna().sum() < 3:
        return False
    return all(abs(values[name].corr(values[other], method="spearman")) < SAME for other in names)


def _with_objective(
    o: Objective, table: pd.DataFrame, descriptors: pd.DataFrame, known: Experiments
) -> Experiments:
    if o.column.startswith("prop:"):
        y = table[o.column]
        spread = table.get(o.column.replace("prop:", "prop_sd:"), pd.Series(np.nan, table.index))
    else:
        own = descriptors[descriptors["name"] == o.column].set_index("sample_id").reindex(table["sample_id"])
        y, spread = own["value"], (own["ci_high"] - own["ci_low"]) / (2 * 1.96)
    variance = np.nan_to_num(spread.to_numpy(float)) ** 2
    return replace(known, y=y.to_numpy(float), y_variance=variance)


def _digest(space: Space, experiments: tuple[Experiments, ...], objectives: tuple[Objective, ...]) -> str:
    def plain(*arrays: np.ndarray) -> list[list[Any]]:
        return [
            [[None if not np.isfinite(v) else round(float(v), 12) for v in row] for row in np.atleast_2d(a)]
            for a in arrays
        ]

    rows = [
        [e.ids, *plain(e.x, e.features, e.feature_variance), e.feature_names, *plain(e.y, e.y_variance)]
        for e in experiments
    ]
    wanted = [[o.column, o.maximise] for o in objectives]
    return digest_of(repr(space.parameters), repr(space.constraints), rows, wanted)


def _open(db: Database, space: Space, data_digest: str, x: np.ndarray) -> np.ndarray:
    """Points proposed from other data than these and not made yet."""
    made = {tuple(row) for row in np.round(x, 9)}
    found: dict[tuple[float, ...], None] = {}
    for row in db.suggestions().to_dict("records"):
        point, said = row["parameters"], row["predictions"] or {}
        if said.get("data_digest") == data_digest or not space.describes(point):
            continue
        code = tuple(np.round(space.encode(point), 9))
        if code not in made:
            found[code] = None
    return np.array(list(found)).reshape(-1, space.width)
