"""Crops for the network: from the cache and from real images, turned, scaled, re-exposed; numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from skimage.morphology import skeletonize

from segment.errors import InputError
from segment.training.data.cache import (
    NOT_GRAIN,
    STEPS_PER_PX,
    UNSURE,
    Cache,
    line_distance,
    open_cache,
    read_count,
    style_of,
    wait_for,
)
from segment.training.recipe import RealSet, TrainingRecipe
from segment.training.synthetic.degradations import compress
from segment.training.synthetic.random_fields import blur
from segment.unet.normalise import image_statistics, normalise

SYNTHETIC_SCALES = (0.75, 1.35)  #: resampling factors of synthetic crops
MARGIN_WEIGHT = np.float32(0.3)  #: of the pixels beside a line
OUTLINE_PX = 7  #: width of the outline of a labelled phase that counts for nothing
UNLABELLED = np.float32(0.1)  #: of what is no grain where nobody labelled it


@dataclass(frozen=True, eq=False)
class Example:
    """One labelled image, all arrays uint8 of one shape; `flags` (`cache.NOT_GRAIN`, `cache.UNSURE`) None
    where nobody labelled them."""

    image: np.ndarray
    distance: np.ndarray
    flags: np.ndarray | None


class Batch(NamedTuple):
    """What a step learns from; float32 of shape (batch, channels, rows, columns).

    Arrays as they come from `CropSource`, tensors where the network takes them.
    """

    image: Any
    target: Any
    weight: Any
    real: Any  #: bool, shape (batch,): crops whose annotator may have left boundaries out
    taught: Any  #: bool, shape (batch,): crops whose truth is learned (`TrainingRecipe.taught`)


def read_real(data: Path, chosen: RealSet) -> list[Example]:
    """Images of a real set that training may see.

    `InputError`: an image without its tracing or mask, or no image at all.
    """
    out = []
    for path in sorted((data / chosen.name / "images").glob("*")):
        if not chosen.uses(path.stem):
            continue
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise InputError(path, "cannot be read as an image", "Take it away")
        lines = np.zeros(image.shape, bool)
        if chosen.boundaries:
            traced = _mask(path, "boundary", image.shape)
            lines = np.asarray(skeletonize(traced))  # type: ignore[no-untyped-call]
        flags = _phase_flags([_mask(path, folder, image.shape) for folder in chosen.phases])
        out.append(Example(image, line_distance(lines), flags))
    if not out:
        raise InputError(data / chosen.name, "no images to train on", "Point --data at the folder above it")
    return out


def _mask(image: Path, folder: str, shape: tuple[int, ...]) -> np.ndarray:
    """The mask of an image from a folder beside images/; bool."""
    path = image.parent.parent / folder / f"{image.stem}.png"
    found = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if found is None or found.shape != shape:
        raise InputError(image, f"no mask of the same shape in {folder}/", f"Put it into {folder}/ as PNG")
    return np.asarray(found > 127)


def _phase_flags(masks: list[np.ndarray]) -> np.ndarray | None:
    """Flags of what is no grain; its outline counts neither as boundary nor as its absence."""
    if not masks:
        return None
    phase = np.logical_or.reduce(masks)
    rim = np.ones((OUTLINE_PX, OUTLINE_PX), np.uint8)
    outline = cv2.morphologyEx(phase.astype(np.uint8), cv2.MORPH_GRADIENT, rim) > 0
    flags: np.ndarray = phase * NOT_GRAIN | outline * UNSURE
    return flags.astype(np.uint8)


class CropSource:
    """Endless batches in the proportions of a recipe; `seed` and step number are the only randomness.

    The cache folder may still be growing where the recipe says by how much (`at_first`).  `among` are numbers
    of its images that may be used; None: all that are there.
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
        count = self.count(step)
        chosen = [self._choose(rng, count) for _ in range(self.recipe.batch)]
        image, target, weight = zip(*(self._cut(*crop, rng) for *_, crop in chosen), strict=True)
        real = np.array([is_real for is_real, *_ in chosen])
        taught = np.array([not self.recipe.keep or name in self.recipe.taught for _, name, _ in chosen])
        return Batch(np.stack(image)[:, None], np.stack(target), np.stack(weight), real, taught)

    def count(self, step: int) -> int:
        """How many of the cache's images a step chooses from; they are waited for."""
        recipe = self.recipe
        if not recipe.at_first or recipe.minutes > 0:
            return min(read_count(self.folder), recipe.synthetic)
        joined = (recipe.synthetic - recipe.at_first) * step // recipe.steps
        count = min(recipe.at_first + joined, recipe.synthetic)
        wait_for(self.folder, count)
        return count

    def _choose(
        self, rng: np.random.Generator, count: int
    ) -> tuple[bool, str, tuple[Example, Placement, Exposure]]:
        """Whether a crop is of a real set, of which or of which style; its image, where it lies in it and how
        it is exposed."""
        draw, (low, high), name = rng.random(), SYNTHETIC_SCALES, ""
        examples: list[Example] = []
        for chosen, images in self.real:
            if draw < chosen.share:
                examples, low, high, name = images, chosen.min_scale, chosen.max_scale, chosen.name
                break
            draw -= chosen.share
        if examples:
            example = examples[int(rng.integers(len(examples)))]
        else:
            index = int(rng.integers(max(count, 1)) if self.among is None else rng.choice(self.among))
            example = Example(self.cache.image[index], self.cache.distance[index], self.cache.flags[index])
            name = style_of(self.recipe.seed, index, self.recipe.styles) if self.recipe.keep else ""
        placement = draw_placement(example.image.shape, self.recipe.crop, low, high, rng)
        return bool(examples), name, (example, placement, draw_exposure(rng))

    def _cut(
        self, example: Example, placement: Placement, exposure: Exposure, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image, targets and weights of one crop."""

        def warp(image: np.ndarray) -> np.ndarray:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (self.recipe.crop, self.recipe.crop)
            return cv2.warpAffine(
                image, placement.matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101
            )

        image = warp(blur(example.image, placement.blur_px))
        distance = warp(example.distance).astype(np.float32) * (placement.scale / STEPS_PER_PX)
        line, margin = self.recipe.line_px, self.recipe.margin_px
        boundary = (distance < line).astype(np.float32)
        weight = np.where((distance >= line) & (distance < margin), MARGIN_WEIGHT, np.float32(1))
        if example.flags is None:
            body: np.ndarray = np.zeros_like(boundary)
            body_weight = np.full_like(boundary, UNLABELLED)
        else:
            body = warp((example.flags & NOT_GRAIN) * np.uint8(255)) / np.float32(255)
            body_weight = np.ones_like(boundary)
            weight[warp((example.flags & UNSURE) * np.uint8(127)) > 127] = 0
        image = re_expose(image, exposure, rng)
        return image, np.stack([boundary, body]), np.stack([weight, body_weight])


def re_expose(image: np.ndarray, exposure: Exposure, rng: np.random.Generator) -> np.ndarray:
    """Grey levels (uint8) changed as drawn, then normalised as at inference, a little off; float32."""
    grey = image.astype(np.float32) / 255
    if exposure.inverted:
        grey = 1 - grey
    if exposure.gamma != 1:
        grey = np.power(np.clip(grey, 0, 1), np.float32(exposure.gamma))
    grey = blur(grey, exposure.blur_px)
    if exposure.noise:
        noise = rng.standard_normal(grey.shape, dtype=np.float32)
        grey = grey + float(grey.std() * exposure.noise) * noise
    if exposure.compressed:
        grey = compress(np.clip(grey * 255, 0, 255).astype(np.uint8), rng).astype(np.float32) / 255
    mean, std = image_statistics(grey)
    return normalise(grey, mean + exposure.shift * std, std * exposure.gain)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a crop lies in its image."""

    matrix: np.ndarray  #: float64, shape (2, 3): from the crop's pixels (x, y, 1) to the image's (x, y)
    scale: float  #: pixels of the crop to one of the image

    @property
    def blur_px(self) -> float:
        """Standard deviation of the blur, in the image's pixels, that a smaller crop wants."""
        return 0.0 if self.scale > 0.85 else 0.35 / self.scale


@dataclass(frozen=True)
class Exposure:
    """How a crop's grey levels are changed, in this order, before and after they are normalised."""

    inverted: bool
    gamma: float
    #: blur_px, noise: standard deviations: of a blur, and of noise in those of the crop itself; 0 for none
    blur_px: float
    noise: float
    compressed: bool  #: there and back through JPEG
    #: shift, gain: what normalisation is off by, in standard deviations, and as a factor
    shift: float
    gain: float


def draw_placement(
    shape: tuple[int, ...], crop: int, low: float, high: float, rng: np.random.Generator
) -> Placement:
    """Scale log-uniformly, turn by any angle (half the time by right angles only), mirror, and cut.

    From an image of `shape` a crop of so many pixels along an edge, scaled by `low` to `high`.
    """
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    angle = rng.integers(4) * np.pi / 2 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    flip = -1 if rng.random() < 0.5 else 1
    reach = crop / 2 / scale
    room = np.maximum(np.array(shape[::-1], float) / 2 - reach, 0)
    centre = np.array(shape[::-1]) / 2 + rng.uniform(-1, 1, 2) * room
    matrix = np.array([[c * flip, -s, 0], [s * flip, c, 0]])
    matrix[:, 2] = centre - matrix[:, :2] @ np.array([crop / 2, crop / 2])
    return Placement(matrix, scale)


def draw_exposure(rng: np.random.Generator) -> Exposure:
    """Other polarity, gamma, blur, noise and compression, each in some of the crops."""
    chance = rng.random(5) < (0.3, 0.5, 0.25, 0.4, 0.15)
    return Exposure(
        inverted=bool(chance[0]),
        gamma=float(np.exp(rng.uniform(-0.7, 0.7))) if chance[1] else 1.0,
        blur_px=rng.uniform(0.3, 1.4) if chance[2] else 0.0,
        noise=float(np.exp(rng.uniform(-3.5, 0))) if chance[3] else 0.0,
        compressed=bool(chance[4]),
        shift=0.15 * float(rng.standard_normal()),
        gain=float(np.exp(rng.uniform(-0.2, 0.2))),
    )
