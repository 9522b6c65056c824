r"""Cross-validate a training recipe by image: train without each fold, score the whole chain on it.

python calibration/segmentation/cross_validate.py --recipe R.toml [--recipe NEXT.toml] --set uo2_bftem --data
DATA \
    --cache CACHE --out OUT [--start base/last.pt [--start other/last.pt]] [--folds 5] \
    [--together '\d+'] [--only 0 --only 1] [--change dice=0.3]

--recipe given again: stages, each from the weights of the one before.
--together keeps images in one fold whose names agree in what the expression finds first: crops of one
micrograph.  What the recipe holds out of the set is not held out here.

Called again it goes on: a fold that has its scores is not trained again. OUT/scores.json holds every image of
the folds done so far, by this call or another (--only), OUT/scores.md the table.
"""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from segment.training.data.crops import CropSource, read_real
from segment.training.data.pairs import Pair, find_pairs
from segment.training.evaluate import evaluate
from segment.training.export import export_model
from segment.training.fit import averaged_weights, fit
from segment.training.recipe import TrainingRecipe, read_training_recipe
from segment.unet import load_model

COLUMNS = ("f1", "precision", "recall", "intercept_ratio", "area_weighted_diameter_ratio")


def folds_of(stems: list[str], n: int, together: str = ".+") -> list[tuple[str, ...]]:
    """Every n-th group of the sorted names; a group agrees in the first match of `together`."""
    groups: dict[str, list[str]] = {}
    for stem in sorted(stems):
        found = re.search(together, stem)
        groups.setdefault(found[0] if found else stem, []).append(stem)
    return [tuple(chain.from_iterable(list(groups.values())[k::n])) for k in range(n)]


def changed(recipe: TrainingRecipe, changes: list[str]) -> TrainingRecipe:
    """The recipe with `key=value` replaced; values as in TOML."""
    return replace(recipe, **tomllib.loads("\n".join(changes)))


def without(recipe: TrainingRecipe, name: str, held_out: tuple[str, ...]) -> TrainingRecipe:
    real = tuple(replace(one, held_out=held_out) if one.name == name else one for one in recipe.real)
    return replace(recipe, real=real)


def run_fold(
    arguments: argparse.Namespace, recipes: list[TrainingRecipe], fold: tuple[str, ...], out: Path
) -> None:
    start = averaged_weights(arguments.start) if arguments.start else None
    stages = [without(recipe, arguments.set, fold) for recipe in recipes]
    train(arguments, stages, out, start, origin="cross-validation")


def train(
    arguments: argparse.Namespace,
    recipes: list[TrainingRecipe],
    out: Path,
    start: dict[str, Any] | None,
    *,
    origin: str,
    among: np.ndarray | None = None,
) -> None:
    """Train stage after stage from `start` (None: ImageNet's weights) and export to OUT/name.

    `among` as in `CropSource`.
    """
    folders = [*(out / f"stage{number}" for number in range(len(recipes) - 1)), out]
    for recipe, folder in zip(recipes, folders, strict=True):
        real = [(one, read_real(arguments.data, one)) for one in recipe.real]
        source = CropSource(recipe, arguments.cache, real, recipe.seed, among)
        checkpoint = fit(recipe, source, folder, start=start, threads=arguments.threads, say=print)
        start = averaged_weights([checkpoint])
    export_model(recipe, checkpoint, out / recipe.name, origin=origin, default=False)


def pairs_of(arguments: argparse.Namespace) -> list[Pair]:
    """Images and tracings of the set that is held out in turn."""
    folder = arguments.data / arguments.set
    return find_pairs(folder / "images", folder / "boundary")


def score_fold(arguments: argparse.Namespace, name: str, fold: tuple[str, ...], out: Path) -> None:
    held = out / "held_out"
    for pair in pairs_of(arguments):
        if pair.image.stem not in fold:
            continue
        for kind, path in (("images", pair.image), ("boundary", pair.tracing)):
            link = held / kind / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(path.resolve())
    rows = [one.row() for one in evaluate(load_model(out / name), held / "images", held / "boundary")]
    (out / "scores.json").write_text(json.dumps(rows, indent=1))


def table(rows: list[dict[str, Any]]) -> str:
    lines = [f"| image | {' | '.join(COLUMNS)} | scale |", "|---" * (len(COLUMNS) + 2) + "|"]
    for row in rows:
        lines.append(
            f"| {row['image']} | " + " | ".join(f"{row[c]:.3f}" for c in COLUMNS) + f" | {row['scale']:.2f} |"
        )
    f1 = np.array([row["f1"] for row in rows])
    intercept, diameter = (np.mean([abs(np.log(row[c])) for row in rows]) for c in COLUMNS[-2:])
    lines.append(
        f"\nMean F1 {f1.mean():.3f} (standard deviation {f1.std(ddof=1):.3f}) over {len(rows)} images; "
        f"mean abs. log ratio of mean intercept {intercept:.3f}, of area-weighted diameter {diameter:.3f}."
    )
    return "\n".join(lines) + "\n"


def training_parser(description: str | None) -> argparse.ArgumentParser:
    """The options that `train` needs, but the recipes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option in ("--data", "--cache", "--out"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    return parser


def main() -> None:
    parser = training_parser(__doc__)
    parser.add_argument("--recipe", type=Path, required=True, action="append", help="given again: stages")
    parser.add_argument("--set", required=True, help="the real set whose images are held out in turn")
    parser.add_argument("--start", type=Path, action="append", help="given again: the mean of all")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--together", default=".+", metavar="REGEX")
    parser.add_argument("--only", type=int, action="append")
    parser.add_argument("--change", action="append", default=[])
    arguments = parser.parse_args()
    recipes = [changed(read_training_recipe(path), arguments.change) for path in arguments.recipe]
    stems = [pair.image.stem for pair in pairs_of(arguments)]
    rows: list[dict[str, Any]] = []
    for k, fold in enumerate(folds_of(stems, arguments.folds, arguments.together)):
        out = arguments.out / f"fold{k}"
        wanted = arguments.only is None or k in arguments.only
        if wanted and not (out / "scores.json").is_file():
            run_fold(arguments, recipes, fold, out)
            score_fold(arguments, recipes[-1].name, fold, out)
        if (out / "scores.json").is_file():
            rows += json.loads((out / "scores.json").read_text())
    (arguments.out / "scores.json").write_text(json.dumps(rows, indent=1))
    (arguments.out / "scores.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
