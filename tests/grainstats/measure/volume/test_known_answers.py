"""Bodies and mosaics whose surface, neighbours, lines and points are known."""

from __future__ import annotations

import numpy as np
import pytest
from laguerre_volume import laguerre_volume, poisson_voronoi_volume

from grainstats.measure.volume import (
    VolumeMeasurement,
    measure_volume,
    phase_summary,
    section_summary,
    volume_summary,
)
from segment.volume.stack import LabelVolume, VoxelSize

# Poisson-Voronoi in space of unit intensity: Okabe, Boots, Sugihara & Chiu (2000), table 5.5.1
SURFACE, FACES, LINES, POINTS = 2.910, 15.54, 5.832, 6.768


def measured(labels: np.ndarray, edges: tuple[float, float, float] = (1, 1, 1)) -> VolumeMeasurement:
    return measure_volume(_volume(labels, edges))


def _volume(labels: np.ndarray, edges: tuple[float, float, float]) -> LabelVolume:
    names = np.arange(int(labels.max()) + 1)
    solid = float((labels > 0).mean())
    return LabelVolume(labels.astype(np.int32), VoxelSize(*edges), names, (("solid", solid),))


def ball(radius: float, edges: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    """A ball of this radius, its middle off the lattice; `edges` (x, y, z)."""
    half = [int(1.4 * radius / e) + 3 for e in edges[::-1]]
    z, y, x = (np.arange(-h, h + 1) * e + 0.3 for h, e in zip(half, edges[::-1], strict=True))
    inside = z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2 < radius**2
    return inside.astype(np.int32)


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (1.0, 1.0, 2.0), (2.0, 1.0, 1.0)])
def test_ball(edges: tuple[float, float, float]) -> None:
    radius = 12.0
    grain = measured(ball(radius, edges), edges).grains.iloc[0]
    assert grain["surface_nm2"] == pytest.approx(4 * np.pi * radius**2, rel=0.02)
    assert grain["volume_nm3"] == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    assert grain["sphericity"] == pytest.approx(1, abs=0.02)


def test_cube_and_slanted_plane() -> None:
    labels = np.zeros((40, 40, 40), np.int32)
    labels[8:32, 8:32, 8:32] = 1
    assert measured(labels).grains["surface_nm2"][0] == pytest.approx(6 * 24**2, rel=0.04)
    z, y, x = np.ogrid[:40, :40, :40]
    halves = (z + 0.7 * y + 0.3 * x > 40).astype(np.int32) + 1
    normal = np.array([1, 0.7, 0.3]) / np.linalg.norm([1, 0.7, 0.3])
    area = 40 * 40 / normal[0]
    assert measured(halves).neighbours["area_nm2"][0] == pytest.approx(area, rel=0.03)


@pytest.fixture(scope="module")
def voronoi() -> tuple[list[VolumeMeasurement], list[VolumeMeasurement], float]:
    """Three mosaics in cubic voxels and in flat ones, and their intensity."""
    fine, flat, n = [], [], 0
    for seed in range(3):
        mosaic = poisson_voronoi_volume((96, 96, 96), 1 / 12**3, np.random.default_rng(seed))
        fine.append(measured(mosaic.labels((96, 96, 96))))
        flat.append(measured(mosaic.labels((48, 96, 96)), (1, 1, 2)))
        n += int(((mosaic.centre > 0) & (mosaic.centre < 96)).all(axis=1).sum())
    return fine, flat, n / 3 / 96**3


@pytest.mark.parametrize("which", [0, 1])
def test_poisson_voronoi(
    voronoi: tuple[list[VolumeMeasurement], list[VolumeMeasurement], float], which: int
) -> None:
    found, intensity = voronoi[which], voronoi[2]
    volume = sum(m.volume_nm3 for m in found)
    surface = sum(m.block_area_nm2.sum() for m in found) / volume
    lines = sum(m.triple_line_nm for m in found) / volume
    points = sum(m.quadruple_points for m in found) / volume
    whole = [m.grains[~m.grains["touches_frame"]] for m in found]
    faces = sum((g["faces"] * g["weight"]).sum() for g in whole) / sum(g["weight"].sum() for g in whole)
    assert surface == pytest.approx(SURFACE * intensity ** (1 / 3), rel=0.025)
    assert lines == pytest.approx(LINES * intensity ** (2 / 3), rel=0.05)
    assert points == pytest.approx(POINTS * intensity, rel=0.05)
    assert faces == pytest.approx(FACES, rel=0.04)


