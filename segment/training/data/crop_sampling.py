"""What is left to chance in a training crop: where it lies, how it is turned, scaled and exposed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a crop lies in its image."""

    matrix: np.ndarray  #: float64, shape (2, 3): from the crop's pixels (x, y, 1) to the image's (x, y)
    scale: float  #: pixels of the crop to one of the image

    @property
    def blur_px(self) -> float:
        """Standard deviation of the blur, in the image's pixels, that a smaller crop wants."""
        return 0.0 if self.scale > 0.85 else 0.35 / self.scale


@dataclass(frozen=True)
class Exposure:
    """How a crop's grey levels are changed, in this order, before and after they are normalised."""

    inverted: bool
    gamma: float
    #: blur_px, noise: standard deviations: of a blur, and of noise in those of the crop itself; 0 for none
    blur_px: float
    noise: float
    compressed: bool  #: there and back through JPEG
    #: shift, gain: what normalisation is off by, in standard deviations, and as a factor
    shift: float
    gain: float


def draw_placement(
    shape: tuple[int, ...], crop: int, low: float, high: float, rng: np.random.Generator
) -> Placement:
    """Scale log-uniformly, turn by any angle (half the time by right angles only), mirror, and cut.

    From an image of `shape` a crop of so many pixels along an edge, scaled by `low` to `high`.
    """
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    angle = rng.integers(4) * np.pi / 2 if rng.random() < 0.5 else rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    flip = -1 if rng.random() < 0.5 else 1
    reach = crop / 2 / scale
    room = np.maximum(np.array(shape[::-1], float) / 2 - reach, 0)
    centre = np.array(shape[::-1]) / 2 + rng.uniform(-1, 1, 2) * room
    matrix = np.array([[c * flip, -s, 0], [s * flip, c, 0]])
    matrix[:, 2] = centre - matrix[:, :2] @ np.array([crop / 2, crop / 2])
    return Placement(matrix, scale)


def draw_exposure(rng: np.random.Generator) -> Exposure:
    """Other polarity, gamma, blur, noise and compression, each in some of the crops."""
    chance = rng.random(5) < (0.3, 0.5, 0.25, 0.4, 0.15)
    return Exposure(
        inverted=bool(chance[0]),
        gamma=float(np.exp(rng.uniform(-0.7, 0.7))) if chance[1] else 1.0,
        blur_px=rng.uniform(0.3, 1.4) if chance[2] else 0.0,
        noise=float(np.exp(rng.uniform(-3.5, 0))) if chance[3] else 0.0,
        compressed=bool(chance[4]),
        shift=0.15 * float(rng.standard_normal()),
        gain=float(np.exp(rng.uniform(-0.2, 0.2))),
    )
