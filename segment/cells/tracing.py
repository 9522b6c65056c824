"""Closed cells from hand-traced boundaries."""

import cv2
import numpy as np

from segment.cells.borders import pair_key
from segment.cells.label_edges import label_edges, on_edges
from segment.cells.label_gaps import mean_intercept_px, narrower_than

WIDEST_GAP = 16.0  #: pixels between line ends that are still bridged
NARROW = 0.45  #: width of a gap over that of the narrower of the cells that it joins
_REACH = 5  #: pixels beyond twice a line's half width at which it is seen to go on
RIBBON = 30.0  #: widths that the inside of a double line is long at least; grains reach 20; judgement
SLENDER = 0.5  #: of the typical cell's width; cells joined through gaps have nearly all of it
#: widths long, and of the typical width: one side of a line drawn twice.  Of the cells of 106 real tracings
#: at most a tenth is such, where 30 % of the cells are outlined twice a fifth
STRIP = (15.0, 0.35)
SPECK_PX = 5  #: open areas in thick lines of real tracings are smaller
#: share of lines between which it is open what is line: real tracings have up to .28, dashes less; judgement
HALF_LINES = (0.25, 0.75)
_STRAIGHT = 0.9  #: share of the shorter side along which a straight line runs from edge to edge
_DENSE = 0.4  #: share of such lines above which straight ones are there by chance; judgement
_SMALL_PX = 512  #: pixels of the longer side, in which straight lines are sought
_TURN = np.radians(0.2)  #: between directions that are looked at: half a pixel at the end of such a line
_ONE_LINE = (4.0, np.radians(3.0))  #: pixels and turn between votes for one line
#: across filled areas: mean intercepts, and widths of a line; 106 real tracings have none
FILLED = (0.5, 4.0)
#: times as long is the inside of a whole network, and of the typical width.  Cells joined through gaps may be
#: as long, and have .97 and more; of 205 insides drawn 8 lie above .9
MESH = (10.0, 0.9)
MARGIN = 3  #: pixels at the edge of a drawing in which its lines begin
FRAMED = 0.9  #: of each edge is a line where a frame is drawn
CUT_AT_ONCE = 4  #: lines that begin there; judgement
_DEEPEST = 4096.0  #: pixels: half the widest open area that is told from a wider one
TRACING_HALF_WIDTH = 32.0  #: thickest half line, in pixels, that is still divided at its middle


def split_tracing(lines: np.ndarray, min_area_px: int) -> np.ndarray:
    """Cells 1 ... n without a gap between traced lines (bool), each line divided along its middle; int32.

    Gaps between lines below `min_area_px` belong to the lines; all is 0 where these leave no cell.
    """
    from segment.cells.catchment import LEVELS
    from segment.cells.watershed import persistence_watershed

    count, pieces, facts, _ = cv2.connectedComponentsWithStats((~lines).astype(np.uint8), connectivity=4)
    tiny = facts[:, cv2.CC_STAT_AREA] < min_area_px
    tiny[0] = True
    if tiny[:count].all():
        return np.zeros(lines.shape, np.int32)
    wall = tiny[pieces].astype(np.uint8)
    del pieces
    depth = cv2.distanceTransform(wall, cv2.DIST_L2, 5)
    np.minimum(depth / np.float32(TRACING_HALF_WIDTH), 1.0, out=depth)
    return persistence_watershed(depth, 1 / LEVELS)


def fill_double_lines(lines: np.ndarray) -> np.ndarray:
    """Lines with the inside of those that were outlined on both sides.

    It is an open area as long as `RIBBON` of its widths, and much narrower than the typical cell.
    """
    pieces, _, long, slender = _open_areas(lines)
    ribbon = ((long > RIBBON) & (slender < SLENDER)) | ((long > MESH[0] * RIBBON) & (slender < MESH[1]))
    ribbon[0] = False
    return lines | ribbon[pieces] if ribbon.any() else lines


def odd_areas(lines: np.ndarray, min_area_px: int) -> tuple[int, int]:
    """How many open areas are narrow strips, as beside a line drawn twice, and how many too small for cells.

    Specks in a line do not count.
    """
    _, area, long, slender = _open_areas(lines)
    strips = (long[1:] > STRIP[0]) & (slender[1:] < STRIP[1])
    small = (area[1:] >= SPECK_PX) & (area[1:] < min_area_px)
    return int(np.count_nonzero(strips)), int(np.count_nonzero(small))


