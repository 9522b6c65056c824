"""From a column of the samples table to groups: which columns may be compared by, and in which order.

Allowed: a column of words (design route, campaign, furnace ...), a column of numbers with at most six
distinct values, and any column of numbers cut at its quantiles on request (`bins`). A number with many values
and no bins is refused, because every sample would be a group of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from grainstats.infer.comparison.result import ContrastScale
from segment.errors import InputError
from segment.spelling import composed, how_alike, spelled_twice

MAX_LEVELS = 6  #: groups that a table and a legend can show; judgement
REFERENCES = ("researcher", "control", "reference", "standard")
"""Levels that stand in the denominator of a ratio where the user names none."""
BOOKKEEPING = ("sample_id", "design_route", "campaign", "images")
LOGARITHMIC = ("astm_g",)
"""Descriptors that already are logarithms of another one: compared through that one, else as differences."""


def group_column(samples: pd.DataFrame, by: str, bins: int | None) -> pd.Series:
    """Label of each sample's group; missing where the sample has none.

    `InputError`: unknown column, one level only, or too many levels.
    """
    if by not in samples.columns:
        known = ", ".join(str(c) for c in samples.columns if c != "sample_id")
        raise InputError("--by", f"the samples have no column {by!r}", f"Choose one of: {known}")
    column = spelled_once(samples[by])
    numeric = _as_numbers(column)
    if bins is not None:
        if numeric is None:
            raise InputError("--bins", f"column {by!r} is not numeric", "Leave --bins out")
        return _cut(numeric, by, bins)
    levels = column.dropna().nunique()
    if levels > MAX_LEVELS:
        hint = (
            "Group its values first"
            if numeric is None
            else f"Cut it with --bins 2, or use it as --covariate {by}"
        )
        raise InputError("--by", f"column {by!r} has {levels} distinct values", hint)
    if levels < 2:
        found = f"only the value {column.dropna().iloc[0]!s}" if levels else "no value at all"
        remedy = (
            "A comparison needs two groups: say them in samples.csv and give it to `grainstats run --samples`"
        )
        raise InputError("--by", f"column {by!r} holds {found}", remedy)
    return column.map(lambda v: f"{v:.12g}" if isinstance(v, float) else str(v), na_action="ignore")


def held_column(column: pd.Series) -> pd.Series:
    """A covariate or a block as the model takes it: numbers, days for dates (ISO 8601), else words."""
    bare = spelled_once(column)
    if (numbers := _as_numbers(bare)) is not None:
        return numbers
    dates = pd.to_datetime(bare, errors="coerce", format="ISO8601", utc=True)
    if dates.isna().equals(bare.isna()) and dates.notna().any():
        return (dates - dates.min()) / pd.Timedelta(days=1)
    return bare


def _as_numbers(column: pd.Series) -> pd.Series | None:
    """The column as numbers; None where one of its values is none."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    same = numbers.isna().equals(column.isna()) and column.notna().any()
    return numbers if same else None


def spelled_once(column: pd.Series) -> pd.Series:
    """Words as sheets read them: without blanks at the ends, in one Unicode form; missing where none is left.

    `InputError`: two words of the column look alike.
    """
    words = column.map(bare_word, na_action="ignore")
    for one, other in spelled_twice(word for word in words.dropna().unique() if isinstance(word, str)):
        found = f"{one!r} and {other!r} look alike, they differ {how_alike(one, other)}"
        raise InputError(f"column {column.name!r}", found, "Write them alike, or give them other names")
    return words


def bare_word(value: object) -> object:
    """A word as sheets read it; missing where nothing is left."""
    return (composed(value) or None) if isinstance(value, str) else value


def _cut(numeric: pd.Series, by: str, bins: int) -> pd.Series:
    edges = np.unique(np.nanquantile(numeric, np.linspace(0, 1, bins + 1)))
    if len(edges) != bins + 1 or not 2 <= bins <= MAX_LEVELS:
        raise InputError(
            "--bins",
            f"column {by!r} cannot be cut into {bins} groups: too many of its values are equal",
            "Use fewer bins (2 to 6)",
        )
    digits = next(d for d in range(4, 18) if len({f"{edge:.{d}g}" for edge in edges}) == len(edges))
    inner = [f"{edge:.{digits}g}" for edge in edges[1:-1]]
    names = [f"≤ {inner[0]}", *(f"{a} – {b}" for a, b in pairwise(inner)), f"> {inner[-1]}"]
    place = np.searchsorted(edges[1:-1], numeric.to_numpy(), side="left")
    labels = np.array(names, object)[np.minimum(place, len(inner))]
    return pd.Series(np.where(numeric.isna(), None, labels), index=numeric.index, dtype=object)


