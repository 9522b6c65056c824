"""Steel etched until its grains are full of marks, and boundaries overgrown with precipitates.

A boundary here is a line from one triple point to the next, thick and thin in turns.  Curls, rings, mottle,
open pieces of a finer network, and the outlines of precipitates are none, even where they are as large as
grains.
"""

import cv2
import numpy as np

from segment.training.synthetic.geometry import Shape, random_section
from segment.training.synthetic.random_fields import (
    blur,
    boundary_field,
    from_outline,
    per_grain,
    smooth_noise,
)
from segment.training.synthetic.scene import Scene


def render_dense(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Densely etched steel, bright to white between dark marks; float32, grey 0 ... 1 before noise."""
    n = scene.n_crystals
    level = 0.85 + rng.uniform(0, 0.06) * rng.standard_normal(n)
    image = scene.per_crystal(level)
    dark = rng.uniform(0.35, 0.8)
    marks = np.zeros(scene.size, np.float32)
    for paint, chance in ((_mottle, 0.85), (_curls, 0.7), (_pieces, 0.6), (_rings, 0.5)):
        if rng.random() < chance:
            marks = np.maximum(marks, rng.uniform(0.35, 1.0) * paint(scene, rng))
    image -= dark * np.maximum(uneven_lines(scene, rng), marks)
    patches = np.clip(smooth_noise(rng, scene.size, rng.uniform(60, 250)) - rng.uniform(0.5, 2), 0, 1)
    image -= rng.uniform(0, 0.25) * patches
    image = np.where(scene.not_grain, rng.uniform(0.05, 0.4), image)
    image = blur(image.astype(np.float32), rng.uniform(0.4, 1.5))
    return np.minimum(image, np.float32(rng.uniform(0.65, 1.0)))  # overexposed


def render_precipitates(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Sections whose boundaries carry coarse precipitates (`gaps.with_precipitates`); float32."""
    n = scene.n_crystals
    level = 0.6 + rng.choice([0, rng.uniform(0, 0.04), rng.uniform(0.04, 0.1)]) * rng.standard_normal(n)
    image = scene.per_crystal(level)
    image += rng.uniform(0, 0.05) * smooth_noise(rng, scene.size, rng.uniform(2, 40))
    sign = rng.choice([-1.0, 1.0], p=[0.65, 0.35])
    if rng.random() < 0.7:
        image += sign * rng.uniform(0.03, 0.3) * uneven_lines(scene, rng)
    if rng.random() < 0.6:
        image += sign * rng.uniform(0.05, 0.35) * _dispersion(scene, rng)
    if rng.random() < 0.3:
        image -= rng.uniform(0.05, 0.3) * _mottle(scene, rng)
    body = scene.phases | scene.films
    soft = blur(body.astype(np.float32), rng.uniform(0.3, 1.0))
    inner = rng.uniform(0, 0.15) * smooth_noise(rng, scene.size, rng.uniform(2, 10))
    image = image * (1 - soft) + (0.6 + sign * rng.uniform(0.1, 0.45) + inner) * soft
    if rng.random() < 0.6:
        away = from_outline(body)
        rim = np.exp(-((away / rng.uniform(0.7, 2.0)) ** 2))
        image += rng.choice([-1.0, 1.0]) * rng.uniform(0.05, 0.4) * rim
    if rng.random() < 0.4:  # a zone along them that is depleted, or attacked
        zone = np.exp(-from_outline(body) / rng.uniform(2, 10)) * ~body
        image += rng.choice([-1.0, 1.0]) * rng.uniform(0.02, 0.15) * zone
    image = np.where(scene.pores, rng.uniform(0.0, 0.2), image)
    return blur(image.astype(np.float32), rng.uniform(0.3, 1.4))


def uneven_lines(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Boundaries of strength 0 ... 1, thick and thin in turns, rough, the faint ones with gaps."""
    size, faint = scene.size, scene.field.chance[1] < rng.uniform(0, 0.35)
    along = np.exp(rng.uniform(0.1, 0.5) * smooth_noise(rng, size, rng.uniform(10, 45)))
    of_segment = np.exp(rng.uniform(0, 0.6) * (2 * scene.field.chance[0] - 1))
    width = np.clip(rng.uniform(0.8, 2.6) * along * of_segment, 0.5, 5) * np.where(faint, 0.7, 1)
    rough = rng.uniform(0, 0.8) * smooth_noise(rng, size, rng.uniform(2, 5))
    strength = np.where(faint, rng.uniform(0.25, 0.8), 1.0)
    gaps = smooth_noise(rng, size, rng.uniform(6, 20)) < rng.uniform(-3, -1.3)
    strength = np.where(faint & gaps, 0.1, strength)
    result: np.ndarray = strength * np.exp(-((np.maximum(scene.field.distance + rough, 0) / width) ** 2))
    return result.astype(np.float32)


def _mottle(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Fine dark mottle, crowded in patches and in some grains, fading in others."""
    labels = scene.section.labels
    fine = smooth_noise(rng, scene.size, rng.uniform(2, 7))
    where = rng.uniform(0.2, 1.2) * smooth_noise(rng, scene.size, rng.uniform(25, 150))
    where += per_grain(rng.uniform(0, 0.8) * rng.standard_normal(int(labels.max()) + 1), labels)
    return np.clip((fine + where - rng.uniform(0.6, 1.8)) * rng.uniform(0.4, 1.2), 0, 1)


def _curls(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Open curved strokes within grains: level lines of a noise, cut up by another one."""
    wavelength = float(np.exp(rng.uniform(np.log(8), np.log(40))))
    field = smooth_noise(rng, scene.size, wavelength)
    slope = np.hypot(
        cv2.Sobel(field, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(field, cv2.CV_32F, 0, 1, scale=1 / 8)
    )
    away = np.abs(field - rng.uniform(-0.5, 0.5)) / np.maximum(slope, 0.3 / wavelength)
    kept = smooth_noise(rng, scene.size, wavelength * rng.uniform(0.4, 1.0)) > rng.uniform(0.2, 1.2)
    width = rng.uniform(0.6, 1.8)
    return blur(kept.astype(np.float32), 1.0) * np.exp(-((away / width) ** 2))


def _pieces(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Open pieces of a network finer than the grains': stubs, spurs, crossed cells that never close."""
    mean = scene.section.shape.mean_intercept
    finer = random_section(rng, scene.size, Shape(mean_intercept=max(mean * rng.uniform(0.3, 0.8), 10.0)))
    field = boundary_field(finer.labels, rng)
    drawn = field.chance[0] < rng.uniform(0.1, 0.35)
    kept = blur((smooth_noise(rng, scene.size, 0.5 * mean) > rng.uniform(-0.4, 0.6)).astype(np.float32), 1.0)
    width = rng.uniform(0.6, 1.6) * np.exp(0.3 * smooth_noise(rng, scene.size, 20))
    result: np.ndarray = drawn * kept * np.exp(-((field.distance / width) ** 2))
    return result.astype(np.float32)


def _rings(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Small rings and dots: undissolved carbides and their outlines."""
    rows, columns = scene.size
    layer = np.zeros(scene.size, np.float32)
    largest = rng.uniform(2.5, 7)
    for _ in range(rng.poisson(rng.choice([15, 80, 250]) * rows * columns / 512**2)):
        centre = np.round(rng.uniform([0, 0], [columns, rows]) * 16).astype(int).tolist()
        radius, value = float(rng.uniform(1, largest)), float(rng.uniform(0.3, 1))
        thick = 1 if radius > 2 else -1
        axes = (round(radius * 16), round(radius * rng.uniform(0.6, 1) * 16))
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(layer, centre, axes, turn, 0, 360, value, thick, cv2.LINE_AA, 4)
    return blur(layer, rng.uniform(0.3, 0.8))


def _dispersion(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Many fine particles within the grains, with a bare zone along the boundaries."""
    particles = np.clip(smooth_noise(rng, scene.size, rng.uniform(3, 9)) - rng.uniform(0.8, 2), 0, 0.6) / 0.6
    bare = 1 - np.exp(-((scene.field.distance / rng.uniform(3, 20)) ** 2))
    result: np.ndarray = particles * bare
    return result.astype(np.float32)
