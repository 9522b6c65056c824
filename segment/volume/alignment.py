"""Bring slices into register: shifts of a fraction of a pixel, and the drift that they add up to."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from segment.volume.phases import MAD_TO_SD

LARGEST_SHARE = 0.125  #: of an edge; a larger step from slice to slice is no drift
_LONGEST_PX = 512  #: larger slices are compared in their middle
#: SD of the Gaussian that smooths a correlation: in made stacks with noise of 3 to 35 grey levels an error of
#: .12 px a step instead of .28
_SMOOTHING_PX = 1.5
HOT = (1.0, 99.0)  #: percentiles of a slice; what lies beyond would decide alone
WORTH_MOVING_PX = 0.5  #: corrections below this are left
#: of a step; structures that change from slice to slice seem to shift: by .05 to .32 px in made stacks
SEEMING_PX = 0.35
JUMP_PX, JUMP_SD = 1.0, 6.0  #: a single step beyond the others
WANDERING = 3.0  #: times as far as random steps would go, a path is a drift


@dataclass(frozen=True, eq=False)
class Drift:
    """How the slices of a stack lie on each other."""

    correction_px: np.ndarray  #: shape (slices, 2): rows and columns by which each slice is moved
    #: shape (2,): mean step per slice, which stays: leaning structures and steady drift look alike
    shear_px: np.ndarray
    noise_px: float = 0.0  #: error of a measured step: how far two differ from the shift over both

    @property
    def largest_px(self) -> float:
        """Longest correction."""
        return float(np.hypot(*self.correction_px.T).max())

    @property
    def typical_step_px(self) -> float:
        """Root mean square of a component of the steps from slice to slice, without a steady shift."""
        return float(np.sqrt(np.mean(np.diff(self.correction_px, axis=0) ** 2)))

    @property
    def worth_moving(self) -> bool:
        """Whether slices jitter, jump or drift by more than structure and noise let them seem to."""
        if self.largest_px < WORTH_MOVING_PX:
            return False
        steps = np.diff(self.correction_px, axis=0)
        size = self.typical_step_px
        jitter = size**2 > SEEMING_PX**2 + 2 * self.noise_px**2
        jump = np.abs(steps).max() > max(JUMP_PX, JUMP_SD * MAD_TO_SD * float(np.median(np.abs(steps))))
        return bool(jitter or jump or self.largest_px > WANDERING * size * np.sqrt(len(steps)))


def find_drift(values: np.ndarray, *, keep_shear: bool = True) -> Drift:
    """Drift of a stack, shape (slices, rows, columns), by phase correlation of neighbouring slices.

    With `keep_shear` only what departs from a steady shift is corrected.  Structures that lean through the
    stack shift steadily too, and would be straightened; without it they are, which is right where a reference
    (a fiducial mark, a vertical edge) shows the drift to be one.
    """
    shape = _middle(values[0]).shape
    square = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1]) ** 2
    smoothing = np.exp(-2 * (np.pi * _SMOOTHING_PX) ** 2 * square)
    steps, double = np.zeros((2, len(values), 2))
    last = [_transformed(values[0])]
    for k in range(1, len(values)):
        last = [*last[-2:], _transformed(values[k])]
        steps[k] = _shift(last[-2], last[-1], smoothing, shape)
        double[k] = _shift(last[0], last[-1], smoothing, shape)
    path = np.cumsum(steps, axis=0)
    shear = steps[1:].mean(axis=0) if keep_shear else np.zeros(2)
    path -= np.arange(len(values))[:, None] * shear
    apart = (steps[1:-1] + steps[2:] - double[2:]).ravel()  # three errors each
    noise = float(np.median(np.abs(apart)) * MAD_TO_SD / np.sqrt(3)) if apart.size else 0.0
    return Drift(np.median(path, axis=0) - path, shear, noise)


def aligned(values: np.ndarray, drift: Drift) -> np.ndarray:
    """The stack with every slice moved, without the rim that some of them leave empty.

    Slices are interpolated linearly in their own dtype.
    """
    out = np.empty(values.shape, values.dtype)
    for k, image in enumerate(values):
        if np.hypot(*drift.correction_px[k]) < 0.05:
            out[k] = image
        else:
            ndimage.shift(image, drift.correction_px[k], out[k], order=1, mode="nearest")
    moved = np.concatenate([drift.correction_px, np.zeros((1, 2))])
    top, left = moved.max(axis=0).astype(int)  # whole pixels: less than one is repeated
    bottom, right = moved.min(axis=0).astype(int)
    return out[:, top : bottom or None, left : right or None]


def _middle(image: np.ndarray) -> np.ndarray:
    (top, left) = (max((n - _LONGEST_PX) // 2, 0) for n in image.shape)
    return image[top : top + _LONGEST_PX, left : left + _LONGEST_PX]


def _transformed(image: np.ndarray) -> np.ndarray:
    """Fourier transform of a slice without its mean and hot pixels, faded out towards the edges."""
    grey = np.asarray(_middle(image), np.float32)
    grey = np.clip(grey, *np.percentile(grey[::2, ::2], HOT))
    window = np.hanning(grey.shape[0])[:, None] * np.hanning(grey.shape[1])[None, :]
    return np.fft.rfft2((grey - grey.mean()) * window)


def _shift(before: np.ndarray, now: np.ndarray, smoothing: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Shift (rows, columns) of `now` against `before`: the peak of their phase correlation, by a parabola."""
    cross = now * np.conj(before)
    cross /= np.sqrt(np.abs(cross)) + 1e-9 * np.abs(cross).max() + 1e-30
    peak = np.fft.irfft2(cross * smoothing, shape)
    reach = [max(int(n * LARGEST_SHARE), 1) for n in shape]
    near = np.roll(peak, reach, (0, 1))[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
    at = np.unravel_index(int(near.argmax()), near.shape)
    return np.array([at[k] - reach[k] + _vertex(near, at, k) for k in (0, 1)])


def _vertex(near: np.ndarray, at: tuple[np.intp, ...], axis: int) -> float:
    """Offset of the vertex of the parabola through the peak and its two neighbours along an axis."""
    k = int(at[axis])
    if not 0 < k < near.shape[axis] - 1:
        return 0.0
    line = near.take(at[1 - axis], axis=1 - axis)
    left, middle, right = line[k - 1], line[k], line[k + 1]
    bend = left - 2 * middle + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
