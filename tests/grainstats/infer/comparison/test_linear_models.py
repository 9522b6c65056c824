"""Linear models with a handful of samples: against published tables and statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from grainstats.infer.comparison.adjusted import own_spreads, random_intercept
from grainstats.infer.comparison.groups import compare_groups

ERGO = np.array(
    [
        [12, 15, 12, 10],
        [10, 14, 13, 12],
        [7, 14, 13, 9],
        [7, 11, 10, 9],
        [8, 11, 8, 7],
        [9, 11, 11, 10],
        [8, 12, 12, 11],
        [7, 11, 8, 7],
        [9, 13, 10, 8],
    ],
    float,
)
"""Effort to arise from four stools, nine subjects (Pinheiro & Bates 2000, ergoStool; rows are subjects)."""


def test_random_intercept_published() -> None:
    """Pinheiro & Bates 2000, p. 14: T2 3.8889, T3 2.2222, T4 .6667, SE .5187, 24 df; sd 1.3325, 1.1003."""
    y, block = ERGO.ravel(), np.repeat(np.arange(9), 4)
    design = np.column_stack([np.ones(36), *(np.tile(np.arange(4), 9) == k for k in (1, 2, 3))]).astype(float)
    model = random_intercept(y, design, block)
    assert model.coefficients == pytest.approx([8.5556, 3.8889, 2.2222, 0.6667], abs=1e-4)
    assert np.sqrt(model.covariance[1, 1]) == pytest.approx(0.5187, abs=1e-4)
    assert np.sqrt(model.variances) == pytest.approx([1.1003, 1.3325], abs=1e-3)
    assert model.df(np.eye(4)[1]) == pytest.approx(24, abs=1e-6)
    test = model.f_test(np.eye(4)[1:])
    assert (test.statistic, test.df_within) == (pytest.approx(22.3556, abs=1e-3), pytest.approx(24, abs=1e-6))


def unbalanced(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    campaign = np.array(list("AAAABBBCCCCDD"))
    effect = dict(zip("ABCD", rng.normal(0, 0.3, 4), strict=True))
    route = rng.permuted(np.array(["ai"] * 6 + ["researcher"] * 7))
    temperature = rng.uniform(600, 900, 13)
    log = (
        4
        + 0.3 * (route == "ai")
        + 0.002 * temperature
        + [effect[c] for c in campaign]
        + rng.normal(0, 0.1, 13)
    )
    return pd.DataFrame(
        {
            "sample_id": [f"S{i}" for i in range(13)],
            "design_route": route,
            "campaign": campaign,
            "param:temperature_c": temperature,
            "intercept_mean_nm": np.exp(log),
        }
    )


def test_groups_that_are_one_block_each_cannot_be_told_from_the_blocks() -> None:
    """One campaign a group: what differs may be the campaigns, and no number of samples tells."""
    table = unbalanced(0)
    table["design_route"] = np.where(table["campaign"].isin(["A", "B"]), "ai", "researcher")
    (several,) = compare_groups(table, "design_route", ["intercept_mean_nm"], block="campaign")
    assert several.p_value is not None
    table["campaign"] = "made by " + table["design_route"]
    (one_each,) = compare_groups(table, "design_route", ["intercept_mean_nm"], block="campaign")
    assert one_each.p_value is None and one_each.ci_low is None
    assert "campaign" in one_each.reason and one_each.estimate is not None


def test_a_spread_for_each_group_is_welch_where_nothing_is_held_constant() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=5), 3 * rng.normal(size=8)
    group = np.repeat([0, 1], [5, 8])
    model = own_spreads(np.concatenate([first, second]), np.column_stack([np.ones(13), group]), group)
    oracle = stats.ttest_ind(second, first, equal_var=False)
    _, low, high, df, p_value = model.test(np.array([0.0, 1.0]))
    assert (df, p_value) == (pytest.approx(oracle.df), pytest.approx(oracle.pvalue))
    assert (low, high) == pytest.approx(tuple(oracle.confidence_interval()))


def test_covariates_do_not_take_one_spread_for_all_groups() -> None:
    """Three samples that spread three times as much as nine others: one spread for all errs .21."""
    rng = np.random.default_rng(1)
    spread, group = np.repeat([0.3, 0.1], [3, 9]), np.repeat([0.0, 1.0], [3, 9])
    errs = []
    for _ in range(300):
        design = np.column_stack([np.ones(12), group, rng.normal(size=12)])
        errs.append(own_spreads(spread * rng.normal(size=12), design, group).test(np.eye(3)[1])[-1] < 0.05)
    assert np.mean(errs) < 0.11


def test_covariate_of_large_groups_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"sample_id": range(400), "route": ["a", "b"] * 200, "x": rng.normal(size=400)})
    table["y_nm"] = np.exp(4 + 0.1 * table["x"] + 0.05 * (table["route"] == "b") + rng.normal(0, 0.1, 400))
    (found,) = compare_groups(table, "route", ["y_nm"], ["x"])
    design = sm.add_constant(np.column_stack([table["route"] == "b", table["x"]]).astype(float))
    oracle = sm.OLS(np.log(table["y_nm"]), design).fit()
    assert found.estimate == pytest.approx(np.exp(oracle.params.iloc[1]), rel=1e-3)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(np.exp(oracle.conf_int().iloc[1])), rel=1e-3)
    assert found.p_welch is None and "x held constant" in found.model


def test_block_matches_statsmodels_reml_and_has_fewer_degrees_of_freedom() -> None:
    table = unbalanced(1)
    (found,) = compare_groups(
        table, "design_route", ["intercept_mean_nm"], ["param:temperature_c"], block="campaign"
    )
    table["y"], table["t"] = np.log(table.intercept_mean_nm), table["param:temperature_c"] / 100 - 7.5
    table["ai"] = (table.design_route == "ai").astype(float)
    oracle = smf.mixedlm("y ~ ai + t", table, groups=table.campaign).fit(reml=True)
    assert found.estimate == pytest.approx(np.exp(oracle.params["ai"]), rel=1e-4)
    assert found.contrasts[0].df is not None and 6 < found.contrasts[0].df < 10
    assert "Kenward-Roger" in found.model


def test_a_block_variance_below_zero_stays_so_that_pairs_are_the_paired_t_test() -> None:
    rng = np.random.default_rng(4)
    design, block = np.column_stack([np.ones(8), np.arange(8) % 2]), np.repeat(np.arange(4), 2)
    y = rng.normal(size=8)
    y -= np.repeat(y.reshape(4, 2).mean(1), 2)  # no difference between blocks at all
    y += np.repeat([0.01, -0.02, 0.03, 0.0], 2)
    model = random_intercept(y, design, block)
    oracle = stats.ttest_rel(y[1::2], y[::2])
    assert model.variances[1] < 0
    assert model.test(np.array([0.0, 1.0]))[3:] == (
        pytest.approx(3, rel=1e-3), pytest.approx(oracle.pvalue, rel=1e-3)
    )  # fmt: skip


def test_confounded_and_too_few_give_no_p() -> None:
    table = unbalanced(2)
    table["laboratory"] = table.design_route.map({"ai": "x", "researcher": "y"})
    (confounded,) = compare_groups(table, "design_route", ["intercept_mean_nm"], ["laboratory"])
    assert confounded.p_value is None and "cannot be told apart from laboratory" in confounded.reason
    few = pd.concat([table[table.design_route == route].head(2) for route in ("ai", "researcher")])
    (short,) = compare_groups(few, "design_route", ["intercept_mean_nm"], ["param:temperature_c"])
    assert short.p_value is None and "too few" in short.reason


def test_three_levels_with_a_covariate_give_simultaneous_pairs() -> None:
    table = unbalanced(3)
    table["furnace"] = np.tile(["a", "b", "c"], 5)[:13]
    (found,) = compare_groups(table, "furnace", ["intercept_mean_nm"], ["param:temperature_c"], reference="b")
    assert [(c.level, c.reference) for c in found.contrasts] == [("a", "b"), ("c", "b"), ("c", "a")]
    assert found.estimate is None and found.p_value is not None and "Tukey-Kramer" in found.model


def test_pairs_of_three_groups_are_those_of_games_and_howell() -> None:
    rng = np.random.default_rng(6)
    groups = [rng.normal(0.2 * k, 1 + k, 6) for k in range(3)]
    label = np.repeat([0, 1, 2], 6)
    design = np.column_stack([np.ones(18), label == 1, label == 2]).astype(float)
    found = own_spreads(np.concatenate(groups), design, label).test(np.array([0.0, 0.0, 1.0]), 3)
    oracle = stats.tukey_hsd(*groups, equal_var=False)
    assert found[-1] == pytest.approx(oracle.pvalue[2, 0], rel=1e-4)


@pytest.mark.parametrize("held", [{"covariates": ["h"]}, {"block": "lot"}])
def test_samples_without_scatter_give_no_p(held: dict[str, Any]) -> None:
    table = pd.DataFrame({"sample_id": range(8), "route": list("aaaabbbb"), "lot": list("ppqqppqq")})
    table["h"] = [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 4.0, 3.0]
    for y in ([60.0] * 4 + [40.0] * 4, [60.0] * 8):
        (found,) = compare_groups(table.assign(y_nm=y), "route", ["y_nm"], **held)
        assert found.p_value is None and "leaves no scatter" in found.reason
