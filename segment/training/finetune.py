"""Fine-tuning: a released model learns from a few corrected images and keeps what it knew.

Half of every batch are crops of the user's images, brought to the network's favourite scale; the other half
are synthetic micrographs as in the first training, so that the rest is not forgotten.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from segment.training.cache import line_distance, write_cache
from segment.training.crops import CropSource, Example
from segment.training.export import export, load_weights
from segment.training.fit import fit
from segment.training.network import require_torch
from segment.training.pairs import Pair, find_pairs, lines_of
from segment.training.recipe import RealSet, TrainingRecipe, read_recipe
from segment.training.score import fill, intercepts
from segment.unet import Model

LEARNING_RATE = 3e-4
REPLAY_IMAGES = 150


def finetune(
    model: Model,
    images: Path,
    tracings: Path,
    out: Path,
    *,
    steps: int = 150,
    share: float = 0.5,
    replay: int = REPLAY_IMAGES,
    threads: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Adapt `model` to the images of a folder pair and write a new model folder.

    Parameters
    ----------
    model : Model
        Its folder must hold ``weights.npz`` and ``recipe.toml``.
    images, tracings : Path
        One to some ten images, and masks of lines, ImageJ tracings or label maps of the same stems.
    out : Path
        The new model folder; its name becomes the model's.
    steps : int
        Of eight crops each.
    share : float
        Share of the crops taken from `images`.
    replay : int
        Synthetic micrographs drawn for the other crops.
    threads : int, optional
    say : callable
        Receives a line of progress now and then.

    Returns
    -------
    Path
        ``model.toml`` of the new folder.

    Raises
    ------
    InputError
        Torch is not installed, an image lacks its tracing, or the model cannot be trained further.
    """
    require_torch()
    start = load_weights(model.folder)
    pairs = find_pairs(images, tracings)
    own = RealSet("own", share, min_scale=0.7, max_scale=1.4)
    recipe = replace(
        read_recipe(model.folder / "recipe.toml"),
        name=out.resolve().name,
        steps=steps,
        minutes=0.0,
        learning_rate=LEARNING_RATE,
        real=(own,),
    )
    examples = [_example(pair, model.favourite_intercept_px) for pair in pairs]
    work = out / ".training"
    say(f"drawing {replay} synthetic micrographs")
    write_cache(work / "cache", replay, seed=recipe.seed, size=384)
    source = CropSource(recipe, work / "cache", [(own, examples)], recipe.seed + 1)
    checkpoint = fit(recipe, source, work, start=start, threads=threads, say=say)
    written = _release(recipe, model, checkpoint, out, len(pairs))
    shutil.rmtree(work)
    return written


def _release(recipe: TrainingRecipe, model: Model, checkpoint: Path, out: Path, n_images: int) -> Path:
    origin = f"{model.name} ({model.digest[:12]}) fine-tuned on {n_images} images"
    written = export(recipe, checkpoint, out, origin=origin, default=False)
    (out / "CARD.md").write_text(f"# {recipe.name}\n\n{origin}, {recipe.steps} steps.\n", encoding="utf-8")
    return written


def _example(pair: Pair, favourite_intercept_px: float) -> Example:
    """Image and lines, resampled so that the traced mean intercept is the network's favourite."""
    grey = pair.micrograph().image
    truth = pair.truth()
    low, high = np.quantile(grey, [0.001, 0.999])
    image = np.clip((grey.astype(np.float32) - low) / max(high - low, 1e-6) * 255, 0, 255).astype(np.uint8)
    lengths = intercepts(fill(truth.labels))
    scale = float(np.clip(favourite_intercept_px / lengths.mean(), 0.1, 4)) if lengths.size else 1.0
    size = (max(round(image.shape[1] * scale), 64), max(round(image.shape[0] * scale), 64))
    away = cv2.distanceTransform((~lines_of(truth)).astype(np.uint8), cv2.DIST_L2, 5) * scale
    thin = cv2.resize(away, size, interpolation=cv2.INTER_LINEAR) < 0.75
    resampled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return Example(resampled, line_distance(thin), None, pair.image.stem)
