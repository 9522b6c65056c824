"""What the instrument and the preparation add: noise, blur, drift of grey, scratches, stripes, JPEG."""

import cv2
import numpy as np
from scipy.special import expit

from segment.training.synthetic.random_fields import blur, displaced, smooth_noise


def expose(image: np.ndarray, rng: np.random.Generator, *, noise_floor: bool = False) -> np.ndarray:
    """Shot and read-out noise through the detector's transfer function, relative to the image's contrast.

    `noise_floor`: .8 to 2.5 times that contrast, so that boundaries are just visible to the eye.
    """
    contrast = float(image.std()) + 1e-3
    share = rng.uniform(0.8, 2.5) if noise_floor else float(np.exp(rng.uniform(np.log(0.02), np.log(0.8))))
    white = blur(rng.standard_normal(image.shape).astype(np.float32), rng.choice([0.0, 0.5, 0.8, 1.3]))
    white /= white.std() + 1e-6
    grey = np.clip(image - image.min(), 0, None)
    poisson = np.sqrt(grey / (grey.mean() + 1e-6)) if rng.random() < 0.6 else 1.0
    return (image + share * contrast * white * poisson).astype(np.float32)


def shade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Vignetting and uneven illumination or charging, slow over the field."""
    contrast = float(image.std())
    y, x = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j].astype(np.float32)
    slope = rng.standard_normal(2) * rng.uniform(0, 0.6)
    out = image + contrast * (slope[0] * y + slope[1] * x - rng.uniform(0, 0.6) * (x**2 + y**2))
    out += rng.uniform(0, 0.5) * contrast * smooth_noise(rng, image.shape, rng.uniform(150, 500))
    return out.astype(np.float32)


def stain(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Diffuse stains and contamination: rounded patches of another grey with soft or dried-up edges."""
    field = smooth_noise(rng, image.shape, float(np.exp(rng.uniform(3, 5.5))))
    inside = expit((field - rng.uniform(0.8, 1.8)) / rng.uniform(0.05, 0.5))
    rim = 4 * inside * (1 - inside)
    strength = image.std() * rng.choice([-1.0, 1.0], p=[0.7, 0.3])
    out = image + strength * (rng.uniform(0.2, 1.5) * inside + rng.uniform(0, 0.5) * rim)
    return out.astype(np.float32)


def scratch(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Straight or slightly bent polishing scratches; no boundaries."""
    layer = np.zeros(image.shape, np.float32)
    rows, columns = image.shape
    main = rng.uniform(0, np.pi)
    for _ in range(rng.integers(1, 14)):
        angle = main + rng.standard_normal() * rng.choice([0.1, 1.0])
        centre = rng.uniform([0, 0], [columns, rows])
        t = np.linspace(-1, 1, 12)[:, None] * rng.uniform(0.1, 1) * max(image.shape)
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        points = centre + t * along + across * (t / rows) ** 2 * rows * rng.uniform(-0.1, 0.1)
        value = float(rng.uniform(0.3, 1.5) * rng.choice([-1, 1], p=[0.7, 0.3]))
        cv2.polylines(
            layer, [(points * 16).astype(np.int32)], False, value, int(rng.integers(1, 3)), cv2.LINE_AA, 4
        )
    return image + blur(layer, 0.5) * image.std()


def stripe(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Curtaining (vertical) or charging and scan noise (horizontal)."""
    rows, columns = image.shape
    profile = blur(rng.standard_normal((1, columns)).astype(np.float32), rng.uniform(0.3, 4))[0]
    strength = rng.uniform(0.1, 0.7) * image.std() / (profile.std() + 1e-6)
    if rng.random() < 0.5:
        slow = np.clip(1 + 0.7 * smooth_noise(rng, (rows, columns), 300), 0, 3)
        return np.asarray(image + strength * profile * slow, np.float32)
    lines = blur(rng.standard_normal((rows, 1)).astype(np.float32), rng.choice([0.0, 1.0]))
    bursts = (rng.random((rows, 1)) < 0.01) * rng.uniform(0.5, 2)
    fade = np.clip(smooth_noise(rng, (rows, columns), 200), 0, 2)
    return (image + image.std() * (rng.uniform(0, 0.4) * lines + bursts * fade)).astype(np.float32)


def jitter(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scan lines displaced by a fraction of a pixel to a pixel or so."""
    shift = rng.uniform(0.2, 1.0) * rng.standard_normal((len(image), 1)).astype(np.float32)
    return displaced(image, np.zeros_like(shift), shift)


def compress(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """There and back through JPEG; uint8."""
    _, code = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
    out = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    assert out is not None  # encoded a line above
    return out
