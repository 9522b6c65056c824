"""Random fields and boundary fields that all renderers share; every one float32."""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.label_edges import on_edges


def smooth_noise(rng: np.random.Generator, size: tuple[int, ...], wavelength: float) -> np.ndarray:
    """Gaussian field of unit variance, correlated over about `wavelength` pixels; float32 of `size`."""
    step = max(wavelength / 2, 1.0)
    grid = (int(size[0] / step) + 4, int(size[1] / step) + 4)
    coarse: np.ndarray = cv2.GaussianBlur(rng.standard_normal(grid).astype(np.float32), (0, 0), 0.8)
    coarse -= coarse.mean()
    coarse /= coarse.std() + 1e-6
    if step == 1.0:
        return coarse[: size[0], : size[1]]
    scale = np.array([[1 / step, 0, rng.random() + 1], [0, 1 / step, rng.random() + 1]], np.float32)
    return cv2.warpAffine(
        coarse,
        scale,
        (size[1], size[0]),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )


def displaced(image: np.ndarray, dy: np.ndarray, dx: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    """The image sampled by `dy`, `dx` pixels away from each place, reflected at the frame."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    return cv2.remap(image, x + dx, y + dy, how, borderMode=cv2.BORDER_REFLECT)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur; nothing below 0.3 px."""
    return image if sigma < 0.3 else cv2.GaussianBlur(image, (0, 0), float(sigma))


def slopes(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of a smoothed field, float32, downwards and to the right."""
    smooth = blur(height, 1.5)
    down, right = (cv2.Sobel(smooth, cv2.CV_32F, *axis, scale=0.125) for axis in ((0, 1), (1, 0)))
    return down, right


@dataclass(frozen=True, eq=False)
class BoundaryField:
    """Distance to the nearest grain boundary, and random numbers that belong to its segment."""

    #: bool, shape (rows, columns): pixels whose right or lower neighbour has another label
    on_line: np.ndarray
    distance: np.ndarray  #: float32, shape (rows, columns): pixels to the nearest pixel of `on_line`
    #: float32, shape (2, rows, columns): two numbers, uniform in 0 ... 1, the same along all of a segment
    #: between two grains
    chance: np.ndarray
    #: int32, shape (rows, columns): number of the nearest segment, 0 ... m - 1: all the boundary between the
    #: same two grains
    segment: np.ndarray
    #: int64, shape (m, 2): the two labels on either side of each segment, the smaller first
    sides: np.ndarray


def boundary_field(labels: np.ndarray, rng: np.random.Generator) -> BoundaryField:
    """Distances and per-segment chances of a label map of int, shape (rows, columns)."""
    on_line = on_edges(labels)
    if not on_line.any():
        return BoundaryField(
            on_line,
            np.full(labels.shape, 1e3, np.float32),
            np.ones((2, *labels.shape), np.float32),
            np.zeros(labels.shape, np.int32),
            np.zeros((1, 2), np.int64),
        )
    right, below = (
        np.pad(labels[:, 1:], ((0, 0), (0, 1)), "edge"),
        np.pad(labels[1:], ((0, 1), (0, 0)), "edge"),
    )
    other = np.where(right != labels, right, below)
    pair = np.sort(np.stack([labels[on_line], other[on_line]], axis=1).astype(np.int64), axis=1)
    key, number = np.unique(pair[:, 0] << 32 | pair[:, 1], return_inverse=True)
    distance, nearest = cv2.distanceTransformWithLabels(
        (~on_line).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    index = np.zeros(int(nearest.max()) + 1, np.int32)
    index[nearest[on_line]] = number
    segment = index[nearest]
    chance = rng.random((2, key.size), dtype=np.float32)[:, segment]
    return BoundaryField(on_line, distance, chance, segment, np.stack([key >> 32, key & 0xFFFFFFFF], axis=1))


def on_coarse_points(image: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """The image as a map of points `step` pixels apart measures it, with noise; float32, smaller."""
    coarse = cv2.resize(
        image.astype(np.float32), None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA
    )
    noise = rng.standard_normal(coarse.shape, dtype=np.float32)
    return np.asarray(coarse + np.float32(rng.uniform(0.01, 0.1)) * noise)


def draw_line(layer: np.ndarray, points: np.ndarray, value: float, thick: int = 1) -> None:
    """Draw an open line through `points` (x, y) onto `layer`, placed to 1/16 pixel."""
    cv2.polylines(layer, [np.round(points * 16).astype(np.int32)], False, value, thick, cv2.LINE_AA, 4)


def from_outline(mask: np.ndarray) -> np.ndarray:
    """Distance in pixels to the outline of a mask; float32."""
    inside, outside = (cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 3) for part in (mask, ~mask))
    return np.maximum(inside, outside)


def per_grain(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Paint one value a label; float32."""
    return values.astype(np.float32)[labels]


def stretch(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """To uint8, with some headroom or some clipping as operators choose."""
    low, high = np.quantile(image[::4, ::4], [0.002, 0.998])
    span = max(high - low, 1e-6)
    floor, ceiling = rng.uniform(-0.05, 0.25), rng.uniform(0.7, 1.08)
    out = (image - low) / span * (ceiling - floor) + floor
    return np.clip(out * 255, 0, 255).astype(np.uint8)
