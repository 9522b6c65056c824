"""Scanning images: topography with grooves and bright edges, channelling steps, second phases.

Grey 0 ... 1, before noise.
"""

import cv2
import numpy as np

from segment.training.synthetic.random_fields import blur, slopes, smooth_noise
from segment.training.synthetic.scene import Scene


def render_sem_film(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Secondary electrons from a granular film: domed or faceted grains between dark grooves."""
    d, mean = scene.field.distance, scene.section.shape.mean_intercept
    groove = rng.uniform(0.8, 3.5)
    reach = mean * rng.uniform(0.05, 0.35)
    height = 1 - np.exp(-d / reach)
    image = 0.5 + _grain_levels(scene, rng, rng.uniform(0, 0.12))
    image += rng.uniform(0, 0.25) * height
    image += _relief(scene, height * reach, rng)
    edge = np.exp(-(((d - 1.8 * groove) / groove) ** 2))
    image += rng.uniform(0, 0.3) * edge
    strength = np.clip(scene.field.chance[0] * rng.uniform(0.3, 1) + rng.uniform(0, 0.7), 0, 1)
    image -= rng.uniform(0.08, 0.5) * strength * np.exp(-((d / groove) ** 2))
    image += rng.uniform(0, 0.06) * smooth_noise(rng, scene.size, rng.uniform(3, 12))
    return blur(_particles(scene, image, rng), rng.uniform(0.3, 1.6))


def render_sem_channelling(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Backscattered electrons from a polished section: one grey a grain, no line, or hardly one."""
    d = scene.field.distance
    image = 0.5 + _grain_levels(scene, rng, rng.uniform(0.05, 0.2), uniform=rng.random() < 0.5)
    image += rng.uniform(0, 0.05) * _tilt(scene, rng)
    image += rng.uniform(0, 0.03) * smooth_noise(rng, scene.size, rng.uniform(4, 30))
    if rng.random() < 0.4:
        width = rng.uniform(0.7, 2)
        image += rng.uniform(-0.2, 0.2) * scene.field.chance[0] * np.exp(-((d / width) ** 2))
    return blur(_particles(scene, image, rng), rng.uniform(0.4, 1.8))


def render_sem_lines(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Thermally or chemically etched ceramic: thin lines, dark or bright, on grains almost alike."""
    d = scene.field.distance
    width = rng.uniform(0.7, 2.4)
    image = 0.5 + _grain_levels(scene, rng, rng.uniform(0, 0.06))
    strength = rng.uniform(0.3, 0.8) + rng.uniform(0.2, 0.5) * scene.field.chance[0]
    strength = np.where(scene.field.chance[1] < rng.uniform(0, 0.12), 0.15 * strength, strength)
    sign = rng.choice([-1.0, 1.0])
    image += sign * rng.uniform(0.1, 0.45) * strength * np.exp(-((d / width) ** 2))
    if rng.random() < 0.4:
        image -= sign * rng.uniform(0, 0.12) * np.exp(-(((d - 2.5 * width) / width) ** 2))
    image += rng.uniform(0, 0.05) * _tilt(scene, rng)
    image += rng.uniform(0, 0.04) * smooth_noise(rng, scene.size, rng.uniform(3, 40))
    return blur(_particles(scene, image, rng), rng.uniform(0.3, 1.6))


def render_sem_polished(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """A polished section, with grey steps or with lines; for what lies on its boundaries."""
    return (render_sem_channelling if rng.random() < 0.6 else render_sem_lines)(scene, rng)


def _grain_levels(
    scene: Scene, rng: np.random.Generator, spread: float, *, uniform: bool = False
) -> np.ndarray:
    n = scene.n_crystals
    values = rng.uniform(-1.7, 1.7, n) if uniform else rng.standard_normal(n)
    return scene.per_crystal(spread * values)


def _tilt(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """A plane of its own slope and direction in every grain."""
    n = scene.n_crystals
    y, x = np.mgrid[0 : scene.size[0], 0 : scene.size[1]].astype(np.float32)
    period = scene.section.shape.mean_intercept * 4
    sy, sx = (scene.per_crystal(rng.standard_normal(n)) for _ in range(2))
    phase = scene.per_crystal(rng.uniform(0, 2 * np.pi, n))
    return np.sin((y * sy + x * sx) / period + phase)


def _relief(scene: Scene, height: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from the detector's side on domes and facets."""
    angle = rng.uniform(0, 2 * np.pi)
    gy, gx = slopes(height.astype(np.float32))
    lit = np.cos(angle) * gx + np.sin(angle) * gy
    facets = _grain_levels(scene, rng, 0.06) + 0.06 * _tilt(scene, rng)
    steep = rng.uniform(0.3, 1.2) if rng.random() < 0.2 else rng.uniform(0, 0.3)
    return steep * lit + rng.uniform(0, 1) * facets


def _particles(scene: Scene, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pores dark with a bright rim; particles paler or darker than any grain, with their own texture."""
    image = image.astype(np.float32)
    if scene.pores.any():
        rim = cv2.dilate(scene.pores.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~scene.pores
        image = np.where(rim, image + rng.uniform(0, 0.35), image)
        image = np.where(scene.pores, rng.uniform(-0.2, 0.2) + 0.2 * image, image)
    second = scene.phases | scene.films
    if second.any():
        level = rng.choice([rng.uniform(0.75, 1.2), rng.uniform(-0.1, 0.25)])
        texture = rng.uniform(0, 0.08) * smooth_noise(rng, scene.size, rng.uniform(2, 6))
        image = np.where(second, level + texture, image)
    return image.astype(np.float32)
