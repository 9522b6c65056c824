"""Sections of sintered ceramics cut by an ion beam, and maps of band contrast.

In a ceramic the voids and second phases show, the boundaries of its grains hardly or not at all.
"""

import cv2
import numpy as np

from segment.training.synthetic.random_fields import blur, on_coarse_points, smooth_noise
from segment.training.synthetic.scene import Scene


def render_ceramic(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Scanning image of an ion-milled section: voids, bright rims, second phases, curtains; float32."""
    image = np.full(scene.size, 0.55, np.float32)
    n = scene.n_crystals
    if n > 2:
        steps = rng.choice([0.0, rng.uniform(0.01, 0.05), rng.uniform(0.04, 0.1)])
        image += scene.per_crystal(steps * rng.standard_normal(n))
        width = rng.uniform(0.7, 2.2)
        line = np.exp(-((scene.field.distance / width) ** 2))
        image -= rng.choice([1.0, 1.0, -0.7]) * rng.uniform(0.05, 0.25) * line
    image += rng.uniform(0, 0.03) * smooth_noise(rng, scene.size, rng.uniform(10, 120))
    image = _second_phase(image, scene, rng)
    image = _voids(image, scene, rng)
    if rng.random() < 0.7:
        image += _curtain(scene.size, rng)
    image += rng.uniform(0.01, 0.09) * blur(
        rng.standard_normal(scene.size).astype(np.float32), rng.choice([0.0, 0.5, 0.7])
    )
    return blur(image.astype(np.float32), rng.uniform(0.3, 1.2))


def render_band_contrast(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Quality of diffraction patterns on a raster of coarse points: broad dark lines, grainy grains."""
    n = scene.n_crystals
    level = rng.uniform(0.55, 0.85) + rng.uniform(0.02, 0.12) * rng.standard_normal(n)
    image = scene.per_crystal(level)
    image += rng.uniform(0, 0.06) * smooth_noise(rng, scene.size, rng.uniform(8, 60))
    width = rng.uniform(1.5, 5) * (0.6 + 0.8 * scene.field.chance[0])
    depth = rng.uniform(0.2, 0.6) * (0.4 + 0.6 * scene.field.chance[1])
    image -= depth * np.exp(-((scene.field.distance / width) ** 2))
    if rng.random() < 0.3:
        image = np.where(rng.random(scene.size) < rng.uniform(0, 0.02), rng.uniform(0, 0.2), image)
    image = np.where(scene.not_grain, rng.uniform(0, 0.25), image)
    coarse = on_coarse_points(image, float(rng.uniform(1, 4)), rng)
    how = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(coarse, scene.size[::-1], interpolation=how)


def _second_phase(image: np.ndarray, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Flat patches a little darker or brighter than the grains, noisy as they are."""
    if not scene.phases.any():
        return image
    step = rng.choice([-1, 1], p=[0.75, 0.25]) * rng.uniform(0.08, 0.25)
    soft = blur(scene.phases.astype(np.float32), rng.uniform(0.5, 1.2))
    return image + step * soft


def _voids(image: np.ndarray, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Dark rough holes of several depths, their far walls in sight, their rims charged on one side."""
    holes = scene.pores | scene.films
    if not holes.any():
        return image
    depth = rng.uniform(0.05, 0.4) + rng.uniform(0.03, 0.2) * smooth_noise(
        rng, scene.size, rng.uniform(6, 40)
    )
    depth += rng.uniform(0, 0.08) * smooth_noise(rng, scene.size, rng.uniform(2, 5))
    depth = np.minimum(depth, 0.5)
    outside = cv2.distanceTransform((~holes).astype(np.uint8), cv2.DIST_L2, 3)
    inside = cv2.distanceTransform(holes.astype(np.uint8), cv2.DIST_L2, 3)
    angle = rng.uniform(0, 2 * np.pi)
    soft = cv2.GaussianBlur(holes.astype(np.float32), (0, 0), 3)
    lit = np.cos(angle) * cv2.Sobel(soft, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(
        soft, cv2.CV_32F, 0, 1
    )
    side = 0.5 + np.clip(lit * rng.uniform(0, 1.5), -0.5, 0.5)
    halo = rng.uniform(0, 0.3) * side * np.exp(-outside / rng.uniform(0.8, 3))
    wall = np.exp(-inside / rng.uniform(0.8, 3))
    image = np.where(holes, depth + (0.5 - depth) * 0.6 * wall, image + halo)
    return image.astype(np.float32)


def _curtain(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Streaks of the milling beam down the section, some broad, some a pixel or two, fading."""
    columns = size[1]
    profile = blur(rng.standard_normal((1, columns)).astype(np.float32), rng.uniform(0.3, 6))
    rare = (rng.random((1, columns)) < 0.02) * rng.uniform(-2, 3, (1, columns))
    profile = profile / (profile.std() + 1e-6) + blur(rare.astype(np.float32), 0.8)
    fade = np.clip(1 + 0.8 * smooth_noise(rng, size, 250), 0, 2.5)
    return rng.uniform(0.005, 0.05) * profile * fade
