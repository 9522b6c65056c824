"""Lost and invented boundaries, counted and kept."""

from __future__ import annotations

import numpy as np
import pytest

from segment.error_rates import ErrorCount, ErrorRates, count_errors, fit_rates, read_rates, write_rates


def squares(n: int, side: int = 10) -> np.ndarray:
    return np.kron(np.arange(1, n * n + 1).reshape(n, n), np.ones((side, side), int)).astype(np.int32)


def test_a_perfect_map_has_no_errors():
    truth = squares(6)
    count = count_errors(truth, truth, 0.9)
    assert (count.mergers, count.splits, count.grains, count.borders) == (0, 0, 36, 60)
    assert count.confidence == 0.9


def test_joined_and_divided_cells_are_counted():
    truth = squares(6)
    found = truth.copy()
    found[truth == 2] = 1
    found[truth == 3] = 1  # three grains in one cell: two mergers
    found[50:, 50:55] = 99  # one grain in two cells
    count = count_errors(found, truth, 1.0)
    assert (count.mergers, count.splits) == (2, 1)


def test_shifted_lines_and_small_grains_are_no_errors():
    truth = squares(6)
    found = np.roll(truth, 2, axis=1)
    found[:, :2] = found[:, 2:3]
    truth[0, 0:3] = 77
    count = count_errors(found, truth, 1.0)
    assert (count.mergers, count.splits) == (0, 0)


def test_a_cell_in_a_pore_divides_no_grain():
    truth = squares(6)
    truth[12:18, 8:14] = 0
    found = np.where(truth == 0, 99, squares(6))
    found[11, 8:14] = 99  # its rim lies on two grains
    count = count_errors(found, truth, 1.0)
    assert (count.mergers, count.splits) == (0, 0)


def test_rates_fall_with_confidence_and_weigh_images_by_their_borders():
    counts = [
        ErrorCount(0.7, 1000, 400, 200, 40),
        ErrorCount(0.8, 1000, 400, 50, 20),
        ErrorCount(0.85, 3000, 400, 210, 20),  # more than at .8: the two share one value
        ErrorCount(0.99, 1000, 400, 10, 0),
    ]
    rates = fit_rates(counts, knots=50)
    assert rates.measured
    assert rates.at(0.7) == (0.2, 0.1)
    assert rates.at(0.99) == (0.01, 0.0)
    assert rates.at(0.82)[0] == pytest.approx(260 / 4000)
    assert list(rates.missed) == sorted(rates.missed, reverse=True)


def test_rates_are_kept_with_the_weights_they_belong_to(tmp_path):
    rates = ErrorRates((0.8, 0.9), (0.2, 0.1), (0.05, 0.0), measured=True)
    write_rates(tmp_path, rates, "abc", "a test")
    assert read_rates(tmp_path, "abc") == rates
    assert read_rates(tmp_path, "other weights") == ErrorRates()
    (tmp_path / "errors.json").write_text("{")
    assert read_rates(tmp_path, "abc") == ErrorRates()
    assert read_rates(tmp_path / "nowhere", "abc") == ErrorRates()
