"""Pictures that show no grains: what a user hands in by mistake, seeded like the synthetic micrographs.

Noise of several kinds, blank and shaded frames, stripes, lattices, particles large and small, things before
each other, printed text, plots and diffraction patterns.  Photographs come from elsewhere
(`calibration/calibrate_confidence.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from segment.training.synthetic.random_fields import smooth_noise

Size = tuple[int, int]
Painter = Callable[[np.random.Generator, Size], np.ndarray]
WORDS = (
    "the grain boundary network of films grown at elevated temperature was observed with electrons".split()
)


def picture_without_grains(rng: np.random.Generator, kind: str, size: Size = (512, 512)) -> np.ndarray:
    """A picture of one of `KINDS`; uint8 of `size` (rows, columns)."""
    return np.clip(KINDS[kind](rng, size), 0, 255).astype(np.uint8)


def _somewhere(rng: np.random.Generator, size: Size) -> tuple[int, int]:
    """A pixel, (x, y)."""
    return int(rng.integers(size[1])), int(rng.integers(size[0]))


def _noise(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Gaussian, Poisson or uniform, no two pixels alike."""
    level = rng.uniform(2, 60)
    kind = rng.integers(3)
    if kind == 0:
        return rng.normal(128, level, size)
    return rng.poisson(level, size) * 3.0 if kind == 1 else rng.uniform(0, 256, size)


