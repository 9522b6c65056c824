"""Etched sections under the light microscope: thin dark lines on pale grains, pits; stained grains."""

import cv2
import numpy as np

from segment.training.synthetic.random_fields import blur, per_grain, smooth_noise
from segment.training.synthetic.scene import Scene


def render_etched(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Boundaries etched dark, unevenly along and between segments; float32, grey 0 ... 1 before noise."""
    d, size = scene.field.distance, scene.size
    n = scene.n_crystals
    level = 0.8 + rng.uniform(0.005, 0.07) * rng.standard_normal(n)
    level -= np.where(rng.random(n) < rng.choice([0, 0.1, 0.3]), rng.uniform(0, 0.35, n), 0)
    image = scene.per_crystal(level)
    width = rng.uniform(0.6, 1.8) * np.clip(1 + 0.35 * smooth_noise(rng, size, 60), 0.5, 2)
    strength = np.clip(scene.field.chance[0] * rng.uniform(0.2, 0.9) + rng.uniform(0.2, 0.8), 0, 1)
    along = np.clip(1 + rng.uniform(0, 0.4) * smooth_noise(rng, size, rng.uniform(10, 40)), 0.2, 1.5)
    missing = scene.field.chance[1] < rng.choice([0.0, 0.04, 0.12])
    strength = np.where(missing, 0.1 * strength, strength * along)
    image -= rng.uniform(0.15, 0.65) * strength * np.exp(-((d / width) ** 2))
    image += rng.uniform(0, 0.03) * smooth_noise(rng, size, rng.uniform(2, 10))
    image = _pits(image, rng)
    dark = rng.uniform(0.05, 0.4) + 0.08 * smooth_noise(rng, size, 3)
    if scene.phases.any() and rng.random() < 0.8:
        dark = np.where(scene.phases, _lamellae(scene, rng), dark)
    image = np.where(scene.not_grain, dark, image)
    return blur(image.astype(np.float32), rng.uniform(0.3, 1.5))


def _lamellae(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Pearlite: colonies of plates, each colony with its own direction and grey, resolved or mottled."""
    n = int(scene.section.labels.max()) + 1
    y, x = np.mgrid[0 : scene.size[0], 0 : scene.size[1]].astype(np.float32)
    angle = per_grain(rng.uniform(0, np.pi, n), scene.section.labels)
    period = per_grain(rng.uniform(3, 9) * rng.uniform(0.7, 1.4, n), scene.section.labels)
    bent = rng.uniform(0, 6) * smooth_noise(rng, scene.size, rng.uniform(20, 80))
    plates = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle) + bent) / period)
    level = rng.uniform(0.15, 0.5) + rng.uniform(0, 0.12) * per_grain(
        rng.standard_normal(n), scene.section.labels
    )
    mottle = rng.uniform(0.02, 0.12) * smooth_noise(rng, scene.size, rng.uniform(2, 8))
    return level + rng.uniform(0, 0.2) * plates + mottle


def render_stained(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Tint or polarised contrast: steps in grey between mottled grains, no lines."""
    n = scene.n_crystals
    spread = rng.uniform(0.06, 0.2)
    image = scene.per_crystal(0.5 + spread * rng.standard_normal(n))
    image += rng.uniform(0.02, 0.08) * smooth_noise(rng, scene.size, rng.uniform(8, 40))
    image += rng.uniform(0.01, 0.05) * smooth_noise(rng, scene.size, rng.uniform(2, 6))
    image = np.where(scene.not_grain, image * 0.3, image)
    return blur(_pits(image, rng), rng.uniform(0.6, 2)).astype(np.float32)


def _pits(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Etch pits and dust: dark dots of a few pixels, neither boundary nor second phase."""
    spots = np.zeros(image.shape, np.float32)
    for _ in range(rng.poisson(rng.choice([0, 20, 120]))):
        centre = (int(rng.integers(image.shape[1])), int(rng.integers(image.shape[0])))
        cv2.circle(spots, centre, int(rng.integers(0, 3)), float(rng.uniform(0.1, 0.6)), -1, cv2.LINE_AA)
    return image - spots
