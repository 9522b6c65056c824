"""`current` as a whole: laws, draws, confidence, missing boundaries, refusals."""

import json

import numpy as np
import pytest

from grainstats.infer.current import Law, current, law_of, read_law
from grainstats.infer.current.cut_graph import CutSolver, cut_graph
from grainstats.infer.current.draws import random_orientations
from grainstats.infer.current.estimate import without_some
from grainstats.measure import boundary_network
from segment.errors import InputError
from segment.grain_map import GrainMap, Reliability
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.mosaics.laguerre import poisson_voronoi_plane
from segment.orientation.misorientation import disorientation
from segment.volume.stack import LabelVolume, VoxelSize

EQUAL = {"j0": 1.0}
ANGLES = {"theta_c_deg": 9, "theta_0_deg": 9, "plateau": 0.05, "misorientation": {"laue": "4/mmm"}}


def squares(n, edge=12):
    return np.kron(np.arange(1, n * n + 1, dtype=np.int32).reshape(n, n), np.ones((edge, edge), np.int32))


def voronoi(n, edge=14, seed=0):
    rng = np.random.default_rng(seed)
    return poisson_voronoi_plane((n * edge, n * edge), 1 / edge**2, rng)


def _x(found):
    return found.directions["x"].j_over_j0


def misorientations(q, pairs, laue):
    return disorientation(q[pairs[:, 0]], q[pairs[:, 1]], CrystalPhase(1, "drawn", laue))


@pytest.mark.parametrize(("laue", "rotations"), [("4/mmm", 8), ("m-3m", 24), ("6/mmm", 12), ("-1", 1)])
def test_random_misorientations(laue, rotations):
    """P(< w) = N (w - sin w) / pi up to 45 degrees."""
    q = random_orientations(200_000, "random", 0.0, np.random.default_rng(0))
    angle = misorientations(q, np.arange(200_000).reshape(-1, 2), laue)
    for limit in (15, 28):
        w = np.radians(limit)
        expected = rotations * (w - np.sin(w)) / np.pi
        assert (angle < limit).mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 1e5))


def test_cubic_mean_misorientation():
    q = random_orientations(200_000, "random", 0.0, np.random.default_rng(1))
    mean = misorientations(q, np.arange(200_000).reshape(-1, 2), "m-3m").mean()
    assert mean == pytest.approx(40.73, abs=0.15)


def test_textures():
    rng = np.random.default_rng(2)
    pairs = np.arange(4000).reshape(-1, 2)
    fibre = misorientations(random_orientations(4000, "fibre", 0.0, rng), pairs, "4/mmm")
    assert fibre.max() <= 45 + 1e-6  # a four-fold axis in common
    assert fibre.mean() == pytest.approx(22.5, abs=1)
    biaxial = misorientations(random_orientations(4000, "biaxial", 2.0, rng), pairs, "4/mmm")
    assert np.sqrt((biaxial**2).mean()) == pytest.approx(2 * np.sqrt(2 * 3), rel=0.05)


def test_law_file(tmp_path):
    path = tmp_path / "law.toml"
    path.write_text(
        'j0 = 2e5\ntheta_c_deg = 9\ntheta_0_deg = 4.5\nplateau = 0.01\nj_grain = "pinning"\nk = 3\n'
        '[misorientation]\nsource = "random"\nlaue = "4/mmm"\ntexture = "fibre"\nspread_deg = 3\n'
        "[multipliers]\nfine_fine = 0.5\n",
        encoding="utf-8",
    )
    law = read_law(path)
    assert (law.j0, law.k, law.laue, law.texture, law.fine_fine) == (2e5, 3, "4/mmm", "fibre", 0.5)
    assert law.share_at(5) == 1
    assert law.share_at(13.5) == pytest.approx(np.exp(-1))
    assert law.share_at(90) == 0.01


def test_preset_says_what_is_assumed():
    law = law_of({"preset": "ba122-co", "theta_c_deg": 8})
    assert (law.theta_c_deg, law.theta_0_deg) == (8, 9)
    assert "theta_c_deg" not in law.sources
    assert "Katase" in law.sources["theta_0_deg"]
    assert law.sources["plateau"].startswith("assumed")


