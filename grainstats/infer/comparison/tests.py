"""Single tests behind a comparison (Welch, exact permutation, Welch's ANOVA, Fisher, Holm); sizes of effects.

Everything here takes one number per sample. The functions of two samples broadcast over leading axes, so that
the calibration runs the very code the user's comparison runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, lgamma, prod

import numpy as np
from scipy import special

MAX_ARRANGEMENTS = 200_000
"""More rearrangements than this are sampled, not enumerated: 10 against 10 (184 756) still is exact."""
SAMPLED = 99_999  #: random ones, beside the observed (Phipson & Smyth 2010: p is never 0)


@dataclass(frozen=True)
class WelchResult:
    """Difference of two means without assuming equal variances; arrays broadcast over leading axes."""

    difference: np.ndarray  #: mean(second) - mean(first)
    #: standard_error, df, p_value: NaN where neither group varies
    standard_error: np.ndarray
    df: np.ndarray
    p_value: np.ndarray

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """95 % interval of the difference."""
        half = special.stdtrit(self.df, 0.975) * self.standard_error
        return self.difference - half, self.difference + half


def welch(first: np.ndarray, second: np.ndarray) -> WelchResult:
    """Welch's t-test along the last axis (Welch 1947, degrees of freedom by Satterthwaite).

    Shapes (..., n1) and (..., n2), n1 and n2 at least 2.
    """
    difference = second.mean(-1) - first.mean(-1)
    squared = [x.var(-1, ddof=1) / x.shape[-1] for x in (first, second)]
    return from_errors(difference, squared, [first.shape[-1] - 1, second.shape[-1] - 1])


def from_errors(difference: np.ndarray, squared: list[np.ndarray], dfs: list[int]) -> WelchResult:
    """Of a difference whose squared standard errors add up, each known with so many degrees of freedom."""
    total = sum(squared, np.zeros_like(difference))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / sum(s**2 / d for s, d in zip(squared, dfs, strict=True))
        t = difference / np.sqrt(total)
    df = np.where(total > 0, df, np.nan)
    return WelchResult(difference, np.sqrt(total), df, 2 * special.stdtr(df, -np.abs(t)))


def studentized_pair(groups: int, df: float, t: float) -> tuple[float, float]:
    """95 % point of |t| and the p of this `t`, of one pair, simultaneous over all pairs of so many groups."""
    if groups == 2:
        return float(special.stdtrit(df, 0.975)), float(2 * special.stdtr(df, -t))
    from scipy.stats import studentized_range as law  # takes as long to import as all else of a comparison

    return float(law.ppf(0.95, groups, df) / np.sqrt(2)), float(law.sf(t * np.sqrt(2), groups, df))


@dataclass(frozen=True)
class PermutationResult:
    """Fields of a comparison: p, the number of arrangements it rests on, whether these were all there are."""

    p_permutation: float
    arrangements: int
    permutation_exact: bool


def permutation(first: np.ndarray, second: np.ndarray, *, seed: int = 0) -> PermutationResult:
    """Two-sided permutation test of Welch's t over the arrangements of samples into the two groups.

    Studentised, so that it stays right for large groups with unequal spread (Janssen 1997); exact where all
    arrangements can be enumerated, else 99 999 random ones (of `seed`) beside the observed (Phipson & Smyth
    2010).
    """
    both = np.concatenate([first, second])
    (p_value,) = joint_permutation(both[None], first.size, seed=seed)
    exact = (total := comb(both.size, first.size)) <= MAX_ARRANGEMENTS
    return PermutationResult(float(p_value), total if exact else SAMPLED + 1, exact)


def _arrangements(n: int, n1: int, seed: int) -> tuple[np.ndarray, bool]:
    if comb(n, n1) <= MAX_ARRANGEMENTS:
        return np.array(list(combinations(range(n), n1))), True
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n), (SAMPLED, 1)), axis=1)[:, :n1], False


def _t_of_split(both: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """|Welch t| of every row of `inside`; infinite where the groups do not vary but differ."""
    x = both - both.mean()
    n1 = inside.sum(1)
    n2 = x.size - n1
    sum1, square1 = inside @ x, inside @ (x * x)
    sum2, square2 = x.sum() - sum1, (x * x).sum() - square1
    error = (square1 - sum1**2 / n1) / (n1 - 1) / n1 + (square2 - sum2**2 / n2) / (n2 - 1) / n2
    difference = np.abs(sum1 / n1 - sum2 / n2)
    floor = 1e-24 * max(float((x * x).sum()), 1e-300)
    return np.where(
        error > floor, difference / np.sqrt(np.maximum(error, floor)), np.where(difference > 0, np.inf, 0)
    )


def joint_permutation(values: np.ndarray, n1: int, *, seed: int = 0) -> np.ndarray:
    """Permutation p of every descriptor, adjusted for all together (Westfall & Young 1993, step-down).

    The arrangements move whole samples, so descriptors of the same grains stay correlated as they are; where
    Holm charges for six tests, six correlated ones cost little more than one.  `values` has shape
    (descriptors, n1 + n2), the first n1 columns being the first group; `seed` as in `permutation`.
    """
    count = values.shape[1]
    members, exact = _arrangements(count, n1, seed)
    inside = np.zeros((len(members), count), bool)
    np.put_along_axis(inside, members, True, axis=1)
    inside = np.vstack([np.arange(count) < n1, inside])
    t = np.stack([_t_of_split(row, inside) for row in values])
    order = np.argsort(-t[:, 0])
    largest = np.maximum.accumulate(t[order][::-1], axis=0)[::-1]  # over this descriptor and all weaker ones
    extreme = largest[:, 1:] >= t[order, :1] * (1 - 1e-9)
    p_values = (extreme.sum(1) + (not exact)) / (len(members) + (not exact))
    adjusted = np.empty(len(values))
    adjusted[order] = np.maximum.accumulate(p_values)
    return adjusted


@dataclass(frozen=True)
class FTest:
    """An F statistic with its degrees of freedom and p-value."""

    statistic: float
    df_between: float
    df_within: float
    p_value: float


def welch_anova(groups: list[np.ndarray]) -> FTest:
    """Do the means of groups, each of at least two values that vary, differ (Welch 1951)?

    Equal variances are not assumed.
    """
    k = len(groups)
    weight = np.array([g.size / g.var(ddof=1) for g in groups])
    mean = np.array([g.mean() for g in groups])
    centre = (weight * mean).sum() / weight.sum()
    tail = sum((1 - w / weight.sum()) ** 2 / (g.size - 1) for w, g in zip(weight, groups, strict=True))
    between = (weight * (mean - centre) ** 2).sum() / (k - 1)
    statistic = float(between / (1 + 2 * (k - 2) / (k**2 - 1) * tail))
    df_within = float((k**2 - 1) / (3 * tail))
    return FTest(statistic, k - 1, df_within, float(special.fdtrc(k - 1, df_within, statistic)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values along the last axis; NaN (no test) stays NaN and costs nothing (Holm 1979)."""
    order = np.argsort(p_values, axis=-1)  # NaN last
    ordered = np.take_along_axis(p_values, order, -1)
    tested = np.isfinite(p_values).sum(-1, keepdims=True)
    rank = np.arange(p_values.shape[-1])
    adjusted = np.maximum.accumulate(np.minimum(ordered * np.maximum(tested - rank, 1), 1), axis=-1)
    result = np.empty_like(p_values, dtype=float)
    np.put_along_axis(result, order, adjusted, -1)
    return result


