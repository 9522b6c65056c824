"""One population, two, and too few grains to say."""

from __future__ import annotations

import numpy as np
import pytest
from laguerre_volume import VolumeMosaic, laguerre_volume

from grainstats.infer.modality.verdict import modality_json
from grainstats.infer.volume_modality import judge_volume
from grainstats.infer.volume_modality.judge import decide_volumes
from grainstats.infer.volume_modality.sizes import VolumeSizes, load_null, modes_of
from grainstats.measure.volume import VolumeMeasurement, measure_volume
from segment.volume.stack import LabelVolume, VoxelSize


def measured(mosaic: VolumeMosaic) -> VolumeMeasurement:
    labels = mosaic.labels(tuple(int(n) for n in mosaic.box))
    return measure_volume(LabelVolume(labels, VoxelSize(5, 5, 5), np.arange(int(labels.max()) + 1)))


def test_one_population_is_uniform() -> None:
    mosaic = laguerre_volume((120, 120, 120), 9, 0.2, np.random.default_rng(0), centres="packed")
    verdict = judge_volume(measured(mosaic))
    assert verdict.verdict == "uniform"
    assert len(verdict.modes_nm) == 1
    assert verdict.modes_ci_nm[0][0] < verdict.modes_nm[0] < verdict.modes_ci_nm[0][1]
    document = modality_json(verdict)
    assert document["excluded_ratio"] == 2.5
    assert document["p_values"]["pair"] < 0.05 <= document["p_values"]["shape"]


def test_two_populations_are_bimodal() -> None:
    mosaic = laguerre_volume(
        (150, 150, 150), 9, 0.15, np.random.default_rng(1), size_ratio=3, coarse_volume=0.5, centres="packed"
    )
    verdict = judge_volume(measured(mosaic))
    assert verdict.verdict == "bimodal"
    assert verdict.mode_ratio == pytest.approx(3, rel=0.2)
    assert verdict.mode_fractions[1] == pytest.approx(0.5, abs=0.15)


def test_few_grains_are_indeterminate() -> None:
    verdict = judge_volume(measured(laguerre_volume((40, 40, 40), 12, 0.2, np.random.default_rng(2))))
    assert verdict.verdict == "indeterminate"
    assert "wholly inside the volume" in verdict.reason
    assert verdict.p_value is None
    assert verdict.more_grains is not None and verdict.more_grains > 0


def test_no_whole_grain() -> None:
    halves = np.ones((10, 10, 10), np.int32)
    halves[5:] = 2
    verdict = judge_volume(measure_volume(LabelVolume(halves, VoxelSize(1, 1, 1), np.arange(3))))
    assert verdict.verdict == "indeterminate"
    assert not modality_json(verdict)["modes_nm"]


def test_modes_share_the_volume() -> None:
    sizes = VolumeSizes(np.array([1.0] * 27 + [3.0]), np.ones(28), np.empty(0))
    modes = modes_of(sizes, 2.0)
    assert modes.diameter_nm == pytest.approx((1, 3))
    assert modes.share == pytest.approx((0.5, 0.5))


def lognormal(sd: float, n: int, *more: float, cut: float | None = None) -> VolumeSizes:
    """Grains of one population, and `more` of other sizes."""
    sizes = np.append(np.exp(np.random.default_rng(3).normal(0, sd, n)), more)
    return VolumeSizes(sizes, np.ones(len(sizes)), np.array([] if cut is None else [cut]))


def test_sizes_close_together_are_uniform_but_for_a_giant() -> None:
    samples = [
        lognormal(0.1, 500),
        lognormal(0.1, 500, 7.0),
        lognormal(0.1, 500, cut=4.0),
        lognormal(0.1, 150),
    ]
    found = decide_volumes(samples)
    assert [d.verdict for d in found] == ["uniform", "indeterminate", "indeterminate", "indeterminate"]
    assert found[-1].more_grains == 50


def test_pairs_are_not_uniform() -> None:
    """A tenth of the volume, 2.5 times as large."""
    n = 900
    coarse = round(n * 0.11 / 2.5**3)
    (found,) = decide_volumes([lognormal(0.15, n, *([2.5] * coarse))])
    assert found.verdict != "uniform"


def test_one_broad_population_is_not_two() -> None:
    """Broader than any made structure: the score is that of pairs, but one normal describes it as well."""
    (found,) = decide_volumes([lognormal(0.8, 900)])
    assert found.verdict == "indeterminate"
    assert "no two modes" in found.reason


def test_p_values_fall_with_the_evidence() -> None:
    table = load_null()
    p = [table.p_value(s, 300) for s in np.linspace(-300, 300, 50)]
    assert (np.diff(p) <= 0).all()
    assert p[-1] == pytest.approx(table.levels[-1])
    against_pairs = [table.pair_p_value(s, 300) for s in np.linspace(-300, 300, 50)]
    assert (np.diff(against_pairs) >= 0).all()
    assert against_pairs[0] == pytest.approx(table.levels[-1])
    assert (np.diff(table.power) >= 0).all()


def test_a_large_volume_counts_as_the_largest_that_is_known() -> None:
    table, once = load_null(), lognormal(0.2, 1300)
    ten = VolumeSizes(np.tile(once.diameter, 10), np.tile(once.weight, 10), np.empty(0))
    assert table.likeness([ten])[0] == pytest.approx(table.likeness([once])[0])
