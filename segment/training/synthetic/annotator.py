"""What annotators do to the truth: faint boundaries left out, outlines drawn twice, a shaky hand.

In traced micrographs neighbouring outlines of grains that were drawn one by one lie some pixels apart, and
small or pale grains are passed over.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.training.synthetic.random_fields import BoundaryField, smooth_noise

SPAN_PX = (2.0, 4.0)  #: between two outlines of one boundary


@dataclass(frozen=True)
class Annotator:
    """Shares of the boundary segments that a tracing lacks or doubles; none by default."""

    careless: float = 0.0  #: left out at random
    faint: float = 0.0  #: left out since they show least
    doubled: float = 0.0  #: drawn twice, since each of the two grains got an outline of its own
    shake_px: float = 0.0  #: standard deviation of the hand, slow along the line

    def trace(
        self, lines: np.ndarray, contrast: np.ndarray, field: BoundaryField, rng: np.random.Generator
    ) -> np.ndarray:
        """The lines (bool), the careful truth of `scene.truth_lines`, as this annotator draws them.

        `contrast`, shape (m,), is that of the segments of `field` (`visibility.segment_contrast`).
        """
        chance = rng.random((2, len(contrast)))
        missing = chance[0] < self.careless
        if self.faint:
            missing |= contrast < np.quantile(contrast, self.faint)
        drawn: np.ndarray = lines & ~missing[field.segment]
        if self.doubled:
            twice = drawn & (chance[1] < self.doubled)[field.segment]
            drawn = drawn | _beside(twice, rng)
        return _perturbed(drawn, self.shake_px, rng) if self.shake_px else drawn


def draw_annotator(rng: np.random.Generator) -> Annotator:
    """An annotator: careful in half of the cases."""
    if rng.random() < 0.5:
        return Annotator()
    careless, faint, doubled = (rng.uniform(0, most) * (rng.random() < 0.6) for most in (0.05, 0.05, 0.1))
    return Annotator(careless, faint, doubled, rng.uniform(0, 1.0))


def _beside(lines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The lines moved a few pixels to one side."""
    angle, span = rng.uniform(0, 2 * np.pi), rng.uniform(*SPAN_PX)
    shift = np.array([[1, 0, span * np.cos(angle)], [0, 1, span * np.sin(angle)]])
    return _closed(cv2.warpAffine(lines.astype(np.uint8), shift, lines.shape[::-1], flags=cv2.INTER_NEAREST))


def _perturbed(lines: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0 : lines.shape[0], 0 : lines.shape[1]].astype(np.float32)
    dy, dx = (sigma * smooth_noise(rng, lines.shape, 30.0) for _ in range(2))
    return _closed(cv2.remap(lines.astype(np.uint8), x + dx, y + dy, cv2.INTER_NEAREST))


def _closed(moved: np.ndarray) -> np.ndarray:
    """As bool, with small gaps of the nearest-pixel sampling closed."""
    return cv2.morphologyEx(moved, cv2.MORPH_CLOSE, np.ones((2, 2), np.uint8)).astype(bool)
