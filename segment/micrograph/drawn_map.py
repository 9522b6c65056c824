"""Is this a drawn map, not a micrograph?  Labels and tracings are flat where micrographs are noisy.

A dithered picture is not flat, but has two levels as well.
"""

from types import MappingProxyType

import cv2
import numpy as np

CODED = "picture whose colours are a code"
FOURIER = "picture that is the same turned by half a turn, as a Fourier transform"
FEW = "picture of few grey levels"
#: what a map or picture can be used for, by what it is called
REMEDIES = MappingProxyType(
    {
        CODED: "Give the map of orientations itself (.ang, .ctf, HDF5), or the micrograph in grey levels",
        "label map": "Use `grainstats measure` to measure it",
        "tracing or mask": "Use `grainstats measure --tracing` to measure it",
        "picture of two levels": "It is dithered or thresholded: export the image with its grey levels",
        FOURIER: "Give the image itself",
        FEW: "Export the image with all its grey levels; use `grainstats measure` if it is a map of grains",
    }
)
#: a picture is a map from such a share of equal neighbours, where this quantile of the steps between the
#: others is so much of the levels in use; the last is for maps that were resized
FLAT = ((0.85, 0.5, 0.01), (0.65, 0.5, 0.15), (0.6, 0.75, 0.17))
#: share of the least step among those between neighbours: an image reduced to few levels (4 to 64, 56 real
#: images) has .46 and more, a map, also resized or saved as JPEG, up to .32
_ONE_LEVEL = 0.4
SMOOTHED = 0.6  #: share of equal neighbours of a picture smoothed or packed very much, or of a map
#: grey levels, those of 4 bits: an image of fewer was reduced or dithered; neighbours are equal
FEW_LEVELS = 16
TWO_LEVELS = 0.95  #: share of the two commonest levels in a tracing, a mask, a dithered picture
_BINS = 16  #: of the range of levels: JPEG blurs two levels by less than one of them; judgement
_BLOCK = 8  #: pixels of an edge of JPEG's blocks
_BLOCK_LEVELS = 24  #: flat blocks of as many levels, and pairs of them, tell a map that was saved as JPEG
_EQUAL_BLOCKS = 0.97  #: share of neighbouring flat blocks that are equal
_PACKED_PART = 1024  #: rows and columns that are looked at for such blocks, from the top left corner
#: of a map of distances: share of pixels whose slope is that of most to within a tenth; sound images, also
#: smoothed, packed, enlarged or of hard contrast, have at most .25 (1040)
_ONE_SLOPE, _SLOPE_WITHIN = 0.35, 0.1
_EVERY_LEVEL = 64  #: levels from which a slope of one level is no common one
#: of lines on one ground: share of pixels within a tenth of black or white, and how far ground and ink may
#: differ from one square of so many pixels to another; the grains of a cleanly etched steel differ by .011
_TWO_ENDS, _END, _ONE_GROUND, _ONE_INK, _AROUND = 0.7, 0.1, 0.005, 0.03, 31
#: of a map of probabilities: share of pixels within so much of black whose surroundings, so many pixels wide,
#: vary as little; 69 sound images, also smoothed, packed or of hard contrast (414), have at most .2
_QUIET_GROUND, _QUIET, _SQUARE = 0.25, (0.02, 0.01), 5
#: noise of the grey between a white ground and its lines, below which they are those of a map: three cleanly
#: etched steels, white over a third, have .027, 14 maps up to .019; sharp images that were blurred have less
_ROUGH = 0.023
IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6  #: noise (CVIU 64, 1996, 300)
_PROBABILITIES = "a {} ground without noise, as in a map of probabilities: if it is one, give the micrograph"
_LOOKED_AT = 400  #: rows and columns in the middle that are looked at
#: of drawn lines: least and largest share of the picture, the square that fits into no line, share that is
#: thin, that lies in one piece, and of the sides that it spans
_LINES, _THICK, _THIN, _ONE_PIECE, _SPAN = (0.01, 0.4), 7, 0.8, 0.5, 0.6
_SAME, _SYMMETRIC = 0.01, 0.95  #: of the levels in use, and of the pixels, that are the same
_SPARSE = 4  #: every so many rows and columns tell the commonest level


