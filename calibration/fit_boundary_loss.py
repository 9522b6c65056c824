"""How much boundary a model loses, read from its own answer: fitted on rendered micrographs of known truth.

    python calibration/fit_boundary_loss.py --model models/NAME --work scratch/loss.csv --write

renders mosaics in all styles, segments them and keeps a row an image (resumable), then regresses the log
ratios of found to true intercepts and diameters on the evidence of `segment.quality.boundary_loss`.
What is left over is told by styles left out in turn, so that it holds for a style the fit has not seen.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.measure import grain_table
from segment.micrograph.micrograph import Micrograph
from segment.mosaics.laguerre import laguerre_section
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import FILE, evidence_of, weights_key
from segment.quality.score import intercepts
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

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
POPULATIONS = ((0.2, 1.0, 0.0), (0.35, 1.0, 0.0), (0.2, 3.0, 0.4), (0.5, 1.0, 0.0), (0.2, 4.0, 0.4))
SIDE_PX = 512
SEED = 20_261_129
RIDGE = 0.3  # in units of one image
WIDEST = 0.5  # log ratio: an image that lost more tells nothing of others


def one_image(model: Model, number: int) -> dict[str, object]:
    """Evidence and truth of image `number`."""
    rng = np.random.default_rng([SEED, number])
    style = STYLES[number % len(STYLES)]
    sigma, ratio, coarse = POPULATIONS[number // len(STYLES) % len(POPULATIONS)]
    size = float(rng.uniform(28, 52))
    mosaic = laguerre_section((SIDE_PX, SIDE_PX), size, sigma, rng, size_ratio=ratio, coarse_volume=coarse)
    truth = mosaic.grain_map(1.3)
    micrograph = Micrograph(render(truth, style, rng), 1.3, "manual", Path(f"{style}.tif"), "", "synthetic")
    found = segment_micrograph(micrograph, model)[1]
    assert found.segmentation is not None
    diameters = [_mean_diameter(grain_table(m, min_area_px=20)) for m in (found, truth)]
    return {
        "number": number,
        "style": style,
        "intercept": float(np.log(intercepts(found.labels).mean() / intercepts(truth.labels).mean())),
        "diameter": float(np.log(diameters[0] / diameters[1])),
        **evidence_of(found.segmentation),
    }


def _mean_diameter(table) -> float:  # type: ignore[no-untyped-def]
    whole = table[~table["touches_frame"]]
    if whole.empty:  # the fit leaves such an image out
        return float("nan")
    return float(np.average(whole["equivalent_diameter_nm"], weights=whole["weight"]))


def regression(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ridge coefficients, the offset last; robust by leaving out images that lost nearly everything."""
    full = np.column_stack([x, np.ones(len(x))])
    penalty = RIDGE * np.eye(full.shape[1])
    penalty[-1, -1] = 0.0
    return np.linalg.solve(full.T @ full + penalty, full.T @ y)


def fit(rows: list[dict[str, str]]) -> dict[str, object]:
    """Coefficients, ranges and left-over deviations as the model folder keeps them."""
    names = [k for k in rows[0] if k not in ("number", "style", "intercept", "diameter")]
    x = np.array([[float(r[k]) for k in names] for r in rows])
    style = np.array([r["style"] for r in rows])
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - centre) / scale
    out: dict[str, object] = {
        "names": names,
        "centre": centre.tolist(),
        "scale": scale.tolist(),
        "images": len(rows),
        "low": x.min(axis=0).tolist(),
        "high": x.max(axis=0).tolist(),
        "styles": len(set(style.tolist())),
    }
    for target in ("intercept", "diameter"):
        y = np.array([float(r[target]) for r in rows])
        kept = y < WIDEST
        apart = np.full(len(y), np.nan)
        for s in set(style.tolist()):
            inside = kept & (style != s)
            coefficient = regression(z[inside], y[inside])
            here = style == s
            apart[here] = z[here] @ coefficient[:-1] + coefficient[-1]
        rest = (y - apart)[kept]
        coefficient = regression(z[kept], y[kept])
        deviation = float(np.sqrt(np.mean(rest**2)))
        out[target] = {
            "coefficients": coefficient.tolist(),
            "deviation": deviation,
            "largest": float(np.quantile(apart[kept], 0.98)),
            "bias_left_out": float(rest.mean()),
            "covered_left_out": float((np.abs(rest) < 1.96 * deviation).mean()),
            "bias_uncorrected": float(y.mean()),
        }
        print(target, {k: v for k, v in out[target].items() if k != "coefficients"}, flush=True)  # type: ignore[attr-defined]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="CSV of the images; those there stay")
    parser.add_argument("--images", type=int, default=80)
    parser.add_argument("--seconds", type=float, default=500.0)
    parser.add_argument("--write", action="store_true", help="into the model's folder")
    given = parser.parse_args()
    model = load_model(given.model) if given.model else load_model()
    rows: list[dict[str, str]] = []
    if given.work.exists():
        with given.work.open() as stream:
            rows = list(csv.DictReader(stream))
    there, start = {int(r["number"]) for r in rows}, time.monotonic()
    for number in range(given.images):
        if number in there or time.monotonic() - start > given.seconds:
            continue
        row = one_image(model, number)
        fresh = not given.work.exists()
        with given.work.open("a", newline="") as stream:
            table = csv.DictWriter(stream, list(row), lineterminator="\n")
            if fresh:
                table.writeheader()
            table.writerow(row)
        print(row["style"], round(float(str(row["intercept"])), 3), flush=True)
    with given.work.open() as stream:
        facts = fit(list(csv.DictReader(stream)))
    if given.write:
        path = model.folder / FILE
        tables = json.loads(path.read_text()) if path.exists() else {}
        tables[weights_key(model.folder)] = _rounded(facts)
        path.write_text(json.dumps(tables, indent=1) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return round(value, 5) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
