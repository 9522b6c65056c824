"""Comparison of groups against published values and theory; grains never count as replicates."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from grainstats.infer.comparison import tests as single_tests
from grainstats.infer.comparison.groups import compare_groups, compare_verdicts
from grainstats.infer.comparison.tests import fisher_exact
from segment.errors import InputError


def sheet(ai: list[float], researcher: list[float], name: str = "intercept_mean_nm") -> pd.DataFrame:
    n = len(ai) + len(researcher)
    return pd.DataFrame(
        {
            "sample_id": [f"S{i}" for i in range(n)],
            "design_route": ["ai"] * len(ai) + ["researcher"] * len(researcher),
            name: [*ai, *researcher],
            "n_images": 5,
            "n_grains": 400,
        }
    )


def test_two_groups_are_welch_on_logs_with_the_researchers_below() -> None:
    ai, researcher = [60.0, 70.0, 65.0, 90.0], [40.0, 55.0, 47.0, 52.0]
    (found,) = compare_groups(sheet(ai, researcher), "design_route")
    oracle = stats.ttest_ind(np.log(ai), np.log(researcher), equal_var=False)
    interval = oracle.confidence_interval(0.95)
    assert found.levels == ("researcher", "ai")
    assert found.p_welch == pytest.approx(oracle.pvalue, rel=1e-10)
    assert found.estimate == pytest.approx(stats.gmean(ai) / stats.gmean(researcher), rel=1e-12)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (np.exp(interval.low), np.exp(interval.high)), rel=1e-10
    )
    assert found.n_samples == (4, 4) and found.n_images == (20, 20) and found.n_grains == (1600, 1600)
    assert found.p_holm == found.p_value == found.p_welch
    assert found.cliffs_delta == 1.0
    assert found.unit == "nm" and found.reason == ""


def test_permutation_is_exact_and_only_from_four_a_group() -> None:
    (apart,) = compare_groups(sheet([60, 70, 65, 90], [40, 55, 47, 52]), "design_route")
    assert apart.arrangements == 70 and apart.permutation_exact
    assert apart.p_permutation == pytest.approx(
        2 / 70
    )  # complete separation: the observed split and its mirror
    (few,) = compare_groups(sheet([60, 70, 65], [40, 55, 47]), "design_route")
    assert few.p_permutation is None and few.p_welch is not None
    assert "4 samples" in few.notes[-1]


def test_permutation_against_brute_force() -> None:
    from grainstats.infer.comparison.tests import permutation

    rng = np.random.default_rng(3)
    x = rng.normal(size=9)
    observed = abs(stats.ttest_ind(x[:4], x[4:], equal_var=False).statistic)
    hits = 0
    for inside in combinations(range(9), 4):
        rest = [i for i in range(9) if i not in inside]
        hits += abs(stats.ttest_ind(x[list(inside)], x[rest], equal_var=False).statistic) >= observed - 1e-9
    assert permutation(x[:4], x[4:]).p_permutation == pytest.approx(hits / 126)


def test_large_groups_sample_the_arrangements_reproducibly() -> None:
    from grainstats.infer.comparison.tests import permutation

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=14), rng.normal(0.8, size=14)
    first, again = permutation(x, y, seed=1), permutation(x, y, seed=1)
    assert not first.permutation_exact and first == again
    assert first.p_permutation == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue, abs=0.01)


def test_hedges_g_published() -> None:
    """Borenstein et al. 2009, Introduction to Meta-Analysis, ch. 4: d = .5970, J = .9921, g = .5924."""
    from grainstats.infer.comparison.tests import hedges_g

    rng = np.random.default_rng(1)
    first, second = (stats.zscore(rng.normal(size=50), ddof=1) for _ in range(2))
    assert hedges_g(100 + 4.5 * first, 103 + 5.5 * second) == pytest.approx(0.5924, abs=2e-4)


def test_holm_published() -> None:
    """R: p.adjust(c(.01, .02, .03, .04), "holm") = .04 .06 .06 .06."""
    from grainstats.infer.comparison.tests import holm

    assert holm(np.array([0.01, 0.02, 0.03, 0.04])) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm(np.array([0.04, np.nan, 0.01])) == pytest.approx([0.04, np.nan, 0.02], nan_ok=True)


def test_holm_runs_over_all_descriptors() -> None:
    table = sheet([60, 70, 65, 90], [40, 55, 47, 52])
    table["boundary_density_per_um"] = [3.0, 2.7, 3.1, 2.0, 3.2, 2.8, 3.3, 2.9]
    first, second = compare_groups(table, "design_route")
    assert first.p_value is not None and second.p_value is not None
    assert first.p_holm == pytest.approx(2 * first.p_value)
    assert second.p_holm == pytest.approx(second.p_value)


def test_fisher_exact_matches_published_and_scipy() -> None:
    """Tea tasting (Fisher 1935): 3 of 4, p = 34/70; complete separation of 3 x 4 has 6 such tables."""
    assert fisher_exact(np.array([[3, 1], [1, 3]])) == pytest.approx(34 / 70)
    assert fisher_exact(np.array([[5, 1], [1, 7]])) == pytest.approx(
        stats.fisher_exact([[5, 1], [1, 7]]).pvalue
    )
    table = np.array([[4, 0, 0], [0, 4, 0], [0, 0, 4]])
    assert fisher_exact(table) == pytest.approx(6 * 24**6 / (24**3 * np.prod(np.arange(1, 13), dtype=float)))
    assert fisher_exact(np.array([[3, 0], [4, 0]])) is None


def test_fisher_exact_of_many_groups_draws_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six groups of eight samples with three verdicts have hundreds of millions of tables."""
    table = np.array([[8, 0, 0], [0, 8, 0], [3, 3, 2], [2, 4, 2], [4, 2, 2], [3, 2, 3]])
    p_value = fisher_exact(table)
    assert p_value is not None and p_value < 1e-3
    alike = table[2:5]
    assert fisher_exact(alike) == pytest.approx(brute_force(alike), rel=1e-9)
    monkeypatch.setattr(single_tests, "MAX_ARRANGEMENTS", 0)
    assert fisher_exact(alike) == pytest.approx(brute_force(alike), abs=0.01)


