"""Choose a model's seed persistence on images that its networks never saw: the folds of a cross-validation.

    python calibration/segmentation/tune_persistence.py CV_FOLDER [--persistence .1 .2] [--least .5 .6] \
        [--write MODEL_FOLDER]

CV_FOLDER is what `cross_validate.py` wrote: the network of each fold (fold*/NAME) answers the images held
out from it (fold*/held_out).  Each answer is cut with every persistence and least mean probability along a
border; the table has mean F1 at 4 px and the log ratios of mean intercept and area-weighted diameter.  Chosen
is the persistence of the best F1 with the least probability that each image calls for, within .005 of it the
smallest mean-intercept error.  --write puts it into model.toml of a model trained on all images, with the
share of pixels on which that model's bf16 answers agree with f32, the worst of these images.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np

from segment.cells.close import close_cells
from segment.errors import InputError
from segment.quality.score import score
from segment.training.agreement import write_settings
from segment.training.data.pairs import Pair, find_pairs
from segment.unet import Model, load_model
from segment.unet.predict import predict

PERSISTENCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
#: what stands for the least probability that an image calls for, where it is given
LEVEL = {
    "segment.cells.border_merging.CONFIDENCES": lambda level: (level,),
    "segment.cells.border_merging.HIGHEST": lambda _: 0.0,
    "segment.cells.close.HIGHEST": lambda level: level,
}
EQUAL_F1 = 0.005  #: candidates this close to the best F1 are as good


def held_out(folder: Path) -> Iterator[tuple[Model, Pair]]:
    """The network of each fold with each image that it never saw."""
    folds = sorted(folder.glob("fold*"))
    if not folds:
        raise InputError(folder, "no fold* in it", "Name the --out folder of cross_validate.py")
    for fold in folds:
        (toml,) = fold.glob("*/model.toml")
        model = load_model(toml.parent)
        for pair in find_pairs(fold / "held_out" / "images", fold / "held_out" / "boundary"):
            yield model, pair


def figures(
    model: Model, pair: Pair, persistences: tuple[float, ...], least: tuple[float | None, ...]
) -> np.ndarray:
    """F1, log intercept ratio and log diameter ratio, shape (persistences, least probabilities, 3)."""
    answer, truth = predict(model, pair.micrograph(), precision="f32"), pair.truth().cells()
    smallest = model.smallest_px(answer.scale)
    rows = []
    for persistence in persistences:
        for confidence in least:
            with ExitStack() as stack:
                for name, value in LEVEL.items() if confidence is not None else ():
                    stack.enter_context(patch(name, value(confidence)))
                cells = close_cells(answer, persistence=persistence, min_area_px=smallest)
            one = score(cells.cells(), truth)
            rows.append((one.f1, np.log(one.intercept_ratio), np.log(one.area_weighted_diameter_ratio)))
    return np.array(rows).reshape(len(persistences), len(least), 3)


def choose(found: np.ndarray) -> int:
    """Persistence of the best mean F1; within `EQUAL_F1` of it, of the smallest mean-intercept error.

    Parameters
    ----------
    found : ndarray, shape (images, persistences, 3)
    """
    f1, error = found[..., 0].mean(axis=0), np.abs(found[..., 1]).mean(axis=0)
    return int(np.argmin(np.where(f1 >= f1.max() - EQUAL_F1, error, np.inf)))


def table(found: np.ndarray, persistences: tuple[float, ...], least: tuple[float | None, ...]) -> str:
    """Means over the images of `found`, shape (images, persistences, least probabilities, 3)."""
    lines = [
        "| persistence | least probability | F1 | log intercept ratio | its absolute | diameter's absolute |"
    ]
    lines.append("|---" * 6 + "|")
    mean, absolute = found.mean(axis=0), np.abs(found).mean(axis=0)
    for i, persistence in enumerate(persistences):
        for j, confidence in enumerate(least):
            f1, intercept = mean[i, j, :2]
            errors = f"{absolute[i, j, 1]:.3f} | {absolute[i, j, 2]:.3f}"
            level = "by the image" if confidence is None else f"{confidence:.2f}"
            lines.append(f"| {persistence:.2f} | {level} | {f1:.4f} | {intercept:+.3f} | {errors} |")
    return "\n".join(lines)


def agreement(model: Model, pairs: list[Pair]) -> float:
    """Least share of pixels on whose side of one half bf16 and f32 agree."""
    shares = []
    for pair in pairs:
        exact = predict(model, pair.micrograph(), precision="f32")
        half = predict(model, pair.micrograph(), precision="bf16", scale=exact.scale)
        shares.append(float(((exact.probability > 0.5) == (half.probability > 0.5)).mean()))
    return min(shares)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persistence", type=float, nargs="+", default=PERSISTENCES)
    parser.add_argument("--least", type=float, nargs="+", default=[])
    parser.add_argument("--write", type=Path, metavar="MODEL_FOLDER")
    arguments = parser.parse_args()
    persistences = tuple(arguments.persistence)
    least = (None, *arguments.least)
    found, pairs = [], []
    for model, pair in held_out(arguments.folder):
        found.append(figures(model, pair, persistences, least))
        pairs.append(pair)
        print(pair.image.stem, np.round(found[-1][..., 0].max(), 3), flush=True)
    everything = np.array(found)
    print(table(everything, persistences, least))
    chosen = persistences[choose(everything[:, :, 0])]
    print(f"chosen on {len(pairs)} images: persistence {chosen:g}, least probability by the image")
    if arguments.write:
        agreed = agreement(load_model(arguments.write), pairs)
        settings = {"persistence": f"{chosen:g}", "bf16_agreement": f"{agreed:.4f}"}
        write_settings(arguments.write, settings)


if __name__ == "__main__":
    main()
