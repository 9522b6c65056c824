"""Whether a drawing lies on its image: its lines follow the image's edges here, not in another place."""

from collections.abc import Callable

import cv2
import numpy as np

from segment.cells.label_edges import on_edges

_LONGEST_PX = 512  #: longer edge at which both are compared
FINE_PX, COARSE_PX = 1.0, 20.0  #: between which widths image and lines are compared, at that size
_LINE_PX = 2.0  #: blur of the lines: hands are no surer
#: peak of the correlation over its spread at all other shifts: one and a half times the largest, 8, that 94
#: tracings (UO2, TBM, SUS304, perovskite) have where they do not lie on their image; else they have 8 to 47
_SURE = 12.0
WRONG = 0.5  #: of the best place's correlation that a drawing has where it does not lie on its image
OFF, OFF_PX = 0.9, 6.0  #: of one that lies a little off, and how far that is at least, in pixels of the image

VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mirrored left to right": lambda lines: lines[:, ::-1],
    "mirrored top to bottom": lambda lines: lines[::-1],
    "turned by 180 degrees": lambda lines: lines[::-1, ::-1],
    "turned by 90 degrees": lambda lines: np.rot90(lines),
    "turned by 270 degrees": lambda lines: np.rot90(lines, 3),
    "mirrored along a diagonal": lambda lines: lines.T,
    "mirrored along the other diagonal": lambda lines: lines[::-1, ::-1].T,
}


def misplaced(labels: np.ndarray, image: np.ndarray) -> tuple[str | None, str | None]:
    """In which way alone cells lie on their image, and in which they lie better; None: as they are.

    `labels` and `image`, grey levels, have the shape (rows, columns).
    """
    scale = min(1.0, _LONGEST_PX / max(image.shape))
    edges, lines = _edges(_small(image, scale)), _band(_small(on_edges(labels), scale), _LINE_PX)
    here, best, shift = _fit(edges, lines)
    x, y = (round(float(part) / scale) for part in shift)
    moved = f"moved by {abs(x)} px to the {'right' if x > 0 else 'left'}"
    moved += f" and {abs(y)} px {'down' if y > 0 else 'up'}"
    if best >= _SURE and here < WRONG * best:
        return moved, None
    if here < _SURE and (turned := _turned(edges, lines, here)):
        return turned, None
    is_off = best >= _SURE and np.hypot(x, y) > OFF_PX and here < OFF * best
    return None, moved if is_off else None


def _turned(edges: np.ndarray, lines: np.ndarray, here: float) -> str | None:
    """The view in which the lines fit best, if only in that."""
    views = [(name, view(lines)) for name, view in VIEWS.items()]
    found = [(_fit(edges, view)[1], name) for name, view in views if view.shape == lines.shape]
    best, name = max(found)
    return name if best >= _SURE and here < WRONG * best else None


def _small(image: np.ndarray, scale: float) -> np.ndarray:
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def _edges(grey: np.ndarray) -> np.ndarray:
    """Steepness of the grey levels, as strong in dull parts as in clear ones."""
    soft = cv2.GaussianBlur(grey, (0, 0), FINE_PX)
    steep = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return _band(np.log(steep + np.median(steep) + np.float32(1e-6)), FINE_PX)


def _band(image: np.ndarray, fine: float) -> np.ndarray:
    """Without what is wider than `COARSE_PX`, and fading towards the frame."""
    image = cv2.GaussianBlur(image - cv2.GaussianBlur(image, (0, 0), COARSE_PX), (0, 0), fine)
    return image * np.sqrt(np.outer(np.hanning(image.shape[0]), np.hanning(image.shape[1])))


def _fit(edges: np.ndarray, lines: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Correlation where the lines lie and the largest at any shift, over the spread; that shift (x, y)."""
    at_shift = np.fft.irfft2(np.fft.rfft2(edges) * np.conj(np.fft.rfft2(lines)), edges.shape)
    at_shift /= at_shift.std() + 1e-12
    place = np.array(np.unravel_index(int(at_shift.argmax()), at_shift.shape))
    size = np.array(at_shift.shape)
    shift = np.where(place > size // 2, place - size, place)
    near = np.roll(at_shift, (3, 3), (0, 1))[:7, :7]
    return float(near.max()), float(at_shift.max()), shift[::-1]
