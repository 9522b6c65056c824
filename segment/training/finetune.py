"""Fine-tuning: a released model learns from a few corrected images and keeps what it knew.

Three things hold it back from forgetting.  Half of every batch are synthetic micrographs as in the first
training (rehearsal); the learning rate is a fraction of the first one's; and the result is blended with the
weights it started from, which keeps most of the gain on the new images and loses least on all others
(Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from segment.cells.label_edges import on_edges
from segment.choices import Device
from segment.errors import InputError
from segment.quality.calibration_table import CONFIDENCE_FILE as CONFIDENCE
from segment.quality.error_rates import write_rates
from segment.quality.score import fill, intercepts
from segment.training.agreement import write_settings
from segment.training.data.cache import line_distance, read_count, write_cache
from segment.training.data.crops import CropSource, Example
from segment.training.data.pairs import Pair, find_pairs, traced_part, without_image
from segment.training.export import export_model
from segment.training.finetune_card import Check, check_model, write_card
from segment.training.fit import fit
from segment.training.recipe import RealSet, TrainingRecipe, read_training_recipe
from segment.unet import Model, load_model
from segment.unet.architecture import load_weights, require_torch

if TYPE_CHECKING:
    import torch

LEARNING_RATE = 3e-4  #: a quarter of a training from the start: the weights move little; judgement
CROP_PX, BATCH = 256, 8  #: of a step, whatever device the model's own recipe was for
_SHARE = 0.5  #: of the crops that are taken from the user's images; the others are synthetic
REPLAY_IMAGES = 100  #: synthetic micrographs beside the user's, against forgetting; judgement
KEPT = 0.5  #: share of the starting weights in the result
WORK = ".training"  #: folder in the new model's, there while it is not finished
INHERITED = ("best_intercept_px", "persistence", "min_area_px")  #: settings of the model it came from


def finetune(
    model: Model,
    images: Path,
    tracings: Path,
    out: Path,
    *,
    steps: int = 150,
    minutes: float = 0.0,
    replay: int = REPLAY_IMAGES,
    check: bool = True,
    device: Device = "auto",
    threads: int | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Adapt `model` to the images of a folder pair and write a new model folder; its ``model.toml``.

    The model's folder must hold ``weights.npz`` and ``recipe.toml``; the new folder's name becomes the
    model's. One to some ten images want masks of lines, ImageJ regions or label maps of the same stems.  It
    takes `steps` of eight crops each, or, where above 0, `minutes`; `replay` synthetic micrographs are drawn
    for half of the crops.  `check`: both models are scored on the images and on fresh synthetic micrographs,
    for ``CARD.md``. `say` receives a line of progress now and then.

    `InputError`: PyTorch is not installed, an image lacks its tracing, the model cannot be trained further,
    or `out` holds another model already.
    """
    if (out / "model.toml").is_file() and not (out / WORK).is_dir():  # else a killed run goes on
        raise InputError(out, "holds a model already", "Name a new folder for the fine-tuned one")
    require_torch()
    start = load_weights(model.folder)
    pairs = find_pairs(images, tracings)
    if left := without_image(pairs, tracings):
        say(f"warning: no image for {', '.join(left)}")
    own = RealSet("own", _SHARE, min_scale=0.7, max_scale=1.4)
    recipe = replace(
        read_training_recipe(model.folder / "recipe.toml"),
        name=out.resolve().name,
        steps=steps,
        minutes=minutes,
        learning_rate=LEARNING_RATE,
        crop=CROP_PX,
        batch=BATCH,
        synthetic=replay,
        at_first=0,
        real=(own,),
        styles={},
        keep=0.0,
    )
    examples = [_example(pair, model.best_intercept_px, say) for pair in pairs]
    work = _work_folder(out, recipe, model, pairs)
    if (missing := replay - read_count(work / "cache")) > 0:
        say(f"drawing {missing} synthetic micrographs")
    write_cache(work / "cache", replay, seed=recipe.seed, size=384)
    source = CropSource(recipe, work / "cache", [(own, examples)], recipe.seed + 1)
    checkpoint = fit(recipe, source, work, start=start, device=device, threads=threads, say=say)
    # A copy: a run that goes on after it was killed here must not blend twice.
    blended = Path(shutil.copy(checkpoint, work / "blended.pt"))
    blend(blended, start)
    written = _release(recipe, model, blended, out, len(pairs))
    checks: list[Check] = []
    if check:
        say("comparing the new model with the one it came from")
        checks = check_model(model, load_model(out), pairs)
    write_card(out, model, pairs, KEPT, checks)
    shutil.rmtree(work)
    return written


def _work_folder(out: Path, recipe: TrainingRecipe, model: Model, pairs: list[Pair]) -> Path:
    """Folder of this run; what a killed run from another model, on other images, has left is removed."""
    key = hashlib.sha256(f"{recipe}{model.digest}".encode())
    for path in (path for pair in pairs for path in (pair.image, pair.tracing)):
        key.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    work, stamp = out / WORK, out / WORK / "run.txt"
    if work.is_dir() and not (stamp.is_file() and stamp.read_text() == key.hexdigest()):
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key.hexdigest())
    return work


def blend(checkpoint: Path, start: dict[str, torch.Tensor]) -> None:
    """Move the averaged weights of a checkpoint back towards `start` by the share `KEPT`, in place."""
    import torch

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    for name, tensor in state["averaged"].items():
        if name in start and tensor.is_floating_point():
            tensor.lerp_(start[name].to(tensor.dtype), KEPT)
    torch.save(state, checkpoint)


def _release(recipe: TrainingRecipe, model: Model, checkpoint: Path, out: Path, n_images: int) -> Path:
    """Export with the settings of the model it came from."""
    origin = f"{model.name} ({model.digest[:12]}) fine-tuned on {n_images} images"
    written = export_model(recipe, checkpoint, out, origin=origin, default=False)
    write_settings(out, {key: str(getattr(model, key)) for key in INHERITED})
    if (model.folder / CONFIDENCE).is_file():
        shutil.copy(model.folder / CONFIDENCE, out / CONFIDENCE)
    if model.error_rates.measured:
        told = f"taken over from {model.name} ({model.digest[:12]}), which this one was fine-tuned from"
        write_rates(out, model.error_rates, load_model(out).weights_digest, told)
    return written


def _example(pair: Pair, best_intercept_px: float, say: Callable[[str], None]) -> Example:
    """Image and lines, resampled so that the traced mean intercept is the network's best."""
    truth = pair.truth()
    for text in truth.warnings:
        say(f"warning: {pair.tracing.name}: {text}")
    part = traced_part(truth)
    grey, labels = pair.micrograph().image[part], truth.labels[part]
    low, high = np.quantile(grey, [0.001, 0.999])
    image = np.clip((grey.astype(np.float32) - low) / max(high - low, 1e-6) * 255, 0, 255).astype(np.uint8)
    lengths = intercepts(fill(labels))
    scale = float(np.clip(best_intercept_px / lengths.mean(), 0.1, 4)) if lengths.size else 1.0
    size = (max(round(image.shape[1] * scale), 64), max(round(image.shape[0] * scale), 64))
    away = cv2.distanceTransform((~on_edges(labels)).astype(np.uint8), cv2.DIST_L2, 5) * scale
    thin = cv2.resize(away, size, interpolation=cv2.INTER_LINEAR) < 0.75
    resampled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return Example(resampled, line_distance(thin), None)
