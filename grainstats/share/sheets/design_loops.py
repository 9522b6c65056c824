"""Both design loops as the database tells them: every experiment in order, what came of every proposal."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from grainstats.share.db.database import Database
from grainstats.share.quantity_units import Property, asked_for, known_properties, named
from segment.errors import InputError

Route = Literal["ai", "researcher"]
_SAME = 1e-6  #: relative difference below which two settings are one


@dataclass(frozen=True)
class Prediction:
    """What was expected of a proposal; the interval, where one was stated, holds 95 %."""

    value: float
    low: float | None
    high: float | None

    def holds(self, measured: float) -> bool | None:
        """Whether the interval holds a measured value; None without an interval."""
        return None if self.low is None or self.high is None else self.low <= measured <= self.high


@dataclass(frozen=True)
class Loops:
    """Progress of both routes towards one property."""

    name: str
    unit: str
    maximise: bool
    #: a row per sample with the property, in the order in which they were made: ``sample_id``, ``value``,
    #: ``uncertainty`` (one standard deviation), ``route``, ``number`` within it (from 1), its ``best`` so far
    experiments: tuple[Any, ...]
    #: in the order in which they were recorded, by name: ``route``, ``by`` (the model or the person),
    #: ``campaign``, ``reason``, ``recorded_on``, ``parameters``, what was ``predicted`` of this property,
    #: ``state`` ("made" since, "known" before it was recorded, or "open"), ``sample_id`` (empty where open),
    #: and the value ``measured`` on it since
    proposals: tuple[dict[str, Any], ...]

    def best(self, route: Route) -> Any:
        """The experiment that holds the route's best value."""
        own = [e for e in self.experiments if e.route == route]
        pick = max if self.maximise else min
        return pick(own, key=lambda e: e.value) if own else None


def known_objectives(db: Database) -> list[str]:
    """Properties that somebody asked to improve, in the order of asking; else every measured property."""
    measured = known_properties(db.properties())
    stated = dict.fromkeys(db.suggestions()["objective"].dropna())
    wanted = [named(asked_for(part)[0], measured) for text in stated for part in text.split(",")]
    return list(dict.fromkeys(each.name for each in wanted if each)) or [each.name for each in measured]


def read_loops(db: Database, objective: str, *, campaign: str | None = None) -> Loops:
    """Read both loops' progress towards a property, ``NAME:minimise`` where less is better.

    Without a direction, the one that the newest suggestion was made for. With `campaign`, only samples and
    proposals of it. `InputError`: no sample has the property.
    """
    asked, direction = asked_for(objective)
    values = db.properties()
    measured = known_properties(values)
    if (found := named(asked, measured)) is None:
        known = ", ".join(each.name for each in measured) or "none yet"
        raise InputError("--objective", f"no sample has the property {asked!r}", f"Known are: {known}")
    values = values[values["name"] == found.name].set_index("sample_id")
    suggestions = db.suggestions()
    maximise = (direction or _direction(suggestions, found)) != "minimise"
    made = db.experiments()
    if campaign is not None:
        made = made[made["campaign"] == campaign]
        suggestions = suggestions[suggestions["campaign"] == campaign]
    return Loops(
        found.name,
        found.unit,
        maximise,
        tuple(_experiments(made, values, maximise).itertuples(index=False)),
        tuple(_proposals(suggestions, made, db.samples(), values, found.name)),
    )


def _direction(suggestions: pd.DataFrame, wanted: Property) -> str:
    """Direction of the newest suggestion for a property."""
    for text in reversed(suggestions["objective"].dropna().tolist()):
        for part in text.split(","):
            asked, direction = asked_for(part)
            if named(asked, [wanted]):
                return direction
    return ""


def _experiments(made: pd.DataFrame, values: pd.DataFrame, maximise: bool) -> pd.DataFrame:
    there = made[made["sample_id"].isin(values.index) & made["design_route"].notna()]
    own = values.loc[there["sample_id"], ["value", "uncertainty"]].reset_index()
    found = own.assign(route=there["design_route"].to_numpy())
    routes = found.groupby("route", sort=False)
    best = routes["value"].cummax() if maximise else routes["value"].cummin()
    spread = found["uncertainty"].astype(object).where(found["uncertainty"].notna(), None)
    return found.assign(number=routes.cumcount() + 1, best=best, uncertainty=spread)


def _proposals(
    suggestions: pd.DataFrame, made: pd.DataFrame, samples: pd.DataFrame, values: pd.DataFrame, name: str
) -> Iterator[dict[str, Any]]:
    since = dict(zip(made["sample_id"], made["created_at"], strict=True))
    settings = {str(r["sample_id"]): r for r in samples.to_dict("records")}
    for s in suggestions.to_dict("records"):
        alike = [sample for sample in since if same_settings(s["parameters"], settings[sample])]
        later = [sample for sample in alike if since[sample] >= s["created_at"]]
        sample = next(iter(later or alike), "")
        measured = later and sample in values.index  # what was known before is no test of the prediction
        yield {
            "route": s["origin"],
            "by": s["model"],
            "campaign": s["campaign"],
            "reason": s["reason"] if isinstance(s["reason"], str) else "",
            "recorded_on": s["created_at"][:10],
            "parameters": s["parameters"],
            "predicted": _prediction(s["predictions"], name),
            "state": "made" if later else "known" if alike else "open",
            "sample_id": sample,
            "measured": float(values.loc[sample, "value"]) if measured else None,
        }


def same_settings(point: Mapping[str, Any], sample: Mapping[str, Any]) -> bool:
    """Whether a row of the samples table has all settings of a proposal."""
    for name, value in point.items():
        own = sample.get(f"param:{name}")
        if isinstance(value, str) or isinstance(own, str):
            if own != value:
                return False
        elif own is None or not math.isclose(float(own), float(value), rel_tol=_SAME):
            return False
    return bool(point)


def _prediction(predictions: Mapping[str, Any] | None, name: str) -> Prediction | None:
    expected = ((predictions or {}).get("objectives") or {}).get(name)
    if not expected or expected.get("value") is None:
        return None
    ends = (expected.get("ci_low"), expected.get("ci_high"))
    return Prediction(float(expected["value"]), *(ends if None not in ends else (None, None)))
