"""Deeply etched metal under the light microscope: gaps, pits, scratches, traces of twins, broken lines.

What lies inside the grains here is no boundary: dots, rings, dashes, open stubs, thin straight traces,
patches of stain.  A boundary is a line, whole or with short interruptions, or the outline of a wide gap.
"""

import cv2
import numpy as np

from segment.training.synthetic.random_fields import blur, draw_line, from_outline, per_grain, smooth_noise
from segment.training.synthetic.scene import Scene


def render_pitted(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """An etched section with all that etching and polishing leave; float32, grey 0 ... 1 before noise."""
    image = _grains(scene, rng)
    dark = rng.uniform(0.25, 0.75)
    image -= dark * _lines(scene, rng)
    marks = np.zeros(scene.size, np.float32)
    if rng.random() < 0.6:
        marks = np.maximum(marks, rng.uniform(0.3, 0.9) * _traces(scene, rng))
    if rng.random() < 0.6:
        marks = np.maximum(marks, rng.uniform(0.1, 0.6) * _polish(scene, rng))
    image -= dark * marks
    if rng.random() < 0.85:
        image -= dark * _pits(scene, rng)
    if rng.random() < 0.35:
        image -= rng.uniform(0.1, 0.4) * _speckle(scene, rng)
    image = _neither(image, scene, rng)
    image = np.minimum(image, rng.uniform(0.75, 1.1))
    return blur(image.astype(np.float32), rng.uniform(0.3, 1.4))


def render_strung(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Particles strung along the boundaries of an etched section, dark, pale or outlined; float32."""
    image = _grains(scene, rng)
    dark = rng.uniform(0.15, 0.6)
    image -= dark * rng.uniform(0.2, 1) * _lines(scene, rng)
    if rng.random() < 0.5:
        image -= dark * rng.uniform(0.3, 1) * _pits(scene, rng)
    body = scene.not_grain
    level = rng.choice([rng.uniform(0.05, 0.4), rng.uniform(0.55, 1.1)], p=[0.7, 0.3])
    texture = rng.uniform(0, 0.15) * smooth_noise(rng, scene.size, rng.uniform(2, 8))
    image = np.where(body | (scene.films & (rng.random() < 0.6)), level + texture, image)
    if rng.random() < 0.5 or level > 0.55:
        strength, width = rng.uniform(0.2, 0.6), rng.uniform(0.7, 1.6)
        image -= strength * np.exp(-((from_outline(body) / width) ** 2))
    return blur(image.astype(np.float32), rng.uniform(0.3, 1.4))


def _grains(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """One grey a grain, most of them pale and alike, a few etched dark."""
    n = scene.n_crystals
    level = 0.8 + rng.uniform(0.0, 0.08) * rng.standard_normal(n)
    level -= np.where(rng.random(n) < rng.choice([0, 0.05, 0.3]), rng.uniform(0, 0.4, n), 0)
    image = scene.per_crystal(level)
    image += rng.uniform(0, 0.06) * smooth_noise(rng, scene.size, rng.uniform(2, 30))
    if rng.random() < 0.4:  # rounded edges of grains that stand in relief
        image -= rng.uniform(0, 0.3) * np.exp(-scene.field.distance / rng.uniform(2, 8))
    return image


def _lines(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Etched boundaries of strength 0 ... 1, interrupted along some of them."""
    d, size = scene.field.distance, scene.size
    width = rng.uniform(0.7, 3.0) * np.clip(1 + 0.4 * smooth_noise(rng, size, 50), 0.4, 2)
    strength = np.clip(scene.field.chance[0] * rng.uniform(0.1, 0.6) + rng.uniform(0.4, 0.9), 0, 1)
    if rng.random() < 0.5:
        present = smooth_noise(rng, size, rng.uniform(6, 25)) > rng.uniform(-2.2, -0.9)
        frail = scene.field.chance[1] < rng.uniform(0.1, 0.6)
        strength = np.where(frail & ~present, rng.uniform(0, 0.3), strength)
    return strength * np.exp(-((d / width) ** 2))


def _traces(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Straight parallel lines across some grains, some dotted or ending inside: traces of twins and slip."""
    labels = scene.section.labels
    n = int(labels.max()) + 1
    count = np.maximum(np.bincount(labels.ravel(), minlength=n), 1)
    y, x = np.mgrid[0 : scene.size[0], 0 : scene.size[1]].astype(np.float32)
    cy, cx = (np.bincount(labels.ravel(), axis.ravel(), n) / count for axis in (y, x))
    radius = np.sqrt(count / np.pi)
    angle = rng.uniform(0, np.pi, n)
    u, v = x - per_grain(cx, labels), y - per_grain(cy, labels)
    cos, sin = (per_grain(f(angle), labels) for f in (np.cos, np.sin))
    across, along = u * cos + v * sin, v * cos - u * sin
    out = np.zeros(scene.size, np.float32)
    width = rng.uniform(0.5, 1.3)
    dots = np.clip(0.6 + smooth_noise(rng, scene.size, rng.uniform(2.5, 8)), 0, 1)
    share = rng.uniform(0.1, 0.7)
    for _ in range(int(rng.integers(1, 5))):
        chosen = rng.random(n) < share
        offset = np.where(chosen, rng.uniform(-0.8, 0.8, n) * radius, 1e4)
        ends = np.sort(rng.uniform(-1.6, 1.6, (2, n)) * radius, axis=0)
        ends[:, rng.random(n) < 0.6] = [[-1e4], [1e4]]
        spacing = rng.uniform(2.5, 9, n) * (rng.random(n) < 0.6)
        strength = rng.uniform(0.2, 1, n) * (rng.random(n) < 0.9)
        inside = (along > per_grain(ends[0], labels)) & (along < per_grain(ends[1], labels))
        for place in (offset, offset + spacing):
            line = np.exp(-(((across - per_grain(place, labels)) / width) ** 2))
            out = np.maximum(out, line * inside * per_grain(strength, labels))
    dotted = per_grain((rng.random(n) < rng.uniform(0.2, 0.9)).astype(float), labels)
    return out * (1 - dotted * (1 - dots))


def _polish(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Polishing lines: many, parallel, thin, straight, across grains and within them."""
    rows, columns = scene.size
    layer = np.zeros(scene.size, np.float32)
    main, spread = rng.uniform(0, np.pi), rng.choice([0.02, 0.1])
    longest = rng.uniform(0.1, 1.2)
    for _ in range(int(rng.integers(5, 120))):
        angle = main + spread * rng.standard_normal()
        centre = rng.uniform([0, 0], [columns, rows])
        half = 0.5 * rng.uniform(0.1, 1) * longest * max(rows, columns)
        step = half * np.array([np.cos(angle), np.sin(angle)])
        draw_line(layer, np.stack([centre - step, centre + step]), float(rng.uniform(0.2, 1)))
    weight = per_grain(rng.uniform(0, 1.2, int(scene.section.labels.max()) + 1), scene.section.labels)
    return np.clip(blur(layer, rng.uniform(0.3, 0.9)) * weight, 0, 1)


def _pits(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Etch pits: dots and rings, crowded in some grains and near boundaries; dashes like worms."""
    rows, columns = scene.size
    spots = np.zeros(scene.size, np.float32)
    mean = scene.section.shape.mean_intercept
    crowd = np.exp(1.2 * rng.standard_normal(int(scene.section.labels.max()) + 1))
    weight = per_grain(crowd, scene.section.labels)
    if rng.random() < 0.5:
        weight = weight * (0.2 + np.exp(-scene.field.distance / (mean * rng.uniform(0.05, 0.3))))
    chance = np.cumsum(weight[::4, ::4].ravel())
    n = int(rng.choice([30, 300, 1200]) * rng.uniform(0.3, 1.5) * rows * columns / 512**2)
    where = np.searchsorted(chance, rng.uniform(0, chance[-1], n))
    width = (columns + 3) // 4
    largest = rng.choice([1.2, 2.0, 3.5])
    for place in where.tolist():
        at = np.array([place % width, place // width]) * 4 + rng.uniform(0, 4, 2)
        radius = float(min(0.5 + rng.exponential(0.5 * largest), 2 * largest))
        centre = tuple(np.round(at * 16).astype(int).tolist())
        axes = (round(radius * 16), max(round(radius * rng.uniform(0.6, 1) * 16), 8))
        ring = radius > 2 and rng.random() < 0.4
        turn, value = float(rng.uniform(0, 180)), float(rng.uniform(0.3, 1))
        box = cv2.ellipse2Poly((0, 0), (max(axes[0], 8), max(axes[1], 8)), int(turn), 0, 360, 30)
        points = (box + np.array(centre)).astype(np.int32)
        if ring:
            cv2.polylines(spots, [points], True, value, 1, cv2.LINE_AA, 4)
        else:
            cv2.fillPoly(spots, [points], value, cv2.LINE_AA, 4)
    for _ in range(rng.poisson(rng.choice([0, 8, 25]))):
        start, angle = rng.uniform([0, 0], [columns, rows]), rng.uniform(0, 2 * np.pi)
        turns = angle + np.cumsum(rng.normal(0, 0.4, 5))
        steps = rng.uniform(1.5, 5) * np.column_stack([np.cos(turns), np.sin(turns)])
        value = float(rng.uniform(0.3, 1))
        draw_line(spots, start + np.cumsum(steps, axis=0), value, int(rng.integers(1, 3)))
    return blur(spots, rng.uniform(0.3, 0.8))


def _speckle(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Patches of fine mottle: stain, attacked grains."""
    field = smooth_noise(rng, scene.size, rng.uniform(30, 150))
    fine = np.clip(smooth_noise(rng, scene.size, rng.uniform(2, 5)) - rng.uniform(0, 1.5), 0, 2)
    return np.clip(field - rng.uniform(0.3, 1.2), 0, 1) * fine


def _neither(image: np.ndarray, scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Gaps and holes dark with specks of light, second phases grey; thin gaps like the wide ones."""
    texture = rng.uniform(0.02, 0.15) * smooth_noise(rng, scene.size, rng.uniform(2, 5))
    chips = np.clip(smooth_noise(rng, scene.size, rng.uniform(2.5, 7)) - rng.uniform(1.2, 3), 0, 1)
    dark = rng.uniform(0.05, 0.3) + texture + rng.uniform(0, 0.8) * chips
    (aside,) = rng.spawn(1)
    if scene.pores.any() and aside.random() < 0.4:
        dark = np.maximum(dark, _splinters(scene, aside))
    soft = blur((scene.pores | scene.films).astype(np.float32), rng.uniform(0.3, 2))
    image = image * (1 - soft) + dark * soft
    if scene.phases.any():
        image = np.where(scene.phases, rng.uniform(0.2, 0.65) + texture, image)
    return image


def _splinters(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Bright angular splinters that lie in the gaps, some of a small grain's size; grey, 0 elsewhere."""
    layer = np.zeros(scene.size, np.float32)
    where = np.flatnonzero(scene.pores)
    largest = rng.uniform(3, 10)
    for place in where[
        rng.integers(where.size, size=rng.poisson(where.size / rng.uniform(800, 6000)))
    ].tolist():
        y, x = divmod(place, scene.size[1])
        turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 5))))
        corner = rng.uniform(0.3, 1) * largest * np.column_stack([np.cos(turn), np.sin(turn)])
        points = np.round((corner + np.array([x, y])) * 16).astype(np.int32)
        cv2.fillPoly(layer, [points], float(rng.uniform(0.4, 0.95)), cv2.LINE_AA, 4)
    return layer