@pytest.mark.parametrize(
    "bad",
    [
        {"j0": 0},
        {"j0": "much"},
        {"j0": 10**400},
        {"theta_c_deg": 10**5000, "theta_0_deg": 9},
        {"theta_0_deg": 9, "plateau": 10**400},
        {"j0": True},
        {"critical": 1},
        {"theta_c_deg": 9},
        {"theta_c_deg": -9, "theta_0_deg": 9},
        {"theta_0_deg": 0},
        {"plateau": 0.1},
        {"theta_c_deg": 9, "plateau": 1.5},
        {"scatter_sigma": -1},
        {"scatter_sigma": 50},
        {"blocked_share": 1.1},
        {"j_grain": "pinning"},
        {"j_grain": 1.0, "k": 2.0},
        {"j_grain": "strong"},
        {"misorientation": {"laue": "5/m"}},
        {"misorientation": {"kind": "random"}},
        {"misorientation": {"texture": "wood"}},
        {"theta_0_deg": 9, "misorientation": {"laue": "m-3m", "spread_deg": 3}},
        {"misorientation": {"laue": "m-3m"}},
        {"misorientation": {"texture": "fibre"}},
        {"multipliers": {"threshold_nm": 400}},
        {"theta_c_deg": 9, "theta_0_deg": 9, "misorientation": {"source": "random"}},
        {"multipliers": {"fine_fine": -1}},
        {"preset": "lead"},
        {"preset": ["ba122-co"]},
    ],
)
def test_bad_laws_are_refused(bad):
    with pytest.raises(InputError):
        law_of(bad, "law.toml")


def test_not_toml(tmp_path):
    path = tmp_path / "law.toml"
    path.write_text("j0 : 1", encoding="utf-8")
    with pytest.raises(InputError, match=r"law\.toml"):
        current(squares(4), path)


def test_maps_one_after_the_other():
    maps = [voronoi(6, seed=seed).grain_map(50.0) for seed in (1, 2)]
    assert current(iter(maps), EQUAL).as_dict() == current(maps, EQUAL).as_dict()


def test_document():
    found = current(voronoi(8).grain_map(50.0), {**ANGLES, "j0": 2e5}, draws=5).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert set(found["directions"]) == {"x", "y"}
    for direction in found["directions"].values():
        assert direction["ci"][0] <= direction["j_over_j0"] <= direction["ci"][1]
        assert direction["draws"] == 5
        assert direction["j_A_per_m"] == pytest.approx(2e5 * direction["j_over_j0"])
    assert found["corrected_for_missing"] is False
    assert set(found["grains_across"]) == {"x", "y"}
    assert any("grains lie across" in warning for warning in found["warnings"])
    assert "columnar" in found["meaning"]


def test_uncalibrated_map_gives_the_ratio_only():
    found = current(voronoi(8).grain_map(), {"j0": 2e5}).as_dict()
    assert "j_A_per_m" not in found["directions"]["x"]


def test_one_draw_where_nothing_is_left_to_chance():
    """One draw has no interval, least of all one without width."""
    estimate = current(voronoi(6).grain_map(), EQUAL, draws=100)
    assert estimate.directions["x"].values.size == 1
    assert estimate.as_dict()["directions"]["x"]["ci"] is None
    assert {d.ci_low for d in estimate.descriptors()} == {None}


