"""Groups compared with covariates held constant, or within blocks: a linear model of the sample summaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from grainstats.infer.comparison.data import GroupedValues
from grainstats.infer.comparison.linear_models import least_squares, random_intercept
from grainstats.infer.comparison.result import Contrast, GroupComparison


def adjusted(
    data: GroupedValues, base: GroupComparison, covariates: Sequence[str], block: str | None
) -> GroupComparison:
    design = _design(data, covariates)
    k, (n, p) = len(data.levels), design.shape
    if np.linalg.matrix_rank(design) < p:
        words = " and ".join(covariates)
        return replace(base, reason=f"no p: the groups cannot be told apart from {words} with these samples")
    if n - p < 2:
        return replace(base, reason=f"no p: {n} samples are too few for a model with {p} coefficients")
    blocks = data.rows[block].astype(str).to_numpy() if block else None
    if blocks is not None and not 2 <= len(set(blocks)) < n:
        return replace(base, reason=f"no p: {block} needs at least two levels, each of more than one sample")
    if blocks is not None and _confounded(design, blocks):
        reason = f"no p: every group is of one {block}, so that groups and {block} cannot be told apart"
        return replace(base, reason=reason)
    model = least_squares(data.y, design) if blocks is None else random_intercept(data.y, design, blocks)
    if model.variances[0] <= 1e-24:
        return replace(base, reason="no p: the model leaves no scatter, so chance cannot be judged")
    contrasts = []
    for index in range(1, k):
        value, low, high, df, p_value = model.test(np.eye(p)[index])
        found = (data.back(value), data.back(low), data.back(high))
        contrasts.append(Contrast(data.levels[index], data.levels[0], *found, df, p_value))
    test = model.f_test(np.eye(p)[1:k])
    kind = f"linear model of {data.summaries}"
    kind += f", {', '.join(covariates)} held constant" if covariates else ""
    if block:
        mixed = len(model.variances) == 2
        how = f"random intercept of {block}"
        kind += f", {how} (REML, Satterthwaite)" if mixed else f" ({how} estimated as zero)"
    words = f"{kind}, F({test.df_between:g}, {test.df_within:.1f})"
    return base.told_by(contrasts, p_value=test.p_value, model=words)


def _confounded(design: np.ndarray, blocks: np.ndarray) -> bool:
    """Whether groups and covariates say all that the blocks say, so that the scatter of blocks is unknown."""
    members = (blocks[:, None] == np.unique(blocks)).astype(float)
    return bool(np.linalg.matrix_rank(np.hstack([design, members])) == np.linalg.matrix_rank(design))


def _design(data: GroupedValues, covariates: Sequence[str]) -> np.ndarray:
    columns = [np.ones(len(data.y))]
    columns += [(data.label == level).astype(float) for level in data.levels[1:]]
    for name in covariates:
        values = data.rows[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            number = values.to_numpy(float)
            columns.append((number - number.mean()) / (number.std() or 1.0))
        else:
            words = values.astype(str).to_numpy()
            columns += [(words == level).astype(float) for level in sorted(set(words))[1:]]
    return np.column_stack(columns)
