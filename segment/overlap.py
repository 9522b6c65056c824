"""Fields that overlap: one grain seen in two images, found by where grains of equal size lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LARGEST = 120  #: grains of each field that are compared; in a shared part they are among the largest of both
ALIKE = 0.06  #: difference of ln(area) of one grain seen twice
NEAR = 0.5  #: mean diameters by which its place may differ
FEWEST = 8  #: pairs of grains that must agree on one shift
SIGMAS = 8.0  #: above what chance gives, pairs must agree; of random fields none comes near
MOST = 150  #: fields of one sample: 11,000 pairs take some 5 s
TWICE = 0.5  #: share of a field from which it is no field of its own
LATTICE = 0.5  #: of its votes another shift may have; equal grains in rows agree on many
AGREE = 0.5  #: share of the compared grains in the shared part that must have a partner


@dataclass(frozen=True, eq=False)
class Places:
    """Where the whole grains of a field lie.

    Attributes
    ----------
    centres : ndarray, shape (n, 2)
        Along rows and columns, in any unit.
    areas : ndarray, shape (n,)
        In that unit squared.
    size : tuple of float
        Height and width of the field.
    """

    centres: np.ndarray
    areas: np.ndarray
    size: tuple[float, float]


def shared_part(one: Places, other: Places) -> float:
    """Share of the smaller field that the other one shows too; 0 where no shift brings their grains together.

    Fields of one magnification, not turned: crops of one image, neighbours in a mosaic.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> centres, areas = rng.random((200, 2)) * 100, rng.lognormal(3, 0.7, 200)
    >>> left, right = centres[:, 1] < 60, centres[:, 1] > 30
    >>> a = Places(centres[left], areas[left], (100, 60))
    >>> b = Places(centres[right] - [0, 30], areas[right], (100, 70))
    >>> round(shared_part(a, b), 2)
    0.5
    """
    (centres_a, areas_a), (centres_b, areas_b) = _largest(one), _largest(other)
    if min(areas_a.size, areas_b.size) < FEWEST:
        return 0.0
    alike = np.abs(np.log(areas_a)[:, None] - np.log(areas_b)[None]) < ALIKE
    shifts = (centres_a[:, None] - centres_b[None])[alike]
    reach = NEAR * float(np.sqrt(4 / np.pi * np.median(np.concatenate([areas_a, areas_b]))))
    shift, votes = _commonest(shifts, reach)
    if votes < FEWEST:
        return 0.0
    domain = np.prod([a + b for a, b in zip(one.size, other.size, strict=True)])
    chance = 4 * len(shifts) * (2 * reach) ** 2 / domain  # shifts crowd fourfold around none
    if votes < chance + SIGMAS * np.sqrt(chance + 1):
        return 0.0
    elsewhere = (np.abs(shifts - shift) > 2 * reach).any(axis=1)
    if _commonest(shifts[elsewhere], reach)[1] > LATTICE * votes:
        return 0.0
    low = np.maximum([0.0, 0.0], shift)
    high = np.minimum(one.size, shift + np.array(other.size))
    inside = ((centres_a > low) & (centres_a < high)).all(axis=1)
    if votes < AGREE * np.count_nonzero(inside):
        return 0.0
    smaller = min(np.prod(one.size), np.prod(other.size))
    return float(np.prod(np.maximum(high - low, 0)) / smaller)


@dataclass(frozen=True)
class Overlap:
    """Two fields that show a part of the specimen both.

    Attributes
    ----------
    kept, other : int
        Their places in the sequence that was asked about; the larger field, else the first, is `kept`.
    share : float
        Of the smaller one, that both show.
    """

    kept: int
    other: int
    share: float


def overlapping(fields: Sequence[Places]) -> list[Overlap]:
    """All pairs of fields that overlap; of more than `MOST` fields, which would take long, none is sought."""
    if len(fields) > MOST:
        return []
    found = []
    for second, other in enumerate(fields):
        for first, one in enumerate(fields[:second]):
            share = shared_part(one, other)
            if share > 0:
                larger = np.prod(other.size) > np.prod(one.size)
                found.append(Overlap(*((second, first) if larger else (first, second)), share))
    return found


def _largest(places: Places) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(places.areas)[::-1][:LARGEST]
    return places.centres[order], places.areas[order]


def _commonest(shifts: np.ndarray, reach: float) -> tuple[np.ndarray, int]:
    """The shift on which most agree within `reach`, and how many."""
    if not len(shifts):
        return np.zeros(2), 0
    best, most = shifts[0], 0
    for offset in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        cells = np.floor(shifts / (2 * reach) + offset).astype(np.int64)
        cells -= cells.min(axis=0)
        place = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
        counts = np.bincount(place)
        if counts.max() > most:
            most, best = int(counts.max()), shifts[place == counts.argmax()].mean(axis=0)
    near = (np.abs(shifts - best) < reach).all(axis=1)
    return shifts[near].mean(axis=0), int(np.count_nonzero(near))
