"""The verdict on samples of one to six fields: docs/validation/verdict_images.csv.

    python calibration/calibrate_images.py

Every field is a mosaic of its own.  *Unlike fields*: the mean sizes of the fields scatter by `SCATTER` (SD of
the log), as of a specimen that is not the same everywhere.  A row is there once; delete it to make it anew.
"""

from __future__ import annotations

import argparse
import hashlib
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from calibrate_outside import rules_digest
from calibrate_small_fields import PACKAGE, fields
from outside_families import Structure, lognormal, loguniform

from grainstats.infer import ImageGrains
from grainstats.infer.modality.judge import decide

TABLE = Path(__file__).parents[1] / "docs" / "validation" / "verdict_images.csv"
IMAGES = (1, 3, 6)
PER_FIELD = 100  # whole grains
SCATTER = 0.3
ONE = {
    "Voronoi": Structure(lognormal(0.0), share=0.0),
    "log-normal 0.35, filled": Structure(lognormal(0.35)),
    "log-normal 0.5, filled": Structure(lognormal(0.5)),
    "log-normal 0.8, thrown at .5": Structure(lognormal(0.8), share=0.5),
    "log-normal 0.8, sequential at .3": Structure(lognormal(0.8), "loose", 0.3),
    "log-uniform 1-6 by volume, sequential": Structure(loguniform(1, 6, 3), "loose", 0.45),
    "log-normal 0.5, 5 % of borders lost": Structure(lognormal(0.5), unseen=0.05, faint=0.3),
}
TWO = {  # as from pixels: ratio of spheres, coarse share of the volume
    f"R = {r:g}, f = {f:g}{lost}": Structure(lognormal(0.2), ratio=r, coarse=f, **how)
    for r in (3.0, 4.0, 6.0)
    for f in (0.3, 0.6)
    for lost, how in (("", {}), (", 5 % of borders lost", {"unseen": 0.05, "faint": 0.3}))
}


def unlike(sample: list[ImageGrains], rng: np.random.Generator) -> list[ImageGrains]:
    """The fields at scales of their own."""
    scales = np.exp(rng.normal(0.0, SCATTER, len(sample)))
    return [
        replace(g, diameter_nm=s * g.diameter_nm, frame_diameter_nm=s * g.frame_diameter_nm)
        for g, s in zip(sample, scales, strict=True)
    ]


def rules() -> str:
    """What decides, and what is subtracted from the statistic of several fields."""
    small = (PACKAGE / "small_fields_section.json").read_bytes()
    return f"{rules_digest()} {hashlib.sha256(small).hexdigest()[:6]}"


def judged(name: str, many: int) -> list[dict[str, object]]:
    """Rows of one structure: every sample also serves as one of fewer fields."""
    rng = np.random.default_rng([43, zlib.crc32(name.encode())])
    structure = ONE.get(name) or TWO[name]
    alike = [[fields(structure, PER_FIELD, 1, rng)[0] for _ in range(IMAGES[-1])] for _ in range(many)]
    kinds = {"one population" if name in ONE else "two populations": alike}
    if name in ONE:
        kinds["one population, unlike fields"] = [unlike(sample, rng) for sample in alike]
    rows = []
    for kind, samples in kinds.items():
        for n in IMAGES:
            found = [d.verdict for d in decide([sample[:n] for sample in samples], "section")]
            counts = {v: found.count(v) for v in ("bimodal", "uniform")}
            rows.append({"kind": kind, "structure": name, "images": n} | counts)
    return [row | {"windows": many, "rules": rules()} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs=2, default=(200, 60), help="of one, of two populations")
    parser.add_argument("--seconds", type=float, default=1000.0, help="begin no structure after so long")
    given = parser.parse_args()
    table, start = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(), time.monotonic()
    if len(table):
        table = table[table["rules"] == rules()]
    done = set(table["structure"]) if len(table) else set()
    for name in (*ONE, *TWO):
        if name not in done and time.monotonic() - start < given.seconds:
            table = pd.concat([table, pd.DataFrame(judged(name, given.samples[name in TWO]))])
            table.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
