"""Expected errors of chord statistics against log-normal samples."""

from __future__ import annotations

import numpy as np
import pytest

from grainstats.measure.descriptors.describe_spacing import chord_cv_error, length_weighted_mean_error


@pytest.mark.parametrize("sigma", [0.1, 0.3])
def test_the_scatter_of_log_normal_samples(sigma: float) -> None:
    d = np.exp(sigma * np.random.default_rng(1).standard_normal((4000, 500)))
    s1, s2, s3 = (np.sum(d**k, axis=1) for k in (1, 2, 3))
    assert np.log(s3 / s2).std() == pytest.approx(length_weighted_mean_error(sigma**2, 500), rel=0.06)
    cv = np.sqrt(s3 * s1 / s2**2 - 1)
    assert np.log(cv).std() == pytest.approx(chord_cv_error(float(cv.mean()), sigma**2, 500), rel=0.06)


def test_nothing_is_expected_of_nothing() -> None:
    assert np.isnan(length_weighted_mean_error(0.1, 0))
    assert np.isnan(chord_cv_error(0.0, 0.1, 100))
    assert length_weighted_mean_error(0.0, 100) == 0
