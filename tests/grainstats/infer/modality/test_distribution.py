"""What the networks see of a sample: shares of area by size, and by how many grains they are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from null_mosaics import Population, cut_window
from power_diagram import cells_of

from grainstats.infer.modality.distribution import CUT_CLASSES, WHOLE_CLASSES, distribution_of
from grainstats.infer.modality.image_grains import ImageGrains
from grainstats.infer.modality.modes import one_mode, two_modes, with_intervals


def image(seed: int = 1, coarse: tuple[float, ...] = ()) -> ImageGrains:
    """90 fine grains of a median of 50, a few coarse ones, and 25 cut ones."""
    rng = np.random.default_rng(seed)
    sizes = np.concatenate([50 * np.exp(0.25 * rng.standard_normal(90)), coarse])
    cut = 40 * np.exp(0.3 * rng.standard_normal(25))
    return ImageGrains(sizes, np.ones(len(sizes)), 1.0, (600.0, 600.0), cut)


def test_every_grain_is_counted_once():
    counts = distribution_of([image()]).counts()
    whole, cut = np.split(counts, [len(WHOLE_CLASSES)])
    assert len(cut) == len(CUT_CLASSES)
    assert whole.sum() == pytest.approx(1.0)
    assert cut.sum() == pytest.approx(25 / 90)


def test_counts_do_not_depend_on_the_unit_of_length():
    one = image()
    double = replace(one, diameter_nm=2 * one.diameter_nm, frame_diameter_nm=2 * one.frame_diameter_nm)
    np.testing.assert_allclose(distribution_of([double]).counts(), distribution_of([one]).counts())


def test_without_the_frame_no_cut_grain_is_counted():
    alone = replace(image(), frame_diameter_nm=np.empty(0))
    counts = distribution_of([alone]).counts()
    assert counts[: len(WHOLE_CLASSES)].sum() == pytest.approx(1.0)
    assert not counts[len(WHOLE_CLASSES) :].any()


def test_a_few_coarse_grains_make_a_mode_of_their_own():
    """Two normals of unlike width at one place would fit nearly as well."""
    (modes,) = two_modes([distribution_of([image(2, (190.0, 205.0))])])
    assert modes.diameter_nm[0] == pytest.approx(52.0, rel=0.1)
    assert modes.diameter_nm[1] == pytest.approx(197.0, rel=0.15)
    assert 0.1 < modes.share[1] < 0.35


def test_grains_of_one_size_are_one_population() -> None:
    """A lattice: no spread at all, and no warning of a logarithm of zero."""
    from grainstats.infer import judge_modality
    from grainstats.measure import grain_table
    from segment.grain_map import GrainMap

    cells = np.arange(1, 401, dtype=np.int32).reshape(20, 20)
    lattice = GrainMap(np.kron(cells, np.ones((30, 30), np.int32)), 1.0, "manual")
    grains = ImageGrains.from_columns(grain_table(lattice), lattice.pixel_size_nm, lattice.labels.shape)
    verdict = judge_modality([grains])
    assert verdict.verdict != "bimodal"


def test_the_interval_of_the_mode_holds_the_mode_of_a_large_specimen() -> None:
    """In five fields of 100 grains the product limit alone is 4 % too large."""
    population = Population(0.2)

    def field(seed: int, side: float) -> ImageGrains:
        mosaic = population.mosaic(side, np.random.default_rng(seed))
        return cut_window(cells_of(mosaic), (0.0, 0.0), mosaic.shape[0], min_area=15.0)

    (truth,) = one_mode(distribution_of([field(900 + k, 55.0) for k in range(3)])).diameter_nm
    held = []
    for first in range(0, 50, 5):
        images = [field(first + k, 11.5) for k in range(5)]
        modes = with_intervals(one_mode(distribution_of(images)), images, np.random.default_rng(first))
        ((low, high),) = modes.ci_nm
        held.append(low < truth < high)
    assert np.mean(held) >= 0.8


def test_intervals_do_not_depend_on_how_grains_are_sorted_first(monkeypatch):
    rng = np.random.default_rng(4)
    images = [
        ImageGrains(
            diameter_nm=np.sqrt(rng.integers(50, 90, 40).astype(float)),
            weight=rng.uniform(1, 2, 40),
            pixel_size_nm=1.0,
            window_nm=(100.0, 100.0),
            frame_diameter_nm=np.sqrt(rng.integers(50, 90, n_cut).astype(float)),
        )
        for n_cut in (0, 0, 9, 0, 0, 5)
    ]
    modes = one_mode(distribution_of(images))
    found = with_intervals(modes, images, np.random.default_rng(0))
    monkeypatch.setattr("grainstats.infer.modality.modes._rising", lambda image: image)
    assert with_intervals(modes, images, np.random.default_rng(0)) == found