def brute_force(table: np.ndarray) -> float:
    """Every 3 x 3 table with these margins, weighted by its probability."""
    rows, columns = table.sum(1), table.sum(0)
    inner = product(*(range(min(r, c) + 1) for r in rows[:2] for c in columns[:2]))
    weights = []
    for a, b, c, d in inner:
        full = np.array([[a, b, rows[0] - a - b], [c, d, rows[1] - c - d], [0, 0, 0]])
        full[2] = columns - full.sum(0)
        if full.min() >= 0:
            weights.append(-special.gammaln(full + 1).sum())
    seen = np.exp(np.array(weights) + special.gammaln(table + 1).sum())
    return float(seen[seen <= 1 + 1e-7].sum() / seen.sum())


def test_welch_anova_published() -> None:
    """R: oneway.test(len ~ factor(dose), ToothGrowth) -> F = 68.401, num df = 2, denom df = 37.743."""
    from grainstats.infer.comparison.tests import welch_anova

    half = [
        4.2,
        11.5,
        7.3,
        5.8,
        6.4,
        10,
        11.2,
        11.2,
        5.2,
        7,
        15.2,
        21.5,
        17.6,
        9.7,
        14.5,
        10,
        8.2,
        9.4,
        16.5,
        9.7,
    ]
    one = [16.5, 16.5, 15.2, 17.3, 22.5, 17.3, 13.6, 14.5, 18.8, 15.5]
    one += [19.7, 23.3, 23.6, 26.4, 20, 25.2, 25.8, 21.2, 14.5, 27.3]
    two = [23.6, 18.5, 33.9, 25.5, 26.4, 32.5, 26.7, 21.5, 23.3, 29.5]
    two += [25.5, 26.4, 22.4, 24.5, 24.8, 30.9, 26.4, 27.3, 29.4, 23]
    found = welch_anova([np.array(half), np.array(one), np.array(two)])
    assert found.statistic == pytest.approx(68.401, abs=1e-3)
    assert (found.df_between, found.df_within) == (2, pytest.approx(37.743, abs=1e-3))


def test_three_levels_give_pairs_and_no_single_ratio() -> None:
    rng = np.random.default_rng(5)
    table = sheet(list(rng.lognormal(4, 0.1, 8)), list(rng.lognormal(4, 0.1, 4)))
    table["campaign"] = ["A"] * 4 + ["B"] * 4 + ["C"] * 4
    (found,) = compare_groups(table, "campaign", ["intercept_mean_nm"])
    logs = [np.log(table.intercept_mean_nm[table.campaign == c].to_numpy()) for c in "ABC"]
    oracle = stats.tukey_hsd(*logs, equal_var=False)
    assert found.estimate is None and found.hedges_g is None
    assert [(c.level, c.reference) for c in found.contrasts] == [("B", "A"), ("C", "A"), ("C", "B")]
    assert found.contrasts[0].p_value == pytest.approx(oracle.pvalue[1, 0], rel=1e-6)
    assert found.model.startswith("Welch's ANOVA")


