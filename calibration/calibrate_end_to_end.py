"""Verdicts on rendered micrographs of known mosaics, segmented by a released model: the whole way, measured.

    python calibration/calibrate_end_to_end.py [--model models/NAME] [--images 30] [--seconds 1800]

Every cell of the table is a group of rendering styles and a kind of mosaic of ~865 interior grains.  Cells
fill evenly, one image each in turn, and a run that was stopped goes on where it was (as long as the weights
are the same).  In docs/validation the .csv has a row per image, the .json and the .md the table.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.infer import ImageCuts, ImageGrains, ModalityVerdict, judge_modality, with_stability
from grainstats.measure import grain_table
from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.mosaics.laguerre import Mosaic, laguerre_section
from segment.pipeline import segment_micrograph
from segment.quality.error_rates import count_errors
from segment.quality.score import intercepts
from segment.quality.warnings import MISSED, UNLIKE_GRAINS
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

DOCS = Path(__file__).parents[1] / "docs" / "validation"
GRAINS = 865
FINE_PX = 44.0  # mean sphere diameter of the fine population: mean intercepts of about 30 px
PIXEL_NM = 1.3
SEED = 20_261_122
GROUPS = {
    "SEM, films and lines": ("sem_film", "sem_lines"),
    "SEM, channelling": ("sem_channelling",),
    "etched": ("etched",),
    "bright-field TEM": ("bf_tem",),
    "stained": ("stained",),
    "second phases": ("second_phase", "second_phase_lines"),
    "noise floor": ("noisy_film", "noisy_lines"),
}
KINDS = {  # (sigma, R, f), which take turns
    "uniform": ((0.2, 1.0, 0.0), (0.35, 1.0, 0.0), (0.5, 1.0, 0.0), (0.0, 1.0, 0.0)),
    "R = 3": ((0.2, 3.0, 0.3), (0.2, 3.0, 0.6)),
    "R = 4": ((0.2, 4.0, 0.3), (0.2, 4.0, 0.6)),
    "R = 6": ((0.2, 6.0, 0.3), (0.2, 6.0, 0.6)),
}
HEADINGS = (
    "rendering",
    "mosaic",
    "images",
    "verdict",
    "without stability",
    "true cells",
    "spacing",
    "lost",
    "cut",
)
SHARES = ("bimodal", "uniform", "indeterminate")


def mosaic_of(population: tuple[float, float, float], rng: np.random.Generator) -> Mosaic:
    """A square section with about `GRAINS` interior grains; its side comes from a pilot."""
    sigma, ratio, coarse = population

    def section(side: int) -> Mosaic:
        return laguerre_section((side, side), FINE_PX, sigma, rng, size_ratio=ratio, coarse_volume=coarse)

    side = int(25 * FINE_PX)
    centre = section(side).cells().centroid
    seen = ((centre > 0) & (centre < side)).all(axis=1).sum()
    return section(int(side * np.sqrt(GRAINS / seen) * 1.05))


def judged(grain_map: GrainMap) -> ModalityVerdict:
    return judge_modality([ImageGrains.from_table(grain_table(grain_map, min_area_px=20), grain_map)])


def one_image(model: Model, group: str, kind: str, number: int) -> dict[str, object]:
    """Render, segment and judge image `number` of a cell of the table."""
    cell = [SEED, list(GROUPS).index(group), list(KINDS).index(kind), number]
    rng = np.random.default_rng(cell)
    styles, populations = GROUPS[group], KINDS[kind]
    style, population = styles[number % len(styles)], populations[number // len(styles) % len(populations)]
    truth = mosaic_of(population, rng).grain_map(PIXEL_NM)
    image = render(truth, style, rng)
    begin = time.process_time()
    micrograph = Micrograph(image, PIXEL_NM, "manual", Path(f"{style}.tif"), "", "synthetic")
    boundary_map, found = segment_micrograph(micrograph, model)
    cuts = ImageCuts.of(found, model.error_rates, persistence=model.persistence)
    bare, true = judged(found), judged(truth)
    errors = count_errors(found.labels, truth.labels, 0.0)
    return {
        "group": group,
        "kind": kind,
        "number": number,
        "style": style,
        "sigma, R, f": "{:g}, {:g}, {:g}".format(*population),
        "model": model.digest[:12],
        "true_grains": true.n_interior,
        "found_grains": bare.n_interior,
        "spacing_ratio": round(intercepts(found.labels).mean() / intercepts(truth.labels).mean(), 4),
        "lost": round(float(errors.lost.sum() / errors.grains.sum()), 4),
        "cut": round(float(errors.cuts.sum() / errors.grains.sum()), 4),
        "resampled": round(boundary_map.scale, 3),
        "missed": any(text.startswith(MISSED) for text in found.warnings),
        "unlike_grains": any(text.startswith(UNLIKE_GRAINS) for text in found.warnings),
        "true_verdict": true.verdict,
        "without_stability": bare.verdict,
        "verdict": (shaken := with_stability(bare, [cuts])).verdict,
        "stability": shaken.stability,
        "seconds": round(time.process_time() - begin, 1),
    }


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of the verdicts and mean spacing ratio of every cell."""
    cells = []
    for (group, kind), here in rows.groupby(["group", "kind"], sort=False):
        cell: dict[str, object] = {"group": group, "kind": kind, "images": len(here)}
        for column in ("verdict", "without_stability", "true_verdict"):
            cell |= {f"{column}_{v}": round(float((here[column] == v).mean()), 3) for v in SHARES}
        for column in ("spacing_ratio", "lost", "cut"):
            cell[column] = round(float(here[column].mean()), 3)
        cells.append(cell)
    order = {name: place for place, name in enumerate([*GROUPS, *KINDS])}
    return pd.DataFrame(cells).sort_values(["group", "kind"], key=lambda c: c.map(order), ignore_index=True)


