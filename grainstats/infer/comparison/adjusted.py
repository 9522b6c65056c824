"""Groups compared with covariates held constant, or within blocks: a linear model of the sample summaries.

With covariates every group has its own spread, as in Welch's t, which this is where nothing is held constant.
With a block (a campaign, a furnace run) the rows of one block share a random intercept; its variance may come
out below zero, as in the analysis of variance: cut off at zero, the test errs too often. Both are fitted by
REML and tested with standard errors that know the variances are estimated (Kenward & Roger 1997) and
Satterthwaite's degrees of freedom (Giesbrecht & Burns 1985).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import special

from grainstats.infer.comparison.groupings import GroupedValues
from grainstats.infer.comparison.result import Contrast, GroupComparison
from grainstats.infer.comparison.tests import FTest, studentized_pair

FLAT_VARIANCE = 1e-24  #: variance on the scale of the test that is rounding alone
_LARGEST = 9.0  #: log of the ratio of two groups' variances, beyond which it makes no difference
EDGE = 1e-4  #: of the block's share of the variance, kept away from where the covariance has no inverse


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
    words = f"linear model of {data.summaries}"
    words += f", {', '.join(covariates)} held constant" if covariates else ""
    words += f", random intercept of {block}" if block else ", a spread for each group"
    words += f" (REML, Kenward-Roger), F({test.df_between:g}, {test.df_within:.1f})"
    words += "; pairs by Tukey-Kramer" if k > 2 else ""
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
    return (
        "the model leaves no scatter, so chance cannot be judged" if left @ left <= n * FLAT_VARIANCE else ""
    )


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


@dataclass(frozen=True)
class LinearModel:
    """A fitted y = X b + noise, whose covariance is a sum of known parts times unknown variances."""

    coefficients: np.ndarray  #: shape (p,)
    covariance: np.ndarray  #: shape (p, p): of the coefficients, after Kenward & Roger
    asymptotic: np.ndarray  #: shape (p, p): the same as if the variances were known
    variances: np.ndarray  #: of each group, or of the noise and of the block
    variance_covariance: np.ndarray  #: of the estimated variances (inverse expected REML information)
    gradients: np.ndarray  #: shape (len(variances), p, p): of `asymptotic` by each variance

    def df(self, contrast: np.ndarray) -> float:
        """Satterthwaite's degrees of freedom of one contrast, at least one."""
        variance = float(contrast @ self.asymptotic @ contrast)
        slope = np.array([contrast @ g @ contrast for g in self.gradients])
        return max(2 * variance**2 / float(slope @ self.variance_covariance @ slope), 1.0)

    def test(self, contrast: np.ndarray, groups: int = 2) -> tuple[float, float, float, float, float]:
        """Estimate, low and high (95 %), df and two-sided p of one contrast.

        Of one pair among more than two `groups`: simultaneous over all pairs (Tukey & Kramer; Kramer 1956).
        """
        estimate = float(contrast @ self.coefficients)
        error = float(np.sqrt(contrast @ self.covariance @ contrast))
        df = self.df(contrast)
        half, p_value = studentized_pair(groups, df, abs(estimate / error))
        half *= error
        return estimate, estimate - half, estimate + half, df, p_value

    def f_test(self, contrasts: np.ndarray) -> FTest:
        """Are all `contrasts` (shape (q, p)) zero? Degrees of freedom after Fai & Cornelius (1996)."""
        covariance = contrasts @ self.covariance @ contrasts.T
        eigenvalues, vectors = np.linalg.eigh(covariance)
        rows = vectors.T @ contrasts
        t_squared = (rows @ self.coefficients) ** 2 / eigenvalues
        dfs = np.array([self.df(row) for row in rows])
        q, within = len(dfs), float(dfs.min())
        if np.ptp(dfs) > 1e-6:
            expected = float((dfs[dfs > 2] / (dfs[dfs > 2] - 2)).sum())
            within = 2 * expected / (expected - q) if expected > q else 1.0
        statistic = float(t_squared.mean())
        return FTest(statistic, q, within, float(special.fdtrc(q, within, statistic)))


def own_spreads(y: np.ndarray, design: np.ndarray, group: np.ndarray) -> LinearModel:
    """REML fit with a variance for each level of `group`, shape (n,); `y` has shape (n,), `design` (n, p)."""
    from scipy import optimize

    members = (np.unique(group)[:, None] == group).astype(float)

    def variance(logs: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(np.append(0.0, logs)) @ members)

    found = optimize.minimize(
        lambda logs: _reml(y, design, np.diag(variance(logs)))[0],
        np.zeros(len(members) - 1),
        method="L-BFGS-B",
        bounds=[(-_LARGEST, _LARGEST)] * (len(members) - 1),
    )
    scale = _reml(y, design, np.diag(variance(found.x)))[1]
    return _with_information(
        y, design, [np.diag(row) for row in members], scale * np.exp(np.append(0.0, found.x))
    )


def random_intercept(y: np.ndarray, design: np.ndarray, block: np.ndarray) -> LinearModel:
    """REML fit with a random intercept per block; `y` and `block` have shape (n,), `design` (n, p)."""
    from scipy import optimize

    same = (block[:, None] == block[None, :]).astype(float)

    def covariance(share: float) -> np.ndarray:
        return np.asarray(np.eye(len(y)) + share / (1 - share) * same)

    found = optimize.minimize_scalar(
        lambda share: _reml(y, design, covariance(share))[0],
        bounds=(EDGE - 1 / (same.sum(0).max() - 1), 1 - EDGE),
        method="bounded",
        options={"xatol": 1e-7},
    )
    share = float(found.x)
    noise = _reml(y, design, covariance(share))[1]
    return _with_information(
        y, design, [np.eye(len(y)), same], np.array([noise, noise * share / (1 - share)])
    )


def _reml(y: np.ndarray, design: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Minus twice the profile REML log likelihood, and the factor of a covariance known up to it."""
    n, p = design.shape
    solved = np.linalg.solve(covariance, np.column_stack([design, y]))
    cross = design.T @ solved[:, :p]
    residual = y - design @ np.linalg.solve(cross, design.T @ solved[:, p])
    noise = float(residual @ np.linalg.solve(covariance, residual)) / (n - p)
    value = (
        np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(cross)[1] + (n - p) * np.log(max(noise, 1e-300))
    )
    return float(value), noise


def _with_information(
    y: np.ndarray, design: np.ndarray, parts: list[np.ndarray], variances: np.ndarray
) -> LinearModel:
    inverse = np.linalg.inv(
        sum((v * part for v, part in zip(variances, parts, strict=True)), np.zeros_like(parts[0]))
    )
    covariance = np.linalg.inv(design.T @ inverse @ design)
    hat = inverse @ design @ covariance
    projection = inverse - hat @ design.T @ inverse
    information = np.array([[0.5 * np.trace(projection @ a @ projection @ b) for a in parts] for b in parts])
    uncertainty = np.linalg.inv(information)
    moved = np.array([part @ hat for part in parts])
    adjusted = covariance + 2 * np.einsum("ij,inp,nm,jmq->pq", uncertainty, moved, projection, moved)
    return LinearModel(hat.T @ y, adjusted, covariance, variances, uncertainty, hat.T @ moved)