def test_one_sample_gives_no_p_but_an_interval_of_these_specimens() -> None:
    table = sheet([60.0], [40.0, 44.0])
    rng = np.random.default_rng(2)
    images = pd.DataFrame({"sample_id": np.repeat(["S0", "S1", "S2"], 5)})
    images["intercept_mean_nm"] = np.repeat([60.0, 40.0, 44.0], 5) * rng.lognormal(0, 0.05, 15)
    (found,) = compare_groups(table, "design_route", images=images)
    assert found.p_value is None and found.p_holm is None and found.p_permutation is None
    assert "single sample" in found.reason
    assert found.interval_from == "images of these specimens only"
    assert found.ci_low is not None and found.ci_high is not None and found.estimate is not None
    assert found.ci_low < found.estimate < found.ci_high
    (without,) = compare_groups(table, "design_route")
    assert without.ci_low is None and "two images" in without.reason


def test_a_single_sample_gives_no_p_with_covariates_either() -> None:
    table = sheet([10.0], [7.0, 8.0, 9.0, 8.5, 7.5])
    table["param:hold_h"] = [1.0, 2.0, 4.0, 3.0, 1.0, 2.0]
    for held in ({"covariates": ["param:hold_h"]}, {"block": "param:hold_h"}):
        (found,) = compare_groups(table, "design_route", ["intercept_mean_nm"], **held)
        assert found.p_value is None and "ai has a single sample" in found.reason


def test_missing_and_zero_values_are_said() -> None:
    table = sheet([60, 70, np.nan, 90], [40, 55, np.inf, 52])
    (found,) = compare_groups(table, "design_route")
    assert found.n_samples == (3, 3)
    assert found.notes[0] == "left out, without a value: S2, S6"
    (zero,) = compare_groups(sheet([60, 70, 0, 90], [40, 55, 43, 52]), "design_route")
    assert zero.scale == "difference" and "zero" in zero.notes[0]
    assert zero.estimate == pytest.approx(55 - 47.5)
    (none,) = compare_groups(sheet([np.nan, np.nan], [40, 55]), "design_route")
    assert none.p_value is None and none.reason == "no p and no effect: no sample of ai has a value"


def test_samples_of_few_grains_and_groups_of_copies_are_pointed_at() -> None:
    table = pd.DataFrame(
        {
            "sample_id": list("abcdef"),
            "route": ["x"] * 3 + ["y"] * 3,
            "intercept_mean_nm": [50.0, 50.0, 50.0, 60.0, 61.0, 62.0],
            "n_grains": [8, 800, 700, 900, 49, 500],
        }
    )
    (found,) = compare_groups(table, "route", ["intercept_mean_nm"])
    assert "fewer than 50 grains stand behind a, e" in found.notes[0]
    assert found.notes[1] == "all samples of x have one value: are they copies of each other?"


def test_samples_that_do_not_vary_give_no_p() -> None:
    (found,) = compare_groups(sheet([60, 60, 60], [40, 40, 40]), "design_route")
    assert found.p_value is None and "do not vary" in found.reason
    assert found.estimate == pytest.approx(1.5)


def test_a_group_without_scatter_takes_none_from_the_other() -> None:
    """Where one sample in ten stands out, three samples agree by chance: Welch's t errs in a quarter then."""
    few = compare_groups(sheet([60, 60, 60], [40, 41, 42, 43]), "design_route")[0]
    assert few.p_value is None and few.ci_low is None
    assert "4 samples in each group allow a permutation test" in few.reason
    (found,) = compare_groups(sheet([60] * 4, [40, 41, 42, 43]), "design_route")
    assert found.p_value == found.p_permutation == pytest.approx(2 / 70) and found.ci_low is None
    held = sheet([60] * 4, [40, 41, 42, 43]).assign(hold_h=np.arange(8.0) ** 2)
    (held,) = compare_groups(held, "design_route", ["intercept_mean_nm"], ["hold_h"])
    assert held.p_value is None and "do not vary" in held.reason


def test_verdicts() -> None:
    table = sheet([1.0] * 5, [2.0] * 5)
    table["verdict"] = ["bimodal"] * 4 + ["indeterminate"] + ["uniform"] * 4 + [None]
    found = compare_verdicts(table, "design_route")
    assert found.counts == ((4, 0, 0), (0, 4, 1))
    assert found.p_value == pytest.approx(2 / 70)
    assert "1 indeterminate sample is" in found.reason and "1 sample has no verdict" in found.reason
    table["verdict"] = "indeterminate"
    assert compare_verdicts(table, "design_route").p_value is None


