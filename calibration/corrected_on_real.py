"""Means of real traced micrographs, as segmented and corrected for lost boundary: bias and coverage.

    python calibration/corrected_on_real.py --data DATA [--sets uo2_bftem real/sus304_etched ...] [--most 20]

DATA holds folders with ``images`` and ``boundary`` of the same stems.  Lengths are in pixels (a pixel is
called a nanometre).  docs/validation/corrected_real.csv has a row per image; images there are not done again
with the same weights.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from calibrate_end_to_end import TARGETS, compared, sizes_of

from grainstats.measure import measure_grain_map
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import evidence_of
from segment.training.data.pairs import Pair, find_pairs
from segment.unet import Model, load_model

OUT = Path(__file__).parents[1] / "docs" / "validation" / "corrected_real.csv"
SETS = ("uo2_bftem", "real/sus304_etched", "real/perovskite_sem", "real/steel316L_binderjet", "tbm_om")


def row_of(model: Model, pair: Pair, name: str) -> dict[str, object]:
    """One image: ratios segmented / traced, and whether the intervals hold the traced mean."""
    micrograph = replace(pair.micrograph(), pixel_size_nm=1.0, pixel_size_source="manual")
    found = segment_micrograph(micrograph, model)[1]
    assert found.segmentation is not None
    truth = replace(pair.truth(), pixel_size_nm=1.0, pixel_size_source="manual")
    ours, theirs = sizes_of(measure_grain_map(found), model=model), sizes_of(measure_grain_map(truth))
    share = ours.get("boundary_lost_share", (np.nan,))[0]
    return {
        "set": name,
        "image": pair.image.stem,
        "model": model.weights_digest[:12],
        **compared(ours, theirs),
        "boundary_lost_share": round(float(share), 4),
        **evidence_of(found.segmentation),
    }


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """By set: geometric mean ratio and share covered, of both means, as traced and corrected."""
    cells = []
    for name, here in rows.groupby("set", sort=False):
        cell: dict[str, object] = {"set": name, "images": len(here)}
        for short in TARGETS:
            for suffix in ("", "_corrected"):
                logs = np.log(here[f"{short}_ratio{suffix}"].astype(float))
                cell[f"{short}{suffix}"] = round(float(np.exp(logs.mean())), 3)
                covered = here[f"{short}_covered{suffix}"].dropna()
                cell[f"{short}{suffix} covered"] = round(float(covered.astype(bool).mean()), 2)
        cells.append(cell)
    return pd.DataFrame(cells)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--most", type=int, default=10, help="images of a set, evenly chosen")
    parser.add_argument("--model", default=None)
    given = parser.parse_args()
    model = load_model(given.model)
    rows = pd.read_csv(OUT) if OUT.is_file() else pd.DataFrame({"set": [], "image": [], "model": []})
    rows = rows[rows["model"] == model.weights_digest[:12]]
    for name in given.sets:
        pairs = find_pairs(given.data / name / "images", given.data / name / "boundary")
        for pair in pairs[:: max(len(pairs) // given.most, 1)][: given.most]:
            if ((rows["set"] == name) & (rows["image"] == pair.image.stem)).any():
                continue
            fresh = pd.DataFrame([row_of(model, pair, name)])
            rows = fresh if rows.empty else pd.concat([rows, fresh], ignore_index=True)
            rows.to_csv(OUT, index=False)
            print(fresh.to_string(header=False, index=False), flush=True)
    print(summary(rows).to_string(index=False))


if __name__ == "__main__":
    main()
