"""One row per grain: size, shape, place, frame contact and the weight that undoes the frame's bias."""

import cv2
import numpy as np
import pandas as pd

from grainstats.measure.grains.run_lengths import Runs, label_runs
from grainstats.measure.network.graph import BoundaryNetwork, boundary_network
from grainstats.measure.window import Window, labels_with_hidden, length_scale
from segment.grain_map import GrainMap

COARSE_ANGLES = 36  #: steps of 5 degrees
REFINEMENTS = 7  #: golden sections of a bracket: 10 degrees become .34, an error of the width below 2e-5
_GOLDEN = (np.sqrt(5) - 1) / 2  #: golden section


def _moments(runs: Runs) -> dict[str, np.ndarray]:
    """Area, centroid and central second moments (pixels as unit squares), exact from runs."""
    y, a, b = (v.astype(float) for v in (runs.row, runs.first, runs.last))
    length, middle = b - a + 1, (a + b) / 2

    def total(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, runs.start)

    area = total(length)
    cy, cx = total(length * y) / area, total(length * middle) / area
    sizes = np.diff(runs.start, append=runs.label.size)
    dy, dx = y - np.repeat(cy, sizes), middle - np.repeat(cx, sizes)
    return {
        "area": area,
        "y": cy,
        "x": cx,
        "yy": total(length * dy**2) / area + 1 / 12,
        "xx": total(length * dx**2 + length**3 / 12) / area,
        "xy": total(length * dy * dx) / area,
    }


