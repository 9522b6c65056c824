"""Lines that may be scale bars: straight, of one level, with sharp ends; and rulers of eleven ticks.

Grains do not draw such lines: noise breaks a run of equal levels, and an outline does not end on the same
column in every row.  Frames of tables are told apart by the lines that their ends run into.
"""

from dataclasses import dataclass

import cv2
import numpy as np

LARGEST_WITH_BAR = 2**26  #: pixels above which nothing is looked for; exported pictures are smaller
SHORTEST = 24  #: pixels; the ends of a shorter bar tell its length to no better than 4 %
_WIDEST = 0.8  #: of the columns that a bar may take; longer lines are frames
_SLENDER = 4  #: least length : height
_THICKEST = 40  #: pixels
_STEP = 20  #: of 255 levels between neighbours of one drawn line, after mild JPEG; judgement
_SPREAD = 50  #: of 255 levels that all but a tenth of a bar's pixels span, after strong JPEG; judgement
_CONTRAST = 50  #: of 255 levels between a bar and what is around it; judgement
_CLEAR = 0.85  #: of the pixels along a bar that must be unlike it, above and below
_BLOCK_ROWS = 256  #: rows searched at a time
_AROUND = 80  #: pixels around a bar in which its end ticks end
_MOST = 8  #: bars that are looked at; more are a texture
_TICK_PX = 6  #: widest end tick
_RULER_TICKS = 11  #: of Hitachi's ruler: ten divisions
_RULER_ROWS = 3  #: least height of its ticks


@dataclass(frozen=True)
class Bar:
    """A bar and its ends."""

    #: top, bottom: rows it fills, the last excluded; end ticks not counted
    top: int
    bottom: int
    #: left, right: its ends in pixels from the image's left edge, between the centres of the ticks where
    #: there are any
    left: float
    right: float
    level: int  #: grey level of the line, of 255
    #: columns of the gap between its halves, in which the label stands
    gap: tuple[float, float] | None = None

    @property
    def length(self) -> float:
        """Pixels from end to end."""
        return self.right - self.left

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Begin and end of the columns that it fills: two pairs where it has a gap."""
        edges = (
            (self.left, self.right) if self.gap is None else (self.left, self.gap[0], self.gap[1], self.right)
        )
        whole = [round(edge) for edge in edges]
        return list(zip(whole[::2], whole[1::2], strict=True))


def find_bars(grey: np.ndarray) -> list[Bar]:
    """Lines (of uint8) that could be bars of scale, the longest first; halves beside a label are joined."""
    bars = [bar for stack in _stacks(grey) if (bar := _bar(grey, stack)) is not None]
    return sorted(_joined_halves(bars), key=lambda bar: -bar.length)[:_MOST]


def find_ruler(grey: np.ndarray, first_row: int) -> Bar | None:
    """The ruler of eleven ticks of one pitch, as Hitachi draws it, in the info bar from `first_row`."""
    strip = grey[first_row:]
    if not len(strip):
        return None
    ground = int(np.bincount(strip.ravel(), minlength=256).argmax())
    ink = np.abs(strip.astype(np.int16) - ground) > 2 * _CONTRAST
    found: list[tuple[int, float, float]] = []
    for row in range(len(ink)):
        ends = _eleven_ticks(ink[row : row + 1])
        if ends is None or (found and (abs(found[-1][1] - ends[0]) > 1 or found[-1][0] != row - 1)):
            found = found if len(found) >= _RULER_ROWS else []
        if ends is not None and (not found or found[-1][0] == row - 1):
            found.append((row, *ends))
    if len(found) < _RULER_ROWS:
        return None
    (top, left, right), bottom = found[0], found[-1][0] + 1
    level = int(strip[top, int(left)])
    return Bar(first_row + top, first_row + bottom, left, right, level)


def _eleven_ticks(line: np.ndarray) -> tuple[float, float] | None:
    """Centres of the first and last of eleven narrow runs of one width and pitch in a row."""
    _, begin, end = _runs(line)
    for k in range(len(begin) - _RULER_TICKS + 1):
        some = slice(k, k + _RULER_TICKS)
        middle, width = (begin[some] + end[some]) / 2, end[some] - begin[some]
        pitch = np.diff(middle)
        if width.max() <= _TICK_PX and np.ptp(width) <= 1 and np.ptp(pitch) <= 1.5 and pitch.min() >= 4:
            return float(middle[0]), float(middle[-1])
    return None


def _runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, begin and end (excluded) of each run of values other than 0."""
    padded = np.pad(mask, ((0, 0), (1, 1)))
    row, column = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return row[::2], column[::2], column[1::2]


