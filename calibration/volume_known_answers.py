"""Known answers in three dimensions: balls, a cube, overlapping voids, Poisson-Voronoi mosaics in voxels.

python calibration/volume_known_answers.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from laguerre_volume import poisson_voronoi_volume
from scipy.spatial import cKDTree

from grainstats.measure.volume import VolumeMeasurement, measure_volume
from segment.volume import LabelVolume, VoxelSize

OUT = Path("docs/validation/volume_known_answers.csv")
SURFACE, FACES, LINES, POINTS = 2.910, 15.54, 5.832, 6.768  # Okabe et al. (2000), table 5.5.1
POINTS_A_BALL = 300  #: surfaces are known within .5 %
BOXES = ((8, 96, 2), (12, 120, 2), (20, 160, 2))  # voxels per mean cell, edge of the box, mosaics


def measured(labels: np.ndarray, z: float = 1.0) -> VolumeMeasurement:
    """A measured volume of voxels 1 x 1 x z."""
    return measure_volume(LabelVolume(labels, VoxelSize(1, 1, z), np.arange(int(labels.max()) + 1)))


def ball(radius: float, z: float) -> list[str]:
    """One row for a ball."""
    half = int(radius) + 4
    zz, yy, xx = (np.arange(-half, half + 1) * e + 0.3 for e in (z, 1.0, 1.0))
    body = zz[:, None, None] ** 2 + yy[None, :, None] ** 2 + xx[None, None, :] ** 2 < radius**2
    found = measured(body.astype(np.int32), z)
    row = found.grains.iloc[0]
    surface = row["surface_nm2"] / (4 * np.pi * radius**2)
    lines = found.lines.surface_per_nm * found.volume_nm3 / (4 * np.pi * radius**2)
    return [f"ball of radius {radius:g}, voxels 1 x 1 x {z:g}", "surface", f"{surface:.3f}", f"{lines:.3f}"]


def overlapping(radius: float, share: float, side: int = 120, many: int = 3) -> list[str]:
    """One row for a solid with voids that are balls thrown at random and fill a share.

    The surface of each realisation is known by points on its balls that lie in no other ball.
    """
    found, place = np.zeros(3), np.arange(side) + 0.5
    for seed in range(many):
        rng = np.random.default_rng(seed)
        room = (side + 2 * radius) ** 3
        n = rng.poisson(-np.log(1 - share) / (4 / 3 * np.pi * radius**3) * room)
        centres = rng.uniform(-radius, side + radius, (n, 3))
        solid = np.ones((side, side, side), np.int32)
        for centre in centres:
            low, high = (np.clip(centre + s * (radius + 1), 0, side).astype(int) for s in (-1, 1))
            part = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
            away = np.ix_(*((place[p] - c) ** 2 for p, c in zip(part, centre, strict=True)))
            solid[part][away[0] + away[1] + away[2] < radius**2] = 0
        m = measured(solid)
        way = rng.standard_normal((n, POINTS_A_BALL, 3))
        way *= radius / np.linalg.norm(way, axis=2, keepdims=True)
        points = (centres[:, None] + way).reshape(-1, 3)
        points = points[((points > 0) & (points < side)).all(axis=1)]
        covered = cKDTree(centres).query_ball_point(points, radius * (1 - 1e-9), return_length=True) > 0
        known = (~covered).sum() * 4 * np.pi * radius**2 / POINTS_A_BALL
        found += m.block_area_nm2.sum(), m.lines.surface_per_nm * m.volume_nm3, known
    body = f"voids of radius {radius:g} that overlap, {share:.0%} of the volume"
    return [body, "surface", *(f"{value / found[2]:.3f}" for value in found[:2])]


def mosaics(size: float, side: int, many: int, z: int) -> list[list[str]]:
    """Four rows for Poisson-Voronoi mosaics."""
    sums = np.zeros(6)
    cells = 0
    for seed in range(many):
        mosaic = poisson_voronoi_volume((side, side, side), size**-3, np.random.default_rng(seed))
        m = measured(mosaic.labels((side // z, side, side)), float(z))
        whole = m.grains[~m.grains["touches_frame"]]
        weight = whole["weight"]
        by_lines = m.lines.surface_per_nm * m.volume_nm3
        found = [
            m.block_area_nm2.sum(),
            m.triple_line_nm,
            m.quadruple_points,
            (whole["faces"] * weight).sum(),
        ]
        sums += [*found, weight.sum(), by_lines]
        cells += int(((mosaic.centre > 0) & (mosaic.centre < side)).all(axis=1).sum())
    volume = many * side**3
    intensity = cells / volume
    name = f"Poisson-Voronoi, {size:g} voxels a cell" + (f", slices {z} apart" if z > 1 else "")
    s_v = SURFACE * intensity ** (1 / 3) * volume
    lines = sums[1] / (LINES * intensity ** (2 / 3) * volume)
    return [
        [name, "S_V = 2.910 λ^(1/3)", f"{sums[0] / s_v:.3f}", f"{sums[5] / s_v:.3f}"],
        [name, f"{FACES} faces a cell", f"{sums[3] / sums[4] / FACES:.3f}", ""],
        [name, "triple lines 5.832 λ^(2/3)", f"{lines:.3f}", ""],
        [name, "quadruple points 6.768 λ", f"{sums[2] / (POINTS * intensity * volume):.3f}", ""],
    ]


def main() -> None:
    """Write the rows."""
    rows = [ball(radius, z) for radius, z in ((5, 1.0), (10, 1.0), (20, 1.0), (20, 2.5))]
    cube = np.zeros((40, 40, 40), np.int32)
    cube[8:32, 8:32, 8:32] = 1
    m = measured(cube)
    lines = m.lines.surface_per_nm * m.volume_nm3 / (6 * 24**2)
    faces = m.grains["surface_nm2"][0] / (6 * 24**2)
    rows.append(["cube of edge 24, along the axes", "surface", f"{faces:.3f}", f"{lines:.3f}"])
    rows += [overlapping(radius, share) for radius in (6, 12) for share in (0.25, 0.5, 0.75)]
    for size, side, many in BOXES:
        for z in (1, 2):
            rows += mosaics(size, side, many, z)
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["body", "known", "measured over known", "by test lines"], *rows])


if __name__ == "__main__":
    main()
