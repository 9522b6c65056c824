"""Labels that lie in several pieces: numbers cut to 8 bits, mixed, colours, phases, or a grain seen twice."""

from dataclasses import dataclass

import cv2
import numpy as np

from segment.cells.enclosed import typical_area
from segment.cells.label_edges import pairs_beside

SIZEABLE_PX = 20  #: least pixels of a piece that counts; smaller ones are specks of a label edited by hand
SIZEABLE = 0.02  #: of the area of the median label, or of a piece in the middle, is the least piece
_FEW = (5, 0.1)  #: second pieces that may be grains seen twice: so many, or this share of the labels
MANY_OF_ONE = 8  #: pieces of one label from which its number stands for many grains
BLOCK = 3  #: pixels of the square that fits into no sliver
_LOOKED_AT = 1024  #: rows and columns in the middle of a map in which slivers are sought; judgement


@dataclass(frozen=True, eq=False)
class LabelParts:
    """How the labels of a map or volume lie: connected pieces of equal label 1 ... m, and 0."""

    label: np.ndarray  #: int, shape (m + 1,): label of each piece
    area: np.ndarray  #: int64, shape (m + 1,): pixels or voxels of each piece
    #: bool, shape (m + 1,): which pieces the edge of the map cuts; None where that is not known
    at_rim: np.ndarray | None = None

    def sizeable(self) -> np.ndarray:
        """Which pieces count; bool of shape (m + 1,)."""
        of_label = np.bincount(self.label, self.area)
        typical = float(np.median(of_label[1:][of_label[1:] > 0])) if of_label.size > 1 else 0.0
        if self.area.size > 1:  # of a few labels in many pieces, half of the area lies in smaller pieces
            typical = min(typical, typical_area(self.area[1:]))
        counts: np.ndarray = self.area >= max(SIZEABLE_PX, SIZEABLE * typical)
        counts[0] = False
        return counts

    def largest(self) -> np.ndarray:
        """Which pieces are the largest of their label; bool of shape (m + 1,)."""
        order = np.lexsort((-self.area, self.label))
        found = np.zeros(self.area.size, bool)
        found[order[np.flatnonzero(np.diff(self.label[order], prepend=-1))]] = True
        return found

    def per_label(self) -> np.ndarray:
        """Number of sizeable pieces of each label; shape (labels + 1,)."""
        return np.bincount(self.label[self.sizeable()], minlength=int(self.label.max(initial=0)) + 1)

    def many(self) -> bool:
        """Whether too many labels lie in pieces for them to be grains.

        Pieces at the edge count once: a periodic map goes on at its other side.
        """
        count = self.per_label()
        if self.at_rim is not None:
            at_rim = np.bincount(self.label[self.sizeable() & self.at_rim], minlength=count.size)
            count = count - np.maximum(at_rim - 1, 0)
        extra = int(np.maximum(count - 1, 0).sum())
        return (
            extra > max(_FEW[0], _FEW[1] * np.count_nonzero(count))
            or int(count.max(initial=0)) >= MANY_OF_ONE
        )


def parts_of(labels: np.ndarray) -> tuple[np.ndarray, LabelParts]:
    """8-connected pieces of a label map, int32 of its shape (rows, columns), and what they are."""
    from skimage.measure import label

    pieces = label(labels, background=0, connectivity=2).astype(np.int32)  # type: ignore[no-untyped-call]
    area = np.bincount(pieces.ravel())
    of_piece = np.zeros(area.size, np.int32)
    of_piece[pieces] = labels
    at_rim = np.zeros(area.size, bool)
    for edge in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        at_rim[edge] = True
    return pieces, LabelParts(of_piece, area, at_rim)


def in_slivers(labels: np.ndarray) -> float:
    """Share of the pixel edges between cells at which a thin piece lies beside a larger one of its label.

    Interpolation leaves such slivers along all borders: between the labels 2 and 6 it writes a 4.  Sound maps
    have at most .001, also those of points with grains of two pixels; mixed ones a third and more.

    >>> cells = np.arange(1, 10).reshape(3, 3).repeat(9, axis=0).repeat(9, axis=1)
    >>> in_slivers(cells), in_slivers((cells[1:] + cells[:-1]) // 2) > 0.2
    (0.0, True)
    """
    top, left = (max(n - _LOOKED_AT, 0) // 2 for n in labels.shape)
    pieces, found = parts_of(labels[top : top + _LOOKED_AT, left : left + _LOOKED_AT])
    number, block = pieces.astype(np.float32), np.ones((BLOCK, BLOCK))
    sliver = ~found.largest()
    sliver[pieces[cv2.erode(number, block) == cv2.dilate(number, block)]] = False
    sides = pairs_beside(pieces)
    meet = (sides > 0).all(axis=1)
    return float(sliver[sides[meet]].any(axis=1).mean()) if meet.any() else 0.0


def in_parts(labels: np.ndarray) -> bool:
    """Whether any label may lie in pieces more than one pixel wide; a quick look that `parts_of` refines."""
    corner = labels[:-1, :-1]
    inner = (corner > 0) & (corner == labels[1:, :-1])
    inner &= corner == labels[:-1, 1:]
    inner &= corner == labels[1:, 1:]
    n_pieces = cv2.connectedComponents(inner.view(np.uint8), connectivity=8)[0] - 1
    seen = np.zeros(int(labels.max(initial=0)) + 1, bool)
    seen[corner[inner]] = True
    return bool(n_pieces > np.count_nonzero(seen))


def split_parts(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Each sizeable piece of a label as a label of its own, where few lie in pieces; and how many got one.

    The largest piece and specks keep the number; other pieces get the next free ones.  Nothing changes where
    too many labels lie in pieces (`LabelParts.many`).
    """
    if not in_parts(labels):
        return labels, 0
    pieces, found = parts_of(labels)
    counts = found.sizeable()
    new = counts & ~found.largest()
    if not new.any() or found.many():
        return labels, 0
    name = found.label.copy()
    name[new] = int(labels.max()) + 1 + np.arange(int(new.sum()), dtype=np.int32)
    split: np.ndarray = name[pieces]
    return split, int(new.sum())
