"""Burned-in info bars at the bottom of an image, told from grains by four signs that must all be there.

A bar is a strip over the full width whose pixels mostly share one background level (sign 1), with rows of
nothing but background or one straight line (2), with lettering in it (3), and with an edge so abrupt that one
row of the image above is unlike the background (4).  Grains, pores and smooth backgrounds of real micrographs
show one or two of these, never all: noise spreads the levels, and their outlines are not rulers.
"""

import numpy as np

SEARCHED = 0.33  #: share of the rows, from the bottom, in which a bar is looked for
HIGHEST_SHARE = 0.2  #: of the rows that a bar may take
LOWEST_ROWS = 10  #: no lettering fits into less
LOWEST_SHARE = 0.012  #: of the rows

_IN_LETTERING = 0.30  #: share of background in the densest row of lettering
_IN_BLANK = 0.97  #: share of one level in a blank row or a line
_ABOVE = 0.60  #: most background allowed in the rows above the edge
_BLANK_ROWS = 0.04  #: share of the bar's rows that are blank
_MARGIN_ROWS = 4  #: rows of image that may show below a bar drawn with an inset
_COLUMNS_READ = 2048  #: about as many columns are looked at, evenly spread
_INK = (0.002, 0.55)  #: share of the bar's pixels that are lettering
_CONTRAST = 0.2  #: of the levels in use, between lettering and background
_TOLERANCES = (0.0, 0.035, 0.07)  #: of the levels in use: drawn exactly; after mild and strong JPEG


def find_info_bar(image: np.ndarray) -> int:
    """Rows of a burned-in info bar at the bottom, border lines included; 0 where there is none.

    The image has any dtype; only its lowest third is looked at.
    """
    strip = image[len(image) - int(len(image) * SEARCHED) :]
    if min(strip.shape) < LOWEST_ROWS:
        return 0
    strip = strip[:, :: max(strip.shape[1] // _COLUMNS_READ, 1)].astype(np.float32)
    spread = float(strip.max()) - float(strip.min())
    if not spread > 0:
        return 0
    middle = np.median(strip, axis=1)
    for tolerance in (share * spread for share in _TOLERANCES):
        backgrounds = [b for b in _backgrounds(strip) if _may_be_lettering(strip, b, tolerance)]
        if backgrounds:
            uniform = (np.abs(strip - middle[:, None]) <= tolerance).mean(axis=1) >= _IN_BLANK
            shares = ((np.abs(strip - b) <= tolerance).mean(axis=1) for b in backgrounds)
            far = (np.abs(strip - b) >= _CONTRAST * spread for b in backgrounds)
            highest = max(_height(*rows, uniform) for rows in zip(shares, far, strict=True))
            if 0 < highest <= HIGHEST_SHARE * len(image):
                return highest
    return 0


def _may_be_lettering(strip: np.ndarray, background: float, tolerance: float) -> bool:
    """Whether most of the lowest rows hold enough background: a quick no for nearly every micrograph."""
    low = (np.abs(strip[-LOWEST_ROWS:] - background) <= tolerance).mean(axis=1)
    return bool((low >= _IN_LETTERING).mean() >= 0.5)


def _backgrounds(strip: np.ndarray) -> list[float]:
    """Commonest levels of the lowest rows: border lines may stand below the background."""
    found: list[float] = []
    for rows in (strip[-LOWEST_ROWS:], strip[-LOWEST_ROWS // 2 :]):
        levels, counts = np.unique(rows, return_counts=True)
        found += [float(level) for level in levels[np.argsort(counts)[-2:]]]
    return list(dict.fromkeys(found))


def _height(share: np.ndarray, far: np.ndarray, uniform: np.ndarray) -> int:
    """Rows of the bar, 0 where a sign is missing.

    By row of the searched strip, `share` is that of background, `uniform` tells rows of one level; `far`,
    shape (rows, columns), pixels that contrast with the background.
    """
    belongs = (share >= _IN_LETTERING) | uniform
    inside = np.flatnonzero(belongs[-_MARGIN_ROWS - 1 :])
    if not len(inside):
        return 0
    end = len(share) - min(_MARGIN_ROWS + 1, len(share)) + int(inside[-1]) + 1
    outside = np.flatnonzero(~belongs[:end])
    top = int(outside[-1]) + 1 if len(outside) else 0
    while 0 < top < end and not _is_edge(share, uniform, top):
        top += 1
    if top == 0 or end - top < max(LOWEST_ROWS, LOWEST_SHARE * len(share) / SEARCHED):
        return 0
    lettering = (far & ~uniform[:, None])[top:end].mean()
    if uniform[top:end].mean() < _BLANK_ROWS or not _INK[0] <= lettering <= _INK[1]:
        return 0
    return len(share) - top


def _is_edge(share: np.ndarray, uniform: np.ndarray, top: int) -> bool:
    """One blank row or line, and above it, at once, the image."""
    return bool(uniform[top] and not uniform[top - 1] and (share[max(top - 3, 0) : top] <= _ABOVE).all())
