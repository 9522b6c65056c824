"""The next experiments: read the campaign, believe a model, choose points, say why, store it all."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from grainstats.share.db.database import Database
from grainstats.share.db.records import SuggestionRecord
from grainstats.share.optimizer.campaign import Campaign, read_campaign
from grainstats.share.optimizer.data import MINIMUM
from grainstats.share.optimizer.space import Point, Space, unseen
from grainstats.share.optimizer.words import Expected, driver, expected_features, reason
from segment.errors import InputError, install_extra

if TYPE_CHECKING:
    from grainstats.share.optimizer.acquisition import Pick
    from grainstats.share.optimizer.models import Choice

CANDIDATES, DRAWS, PREDICTION_DRAWS = 1024, 64, 512
FAR, FAR_LOG = 50.0, 5.0
"""Interquartile ranges from the median, of values and of their logarithms: neither normal nor log-normal ones
come so far."""


@dataclass(frozen=True, eq=False)
class Suggested:
    """One proposed experiment."""

    parameters: Point
    reason: str
    predictions: dict[str, Expected]  #: by objective
    microstructure: tuple[Expected, ...]
    chance: dict[str, float]  #: probability to beat the best experiment so far, by objective
    repeats: str | None  #: sample that is to be made again
    improvement: float | None  #: as in `Pick`; None in a space-filling design


@dataclass(frozen=True, eq=False)
class Proposal:
    """A batch with everything needed to make it again."""

    suggestions: tuple[Suggested, ...]
    objective: str  #: what was asked for, directions included, wherever they were stated
    model: str  #: believed for the (first) objective
    evidence: dict[str, str]  #: both models' leave-one-out densities in words, by objective
    #: the same as numbers: ``plain``, ``network``, ``difference_se``
    densities: dict[str, dict[str, float | None]]
    snapshot_digest: str
    data_digest: str
    seed: int
    notes: tuple[str, ...]

    def records(self, campaign: str) -> list[SuggestionRecord]:
        """Rows for `Database.add_suggestions`."""
        return [
            SuggestionRecord(
                origin="ai", model=self.model, parameters=s.parameters, snapshot_digest=self.snapshot_digest,
                seed=self.seed, campaign=campaign, objective=self.objective, reason=s.reason,
                predictions=_document(s) | {"densities": self.densities, "data_digest": self.data_digest},
            )
            for s in self.suggestions
        ]  # fmt: skip


def _document(s: Suggested) -> dict[str, Any]:
    def interval(e: Expected) -> dict[str, float]:
        return {"value": e.value, "ci_low": e.low, "ci_high": e.high}

    return {
        "objectives": {name: interval(e) for name, e in s.predictions.items()},
        "microstructure": {e.name: interval(e) for e in s.microstructure},
        "chance_to_beat_best": s.chance,
        "repeats": s.repeats,
        "improvement": s.improvement,
    }


def suggest(
    db: Database,
    space: Space,
    objectives: tuple[str, ...],
    count: int = 3,
    *,
    seed: int = 0,
    ignore_open: bool = False,
) -> Proposal:
    """Propose the next experiments; stores nothing.

    The same database content, space, objectives and seed give the same proposal.

    Parameters
    ----------
    db : Database
    space : Space
    objectives : tuple of str
        As in `read_campaign`.
    count : int
    seed : int
    ignore_open : bool
        Forget earlier proposals that were not made.

    Raises
    ------
    InputError
        Parameters, features or objectives that the database does not have, no sample with all objectives,
        or a model is needed and BoTorch is not installed.
    """
    campaign = read_campaign(db, space, objectives, ignore_open=ignore_open)
    rng = np.random.default_rng([seed, int(campaign.digest[:12], 16)])
    units = [o.sign * e.spread for e, o in zip(campaign.experiments, campaign.objectives, strict=True)]
    data = [e.in_units_of(unit) for e, unit in zip(campaign.experiments, units, strict=True)]
    x = data[0].x
    seen = np.concatenate([x, campaign.open_points])
    candidates = unseen(space.candidates(CANDIDATES, rng), seen)
    if any(e.measured.sum() < MINIMUM for e in data):
        return _space_filling(campaign, space, candidates, seen, count, seed)
    if find_spec("botorch") is None:
        raise InputError("suggest", "BoTorch is not installed", install_extra("optimizer"))
    from grainstats.share.optimizer.acquisition import Search, select
    from grainstats.share.optimizer.models import choose

    known = np.all([e.measured for e in data], axis=0)
    if not known.any():
        raise InputError(
            "--objective", "no sample has all of the objectives", "Measure them on the same samples"
        )
    start = int(rng.integers(2**31))
    choices = [choose(e, start) for e in data]
    pending = np.concatenate([x[~known], campaign.open_points])
    noise = choices[0].model.last.noise[:, 0] if len(data) == 1 else np.zeros(int(known.sum()))
    search = Search(candidates, space.neighbours, x[known], pending, noise)
    picks = select([c.model for c in choices], search, count, DRAWS, start)
    rows = np.flatnonzero(known)
    suggestions = tuple(_explained(campaign, space, choices, units, pick, rows, seed) for pick in picks)
    found = {
        o.name: choice.per_unit(abs(unit))
        for o, choice, unit in zip(campaign.objectives, choices, units, strict=True)
    }
    return Proposal(
        suggestions, campaign.asked, choices[0].model.name,
        {name: choice.words() for name, choice in found.items()},
        {name: _densities(choice) for name, choice in found.items()},
        campaign.digest, campaign.data_digest, seed, _notes(campaign, len(picks), count),
    )  # fmt: skip


def _densities(choice: Choice) -> dict[str, float | None]:
    numbers = {"plain": choice.plain_density, "network": choice.network_density}
    numbers["difference_se"] = choice.difference_error
    return {key: float(v) if np.isfinite(v) else None for key, v in numbers.items()}


def _notes(campaign: Campaign, found: int, count: int) -> tuple[str, ...]:
    notes = [*campaign.notes, *_far_off(campaign)]
    if len(campaign.open_points):
        notes.append(f"earlier proposals that are still open, and were avoided: {len(campaign.open_points)}")
    if found < count:
        notes.append(f"only {found} of {count}: the space has no more unmeasured points")
    return tuple(notes)


def _far_off(campaign: Campaign) -> list[str]:
    """A note on samples whose value no other is near, which leads the models astray if it is a slip."""
    notes = []
    for o, e in zip(campaign.objectives, campaign.experiments, strict=True):
        y = e.y[e.measured]
        far = _far(y) & (_far(np.log(y), FAR_LOG) if y.min(initial=1.0) > 0 else True)
        for k in np.flatnonzero(e.measured)[far]:
            notes.append(
                f"{o.name} {e.y[k]:.3g} {o.unit} of {e.ids[k]} is far from all others "
                f"(median {np.median(y):.3g}): is it a slip?"
            )
    return notes


def _far(y: np.ndarray, ranges: float = FAR) -> np.ndarray:
    """Which values lie so many interquartile ranges from the median; none where most are equal."""
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75]) if y.size else (0.0, 0.0, 0.0)
    return np.asarray((np.abs(y - middle) > ranges * (high - low)) & (high > low))


def _space_filling(
    campaign: Campaign, space: Space, candidates: np.ndarray, seen: np.ndarray, count: int, seed: int
) -> Proposal:
    """Points far from each other and from everything made: for want of anything to learn from."""
    chosen: list[np.ndarray] = []
    for _ in range(min(count, len(candidates))):
        others = np.vstack([seen, *chosen]) if len(seen) or chosen else np.full((1, space.width), 0.5)
        distance = ((candidates[:, None, :] - others[None]) ** 2).sum(-1).min(1)
        at = int(np.argmax(distance)) if len(seen) or chosen else int(np.argmin(distance))
        chosen.append(candidates[at])
        candidates = np.delete(candidates, at, axis=0)
    measured = int(min(e.measured.sum() for e in campaign.experiments))
    have = "experiment has" if measured == 1 else "experiments have"
    why = (
        f"Only {measured} {have} a measured objective; from {MINIMUM} on a model is fitted. "
        "This point fills the space."
    )
    points = tuple(Suggested(space.decode(p), why, {}, (), {}, None, None) for p in chosen)
    return Proposal(
        points, campaign.asked, "space-filling design", {}, {}, campaign.digest, campaign.data_digest, seed,
        _notes(campaign, len(points), count),
    )  # fmt: skip


def _explained(
    campaign: Campaign, space: Space, choices: list[Choice], units: list[float], pick: Pick,
    rows: np.ndarray, seed: int,
) -> Suggested:  # fmt: skip
    """Predictions at one point, and why it was chosen; the models' objectives are in `units`."""
    from grainstats.share.optimizer.models import posterior_draws

    predictions: dict[str, Expected] = {}
    chances: dict[str, float] = {}
    reasons: list[str] = []
    repeats = None if pick.repeats is None else campaign.experiments[0].ids[rows[pick.repeats]]
    microstructure: list[Expected] = []
    every = zip(campaign.objectives, campaign.experiments, choices, units, strict=True)
    for objective, raw, choice, unit in every:
        own = np.flatnonzero(raw.measured)
        drawn = posterior_draws(choice.model, np.vstack([raw.x[own], pick.x]), PREDICTION_DRAWS, seed)
        measured, here = drawn[:, :-1], drawn[:, -1]
        best = int(np.argmax(measured.mean(0)))
        low, high = np.sort(unit * np.quantile(here, [0.025, 0.975]))
        mean = float(unit * here.mean())
        expected = Expected(objective.name, mean, float(low), float(high))
        predictions[objective.name] = expected
        chances[objective.name] = float((here > measured.max(1)).mean())
        microstructure = microstructure or expected_features(choice, raw, pick.x)
        driven = driver(choice, raw, space, pick.x, int(own[best]), unit)
        reasons.append(
            reason(
                objective, expected, raw.ids[own[best]], float(unit * measured[:, best].mean()),
                chances[objective.name], microstructure if not reasons else (), driven, repeats,
            )
        )  # fmt: skip
    return Suggested(
        space.decode(pick.x), " ".join(reasons),
        predictions, tuple(microstructure), chances, repeats, pick.improvement * abs(float(np.prod(units))),
    )  # fmt: skip