def are_cells(lines: np.ndarray, min_area_px: int) -> bool:
    """Whether the lines are the ground, and what was taken for the ground are the lines.

    Lines hang together, cells do not: of a picture that is half line, the part in more pieces are cells.
    """
    share = float(lines.mean())
    if not HALF_LINES[0] < share <= HALF_LINES[1]:
        return share > HALF_LINES[1]
    pieces: list[int] = []
    for part, connectivity in ((lines, 8), (~lines, 4)):
        facts = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=connectivity)[2]
        pieces.append(int(np.count_nonzero(facts[1:, cv2.CC_STAT_AREA] >= min_area_px)))
    return pieces[0] > pieces[1]


def _open_areas(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Areas between lines: numbers, pixels, how many widths each is long, its width over the typical one."""
    _, pieces, facts, _ = cv2.connectedComponentsWithStats((~lines).astype(np.uint8), connectivity=4)
    at_line = cv2.dilate(lines.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~lines
    outline = np.maximum(np.bincount(pieces[at_line], minlength=len(facts)), 1)
    area = facts[:, cv2.CC_STAT_AREA].astype(float)
    area[0] = 0.0
    width = np.maximum(area, 1.0) / outline
    order = np.argsort(width)
    typical = width[order][np.searchsorted(np.cumsum(area[order]), area.sum() / 2)]
    return pieces, area, outline / (4 * width), width / typical


def straight_lines(lines: np.ndarray) -> int:
    """How many straight lines run from edge to edge, as those of a test grid do; the frame does not count."""
    small = _small(lines)
    rim = max(MARGIN, min(small.shape) // 50)
    inner = np.ascontiguousarray(small[rim:-rim, rim:-rim]) * np.uint8(255)
    if not inner.size or np.count_nonzero(inner) > _DENSE * inner.size:
        return 0
    votes = cv2.HoughLines(inner, 1, _TURN, int(_STRAIGHT * min(inner.shape)))
    near = cv2.dilate(inner, np.ones((3, 3), np.uint8)) > 0
    found: list[np.ndarray] = []
    for line in [] if votes is None else votes[:, 0]:
        new = not any((np.abs(line - other) <= _ONE_LINE).all() for other in found)
        if new and _along(near, *line).mean() >= _STRAIGHT:
            found.append(line)
    return len(found)


def _along(mask: np.ndarray, distance: float, angle: float) -> np.ndarray:
    """Pixels along a straight line through a mask, by its distance from the corner and its normal's angle."""
    foot, way = distance * np.exp(1j * angle), sum(mask.shape) * 1j * np.exp(1j * angle)
    start, end = ((round(place.real), round(place.imag)) for place in (foot - way, foot + way))
    drawn = np.zeros(mask.shape, np.uint8)
    cv2.line(drawn, start, end, 1)
    return mask[drawn > 0]


def _small(lines: np.ndarray) -> np.ndarray:
    """Lines as 0 and 1 with `_SMALL_PX` pixels along the longer side at most; uint8."""
    step = -(-max(lines.shape) // _SMALL_PX)
    return cv2.dilate(lines.astype(np.uint8), np.ones((step, step), np.uint8))[::step, ::step]


def filled_areas(lines: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Areas (bool) filled in the lines' colour, as pores are drawn, much wider than lines; None without any.

    `labels` are the cells between the lines, as `split_tracing` gives them.
    """
    of_cells, of_lines = FILLED
    width = round(of_cells * mean_intercept_px(labels))
    filled = lines & ~narrower_than(lines, max(width, 1))
    if not filled.any() or filled[lines].all() or width < of_lines * 2 * _half_width(lines & ~filled):
        return None
    return filled


def drawn_part(lines: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns within an empty or solid margin around the drawing; None where it reaches the rim.

    A margin's inner edge cuts several lines at once, or a frame is drawn along it; the outermost line of a
    drawing that reaches the rim is met at one place.
    """
    if not lines.any():
        return None
    (top, bottom), (left, right) = _drawn_rows(lines), _drawn_rows(lines.T)
    first, last = [top, left], [bottom, right]
    drawn = lines[first[0] : last[0], first[1] : last[1]]
    edges = [part.any(axis=0) for view in (drawn, drawn.T) for part in (view[:MARGIN], view[-MARGIN:])]
    framed = min(drawn.shape) > 2 * MARGIN and all(edge.mean() > FRAMED for edge in edges)
    cut = [framed or np.count_nonzero(np.diff(edge.astype(np.int8)) == 1) >= CUT_AT_ONCE for edge in edges]
    low = [first[k] if cut[2 * k] else 0 for k in (0, 1)]
    high = [last[k] if cut[2 * k + 1] else lines.shape[k] for k in (0, 1)]
    whole = low == [0, 0] and high == list(lines.shape)
    return None if whole else (slice(low[0], high[0]), slice(low[1], high[1]))


def _drawn_rows(lines: np.ndarray) -> tuple[int, int]:
    """First row with lines, and the end of the last; solid bands at the rim count where narrow, as frames."""
    used = np.flatnonzero(lines.any(axis=1) & ~lines.all(axis=1))
    first, last = (int(used[0]), int(used[-1]) + 1) if used.size else (0, len(lines))
    if first <= MARGIN and lines[:first].all():
        first = 0
    return first, len(lines) if len(lines) - last <= MARGIN and lines[last:].all() else last


def bridge_gaps(lines: np.ndarray) -> tuple[np.ndarray, int]:
    """Close gaps in traced lines: necks, narrow beside both cells that they join, at which a line ends.

    The lines (bool) with the bridges, and how many there are.
    """
    from segment.cells.watershed import persistence_watershed

    depth = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5)
    if not depth.any() or not lines.any():
        return lines, 0
    scale = np.float32(np.log(_DEEPEST))
    height = 1 - np.log(np.clip(depth, 1, _DEEPEST)) / scale
    basins = persistence_watershed(height.astype(np.float32), float(-np.log(NARROW) / scale), ~lines)
    half_width = _half_width(lines)
    bridged, n_gaps = lines.copy(), 0
    for pixels in _necks(basins):
        narrow = 2 * float(depth.ravel()[pixels].max()) <= WIDEST_GAP
        if narrow and _at_line_end(lines, pixels, round(2 * half_width) + _REACH):
            bridged.ravel()[pixels] = True
            n_gaps += 1
    return bridged, n_gaps


def loose_lines(lines: np.ndarray, labels: np.ndarray) -> int:
    """How many stretches of line part no cells: they end within one, where a gap was too wide to be bridged.

    `labels` are the cells between the lines, as `split_tracing` gives them.
    """
    apart = (~on_edges(labels)).view(np.uint8)
    if apart.all():
        return 1
    for edge in (apart[0], apart[-1], apart[:, 0], apart[:, -1]):  # a frame ends cells as well
        edge[:] = 0
    reach = 2 * _half_width(lines) + _REACH
    loose = lines & (cv2.distanceTransform(apart, cv2.DIST_L2, 5) > reach)
    return int(cv2.connectedComponents(loose.astype(np.uint8), connectivity=8)[0]) - 1


def _half_width(lines: np.ndarray) -> float:
    """Pixels from the edge of nearly all lines to their middle."""
    return float(np.percentile(cv2.distanceTransform(lines.astype(np.uint8), cv2.DIST_L2, 5)[lines], 95))


def _at_line_end(lines: np.ndarray, neck: np.ndarray, reach: int) -> bool:
    """Whether a line stops at one of a neck's two sides; where lines pass on both, a cell is only slender."""
    rows, columns = np.divmod(neck, lines.shape[1])
    far = int(np.argmax((rows - rows[0]) ** 2 + (columns - columns[0]) ** 2))
    other = int(np.argmax((rows - rows[far]) ** 2 + (columns - columns[far]) ** 2))
    return any(_stops(lines, int(rows[k]), int(columns[k]), reach) for k in (far, other))


def _stops(lines: np.ndarray, row: int, column: int, reach: int) -> bool:
    """Whether the line beside a pixel leaves the square around it on one side only, or not at all."""
    top, left = max(row - reach, 0), max(column - reach, 0)
    window = lines[top : row + reach + 1, left : column + reach + 1]
    _, pieces = cv2.connectedComponents(window.astype(np.uint8), connectivity=8)
    y, x = np.nonzero(window)
    if not y.size:
        return False
    nearest = int(np.argmin((y - (row - top)) ** 2 + (x - (column - left)) ** 2))
    own = pieces == pieces[y[nearest], x[nearest]]
    rim = np.concatenate([own[0], own[1:, -1], own[-1, -2::-1], own[-2:0:-1, 0]])
    arcs = int(np.count_nonzero(rim & ~np.roll(rim, 1)))
    return arcs <= 1 and not rim.all()


def _necks(basins: np.ndarray) -> list[np.ndarray]:
    """For each pair of basins that meet, the pixels of the first along the border."""
    columns, label = basins.shape[1], basins.ravel()
    (y, x), (v, u) = label_edges(basins)
    first = np.concatenate([v * columns + u, y * columns + x])
    second = first + np.repeat([columns, 1], [v.size, y.size])
    meet = (label[first] > 0) & (label[second] > 0)
    first, second = first[meet], second[meet]
    key = pair_key(label[first], label[second])
    place = np.where(label[first] < label[second], first, second)
    order = np.argsort(key, kind="stable")
    begin = np.flatnonzero(np.diff(key[order], prepend=-1))
    return [place[part] for part in np.split(order, begin[1:]) if part.size]
