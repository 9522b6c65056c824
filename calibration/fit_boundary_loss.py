"""How much boundary a model loses, read from its own answer: rendered and traced micrographs in one fit.

    python calibration/fit_boundary_loss.py --model models/NAME --work scratch/loss.csv --data DATA --write

Mosaics are rendered in all styles and segmented, as many again with up to `MOST_UNSEEN` of the borders left
out of the picture, and so are micrographs that people traced (DATA holds folders with ``images`` and
``boundary`` of the same stems); a row an image is kept (resumable). The log ratios of found to true
intercepts and diameters are then regressed on `segment.quality.boundary_loss.joined_share` and
`excess_corners`: two slopes, a level for rendered and one for traced micrographs, a scatter of laboratories
(a rendering style is one), and one of images that grows with the root of the share. A new micrograph may be
of either kind, so that its level is their mean and half of their difference an uncertainty. Each laboratory
is predicted without it: docs/validation/boundary_loss.csv; the rows are in boundary_loss_images.csv. Beside
it stand what tells where a ratio comes from: the same ratios of true grains joined as the map joins them, the
share of the left out borders that are boundaries in the truth, that of true grains below `TINY_PX`, and the
corners without a third boundary in the truth.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from fit_error_rates import mostly_in, overlaps

from grainstats.measure import grain_table
from segment.cells.border_merging import SEED_PERSISTENCE
from segment.cells.borders import find_borders
from segment.cells.label_edges import joined_groups
from segment.cells.watershed import persistence_watershed
from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.mosaics.laguerre import laguerre_section
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import (
    LOSS_FILE,
    corners_per_junction,
    excess_corners,
    joined_share,
    weights_key,
)
from segment.quality.score import intercepts
from segment.training.data.pairs import Pair, find_pairs
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

DOCS = Path(__file__).parents[1] / "docs" / "validation"
STYLES = (
    "sem_film",
    "sem_lines",
    "sem_channelling",
    "etched",
    "bf_tem",
    "stained",
    "second_phase",
    "second_phase_lines",
    "noisy_film",
    "noisy_lines",
)
POPULATIONS = (  # sigma, R, f
    (0.2, 1.0, 0.0),
    (0.35, 1.0, 0.0),
    (0.2, 3.0, 0.4),
    (0.5, 1.0, 0.0),
    (0.2, 4.0, 0.4),
    (0.2, 6.0, 0.3),
    (0.2, 4.0, 0.6),
    (0.0, 1.0, 0.0),
)
TRACED = ("uo2_bftem", "real/sus304_etched", "real/perovskite_sem")  # hundreds of grains an image
SIDE_PX = 512
MOST_UNSEEN = 0.25  # share of the borders that leave no trace
SEED = 20_261_129
TINY_PX = 8.0  # diameter of grains that nobody would trace; judgement
TARGETS = ("intercept", "diameter")
SWEEPS = 100  # of the estimation; it settles in some twenty
MOST_SHARE = 1.5  # left out over found: one image beyond would set the slope; judgement
SHARES = (0, 0.1, 0.25, 0.5, 0.75, MOST_SHARE)  # classes of a table
Z95 = 1.96  # standard errors of a 95 % interval


def rendered(model: Model, number: int, most_unseen: float = 0.0) -> tuple[GrainMap, GrainMap]:
    """Rendered image `number` as found and as it is; the picture lacks up to a share of the borders."""
    rng = np.random.default_rng([SEED, number])
    sigma, ratio, coarse = POPULATIONS[number // len(STYLES) % len(POPULATIONS)]
    size = float(rng.uniform(28, 52))
    mosaic = laguerre_section((SIDE_PX, SIDE_PX), size, sigma, rng, size_ratio=ratio, coarse_volume=coarse)
    truth = mosaic.grain_map(1.3)
    style = style_of(number)
    shown = without_borders(truth, float(rng.uniform(0, most_unseen)), rng) if most_unseen else truth
    micrograph = Micrograph(render(shown, style, rng), 1.3, "manual", Path(f"{style}.tif"), "", "synthetic")
    return segment_micrograph(micrograph, model)[1], truth


def without_borders(truth: GrainMap, share: float, rng: np.random.Generator) -> GrainMap:
    """The map with grains united across a share of the borders."""
    pairs = find_borders(truth.labels, np.zeros(truth.labels.shape, np.float32)).pairs
    groups = joined_groups(int(truth.labels.max()) + 1, *pairs[rng.random(len(pairs)) < share].T)
    labels = np.unique(groups[truth.labels], return_inverse=True)[1].reshape(truth.labels.shape) + 1
    return replace(truth, labels=labels.astype(np.int32))


def style_of(number: int) -> str:
    return STYLES[number % len(STYLES)]


def traced(model: Model, pair: Pair) -> tuple[GrainMap, GrainMap]:
    """A micrograph as found and as traced; a pixel is called a nanometre."""
    micrograph, truth = (
        replace(each, pixel_size_nm=1.0, pixel_size_source="manual")
        for each in (pair.micrograph(), pair.truth())
    )
    return segment_micrograph(micrograph, model)[1], truth


def compared(found: GrainMap, truth: GrainMap) -> dict[str, float]:
    """Log ratios to the truth, the evidence, and where the ratios come from."""
    assert found.segmentation is not None
    maps = (found, as_joined(found, truth), truth)
    seen, joined, true = (
        np.log([intercepts(m.labels).mean(), _mean_diameter(grain_table(m, min_area_px=20))]) for m in maps
    )
    names = (*TARGETS, *(f"{name} joined" for name in TARGETS))
    area = np.bincount(truth.labels.ravel())[1:]
    return dict(zip(names, [*seen - true, *joined - true], strict=True)) | {
        "share": joined_share(found.segmentation),
        "corners": found.segmentation.corners,
        "true": left_out_but_true(found, truth),
        "true corners": corners_per_junction(truth.labels),
        "tiny": float((area[area > 0] < np.pi / 4 * TINY_PX**2).mean()),
    }


def as_joined(found: GrainMap, truth: GrainMap) -> GrainMap:
    """The true grains, united where one cell of the map covers most of each."""
    grain, cell, pixels = overlaps(truth.labels, found.labels)
    of, cell = mostly_in(grain, cell, pixels)
    united = np.arange(truth.n_grains + 1) + int(found.labels.max()) + 1  # in no cell: alone
    united[0] = 0
    united[of] = cell
    ids, labels = np.unique(united[truth.labels], return_inverse=True)
    labels = labels.reshape(truth.labels.shape) + (ids[0] > 0)
    return replace(truth, labels=labels.astype(np.int32))


def left_out_but_true(found: GrainMap, truth: GrainMap) -> float:
    """Share of the length of the borders that the map left out which divide true grains."""
    assert found.probability is not None and found.segmentation is not None
    mask = None if found.labels.min() > 0 else found.labels > 0
    cells = persistence_watershed(found.probability, SEED_PERSISTENCE, mask)
    fine = found.segmentation.cells
    of, grain = mostly_in(*overlaps(cells, truth.labels))
    lies_in = np.zeros(len(fine.parent) + 1, int)
    lies_in[of] = grain
    first, second = fine.pairs.T
    joined = fine.parent[first - 1] == fine.parent[second - 1]
    parted = lies_in[first] != lies_in[second]
    return float(fine.length_px[joined & parted].sum() / max(fine.length_px[joined].sum(), 1))


def _mean_diameter(table: pd.DataFrame) -> float:
    whole = table[~table["touches_frame"]]
    if whole.empty:  # the fit leaves such an image out
        return float("nan")
    return float(np.average(whole["equivalent_diameter_nm"], weights=whole["weight"]))


Job = tuple[str, str, str, Callable[[Model], tuple[GrainMap, GrainMap]]]


def jobs(images: int, data: Path | None) -> Iterator[Job]:
    """Kind, laboratory and name of every image, and what gives its maps."""
    for name in TRACED if data else ():
        for pair in find_pairs(data / name / "images", data / name / "boundary"):  # type: ignore[operator]
            yield "traced", name, pair.image.stem, lambda model, pair=pair: traced(model, pair)
    for number in range(2 * images):
        kind, unseen = ("rendered", 0.0) if number < images else ("unseen", MOST_UNSEEN)
        yield kind, style_of(number), str(number), lambda model, n=number, u=unseen: rendered(model, n, u)


def mixed_model(rows: pd.DataFrame, target: str) -> dict[str, float]:
    """Slopes, level and the deviations, by expectation and maximisation (Laird and Ware 1982)."""
    h, y, lab = rows["share"].to_numpy(), rows[target].to_numpy(), rows["laboratory"].to_numpy()
    is_real = (rows["kind"] == "traced").to_numpy()
    x = np.column_stack([h, rows["corners"].map(excess_corners), ~is_real, is_real]).astype(float)
    z = (lab[:, None] == np.unique(lab)).astype(float)
    within, between = 0.06**2 / h.mean(), 0.05**2
    for _ in range(SWEEPS):
        inverse = np.linalg.inv(within * np.diag(h) + between * z @ z.T)
        fixed = np.linalg.lstsq(x.T @ inverse @ x, x.T @ inverse @ y, rcond=None)[0]
        effect = between * z.T @ inverse @ (y - x @ fixed)
        rest = y - x @ fixed - z @ effect
        spread = between * np.eye(z.shape[1]) - between**2 * z.T @ inverse @ z
        between = float((effect @ effect + np.trace(spread)) / z.shape[1])
        within = float(np.mean((rest**2 + np.diag(z @ spread @ z.T)) / h))
    slope, corners, of_rendered, of_traced = map(float, fixed)
    half = (of_rendered - of_traced) / 2
    level = (of_rendered + of_traced) / 2 if is_real.any() else of_rendered
    common = np.hypot(half if is_real.any() else 0.0, np.sqrt(between))
    return {
        "slope": slope,
        "corners": corners,
        "level": level,
        "common": float(common),
        "deviation": float(np.sqrt(within)),
    }


def kept_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """All but images without a whole cell, without any joined, or with hardly any left."""
    sound = (rows["share"] > 0) & (rows["share"] < MOST_SHARE)
    return rows[rows[list(TARGETS)].notna().all(axis=1) & sound]


def predicted(kept: pd.DataFrame) -> pd.DataFrame:
    """The images with what is left of the log ratios, each laboratory fitted without it, and if covered."""
    parts = []
    for name, here in kept.groupby("laboratory", sort=False):
        for target in TARGETS:
            fitted = mixed_model(kept[kept["laboratory"] != name], target)
            unseen = fitted["corners"] * here["corners"].map(excess_corners)
            expected = fitted["slope"] * here["share"] + unseen + fitted["level"]
            left = here[target] - np.maximum(expected, 0.0)
            reach = Z95 * np.hypot(fitted["common"], fitted["deviation"] * np.sqrt(here["share"]))
            here = here.assign(**{f"{target} corrected": left, f"{target} covered": left.abs() < reach})
        parts.append(here)
    return pd.concat(parts).sort_index()


def left_out(images: pd.DataFrame) -> pd.DataFrame:
    """By laboratory: mean log ratio as traced and corrected, and the share covered."""
    cells = []
    for (kind, name), here in images.groupby(["kind", "laboratory"], sort=False):
        cell: dict[str, object] = {"kind": kind, "laboratory": name, "images": len(here)}
        for target in TARGETS:
            cell |= {
                f"{target} as traced": round(float(here[target].mean()), 3),
                f"{target} joined": round(float(here[f"{target} joined"].mean()), 3),
                f"{target} corrected": round(float(here[f"{target} corrected"].mean()), 3),
                f"{target} covered": round(float(here[f"{target} covered"].mean()), 2),
            }
        cell |= {
            "left out but true": round(float(here["true"].mean()), 2),
            "tiny": round(float(here["tiny"].mean()), 3),
            "true corners": round(float(here["true corners"].mean()), 3),
        }
        cells.append(cell)
    return pd.DataFrame(cells)


def by_share(images: pd.DataFrame) -> pd.DataFrame:
    """Rendered images by how much border is left out over that found: the same, and the scatter of images."""
    images = images[images["kind"] != "traced"]
    classes = pd.cut(images["share"], SHARES)
    found = images.groupby(classes, observed=True).agg(
        **{
            "images": ("share", "size"),
            "as traced": ("intercept", "mean"),
            "corrected": ("intercept corrected", "mean"),
            "scatter": ("intercept corrected", "std"),
            "covered": ("intercept covered", "mean"),
        }
    )
    names = [f"{c.left:g} to {c.right:g}" for c in found.index]
    found.insert(0, "left out over found", names)
    return found.round(3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="CSV of the images; those there stay")
    parser.add_argument(
        "--data", type=Path, help="folder of the traced micrographs; without, rendered ones fit"
    )
    parser.add_argument("--images", type=int, default=80, help="rendered ones; as many with borders unseen")
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--write", action="store_true", help="into the model's folder and docs/validation")
    given = parser.parse_args()
    model = load_model(given.model) if given.model else load_model()
    rows = pd.read_csv(given.work, dtype={"image": str}) if given.work.exists() else pd.DataFrame()
    there = set(zip(rows["laboratory"], rows["image"], strict=True)) if len(rows) else set()
    start = time.monotonic()
    for kind, name, image, maps in jobs(given.images, given.data):
        if (name, image) in there or time.monotonic() - start > given.seconds:
            continue
        row = {"kind": kind, "laboratory": name, "image": image, **compared(*maps(model))}
        rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
        rows.round(5).to_csv(given.work, index=False)
        print(*row.values(), flush=True)
    kept = kept_rows(rows)
    images = predicted(kept)
    table = left_out(images)
    print(table.to_string(index=False))
    if given.write:
        rows.round(5).to_csv(DOCS / "boundary_loss_images.csv", index=False)
        table.to_csv(DOCS / "boundary_loss.csv", index=False)
        by_share(images).to_csv(DOCS / "boundary_loss_by_share.csv", index=False)
        _keep(model, kept)


def _keep(model: Model, kept: pd.DataFrame) -> None:
    """The facts of these weights, beside what fields of several pictures lose."""
    path, key = model.folder / LOSS_FILE, weights_key(model.folder)
    tables = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    low, high = kept["share"].min(), kept["share"].max()
    most = excess_corners(kept["corners"].max())
    facts = {"images": len(kept), "low": round(float(low), 4), "high": round(float(high), 4)}
    facts["most_corners"] = round(float(most), 4)
    for target in TARGETS:
        facts[target] = {name: round(v, 5) for name, v in mixed_model(kept, target).items()}
    if "fields" in tables.get(key, {}):
        facts["fields"] = tables[key]["fields"]
    tables[key] = facts
    path.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
