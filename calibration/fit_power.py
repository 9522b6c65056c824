"""The power that is printed with a verdict: grainstats/infer/modality/power_<null>.json.

    python calibration/fit_power.py

reads docs/validation/verdict_power.csv, in which `calibrate_outside.py` keeps how pairs of populations of
about three times the size were judged, and fits their share called bimodal by the grains that were seen and
the SD of log diameter: a logistic regression on both and their product.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "docs" / "validation" / "verdict_power.csv"
PACKAGE = ROOT / "grainstats" / "infer" / "modality"
SIZES = (80, 110, 155, 220, 310, 450, 650, 900, 1300, 1800)
RIDGE = 0.1  # keeps the fit finite where all windows of a corner agree


def fitted(rows: pd.DataFrame) -> np.ndarray:
    """Coefficients of `_terms`, by penalised maximum likelihood (Newton)."""
    x, y = _terms(rows["interior"], rows["sd"]), rows["bimodal"].to_numpy(float)
    found = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ found))
        weight = chance * (1 - chance)
        slope = x.T @ (y - chance) - RIDGE * found
        found += np.linalg.solve((x * weight[:, None]).T @ x + RIDGE * np.eye(len(found)), slope)
    return found


def _terms(n: pd.Series | np.ndarray, sd: pd.Series | np.ndarray) -> np.ndarray:
    a, b = np.log(np.asarray(n, float)) - 6, 5 * (np.asarray(sd, float) - 0.6)
    return np.column_stack([np.ones_like(a), a, b, a * b])


def main() -> None:
    table = pd.read_csv(SOURCE)
    for null, rows in table.groupby("null"):
        found = fitted(rows)
        spreads = np.round(np.quantile(rows["sd"], [0.05, 0.25, 0.5, 0.75, 0.95]), 3)
        power = [
            (1 / (1 + np.exp(-_terms(np.full(len(spreads), n), spreads) @ found))).round(3).tolist()
            for n in SIZES
        ]
        document = {"n_interior": SIZES, "sd": spreads.tolist(), "power": power, "windows": len(rows)}
        (PACKAGE / f"power_{null}.json").write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
