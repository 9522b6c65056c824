"""How large the grains are, roughly: so that the network sees them at the size it sees best.

Windows of the image are segmented as they are.  Where the network is sure of grains of a size that it sees
well, that is all; else the windows are segmented at a few other sizes.  At the wrong size a network leaves
boundaries out or invents them, and is less sure of those it draws.  Where only the strongest boundaries are
left it is sure again: of the sizes at which it is about equally sure, the one that shows the most boundary
gives the mean intercept, and that the factor for the whole image.  Grains within `SEEN_WELL` are left at
their size, others brought to its nearer end: a smaller change keeps more of a coarse image's faint
boundaries.  A blurred image loses at its own size what a smaller one shows, and is kept near that one.
Pits, scratches and other marks of the preparation are smaller than grains: where a smaller size
shows fewer boundaries and is surer of them, what it leaves out was marks, and the grains are brought to the
middle of what is seen well.  A small image of few grains is not made so small that the network has nothing to
look at around them.
"""

from dataclasses import dataclass

import numpy as np

from segment.cells.border_merging import BORDER_CONFIDENCE, cut_cells
from segment.cells.borders import find_borders
from segment.unet.local_normalisation import SPREAD_PX, LocalLevels, local_levels
from segment.unet.model_folder import Model
from segment.unet.normalise import image_statistics
from segment.unet.resample import resample_image, resized_shape
from segment.unet.tiled_inference import MARGIN_PX, Runtime, probability_tiles

OTHER_TRIALS = (0.5, 0.25, 2.0)  #: sizes at which the windows are segmented where their own does not suffice
WINDOW_PX = 320  #: edge of a window in the network's pixels
_SMALLEST_PX = 96  #: shortest edge at which a trial says anything
BOUNDS = (0.15, 2.0)  #: of the factor
LEAST_EDGE_PX = 160  #: network pixels that the shorter edge of an image keeps, or all it has
SEEN_WELL = (0.7, 1.3)  #: mean intercepts over the model's best one that it sees about equally well
LEAVE = (0.9, 1.1)  #: factors between these are not worth the resampling
NEARLY = 0.05  #: confidences closer than this to the best are about equal
SURE_AT_ONCE = 0.93  #: border confidence of an answer that no other size need confirm
NOT_ENLARGED = 0.9  #: confidence, of grains seen well, that a larger size will not outdo by `NEARLY`
_SURE = 0.5  #: least border confidence of an answer that is heeded
SURER = 0.015  #: by how much more sure a smaller size is that leaves only marks out
MARKED = 1.15  #: least ratio of its mean intercept to that of the size with the marks
RESOLVED = 0.35  #: least mean intercept, over the model's best one, of grains that are seen at all


@dataclass(frozen=True, eq=False)
class Trial:
    """What the network saw at one size."""

    scale: float
    intercept_px: float  #: mean intercept in the image's own pixels; NaN without a border
    confidence: float  #: mean probability along the borders
    #: float32, shape (channels, rows, columns): probabilities, where the window was the whole image as it is
    answer: np.ndarray | None = None


def estimate_scale(
    model: Model, runtime: Runtime, image: np.ndarray, valid: np.ndarray | None = None
) -> tuple[float, np.ndarray | None]:
    """Factor by which to resample an image for the network, and the answer at that size if it is known.

    It is within `BOUNDS`, and 1.0 where nothing sure is seen or the grains are about of a size seen well.
    The answer is `Trial.answer`, known where the factor is 1.0 and a window holds the whole image.  Pixels
    outside `valid` do not enter the statistics.
    """
    best = model.best_intercept_px
    as_it_is = look(model, runtime, image, valid, 1.0)
    if as_it_is and is_seen_well(as_it_is, best, SURE_AT_ONCE):
        return 1.0, as_it_is.answer
    largest = 1.0 if as_it_is and is_seen_well(as_it_is, best, NOT_ENLARGED) else BOUNDS[1]
    others = (look(model, runtime, image, valid, scale) for scale in OTHER_TRIALS if scale <= largest)
    smallest = float(np.clip(LEAST_EDGE_PX / min(image.shape), BOUNDS[0], 1.0))
    scale = choose_magnification([trial for trial in (as_it_is, *others) if trial], best, smallest)
    return scale, as_it_is.answer if as_it_is and scale == 1.0 else None


def is_seen_well(trial: Trial, best_intercept_px: float, confidence: float) -> bool:
    """Whether the network is so sure of grains of a size that it sees well."""
    share = trial.intercept_px * trial.scale / best_intercept_px
    return trial.confidence >= confidence and SEEN_WELL[0] <= share <= SEEN_WELL[1]


def choose_magnification(trials: list[Trial], best_intercept_px: float, smallest: float = BOUNDS[0]) -> float:
    """Factor, `smallest` or more, that brings the least intercept of the surest trials to a size seen well.

    A scrap of border in a window without any other is not heeded, however sure, where another size has more.
    """
    sure = [trial for trial in trials if trial.confidence >= _SURE and np.isfinite(trial.intercept_px)]
    if not sure:
        return 1.0
    measured = [trial for trial in sure if trial.intercept_px * trial.scale <= WINDOW_PX] or sure
    measured = _without_needless_enlargement(measured, best_intercept_px)
    best = max(trial.confidence for trial in measured)
    clearest = min(
        (trial for trial in measured if trial.confidence >= best - NEARLY),
        key=lambda trial: trial.intercept_px,
    )
    if unmarked := _without_marks(measured, clearest, best_intercept_px):
        middle = float(np.clip(best_intercept_px / unmarked.intercept_px, smallest, 1.0))
        return 1.0 if middle > LEAVE[0] else middle
    least, most = (share * best_intercept_px / clearest.intercept_px for share in SEEN_WELL)
    sharp = _sharp_size(trials, clearest)
    wanted = min(sharp, most) if sharp < 1 else np.clip(1.0, least, most)
    factor = float(np.clip(wanted, smallest, BOUNDS[1]))
    return 1.0 if LEAVE[0] < factor < LEAVE[1] else factor


