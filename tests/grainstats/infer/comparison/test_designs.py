"""Designs that a referee looks for: groups of one and of two, labels in two spellings, bins, pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from grainstats.infer.comparison.groups import compare_groups, compare_verdicts
from segment.errors import InputError

NAME = "intercept_mean_nm"


def table(**groups: list[float]) -> pd.DataFrame:
    rows = [(f"{level}{k}", level, v) for level, values in groups.items() for k, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["sample_id", "route", NAME])


A, B = [60.0, 70.0, 65.0, 90.0], [40.0, 55.0, 47.0, 52.0]


def test_a_group_of_one_takes_no_answer_from_the_others() -> None:
    (found,) = compare_groups(table(a=A, b=B, c=[50.0]), "route")
    oracle = stats.ttest_ind(np.log(A), np.log(B), equal_var=False)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6)
    assert [(c.level, c.reference) for c in found.contrasts] == [("b", "a")]
    assert found.n_samples == (4, 4, 1) and found.centres[2] == pytest.approx(50.0)
    assert "left out of the test, with a single sample or none: c" in found.notes
    assert found.estimate is None


def test_a_group_without_values_takes_no_answer_from_the_others() -> None:
    (found,) = compare_groups(table(a=A, b=B, c=[np.nan, np.nan]), "route")
    assert found.p_value is not None and found.n_samples == (4, 4, 0)


def test_the_reference_may_be_the_group_of_one() -> None:
    rows = table(a=A, b=B, c=[50.0]).assign(hold_h=np.arange(9.0))
    (found,) = compare_groups(rows, "route", [NAME], ["hold_h"], reference="c")
    assert [(c.level, c.reference) for c in found.contrasts] == [("b", "a")]


@pytest.mark.parametrize(
    ("sizes", "said"), [((2, 6), True), ((2, 2), False), ((3, 6), False), ((2,) * 4, False), ((2,) * 5, True)]
)
def test_two_samples_beside_more_are_pointed_at(sizes: tuple[int, ...], said: bool) -> None:
    rng = np.random.default_rng(1)
    groups = {f"g{k}": list(rng.lognormal(4, 0.1, n)) for k, n in enumerate(sizes)}
    rows = table(**groups)
    (found,) = compare_groups(rows, "route")
    assert any("too sure" in note for note in found.notes) is said
    held = rng.normal(size=len(rows))  # the standard errors after Kenward and Roger know it
    (adjusted,) = compare_groups(rows.assign(hold_h=held), "route", [NAME], ["hold_h"])
    assert not any("too sure" in note for note in adjusted.notes)


def test_welch_with_two_samples_errs_as_often_as_the_note_says() -> None:
    from grainstats.infer.comparison.tests import welch

    rng = np.random.default_rng(0)
    beside_many = welch(rng.normal(size=(20_000, 2)), rng.normal(size=(20_000, 20)))
    assert 0.09 < (beside_many.p_value < 0.05).mean() < 0.13
    alike = welch(rng.normal(size=(20_000, 2)), rng.normal(size=(20_000, 2)))
    assert (alike.p_value < 0.05).mean() < 0.05


def test_labels_are_read_as_in_sheets_and_those_that_look_alike_are_refused() -> None:
    rows = table(ai=A, b=B)
    rows["route"] = ["e\u0301", "\u00e9 ", "\u00a0\u00e9", "\u00e9", "b", "b", "b", " "]
    (found,) = compare_groups(rows, "route", reference="e\u0301 ")
    assert found.levels == ("\u00e9", "b") and found.n_samples == (4, 3)
    assert "left out, in no group: b3" in found.notes
    for other, how in (("B", "in case"), ("b\u200b", "in char"), ("\uff42", "in char"), ("b  ", "")):
        rows.loc[7, "route"] = other
        if not how:
            assert compare_groups(rows, "route")[0].n_samples == (4, 4)
            continue
        with pytest.raises(InputError, match=f"look alike, they differ {how}.*Write them alike"):
            compare_groups(rows, "route")


def test_verdicts_may_be_written_with_capitals() -> None:
    rows = table(a=A, b=B).assign(verdict=["Bimodal"] * 4 + ["uniform "] * 4)
    assert compare_verdicts(rows, "route").counts == ((0, 4, 0), (4, 0, 0))


def test_bins_keep_their_names_apart_and_are_as_many_as_asked() -> None:
    rows = table(a=[*A, *B]).assign(hold_s=123456.0 + np.arange(8) / 10)
    (found,) = compare_groups(rows, "hold_s", [NAME], bins=4)
    assert len(found.levels) == 4 and found.n_samples == (2, 2, 2, 2)
    rows["hold_s"] = [1, 1, 1, 1, 1, 1, 2, 3]
    with pytest.raises(InputError, match="too many of its values are equal"):
        compare_groups(rows, "hold_s", [NAME], bins=4)


def test_an_infinite_covariate_is_a_missing_one() -> None:
    rows = table(a=A, b=B).assign(hold_h=[1, 2, 3, np.inf, 1, 2, 3, 4])
    (found,) = compare_groups(rows, "route", [NAME], ["hold_h"])
    assert found.n_samples == (3, 4) and "left out, without a covariate: a3" in found.notes


def test_numbers_as_text_and_dates_are_held_constant_as_numbers() -> None:
    rows = table(a=A, b=B)
    (oracle,) = compare_groups(rows.assign(hold=[0, 4, 31, 59, 2, 19, 37, 61]), "route", [NAME], ["hold"])
    for held in (
        ["0", "4 ", "31", "59", "2", "19", "37", "61"],
        [f"2026-{day}" for day in "01-01 01-05 02-01 03-01 01-03 01-20 02-07 03-03".split()],
    ):
        (found,) = compare_groups(rows.assign(hold=held), "route", [NAME], ["hold"])
        assert found.p_value is not None and found.p_value == pytest.approx(oracle.p_value)
    (words,) = compare_groups(rows.assign(hold=["0", "n/a", *"123456"]), "route", [NAME], ["hold"])
    assert "hold (read as words, 8 of them)" in words.reason
    (flat,) = compare_groups(rows.assign(hold=2.0), "route", [NAME], ["hold"])
    assert flat.reason == "no p: hold is the same in all samples"


def test_blocks_lose_blanks_and_one_without_a_name_is_none() -> None:
    rows = table(a=A, b=B).assign(lot=["x", "y ", "x", "y", "x", "y", "x", " "])
    (found,) = compare_groups(rows, "route", [NAME], block="lot")
    assert found.n_samples == (4, 3)
    with pytest.raises(InputError, match="column 'lot': 'x' and 'X' look alike"):
        compare_groups(rows.assign(lot=list("xyxyxyXy")), "route", [NAME], block="lot")


def test_one_sample_under_two_names_is_pointed_at() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(rng.lognormal(4, 0.1, (8, 3)), columns=["x_nm", "y_nm", "z_nm"])
    rows.insert(0, "route", list("aaaabbbb"))
    rows.insert(0, "sample_id", ["S1", "s1", *"cdefgh"])
    assert any("samples S1 and s1 look alike" in n for n in compare_groups(rows, "route")[0].notes)
    assert not any("throughout" in note for note in compare_groups(rows, "route")[0].notes)
    rows.loc[7, ["x_nm", "y_nm", "z_nm"]] = rows.loc[2, ["x_nm", "y_nm", "z_nm"]]
    assert (
        "samples c and h have the same numbers throughout: are they one?"
        in compare_groups(rows, "route")[1].notes
    )
    rows["sample_id"] = ["a", "a ", *"cdefgh"]
    with pytest.raises(InputError, match="several rows for a"):
        compare_groups(rows, "route")
    rows["sample_id"] = [None, *"bcdefgh"]
    with pytest.raises(InputError, match="without a sample_id"):
        compare_groups(rows, "route")


def test_what_makes_the_groups_or_is_held_constant_is_not_tested() -> None:
    rows = table(a=A, b=B).assign(hold_nm=[1.5, 2, 3, 4, 1, 2, 3, 4])
    for by, held in ((NAME, []), ("route", [NAME])):
        (found,) = compare_groups(rows, by, [NAME], held, bins=2 if by == NAME else None)
        assert found.p_value is None and "held constant itself" in found.reason


def test_pairs_as_blocks_are_the_paired_t_test() -> None:
    rng = np.random.default_rng(5)
    batch = np.repeat(rng.normal(0, 0.5, 6), 2)
    log = 4 + batch + np.tile([0.0, 0.2], 6) + rng.normal(0, 0.1, 12)
    rows = pd.DataFrame(
        {"sample_id": [f"s{k}" for k in range(12)], "route": ["a", "b"] * 6, NAME: np.exp(log)}
    )
    (found,) = compare_groups(rows.assign(batch=np.repeat(list("uvwxyz"), 2)), "route", [NAME], block="batch")
    assert found.p_value == pytest.approx(stats.ttest_rel(log[1::2], log[::2]).pvalue, rel=1e-4)