def drawn_map(image: np.ndarray, valid: np.ndarray | None = None) -> str | None:
    """A key of `REMEDIES`, or None for a micrograph; only pixels within `valid` count.

    Real micrographs, also smoothed or packed as JPEG of quality 15, have at most 76 % equal neighbours in
    steps of at most 8 % (180 images of 12 materials); maps have 90 % and more. Resized maps have 60 %, and a
    quarter of their steps is above 18 %; images denoised by non-local means or packed as JPEG of quality 15
    have 12 % there (136 images).
    """
    inside = np.ones(middle(image).shape, bool) if valid is None else middle(valid)
    levels = middle(image)[inside]
    if not levels.size or levels.min() == levels.max():
        return None
    share, steps = flatness(image, valid)
    low, high = np.percentile(levels, (1, 99)).astype(float)
    counts = np.histogram(levels, _BINS)[0]
    common = np.argsort(counts)[-2:]
    two = counts[common].sum() >= TWO_LEVELS * levels.size and abs(np.diff(common)[0]) > _BINS // 2
    n_levels, reduced = len(np.unique(levels)), (steps == steps.min()).mean() >= _ONE_LEVEL
    rules = FLAT[:1] if reduced else FLAT if n_levels > FEW_LEVELS else FLAT[:-1]
    if _is_packed_map(image) or any(
        share >= flat and np.quantile(steps, part) >= least * max(high - low, 1e-30)
        for flat, part, least in rules
    ):
        if reduced and n_levels < FEW_LEVELS and not two:
            return FEW
        return "tracing or mask" if two or is_line_drawing(image) else "label map"
    if two:
        return "picture of two levels"
    return FOURIER if is_point_symmetric(image, low, high) else None


def is_point_symmetric(image: np.ndarray, low: float, high: float) -> bool:
    """Whether a picture is the same turned by half a turn, as Fourier transforms are, to 1 % of its levels.

    Their centre lies on a pixel: with an even number of rows or columns the first one has no counterpart.
    """
    rows, columns = (slice(1 - n % 2, None) for n in image.shape)
    seen = image[rows, columns]
    step = 1 + max(seen.shape) // _LOOKED_AT
    half = seen[: len(seen) // 2 : step, ::step].astype(np.float64)
    turned = seen[::-1, ::-1][: len(seen) // 2 : step, ::step]
    return bool((np.abs(half - turned) <= _SAME * (high - low)).mean() >= _SYMMETRIC)


def is_line_drawing(levels: np.ndarray) -> bool:
    """Whether all that is not near the commonest level is one network of thin lines, softened or not."""
    seen = middle(levels)
    values, counts = np.unique(seen[::_SPARSE, ::_SPARSE], return_counts=True)
    away = np.abs(seen.astype(np.float64) - float(values[counts.argmax()]))
    return runs_all_over(away > _END * max(float(away.max()), 1e-30))


def runs_all_over(ink: np.ndarray) -> bool:
    """Whether what is drawn, above 0, is one network of thin lines from side to side."""
    ink = (ink > 0).view(np.uint8)
    total = int(np.count_nonzero(ink))
    if not _LINES[0] <= total / ink.size <= _LINES[1]:
        return False
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((_THICK, _THICK), np.uint8))
    facts = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:]
    _, _, width, height, area = facts[facts[:, cv2.CC_STAT_AREA].argmax()].tolist()
    spans = width >= _SPAN * ink.shape[1] and height >= _SPAN * ink.shape[0]
    return bool(total - np.count_nonzero(thick) >= _THIN * total and area >= _ONE_PIECE * total and spans)


def likeness(grey: np.ndarray) -> tuple[str, ...]:
    """Words where a picture resembles lines that were drawn, or a map of distances or of probabilities."""
    low, high = np.percentile(grey, (0.5, 99.5)).astype(float)
    shade = np.clip((grey - low) / max(high - low, 1e-30), 0, 1).astype(np.float32)
    looks = (_like_distances, _like_a_tracing, _like_probabilities)
    return tuple(said for said in (look(shade) for look in looks) if said)[:1]