def _without_needless_enlargement(trials: list[Trial], best_intercept_px: float) -> list[Trial]:
    """Without sizes above the image's own where that shows grains of a size seen well about as surely."""
    least, most = (share * best_intercept_px for share in SEEN_WELL)
    own = [trial for trial in trials if trial.scale == 1.0 and least <= trial.intercept_px <= most]
    if own and own[0].confidence >= max(trial.confidence for trial in trials) - NEARLY:
        return [trial for trial in trials if trial.scale <= 1.0]
    return trials


def _sharp_size(trials: list[Trial], clearest: Trial) -> float:
    """1, or a smaller size where the image is blurred: its own shows fewer boundaries, and less surely.

    That is the clearest where the own size shows nothing sure, else midway to it.
    """
    own = next((trial for trial in trials if trial.scale == 1.0), clearest)
    if clearest.scale >= 1 or own.confidence >= clearest.confidence - NEARLY:
        return 1.0
    if own.confidence < _SURE:
        return clearest.scale
    return float(np.sqrt(clearest.scale)) if own.intercept_px >= clearest.intercept_px else 1.0


def _without_marks(trials: list[Trial], clearest: Trial, best_intercept_px: float) -> Trial | None:
    """The surest smaller size that resolves grains and shows fewer of them than the clearest; else None.

    Marks show the more the larger the image is: where a size beyond the clearest shows less, they are none.
    """
    if any(t.scale > clearest.scale and t.intercept_px > MARKED * clearest.intercept_px for t in trials):
        return None
    found = [
        trial
        for trial in trials
        if trial.scale < min(clearest.scale, 1.0)
        and trial.confidence >= clearest.confidence + SURER
        and trial.intercept_px >= MARKED * clearest.intercept_px
        and trial.intercept_px * trial.scale >= RESOLVED * best_intercept_px
    ]
    return max(found, key=lambda trial: trial.confidence, default=None)


def look(
    model: Model, runtime: Runtime, image: np.ndarray, valid: np.ndarray | None, scale: float
) -> Trial | None:
    """Segment the windows at one size; None where the image is too small for it."""
    if scale < 1:
        image, valid = resample_image(image, resized_shape(image.shape, scale)), None
    if min(image.shape) * max(scale, 1.0) < _SMALLEST_PX:
        return None
    enlarged = max(scale, 1.0)
    statistics = image_statistics(image, valid)
    length, certainty, edges, whole = 0, 0.0, 0, None
    for part in _windows(image.shape, round(WINDOW_PX / enlarged)):
        levels = _levels_around(image, valid, part, statistics, SPREAD_PX / enlarged)
        window = image[part]
        if scale > 1:
            window = resample_image(window, resized_shape(window.shape, scale))
            levels = levels.part(0, 0, scale)
        tiles = probability_tiles(runtime, window, levels, stride=model.stride, halo=model.halo_px)
        answer = np.empty((len(model.outputs), *window.shape), np.float32)
        for rows, columns, part_of_it in tiles:
            answer[:, rows, columns] = part_of_it
        whole = answer if scale == 1 and window.shape == image.shape else None
        probability = answer[model.outputs.index("boundary")]
        cells = cut_cells(probability, model.persistence, model.min_area_px, confidence=BORDER_CONFIDENCE)
        borders = find_borders(cells, probability)
        found, confidence = borders.total_px, borders.mean_confidence(0.0)
        length += found
        certainty += found * confidence
        edges += 2 * cells.size
    if not length:
        return Trial(scale, float("nan"), 0.0, whole)
    return Trial(scale, edges / length / scale, certainty / length, whole)


def _windows(shape: tuple[int, ...], edge: int) -> list[tuple[slice, slice]]:
    """The middle of an image, or of two of its quarters where they hold a window each."""
    parts = 2 if min(shape) >= 2 * edge + MARGIN_PX else 1
    found = []
    for i in range(parts):
        first = (max((2 * i + 1) * size // (2 * parts) - edge // 2, 0) for size in shape)
        rows, columns = (slice(start, start + edge) for start in first)
        found.append((rows, columns))
    return found


def _levels_around(
    image: np.ndarray,
    valid: np.ndarray | None,
    part: tuple[slice, slice],
    statistics: tuple[float, float],
    spread_px: float,
) -> LocalLevels:
    """The levels of a part, from it and what lies within reach of the window around it."""
    reach = round(3 * spread_px)
    starts = [max(span.start - reach, 0) for span in part]
    near = tuple(slice(start, span.stop + reach) for start, span in zip(starts, part, strict=True))
    levels = local_levels(
        image[near], None if valid is None else valid[near], statistics=statistics, spread_px=spread_px
    )
    return levels.part(*(span.start - start for start, span in zip(starts, part, strict=True)))
