"""The boundary probabilities of one field's pictures as one: what any shows, doubted where others do not.

A boundary between two grains of equal grey cannot be seen in a picture, however good.  So a picture in which
nothing is seen says little against a boundary, and one in which a boundary is seen says much for it.  In
numbers: the pictures' log-likelihood ratios are added, each at least `log(UNSEEN)`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.errors import InputError
from segment.quality.warnings import NO_GRAINS, probability_warnings
from segment.registration.align import LARGEST_STRETCH, LEAST_OVERLAP, Alignment, align, warped

UNSEEN = 0.5  #: chance that a boundary shows in no way in one picture (``calibration/calibrate_fields.py``)
USUAL = 0.1  #: share of an image's pixels that lie on boundaries, before anything is seen (judgement)
SAME_FIELD = 0.27  #: correlation of boundaries: tilts have .34 and more, other areas (50 grains) up to .23
SAME_CROP = 0.6  #: of a picture and a crop of less than half of it; other areas (20 grains) have up to .47
SAME_SCALE = 1.03  #: ratio of pixel sizes within which two pictures have one magnification
_EDGE = 1e-3  #: probabilities closer to 0 or 1 are no surer


def fuse(maps: Sequence[BoundaryMap], names: Sequence[str]) -> tuple[BoundaryMap, list[Alignment | None]]:
    """One boundary probability of all pictures of a field, in the pixels of the first.

    Where no further picture shows a part, the first stands alone there. No grain is where most pictures say
    so. The second answer is where the pictures after the first lie; None: no boundary is seen in it, and it
    is left out with a warning. `names` are for errors and warnings.

    `InputError`: a picture has another magnification than the first, or does not show its area.
    """
    if len(maps) == 1:
        return maps[0], []
    empty = [NO_GRAINS in each.warnings for each in maps]
    if empty[0]:
        if all(empty):
            return maps[0], [None] * (len(maps) - 1)
        raise InputError(
            names[0],
            "no grain boundary is visible in it, the first picture of its field",
            f"Name another one first, such as {names[empty.index(False)]}, or leave it out",
        )
    first, shape = maps[0], maps[0].probability.shape
    places = [
        None if nothing else _placed(first, other, name, names[0])
        for other, name, nothing in zip(maps[1:], names[1:], empty[1:], strict=True)
    ]
    moved = [_moved(each, place, shape) for each, place in zip(maps[1:], places, strict=True) if place]
    seen = [first, *moved]
    shown = [np.ones(shape, bool) if each.valid is None else each.valid for each in seen]
    fused = replace(
        first,
        probability=_together([each.probability for each in seen], shown),
        valid=None if first.valid is None else np.logical_or.reduce(shown),
        not_grain=_most_say([each.not_grain for each in seen], shown),
    )
    left_out = [
        f"{Path(name).name} is left out: {NO_GRAINS}" for name, none in zip(names, empty, strict=True) if none
    ]
    return replace(fused, warnings=(*probability_warnings(fused), *left_out)), places


def _placed(first: BoundaryMap, other: BoundaryMap, name: str, reference: str) -> Alignment:
    """Where the picture lies on the first one."""
    sizes = first.pixel_size_nm, other.pixel_size_nm
    if sizes[0] and sizes[1] and not 1 / SAME_SCALE < sizes[1] / sizes[0] < SAME_SCALE:
        raise InputError(
            name,
            f"its pixels are {sizes[1]:.4g} nm, those of {reference} {sizes[0]:.4g} nm: "
            "pictures of one field need one magnification",
            "Take the pictures of a field at one magnification, or take this one out of the field",
        )
    found = align(first.probability, other.probability)
    small, large = sorted((first.probability.size, other.probability.size))
    least = SAME_CROP if small < LEAST_OVERLAP * large else SAME_FIELD
    if found.correlation >= least and found.overlap < LEAST_OVERLAP:
        raise InputError(
            name,
            f"it shares only {found.overlap:.0%} with {reference}",
            f"Give pictures that share {LEAST_OVERLAP:.0%} or more, or make it a field of its own",
        )
    if found.correlation < least:
        raise InputError(
            name,
            f"its boundaries do not lie on those of {reference} "
            f"(correlation {found.correlation:.2f}, overlap {found.overlap:.0%}): "
            "another area or magnification",
            "Check that both show one area, turned by less than 8 degrees, or take it out of the field",
        )
    if found.stretch > LARGEST_STRETCH:
        raise InputError(
            name,
            f"it lies on {reference} only stretched by a factor of {found.stretch:.2f}: "
            "another magnification, or a tilt beyond 25 degrees",
            "Take the pictures of a field at one magnification and small tilts, or take this one out",
        )
    return found


def _moved(other: BoundaryMap, place: Alignment, shape: tuple[int, ...]) -> BoundaryMap:
    """In the pixels of the first picture."""
    inside = np.ones(other.probability.shape, bool) if other.valid is None else other.valid
    not_grain = None if other.not_grain is None else warped(other.not_grain, place.matrix, shape)
    return replace(
        other,
        probability=warped(other.probability, place.matrix, shape),
        valid=warped(inside, place.matrix, shape),
        not_grain=not_grain,
    )


def _together(probabilities: Sequence[np.ndarray], shown: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of the log-likelihood ratios of a boundary, each at least that of one that does not show."""
    prior = np.float32(np.log(USUAL / (1 - USUAL)))
    total = np.full(probabilities[0].shape, prior, np.float32)
    for k, (probability, where) in enumerate(zip(probabilities, shown, strict=True)):
        p = np.clip(probability, _EDGE, 1 - _EDGE)
        ratio = np.log(p / (1 - p)) - prior
        alone = where & ~np.logical_or.reduce([s for j, s in enumerate(shown) if j != k])
        least = np.where(alone, -np.inf, np.log(UNSEEN)) if alone.any() else np.log(UNSEEN)
        total += np.where(where, np.maximum(ratio, least), 0).astype(np.float32)
    fused: np.ndarray = 1 / (1 + np.exp(-total))
    fused[~np.logical_or.reduce(list(shown))] = 0
    return fused


def _most_say(masks: Sequence[np.ndarray | None], shown: Sequence[np.ndarray]) -> np.ndarray | None:
    """Where more than half of the pictures that show a pixel see no grain there."""
    votes = sum((m & s).astype(np.int16) for m, s in zip(masks, shown, strict=True) if m is not None)
    if isinstance(votes, int):
        return None
    no_grain: np.ndarray = 2 * votes > sum(s.astype(np.int16) for s in shown)
    return no_grain if no_grain.any() else None
