"""Known answers in three dimensions: balls, a cube, Poisson-Voronoi mosaics in voxels.

python calibration/volume_known_answers.py
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from laguerre_volume import poisson_voronoi_volume

from grainstats.measure.volume import VolumeMeasurement, measure_volume
from segment.volume import LabelVolume, VoxelSize

OUT = Path("docs/validation/volume_known_answers.csv")
SURFACE, FACES, LINES, POINTS = 2.910, 15.54, 5.832, 6.768  # Okabe et al. (2000), table 5.5.1
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
    for size, side, many in BOXES:
        for z in (1, 2):
            rows += mosaics(size, side, many, z)
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["body", "known", "measured over known", "by test lines"], *rows])


if __name__ == "__main__":
    main()
