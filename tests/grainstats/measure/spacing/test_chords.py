"""Statistics of cut intercepts, against a renewal process whose every moment is known."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure.spacing.chords import intercept_count, kaplan_meier


def renewal(window: float, n_lines: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Intercepts of length Gamma(3, 1) (mean 3, CV 0.577) seen through lines of length `window`."""
    length, cuts = [], []
    for _ in range(n_lines):
        ends = np.cumsum(rng.gamma(3.0, 1.0, 200)) - 100.0 - rng.random() * 50
        inside = ends[(ends > 0) & (ends < window)]
        marks = np.concatenate([[0.0], inside, [window]])
        cut = np.zeros(len(marks) - 1, int)
        cut[0] += 1
        cut[-1] += 1
        length.append(np.diff(marks))
        cuts.append(cut)
    return np.concatenate(length), np.concatenate(cuts)


@pytest.mark.parametrize("window", [6.0, 12.0, 40.0])
def test_renewal_process(window: float) -> None:
    length, cuts = renewal(window, int(30_000 / window), np.random.default_rng(3))
    assert length.sum() / intercept_count(cuts).sum() == pytest.approx(3.0, rel=0.03)
    found = kaplan_meier(length, cuts)
    assert found.quantile(0.5) == pytest.approx(2.674, rel=0.03)  # median of Gamma(3)
    if window > 6:  # in a window of twice the mean the longest are never seen whole
        assert found.mean == pytest.approx(3.0, rel=0.03)
        assert found.cv == pytest.approx(1 / np.sqrt(3), rel=0.04)
        assert found.length_weighted_mean == pytest.approx(4.0, rel=0.04)


def test_whole_intercepts_alone_and_all_pieces_are_biased() -> None:
    """Why the estimators are needed."""
    length, cuts = renewal(12.0, 3000, np.random.default_rng(3))
    assert length[cuts == 0].mean() < 2.8
    everything = kaplan_meier(np.concatenate([length, length]), np.concatenate([cuts * 0, cuts * 0]))
    assert abs(everything.mean / 3.0 - 1) > 0.05


def test_by_hand() -> None:
    """Whole 1, whole 2, cut 2.5, whole 4: four, three, (two), one at risk with the whole ones twice."""
    length, cuts = np.array([1.0, 2.0, 2.5, 4.0]), np.array([0, 0, 1, 0])
    found = kaplan_meier(length, cuts)
    # ends at risk: 7 at length 1, 5 at 2, 2 at 4
    np.testing.assert_allclose(found.length, [1, 2, 4])
    np.testing.assert_allclose(found.mass, [2 / 7, 5 / 7 * 2 / 5, 5 / 7 * 3 / 5])


def test_without_cuts_it_is_the_empirical_distribution() -> None:
    length = np.random.default_rng(0).random(50)
    found = kaplan_meier(length, np.zeros(50, int))
    np.testing.assert_allclose(found.mass, 1 / 50)
    assert found.mean == pytest.approx(length.mean())
    assert found.cv == pytest.approx(length.std() / length.mean())


def test_nothing_seen() -> None:
    found = kaplan_meier(np.array([3.0]), np.array([2]))
    assert np.isnan(found.mean)
    assert np.isnan(found.quantile(0.5))