def test_draws_repeat_with_the_seed_and_differ_without():
    grain_map = voronoi(6).grain_map()
    a, b, c = (current(grain_map, {"scatter_sigma": 1.0}, draws=8, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.directions["x"].values, b.directions["x"].values)
    assert not np.array_equal(a.directions["x"].values, c.directions["x"].values)


def test_grains_across_counts_grains():
    assert current(squares(20), EQUAL).grains_across == {"x": 20.0, "y": 20.0}
    labels = squares(20)[:, : 12 * 10]
    assert current(labels, EQUAL).grains_across == {"x": 10.0, "y": 20.0}


def test_measured_misorientations():
    """Columns of like orientation: across them the current meets 30 degrees, along them nothing."""
    labels = squares(10)
    column = (labels[5, 5::12] - 1) % 10
    angle = np.where(np.arange(100) % 2 == 1, 30.0, 0.0)
    assert column.size == 10
    half = np.radians(np.concatenate([[0.0], angle])) / 2
    q = np.column_stack([np.cos(half), np.zeros(101), np.zeros(101), np.sin(half)])
    q[0] = np.nan
    phase = np.concatenate([[0], np.ones(100, np.int32)]).astype(np.int32)
    orientations = GrainOrientations(q, phase, (CrystalPhase(1, "Ba122", "4/mmm"),), 5.0)
    grain_map = GrainMap(labels.astype(np.int32), orientations=orientations)
    law = {"theta_c_deg": 9, "theta_0_deg": 9, "misorientation": {"source": "map"}}
    found = current(grain_map, law)
    assert _x(found) == pytest.approx(np.exp(-21 / 9), rel=1e-3)
    assert found.directions["y"].j_over_j0 == pytest.approx(1.0, rel=1e-3)
    assert found.anisotropy == pytest.approx(np.exp(-21 / 9), rel=1e-3)


@pytest.mark.parametrize("source", [{}, {"source": "map"}, {"source": "map", "laue": "4/mmm"}])
def test_misorientations_that_are_nowhere(source):
    with pytest.raises(InputError, match="misorientation"):
        current(squares(4), {"theta_c_deg": 9, "theta_0_deg": 9, "misorientation": source})


def test_blocked_share():
    assert _x(current(voronoi(8).grain_map(), {"blocked_share": 1.0})) == 0
    half = _x(current(voronoi(12).grain_map(), {"blocked_share": 0.5}, draws=20))
    assert 0 < half < 0.5


def test_multipliers_follow_the_size_of_the_grains():
    labels = squares(12)
    labels[:, 72:] = labels.max() + squares(3, 24)[:72].repeat(2, axis=0)[:144, :72]
    found = current(labels, {"multipliers": {"fine_fine": 0.25}})
    assert _x(found) == pytest.approx(0.25, rel=0.01)
    coarse = current(labels, {"multipliers": {"coarse_coarse": 0.5, "fine_coarse": 0.75}})
    assert _x(coarse) == pytest.approx(0.5, rel=0.02)


def test_thin_voids_along_a_boundary_reduce_it():
    labels = squares(6, 20)
    labels[10:110, 59:61] = 0
    assert _x(current(labels, EQUAL)) == pytest.approx(19 / 119, abs=0.02)


def test_void_from_side_to_side_carries_nothing():
    labels = squares(6, 20)
    labels[:, 58:61] = 0
    found = current(labels, EQUAL)
    assert _x(found) == 0
    assert found.anisotropy == 0


def test_hidden_regions_are_not_passed():
    labels = squares(6, 20)
    valid = np.ones(labels.shape, bool)
    valid[30:90, 55:65] = False
    hidden = GrainMap(np.where(valid, labels, 0).astype(np.int32), valid=valid)
    found = current(hidden, EQUAL)
    assert _x(found) == pytest.approx(1.0, rel=0.01)
    assert any("hidden" in warning for warning in found.warnings)
    void = current(np.where(valid, labels, 0), EQUAL)
    assert _x(void) == pytest.approx(0.5, abs=0.05)


def test_info_bar_is_not_part_of_the_frame():
    labels = squares(6, 20)
    valid = np.ones(labels.shape, bool)
    valid[100:] = False
    bar = GrainMap(np.where(valid, labels, 0).astype(np.int32), valid=valid)
    for seen in (bar, np.where(valid, labels, 0)):
        found = current(seen, EQUAL)
        assert _x(found) == pytest.approx(1.0, rel=0.01)
        assert found.directions["y"].j_over_j0 == pytest.approx(1.0, rel=0.01)
        assert not any("hidden" in warning for warning in found.warnings)


def test_no_path_is_refused():
    labels = np.repeat(np.arange(1, 11), 12)[None].repeat(120, axis=0)
    with pytest.raises(InputError, match="no path of boundaries leads from the left"):
        current(labels, EQUAL)
    with pytest.raises(InputError, match="no path"):
        current(np.ones((50, 50), int), EQUAL)
    assert _x(current(np.ones((50, 50), int), {"j_grain": 0.7})) == pytest.approx(0.7)


@pytest.mark.parametrize(
    "labels", [np.zeros((0, 4), int), np.ones((4, 4)), -np.ones((4, 4), int), np.ones(4, int)]
)
def test_no_labels(labels):
    with pytest.raises(InputError, match="labels"):
        current(labels, EQUAL)


def test_doubtful_boundaries_raise_the_current():
    grain_map = voronoi(10).grain_map()
    sure = Reliability((0.0, 1.0), (1.0, 1.0))
    doubtful = Reliability((0.0, 1.0), (0.8, 0.8))
    probability = np.full(grain_map.labels.shape, 0.9, np.float32)
    values = [
        _x(current(GrainMap(grain_map.labels, probability=probability, reliability=r), EQUAL, draws=20))
        for r in (sure, doubtful)
    ]
    assert values[1] > values[0] * 1.03


def test_correction_for_missed_boundaries():
    """Boundaries are taken away, and the corrected current is that of the whole map again."""
    whole = current(voronoi(24).grain_map(), EQUAL)
    grain_map = voronoi(24).grain_map()
    rng = np.random.default_rng(0)
    graph = cut_graph(boundary_network(grain_map, unit="px"), grain_map.labels)
    solver, missed = CutSolver(graph), 0.1
    read = np.mean(
        [
            solver.limiting_path(
                graph.length * without_some(np.ones(len(graph.length)), missed, rng), "x"
            ).current
            for _ in range(30)
        ]
    )
    more = current(grain_map, EQUAL, missed_share=missed, draws=30)
    assert more.as_dict()["corrected_for_missing"] is True
    factor = _x(more) / _x(whole)
    assert 0.93 < factor < 0.99
    assert read * factor == pytest.approx(_x(whole), rel=0.015)


@pytest.mark.parametrize("share", [-0.1, 0.5])
def test_missed_share_is_checked(share):
    with pytest.raises(InputError, match="missed share"):
        current(squares(4), EQUAL, missed_share=share)


def test_several_maps_are_one_sample():
    small, large = voronoi(6, seed=1).grain_map(), voronoi(12, seed=2).grain_map()
    both = current([small, large], EQUAL)
    expected = (
        _x(current(small, EQUAL)) * small.labels.shape[0] + _x(current(large, EQUAL)) * large.labels.shape[0]
    )
    assert _x(both) == pytest.approx(expected / (small.labels.shape[0] + large.labels.shape[0]), rel=0.002)
    assert len(both.maps) == 2


def test_share_of_draws():
    found = current(voronoi(8).grain_map(), {"scatter_sigma": 0.5}, draws=10)
    share = found.maps[0].share_of_draws["x"]
    assert share.size == len(found.maps[0].network.segments)
    assert 0 < share.max() <= 1
    used = found.maps[0].graph.segment[found.maps[0].path["x"]]
    assert (share[used] > 0).all()


def test_descriptors():
    rows = {d.name: d for d in current(voronoi(8).grain_map(), Law()).descriptors()}
    assert rows["current_x_over_j0"].unit == "1"
    assert rows["current_anisotropy"].value == pytest.approx(
        rows["current_x_over_j0"].value / rows["current_y_over_j0"].value
    )


def test_cubes():
    labels = np.kron(np.arange(1, 217).reshape(6, 6, 6), np.ones((8, 8, 8), int))
    found = current(labels, EQUAL)
    assert [found.directions[name].j_over_j0 for name in "xyz"] == pytest.approx([1, 1, 1])


def test_flat_voxels():
    """Cubes of 12 voxels in the plane and 4 planes of three times the thickness."""
    labels = np.kron(np.arange(1, 126).reshape(5, 5, 5), np.ones((4, 12, 12), int))
    volume = LabelVolume(labels.astype(np.int32), VoxelSize(10, 10, 30), np.arange(126))
    found = current(volume, EQUAL)
    assert found.as_dict()["meaning"].startswith("of the volume")
    assert [found.directions[name].j_over_j0 for name in "xyz"] == pytest.approx([1, 1, 1])


def test_multipliers_in_a_volume():
    """Fine cubes in one half along x, coarse ones in the other: a current along x meets the fine ones."""
    fine = np.kron(np.arange(1, 513).reshape(8, 8, 8), np.ones((4, 4, 4), int))
    coarse = 600 + np.kron(np.arange(1, 65).reshape(4, 4, 4), np.ones((8, 8, 8), int))
    found = current(np.concatenate([fine, coarse], axis=2), {"multipliers": {"fine_fine": 0.25}})
    assert found.directions["x"].j_over_j0 == pytest.approx(0.25, rel=0.01)


def test_volume_with_voids_and_scatter():
    labels = np.kron(np.arange(1, 126).reshape(5, 5, 5), np.ones((6, 6, 6), int))
    labels[:, :, 12:18] = 0
    assert current(labels, EQUAL).directions["x"].j_over_j0 == 0
    assert current(labels, {"scatter_sigma": 0.5}, draws=3).directions["y"].values.size == 3
    with pytest.raises(InputError, match="j_grain"):
        current(labels, {"j_grain": 1.0})
    with pytest.raises(InputError, match="side to side"):
        current(np.kron(np.arange(1, 5).reshape(1, 2, 2), np.ones((8, 8, 8), int)), EQUAL)


@pytest.mark.slow
def test_poisson_voronoi_volume():
    """1.373 for large volumes; areas from 9-voxel grains."""
    from scipy.spatial import cKDTree

    n, edge, rng = 10, 9, np.random.default_rng(4)
    points = rng.random((rng.poisson((n + 4) ** 3), 3)) * (n + 4) * edge - 2 * edge
    size = n * edge
    owner = cKDTree(points).query(np.stack(np.mgrid[:size, :size, :size], -1).reshape(-1, 3))[1]
    found = current(owner.reshape(size, size, size) + 1, EQUAL)
    assert np.mean([d.j_over_j0 for d in found.directions.values()]) == pytest.approx(1.373, abs=0.03)
