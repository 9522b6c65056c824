"""All weights of a release from the start: each network in its stages, and its folds beside it.

    python scripts/train_released.py RECIPES ... --data DATA --out OUT [--device cuda] [--workers 12]

RECIPES is a folder with recipe_base.toml (no TEM tracing) and recipe.toml (the last stage): a released
model's.  Synthetic micrographs are drawn once for all networks, while these train on what is there.  From
each base the last stage is then trained on all real images, and once without each fold of --set.

OUT/NAME/base, final, fold0 ... hold last.pt and log.csv. What is finished is not trained again.  What follows
needs no accelerator: `grainstats model export`, and scripts/cross_validate.py, which scores the folds.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from cross_validate import folds_of, without

from segment.training.cache import drawing, wait_for
from segment.training.crops import CropSource, read_real
from segment.training.fit import averaged_weights, fit
from segment.training.pairs import find_pairs
from segment.training.recipe import TrainingRecipe, read_recipe
from segment.unet.model import Device

STAGES = ("recipe_base.toml", "recipe.toml")


@dataclass(frozen=True)
class Job:
    """One training: recipe, its folder, and the checkpoint it starts from (None: ImageNet's weights)."""

    recipe: TrainingRecipe
    out: Path
    start: Path | None = None


@dataclass(frozen=True)
class Setting:
    """What all trainings share."""

    data: Path
    cache: Path
    device: Device


def train(job: Job, setting: Setting) -> Path:
    """Train one network; its progress on standard error."""
    real = [(one, read_real(setting.data, one)) for one in job.recipe.real]
    source = CropSource(job.recipe, setting.cache, real, job.recipe.seed)
    start = averaged_weights([job.start]) if job.start else None
    began, name = monotonic(), f"{job.out.parent.name}/{job.out.name}"
    done = fit(
        job.recipe,
        source,
        job.out,
        start=start,
        device=setting.device,
        threads=1,
        say=lambda line: _say(f"{name}: {line}") if " 0 " in line or line.endswith("00.0%") else None,
    )
    _say(f"{name}: {job.recipe.steps} steps in {monotonic() - began:.0f} s")
    return done


def train_all(jobs: list[Job], setting: Setting) -> None:
    """Train side by side, each in a process of its own."""
    with ProcessPoolExecutor(len(jobs), get_context("spawn")) as pool:
        running: list[Future[Path]] = [pool.submit(train, job, setting) for job in jobs]
        for one in running:
            one.result()


def last_stages(recipe: TrainingRecipe, out: Path, chosen: str, data: Path, folds: int) -> list[Job]:
    """The last stage on everything, and without each fold of the set `chosen`."""
    start = out / "base" / "last.pt"
    stems = [pair.image.stem for pair in find_pairs(data / chosen / "images", data / chosen / "boundary")]
    held_out = [
        Job(without(recipe, chosen, fold), out / f"fold{k}", start)
        for k, fold in enumerate(folds_of(stems, folds))
    ]
    return [Job(recipe, out / "final", start), *held_out]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="default: OUT/cache")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--workers", type=int, default=2, help="processes that draw")
    parser.add_argument("--set", default="uo2_bftem", help="the real set whose images are held out in turn")
    parser.add_argument("--folds", type=int, default=5)
    given = parser.parse_args()
    stages = [[read_recipe(folder / name) for name in STAGES] for folder in given.recipes]
    first = stages[0][0]
    setting = Setting(given.data, given.cache or given.out / "cache", given.device)
    with drawing(setting.cache, first.synthetic, seed=first.seed, workers=given.workers):
        wait_for(setting.cache, first.at_first or first.synthetic)
        train_all([Job(base, given.out / base.name / "base") for base, _ in stages], setting)
    for _, last in stages:
        train_all(last_stages(last, given.out / last.name, given.set, given.data, given.folds), setting)


if __name__ == "__main__":
    main()
