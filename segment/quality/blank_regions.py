"""Regions in which nothing can be seen: holes, thick or charged areas, patches painted over or out of focus.

The cells close around such a region as around one huge grain.  It is none where it is much larger than every
grain and brighter, darker, more or less noisy, or more even than any grain of the image; or where it has
exactly one level among grains with the camera's noise; or where it surrounds all others.  A huge cell that
looks like the grains stays a grain, and is named: whether it is one, more fields must tell.  Several huge
cells are coarse grains.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.enclosed import typical_area
from segment.cells.label_edges import on_edges
from segment.micrograph.drawn_map import IMMERKAER

#: LARGER, HUGE: equivalent diameter over the area-weighted median of the other cells; a merely larger one is
#: blank by too much noise alone
LARGER, HUGE = 2.0, 4.0
_APART = 1.5  #: times as wide as the next is a cell that no second population explains; judgement
_SMALLEST_SHARE = 0.01  #: of the image; less changes no mean
INSIDE_PX = 6  #: distance from the cell's outline, where its own grey is seen
EVEN_PX = 2.0  #: sigma of the blur that leaves what a region shows, not its noise
_FLAT = 1.5  #: grey deviation inside, of windows of `_WINDOW_PX`, over that of the other cells
#: noise over that of grains of near grey, of one or two cells that the camera cannot have taken: 132 rendered
#: giant grains have .38 to 1.65, 615 coarse ones of bimodal structures up to 2.1, 53 larger cells of real
#: images up to 1.75
_NOISE = (0.35, 2.5)
#: standard deviation of the blurred grey levels in a region of one grey, over the image's range: at least
#: .013 in those giant grains, .006 on average in patches of one grey with the image's own noise
_EVEN = 0.01
_QUIET = 0.002  #: of the range of grey levels, half a level of 8 bits: less noise is none
RANGE = (1, 99)  #: percentiles of the image's grey levels
_ALIKE = 0.1  #: of that range within which grains have one grey, and so one noise
ONE_LEVEL = 0.3  #: share of windows of one level in a painted cell; in 92 maps of real images at most .13
_ELSEWHERE = 0.02  #: the same share of the rest above which the image has no noise; at most .01 in those
EXTREME = 0.005  #: share of the other cells' area that may lie beyond a blank region
_WINDOW_PX = 7  #: edge of the windows whose deviation is taken
#: shares of the rim along which one huge cell runs that surrounds the view, and of the other cells that lie
#: together; precipitates in a matrix do not; judgement
AROUND, TOGETHER = 0.6, 0.9
_MOST = 2  #: cells that may be blank because no grain looks like them; more are a population
_FEWEST_CELLS = 20  #: to know what a grain looks like
FEWEST_LIKE = 5  #: grains of near grey whose noise is compared; of fewer all grains' is

BLANK = "nothing can be seen in"  #: how the warning begins


def blank_regions(image: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Cells (from 1; 0 is no grain) that show nothing, as a mask (bool); None where there are none."""
    area = np.bincount(labels.ravel()).astype(float)
    area[0] = 0.0
    if np.count_nonzero(area) < _FEWEST_CELLS:
        return None
    grey = image.astype(np.float32)
    found = _painted(grey, labels, area) + _unlike_grains(grey, labels, area)
    return np.isin(labels, found) if found else None


def _painted(grey: np.ndarray, labels: np.ndarray, area: np.ndarray) -> list[int]:
    """Large cells of one level, among others that are not."""
    large = np.flatnonzero(area >= _SMALLEST_SHARE * labels.size)
    if not len(large):
        return []
    window = np.ones((_WINDOW_PX, _WINDOW_PX), np.uint8)
    one_level = cv2.dilate(grey, window) == cv2.erode(grey, window)
    pixels = np.bincount(labels.ravel(), one_level.ravel(), len(area))
    found = large[pixels[large] >= ONE_LEVEL * area[large]]
    left = area.sum() - area[found].sum()
    noisy = pixels[1:].sum() - pixels[found].sum() <= _ELSEWHERE * left
    return found.tolist() if noisy else []


def _unlike_grains(grey: np.ndarray, labels: np.ndarray, area: np.ndarray) -> list[int]:
    """Cells larger than the grains that none of them looks like."""
    larger = _larger(area, labels.size)
    if not larger:
        return []
    looks = _looks(grey, labels)
    seen = np.isfinite(looks.mean) & (area > 0)
    larger = {k: ratio for k, ratio in larger.items() if seen[k]}
    if np.count_nonzero(seen) < _FEWEST_CELLS + len(larger):
        return []
    noise = {k: _noise_over_usual(k, looks, seen) for k in larger}
    huge = [k for k, ratio in larger.items() if ratio >= HUGE]
    noisy = [k for k in larger if noise[k] > _NOISE[1]]
    unlike = [k for k in huge if noise[k] < _NOISE[0] or _is_even(k, looks, area, seen)]
    extreme = [k for k in huge if _is_extreme(k, looks, area, seen, huge)] if len(huge) <= _MOST else []
    around = [k for k in huge if _is_around(k, labels)]
    return [k for few in (noisy, unlike, extreme, around) if len(few) <= _MOST for k in few]


