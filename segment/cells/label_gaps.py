"""Gaps and lines between cells, closed where they are narrow, so that the cells meet; frames around maps."""

import cv2
import numpy as np

from segment.cells.label_edges import pairs_beside
from segment.choices import GAP_WIDTH
from segment.micrograph.blank_frame import LEAST_DEPTH, find_blank, repeated_lines

WIDTHS = (7, 11)  #: pixels of a disc that does not fit into a dam, nor into a node of dams of 3 and 6 pixels
MET_ALREADY = 0.5  #: of the contacts that closing would give; with more, the lines are cracks and stay
LONELY = 0.1  #: of the cells touch no other, but would when closed: lines in a part of the map; judgement
GAIN = 1.1  #: times the contacts that the wider disc must give
FEWEST_LABELS = 8  #: labels of which one may be the line between the others
_AROUND = 0.8  #: of all contacts are with such a label
THIN = 0.9  #: of its area are narrow where it is a line and no ground
RIM = 0.9  #: of the outermost pixels are a frame's or a ground's; judgement
_REPEATED = 5  #: equal rows, and others, that show an enlargement
_EVEN = 2.0  #: rows by which groups of equal rows may stray from even steps: rounding, and one cut group
ALONE = 0.15  #: share of a map's cell edges that are contacts, below which its cells do not meet
_LONG = 3.0  #: widths that a gap is at least long; judgement
_LEAST_PX = 3  #: no narrower gap is told from the rim of a void


