"""Linear models with a handful of samples: against published tables and statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from grainstats.infer.comparison.groups import compare_groups
from grainstats.infer.comparison.linear_models import least_squares, random_intercept

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


def test_covariate_is_least_squares_with_n_minus_p_degrees_of_freedom() -> None:
    table = unbalanced(0)
    (found,) = compare_groups(table, "design_route", ["intercept_mean_nm"], ["param:temperature_c"])
    design = sm.add_constant(
        np.column_stack([table.design_route == "ai", table["param:temperature_c"]]).astype(float)
    )
    oracle = sm.OLS(np.log(table.intercept_mean_nm), design).fit()
    assert found.p_value == pytest.approx(oracle.pvalues.iloc[1], rel=1e-8)
    assert found.estimate == pytest.approx(np.exp(oracle.params.iloc[1]), rel=1e-8)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(np.exp(oracle.conf_int().iloc[1])), rel=1e-8)
    assert found.contrasts[0].df == pytest.approx(10)
    assert found.p_welch is None and "held constant" in found.model


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
    assert "Satterthwaite" in found.model


def test_no_block_variance_falls_back_to_least_squares() -> None:
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(8), np.arange(8) % 2])
    y = rng.normal(size=8)
    block = np.repeat([0, 1], 4)
    y -= np.repeat([y[:4].mean(), y[4:].mean()], 4)  # no difference between blocks at all
    assert len(random_intercept(y, design, block).variances) == 1
    assert random_intercept(y, design, block).df(np.array([0.0, 1.0])) == pytest.approx(6)
    assert least_squares(y, design).df(np.array([0.0, 1.0])) == pytest.approx(6)


def test_confounded_and_too_few_give_no_p() -> None:
    table = unbalanced(2)
    table["laboratory"] = table.design_route.map({"ai": "x", "researcher": "y"})
    (confounded,) = compare_groups(table, "design_route", ["intercept_mean_nm"], ["laboratory"])
    assert confounded.p_value is None and "cannot be told apart from laboratory" in confounded.reason
    few = pd.concat([table[table.design_route == route].head(2) for route in ("ai", "researcher")])
    (short,) = compare_groups(few, "design_route", ["intercept_mean_nm"], ["param:temperature_c"])
    assert short.p_value is None and "too few" in short.reason


def test_three_levels_with_a_covariate_compare_with_the_reference() -> None:
    table = unbalanced(3)
    table["furnace"] = np.tile(["a", "b", "c"], 5)[:13]
    (found,) = compare_groups(table, "furnace", ["intercept_mean_nm"], ["param:temperature_c"], reference="b")
    assert [(c.level, c.reference) for c in found.contrasts] == [("a", "b"), ("c", "b")]
    assert found.estimate is None and found.p_value is not None