def _is_around(label: int, labels: np.ndarray) -> bool:
    """The surroundings of the view, as of a photographed screen."""
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    if np.mean(rim == label) < AROUND:
        return False
    others = cv2.connectedComponentsWithStats((labels != label).astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return bool(others.max(initial=0) >= TOGETHER * others.sum())


def blank_warning(mask: np.ndarray) -> str:
    """The words for a map whose blank regions were left out."""
    return (
        f"{BLANK} {mask.mean():.0%} of the image (a hole, a thick, charged or covered area): "
        "left out, no grain and in no mean"
    )


def huge_warnings(labels: np.ndarray) -> tuple[str, ...]:
    """The words for one or two cells that may be huge grains or nothing, and are in every mean."""
    area = np.bincount(labels.ravel()).astype(float)
    area[0] = 0.0
    larger = sorted(_larger(area, labels.size).items(), key=lambda item: -item[1])
    ratios = [ratio for _, ratio in larger] + [1.0] * (_MOST + 1)
    apart = [n for n in range(1, _MOST + 1) if ratios[n - 1] >= max(HUGE, _APART * ratios[n])]
    if np.count_nonzero(area) < _FEWEST_CELLS or not apart:
        return ()
    huge = [k for k, _ in larger[: apart[0]]]
    what = "one cell covers" if len(huge) == 1 else "two cells cover"
    return (
        f"{what} {area[huge].sum() / labels.size:.0%} of the image, far larger than all others: coarse "
        "grains, or a part that is out of focus or covered? What is no grain gets the label 0 in a corrected "
        "map (--corrections)",
    )


def _larger(area: np.ndarray, pixels: int) -> dict[int, float]:
    """Cells at least `LARGER` times as wide as the others' typical grain, and how many times."""
    found = {}
    for label in np.flatnonzero(area >= _SMALLEST_SHARE * pixels):
        others = area.copy()
        others[label] = 0.0
        if others.any():
            ratio = float(np.sqrt(area[label] / typical_area(others)))
            if ratio >= LARGER:
                found[int(label)] = ratio
    return found


@dataclass(frozen=True, eq=False)
class _Looks:
    """What the inside of each cell looks like; NaN: none."""

    mean: np.ndarray  #: grey level
    noise: np.ndarray  #: what differs from pixel to pixel
    structure: np.ndarray  #: deviation in windows of `_WINDOW_PX`
    uneven: np.ndarray  #: deviation of the blurred grey levels over the whole cell
    spread: float  #: range of the grey levels of the image


def _looks(grey: np.ndarray, labels: np.ndarray) -> _Looks:
    apart = ~on_edges(labels, upper_left=True)
    inside = cv2.distanceTransform(apart.view(np.uint8), cv2.DIST_L2, 3) > INSIDE_PX
    where, n = labels[inside], int(labels.max()) + 1
    count = np.bincount(where, minlength=n).astype(float)
    count[count < _WINDOW_PX**2] = np.nan

    def over_cells(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.bincount(where, values[inside], n) / count)

    noise = over_cells(np.abs(cv2.filter2D(grey, -1, IMMERKAER)))
    plain = cv2.blur(grey, (_WINDOW_PX, _WINDOW_PX)) ** 2
    structure = over_cells(np.maximum(cv2.blur(grey * grey, (_WINDOW_PX, _WINDOW_PX)) - plain, 0.0))
    plain = cv2.GaussianBlur(grey, (0, 0), EVEN_PX)
    uneven = np.maximum(over_cells(plain * plain) - over_cells(plain) ** 2, 0.0)
    spread = float(np.ptp(np.percentile(grey, RANGE)))
    return _Looks(over_cells(grey), noise, np.sqrt(structure), np.sqrt(uneven), spread)


def _noise_over_usual(label: int, looks: _Looks, seen: np.ndarray) -> float:
    """Noise over that of the grains of near grey."""
    near = seen & (np.abs(looks.mean - looks.mean[label]) <= _ALIKE * looks.spread)
    near[label] = False
    usual = np.median(looks.noise[near if np.count_nonzero(near) >= FEWEST_LIKE else seen])
    least = max(_QUIET * looks.spread, 1e-6)
    return max(float(looks.noise[label]), least) / max(float(usual), least)


def _is_even(label: int, looks: _Looks, area: np.ndarray, seen: np.ndarray) -> bool:
    """Nothing but noise around one grey, unlike any grain."""
    least = seen & (looks.uneven <= looks.uneven[label])
    least[label] = False
    return bool(
        looks.uneven[label] < _EVEN * looks.spread and area[least].sum() <= EXTREME * area[seen].sum()
    )


def _is_extreme(label: int, looks: _Looks, area: np.ndarray, seen: np.ndarray, huge: list[int]) -> bool:
    """Brighter or darker than any grain, and without structure."""
    others = seen.copy()
    others[huge] = False
    if not looks.structure[label] <= _FLAT * max(float(np.median(looks.structure[others])), 1e-6):
        return False
    sides = (looks.mean <= looks.mean[label], looks.mean >= looks.mean[label])
    return min(area[others & side].sum() for side in sides) <= EXTREME * area[others].sum()