def fisher_exact(table: np.ndarray) -> float | None:
    """Exact p of independence in a table of counts (Fisher; Freeman & Halton 1951 beyond 2 x 2).

    Sums the probability of every table with the same margins that is no likelier than the one observed. Where
    these are too many to be gone over, 99 999 random ones beside the observed stand for them.  None where a
    margin makes the question empty (one row or one column left).
    """
    table = np.asarray(table, int)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return None
    rows, columns = table.sum(1), table.sum(0)
    bound = prod(comb(int(total) + columns.size - 1, columns.size - 1) for total in rows[1:])
    if bound > MAX_ARRANGEMENTS:
        from scipy.stats import random_table

        drawn = random_table(rows, columns).rvs(SAMPLED, random_state=np.random.default_rng(0))
    else:
        drawn = np.array(list(_tables(tuple(rows), tuple(columns))))
    margins = sum(special.gammaln(sums + 1).sum() for sums in (rows, columns)) - special.gammaln(
        rows.sum() + 1
    )
    chance = [margins - special.gammaln(counts + 1).sum((-1, -2)) for counts in (drawn, table)]
    share = np.exp(chance[0] - chance[1])
    as_rare = share <= 1 + 1e-7
    if bound > MAX_ARRANGEMENTS:
        return float((1 + np.count_nonzero(as_rare)) / (1 + share.size))
    return float(min(share[as_rare].sum() / share.sum(), 1.0))


def _tables(rows: tuple[int, ...], columns: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every table of counts with these margins."""
    if len(rows) == 1:
        yield (columns,)
        return
    for most in product(*(range(min(rows[0], c) + 1) for c in columns[:-1])):
        row = (*most, rows[0] - sum(most))
        if 0 <= row[-1] <= columns[-1]:
            rest = tuple(c - r for c, r in zip(columns, row, strict=True))
            yield from ((row, *below) for below in _tables(rows[1:], rest))


def hedges_g(first: np.ndarray, second: np.ndarray) -> float | None:
    """Standardised mean difference, second minus first, with Hedges' exact small-sample factor (Hedges 1981).

    Of one value per sample, shapes (n1,) and (n2,), on the scale of the test; None where a group has fewer
    than two samples or nothing varies.
    """
    if min(first.size, second.size) < 2:
        return None
    df = first.size + second.size - 2
    within = ((first.size - 1) * first.var(ddof=1) + (second.size - 1) * second.var(ddof=1)) / df
    if within <= 0:
        return None
    factor = np.exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / np.sqrt(df / 2)
    return float(factor * (second.mean() - first.mean()) / np.sqrt(within))


def cliffs_delta(first: np.ndarray, second: np.ndarray) -> float:
    """P(second > first) - P(second < first) over all pairs of samples (Cliff 1993): -1 ... 1."""
    return float(np.sign(second[:, None] - first[None, :]).mean())


def specimen_interval(difference: float, images: list[list[np.ndarray]]) -> tuple[float, float] | None:
    """95 % interval of a difference between *these* specimens, from the scatter of their images alone.

    Says nothing about other samples made the same way: the spread between samples is not in it.  `images`:
    values on the scale of the test by group (two), sample and image; None where a sample has fewer than two.
    """
    if any(values.size < 2 for group in images for values in group):
        return None
    squared = [v.var(ddof=1) / v.size / len(group) ** 2 for group in images for v in group]
    found = from_errors(np.array(difference), squared, [v.size - 1 for group in images for v in group])
    low, high = (float(end) for end in found.interval())
    return None if np.isnan(low) else (low, high)
