"""Verdicts and spacings of rendered micrographs of known mosaics, segmented by a released model.

    python calibration/calibrate_end_to_end.py [--model models/NAME] [--images 2] [--seconds 1100]

Every cell of the table is a group of rendering styles and a kind of mosaic of ~865 interior grains;
bright-field images are three times as many.  Cells fill evenly, and a run that was stopped goes on where it
was (as long as the weights and the rules are the same).  docs/validation/calibration_end_to_end.csv has a row
per image.
"""

from __future__ import annotations

import argparse
import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from calibrate_outside import rules_digest
from fit_error_rates import count_errors
from power_diagram import cells_of

from grainstats.infer import judge_modality
from grainstats.infer.modality.judge_sample import SampleImage, judge_sample
from grainstats.infer.modality.stability import LIKELY, cut_anew
from grainstats.measure import Measurement, descriptors, measure_grain_map
from grainstats.measure.descriptors.corrected import with_corrected
from segment.grain_map import GrainMap
from segment.micrograph.micrograph import Micrograph
from segment.mosaics.laguerre import Mosaic, laguerre_section
from segment.pipeline import segment_micrograph
from segment.quality.boundary_loss import read_loss_table
from segment.quality.warnings import MISSED, UNLIKE_GRAINS
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

DOCS = Path(__file__).parents[1] / "docs" / "validation"
GRAINS = 865
FINE_PX = 44.0  # mean sphere diameter of the fine population: mean intercepts of about 30 px
PIXEL_NM = 1.3
SEED = 20_261_130
BRIGHT_FIELD = "bright-field TEM"
MORE_OF = {BRIGHT_FIELD: 3}  # images for one of other groups
GROUPS = {
    BRIGHT_FIELD: ("bf_tem",),
    "SEM, films and lines": ("sem_film", "sem_lines"),
    "SEM, channelling": ("sem_channelling",),
    "etched": ("etched",),
    "stained": ("stained",),
    "second phases": ("second_phase", "second_phase_lines"),
    "noise floor": ("noisy_film", "noisy_lines"),
}
GIANT, PATCH = "one giant grain", "blank patch"
KINDS = {  # (sigma, R, f), which take turns
    "uniform": ((0.2, 1.0, 0.0), (0.35, 1.0, 0.0), (0.5, 1.0, 0.0), (0.0, 1.0, 0.0)),
    GIANT: ((0.35, 1.0, 0.0),),
    PATCH: ((0.35, 1.0, 0.0),),
    "R = 3": ((0.2, 3.0, 0.3), (0.2, 3.0, 0.6)),
    "R = 4": ((0.2, 4.0, 0.3), (0.2, 4.0, 0.6)),
    "R = 6": ((0.2, 6.0, 0.3), (0.2, 6.0, 0.6)),
}
SHARE_OF_DISC = (0.06, 0.12, 0.2)  # area of the giant grain and of the blank patch, over the image's
TARGETS = {"intercept": "intercept_mean_nm", "diameter": "equivalent_diameter_mean_nm"}


def mosaic_of(
    population: tuple[float, float, float], rng: np.random.Generator, grains: int = GRAINS
) -> Mosaic:
    """A square section with about so many interior grains; its side comes from a pilot."""
    sigma, ratio, coarse = population

    def section(side: int) -> Mosaic:
        return laguerre_section((side, side), FINE_PX, sigma, rng, size_ratio=ratio, coarse_volume=coarse)

    side = int(25 * FINE_PX)
    centre = cells_of(section(side)).centroid
    seen = ((centre > 0) & (centre < side)).all(axis=1).sum()
    return section(int(side * np.sqrt(grains / seen) * 1.05))


def disc_of(shape: tuple[int, ...], number: int, rng: np.random.Generator) -> np.ndarray:
    """A disc somewhere wholly inside the image."""
    radius = np.sqrt(SHARE_OF_DISC[number % len(SHARE_OF_DISC)] / np.pi) * shape[0]
    y, x = (rng.uniform(1.1 * radius, side - 1.1 * radius) for side in shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 < radius**2)


def with_giant(truth: GrainMap, disc: np.ndarray) -> GrainMap:
    """The map with one grain more, as large as the disc."""
    labels = np.where(disc, truth.n_grains + 1, truth.labels)
    return replace(
        truth, labels=np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32) + 1
    )


def sizes_of(measured: Measurement, *, model: Model | None = None) -> dict[str, tuple]:
    """Descriptors as (value, low, high), with corrected ones where there are."""
    found = descriptors(measured)
    table = None if model is None else read_loss_table(model.folder)
    if table is not None and measured.segmentation is not None:
        found = with_corrected(found, table.of([measured.segmentation]))
    return {d.name: (d.value, d.ci_low, d.ci_high) for d in found}


