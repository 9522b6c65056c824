"""Verdicts of samples of several rendered micrographs, segmented by a released model.

    python calibration/calibrate_samples.py [--samples 2] [--seconds 1100]

A sample is three or five images of one structure, with some 300 interior grains each; the three are the
first of the five.  They have one style, or (`MIXED`) each another one.  Its verdict is asked twice: as
`judge_sample` gives it, which leaves out images whose maps leave out too much (`MOST_UNDRAWN`), and with
every image counted.  Cells fill evenly; docs/validation/verdict_samples.csv has two rows a sample, and a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import pickle
import time
import zlib
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from calibrate_end_to_end import BRIGHT_FIELD, DOCS, GROUPS, PIXEL_NM, mosaic_of, rules

from grainstats.infer.modality import judge_sample as judging
from grainstats.infer.modality.judge_sample import SampleImage, judge_sample
from grainstats.measure import measure_grain_map
from segment.micrograph.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import undrawn_share
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

TABLE = DOCS / "verdict_samples.csv"
IMAGES = (3, 5)
MIXED = "each image of another style"
PER_IMAGE = 300  # interior grains
SEED = 20_261_201
POPULATIONS = {  # (sigma, R, f)
    "σ = .2": (0.2, 1.0, 0.0),
    "σ = .5": (0.5, 1.0, 0.0),
    "R = 3, f = .3": (0.2, 3.0, 0.3),
    "R = 4, f = .3": (0.2, 4.0, 0.3),
    "R = 6, f = .3": (0.2, 6.0, 0.3),
}


def images_of(model: Model, style: str, structure: str, number: int, work: Path) -> list[SampleImage]:
    """The images of one sample, as the verdict wants them; kept in `work`."""
    cell = [SEED, zlib.crc32(f"{style} {structure}".encode()), number]
    path = work / f"{model.weights_digest[:12]}-{cell[1]:08x}-{number}.pkl"
    if not path.is_file():
        rng, found = np.random.default_rng(cell), []
        for _ in range(max(IMAGES)):
            truth = mosaic_of(POPULATIONS[structure], rng, PER_IMAGE).grain_map(PIXEL_NM)
            image = render(truth, style, rng)
            micrograph = Micrograph(image, PIXEL_NM, "manual", Path(f"{style}.tif"), "", "synthetic")
            cells = segment_micrograph(micrograph, model)[1]
            found.append(SampleImage.of_measurement(measure_grain_map(cells)))
        path.write_bytes(pickle.dumps(found))
    images: list[SampleImage] = pickle.loads(path.read_bytes())
    return images


def sample_of(model: Model, group: str, structure: str, number: int, work: Path) -> list[SampleImage]:
    """Five images of a style of the group; of mixed ones, one of each of five groups' first samples."""
    if group != MIXED:
        styles = GROUPS[group]
        return images_of(model, styles[number % len(styles)], structure, number, work)
    first = [styles[0] for styles in GROUPS.values()]
    chosen = [(number + k) % len(first) for k in range(max(IMAGES))]
    return [images_of(model, first[c], structure, 0, work)[(number + c) % max(IMAGES)] for c in chosen]


def rows_of(images: list[SampleImage], about: dict[str, object]) -> list[dict[str, object]]:
    """The verdicts of the first three images and of all five."""
    rows = []
    for n in IMAGES:
        sample = images[:n]
        found = judge_sample(sample)
        with patch.object(judging, "MOST_UNDRAWN", 1.0):
            every = judge_sample(sample)
        undrawn = [undrawn_share(image.segmentation) for image in sample if image.segmentation]
        verdicts = {"verdict": found.verdict, "p_value": found.p_value, "counting": found.n_images}
        others = {"verdict_of_all": every.verdict, "p_value_of_all": every.p_value}
        rows.append(about | {"images": n, "undrawn": np.round(undrawn, 3).tolist()} | verdicts | others)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=2, help="samples a style; of bright field three times")
    parser.add_argument("--seconds", type=float, default=1100, help="stop after so long")
    parser.add_argument("--work", type=Path, default=Path("build/samples"), help="segmented images")
    given = parser.parse_args()
    model, start = load_model(None), time.monotonic()
    given.work.mkdir(parents=True, exist_ok=True)
    same = {"model": model.weights_digest[:12], "rules": rules()}
    rows: list[dict[str, object]] = []
    if TABLE.is_file():
        old = pd.read_csv(TABLE)
        rows = old[(old[list(same)] == pd.Series(same)).all(axis=1)].to_dict("records")
    done = {(r["group"], r["structure"], r["number"]) for r in rows}
    wanted = [
        (group, structure, number)
        for number in range(3 * given.samples)
        for group in (*GROUPS, MIXED)
        for structure in POPULATIONS
        if number < given.samples or group in (BRIGHT_FIELD, MIXED)
    ]
    for cell in wanted:
        if cell in done or time.monotonic() - start > given.seconds:
            continue
        about = dict(zip(("group", "structure", "number"), cell, strict=True))
        rows += rows_of(sample_of(model, *cell, given.work), about | same)
        print(*list(rows[-1].values())[:3], *list(rows[-1].values())[5:], flush=True)
        pd.DataFrame(rows).to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
