"""How one picture of a field lies on another: turn and shift by phase correlation, then a small affine warp.

What is compared are boundary probabilities, not grey levels: a tilt or another detector gives each grain
another grey and leaves the boundaries where they are.
"""

from dataclasses import dataclass

import cv2
import numpy as np

COARSE_PX = 384  #: longer edge at which turn and shift are looked for
FINE_PX = 1024  #: longer edge at which the warp is refined
TURNS_DEG = tuple(np.arange(-8.0, 8.5, 1.0))  #: between pictures of one sitting at the microscope; judgement
BLUR_PX = 2.0  #: of both, so that lines a little apart overlap
LEAST_OVERLAP = 0.5  #: of the smaller picture's area; below, there is no one field (judgement)
LARGEST_STRETCH = 1.12  #: tilting by 25 degrees shortens one edge by a factor of 1.10
STEPS, SETTLED = 60, 1e-4  #: of ECC: most iterations, and the change of its correlation at the end

Matrix = np.ndarray  #: float32, shape (2, 3): place (x, y, 1) in the reference -> place in the other picture


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where a picture lies on the reference."""

    #: float32, shape (2, 3): takes (x, y, 1) in pixels of the reference to (x, y) in pixels of the picture
    matrix: np.ndarray
    overlap: float  #: share of the smaller picture's area that the other shows
    correlation: float  #: of the two boundary probabilities where both are seen, -1 ... 1

    @property
    def stretch(self) -> float:
        """Largest factor, up or down, by which a length changes."""
        singular = np.linalg.svd(self.matrix[:, :2].astype(float), compute_uv=False)
        return float(max(singular[0], 1 / max(singular[1], 1e-9)))


def align(reference: np.ndarray, picture: np.ndarray) -> Alignment:
    """Lay a boundary probability (float32, 0 ... 1) on another of the same magnification, of any two sizes.

    The best there is; whether that is one field, `correlation`, `overlap` and `stretch` tell. Turn and shift:
    `skimage.registration.phase_cross_correlation` at every degree. Warp: `cv2.findTransformECC` (Evangelidis
    and Psarakis 2008), rigid first, then affine.
    """
    longest = max(*reference.shape, *picture.shape)
    fine = min(1.0, FINE_PX / longest)
    fixed, other = _soft(reference, fine), _soft(picture, fine)
    coarse = min(1.0, COARSE_PX / longest)
    start = _rigid(_soft(reference, coarse), _soft(picture, coarse))
    start[:, 2] *= fine / coarse
    best = start
    for motion in (cv2.MOTION_EUCLIDEAN, cv2.MOTION_AFFINE):
        best = _refined(fixed, other, best, motion)
    overlap, correlation = _agreement(fixed, other, best)
    matrix = best.copy()
    matrix[:, 2] /= fine
    return Alignment(matrix, overlap, correlation)


def warped(image: np.ndarray, matrix: Matrix, shape: tuple[int, ...]) -> np.ndarray:
    """A picture in the pixels of the reference (`shape`), by the `matrix` of an `Alignment`; else 0.

    Floats are interpolated; bool, as a mask, is taken from the nearest pixel.
    """
    flat = image.dtype == bool
    how = (cv2.INTER_NEAREST if flat else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    source = image.astype(np.uint8) if flat else image
    moved = cv2.warpAffine(source, matrix, (shape[1], shape[0]), flags=how)
    return moved.astype(bool) if flat else moved


def _soft(image: np.ndarray, scale: float) -> np.ndarray:
    """Smaller and blurred."""
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    small = cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), BLUR_PX)


def _rigid(reference: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Best turn, to a degree, and shift; float32, shape (2, 3)."""
    from skimage.registration import phase_cross_correlation

    shape = tuple(np.maximum(reference.shape, picture.shape))
    fixed = _padded(reference, shape)
    middle = ((picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2)
    found: list[tuple[float, np.ndarray]] = []
    for turn in TURNS_DEG:
        about = cv2.getRotationMatrix2D(middle, turn, 1.0).astype(np.float32)
        turned = warped(picture, about, picture.shape)
        shift = phase_cross_correlation(fixed, _padded(turned, shape), normalization=None)[0]  # type: ignore[no-untyped-call]
        matrix = about.copy()
        matrix[:, 2] -= about[:, :2] @ np.array(shift[::-1], np.float32)
        found.append((_agreement(reference, picture, matrix)[1], matrix))
    return max(found, key=lambda each: each[0])[1]


def _padded(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """With its mean taken away, zeros around it."""
    out = np.zeros(shape, np.float32)
    out[: image.shape[0], : image.shape[1]] = image - image.mean()
    return out


def _refined(reference: np.ndarray, picture: np.ndarray, start: np.ndarray, motion: int) -> np.ndarray:
    """By ECC; the start where that finds nothing better."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, SETTLED)
    try:
        _, found = cv2.findTransformECC(reference, picture, start.copy(), motion, criteria)
    except cv2.error:  # it did not converge
        return start
    better = _agreement(reference, picture, found)[1] > _agreement(reference, picture, start)[1]
    return np.asarray(found, np.float32) if better else start


def _agreement(reference: np.ndarray, picture: np.ndarray, matrix: np.ndarray) -> tuple[float, float]:
    """Share of the smaller one seen in both, and the correlation there (0 below half of `LEAST_OVERLAP`)."""
    both = warped(np.ones(picture.shape, bool), matrix, reference.shape)
    overlap = min(np.count_nonzero(both) / min(reference.size, picture.size), 1.0)
    if overlap < LEAST_OVERLAP / 2:
        return overlap, 0.0
    a, b = reference[both], warped(picture, matrix, reference.shape)[both]
    spread = float(a.std() * b.std())
    return overlap, float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 1e-9 else 0.0
