"""How much of the boundary that a model misses can be seen at all: docs/validation/missed_borders.csv.

    python calibration/missed_borders.py

Rendered micrographs, of which the true boundaries are known.  Along each the grey levels of both sides are
compared, and those of the line with both: the larger of the two differences over its standard error is the
contrast.  The same is done along lines through the middle of grains, where there is no boundary.  What is
missed and stands out no more than these cannot be seen; `seen` is the share of the missed length that must
stand out besides, if what can be seen stands out as often as what was found.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from calibrate_end_to_end import DOCS, GROUPS, PIXEL_NM, mosaic_of
from scipy import ndimage

from segment.cells.label_edges import label_edges, on_edges, pairs_beside
from segment.micrograph.micrograph import Micrograph
from segment.pipeline import segment_micrograph
from segment.training.synthetic.render import render
from segment.unet import Model, load_model

TABLE = DOCS / "missed_borders.csv"
SEED = 20_261_202
IMAGES = 3  # a style
GRAINS = 300
SIDE_PX = (2.5, 9.0)  # distance of what is taken for a side
LINE_PX = 1.2
HALF_LENGTH_PX = 14.0  # of the lines through grains: borders are some 30 px long
FEWEST_PX = 15  # on a side
NEAR_PX = 4.0  # a border counts as found within this distance, along half its length
STANDS_OUT = 4.0  # standard errors; neighbouring pixels are not independent: one in four counts as one


def contrast(grey: np.ndarray, first: np.ndarray, second: np.ndarray, line: np.ndarray) -> float | None:
    """Of a border, from the masks of its two sides and of itself; None where too little shows."""
    a, b, c = grey[first], grey[second], grey[line]
    if min(a.size, b.size) < FEWEST_PX or c.size < FEWEST_PX // 2:
        return None
    spread = np.sqrt((a.var() + b.var()) / 2) + 1e-9
    across = abs(a.mean() - b.mean()) / (spread * np.sqrt(4 / a.size + 4 / b.size))
    along = abs(c.mean() - (a.mean() + b.mean()) / 2) / (spread * np.sqrt(4 / c.size))
    return float(max(across, along))


def of_borders(labels: np.ndarray, grey: np.ndarray, to_found: np.ndarray) -> Iterator[tuple[float, ...]]:
    """Length, whether found, and contrast of each true border."""
    (y, x), (v, u) = label_edges(labels)
    place = np.column_stack([np.concatenate([y, v]), np.concatenate([x, u])])
    pairs, border = np.unique(np.sort(pairs_beside(labels)), axis=0, return_inverse=True)
    order = np.argsort(border.ravel(), kind="stable")
    parts = np.split(place[order], np.cumsum(np.bincount(border.ravel()))[:-1])
    for (first, second), at in zip(pairs.tolist(), parts, strict=True):
        low = np.maximum(at.min(axis=0) - 12, 0)
        here = tuple(slice(a, b + 13) for a, b in zip(low, at.max(axis=0), strict=True))
        apart = np.ones(labels[here].shape, bool)
        apart[tuple((at - low).T)] = False
        distance = ndimage.distance_transform_edt(apart)
        side = (distance >= SIDE_PX[0]) & (distance <= SIDE_PX[1])
        own = labels[here]
        value = contrast(grey[here], side & (own == first), side & (own == second), distance <= LINE_PX)
        if value is not None:
            yield len(at), float((to_found[tuple(at.T)] <= NEAR_PX).mean() >= 0.5), value


def through_grains(labels: np.ndarray, grey: np.ndarray, rng: np.random.Generator) -> Iterator[float]:
    """Contrast along a line through the middle of each grain, in a direction at random."""
    for number, here in enumerate(ndimage.find_objects(labels), 1):
        grain = labels[here] == number
        inside = ndimage.distance_transform_edt(np.pad(grain, 1))[1:-1, 1:-1] > SIDE_PX[0]
        y, x = np.indices(grain.shape, float)
        y, x, angle = y - y[grain].mean(), x - x[grain].mean(), rng.uniform(0, np.pi)
        off, along = y * np.sin(angle) + x * np.cos(angle), x * np.sin(angle) - y * np.cos(angle)
        inside &= abs(along) <= HALF_LENGTH_PX
        sides = [inside & (s * off >= SIDE_PX[0]) & (s * off <= SIDE_PX[1]) for s in (1, -1)]
        value = contrast(grey[here], *sides, inside & (abs(off) <= LINE_PX / 2))
        if value is not None:
            yield value


def row_of(style: str, model: Model) -> dict[str, object]:
    """Shares of one style, of all its images together."""
    borders, inner = [], []
    for number in range(IMAGES):
        rng = np.random.default_rng([SEED, zlib.crc32(style.encode()), number])
        truth = mosaic_of((0.35, 1.0, 0.0), rng, GRAINS).grain_map(PIXEL_NM)
        image = render(truth, style, rng)
        found = segment_micrograph(Micrograph(image, PIXEL_NM, "manual", Path(style), "", ""), model)[
            1
        ].labels
        grey = image.astype(float)
        borders += of_borders(truth.labels, grey, ndimage.distance_transform_edt(~on_edges(found)))
        inner += through_grains(truth.labels, grey, rng)
    length, seen, value = np.array(borders).T
    stands, missed = value > STANDS_OUT, seen == 0
    of_missed, of_found = (float(np.average(stands[m], weights=length[m])) for m in (missed, ~missed))
    by_chance = float(np.mean(np.array(inner) > STANDS_OUT))
    return {
        "style": style,
        "borders": len(length),
        "missed": round(float(length[missed].sum() / length.sum()), 3),
        "found_stand_out": round(of_found, 3),
        "missed_stand_out": round(of_missed, 3),
        "lines_in_grains_stand_out": round(by_chance, 3),
        "seen": round(max(of_missed - by_chance, 0) / (of_found - by_chance), 3),
    }


def main() -> None:
    model = load_model(None)
    rows = []
    for styles in GROUPS.values():
        rows.append(row_of(styles[0], model))
        print(*rows[-1].values(), flush=True)
    pd.DataFrame(rows).to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