def test_surface_by_lines_and_by_faces_agree(
    voronoi: tuple[list[VolumeMeasurement], list[VolumeMeasurement], float],
) -> None:
    for m in voronoi[0] + voronoi[1]:
        by_faces = m.block_area_nm2.sum() / m.volume_nm3
        assert m.lines.surface_per_nm == pytest.approx(by_faces, rel=0.05)


def test_frame_correction_and_intervals() -> None:
    """The mean size of a small box, over many, is that of the whole mosaic; its interval covers it."""
    mosaic = laguerre_volume((144, 144, 144), 12, 0.3, np.random.default_rng(1), centres="packed")
    labels = mosaic.labels((144, 144, 144))
    whole = volume_summary(measured(labels))["equivalent_diameter_nm"]["mean"]
    plain, weighted, covered = [], [], 0
    for corner in np.ndindex(3, 3, 3):
        part = labels[tuple(slice(48 * c, 48 * c + 48) for c in corner)]
        _, part = np.unique(part, return_inverse=True)
        m = measured(part.reshape(48, 48, 48) + 1)
        found = volume_summary(m)["equivalent_diameter_nm"]
        weighted.append(found["mean"])
        plain.append(m.grains.loc[~m.grains["touches_frame"], "equivalent_diameter_nm"].mean())
        covered += found["ci"][0] <= whole <= found["ci"][1]
    assert np.mean(weighted) == pytest.approx(whole, rel=0.01)
    assert np.mean(plain) < 0.99 * whole
    assert covered >= 21


def test_units_and_axes() -> None:
    labels = poisson_voronoi_volume((40, 40, 40), 1 / 10**3, np.random.default_rng(5)).labels((40, 40, 40))
    a, b = volume_summary(measured(labels)), volume_summary(measured(labels, (10, 10, 10)))
    assert b["equivalent_diameter_nm"]["mean"] == pytest.approx(10 * a["equivalent_diameter_nm"]["mean"])
    assert b["s_v_per_um"]["value"] == pytest.approx(a["s_v_per_um"]["value"] / 10)
    turned = volume_summary(measured(np.ascontiguousarray(labels.transpose(2, 0, 1)[:, ::-1])))
    assert turned["s_v_per_um"]["value"] == pytest.approx(a["s_v_per_um"]["value"])
    assert turned["quadruple_points_per_um3"] == a["quadruple_points_per_um3"]


def test_packed_spheres() -> None:
    """Porosity of a body-centred packing of touching balls is 1 - pi sqrt(3) / 8."""
    z, y, x = np.ogrid[:80, :80, :80]
    radius = 40 * 3**0.5 / 4
    labels = np.zeros((80, 80, 80), np.int32)
    centres = [c for k in range(3) for c in np.ndindex(3, 3, 3) if k == 0] + [
        tuple(v + 0.5 for v in c) for c in np.ndindex(2, 2, 2)
    ]
    for k, centre in enumerate(centres):
        at = [c * 40 - 0.5 for c in centre]
        labels[(z - at[0]) ** 2 + (y - at[1]) ** 2 + (x - at[2]) ** 2 < radius**2] = k + 1
    found = phase_summary(_volume(labels, (1, 1, 1)))
    assert found["porosity"] == pytest.approx(1 - np.pi * 3**0.5 / 8, abs=0.01)
    assert found["voids"]["percolates"] == {"x": True, "y": True, "z": True}
    assert found["voids"]["n_pieces"] == 1


def test_sections_show_smaller_cells_and_the_same_surface() -> None:
    """Circles of a section are smaller than the grains' spheres; lines cross as many boundaries."""
    labels = poisson_voronoi_volume((96, 96, 96), 1 / 12**3, np.random.default_rng(8)).labels((96, 96, 96))
    volume = _volume(labels, (1, 1, 1))
    m = measure_volume(volume)
    found = section_summary(volume, m)
    assert 0.65 < found["over_volume"] < 0.9
    assert found["s_v_per_um"] / 1e3 == pytest.approx(m.lines.surface_per_nm, rel=0.04)
