"""Structures of one crystal that mimic a grain network: damage, channels, sponges, porous coatings.

None has a grain boundary.  Pores and particles are no grain; their outlines count neither as boundary nor
as its absence.
"""

from collections.abc import Callable

import cv2
import numpy as np

from segment.training.synthetic.random_fields import blur, draw_line, smooth_noise

Size = tuple[int, int]
#: draws grey (float32, about 0 ... 1, before noise), and where pores and particles are
Painter = Callable[[np.random.Generator, Size], tuple[np.ndarray, np.ndarray]]


def _damage(rng: np.random.Generator, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Irradiated foil in bright field: clouds of strain contrast, loops, bend contours."""
    image = np.full(size, 0.6, np.float32)
    fine = float(np.exp(rng.uniform(np.log(3), np.log(14))))
    for wavelength, strength in ((fine, 0.10), (2.5 * fine, 0.12), (8 * fine, 0.08), (180, 0.06)):
        image += rng.uniform(0, strength) * smooth_noise(rng, size, wavelength)
    dots = np.clip(smooth_noise(rng, size, rng.uniform(4, 20)) - rng.uniform(0.8, 2), 0, 1.5)
    image -= rng.uniform(0.1, 0.4) * dots
    layer = np.zeros(size, np.float32)
    for _ in range(rng.poisson(rng.choice([0, 25, 120]))):
        centre = (int(rng.integers(size[1])), int(rng.integers(size[0])))
        radius = int(rng.integers(3, 22))
        axes = (radius, max(round(radius * rng.uniform(0.2, 1)), 1))
        thick = -1 if rng.random() < 0.3 else int(rng.integers(1, 3))
        turn, value = float(rng.uniform(0, 180)), float(rng.uniform(0.2, 1))
        cv2.ellipse(layer, centre, axes, turn, 0, 360, value, thick, cv2.LINE_AA)
    for _ in range(rng.poisson(rng.choice([0, 12]))):
        start = rng.uniform([0, 0], size[::-1])
        turns = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.25, 25))
        path = start + np.cumsum(5 * np.column_stack([np.cos(turns), np.sin(turns)]), axis=0)
        draw_line(layer, path, float(rng.uniform(0.3, 1)))
    image -= rng.uniform(0.1, 0.35) * blur(layer, rng.uniform(0.6, 1.5))
    if rng.random() < 0.4:
        bend = smooth_noise(rng, size, rng.uniform(200, 400))
        image -= rng.uniform(0.1, 0.4) * np.exp(-((bend / rng.uniform(0.05, 0.3)) ** 2))
    return blur(image, rng.uniform(0.5, 2)), np.zeros(size, bool)


def _channels(rng: np.random.Generator, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Rounded precipitates of the lattice's own orientation with channels of matrix between them."""
    coarse = float(np.exp(rng.uniform(np.log(25), np.log(110))))
    field: np.ndarray = smooth_noise(rng, size, coarse) + 0.35 * smooth_noise(rng, size, 0.45 * coarse)
    field = cv2.GaussianBlur(field, (0, 0), 0.05 * coarse)
    bodies = field > rng.uniform(-0.4, 0.7)
    if rng.random() < 0.6:
        small = smooth_noise(rng, size, rng.uniform(7, 14)) > rng.uniform(1.2, 2.2)
        near = cv2.dilate(bodies.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        bodies |= small & ~near
    step = rng.choice([-1, 1], p=[0.8, 0.2]) * rng.uniform(0.1, 0.3)
    image = 0.55 + step * blur(bodies.astype(np.float32), rng.uniform(0.7, 3))
    away = cv2.distanceTransform((~bodies).astype(np.uint8), cv2.DIST_L2, 3)
    image -= rng.uniform(0, 0.9) * step * np.exp(-((away / rng.uniform(1.5, 8)) ** 2)) * ~bodies
    image += rng.uniform(0, 0.04) * smooth_noise(rng, size, rng.uniform(10, 100))
    return blur(image.astype(np.float32), rng.uniform(0.5, 2)), bodies


def _sponge(rng: np.random.Generator, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Ligaments and pores of a dealloyed metal, shaded by their height."""
    wavelength = float(np.exp(rng.uniform(np.log(15), np.log(110))))
    band = smooth_noise(rng, size, wavelength) - smooth_noise(rng, size, 2.5 * wavelength) * 0.3
    level = rng.uniform(-0.6, 0.4)
    height = np.tanh(rng.uniform(1, 4) * (band - level)).astype(np.float32)
    image = 0.5 + rng.uniform(0.15, 0.35) * height
    deep = smooth_noise(rng, size, 0.6 * wavelength)
    image += rng.uniform(0, 0.2) * np.where(height < 0, deep, 0)
    edge = np.exp(-((height / rng.uniform(0.2, 0.6)) ** 2))
    image += rng.uniform(0, 0.25) * edge
    image += rng.uniform(0, 0.03) * smooth_noise(rng, size, 4)
    return blur(image.astype(np.float32), rng.uniform(0.6, 2.5)), height < -0.5


def _coating(rng: np.random.Generator, size: Size) -> tuple[np.ndarray, np.ndarray]:
    """A dense bright layer with flat pores and cracks along it, each with its own grey; polishing lines."""
    field = np.zeros(size, bool)
    for _ in range(int(rng.integers(1, 4))):
        long, short = rng.uniform(12, 70), rng.uniform(5, 20)
        stretched = smooth_noise(rng, (size[0], size[1]), short)
        wide = cv2.resize(
            stretched[:, : max(int(size[1] * short / long), 8)], size[::-1], interpolation=cv2.INTER_CUBIC
        )
        field |= wide > rng.uniform(1.3, 2.4)
    grey = 0.25 + 0.15 * smooth_noise(rng, size, 60) + 0.05 * smooth_noise(rng, size, 6)
    image = np.where(field, grey, 0.85).astype(np.float32)
    image += rng.uniform(0, 0.03) * smooth_noise(rng, size, rng.uniform(2, 6))
    layer = np.zeros(size, np.float32)
    for _ in range(rng.poisson(rng.choice([0, 30]))):
        start = rng.uniform([0, 0], size[::-1])
        step = rng.uniform(20, 200) * np.array([np.cos(a := rng.uniform(0, np.pi)), np.sin(a)])
        draw_line(layer, np.stack([start, start + step]), float(rng.uniform(0.2, 1)))
    image -= rng.uniform(0.02, 0.2) * layer
    return blur(image, rng.uniform(0.4, 1.4)), field


KINDS: dict[str, Painter] = {"damage": _damage, "channels": _channels, "sponge": _sponge, "coating": _coating}
