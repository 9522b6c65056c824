"""Crops cut and exposed on the accelerator, from images that are kept there; the choices are `CropSource`'s.

A processor cuts some 300 crops of 256² a second and core, an accelerator takes many times that.  All that is
drawn at random is drawn as for the processor, but for the noise, and JPEG is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from segment.training.data.cache import NOT_GRAIN, STEPS_PER_PX, UNSURE
from segment.training.data.crops import MARGIN_WEIGHT, UNLABELLED, Batch, Choice, CropSource, Example
from segment.unet.normalise import CLIP

if TYPE_CHECKING:
    import torch

LEAST_BLUR_PX = 0.3  #: nothing below, as in `fields.blur`
COPIED_AT_ONCE = 64  #: images
REACH = 5  #: pixels to either side of a Gaussian; 3.5 standard deviations of the widest


class DeviceCrops:
    """Batches of a source, made on a PyTorch device.

    Parameters
    ----------
    source : CropSource
        Its images are copied to the device, those of a growing cache as they come.
    device : str
    """

    def __init__(self, source: CropSource, device: str) -> None:
        import torch

        self._source, self._device, self._copied = source, device, 0
        self._noise = torch.Generator(device).manual_seed(source.seed)
        n = min(len(source.cache.image), source.recipe.synthetic)
        shape = (n, 3, *source.cache.image.shape[1:])
        self._cache = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._real = [[self._layers(one) for one in examples] for _, examples in source.real]

    def batches(self, first: int) -> Iterator[Batch]:
        """Batches of tensors on the device from step `first` on."""
        return (self.batch(step) for step in count(first))

    def batch(self, step: int) -> Batch:
        """Batch of a step."""
        import torch

        choices = self._source.choices(step, np.random.default_rng([self._source.seed, step]))
        self._copy(1 + max((one.index for one in choices if one.group is None), default=-1))
        rows: list[tuple[int, tuple[torch.Tensor, ...]]] = []
        for numbers in _alike(choices, [self._images(one).shape[-2:] for one in choices]):
            cut = self._cut([choices[k] for k in numbers])
            rows += zip(numbers, zip(*cut, strict=True), strict=True)
        ordered = [row for _, row in sorted(rows, key=lambda row: row[0])]
        image, target, weight = (torch.stack(parts) for parts in zip(*ordered, strict=True))
        real = torch.tensor([one.group is not None for one in choices], device=self._device)
        return Batch(image, target, weight, real)

    def _layers(self, example: Example) -> torch.Tensor:
        """Image, distance and flags as one tensor of uint8."""
        import torch

        flags = np.zeros_like(example.image) if example.flags is None else example.flags
        return torch.from_numpy(np.stack([example.image, example.distance, flags])).to(self._device)

    def _copy(self, wanted: int) -> None:
        """Bring the cache's images up to number `wanted` to the device."""
        import torch

        cache, least = self._source.cache, self._copied
        while least < wanted:
            span = slice(least, min(least + COPIED_AT_ONCE, wanted))
            layers = np.stack([cache.image[span], cache.distance[span], cache.flags[span]], 1)
            self._cache[span] = torch.from_numpy(layers).to(self._device)
            least = self._copied = span.stop

    def _images(self, choice: Choice) -> torch.Tensor:
        return self._cache[choice.index] if choice.group is None else self._real[choice.group][choice.index]

    def _cut(self, choices: list[Choice]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Image, targets and weights of crops from images of one size."""
        import torch

        recipe = self._source.recipe
        layers = torch.stack([self._images(one) for one in choices]).float()
        image = _blurred(layers[:, 0], [one.placement.blur_px for one in choices])
        flags = layers[:, 2].to(torch.uint8)
        parts = [image, layers[:, 1], (flags & int(NOT_GRAIN)) > 0, (flags & int(UNSURE)) > 0]
        stacked = torch.stack([part.float() for part in parts], 1)
        image, distance, body, unsure = _warped(stacked, choices, recipe.crop).unbind(1)
        distance = distance * self._column([one.placement.scale / STEPS_PER_PX for one in choices])
        boundary = (distance < recipe.line_px).float()
        beside = (distance >= recipe.line_px) & (distance < recipe.margin_px)
        weight = torch.where(beside, float(MARGIN_WEIGHT), 1.0) * (unsure <= 0.5)
        labelled = self._column([float(one.group is None) for one in choices])
        body_weight = (labelled + (1 - labelled) * float(UNLABELLED)).expand_as(weight)
        grey = self._exposed(image / 255, choices)
        return grey[:, None], torch.stack([boundary, body], 1), torch.stack([weight, body_weight], 1)

    def _exposed(self, grey: torch.Tensor, choices: list[Choice]) -> torch.Tensor:
        """As `crops.re_expose`, without JPEG."""
        import torch

        drawn = [one.exposure for one in choices]
        inverted = self._column([float(one.inverted) for one in drawn])
        grey = inverted + (1 - 2 * inverted) * grey
        grey = grey.clamp(0, 1) ** self._column([one.gamma for one in drawn])
        grey = _blurred(grey, [one.blur_px for one in drawn])
        noise = torch.randn(grey.shape, generator=self._noise, device=self._device)
        grey = grey + noise * grey.std((1, 2), keepdim=True) * self._column([one.noise for one in drawn])
        mean, std = grey.mean((1, 2), keepdim=True), grey.std((1, 2), keepdim=True)
        shift, gain = self._column([one.shift for one in drawn]), self._column([one.gain for one in drawn])
        return ((grey - mean - shift * std) / (std * gain + 1e-6)).clamp(-CLIP, CLIP)

    def _column(self, values: list[float]) -> torch.Tensor:
        import torch

        return torch.tensor(values, device=self._device, dtype=torch.float32)[:, None, None]


def _alike(choices: list[Choice], shapes: list[tuple[int, ...]]) -> list[list[int]]:
    """Numbers of the choices by the kind and shape of their images."""
    groups: dict[tuple[int | None, tuple[int, ...]], list[int]] = {}
    for number, (choice, shape) in enumerate(zip(choices, shapes, strict=True)):
        groups.setdefault((choice.group, tuple(shape)), []).append(number)
    return list(groups.values())


def _blurred(images: torch.Tensor, sigmas: list[float]) -> torch.Tensor:
    """Gaussian blur, of its own width for each image of shape (n, rows, columns)."""
    import torch
    from torch.nn.functional import conv2d, pad

    wide = [k for k, sigma in enumerate(sigmas) if sigma >= LEAST_BLUR_PX]
    if not wide:
        return images
    sigma = torch.tensor([sigmas[k] for k in wide], device=images.device)
    place = torch.arange(-REACH, REACH + 1, device=images.device)
    kernel = torch.exp(-0.5 * (place / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True))[:, None]
    chosen = pad(images[wide][None], (REACH, REACH, REACH, REACH), mode="reflect")
    rows = conv2d(chosen, kernel[..., None], groups=len(wide))
    out = images.clone()
    out[wide] = conv2d(rows, kernel[:, :, None], groups=len(wide))[0]
    return out


def _warped(layers: torch.Tensor, choices: list[Choice], crop: int) -> torch.Tensor:
    """Cut of each image, shape (n, layers, crop, crop), sampled linearly and continued by reflection."""
    import torch
    from torch.nn.functional import grid_sample

    rows, columns = layers.shape[-2:]
    matrix = torch.tensor(np.stack([one.placement.matrix for one in choices]), dtype=torch.float32)
    place = torch.arange(crop, device=layers.device, dtype=torch.float32)
    y, x = torch.meshgrid(place, place, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1) @ matrix.to(layers.device).transpose(1, 2)[:, None]
    grid = points * torch.tensor([2 / (columns - 1), 2 / (rows - 1)], device=layers.device) - 1
    return grid_sample(layers, grid, mode="bilinear", padding_mode="reflection", align_corners=True)
