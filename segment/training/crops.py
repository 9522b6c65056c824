"""Crops for the network: from the cache and from real images, turned, scaled, re-exposed; numpy only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from skimage.morphology import skeletonize

from segment.errors import InputError
from segment.training.cache import (
    NOT_GRAIN,
    STEPS_PER_PX,
    UNSURE,
    Cache,
    line_distance,
    open_cache,
    read_count,
    wait_for,
)
from segment.training.faults import compress
from segment.training.fields import blur
from segment.training.recipe import RealSet, TrainingRecipe
from segment.unet.normalise import image_statistics, normalise


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled image, all arrays uint8 of one shape; `flags` (`cache.NOT_GRAIN`, `cache.UNSURE`) None
    where nobody labelled them."""

    image: np.ndarray
    distance: np.ndarray
    flags: np.ndarray | None
    name: str = ""


class Batch(NamedTuple):
    """What a step learns from; float32 of shape (batch, channels, rows, columns).

    Arrays as they come from `CropSource`, tensors where the network takes them.

    Attributes
    ----------
    image : 1 channel, normalised
    target, weight : 2 channels, boundary and not-a-grain
    real : ndarray of bool, shape (batch,)
        Crops whose annotator may have left boundaries out.
    """

    image: Any
    target: Any
    weight: Any
    real: Any


def read_real(data: Path, chosen: RealSet) -> list[Example]:
    """Images of a real set that training may see.

    Raises
    ------
    InputError
        An image without its tracing, or no image at all.
    """
    out = []
    for path in sorted((data / chosen.name / "images").glob("*")):
        if path.stem in chosen.held_out:
            continue
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        traced = cv2.imread(str(data / chosen.name / "boundary" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None or traced is None or image.shape != traced.shape:
            raise InputError(path, "no boundary tracing of the same shape", "Put it into boundary/ as PNG")
        lines = np.asarray(skeletonize(traced > 127))  # type: ignore[no-untyped-call]
        out.append(Example(image, line_distance(lines), None, path.stem))
    if not out:
        raise InputError(data / chosen.name, "no images to train on", "Point --data at the folder above it")
    return out


class CropSource:
    """Endless batches in the proportions of a recipe.

    Parameters
    ----------
    recipe : TrainingRecipe
    cache : Path
        Cache folder; it may still be growing where the recipe says by how much (`at_first`).
    real : list of (RealSet, list of Example)
    seed : int
        With the step number the only source of randomness.
    among : ndarray of int, optional
        Numbers of the cache's images that may be used; default: all that are there.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        cache: Path,
        real: list[tuple[RealSet, list[Example]]],
        seed: int,
        among: np.ndarray | None = None,
    ) -> None:
        self.recipe, self.folder, self.real, self.seed, self.among = recipe, cache, real, seed, among

    @cached_property
    def cache(self) -> Cache:
        """Opened by each process that makes batches."""
        return open_cache(self.folder)

    def batch(self, step: int) -> Batch:
        """Batch of a step; the same step gives the same batch, however fast the cache is drawn."""
        rng = np.random.default_rng([self.seed, step])
        count = self._count(step)
        rows = [self._crop(rng, count) for _ in range(self.recipe.batch)]
        image, target, weight, real = zip(*rows, strict=True)
        return Batch(np.stack(image)[:, None], np.stack(target), np.stack(weight), np.array(real))

    def _count(self, step: int) -> int:
        """How many of the cache's images a step chooses from; they are waited for."""
        recipe = self.recipe
        if not recipe.at_first:
            return read_count(self.folder)
        joined = (recipe.synthetic - recipe.at_first) * step // recipe.steps
        count = min(recipe.at_first + joined, recipe.synthetic)
        wait_for(self.folder, count)
        return count

    def _crop(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        draw = rng.random()
        for chosen, examples in self.real:
            if draw < chosen.share:
                example = examples[int(rng.integers(len(examples)))]
                return *self._cut(example, chosen.min_scale, chosen.max_scale, rng), True
            draw -= chosen.share
        index = int(rng.integers(max(count, 1)) if self.among is None else rng.choice(self.among))
        example = Example(self.cache.image[index], self.cache.distance[index], self.cache.flags[index])
        return *self._cut(example, 0.75, 1.35, rng), False

    def _cut(
        self, example: Example, low: float, high: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        warp = _placement(example.image.shape, self.recipe.crop, scale, rng)
        image = warp(example.image if scale > 0.85 else blur(example.image, 0.35 / scale))
        distance = warp(example.distance).astype(np.float32) * (scale / STEPS_PER_PX)
        line, margin = self.recipe.line_px, self.recipe.margin_px
        boundary = (distance < line).astype(np.float32)
        weight = np.where((distance >= line) & (distance < margin), np.float32(0.3), np.float32(1))
        if example.flags is None:
            body: np.ndarray = np.zeros_like(boundary)
            body_weight = np.full_like(boundary, 0.1)
        else:
            body = warp((example.flags & NOT_GRAIN) * np.uint8(255)) / np.float32(255)
            body_weight = np.ones_like(boundary)
            weight[warp((example.flags & UNSURE) * np.uint8(127)) > 127] = 0
        return re_expose(image, rng), np.stack([boundary, body]), np.stack([weight, body_weight])


def _placement(
    shape: tuple[int, ...], crop: int, scale: float, rng: np.random.Generator
) -> Callable[[np.ndarray], np.ndarray]:
    """Turn by any angle (half the time by right angles only), mirror, scale, and cut."""
    angle = rng.integers(4) * np.pi / 2 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    flip = -1 if rng.random() < 0.5 else 1
    reach = crop / 2 / scale
    room = np.maximum(np.array(shape[::-1], float) / 2 - reach, 0)
    centre = np.array(shape[::-1]) / 2 + rng.uniform(-1, 1, 2) * room
    matrix = np.array([[c * flip, -s, 0], [s * flip, c, 0]])
    matrix[:, 2] = centre - matrix[:, :2] @ np.array([crop / 2, crop / 2])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def warp(image: np.ndarray) -> np.ndarray:
        return cv2.warpAffine(image, matrix, (crop, crop), flags=flags, borderMode=cv2.BORDER_REFLECT)

    return warp


def re_expose(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other polarity, gamma, blur, noise, compression; then normalised as at inference, a little off."""
    grey = image.astype(np.float32) / 255
    if rng.random() < 0.3:
        grey = 1 - grey
    if rng.random() < 0.5:
        grey = np.power(np.clip(grey, 0, 1), np.float32(np.exp(rng.uniform(-0.7, 0.7))))
    if rng.random() < 0.25:
        grey = blur(grey, rng.uniform(0.3, 1.4))
    if rng.random() < 0.4:
        noise = rng.standard_normal(grey.shape, dtype=np.float32)
        grey = grey + float(grey.std() * np.exp(rng.uniform(-3.5, 0))) * noise
    if rng.random() < 0.15:
        grey = compress(np.clip(grey * 255, 0, 255).astype(np.uint8), rng).astype(np.float32) / 255
    mean, std = image_statistics(grey)
    return normalise(
        grey, mean + 0.15 * std * float(rng.standard_normal()), std * float(np.exp(rng.uniform(-0.2, 0.2)))
    )
