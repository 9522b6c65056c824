"""How well phases of made FIB-SEM stacks are told, and grains in three dimensions.

python calibration/volume_phases.py           phases by grey level, docs/validation/volume_phases.csv
python calibration/volume_phases.py --grains  grains by the released network, seen along three directions
python calibration/volume_phases.py --real IMAGE MASK   the solid of one slice whose mask is above 127 there
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from fib_sem import FibSem, MadeStack, made_stack
from PIL import Image
from scipy import ndimage

from segment.volume import GreyVolume, LabelVolume, VoxelSize
from segment.volume.phases import PHASE_NAMES, SOLID
from segment.volume.pipeline import SMALLEST_GRAIN_PX, StackSettings, segment_stack

OUT = Path("docs/validation")
SHAPE = (40, 160, 160)
KINDS = ((0.05, 0.03, 24.0), (0.1, 0.05, 24.0), (0.2, 0.08, 24.0), (0.1, 0.05, 36.0), (0.15, 0.05, 18.0))
NOISES = (9.0, 20.0, 35.0)  #: SD in grey levels; void and solid are 100 apart
SEEDS = range(100, 103)
SMALLEST = round(np.pi / 6 * SMALLEST_GRAIN_PX**3)  #: voxels of the smallest grain that is looked for


def segmented(made: MadeStack, settings: StackSettings) -> LabelVolume:
    """A made stack as `grainstats volume` takes it."""
    from segment.unet import load_model

    stack = GreyVolume(made.grey, VoxelSize(10, 10, 10))
    return segment_stack(stack, load_model() if settings.grains else None, settings)[0]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    return float((a & b).sum() / max((a | b).sum(), 1))


def phases() -> list[dict[str, float]]:
    """One row a noise and kind, the mean of its seeds: overlaps, and the share of errors at a surface."""
    rows = []
    for noise in NOISES:
        for porosity, second, size in KINDS:
            found = []
            for seed in SEEDS:
                made = made_stack(
                    SHAPE,
                    size,
                    np.random.default_rng(seed),
                    porosity=porosity,
                    second=second,
                    imaging=FibSem(noise=noise),
                )
                told = segmented(made, StackSettings(align="none", grains=False)).phase
                found.append([overlap(told == k, made.phase == k) for k in range(3)])
                found[-1].append(float(at_surface(made.phase)[told != made.phase].mean()))
            means = dict(
                zip((*PHASE_NAMES, "wrong_at_surface"), np.mean(found, axis=0).round(3), strict=True)
            )
            rows.append(
                {"noise": noise, "porosity": porosity, "second": second, "grain_voxels": size, **means}
            )
            print(rows[-1], flush=True)
    return rows


def at_surface(phase: np.ndarray) -> np.ndarray:
    """Voxels that have another phase among their 26 neighbours."""
    return np.asarray(ndimage.maximum_filter(phase, 3) != ndimage.minimum_filter(phase, 3))


def real(image: Path, mask: Path) -> float:
    """Intersection over union of the solid in a slice, shown as a stack of eight of it."""
    grey, solid = (np.asarray(Image.open(path).convert("L")) for path in (image, mask))
    stack = GreyVolume(np.repeat(grey[None], 8, axis=0), VoxelSize(10, 10, 10))
    told = segment_stack(stack, None, StackSettings(align="none", grains=False))[0]
    return overlap(told.phase[4] == SOLID, solid > 127)


def grains() -> list[dict[str, float]]:
    """One row a stack: grains found, F1 at half overlap, ratios of whole grains' mean diameter and of S_V."""
    from grainstats.measure.volume import measure_volume

    rows = []
    for seed in range(2):
        made = made_stack((96, 96, 96), 30.0, np.random.default_rng(seed), porosity=0.06, second=0.03)
        told = segmented(made, StackSettings(align="none"))
        truth = LabelVolume(made.labels, told.voxel_size, np.arange(int(made.labels.max()) + 1))
        sizes = [measure_volume(v) for v in (told, truth)]
        whole = [m.grains[~m.grains["touches_frame"]] for m in sizes]
        mean = [float(np.average(g["equivalent_diameter_nm"], weights=g["weight"])) for g in whole]
        surface = [float(m.block_area_nm2.sum()) for m in sizes]
        rows.append(
            {
                "seed": seed,
                "found": told.n_grains,
                "truth": len(np.unique(made.labels)) - 1,
                "f1": round(object_f1(told.labels, made.labels), 3),
                "f1_from_smallest": round(object_f1(told.labels, made.labels, SMALLEST), 3),
                "diameter_ratio": round(mean[0] / mean[1], 3),
                "surface_ratio": round(surface[0] / surface[1], 3),
            }
        )
        print(rows[-1], flush=True)
    return rows


def object_f1(found: np.ndarray, truth: np.ndarray, least: int = 1) -> float:
    """Share of objects that overlap one of the other by more than half of their union.

    True objects of fewer than `least` voxels are not asked for.
    """
    n, m = int(found.max()) + 1, int(truth.max()) + 1
    both = np.bincount(found.ravel().astype(np.int64) * m + truth.ravel(), minlength=n * m).reshape(n, m)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    asked = both.sum(axis=0)[1:] >= least
    hits = int((both[1:, 1:] > union[1:, 1:] / 2)[:, asked].sum())
    there = [int(asked.sum()), int((both.sum(axis=1) > 0)[1:].sum())]
    return 2 * hits / max(sum(there), 1)


def main() -> None:
    """Write one of the two tables, or print the figure of a real slice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grains", action="store_true")
    parser.add_argument("--real", type=Path, nargs=2)
    given = parser.parse_args()
    if given.real:
        print(round(real(*given.real), 3))
        return
    rows = grains() if given.grains else phases()
    with (OUT / ("volume_grains.csv" if given.grains else "volume_phases.csv")).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