def ordered_levels(groups: pd.Series, reference: str | None) -> tuple[str, ...]:
    """Levels with the reference (the denominator) first; numbers and bins ascending, words alphabetically.

    `InputError`: the reference is no level.
    """
    levels = sorted(groups.dropna().unique(), key=_sort_key)
    reference = reference and composed(reference)
    if reference is not None and reference not in levels:
        raise InputError(
            "--reference", f"there is no group {reference!r}", f"Choose one of: {', '.join(levels)}"
        )
    first = reference or next((r for r in REFERENCES if r in levels), levels[0])
    return (first, *(level for level in levels if level != first))


def _sort_key(level: str) -> tuple[int, float, str]:
    words = level.replace("≤", "").replace(">", "").split()
    try:
        return (0, float(words[0]) + (0.5 if level.startswith(">") or "–" in level else 0.0), level)
    except (ValueError, IndexError):
        return (1, 0.0, level)


def default_descriptors(samples: pd.DataFrame, leave_out: Sequence[str]) -> list[str]:
    """Numeric columns that are measurements; see `is_measurement`."""
    return [
        str(c)
        for c in samples.columns
        if c not in {*BOOKKEEPING, *leave_out}
        and is_measurement(str(c))
        and pd.api.types.is_numeric_dtype(samples[c])
        and not pd.api.types.is_bool_dtype(samples[c])
    ]


def is_measurement(name: str) -> bool:
    """By its name no parameter, property, count, logarithm, p value or angle, whose ratios say nothing."""
    return not (name.startswith(("param:", "prop:", "n_", *LOGARITHMIC)) or name.endswith(("_p", "_deg")))


@dataclass(frozen=True)
class GroupedValues:
    """One value per sample, finite and grouped."""

    name: str  #: of the descriptor
    rows: pd.DataFrame  #: the samples that entered
    y: np.ndarray  #: shape (n,): log of the descriptor (`scale` "ratio") or the descriptor ("difference")
    label: np.ndarray  #: str, shape (n,)
    levels: tuple[str, ...]
    scale: ContrastScale
    notes: tuple[str, ...]

    @property
    def groups(self) -> list[np.ndarray]:
        return [self.y[self.label == level] for level in self.levels]

    @property
    def summaries(self) -> str:
        return "log sample summaries" if self.scale == "ratio" else "sample summaries"

    def back(self, value: float) -> float:
        return float(np.exp(value)) if self.scale == "ratio" else float(value)


def grouped_values(
    samples: pd.DataFrame, label: pd.Series, levels: tuple[str, ...], name: str, also: Sequence[str],
    said: Sequence[str] = (),
) -> GroupedValues:  # fmt: skip
    """Take one descriptor's usable samples.

    `also`: columns that must be neither missing nor infinite; `said`: notes on the samples, put last.
    """
    value = pd.to_numeric(samples[name], errors="coerce").astype(float)
    finite = pd.Series(np.isfinite(value.to_numpy()), index=samples.index)
    lacking = samples[list(also)].replace([np.inf, -np.inf], np.nan).isna().any(axis=1)
    notes = []
    for rows, why in (
        (label.isna(), "in no group"),
        (label.notna() & ~finite, "without a value"),
        (label.notna() & finite & lacking, "without a covariate"),
    ):
        if rows.any():
            ids = ", ".join(map(str, samples.loc[rows, "sample_id"]))
            notes.append(f"left out, {why}: {ids}")
    twice = [f"{one} and {other}" for one, other in spelled_twice(samples["sample_id"])]
    notes += [f"samples {names} look alike: are they one?" for names in twice]
    keep = label.notna() & finite & ~lacking
    y = value[keep].to_numpy()
    scale: ContrastScale = "ratio"
    if name.startswith(LOGARITHMIC):
        scale = "difference"
    elif (y <= 0).any():
        scale = "difference"
        notes.append("zero or negative values: compared as a difference of means, not as a ratio")
    y = np.log(y) if scale == "ratio" else y
    return GroupedValues(name, samples[keep], y, label[keep].to_numpy(object), levels, scale, (*notes, *said))
