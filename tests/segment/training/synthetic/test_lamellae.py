"""Lamellae cut through drawn grains."""

from __future__ import annotations

import numpy as np

from segment.training.synthetic.geometry import Shape, random_section
from segment.training.synthetic.lamellae import lamellar_micrograph, with_lamellae


def test_lamellae_share_an_orientation_and_so_do_the_parts_between_them() -> None:
    rng = np.random.default_rng(3)
    plain = random_section(rng, (300, 300), Shape(mean_intercept=70))
    cut, grain = with_lamellae(plain, rng, 4.0)
    n_plain, n = int(plain.labels.max()), int(cut.labels.max())
    assert n > 1.3 * n_plain
    assert cut.orientation.shape == grain.shape == (n + 1,)
    for one in np.unique(grain[1:]):
        orientations = cut.orientation[1:][grain[1:] == one]
        assert len(np.unique(orientations)) == (1 if len(orientations) == 1 else 2)
        inside = np.isin(cut.labels, np.flatnonzero(grain == one))
        assert (plain.labels[inside] == one).all()


def test_a_lamellar_micrograph_is_the_same_for_the_same_seed_and_has_thin_grains() -> None:
    one, same = (lamellar_micrograph(np.random.default_rng(5), (256, 256)) for _ in range(2))
    assert np.array_equal(one.image, same.image)
    assert one.style == "lamellar" and one.image.dtype == np.uint8
    assert one.boundary.any() and one.grain_map.n_grains > 10