def close_dams(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Divide narrow lines of 0 between cells along their middle; wider areas of 0 are voids and stay.

    Programs that flood from seeds leave a dam of one to three pixels between all cells. Cells that do not
    touch have no boundary, no triple junctions and too small diameters. The same labels come back where most
    cells meet already, or no line is narrow; then how many pixels of 0 belong to a cell now.
    """
    empty = labels == 0
    if not empty.any():
        return labels, 0
    (before, lonely), nearest = _contacts(labels), nearest_labels(labels)
    best, closed, least = labels, 0, before
    for width in WIDTHS:
        narrow = narrower_than(empty, width)
        filled = np.where(narrow, nearest, labels)
        after, still = _contacts(filled)
        cracks = before >= MET_ALREADY * after and lonely - still < LONELY * int(labels.max())
        if cracks or after < GAIN * least:
            break
        best, closed, least = filled, int(np.count_nonzero(narrow)), after
    return best, closed


def equal_rows(labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Number of the group of equal rows that each row is in, and rows a group.

    Each row is its own group where groups are not even, as those of a map whose pixels were repeated.
    """
    new = np.concatenate([[True], (labels[1:] != labels[:-1]).any(axis=1)])
    first = np.flatnonzero(new)
    if len(labels) - first.size < _REPEATED or first.size < _REPEATED:
        return np.arange(len(labels)), 1.0
    each = float(first[-1] - first[1]) / (first.size - 2)
    if np.ptp(np.cumsum(new) - np.arange(len(labels)) / each) > _EVEN:
        return np.arange(len(labels)), 1.0
    return np.cumsum(new) - 1, each


def line_label(labels: np.ndarray) -> tuple[int, bool]:
    """The label that lies between or around all others, 0 for none; and whether it is a line, not a ground.

    >>> cells = np.arange(1, 17).reshape(4, 4).repeat(6, 0).repeat(6, 1)
    >>> cells[::6], cells[:, ::6] = 17, 17
    >>> line_label(cells.astype(np.int32))
    (17, True)
    """
    pairs = pairs_beside(labels)
    meeting = pairs[(pairs > 0).all(axis=1)]
    count = np.bincount(meeting.ravel(), minlength=int(labels.max(initial=0)) + 1)
    label = int(count.argmax())
    if count.size <= FEWEST_LABELS or count[label] < max(_AROUND * len(meeting), 1):
        return 0, False
    own = labels == label
    return label, bool(np.count_nonzero(narrower_than(own, WIDTHS[-1])) >= THIN * np.count_nonzero(own))


def rim_label(labels: np.ndarray) -> int:
    """The label that runs around the whole map as a frame or a ground; 0 where there is none.

    >>> rim_label(np.pad(np.arange(1, 17).reshape(4, 4).repeat(6, 0).repeat(6, 1), 3, constant_values=17))
    17
    """
    if labels.max(initial=0) <= FEWEST_LABELS:
        return 0
    count = np.bincount(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return int(count.argmax()) if count.max() >= RIM * count.sum() else 0


def within_frame(labels: np.ndarray) -> np.ndarray | None:
    """False in a frame of 0 and in the corners that a turn left empty; None where there is none.

    Cells are drawn as noise: no part of them is of one level.
    """
    if labels.all():
        return None
    noise = np.random.default_rng(0).integers(50, 256, labels.shape, np.uint8)
    frame = find_blank(np.where(labels > 0, noise, 0).astype(np.uint8), noisy=False)
    return None if frame is None else ~frame | (labels > 0)


def within_drawn_out(labels: np.ndarray) -> np.ndarray | None:
    """False in rows and columns that repeat, mirror or go on with the map, as programs pad; None without any.

    They cut several cells.  Of equal ones there are twice as many as are ever alike further inside, as in an
    enlarged map; of others, some change.
    """
    inside = np.ones(labels.shape, bool)
    for lines, kept in ((labels, inside), (labels.T, inside.T)):
        depths = [_padded(lines), _padded(lines[::-1])]
        depths[1] *= sum(depths) < len(lines)  # its own mirror image: one half of it stays
        kept[: depths[0]] = kept[len(lines) - depths[1] :] = False
    return None if inside.all() else inside


def _padded(lines: np.ndarray) -> int:
    """How many rows at the beginning are no part of a map."""
    new = np.flatnonzero((lines[1:] != lines[:-1]).any(axis=1)) + 1
    if new.size < _REPEATED or np.count_nonzero(np.diff(lines[0])) < FEWEST_LABELS:
        return 0
    if new[0] > max(LEAST_DEPTH, 2 * int(np.diff(new).max())):
        return int(new[0]) - 1
    depth = repeated_lines(lines)
    return depth if np.count_nonzero(new < depth) >= _REPEATED else 0


def cells_meet(labels: np.ndarray) -> bool:
    """Whether a fair share of the cells' edges are contacts with other cells, not with 0."""
    return contacts(labels) > ALONE * edges(labels) or int(labels.max(initial=0)) < 2


def narrower_than(mask: np.ndarray, width: int) -> np.ndarray:
    """Pixels of a mask, shape (rows, columns), where no disc of `width` pixels fits; bool."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), *(width,) * 4, cv2.BORDER_REFLECT)
    wide = cv2.dilate(cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc), np.ones((3, 3), np.uint8))
    return mask & (wide[width:-width, width:-width] == 0)


def nearest_labels(labels: np.ndarray) -> np.ndarray:
    """Every pixel with the nearest label that is not 0; int32, shape (rows, columns)."""
    _, place = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label = np.zeros(int(place.max()) + 1, np.int32)
    label[place[labels > 0]] = labels[labels > 0]
    return label[place]


def contacts(labels: np.ndarray) -> int:
    """Pixel edges between two cells."""
    sides = ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:]))
    return sum(int(np.count_nonzero((a != b) & (a > 0) & (b > 0))) for a, b in sides)


def _contacts(labels: np.ndarray) -> tuple[int, int]:
    """Pixel edges between two cells, and cells that touch no other."""
    pairs = pairs_beside(labels)
    met = pairs[(pairs > 0).all(axis=1)]
    return len(met), int(labels.max(initial=0)) - np.unique(met).size


def edges(labels: np.ndarray) -> int:
    """Pixel edges at which the label changes."""
    return len(pairs_beside(labels))


def narrow_gaps(not_grain: np.ndarray, labels: np.ndarray, width: float = GAP_WIDTH) -> np.ndarray | None:
    """Parts of what is no grain (bool) that are boundaries; None where there are none.

    Etching and sintering open boundaries.  Two grains that face each other across a thin gap have a boundary
    between them; where the gap is as wide as a grain, they do not meet.  A pit or a particle is as narrow,
    and no gap: it has no length.

    `labels` are cells between boundaries, of the same image or of a part of it, `width` is in mean
    intercepts.
    """
    across = round(width * mean_intercept_px(labels))
    if across < _LEAST_PX:
        return None
    thin = narrower_than(not_grain, across)
    _, part, boxes, _ = cv2.connectedComponentsWithStats(thin.view(np.uint8), connectivity=8)
    long = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= _LONG * across
    long[0] = False
    return long[part] if long.any() else None


def mean_intercept_px(labels: np.ndarray) -> float:
    """Mean length of the runs of one label along rows and columns; 0 without a cell."""
    pixels = 2 * int(np.count_nonzero(labels))
    runs = sum(
        int(np.count_nonzero(view[:, :1]))
        + int(np.count_nonzero((view[:, 1:] != view[:, :-1]) & (view[:, 1:] > 0)))
        for view in (labels, labels.T)
    )
    return pixels / runs if runs else 0.0
