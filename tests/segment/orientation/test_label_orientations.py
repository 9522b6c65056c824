"""Orientations of labels that come from elsewhere."""

import numpy as np
import pytest

from segment.errors import InputError
from segment.grain_orientations import CrystalPhase
from segment.orientation import OrientationMap, orientations_of_labels
from segment.orientation.quaternions import from_axis_angle


def _two_halves():
    q = np.empty((6, 8, 4))
    q[:, :4] = from_axis_angle([0, 0, 1], 10)
    q[:, 4:] = from_axis_angle([0, 0, 1], 100 + 35)  # a four-fold axis: as good as 45
    phase = np.ones((6, 8), np.int32)
    phase[0, 0] = 0
    q[0, 0] = np.nan
    return OrientationMap(q, phase, (CrystalPhase(1, "Ba122", "4/mmm"),))


def test_mean_orientation_and_phase():
    labels = np.repeat([1, 2], 4)[None].repeat(6, axis=0).astype(np.int32)
    labels[:, -1] = 0
    found = orientations_of_labels(_two_halves(), labels)
    assert found.phase.tolist() == [0, 1, 1]
    np.testing.assert_allclose(
        np.abs(found.quaternions[1]), np.abs(from_axis_angle([0, 0, 1], 10)), atol=1e-9
    )


def test_label_without_an_indexed_point():
    labels = np.ones((6, 8), np.int32)
    labels[0, 0] = 2
    found = orientations_of_labels(_two_halves(), labels)
    assert found.phase.tolist() == [0, 1, 0]
    assert np.isnan(found.quaternions[2]).all()


def test_another_grid_is_refused():
    with pytest.raises(InputError, match="one grid"):
        orientations_of_labels(_two_halves(), np.ones((5, 8), np.int32))
