"""What further pictures of a field bring: rendered tilts of known mosaics, fused and segmented.

    python calibration/calibrate_fields.py [--model models/NAME] [--fields 24] [--seconds 1000] [--write]

Every field is rendered at five tilts (`tilts`); the first one, two, three and all
five are segmented as one field and judged.  A run that was stopped goes on where it was.  In docs/validation
the .csv has a row per field and number of pictures.  --write keeps in the model's folder
how much boundary fields of several pictures lose.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from fit_error_rates import count_errors
from tilts import render_tilts

import grainstats as gs
from grainstats.measure import grain_table
from segment.boundary_map import BoundaryMap
from segment.cells.close import close_cells
from segment.errors import InputError
from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.mosaics.laguerre import laguerre_section
from segment.pipeline import cells_of_field, with_voids
from segment.quality.boundary_loss import LOSS_FILE, weights_key
from segment.quality.score import intercepts
from segment.quality.warnings import MISSED
from segment.registration.align import align, warped
from segment.unet import Model, load_model
from segment.unet.predict import predict

DOCS = Path(__file__).parents[1] / "docs" / "validation"
SIDE_PX, GRAIN_PX, PIXEL_NM = 800, 44.0, 1.3
SEED = 20_261_130
PICTURES = (1, 2, 3, 5)
STYLES = ("bf_tem", "bf_tem", "adf_stem", "bf_tem", "bf_tem", "sem_channelling")
KINDS = (("uniform", 0.35, 1.0, 0.0), ("R = 4", 0.2, 4.0, 0.4))
RULES_FIELDS = 6  #: fields on which other ways of fusing are tried
RULE = "weak absence"


def logits(p: np.ndarray) -> np.ndarray:
    q = np.clip(p, 1e-3, 1 - 1e-3)
    return np.log(q / (1 - q))


OTHER_RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "maximum": lambda p: p.max(axis=0),
    "mean of logits": lambda p: 1 / (1 + np.exp(-logits(p).mean(axis=0))),
    "noisy-or": lambda p: 1 - np.prod(1 - p, axis=0),
}


def one_field(model: Model, number: int) -> list[dict[str, object]]:
    """Rows of field `number`: by number of pictures, and by rule."""
    rng = np.random.default_rng([SEED, number])
    style, (kind, sigma, ratio, coarse) = STYLES[number // 2 % len(STYLES)], KINDS[number % len(KINDS)]
    mosaic = laguerre_section((SIDE_PX,) * 2, GRAIN_PX, sigma, rng, size_ratio=ratio, coarse_volume=coarse)
    truth = mosaic.grain_map(PIXEL_NM)
    images, matrices = render_tilts(truth, style, rng, max(PICTURES))
    pictures = [
        Micrograph(image, PIXEL_NM, "manual", Path(f"{style}-{k}.tif"), "", "synthetic")
        for k, image in enumerate(images)
    ]
    about = {"number": number, "style": style, "kind": kind, "model": model.weights_digest[:12]}
    answers = [with_voids(picture, predict(model, picture), "auto") for picture in pictures]
    rows = [
        about
        | {"pictures": n, "rule": RULE}
        | found_of(found := cells_of_field(pictures[:n], answers[:n], model)[1], truth)
        | verdict_of(found)
        for n in PICTURES
    ]
    return rows + (by_other_rules(model, answers, matrices, truth, about) if number < RULES_FIELDS else [])


def by_other_rules(
    model: Model,
    maps: list[BoundaryMap],
    matrices: list[np.ndarray],
    truth: GrainMap,
    about: dict[str, object],
) -> list[dict[str, object]]:
    """The same field fused in other ways, and how far the registration was off."""
    places = [align(maps[0].probability, each.probability) for each in maps[1:]]
    grid = np.array([[x, y, 1] for x in (80, 400, 720) for y in (80, 400, 720)], float)
    off = max(
        float(np.hypot(*(grid @ (p.matrix - m).T).T).max()) for p, m in zip(places, matrices[1:], strict=True)
    )
    least = min(p.correlation for p in places)
    stack = [maps[0].probability] + [
        warped(m.probability, p.matrix, truth.labels.shape) for m, p in zip(maps[1:], places, strict=True)
    ]
    rows = []
    for n in PICTURES[1:]:
        for rule, fused in OTHER_RULES.items():
            found = cut(replace(maps[0], probability=fused(np.stack(stack[:n])).astype(np.float32)), model)
            rows.append(about | {"pictures": n, "rule": rule} | found_of(found, truth))
    return [*rows[:-1], rows[-1] | {"off_px": round(off, 2), "correlation": round(least, 2)}]


def cut(boundary_map: BoundaryMap, model: Model) -> GrainMap:
    smallest = model.smallest_px(boundary_map.scale)
    return close_cells(boundary_map, persistence=model.persistence, min_area_px=smallest)


def found_of(found: GrainMap, truth: GrainMap) -> dict[str, object]:
    """Errors of the cells."""
    errors = count_errors(found.labels, truth.labels, 0.0)
    return {
        "lost": round(float(errors.lost.sum() / errors.grains.sum()), 4),
        "cut": round(float(errors.cuts.sum() / errors.grains.sum()), 4),
        "intercept": round(float(intercepts(found.labels).mean() / intercepts(truth.labels).mean()), 4),
        "diameter": round(mean_diameter(found) / mean_diameter(truth), 4),
    }


def mean_diameter(grain_map: GrainMap) -> float:
    table = grain_table(grain_map, min_area_px=20)
    whole = table[~table["touches_frame"]]
    return float(np.average(whole["equivalent_diameter_nm"], weights=whole["weight"]))


def verdict_of(found: GrainMap) -> dict[str, object]:
    verdict = gs.judge(found)
    return {"verdict": verdict.verdict, "missed": any(text.startswith(MISSED) for text in found.warnings)}


def loss_of_fields(rows: pd.DataFrame) -> dict[str, object]:
    """What `segment.quality.boundary_loss` needs: mean and deviation of the log ratios, by pictures."""
    ours = rows[(rows["rule"] == RULE) & (rows["pictures"] > 1)]
    facts: dict[str, object] = {"pictures": sorted(ours["pictures"].unique().tolist())}
    for target in ("intercept", "diameter"):
        logs = np.log(ours[target]).groupby(ours["pictures"])
        facts[target] = logs.mean().round(5).tolist()
        facts[f"{target}_deviation"] = logs.std().round(5).tolist()
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None, help="name or folder; default: the released one")
    parser.add_argument("--fields", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=1000)
    parser.add_argument("--out", type=Path, default=DOCS / "fields")
    parser.add_argument("--write", action="store_true", help="the loss of fields into the model's folder")
    given = parser.parse_args()
    model, start, path = load_model(given.model), time.monotonic(), given.out.with_suffix(".csv")
    rows = pd.read_csv(path) if path.is_file() else pd.DataFrame({"number": [], "model": []})
    rows = rows[rows["model"] == model.weights_digest[:12]]
    for number in range(given.fields):
        if time.monotonic() - start > given.seconds:
            break
        if number not in set(rows["number"]):
            try:
                fresh = pd.DataFrame(one_field(model, number))
            except InputError as error:  # a picture in which too little is seen
                fresh = pd.DataFrame(
                    [{"number": number, "model": model.weights_digest[:12], "rule": str(error)}]
                )
            rows = fresh if rows.empty else pd.concat([rows, fresh], ignore_index=True)
            rows.to_csv(path, index=False)
            print(fresh[fresh["rule"] == RULE].to_string(header=False), flush=True)
    if given.write:
        tables = json.loads((model.folder / LOSS_FILE).read_text())
        tables[weights_key(model.folder)]["fields"] = loss_of_fields(rows)
        (model.folder / LOSS_FILE).write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