def _ellipse(moments: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Aspect ratio and orientation (degrees from +x, counter-clockwise) of the equal-moment ellipse."""
    yy, xx, xy = moments["yy"], moments["xx"], moments["xy"]
    mean, spread = (yy + xx) / 2, np.hypot((xx - yy) / 2, xy)
    aspect = np.sqrt((mean + spread) / np.maximum(mean - spread, 1e-12))
    angle = np.rad2deg(0.5 * np.arctan2(-2 * xy, xx - yy)) % 180.0
    return aspect, angle


def _bounding_boxes(runs: Runs) -> dict[str, np.ndarray]:
    """Half-open bounding boxes in pixels."""
    return {
        "bbox_y0_px": np.minimum.reduceat(runs.row, runs.start),
        "bbox_x0_px": np.minimum.reduceat(runs.first, runs.start),
        "bbox_y1_px": np.maximum.reduceat(runs.row, runs.start) + 1,
        "bbox_x1_px": np.maximum.reduceat(runs.last, runs.start) + 1,
    }


def miles_lantuejoul_weight(
    width: np.ndarray, height: np.ndarray, touches_frame: np.ndarray, window: Window
) -> np.ndarray:
    """Weight 1/P of a grain seen whole; NaN for grains cut by the frame.

    P = (W - w_x)(H - w_y) / (W H) is the chance that a grain of bounding box w_x by w_y, hitting the window
    at random, lies whole inside it (Miles 1974; Lantuejoul 1978).  W and H are the extent of the valid
    region; what is hidden in it is the matter of `clear_of_hidden`.
    """
    w, h = window.width, window.height
    chance = np.clip(w - width, 1, None) * np.clip(h - height, 1, None) / (w * h)
    return np.where(touches_frame, np.nan, 1.0 / chance)


def clear_of_hidden(valid: np.ndarray | None, window: Window, caliper: np.ndarray) -> np.ndarray | float:
    """Chance that a grain whole inside the window touches nothing hidden there, over that of a point.

    `valid`, shape (rows, columns); `caliper`: mean caliper width of each grain, pixels, shape (n,).  A grain
    is taken as the disc of that width, which keeps clear of the window's edge and of all that is hidden.
    """
    seen = None if valid is None else valid[window.y0 : window.y1, window.x0 : window.x1]
    if seen is None or seen.all():
        return 1.0
    away = cv2.distanceTransform(np.pad(seen, 1).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # width of the widest disc around each pixel that holds no pixel beside a hidden one
    room = np.sort(2 * away[away > 0] - 2)
    fits = np.maximum(room.size - np.searchsorted(room, caliper), 1) / room.size
    w, h = window.width, window.height
    in_window = np.clip(w - 1 - caliper, 1, None) * np.clip(h - 1 - caliper, 1, None) / (w * h)
    return np.asarray(np.minimum(fits / in_window, 1.0))


def grain_table(
    grain_map: GrainMap, *, unit: str = "nm", min_area_px: int = 1, network: BoundaryNetwork | None = None
) -> pd.DataFrame:
    """Measure every grain of a map.

    Parameters
    ----------
    grain_map : GrainMap
    unit : {"nm", "px"}
        Unit of lengths; it is part of the column names.
    min_area_px : int
        Smaller cells are left out of the table.
    network : BoundaryNetwork, optional
        Of the same map and unit, to save tracing it again.

    Returns
    -------
    DataFrame
        One row per grain, ascending label: ``label, y_px, x_px, area_{u}2, equivalent_diameter_{u},
        perimeter_{u}`` (of the smooth outline, the part inside the window), ``feret_max_{u}, feret_min_{u},
        aspect_ratio, orientation_deg`` (equal-moment ellipse, counter-clockwise from +x), ``bbox_y0_px,
        bbox_x0_px, bbox_y1_px, bbox_x1_px`` (half-open), ``touches_frame, weight`` (Miles-Lantuejoul, NaN
        at the frame).
        Pores and everything else with label 0 are not grains.

    Raises
    ------
    UncalibratedError
        Nanometres asked of a map without a pixel size.
    """
    scale = length_scale(grain_map, unit)
    runs = label_runs(labels_with_hidden(grain_map))
    if not runs.present.size:
        one_grain = GrainMap(np.ones((2, 2), np.int32), grain_map.pixel_size_nm, grain_map.pixel_size_source)
        return grain_table(one_grain, unit=unit)[:0]
    network = network if network is not None else boundary_network(grain_map, unit=unit)
    table = pd.DataFrame(_columns(grain_map, runs, scale, network))
    large = table[f"area_{unit}2"] >= min_area_px * scale**2 * (1 - 1e-9)
    return table if large.all() else table[large].reset_index(drop=True)


def _columns(
    grain_map: GrainMap, runs: Runs, scale: float, network: BoundaryNetwork
) -> dict[str, np.ndarray]:
    moments, boxes = _moments(runs), _bounding_boxes(runs)
    aspect, angle = _ellipse(moments)
    feret_max, feret_min = feret_diameters(runs)
    touches = grain_map.touches_frame[runs.present]
    width, height = boxes["bbox_x1_px"] - boxes["bbox_x0_px"], boxes["bbox_y1_px"] - boxes["bbox_y0_px"]
    unit, window = network.unit, network.window
    weight = miles_lantuejoul_weight(width, height, touches, window)
    return {
        "label": runs.present,
        "y_px": moments["y"],
        "x_px": moments["x"],
        f"area_{unit}2": moments["area"] * scale**2,
        f"equivalent_diameter_{unit}": 2 * np.sqrt(moments["area"] / np.pi) * scale,
        f"perimeter_{unit}": network.perimeters(grain_map.n_grains)[runs.present],
        f"feret_max_{unit}": feret_max * scale,
        f"feret_min_{unit}": feret_min * scale,
        "aspect_ratio": aspect,
        "orientation_deg": angle,
        **boxes,
        "touches_frame": touches,
        "weight": weight / clear_of_hidden(grain_map.valid, window, (feret_max + feret_min) / 2),
    }


def _widths(runs: Runs, angle: np.ndarray) -> np.ndarray:
    """Caliper width of each grain across directions `angle` (0 ... pi), both of shape (k, n_grains), pixels.

    A pixel counts as the diamond of its four edge midpoints, so that a smooth outline is met without bias and
    an upright n x n square is n wide.
    """
    from grainstats.measure.kernels import caliper_widths

    uy, ux = np.sin(angle), np.cos(angle)
    between_ends = caliper_widths(runs.row, runs.first, runs.last, runs.start, uy, ux)
    return between_ends + np.maximum(np.abs(uy), np.abs(ux))


def _refine(runs: Runs, centre: np.ndarray, half: float, sign: float) -> np.ndarray:
    """Golden-section search of the minimum of sign * width around `centre`."""

    def value_at(angle: np.ndarray) -> np.ndarray:
        return sign * _widths(runs, angle[None])[0]

    low, high = centre - half, centre + half
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = value_at(a), value_at(b)
    best = np.minimum(fa, fb)
    for _ in range(REFINEMENTS):
        left = fa < fb
        low, high = np.where(left, low, a), np.where(left, b, high)
        probe = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        value = value_at(probe)
        a, b, fa, fb = (
            np.where(left, probe, b),
            np.where(left, a, probe),
            np.where(left, value, fb),
            np.where(left, fa, value),
        )
        best = np.minimum(best, value)
    return sign * best


def feret_diameters(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """Largest and smallest Feret diameter in pixels, in the order of `runs.present`."""
    n = runs.present.size
    if n == 0:
        return np.zeros(0), np.zeros(0)
    angles = np.arange(COARSE_ANGLES) * np.pi / COARSE_ANGLES
    widths = _widths(runs, np.repeat(angles[:, None], n, axis=1))
    half = np.pi / COARSE_ANGLES
    largest = _refine(runs, angles[widths.argmax(axis=0)], half, -1.0)
    smallest = _refine(runs, angles[widths.argmin(axis=0)], half, 1.0)
    return np.maximum(largest, widths.max(axis=0)), np.minimum(smallest, widths.min(axis=0))
