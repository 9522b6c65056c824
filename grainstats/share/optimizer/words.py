"""Why a point is proposed, in words and numbers: what it should give, and through which microstructure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grainstats.share.catalogue import field_of
from grainstats.share.optimizer.data import Experiments
from grainstats.share.optimizer.space import Space

if TYPE_CHECKING:
    from grainstats.share.optimizer.campaign import Objective
    from grainstats.share.optimizer.models import Choice, NetworkModel

UNKNOWN = 100  #: ratio of an interval's ends above which its figures say nothing (judgement)


@dataclass(frozen=True)
class Expected:
    """A predicted quantity with its 95 % interval, in its own unit."""

    name: str
    value: float
    low: float
    high: float

    def words(self) -> str:
        field = field_of(self.name)
        if self.high > UNKNOWN * self.low > 0:
            return f"{field.en} not known yet"
        unit = "" if field.unit == "1" else f" {field.unit}"
        return f"{field.en} {self.value:.3g}{unit} ({self.low:.3g} to {self.high:.3g})"


def expected_features(choice: Choice, data: Experiments, x: np.ndarray) -> list[Expected]:
    """What the microstructure at `x` (shape (d,)) should be."""
    if choice.network is None:
        return []
    means, variances = choice.network.features(x[None])
    found = []
    for k, mean, half in zip(choice.network.columns, means[0], 1.96 * np.sqrt(variances[0]), strict=True):
        values = np.array([mean, mean - half, mean + half])
        values = np.exp(values) if data.feature_logs[k] else values
        found.append(Expected(data.feature_names[k], *map(float, values)))
    return found


def driver(
    choice: Choice, data: Experiments, space: Space, x: np.ndarray, best: int, unit: float
) -> tuple[float, str] | None:
    """What makes the point better than experiment `best`, by the model: its contribution, and what it is.

    That is what the prediction loses when this one thing, a feature or else a process parameter, is set back
    to the best experiment's value. `choice` was fitted to the objective over `unit`; the contribution is not.
    """
    if choice.network is not None and choice.model is choice.network:
        found = _feature_drivers(choice.network, data, x, best)
    else:
        found = _parameter_drivers(choice, space, x, data.x[best])
    gain, said = max(found, key=lambda pair: pair[0], default=(0.0, ""))
    return (unit * gain, said) if said else None


def _feature_drivers(
    model: NetworkModel, data: Experiments, x: np.ndarray, best: int
) -> Iterator[tuple[float, str]]:
    both = np.stack([x, data.x[best]])
    here, there = model.features(both)[0]
    for k, column in enumerate(model.columns):
        if np.isfinite(data.features[best, column]):
            there[k] = data.features[best, column]

    def property_of(process: np.ndarray, features: np.ndarray) -> float:
        return float(model.last.predict(np.concatenate([process, features])[None])[0][0, 0])

    full = property_of(x, here)
    for k, column in enumerate(model.columns):
        back = here.copy()
        back[k] = there[k]
        turn = np.exp if data.feature_logs[column] else float
        name = field_of(data.feature_names[column]).en
        said = f"driven by {name} in the microstructure: {turn(here[k]):.3g} instead of {turn(there[k]):.3g},"
        yield full - property_of(x, back), said
    yield full - property_of(data.x[best], here), "the process itself, beside the microstructure, is"


def _parameter_drivers(
    choice: Choice, space: Space, x: np.ndarray, reference: np.ndarray
) -> Iterator[tuple[float, str]]:
    process = choice.plain.last
    full = float(process.predict(x[None])[0][0, 0])
    new, old = space.decode(x), space.decode(reference)
    at = 0
    for p in space.parameters:
        back = x.copy()
        back[at : at + p.width] = reference[at : at + p.width]
        at += p.width
        if new[p.name] != old[p.name]:
            here, there = (v if isinstance(v, str) else f"{v:g}" for v in (new[p.name], old[p.name]))
            said = f"driven by {p.name} in the process: {here} instead of {there},"
            yield full - float(process.predict(back[None])[0][0, 0]), said


def reason(
    objective: Objective,
    expected: Expected,
    best: str,
    best_value: float,
    chance: float,
    features: Sequence[Expected],
    driven: tuple[float, str] | None,
    repeats: str | None,
) -> str:
    """The paragraph stored with a suggestion.

    `best` is the best sample so far, as the model puts it; `driven` is what `driver` has found.
    """
    unit = "" if objective.unit == "1" else f" {objective.unit}"
    ahead = objective.sign * (expected.value - best_value)
    parts = []
    if repeats is not None:
        parts.append(
            f"A repeat of {repeats}: the measurements scatter so much that measuring one of the best samples "
            "again is worth more than any new point"
        )
    parts.append(
        f"predicted {objective.name} {expected.value:.3g}{unit} "
        f"(95 % {expected.low:.3g} to {expected.high:.3g}); the best so far, {best}, is put at "
        f"{best_value:.3g}{unit}" + (f"; chance to beat it {100 * chance:.0f} %" if repeats is None else "")
    )
    if repeats is None and ahead <= 0:
        parts.append("it is proposed for what is not known there, not for its mean")
    if features:
        parts.append("expected microstructure: " + ", ".join(f.words() for f in features))
    if repeats is None and driven is not None and objective.sign * driven[0] > 0.01 * abs(best_value):
        parts.append(f"{driven[1]} worth {driven[0]:+.2g}{unit} by the model")
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."
