"""One descriptor's samples with a value and a group, on the scale of the test; the rest in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from grainstats.infer.comparison.groupings import LOGARITHMIC
from grainstats.infer.comparison.result import Scale


@dataclass(frozen=True)
class GroupedValues:
    """One value per sample, finite and grouped."""

    name: str  #: of the descriptor
    rows: pd.DataFrame  #: the samples that entered
    y: np.ndarray  #: shape (n,): log of the descriptor (`scale` "ratio") or the descriptor ("difference")
    label: np.ndarray  #: str, shape (n,)
    levels: tuple[str, ...]
    scale: Scale
    notes: tuple[str, ...]

    @property
    def groups(self) -> list[np.ndarray]:
        return [self.y[self.label == level] for level in self.levels]

    @property
    def summaries(self) -> str:
        return "log sample summaries" if self.scale == "ratio" else "sample summaries"

    def back(self, value: float) -> float:
        return float(np.exp(value)) if self.scale == "ratio" else float(value)


def gather(
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
    words = [c for c in also if not pd.api.types.is_numeric_dtype(samples[c])]
    notes += _spelled_alike("groups", levels) + _spelled_alike("samples", samples["sample_id"])
    notes += [said for c in words for said in _spelled_alike(f"values of {c}", samples[c].dropna())]
    keep = label.notna() & finite & ~lacking
    y = value[keep].to_numpy()
    scale: Scale = "ratio"
    if name.startswith(LOGARITHMIC):
        scale = "difference"
    elif (y <= 0).any():
        scale = "difference"
        notes.append("zero or negative values: compared as a difference of means, not as a ratio")
    y = np.log(y) if scale == "ratio" else y
    return GroupedValues(name, samples[keep], y, label[keep].to_numpy(object), levels, scale, (*notes, *said))


def _spelled_alike(kind: str, names: Iterable[object]) -> list[str]:
    """Notes on names that differ in capitals only."""
    spelled: dict[str, dict[str, None]] = {}
    for name in map(str, names):
        spelled.setdefault(name.casefold(), {})[name] = None
    return [
        f"{kind} {' and '.join(alike)} differ in capitals only: are they one?"
        for alike in spelled.values()
        if len(alike) > 1
    ]