def _flat_runs(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, begin and end (excluded) of runs whose neighbours differ little, long enough for a bar."""
    found = []
    for first in range(0, len(grey), _BLOCK_ROWS):
        block = grey[first : first + _BLOCK_ROWS]
        flat = (cv2.absdiff(block[:, 1:], block[:, :-1]) <= _STEP).astype(np.uint8)
        row, begin, end = _runs(cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((1, SHORTEST - 3), np.uint8)))
        found.append((row + first, begin, end + 1))
    row, begin, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, begin, end


def _stacks(grey: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(top, bottom, begin, end) of rows of one level that begin and end abruptly on the same columns."""
    if grey.size > LARGEST_WITH_BAR or min(grey.shape) < SHORTEST:
        return []
    row, begin, end = _flat_runs(grey)
    columns = grey.shape[1]
    inside = (begin >= 3) & (end <= columns - 3) & (end - begin <= _WIDEST * columns)
    row, begin, end = row[inside], begin[inside], end[inside]
    level = grey[row, (begin + end) // 2].astype(np.int16)
    before, after = grey[row, begin - 2].astype(np.int16), grey[row, end + 1].astype(np.int16)
    sharp = (np.abs(level - before) >= _CONTRAST) & (np.abs(level - after) >= _CONTRAST)
    sharp &= np.abs(before - after) <= 2 * _CONTRAST
    stacks: list[list[int]] = []
    growing: list[list[int]] = []
    for r, b, e, v in zip(*(x[sharp].tolist() for x in (row, begin, end, level)), strict=True):
        growing = [s for s in growing if s[1] >= r - 1]
        for stack in growing:
            if abs(stack[2] - b) <= 3 and abs(stack[3] - e) <= 3 and abs(stack[4] - v) < _CONTRAST:
                stack[1], stack[2], stack[3] = r + 1, min(stack[2], b), max(stack[3], e)
                break
        else:
            stacks.append([r, r + 1, b, e, v])
            growing.append(stacks[-1])
    return [(top, bottom, left, right) for top, bottom, left, right, _ in stacks]


def _bar(grey: np.ndarray, stack: tuple[int, int, int, int]) -> Bar | None:
    """The bar of a stack of runs, None where it is too thick, not clear of its surroundings, or a frame."""
    top, bottom, begin, end = stack
    if bottom - top > _THICKEST or end - begin < _SLENDER * (bottom - top):
        return None
    if not _stands_clear(grey, stack, int(grey[(top + bottom) // 2, (begin + end) // 2])):
        return None
    low, level, high = (int(v) for v in np.percentile(grey[top:bottom, begin + 2 : end - 2], (5, 50, 95)))
    if high - low > _SPREAD:
        return None
    above, before = max(top - _AROUND, 0), max(begin - _AROUND, 0)
    window = grey[above : bottom + _AROUND, before : end + _AROUND]
    moved = (top - above, bottom - above, begin - before, end - before)
    share = _share_of_level(window, moved, level)
    if _runs_into_lines(share, moved):
        return None
    left, right, ticked = _ends(share, moved)
    if (bottom - top < 2 and not ticked) or right - left < SHORTEST:
        return None
    return Bar(top, bottom, before + left, before + right, level)


def _stands_clear(grey: np.ndarray, stack: tuple[int, int, int, int], level: int) -> bool:
    """Whether the pixels up to four rows above and below are unlike the bar: thin frames are crossed."""
    top, bottom, begin, end = stack
    if top < 4 or bottom + 4 > len(grey):
        return False
    inner = slice(begin + _TICK_PX, max(end - _TICK_PX, begin + _TICK_PX + 1))
    return all(
        (np.abs(grey[row, inner].astype(np.int16) - level) >= _CONTRAST).mean() >= _CLEAR
        for row in (top - 4, top - 3, bottom + 2, bottom + 3)
    )


def _share_of_level(grey: np.ndarray, stack: tuple[int, int, int, int], level: int) -> np.ndarray:
    """Each pixel as share of the bar's level over the level before and behind it, 0 to 1."""
    top, bottom, begin, end = stack
    sides = (grey[top:bottom, max(begin - 6, 0) : begin - 2], grey[top:bottom, end + 2 : end + 6])
    ground = int(np.median(np.concatenate([side.ravel() for side in sides])))
    share = (grey.astype(np.float32) - ground) / (level - ground or 1)
    return np.clip(share, 0, 1, out=share)


def _runs_into_lines(share: np.ndarray, stack: tuple[int, int, int, int]) -> bool:
    """Whether an end line leads to another line: then the bar is a side of a frame."""
    top, bottom, begin, end = stack
    for column, inward in ((begin, 1), (end - 1, -1)):
        columns = np.clip(np.arange(column - 2, column + 3), 0, share.shape[1] - 1)
        for row, step in ((top - 1, -1), (bottom, 1)):
            while 0 <= row < len(share) and share[row, columns].max() > 0.5:
                row += step
            far = row - step
            beside = share[far, np.clip(column + inward * np.arange(4, 14), 0, share.shape[1] - 1)]
            if not top - 2 <= far < bottom + 2 and (beside.min() > 0.5 or not 0 <= row < len(share)):
                return True
    return False


def _ends(share: np.ndarray, stack: tuple[int, int, int, int]) -> tuple[float, float, bool]:
    """Centre of each end's tick, or where the level falls to one half; whether both ends have a tick."""
    top, bottom, begin, end = stack
    first = _tick(share, top, bottom, begin - 2, begin + 4)
    last = _tick(share, top, bottom, end - 4, end + 2)
    line = share[top:bottom].mean(axis=0)
    left = begin + 6 - _fall(line[max(begin - 4, 0) : begin + 6][::-1])
    right = end - 6 + _fall(line[end - 6 : end + 4])
    ticked = first is not None and last is not None
    return left if first is None else first, right if last is None else last, ticked


def _tick(share: np.ndarray, top: int, bottom: int, first: int, last: int) -> float | None:
    """Centre of the tick among these columns, in pixels; None where none sticks out above or below."""
    best: float | None = None
    strongest = 0.5  # pixels of full level across the tick
    for above, below in (
        (3, 1),
        (1, 0),
    ):  # the rows next to the bar hold its smoothed rim, and the shortest ticks
        for rows in (share[max(top - above, 0) : top - below], share[bottom + below : bottom + above]):
            profile = rows[:, max(first, 0) : last].mean(axis=0) if len(rows) else np.zeros(1)
            profile = profile - np.median(profile)
            profile = np.where(profile > 0.25, profile, 0)
            if strongest < profile.sum() < last - first:
                strongest = float(profile.sum())
                best = first + float((profile * (np.arange(len(profile)) + 0.5)).sum()) / strongest
        if best is not None:
            break
    return best


def _fall(profile: np.ndarray) -> float:
    """Where a profile that begins within the bar falls below one half, in pixels from its beginning."""
    below = int(np.argmax(profile < 0.5))
    if below == 0:
        return float(len(profile))
    high, low = float(profile[below - 1]), float(profile[below])
    return below + 0.5 - (0.5 - low) / max(high - low, 1e-6)


def _joined_halves(bars: list[Bar]) -> list[Bar]:
    """Two bars of about one length and the same rows are the halves of one; the rest as they are."""
    joined: list[Bar] = []
    used: set[int] = set()
    ordered = sorted(bars, key=lambda bar: bar.left)
    for i, left in enumerate(ordered):
        for j, right in enumerate(ordered[i + 1 :], i + 1):
            gap = right.left - left.right
            same_rows = abs(left.top - right.top) <= 1 and abs(left.bottom - right.bottom) <= 1
            alike = max(left.length, right.length) <= 1.3 * min(left.length, right.length)
            if same_rows and alike and 0 < gap <= 2 * left.length and not used & {i, j}:
                joined.append(
                    Bar(left.top, left.bottom, left.left, right.right, left.level, (left.right, right.left))
                )
                used |= {i, j}
    return joined + [bar for k, bar in enumerate(ordered) if k not in used]