def _like_distances(shade: np.ndarray) -> str:
    slope = np.hypot(*np.gradient(shade))
    usual = float(np.median(slope))
    one = usual > 0 and (np.abs(slope - usual) <= _SLOPE_WITHIN * usual).mean() >= _ONE_SLOPE
    if not one or len(np.unique(shade)) <= _EVERY_LEVEL:
        return ""
    return "slopes of one steepness, as in a map of distances: if it is one, give the micrograph itself"


def _like_a_tracing(shade: np.ndarray) -> str:
    window, inner = np.ones((_AROUND, _AROUND), np.uint8), slice(_AROUND // 2, -(_AROUND // 2))
    ends = (cv2.dilate(shade, window), cv2.erode(shade, window))
    ground, ink = ends if np.median(shade) >= 0.5 else ends[::-1]
    apart = [float(np.ptp(np.percentile(of[inner, inner], (5, 95)))) for of in (ground, ink)]
    two_ends = (np.abs(shade - 0.5) >= 0.5 - _END).mean() >= _TWO_ENDS
    if not two_ends or apart[0] > _ONE_GROUND or apart[1] > _ONE_INK:
        return ""
    return "lines on one ground, as in a tracing: if it is one, use `grainstats measure --tracing`"


def _like_probabilities(shade: np.ndarray) -> str:
    if _has_quiet_ground(shade):
        return _PROBABILITIES.format("black")
    between = (shade > _END) & (shade < 1 - _END)
    rough = np.abs(cv2.filter2D(shade, -1, IMMERKAER))[between]
    soft = rough.size > 0 and np.median(rough) < _ROUGH
    return _PROBABILITIES.format("white") if soft and _has_quiet_ground(1 - shade) else ""


def _has_quiet_ground(shade: np.ndarray) -> bool:
    mean = cv2.blur(shade, (_SQUARE, _SQUARE))
    noise = cv2.blur(shade * shade, (_SQUARE, _SQUARE)) - mean * mean
    return bool(((shade < _QUIET[0]) & (noise < _QUIET[1] ** 2)).mean() >= _QUIET_GROUND)


def _is_packed_map(image: np.ndarray) -> bool:
    """Whether a map was saved as JPEG: blocks within a cell have one level, the same as beside them.

    In micrographs packed as JPEG of quality 30 at most 91 % of neighbouring flat blocks are equal where there
    are 24 levels of them (136 images); in maps 99 %.
    """
    rows, columns = (min(n, _PACKED_PART) // _BLOCK for n in image.shape)
    blocks = image[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    level = blocks.max(axis=(1, 3))
    flat = level == blocks.min(axis=(1, 3))
    if len(np.unique(level[flat])) < _BLOCK_LEVELS:
        return False
    equal = [
        (one[:, 1:] == one[:, :-1])[of[:, 1:] & of[:, :-1]] for one, of in ((level, flat), (level.T, flat.T))
    ]
    found = np.concatenate(equal)
    return bool(found.size >= _BLOCK_LEVELS and found.mean() >= _EQUAL_BLOCKS)


def middle(image: np.ndarray) -> np.ndarray:
    """The rows and columns from which levels are told."""
    return image[tuple(slice(start := max(n - _LOOKED_AT, 0) // 2, start + _LOOKED_AT) for n in image.shape)]


def flatness(image: np.ndarray, valid: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Share of equal neighbours, the lesser of rows and columns, and the steps between the others.

    One enormous step where there is none: the cells of a map may be parted by pixels that are masked.
    """
    seen = middle(image).astype(np.float64)
    inside = np.isfinite(seen) if valid is None else middle(valid) & np.isfinite(seen)
    shares, steps = [], []
    for grey, mask in ((seen, inside), (seen.T, inside.T)):
        step = np.abs(np.diff(grey, axis=1))[mask[:, 1:] & mask[:, :-1]]
        shares.append(float((step == 0).mean()) if step.size else 0.0)
        steps.append(step[step > 0])
    found = np.concatenate(steps)
    return min(shares), found if found.size else np.array([np.finfo(float).max])