def test_unusable_columns_are_named() -> None:
    table = sheet([60, 70, 65], [40, 55, 47])
    with pytest.raises(InputError, match="no column 'route'"):
        compare_groups(table, "route")
    table["param:temperature_c"] = np.linspace(600, 900, 6)
    table["campaign"] = "A"
    with pytest.raises(InputError, match="only the value A"):
        compare_groups(table, "campaign")
    seven = pd.concat([table, table.assign(sample_id=list("abcdef"))], ignore_index=True)
    seven["param:temperature_c"] = np.linspace(600, 900, 12)
    with pytest.raises(InputError, match=r"12 distinct values.*--bins"):
        compare_groups(seven, "param:temperature_c")
    (binned,) = compare_groups(seven, "param:temperature_c", ["intercept_mean_nm"], bins=2)
    assert binned.levels == ("≤ 750", "> 750") and binned.n_samples == (6, 6)
    with pytest.raises(InputError, match="several rows for S0"):
        compare_groups(pd.concat([table, table]), "design_route")
    (found,) = compare_groups(
        table.assign(**{"prop:jc_kA/cm2": 1.0 + np.arange(6)}), "design_route", ["prop:jc_kA/cm2"]
    )
    assert found.unit == "kA/cm2"
    with pytest.raises(InputError, match="several columns intercept_mean_nm"):
        compare_groups(pd.concat([table, table[["intercept_mean_nm"]]], axis=1), "design_route")


def test_what_is_no_measurement_is_compared_only_by_name() -> None:
    table = sheet([60, 70, 65], [40, 55, 47])
    others = ["anisotropy_direction_deg", "clustering_p", "n_interior", "astm_g_planimetric", "param:hold_h"]
    table = table.assign(**dict.fromkeys(others, np.linspace(1.0, 2.0, 6)))
    assert [c.descriptor for c in compare_groups(table, "design_route")] == ["intercept_mean_nm"]
    assert compare_groups(table, "design_route", others[:1])[0].p_value is not None


def test_groups_of_long_numbers_stay_apart() -> None:
    table = sheet([10.0, 11.0], [7.0, 8.0])
    table["param:batch_1"] = [20240501.0, 20240501.0, 20240502.0, 20240502.0]
    (found,) = compare_groups(table, "param:batch_1", ["intercept_mean_nm"])
    assert found.levels == ("20240501", "20240502")


def test_scaling_all_lengths_changes_no_ratio() -> None:
    table = sheet([60, 70, 65, 90], [40, 55, 47, 52])
    (nm,) = compare_groups(table, "design_route")
    (other,) = compare_groups(table.assign(intercept_mean_nm=table.intercept_mean_nm * 2), "design_route")
    assert other.estimate == pytest.approx(nm.estimate) and other.p_value == pytest.approx(nm.p_value)


def test_grains_and_images_are_no_replicates() -> None:
    """Ten times the images and grains behind the same summaries change nothing but the design."""
    table = sheet([60, 70, 65, 90], [40, 55, 47, 52])
    (few,) = compare_groups(table, "design_route")
    (many,) = compare_groups(table.assign(n_images=50, n_grains=4000), "design_route")
    assert (many.p_value, many.ci_low, many.hedges_g) == (few.p_value, few.ci_low, few.hedges_g)
    assert many.n_grains == (16000, 16000)


def test_joint_permutation_is_exact_and_charges_little_for_correlated_descriptors() -> None:
    table = sheet([60, 70, 65, 90], [40, 55, 47, 52])
    table["intercept_median_nm"] = table.intercept_mean_nm * 0.9
    table["boundary_density_per_um"] = 2000 / table.intercept_mean_nm
    for found in compare_groups(table, "design_route"):
        assert found.p_joint == pytest.approx(2 / 70)  # three times the same information: no charge at all
    table.loc[0, "intercept_median_nm"] = np.nan
    table.loc[7, "intercept_median_nm"] = np.nan
    table = pd.concat([table, table.assign(sample_id=[f"T{i}" for i in range(8)])], ignore_index=True)
    assert {found.p_joint for found in compare_groups(table, "design_route")} == {None}


def test_a_descriptor_without_permutation_still_counts_in_the_family() -> None:
    """With one value missing it has three samples in a group: Holm charges for it, and so must `p_joint`."""
    table = sheet([60, 70, 65, 90], [40, 55, 47, 52])
    table["astm_g"] = np.append(np.nan, np.random.default_rng(3).normal(8, 1, 7))
    full, lacking = compare_groups(table, "design_route", ["intercept_mean_nm", "astm_g"])
    assert full.p_permutation is not None and lacking.p_permutation is None and lacking.p_value is not None
    assert full.p_holm == pytest.approx(2 * full.p_value) and full.p_joint is None


def test_joint_permutation_of_one_descriptor_is_its_own_permutation() -> None:
    from grainstats.infer.comparison.tests import joint_permutation, permutation

    x = np.random.default_rng(8).normal(size=(3, 9))
    alone = [permutation(row[:4], row[4:]).p_permutation for row in x]
    assert [float(joint_permutation(row[None], 4)[0]) for row in x] == pytest.approx(alone)
    assert (joint_permutation(x, 4) >= np.array(alone) - 1e-12).all()
