"""Voids and second phases by their grey: darker or brighter than the solid around them.

The network tells that there are voids, and where the plain ones lie; it draws their outlines too small where
they are rough, and passes over cracks.  Grey level knows better: what differs from the level of the solid
nearby by more than the solid itself varies is no solid.  That alone would take dark grains for voids, and
the dark lines of boundaries that end in one.  So, unless the user says that the image has voids, a part
counts only where the network has seen some of it, and as far as `REACH_PX` around that.  Where the voids are
dark, a piece of one that is as light as the solid is a grain between voids.
"""

import cv2
import numpy as np

from segment.choices import Voids

_SMOOTHING_PX = 1.0  #: standard deviation of the blur that grey is judged after
NEARBY_PX = 30.0  #: standard deviation, network pixels, of the surroundings whose solid gives the level
DEVIATIONS = 2.0  #: from the solid's level, in its own standard deviations, of a pixel that is no solid
CLIPPINGS = 3  #: rounds in which what is no solid is left out of the level
_COARSE = 4  #: every so many pixels the level is computed
_EDGE = 0.3  #: of a part's mean depth, where its edge lies
REACH_PX = 6.0  #: network pixels from what the network calls no grain; by rendered scenes (docs/validation)
_LEAST_PX = 20  #: pixels of a part that is found by grey alone; judgement
SEEN = 0.1  #: share of a part that the network has to call no grain for it to count
SURE_VOID = 0.9  #: probability that a plain void or second phase reaches somewhere; by rendered scenes
MOSTLY = 0.5  #: share, in plain parts, of what the network calls no grain, below which only these count
SOLID = 1.0  #: deviations darker than the solid, up to which a piece of a void is solid; by rendered scenes
SOLID_PX = 60  #: pixels of such a piece; judgement: smaller ones are noise
WORTH = 0.003  #: share of the image that the network has to call no grain for grey to be asked at all


def find_voids(
    image: np.ndarray,
    not_grain: np.ndarray | None,
    valid: np.ndarray | None = None,
    *,
    voids: Voids = "auto",
    scale: float = 1.0,
) -> np.ndarray | None:
    """Where there is no grain, by the network's answer and by grey; bool, None where there is nothing.

    `not_grain` is the network's answer, None where it found none; `scale` the factor by which the image was
    resampled for it. "auto": dark parts of which the network has seen some. "dark", "bright": the image has
    voids or second phases of that kind, whatever the network says. "none": it has none, nor has the answer.
    """
    if voids == "none":
        return None
    seen = np.zeros(image.shape, bool) if not_grain is None else not_grain
    if voids == "auto" and np.count_nonzero(seen) < WORTH * seen.size:
        return not_grain
    apart = deviation_from_solid(image, seen, valid, scale)
    if voids == "auto" and np.median(apart[seen]) >= -DEVIATIONS:
        return not_grain  # it is not mostly darker than the solid
    depth = apart if voids == "bright" else -apart
    if voids == "auto":
        away = cv2.distanceTransform((~seen).view(np.uint8), cv2.DIST_L2, 3)
        found = seen & ~_solid_within(seen, depth) | (_parts(depth, seen) & (away <= REACH_PX / scale))
    else:
        found = seen | _parts(depth, None)
    if valid is not None:
        found &= valid
    return found if found.any() else None


def believed(not_grain: np.ndarray, sure: np.ndarray) -> np.ndarray | None:
    """What the network calls no grain; only the parts that are sure somewhere, where most of it is in others.

    Voids and phases are plain in nearly every image that has some; in mottled etch the network wavers. Bool,
    of what is above one half and above `SURE_VOID`; None where nothing is left.
    """
    n, part = cv2.connectedComponents(not_grain.view(np.uint8), connectivity=4)
    plain = np.zeros(n, bool)
    plain[part[sure & not_grain]] = True
    kept: np.ndarray = plain[part]
    if np.count_nonzero(kept) >= MOSTLY * np.count_nonzero(not_grain):
        return not_grain
    return kept if kept.any() else None


def deviation_from_solid(
    image: np.ndarray, not_solid: np.ndarray, valid: np.ndarray | None = None, scale: float = 1.0
) -> np.ndarray:
    """Grey against the solid nearby, in the solid's standard deviations; float32, shape (rows, columns).

    The level is a weighted mean over `NEARBY_PX` of pixels that are no void, found in `CLIPPINGS` rounds.
    """
    grey = cv2.GaussianBlur(image.astype(np.float32), (0, 0), _SMOOTHING_PX)
    size = (max(image.shape[1] // _COARSE, 1), max(image.shape[0] // _COARSE, 1))
    coarse = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    closed = not_solid if valid is None else not_solid | ~valid
    weight = 1 - cv2.resize(closed.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    solid = weight.copy()
    reach = NEARBY_PX / scale / _COARSE
    for _ in range(CLIPPINGS):
        level = _mean_nearby(coarse, solid, reach)
        apart = coarse - level
        middle, spread = _middle_and_spread(apart, solid)
        solid = weight * (np.abs(apart - middle) < DEVIATIONS * spread)
    level = cv2.resize(_mean_nearby(coarse, solid, reach), image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    apart_here: np.ndarray = grey - level
    inside = np.abs(apart_here[~closed])
    spread = 1.4826 * float(np.median(inside)) if inside.size else 1.0
    apart_here /= max(spread, 1e-6)
    return apart_here


def _mean_nearby(grey: np.ndarray, weight: np.ndarray, reach: float) -> np.ndarray:
    total, n = (cv2.GaussianBlur(part, (0, 0), max(reach, 0.5)) for part in (grey * weight, weight))
    overall = float((grey * weight).sum() / max(float(weight.sum()), 1e-6))
    return (total + 1e-3 * overall) / (n + 1e-3)


def _middle_and_spread(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Median, and standard deviation by the median absolute deviation; 0 and any where nothing weighs."""
    chosen = values[weight > 0.5]
    if not chosen.size:
        return 0.0, 1e6
    middle = np.median(chosen)
    return float(middle), 1.4826 * float(np.median(np.abs(chosen - middle))) + 1e-6


def _solid_within(seen: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Pieces of what the network calls no grain whose grey is that of the solid; bool."""
    smooth = cv2.GaussianBlur(depth, (0, 0), _SMOOTHING_PX)
    alike = seen & (smooth < SOLID) & (smooth > -DEVIATIONS)
    opened = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    n, piece = cv2.connectedComponents(opened, connectivity=4)
    kept = np.bincount(piece.ravel(), minlength=n) >= SOLID_PX
    kept[0] = False
    return kept[piece]


def _parts(depth: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    """Connected parts of `DEVIATIONS` or more, of at least `_LEAST_PX`, of which `seen` covers `SEEN`; bool.

    A part ends where it is less than `_EDGE` as deep as it is on the whole.
    """
    n, part = cv2.connectedComponents((depth > DEVIATIONS).astype(np.uint8), connectivity=4)
    area = np.bincount(part.ravel(), minlength=n)
    mean = np.bincount(part.ravel(), depth.ravel(), n) / np.maximum(area, 1)
    kept = area >= _LEAST_PX
    if seen is not None:
        kept &= np.bincount(part[seen], minlength=n) >= SEEN * area
    kept[0] = False
    return kept[part] & (depth > _EDGE * mean[part])
