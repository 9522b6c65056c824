"""Groups compared with covariates held constant, or within blocks: a linear model of the sample summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from grainstats.infer.comparison.data import GroupedValues
from grainstats.infer.comparison.linear_models import own_spreads, random_intercept
from grainstats.infer.comparison.result import Contrast, GroupComparison

FLAT = 1e-24  #: variance on the scale of the test that is rounding alone


def adjusted(
    data: GroupedValues, base: GroupComparison, covariates: Sequence[str], block: str | None
) -> GroupComparison:
    design, k = _design(data, covariates), len(data.levels)
    blocks = data.rows[block].astype(str).to_numpy() if block else None
    if why := _in_the_way(data, design, covariates, block, blocks):
        return replace(base, reason=f"no p: {why}")
    model = (
        own_spreads(data.y, design, data.label)
        if blocks is None
        else random_intercept(data.y, design, blocks)
    )
    contrasts = []
    of_level = np.eye(design.shape[1])[:k] * (np.arange(k) > 0)[:, None]  # the reference is the intercept
    for one, other in combinations(range(k), 2):
        value, low, high, df, p_value = model.test(of_level[other] - of_level[one], k)
        found = (data.back(value), data.back(low), data.back(high))
        contrasts.append(Contrast(data.levels[other], data.levels[one], *found, df, p_value))
    test = model.f_test(of_level[1:])
    kind = f"linear model of {data.summaries}"
    kind += f", {', '.join(covariates)} held constant" if covariates else ""
    kind += f", random intercept of {block}" if block else ", a spread for each group"
    words = f"{kind} (REML, Kenward-Roger), F({test.df_between:g}, {test.df_within:.1f})" + (
        "; pairs by Tukey-Kramer" if k > 2 else ""
    )
    return base.told_by(contrasts, p_value=test.p_value, model=words)


def _in_the_way(
    data: GroupedValues,
    design: np.ndarray,
    covariates: Sequence[str],
    block: str | None,
    blocks: np.ndarray | None,
) -> str:
    """Why these samples cannot tell the groups from what is held constant; empty where they can."""
    n, p = design.shape
    if flat := [name for name in covariates if data.rows[name].nunique() < 2]:
        return f"{' and '.join(flat)} is the same in all samples"
    if np.linalg.matrix_rank(design) < p:
        words = " and ".join(_read_as(data.rows[name]) for name in covariates)
        return f"the groups cannot be told apart from {words} with these samples"
    if n - p < 2:
        return f"{n} samples are too few for a model with {p} coefficients"
    if blocks is not None and not 2 <= len(set(blocks)) < n:
        return f"{block} needs at least two levels, each of more than one sample"
    if blocks is not None:
        within = np.hstack([design, blocks[:, None] == np.unique(blocks)])
        if np.linalg.matrix_rank(within) == p:  # the scatter of blocks is unknown
            return f"every group is of one {block}, so that groups and {block} cannot be told apart"
        design = within
    left = data.y - design @ np.linalg.lstsq(design, data.y)[0]
    return "the model leaves no scatter, so chance cannot be judged" if left @ left <= n * FLAT else ""


def _read_as(column: pd.Series) -> str:
    kinds = "" if pd.api.types.is_numeric_dtype(column) else f" (read as words, {column.nunique()} of them)"
    return f"{column.name}{kinds}"


def _design(data: GroupedValues, covariates: Sequence[str]) -> np.ndarray:
    columns = [np.ones(len(data.y))]
    columns += [(data.label == level).astype(float) for level in data.levels[1:]]
    for name in covariates:
        values = data.rows[name]
        if pd.api.types.is_numeric_dtype(values):
            number = values.to_numpy(float)
            columns.append((number - number.mean()) / (number.std() or 1.0))
        else:
            words = values.astype(str).to_numpy()
            columns += [(words == level).astype(float) for level in sorted(set(words))[1:]]
    return np.column_stack(columns)
