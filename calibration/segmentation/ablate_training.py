"""What each ingredient of the first training stage brings: short runs that lack or change one of them.

    python calibration/segmentation/ablate_training.py --recipe models/unet-lite2/recipe_base.toml --data
    DATA --cache CACHE \
        --out OUT [--steps 450] [--case "no ImageNet" ...]

Every case is trained from the start for the same number of steps and scored, by the whole chain, on images
that none of them saw: the ten TEM fields, the TBM crops of micrographs held out, fresh synthetic micrographs
of each style.  A case that has its scores is not run again; OUT/ablation.md is the table of all that have.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from card_figures import Row, real_rows, synthetic_rows
from cross_validate import train, training_parser

from segment.training.data.cache import read_count, style_of
from segment.training.recipe import TrainingRecipe, read_training_recipe
from segment.training.synthetic.styles import STYLES
from segment.unet import load_model
from segment.unet.architecture import build_network

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "no SEM films and lines": ("sem_film", "sem_lines", "noisy_film", "noisy_lines", "second_phase_lines"),
    "no noise floor": ("noisy_film", "noisy_lines"),
    "no second phases": ("second_phase", "second_phase_lines"),
    "no etched and stained": ("etched", "pearlite", "stained"),
    "no bright-field TEM": ("bf_tem",),
}
DECODERS = {"half the decoder": 0.5, "twice the decoder": 2.0}  #: other network sizes
ENCODER = {
    "EfficientNet-Lite1": "timm-tf_efficientnet_lite1",
    "EfficientNet-Lite2": "timm-tf_efficientnet_lite2",
}
CASES = (
    "everything",
    "another seed",
    "no ImageNet",
    "no synthesis",
    "no TBM",
    *LEFT_OUT,
    *DECODERS,
    *ENCODER,
)
PER_STYLE = 3


def recipe_of(case: str, recipe: TrainingRecipe) -> TrainingRecipe:
    if case == "another seed":
        return replace(recipe, seed=recipe.seed + 1)
    if case in DECODERS:
        return replace(recipe, decoder=tuple(round(width * DECODERS[case]) for width in recipe.decoder))
    if case in ENCODER:
        return replace(recipe, encoder=ENCODER[case])
    if case == "no TBM":
        return replace(recipe, real=())
    if case == "no synthesis":
        return replace(recipe, real=tuple(replace(one, share=1.0) for one in recipe.real))
    return recipe


def kept(case: str, cache: Path, seed: int) -> np.ndarray | None:
    """Numbers of the cache's images without the styles that this case lacks."""
    if case not in LEFT_OUT:
        return None
    styles = [style_of(seed, index) for index in range(read_count(cache))]
    return np.flatnonzero([style not in LEFT_OUT[case] for style in styles])


def run(case: str, given: argparse.Namespace, base: TrainingRecipe, out: Path) -> None:
    recipe = recipe_of(case, replace(base, steps=given.steps))
    start = build_network(recipe.architecture, imagenet=False).state_dict() if case == "no ImageNet" else None
    among = kept(case, given.cache, base.seed)
    train(given, [recipe], out, start, origin=f"ablation: {case}", among=among)


def score(given: argparse.Namespace, base: TrainingRecipe, model_folder: Path) -> dict[str, list[Row]]:
    model = load_model(model_folder)
    held = {one.name: one.held_out for one in base.real}
    return {
        "TEM": real_rows(model, given.data / "uo2_bftem"),
        "TBM": real_rows(model, given.data / "tbm_om", held.get("tbm_om")),
        **{
            style: [row for row in rows if row["image"] == style]
            for rows in [synthetic_rows(model, PER_STYLE)[0]]
            for style in STYLES
        },
    }


def table(found: dict[str, dict[str, list[Row]]], steps: int) -> str:
    columns = list(next(iter(found.values())))
    lines = [
        f"Mean F1 at 4 px after {steps} steps:\n",
        "| trained on | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for case, rows in found.items():
        means = [float(np.mean([row["f1"] for row in rows[column]])) for column in columns]
        lines.append(f"| {case} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = training_parser(__doc__)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--case", choices=CASES, nargs="*", default=CASES)
    given = parser.parse_args()
    base, found = read_training_recipe(given.recipe), {}
    for case in given.case:
        out = given.out / case.replace(" ", "_")
        if not (out / "scores.json").is_file():
            run(case, given, base, out)
            (out / "scores.json").write_text(json.dumps(score(given, base, out / base.name)))
        found[case] = json.loads((out / "scores.json").read_text())
        (given.out / "ablation.md").write_text(table(found, given.steps))
    print(table(found, given.steps))


if __name__ == "__main__":
    main()
