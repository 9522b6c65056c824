"""Pieces of test lines between crossings: whose they are and what ends them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grainstats.measure.network.graph import BoundaryNetwork
from grainstats.measure.spacing.crossings import Crossings

GRAZE_PX = 1.5  #: a line that comes back through the same boundary sooner has only grazed it
CENSORED = np.array(["none", "one", "both"])
GRAIN, PHASE, FRAME = 0, 1, 2  #: what a line meets at the end of a piece
KIND_NUMBER = {"grain": GRAIN, "phase": PHASE, "frame": FRAME}


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of lines between neighbouring crossings."""

    line: np.ndarray  #: int, shape (n,)
    #: start, length: float, shape (n,): along the line, pixels
    start: np.ndarray
    length: np.ndarray
    #: segment_a, segment_b: int, shape (n,): boundary segment crossed at both ends; -1: the line itself ends
    segment_a: np.ndarray
    segment_b: np.ndarray


def without_grazes(found: Crossings) -> Crossings:
    """Drop pairs of crossings of one boundary that lie closer than `GRAZE_PX` on a line."""
    if found.line.size < 2:
        return found
    same = (found.line[1:] == found.line[:-1]) & (found.segment[1:] == found.segment[:-1])
    close = same & (np.diff(found.along) < GRAZE_PX)
    # within a run of close crossings drop pairs from its start: an odd run keeps its last crossing
    position = np.arange(close.size)
    run_start = np.maximum.accumulate(np.where(~close, position + 1, 0))
    drop = close & ((position - run_start) % 2 == 0)
    keep = np.ones(found.line.size, bool)
    keep[:-1] &= ~drop
    keep[1:] &= ~drop
    return Crossings(found.line[keep], found.along[keep], found.segment[keep])


def end_kinds(pieces: Pieces, network: BoundaryNetwork) -> tuple[np.ndarray, np.ndarray]:
    """What lies at both ends of pieces: `GRAIN`, `PHASE` or `FRAME`."""
    kind = np.append(network.segments["kind"].map(KIND_NUMBER).to_numpy(np.int64), FRAME)  # of segment -1
    return kind[pieces.segment_a], kind[pieces.segment_b]


def owners(pieces: Pieces, middle: np.ndarray, labels: np.ndarray, network: BoundaryNetwork) -> np.ndarray:
    """Label of each piece: the one that the boundaries at both ends share, else the pixel at its middle.

    `middle`, shape (n, 2), as (row, column); hidden pixels of `labels` are negative.
    """
    y, x = (np.clip(np.rint(middle[:, k]).astype(np.int64), 0, labels.shape[k] - 1) for k in (0, 1))
    owner = labels[y, x].astype(np.int64)
    if not len(network.segments):
        return owner
    pair = network.segments[["label_a", "label_b"]].to_numpy()
    a, b = pieces.segment_a, pieces.segment_b
    (a0, a1), (b0, b1) = pair[a].T, pair[b].T
    first, second = (a0 == b0) | (a0 == b1), (a1 == b0) | (a1 == b1)
    inner = (a >= 0) & (b >= 0)
    owner = np.where(inner & first & ~second, a0, owner)
    return np.where(inner & second & ~first, a1, owner)
