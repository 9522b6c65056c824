"""Lost and invented boundaries, counted and kept."""

from __future__ import annotations

import numpy as np
import pytest
from fit_error_rates import ErrorCount, count_errors, fit_rates

from segment.quality.error_rates import ErrorRates, read_rates, size_class, write_rates


def squares(n: int, side: int = 10) -> np.ndarray:
    return np.kron(np.arange(1, n * n + 1).reshape(n, n), np.ones((side, side), int)).astype(np.int32)


def test_a_perfect_map_has_no_errors():
    truth = squares(6)
    count = count_errors(truth, truth, 0.9)
    assert (count.lost.sum(), count.cuts.sum(), count.grains.sum()) == (0, 0, 36)
    assert count.confidence == 0.9


def test_lost_and_cut_grains_are_counted():
    truth = squares(6)
    found = truth.copy()
    found[truth == 2] = 1
    found[truth == 3] = 1  # three grains in one cell: two are lost
    found[50:, 50:55] = 99  # one grain in two cells
    count = count_errors(found, truth, 1.0)
    assert (count.lost.sum(), count.cuts.sum()) == (2, 1)


def test_errors_are_counted_by_size():
    """A speck of a fifth of a grain's area that goes into its neighbour is the one that is lost."""
    truth = squares(6)
    truth[2:6, 2:7] = 40
    found = np.where(truth == 40, 1, truth)
    count = count_errors(found, truth, 1.0)
    np.testing.assert_array_equal(count.lost, [0, 1, 0, 0])
    assert size_class(np.array([1.0, 20.0, 90.0, 290.0])).tolist() == [0, 1, 2, 3]


def test_shifted_lines_and_small_grains_are_no_errors():
    truth = squares(6)
    found = np.roll(truth, 2, axis=1)
    found[:, :2] = found[:, 2:3]
    truth[0, 0:3] = 77
    count = count_errors(found, truth, 1.0)
    assert (count.lost.sum(), count.cuts.sum()) == (0, 0)


def test_a_cell_in_a_pore_cuts_no_grain():
    truth = squares(6)
    truth[12:18, 8:14] = 0
    found = np.where(truth == 0, 99, squares(6))
    found[11, 8:14] = 99  # its rim lies on two grains
    count = count_errors(found, truth, 1.0)
    assert (count.lost.sum(), count.cuts.sum()) == (0, 0)


def test_rates_fall_with_confidence_and_weigh_images_by_their_grains():
    def image(confidence: float, grains: int, lost: int, cuts: int) -> ErrorCount:
        return ErrorCount(confidence, *(np.array([n, 0, 0, n]) for n in (grains, lost, cuts)))

    counts = [
        image(0.7, 1000, 200, 100),
        image(0.8, 1000, 50, 20),
        image(0.85, 3000, 210, 20),  # more are lost than at .8: the two share one value
        image(0.99, 1000, 10, 0),
    ]
    rates = fit_rates(counts, knots=50)
    assert rates.measured
    np.testing.assert_allclose(rates.at(0.7), [0.2, 0, 0, 0.2])
    np.testing.assert_allclose(rates.at(0.99), [0.01, 0, 0, 0.01])
    assert rates.at(0.82)[0] == pytest.approx(260 / 4000)


def test_rates_are_kept_with_the_weights_they_belong_to(tmp_path):
    rates = ErrorRates((0.8, 0.9), ((0.2, 0.1),) * 4, measured=True)
    write_rates(tmp_path, rates, "abc", "a test")
    assert read_rates(tmp_path, "abc") == rates
    assert read_rates(tmp_path, "other weights") == ErrorRates()
    (tmp_path / "errors.json").write_text("{")
    assert read_rates(tmp_path, "abc") == ErrorRates()
    assert read_rates(tmp_path / "nowhere", "abc") == ErrorRates()
