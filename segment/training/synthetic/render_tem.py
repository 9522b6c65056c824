"""Transmission images, bright-field and annular dark-field: diffraction contrast, thickness, overlap.

Grey 0 ... 1, before noise.  The foil is looked through: each boundary is inclined, so the grains of the upper
and the lower surface overlap in a band; the image there is their mean, crossed by thickness fringes.
"""

import numpy as np

from segment.training.synthetic.random_fields import blur, displaced, smooth_noise
from segment.training.synthetic.scene import Scene


def render_bf_tem(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Bright-field TEM of a thin foil; float32 of the scene's size."""
    mean = scene.section.shape.mean_intercept
    grains = _diffraction_contrast(scene, rng)
    if rng.random() < 0.5:
        grains = _behind(grains, scene, rng)
    image, overlap = _through_the_foil(grains, rng, mean)
    image += _fringes(scene, overlap, rng)
    image += _lines(scene, rng)
    speckle = blur(rng.standard_normal(scene.size).astype(np.float32), rng.uniform(0.6, 1.4))
    image += rng.uniform(0, 0.07) * speckle / (speckle.std() + 1e-6)
    image = np.where(scene.pores, image + rng.uniform(0.15, 0.35), image)
    image = np.where(scene.phases, image * rng.uniform(0.2, 0.6), image)
    thickness = 1 + rng.uniform(0, 0.2) * smooth_noise(rng, scene.size, rng.uniform(150, 500))
    return blur(image * thickness, rng.uniform(0.3, 1.5)).astype(np.float32)


def render_adf_stem(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Annular dark-field STEM: grey by thickness, composition and channelling, incoherent, no fringes."""
    mean, n = scene.section.shape.mean_intercept, scene.n_crystals
    spread = rng.uniform(0.01, 0.12)
    aligned = np.where(rng.random(n) < rng.uniform(0, 0.2), rng.uniform(0.1, 0.4, n), 0)
    level = 0.45 + spread * rng.standard_normal(n) + aligned
    image, _ = _through_the_foil(scene.per_crystal(level), rng, mean)
    image *= 1 + rng.uniform(0, 0.25) * smooth_noise(rng, scene.size, rng.uniform(100, 500))
    width, d = rng.uniform(0.7, 2.5), scene.field.distance
    strength = np.clip(scene.field.chance[0] * rng.uniform(0.3, 1) + rng.uniform(0, 0.5), 0, 1)
    # open or lighter boundaries are dark, those with heavy segregated atoms bright
    image += (
        rng.choice([-1.0, 1.0], p=[0.65, 0.35]) * rng.uniform(0, 0.3) * strength * np.exp(-((d / width) ** 2))
    )
    image += rng.uniform(0, 0.04) * smooth_noise(rng, scene.size, rng.uniform(2, 8))
    image = np.where(scene.pores, image * rng.uniform(0.2, 0.6), image)
    image = np.where(scene.phases | scene.films, image + rng.uniform(-0.25, 0.35), image)
    return blur(image.astype(np.float32), rng.uniform(0.4, 1.6))


def _diffraction_contrast(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Most grains pale, some grey, a few near-black; dark ones shaded by bend contours and dark rims."""
    n, size = scene.n_crystals, scene.size
    dark_share, pale_spread = rng.uniform(0.08, 0.8), rng.uniform(0.01, 0.14)
    dark = np.where(rng.random(n) < dark_share, rng.random(n) ** rng.uniform(0.6, 1.8), 0.0)
    level = 0.75 + pale_spread * rng.standard_normal(n) - 0.68 * dark
    grey = scene.per_crystal(level)
    strength = scene.per_crystal(dark * rng.uniform(0, 1, n))
    contour = np.cos(
        rng.uniform(1.5, 5)
        * smooth_noise(rng, size, rng.uniform(0.8, 2.5) * scene.section.shape.mean_intercept)
        + scene.per_crystal(rng.uniform(0, 2 * np.pi, n))
    )
    grey += rng.uniform(0.05, 0.45) * strength * contour
    grey += float(rng.choice([rng.uniform(0, 0.05), rng.uniform(0.05, 0.18)])) * (1 - strength) * contour
    rim = scene.per_crystal(rng.uniform(-0.5, 1, n) * dark)
    grey -= rng.uniform(0, 0.4) * rim * np.exp(-scene.field.distance / rng.uniform(2, 6))
    return np.clip(_bend_contours(scene, grey, rng), 0.02, 1.2)


def _behind(grains: np.ndarray, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """What lies under or over the grains in a thick foil: their contrast, moved and blurred, lineless."""
    mean = scene.section.shape.mean_intercept
    dx, dy = (rng.uniform(0.5, 1.5) * mean * smooth_noise(rng, scene.size, 0.9 * mean) for _ in range(2))
    other = blur(displaced(grains.astype(np.float32), dy, dx), rng.uniform(0.04, 0.15) * mean)
    share = rng.uniform(0.1, 0.45)
    return (1 - share) * grains + share * other


def _bend_contours(scene: Scene, grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark bands that cross grains, each grain answering with its own strength."""
    for _ in range(rng.poisson(0.7 if rng.random() < 0.85 else 3.0)):
        level = smooth_noise(rng, scene.size, rng.uniform(80, 400))
        n = scene.n_crystals
        shift = scene.per_crystal(0.3 * rng.standard_normal(n))
        answer = scene.per_crystal(rng.random(n))
        grey = grey - rng.uniform(0.1, 0.5) * answer * np.exp(
            -(((level + shift) / rng.uniform(0.05, 0.25)) ** 2)
        )
    return grey


def _through_the_foil(
    grains: np.ndarray, rng: np.random.Generator, mean: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of upper and lower surface, each displaced by half the boundaries' inclination."""
    reach = float(min(rng.choice([0.4, 1.0, 2.5]) * rng.uniform(0.3, 1.2), 0.08 * mean))
    dy, dx = (reach * smooth_noise(rng, grains.shape, 1.2 * mean) for _ in range(2))
    return (displaced(grains, dy, dx) + displaced(grains, -dy, -dx)) / 2, np.hypot(dx, dy)


def _fringes(scene: Scene, overlap: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Thickness fringes parallel to the inclined boundaries, on some segments."""
    d, period = scene.field.distance, rng.uniform(3, 8)
    reach = np.maximum(overlap * rng.uniform(1, 4), 1.0)
    band = np.exp(-((d / reach) ** 2)) * (scene.field.chance[1] > 0.75)
    return rng.uniform(0, 0.2) * band * np.cos(2 * np.pi * d / period + rng.uniform(0, 6))


def _lines(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Dark line with a bright Fresnel fringe (or the reverse), strength by segment."""
    d = scene.field.distance
    width = rng.uniform(0.6, 1.6)
    strength = np.clip((scene.field.chance[0] - rng.uniform(0, 0.3)) * 1.3, 0, 1)
    depth = float(rng.choice([0.0, rng.uniform(0.03, 0.12), rng.uniform(0.1, 0.3)], p=[0.15, 0.45, 0.4]))
    halo = rng.uniform(0, 0.6) * np.exp(-(((d - 2.2 * width) / width) ** 2))
    sign = -1.0 if rng.random() < 0.85 else 1.0
    return (sign * depth * strength * (np.exp(-((d / width) ** 2)) - halo)).astype(np.float32)