def _clouds(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Smooth noise of one wavelength, or of all (1/f)."""
    if rng.random() < 0.5:
        return 128 + 40 * smooth_noise(rng, size, float(np.exp(rng.uniform(1, 3.5))))
    frequency = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal(size)) / frequency ** rng.uniform(0.6, 1.6)
    field = np.fft.irfft2(spectrum, size)
    result: np.ndarray = 128 + 40 * (field - field.mean()) / field.std()
    return result


def _blank(rng: np.random.Generator, size: Size) -> np.ndarray:
    """One grey, or a gradient, with hardly any noise."""
    y, x = (axis / max(size) for axis in np.mgrid[: size[0], : size[1]])
    slope = rng.uniform(-100, 100, 2) * (rng.random() < 0.6)
    image: np.ndarray = rng.normal(rng.uniform(40, 200), rng.uniform(0, 3), size) + slope[0] * x
    image += slope[1] * y
    return image


def _stripes(rng: np.random.Generator, size: Size) -> np.ndarray:
    """One, two or three plane waves: stripes, a grating, a lattice image."""
    y, x = np.mgrid[: size[0], : size[1]]
    first, period = rng.uniform(0, np.pi), rng.uniform(3, 20)
    waves = [first + k * np.pi / 3 for k in range(int(rng.integers(1, 4)))]
    image = rng.normal(128, rng.uniform(2, 20), size)
    for a in waves:
        image += 40 * np.cos(2 * np.pi * (np.cos(a) * x + np.sin(a) * y) / period)
    return image


def _particles(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Bright discs apart from each other or overlapping, on a dark ground."""
    image = np.full(size, 60.0, np.float32)
    for _ in range(int(rng.integers(15, 120))):
        centre = _somewhere(rng, size)
        cv2.circle(image, centre, int(rng.integers(4, 30)), float(rng.uniform(110, 220)), -1, cv2.LINE_AA)
    soft: np.ndarray = cv2.GaussianBlur(image, (0, 0), 1.2)
    return soft + rng.normal(0, rng.uniform(1, 12), size)


def _dispersion(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Hundreds of small bright particles, few of them large, with haloes: nanoparticles on a film, stars."""
    points = np.zeros(size, np.float32)
    haloes = np.zeros(size, np.float32)
    n = int(rng.integers(100, 900))
    radii = 0.8 * rng.pareto(rng.uniform(1.2, 2.5), n) + 0.8
    for radius in np.minimum(radii, 12):
        centre = _somewhere(rng, size)
        level = float(rng.uniform(30, 230))
        axes = (max(round(radius), 1), max(round(radius * rng.uniform(0.5, 1)), 1))
        cv2.ellipse(points, centre, axes, float(rng.uniform(0, 180)), 0, 360, level, -1, cv2.LINE_AA)
        cv2.circle(haloes, centre, round(2.5 * radius) + 1, 0.3 * level, -1, cv2.LINE_AA)
    soft: np.ndarray = cv2.GaussianBlur(points, (0, 0), rng.uniform(0.6, 1.5))
    soft += cv2.GaussianBlur(haloes, (0, 0), rng.uniform(2, 5))
    return soft + rng.normal(rng.uniform(10, 60), rng.uniform(1, 8), size)


def _occlusions(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Things before each other, of all sizes, each with its own shade: the dead-leaves model of photographs.

    Source: Lee, Mumford & Huang, Int. J. Comput. Vis. 41 (2001).
    """
    y, x = (axis / max(size) - 0.5 for axis in np.mgrid[: size[0], : size[1]].astype(np.float32))
    textured = rng.random()
    image = (
        rng.uniform(40, 200)
        + 60 * x
        + rng.uniform(5, 30) * smooth_noise(rng, size, float(rng.uniform(20, 200)))
    )
    for radius in np.minimum(rng.uniform(4, 12) * (1 + rng.pareto(1.5, int(rng.integers(150, 700)))), 160):
        shape = np.zeros(size, np.uint8)
        centre = _somewhere(rng, size)
        axes = (round(radius), max(round(radius * rng.uniform(0.25, 1)), 2))
        cv2.ellipse(shape, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        slope = rng.uniform(-80, 80, 2)
        shade = rng.uniform(20, 235) + slope[0] * x + slope[1] * y
        if rng.random() < textured:
            shade += rng.uniform(3, 25) * smooth_noise(rng, size, float(rng.uniform(2, 20)))
        image = np.where(shape, shade, image)
    soft: np.ndarray = cv2.GaussianBlur(image.astype(np.float32), (0, 0), rng.uniform(0.5, 2))
    return soft + rng.normal(0, rng.uniform(1, 6), size)


def _text(rng: np.random.Generator, size: Size) -> np.ndarray:
    """A printed page."""
    image = np.full(size, 245, np.uint8)
    scale, thickness = rng.uniform(0.35, 0.9), int(rng.integers(1, 3))
    for row in range(18, size[0], int(36 * scale)):
        line = " ".join(rng.choice(WORDS, 16))
        cv2.putText(image, line, (10, row), cv2.FONT_HERSHEY_SIMPLEX, scale, 15, thickness, cv2.LINE_AA)
    return image + rng.normal(0, 4, size)


def _plot(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Curves in a frame with numbers."""
    image = np.full(size, 255, np.uint8)
    left, right, top, bottom = (
        size[1] // 8,
        size[1] * 15 // 16,
        size[0] // 12,
        size[0] * 7 // 8,
    )
    cv2.rectangle(image, (left, top), (right, bottom), 0, 1)
    x = np.arange(left, right, 4)
    for _ in range(int(rng.integers(1, 6))):
        y = (top + bottom) / 2 + rng.normal(0, rng.uniform(4, 20), x.size).cumsum()
        points = np.column_stack([x, np.clip(y, top, bottom)]).astype(np.int32)
        cv2.polylines(image, [points], False, int(rng.integers(0, 160)), 2, cv2.LINE_AA)
    for column in range(left, right, 60):
        cv2.putText(
            image, str(column), (column, bottom + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1, cv2.LINE_AA
        )
    return image


def _diffraction(rng: np.random.Generator, size: Size) -> np.ndarray:
    """Spots of a single crystal or rings of a powder around a bright centre, counted in electrons."""
    y, x = np.mgrid[: size[0], : size[1]] - np.array(size)[:, None, None] / 2.0
    radius = np.hypot(y, x)
    image = 150 * np.exp(-radius / 25)
    if rng.random() < 0.5:
        speckle = 1 + 0.5 * smooth_noise(rng, size, 4)
        for ring in rng.uniform(0.1, 0.45, int(rng.integers(3, 8))) * min(size):
            image += 90 * np.exp(-ring / 150) * np.exp(-(((radius - ring) / 2.5) ** 2)) * speckle
    else:
        turn, step = rng.uniform(0, np.pi), rng.uniform(28, 60)
        for i, j in np.ndindex(19, 19):
            px = step * ((i - 9) * np.cos(turn) + (j - 9) * np.cos(turn + 1.25))
            py = step * ((i - 9) * np.sin(turn) + (j - 9) * np.sin(turn + 1.25))
            image += 200 * np.exp(-np.hypot(px, py) / 140) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 12)
    counts: np.ndarray = rng.poisson(np.clip(image, 0, None) + 4)
    return counts


KINDS: dict[str, Painter] = {
    "noise": _noise,
    "clouds": _clouds,
    "blank": _blank,
    "stripes": _stripes,
    "particles": _particles,
    "text": _text,
    "plot": _plot,
    "diffraction": _diffraction,
    "dispersion": _dispersion,
    "occlusions": _occlusions,
}