def markdown(table: pd.DataFrame, model: Model) -> str:
    """The page: one line per cell."""
    lines = [
        "# The verdict on segmented micrographs",
        "",
        f"`python calibration/calibrate_end_to_end.py`, weights {model.name} ({model.digest[:12]}).",
        "Mosaics of known truth (~865 interior grains; uniform: Laguerre with σ = .2, .35, .5 and",
        "Poisson–Voronoi; bimodal: σ = .2, coarse volume .3 and .6) are rendered, segmented and judged.",
        "Shares are bimodal / uniform / indeterminate: of the verdict that `grainstats run` gives, of it",
        "without the stability check, and of the true cells. Spacing: mean intercept found / true. Lost:",
        "share of true grains that vanish in a larger one; cut: further cells in true grains, per grain.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---" * len(HEADINGS) + "|",
    ]
    for row in table.to_dict("records"):
        shares = [
            " / ".join(f"{row[f'{column}_{v}']:.2f}" for v in SHARES)
            for column in ("verdict", "without_stability", "true_verdict")
        ]
        errors = [f"{row[name]:.2f}" for name in ("spacing_ratio", "lost", "cut")]
        cells = [row["group"], row["kind"], row["images"], *shares, *errors]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join([*lines, ""])


def write(rows: list[dict[str, object]], model: Model, out: Path) -> None:
    """All three files."""
    frame = pd.DataFrame(rows)
    table = summary(frame)
    frame.to_csv(out.with_suffix(".csv"), index=False)
    document = {"model": model.name, "model_digest": model.digest, "cells": table.to_dict("records")}
    out.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".md").write_text(markdown(table, model), encoding="utf-8")


def stored_rows(path: Path, model: Model) -> list[dict[str, object]]:
    """Rows of an earlier run with the same weights."""
    if not path.is_file():
        return []
    frame = pd.read_csv(path)
    if "model" not in frame:
        return []
    rows: list[dict[str, object]] = frame[frame["model"] == model.digest[:12]].to_dict("records")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None, help="name or folder; default: the released one")
    parser.add_argument("--images", type=int, default=30, help="images a cell")
    parser.add_argument("--seconds", type=float, default=1800, help="stop after so long")
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--out", type=Path, default=DOCS / "calibration_end_to_end")
    given = parser.parse_args()
    model, start = load_model(given.model), time.monotonic()
    rows = stored_rows(given.out.with_suffix(".csv"), model)
    done = {(row["group"], row["kind"], row["number"]) for row in rows}
    wanted = [(g, k, n) for n in range(given.images) for k in KINDS for g in given.groups]
    for cell in wanted:
        if cell not in done and time.monotonic() - start < given.seconds:
            rows.append(one_image(model, *cell))
            print(*rows[-1].values(), flush=True)
            write(rows, model, given.out)
    left = sum(cell not in {(r["group"], r["kind"], r["number"]) for r in rows} for cell in wanted)
    print(f"{len(rows)} images in {given.out.with_suffix('.csv')}, {left} to go")


if __name__ == "__main__":
    main()