def one_image(model: Model, group: str, kind: str, number: int, work: Path) -> dict[str, object]:
    """Image `number` of a cell of the table, judged; what was segmented before is kept in `work`."""
    path = (
        work
        / f"{model.weights_digest[:12]}-{list(GROUPS).index(group)}-{list(KINDS).index(kind)}-{number}.pkl"
    )
    if path.is_file():
        row, seen, true = pickle.loads(path.read_bytes())
    else:
        row, seen, true = rendered(model, group, kind, number)
        path.write_bytes(pickle.dumps((row, seen, true)))
    means = compared(sizes_of(seen, model=model), sizes_of(true))
    seen, true = SampleImage.of_measurement(seen), SampleImage.of_measurement(true)
    verdict = judge_sample([seen])
    return (
        row
        | means
        | {
            "rules": rules(),
            "true_verdict": judge_sample([true]).verdict,
            "as_traced": judge_sample([SampleImage(seen.grains)]).verdict,
            "unchecked": judge_modality([cut_anew(seen.grains, seen.segmentation)[0]]).verdict,
            "verdict": verdict.verdict,
            "p_value": verdict.p_value,
            "stability": verdict.stability,
        }
    )


def rendered(
    model: Model, group: str, kind: str, number: int
) -> tuple[dict[str, object], Measurement, Measurement]:
    """Render, segment and measure: errors, and the measured maps as segmented and true."""
    cell = [SEED, list(GROUPS).index(group), list(KINDS).index(kind), number]
    rng = np.random.default_rng(cell)
    styles, populations = GROUPS[group], KINDS[kind]
    style, population = styles[number % len(styles)], populations[number // len(styles) % len(populations)]
    truth = mosaic_of(population, rng).grain_map(PIXEL_NM)
    disc = disc_of(truth.labels.shape, number, rng)
    if kind == GIANT:
        truth = with_giant(truth, disc)
    image = render(truth, style, rng)
    if kind == PATCH:
        image = np.where(disc, np.uint8(rng.integers(10, 245)), image)
    found = segment_micrograph(
        Micrograph(image, PIXEL_NM, "manual", Path(f"{style}.tif"), "", "synthetic"), model
    )[1]
    seen, true = measure_grain_map(found), measure_grain_map(truth)
    errors = count_errors(found.labels, truth.labels, 0.0)
    row = {
        "group": group,
        "kind": kind,
        "number": number,
        "style": style,
        "sigma, R, f": "{:g}, {:g}, {:g}".format(*population),
        "model": model.weights_digest[:12],
        "true_grains": int((~true.grains["touches_frame"]).sum()),
        "found_grains": int((~seen.grains["touches_frame"]).sum()),
        "lost": round(float(errors.lost.sum() / errors.grains.sum()), 4),
        "cut": round(float(errors.cuts.sum() / errors.grains.sum()), 4),
        "missed": any(text.startswith(MISSED) for text in found.warnings),
        "unlike_grains": any(text.startswith(UNLIKE_GRAINS) for text in found.warnings),
    }
    return row, seen, true


def compared(ours: dict[str, tuple], theirs: dict[str, tuple]) -> dict[str, object]:
    """Ratios found / true of the means, and whether their intervals hold the truth; as traced, corrected."""
    row: dict[str, object] = {}
    for short, name in TARGETS.items():
        truth = theirs[name][0]
        for suffix, key in (("", name), ("_corrected", name.replace("_mean_nm", "_nm_corrected"))):
            value, low, high = ours.get(key, (np.nan, None, None))
            row[f"{short}_ratio{suffix}"] = round(value / truth, 4)
            row[f"{short}_covered{suffix}"] = None if low is None else bool(low <= truth <= high)
    return row


def rules() -> str:
    """What decides: statistic, quantiles and constants, and the borders that count."""
    return f"{rules_digest()}, {LIKELY:g}"


def stored_rows(path: Path, model: Model) -> list[dict[str, object]]:
    """Rows of an earlier run with the same weights and rules."""
    if not path.is_file():
        return []
    frame = pd.read_csv(path)
    if not {"model", "rules"} <= set(frame):
        return []
    same = (frame["model"] == model.weights_digest[:12]) & (frame["rules"] == rules())
    rows: list[dict[str, object]] = frame[same].to_dict("records")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=None, help="name or folder; default: the released one")
    parser.add_argument("--images", type=int, default=2, help="images a cell")
    parser.add_argument("--seconds", type=float, default=1100, help="stop after so long")
    parser.add_argument("--work", type=Path, default=Path("build/end_to_end"), help="segmented images")
    parser.add_argument("--groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--out", type=Path, default=DOCS / "calibration_end_to_end")
    given = parser.parse_args()
    model, start = load_model(given.model), time.monotonic()
    given.work.mkdir(parents=True, exist_ok=True)
    rows = stored_rows(given.out.with_suffix(".csv"), model)
    done = {(row["group"], row["kind"], row["number"]) for row in rows}
    wanted = [
        (g, k, n * MORE_OF.get(g, 1) + m)
        for n in range(given.images)
        for m in range(max(MORE_OF.values()))
        for k in KINDS
        for g in given.groups
        if m < MORE_OF.get(g, 1)
    ]
    for cell in wanted:
        if cell not in done and time.monotonic() - start < given.seconds:
            rows.append(one_image(model, *cell, given.work))
            print(*rows[-1].values(), flush=True)
            pd.DataFrame(rows).to_csv(given.out.with_suffix(".csv"), index=False)
    left = sum(cell not in {(r["group"], r["kind"], r["number"]) for r in rows} for cell in wanted)
    print(f"{len(rows)} images in {given.out.with_suffix('.csv')}, {left} to go")


if __name__ == "__main__":
    main()
