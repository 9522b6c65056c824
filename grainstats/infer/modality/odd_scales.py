"""Images of one sample whose scale does not fit the others': one wrong pixel size is the likeliest cause.

Magnifications of one sample differ by so much that its grains can still be seen, and mean grain sizes by as
much as two populations do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from grainstats.infer.modality.image_grains import ImageGrains

PIXELS = 100.0  #: times another pixel size: grains of 10 pixels would have 1000; judgement
GRAINS = 10.0  #: times another mean grain size; fields of two populations differ up to 6 times; judgement
UNITS = (2.54, 10.0, 25.4, 1e3, 1e6)  #: inch in cm or mm; Angstrom, nm, µm and mm
FEWEST_GRAINS = 20  #: whole grains whose mean is compared; where no boundary shows there are fewer
_EXACT = 0.003  #: by which a ratio of pixel sizes may differ from one of units
_ALIKE = 1.25  #: times by which mean sizes of fields of one sample differ, most of them; judgement
_MOST_NAMED = 6  #: judgement
ODD_SCALES = "scales do not fit one another: "  #: how the remark begins
_REMEDY = "export such images again with the right scale, or exclude them"


def odd_scales(names: Sequence[str], pixel_nm: Sequence[float], grain_nm: Sequence[float] = ()) -> list[str]:
    """What is said of images of one sample whose scale does not fit the others'; empty where all fit.

    `pixel_nm` are edges of a pixel, `grain_nm` mean grain sizes, in nanometres, NaN where unknown; without
    them pixel sizes alone are compared.

    >>> odd_scales(["a", "b", "c"], [2.0, 2.0, 4.0])
    []
    >>> odd_scales(["a", "b", "c"], [2.0, 2.0, 5.08])[0].partition(" (")[0]
    'scales do not fit one another: c has 5.08 nm a pixel, exactly 2.54 times more than others: a wrong unit?'
    """
    pixel = np.log(np.asarray(pixel_nm, float))
    grain = np.log(np.asarray(grain_nm, float)) if len(grain_nm) else np.full(pixel.size, np.nan)
    if pixel.size < 2:
        return []
    known = np.isfinite(grain)
    size = np.full(pixel.size, np.nan)
    if known.sum() > 1:
        size[known] = _over_others(grain[known])
    facts = zip(names, _unit(pixel, size), np.exp(pixel), _over_others(pixel), size, strict=True)
    odd = [said for one in facts if (said := _said(*one))]
    left = [f"{len(odd) - _MOST_NAMED} more"] if len(odd) > _MOST_NAMED else []
    return [f"{ODD_SCALES}{'; '.join(odd[:_MOST_NAMED] + left)} ({_REMEDY})"] if odd else []


def odd_images(names: Sequence[str], images: Sequence[ImageGrains]) -> list[str]:
    """As `odd_scales`, of images whose grains are known."""
    whole = [grains.diameter_nm for grains in images]
    mean = [float(np.mean(size)) if size.size >= FEWEST_GRAINS else math.nan for size in whole]
    return odd_scales(names, [grains.pixel_size_nm for grains in images], mean)


def _over_others(log: np.ndarray) -> np.ndarray:
    """Each value over the median of all others, of two middle ones the nearer; differences of logs."""
    order = np.argsort(log, kind="stable")
    place, last = np.argsort(order, kind="stable"), log.size - 2
    low, high = (log - log[order[k + (place <= k)]] for k in (last // 2, (last + 1) // 2))
    return np.where(np.abs(low) < np.abs(high), low, high)


def _unit(pixel: np.ndarray, size: np.ndarray) -> np.ndarray:
    """By image, log of the ratio of two units by which it is out; 0 where by none.

    Steps of magnification may be of 10, so that the grains must be out by as much; without their size, all
    others must have one pixel size, and the ratio must be another.
    """
    found = np.zeros(pixel.size)
    there = np.unique(pixel)
    for unit in (sign * math.log(one) for one in UNITS for sign in (1, -1)):
        fits = np.abs(size - unit) < math.log(_ALIKE)
        fits |= np.isnan(size) & (unit not in (math.log(10), -math.log(10))) & _alone(pixel)
        for place in np.flatnonzero(fits):
            if np.abs(pixel[place] - there - unit).min() < _EXACT:
                found[place] = unit
    return found


def _alone(pixel: np.ndarray) -> np.ndarray:
    """Whether all others, two or more, have one pixel size."""
    if pixel.size < 3:
        return np.zeros(pixel.size, bool)
    low, second, last, high = np.sort(pixel)[[0, 1, -2, -1]]
    least, most = np.where(pixel == low, second, low), np.where(pixel == high, last, high)
    return np.asarray(most - least < _EXACT)


def _said(name: str, unit: float, pixel_nm: float, pixel: float, size: float) -> str:
    """What is odd with one image; empty where nothing is."""
    if unit:
        return f"{name} has {pixel_nm:.4g} nm a pixel, exactly {_times(unit)} than others: a wrong unit?"
    if abs(pixel) > math.log(PIXELS):
        return f"{name} has {pixel_nm:.4g} nm a pixel, {_times(pixel)} than the others"
    if abs(size) > math.log(GRAINS):
        return f"{name} has a mean grain size {_times(size)} than the others'"
    return ""


def _times(log: float) -> str:
    """``"2.54 times more"``."""
    ratio = math.exp(abs(log))
    return f"{ratio:{'.3g' if ratio < 999 else ',.0f'}} times {'more' if log > 0 else 'less'}"
