"""Fits of confidence against known answers: recovered laws, held-out error, monotone tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fit_confidence import (
    alarm_at,
    alarm_beyond,
    calibration_error,
    fit_line,
    fit_odds,
    fit_reliability,
    judge_borders,
)
from not_grains import KINDS, picture_without_grains

from segment.quality.evidence_numbers import Evidence

PLAIN = Evidence(80, 0.2, 0.3, 0.01, 0.05, 0.02, 140, 0.8, 0.86, 0.8, 0.03, 0.1, 0.1, 2.5, 3.0, 0.1)


def test_borders_beside_true_ones_are_true_and_others_are_not() -> None:
    truth = np.ones((60, 60), np.int32)
    truth[:, 30:] = 2
    labels = truth.copy()
    labels[:, 33:] = 3  # 3 px beside the true line: within the tolerance; the strip between is cell 2
    labels[:30, :15] = 4  # a border across nothing, and one 15 px away from the line
    judged = judge_borders(labels, np.full(labels.shape, 0.7, np.float32), truth)
    assert judged.true.tolist() == [True, False, True]  # 1|2, 1|4, 2|3
    np.testing.assert_allclose(judged.share, [1, 0, 1])
    assert judged.length_px.tolist() == [60, 45, 60]


def test_a_table_recovers_how_true_borders_are() -> None:
    rng = np.random.default_rng(5)
    stated = rng.uniform(0.5, 1, 40_000)
    true = rng.random(stated.size) < stated**2
    table = fit_reliability(stated[::2], true[::2])
    assert np.all(np.diff(table.true) >= 0) and np.all(np.diff(table.stated) > 0)
    middle = np.linspace(0.55, 0.95, 9)
    np.testing.assert_allclose(table(middle), middle**2, atol=0.03)
    before, after = (
        calibration_error(stated[1::2], true[1::2]),
        calibration_error(table(stated[1::2]), true[1::2]),
    )
    assert before == pytest.approx(np.mean(stated - stated**2), abs=0.01)
    assert after < 0.02


def test_calibration_error_of_honest_statements_is_small_and_of_liars_is_their_lie() -> None:
    stated = np.repeat([0.25, 0.75], 400)
    honest = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0])
    assert calibration_error(stated, honest) == pytest.approx(0)
    assert calibration_error(stated, np.ones(800, bool)) == pytest.approx(0.5)


def images(n: int, seed: int) -> tuple[list[Evidence], np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((n, 3))
    found = [
        replace(PLAIN, solidity=0.8 + 0.05 * a, widest_angle=140 + 8 * b, size_spread=c) for a, b, c in drawn
    ]
    return found, drawn


def test_a_line_recovers_the_weights_and_ignores_what_says_nothing() -> None:
    found, drawn = images(20_000, 1)  # so many that the ridge holds hardly anything back
    noise = 0.05 * np.random.default_rng(2).standard_normal(len(found))
    value = 0.3 + 0.2 * drawn[:, 0] - 0.1 * drawn[:, 1] + noise
    line = fit_line(("solidity", "widest_angle", "size_spread"), found, value)
    np.testing.assert_allclose(line.weight, (0.2, -0.1, 0), atol=0.015)
    np.testing.assert_allclose(line.products, 0, atol=0.015)
    assert line.offset == pytest.approx(0.3, abs=0.015)
    assert np.mean([line(one) for one in found]) == pytest.approx(value.mean())
    new, drawn = images(50, 3)
    wrong = np.array([line(one) for one in new]) - (0.3 + 0.2 * drawn[:, 0] - 0.1 * drawn[:, 1])
    assert np.abs(wrong).mean() < 0.02


def test_what_means_something_only_together_is_learnt() -> None:
    found, drawn = images(20_000, 8)
    names = ("solidity", "widest_angle", "size_spread")
    line = fit_line(names, found, drawn[:, 0] * drawn[:, 1])
    odds = fit_odds(names, found, drawn[:, 0] * drawn[:, 1] > 0.5)
    new, drawn = images(300, 9)
    product = np.clip(drawn, -3, 3)[:, 0] * np.clip(drawn, -3, 3)[:, 1]
    assert np.corrcoef([line(one) for one in new], product)[0, 1] > 0.99
    flagged = np.array([odds(one) >= odds.alarm for one in new])
    assert flagged[product > 1].mean() > 0.95 and flagged[product < 0].mean() < 0.05


def test_odds_separate_what_can_be_separated_and_balance_the_classes() -> None:
    found, drawn = images(600, 4)
    unlike_grains = drawn[:, 0] + drawn[:, 1] > 1.2
    odds = fit_odds(("solidity", "widest_angle", "size_spread"), found, unlike_grains)
    new, drawn = images(300, 5)
    flagged = np.array([odds(one) >= odds.alarm for one in new])
    truth = drawn[:, 0] + drawn[:, 1] > 1.2
    assert flagged[truth].mean() > 0.95 and flagged[~truth].mean() < 0.15


def test_missing_evidence_does_not_spoil_a_fit() -> None:
    found, drawn = images(100, 6)
    found[::10] = [replace(one, widest_angle=float("nan")) for one in found[::10]]
    line = fit_line(("solidity", "widest_angle"), found, drawn[:, 0])
    assert np.isfinite(line.weight).all()


def test_alarm_lets_the_wanted_share_through() -> None:
    values = np.random.default_rng(7).standard_normal(1000)
    assert (values >= alarm_at(values, 0.05)).mean() == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_without_grains_are_seeded_and_of_their_size(kind: str) -> None:
    one, again, other = (
        picture_without_grains(np.random.default_rng(seed), kind, (160, 200)) for seed in (1, 1, 2)
    )
    assert one.shape == (160, 200) and one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_alarm_is_clear_of_the_last_image_that_passes() -> None:
    values = np.linspace(0.1, 0.3214, 8)
    assert alarm_at(values, 0.05) > values.max() + 0.002


def test_an_alarm_beyond_most_images_does_not_hang_on_one_of_them() -> None:
    values = np.random.default_rng(4).normal(0.1, 0.05, 100)
    alarm = alarm_beyond(values, 0.05)
    assert alarm == pytest.approx(0.1 + 1.645 * 0.05, abs=0.015)
    assert alarm_beyond(np.append(values, 0.3), 0.05) == pytest.approx(alarm, abs=0.02)
