"""Images of no instrument: what a boundary looks like, and what fills the grains, drawn at random.

The other styles know how known instruments image grains.  A network that has seen only these fails on the
next one.  Here the profile across a boundary, its variation along it and with its direction, the texture and
the shape of grey within grains are curves and fields drawn anew for every image (domain randomisation: Tobin
et al., IROS 2017).  What all share is what makes a grain boundary: a closed network of lines or steps.
"""

import numpy as np

from segment.training.synthetic.random_fields import blur, slopes, smooth_noise
from segment.training.synthetic.scene import Scene


def render_free(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """An image of no known instrument; float32 of the scene's size, grey about 0 ... 1."""
    steps, lines, inside = _shares(rng)
    image = 0.5 + steps * _levels(scene, rng)
    image += inside * (_textures(scene, rng) + _domes(scene, rng))
    image += lines * _profile(scene, rng)
    for second_phases in (scene.pores, scene.phases | scene.films):
        if second_phases.any():
            image = np.where(second_phases, _body(image, rng), image)
    return blur(image.astype(np.float32), rng.uniform(0.3, 2.0))


def _shares(rng: np.random.Generator) -> tuple[float, float, float]:
    """Contrast of steps between grains, of lines (one of both shows), and of what fills the grains."""
    steps, lines = rng.uniform(0, 0.18), rng.uniform(0, 0.4)
    if rng.random() < 0.3:
        lines = 0.0 if rng.random() < 0.5 else 0.25 * lines
    elif rng.random() < 0.4:
        steps = 0.2 * steps
    if lines < 0.1:
        steps = max(steps, 0.06)
    return steps, lines, rng.uniform(0, 0.5) * max(steps, 0.5 * lines)


def _levels(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """A grey for every orientation: normal, uniform, of two or of a few kinds."""
    n = scene.n_crystals
    kind = rng.integers(4)
    if kind == 0:
        values = rng.standard_normal(n)
    elif kind == 1:
        values = rng.uniform(-1.7, 1.7, n)
    elif kind == 2:
        values = np.where(rng.random(n) < rng.uniform(0.1, 0.5), rng.uniform(1, 3), 0) - 0.5
        values += 0.3 * rng.standard_normal(n)
    else:
        values = rng.standard_normal(int(rng.integers(3, 7)))[rng.integers(0, 3, n)]
    return scene.per_crystal(values)


def _textures(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Two or three textures, of which each grain has one; of unit contrast."""
    n = scene.n_crystals
    kinds = [_texture(scene, rng) for _ in range(int(rng.integers(1, 4)))]
    choice = scene.per_crystal(rng.integers(0, len(kinds), n))
    strength = scene.per_crystal(rng.uniform(0.3, 1.5, n))
    return strength * np.choose(choice.astype(int), kinds)


def _texture(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Noise of one wavelength, drawn out along a direction, or waves whose direction differs by grain."""
    wavelength = float(np.exp(rng.uniform(np.log(2), np.log(1.5 * scene.section.shape.mean_intercept))))
    noise = smooth_noise(rng, scene.size, wavelength)
    if rng.random() < 0.6:
        return noise
    n = scene.n_crystals
    angle = scene.per_crystal(rng.uniform(0, np.pi, n))
    y, x = np.mgrid[0 : scene.size[0], 0 : scene.size[1]].astype(np.float32)
    phase = (x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / max(wavelength, 3.0)
    return np.sin(phase + rng.uniform(0, 3) * noise)


def _domes(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Grey that rises or falls from the boundary inwards, and light from one side."""
    reach = scene.section.shape.mean_intercept * rng.uniform(0.05, 0.5)
    height = (1 - np.exp(-scene.field.distance / reach)).astype(np.float32)
    n = scene.n_crystals
    sign = rng.choice([-1.0, 1.0]) + rng.uniform(0, 1) * rng.standard_normal(n)
    dome = rng.uniform(-1, 1) * scene.per_crystal(sign) * height
    gy, gx = slopes(height)
    angle = rng.uniform(0, 2 * np.pi)
    lit = (np.cos(angle) * gx + np.sin(angle) * gy) * reach
    return 2 * dome + rng.uniform(0, 2) * rng.integers(0, 2) * lit


def _profile(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Grey across the boundary: up to three bands, uneven along it, by segment, and by its direction."""
    d = scene.field.distance
    profile = np.zeros(scene.size, np.float32)
    sign = rng.choice([-1.0, 1.0], p=[0.65, 0.35])
    width = rng.uniform(0.6, 3.0)
    for band in range(int(rng.integers(1, 4))):
        centre = 0.0 if band == 0 else rng.uniform(1.5, 3.5) * width
        height = sign if band == 0 else rng.uniform(-0.7, 0.7)
        profile += height * np.exp(-(((d - centre) / (width * rng.uniform(0.7, 1.4))) ** 2))
    strength = 1 - rng.uniform(0, 0.8) * scene.field.chance[0]
    missing = scene.field.chance[1] < rng.choice([0.0, 0.0, 0.08])
    strength = np.where(missing, 0.15 * strength, strength)
    along = np.clip(1 + rng.uniform(0, 0.6) * smooth_noise(rng, scene.size, rng.uniform(4, 60)), 0.1, 2)
    if rng.random() < 0.3:
        gy, gx = slopes(np.minimum(d, 6).astype(np.float32))
        angle = rng.uniform(0, 2 * np.pi)
        along = along * (1 + rng.uniform(0, 1.2) * (np.cos(angle) * gx + np.sin(angle) * gy))
    return profile * strength * along


def _body(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Grey of what is no grain: darker or brighter than most, with some of what lies around it."""
    level = rng.choice([rng.uniform(-0.2, 0.25), rng.uniform(0.75, 1.3)])
    texture = rng.uniform(0, 0.15) * smooth_noise(rng, image.shape, rng.uniform(2, 12))
    return level + texture + rng.uniform(0, 0.4) * (image - 0.5)
