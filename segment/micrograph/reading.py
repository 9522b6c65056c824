"""From a file to micrographs: open, load frame by frame, cut the bar, settle the scale, or refuse."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segment.errors import InputError, NotAnImageError, UnreadableError
from segment.micrograph.blank_frame import Blank, find_blank
from segment.micrograph.drawn_map import drawn_map
from segment.micrograph.file_kind import why_no_file
from segment.micrograph.formats import open_frames
from segment.micrograph.grey import resample_square, to_grey, transparent, without_nonfinite
from segment.micrograph.infobar import find_info_bar
from segment.micrograph.micrograph import Micrograph, PixelSizeSource, ScaleConflict
from segment.micrograph.open_file import Frame, OpenFile, Scale
from segment.micrograph.open_tiff import quiet_tifffile
from segment.micrograph.overlay import find_overlay
from segment.micrograph.pixel_size import ChosenScale, choose_scale, is_plausible, without_implausible
from segment.micrograph.scalebar import read_scale_bar

MINIMUM_SIDE = 64  #: shortest side in pixels, info bar cut, that an image must have
MAXIMUM_STRETCH = 20.0  #: height : width of a pixel beyond which the scale is taken for an error


@dataclass(frozen=True)
class FrameInfo:
    """What `grainstats info` says about one frame.

    Attributes
    ----------
    path : Path
    name : str
        As `Micrograph.name`.
    vendor : str
    frame, n_frames : int
    stored_shape : tuple of int
        (rows, columns) in the file.
    shape : tuple of int
        (rows, columns) of the micrograph: info bar cut, square pixels.
    dtype : str
    pixel_size_nm : float or None
    pixel_size_source : str
    pixel_size_where : str
        The winning statement in the vendor's words.
    info_bar_rows : int
    info_bar_from : {"metadata", "detected", "none"}
    hidden_fraction : float
        Share of pixels that an overlay hides or that are no numbers.
    conflicts : tuple of ScaleConflict
    notes : tuple of str
    problem, remedy : str or None
        Why `read_micrographs` refuses this frame; None where it does not.
    """

    path: Path
    name: str
    vendor: str
    frame: int
    n_frames: int
    stored_shape: tuple[int, int]
    shape: tuple[int, int]
    dtype: str
    pixel_size_nm: float | None
    pixel_size_source: PixelSizeSource
    pixel_size_where: str
    info_bar_rows: int
    info_bar_from: str
    hidden_fraction: float
    conflicts: tuple[ScaleConflict, ...]
    notes: tuple[str, ...]
    problem: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A frame after everything that reading does to it, whether usable or not."""

    image: np.ndarray
    valid: np.ndarray | None
    chosen: ChosenScale
    pixel_size_nm: float | None
    bar_rows: int
    bar_from: str
    notes: tuple[str, ...]


def read_micrographs(
    path: Path | str,
    *,
    pixel_size_nm: float | None = None,
    frame: int | None = None,
    sha256: str | None = None,
    all_channels: bool = False,
) -> Iterator[Micrograph]:
    """Read a microscope file, one `Micrograph` a frame, loaded when its turn comes.

    Parameters
    ----------
    path : path
        Any format of `segment.micrograph.formats`.
    pixel_size_nm : float, optional
        The user's own value in nanometres; it wins over the file's, and a difference of more than 3 % is
        recorded as a conflict.
    frame : int, optional
        Only this frame of a stack, counted from 0; no other frame is loaded.
    sha256 : str, optional
        Digest of the file's bytes, where it is known already.
    all_channels : bool
        Channels and detectors of one area are all read, as pictures of one field
        (`segment.pipeline.segment_field`); else the first of each area is, since an area counts once.

    Yields
    ------
    Micrograph
        An unusable frame of a stack is left out and named in the notes of the last usable one.

    Raises
    ------
    UnreadableError
        Missing, empty, truncated, of no known format, smaller than 64 px, all pixels equal; or the file has
        no frame of that number.
    NotAnImageError
        A spectrum or a diffraction pattern.
    ValueError
        `pixel_size_nm` is not positive.
    """
    path = Path(path)
    choose_scale((), pixel_size_nm)
    with _opened(path, all_channels) as (vendor, frames):
        sha256 = sha256 or _sha256(path)
        if frame is not None:
            yield _micrograph(
                path, vendor, _numbered(path, frames, frame), frame, len(frames), sha256, pixel_size_nm
            )
            return
        refused: list[tuple[int, InputError]] = []
        waiting: Micrograph | None = None
        for index, each in enumerate(frames):
            try:
                ready = _micrograph(path, vendor, each, index, len(frames), sha256, pixel_size_nm)
            except InputError as error:
                refused.append((index, error))
                continue
            if waiting is not None:
                yield waiting
            waiting = ready
        if waiting is None:
            raise refused[0][1]
        left_out = tuple(f"frame {index} left out: {error.reason}" for index, error in refused)
        yield replace(waiting, notes=waiting.notes + left_out) if left_out else waiting


def _numbered(path: Path, frames: list[Frame], number: int) -> Frame:
    if 0 <= number < len(frames):
        return frames[number]
    count = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
    raise UnreadableError(path, f"it has no frame {number}", f"It has {count}, counted from 0")


def describe(path: Path | str, *, pixel_size_nm: float | None = None) -> list[FrameInfo]:
    """What a file says, frame by frame, with the reason where a frame cannot be used.

    Raises
    ------
    InputError
        As `read_micrographs`, for a file that cannot be used at all; a frame that is too small or all of one
        level is described, with its `problem`.
    """
    path = Path(path)
    with _opened(path) as (vendor, frames):
        n_frames = len(frames)
        return [_info(path, vendor, frame, k, n_frames, pixel_size_nm) for k, frame in enumerate(frames)]


@contextmanager
def _opened(path: Path, all_channels: bool = False) -> Iterator[tuple[str, list[Frame]]]:
    """Format and frames of a file, closed at the end."""
    _check_file(path)
    with OpenFile(path, all_channels=all_channels) as opened:
        yield _parsed(opened)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise UnreadableError(path, "is a folder, no file", "Check that you may list what is in it")
    if not path.is_file():
        why = why_no_file(path) if os.path.lexists(path) else None
        raise UnreadableError(path, *(why or ("no such file", "Check the path")))
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise UnreadableError(
            path, f"cannot be opened ({error.strerror})", "Check its permissions"
        ) from error
    if size == 0:
        raise UnreadableError(path, "the file is empty", "Copy it again from the microscope")


def _parsed(opened: OpenFile) -> tuple[str, list[Frame]]:
    """Frames with guarded loaders.

    Parsers of third parties, fed with damaged bytes, raise nearly anything; one bad file must not stop a
    batch of thousands, so here and in `_guarded` every exception becomes an `InputError`.
    """
    try:
        with quiet_tifffile():
            vendor, frames = open_frames(opened)
    except InputError:
        raise
    except Exception as error:
        raise _damaged(opened.path, error) from error
    if not frames:
        raise NotAnImageError(opened.path, "a file without an image", "Export the image again")
    return vendor, [replace(frame, load=_guarded(opened.path, frame.load)) for frame in frames]


def _guarded(path: Path, load: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    def load_or_refuse() -> np.ndarray:
        try:
            return load()
        except InputError:
            raise
        except Exception as error:
            raise _damaged(path, error) from error

    return load_or_refuse


def _damaged(path: Path, error: Exception) -> UnreadableError:
    detail = str(error).strip().splitlines()
    words = f"{type(error).__name__}: {detail[0][:120]}" if detail else type(error).__name__
    return UnreadableError(
        path, f"the file is damaged or truncated ({words})", "Copy it again from the microscope or export it"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _prepare(path: Path, frame: Frame, manual_nm: float | None) -> _Prepared:
    """Grey, cut, masked, square: everything but the judgement whether the result is usable."""
    try:
        pixels = frame.load()
        image, done = to_grey(pixels)
    except ValueError as error:
        raise NotAnImageError(path, str(error), "Export it as a grey or RGB image") from error
    if not image.size:
        raise UnreadableError(path, "an image without pixels", "Copy or export it again")
    hidden = transparent(pixels)
    del pixels
    image, valid = without_nonfinite(image)
    notes = frame.notes + done + (() if valid is None else ("pixels that are no numbers are masked",))
    if hidden is not None:
        valid = ~hidden if valid is None else valid & ~hidden
        notes += (f"{hidden.mean():.1%} of the pixels are transparent and masked",)
    bar_rows, bar_from = _info_bar(image, frame.info_bar_rows)
    drawn = [image[len(image) - bar_rows :]] if bar_from == "detected" else []
    image = image[: len(image) - bar_rows]
    valid = None if valid is None else valid[: len(image)]
    blank = find_blank(image)
    if blank is not None:
        valid, bar = _without_blank(image, valid, blank, bar_rows or frame.info_bar_rows == 0)
        drawn += bar
        notes += (_blank_in_words(blank),) + (("an info bar within the frame is masked",) if bar else ())
    overlay = None if frame.info_bar_rows == 0 else find_overlay(image)
    if overlay is not None:
        drawn.append(_bounding_box(image, overlay))
        valid = ~overlay if valid is None else valid & ~overlay
        notes += ("a burned-in label or scale bar is masked",)
    scales, doubts = without_implausible(frame.scales)
    scales = scales if scales or manual_nm is not None else _burned_in(drawn)
    chosen = choose_scale(scales, manual_nm)
    notes += doubts
    if manual_nm is not None and not is_plausible(manual_nm):
        notes += (f"--pixel-size {manual_nm:.5g} nm lies outside 1 pm to 100 µm: a mistaken unit?",)
    if not chosen.square:
        image, valid, fine, note = _squared(path, image, valid, chosen)
        return _Prepared(image, valid, chosen, fine, bar_rows, bar_from, (*notes, note))
    side = None if chosen.x_nm is None or chosen.y_nm is None else (chosen.x_nm + chosen.y_nm) / 2
    return _Prepared(image, valid, chosen, side, bar_rows, bar_from, notes)


def _info_bar(image: np.ndarray, stated: int | None) -> tuple[int, str]:
    """Rows of the bar and who says so: the metadata's height where there is one, else detection."""
    rows = find_info_bar(image) if stated is None else stated
    if rows <= 0 or rows >= len(image):
        return 0, "none"
    return rows, "detected" if stated is None else "metadata"


def _without_blank(
    image: np.ndarray, valid: np.ndarray | None, blank: Blank, bar_known: bool | int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """What is left of the image around and within a frame; the info bar in it, where there is one."""
    seen = ~blank.mask if valid is None else valid & ~blank.mask
    bars: list[np.ndarray] = []
    if not bar_known and seen.any():
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        height = find_info_bar(image[part])
        if height:
            seen[rows[-1] + 1 - height :] = False
            bars = [image[part][-height:]]
    return seen, bars


def _blank_in_words(blank: Blank) -> str:
    levels = " and ".join(f"{level:g}" for level in blank.levels)
    return f"a blank part at the rim (level {levels}, {blank.mask.mean():.1%} of the image) is masked"


def _bounding_box(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _burned_in(drawn: list[np.ndarray]) -> tuple[Scale, ...]:
    """The first scale bar that can be read, where the optional OCR is installed."""
    scales = (read_scale_bar(strip) for strip in drawn)
    return next(((scale,) for scale in scales if scale is not None), ())


def _squared(
    path: Path, image: np.ndarray, valid: np.ndarray | None, chosen: ChosenScale
) -> tuple[np.ndarray, np.ndarray | None, float, str]:
    y, x = chosen.y_nm or 0.0, chosen.x_nm or 0.0
    if max(y / x, x / y) > MAXIMUM_STRETCH:
        raise UnreadableError(
            path, f"its pixels are said to be {y:.5g} nm high and {x:.5g} nm wide", "Give --pixel-size"
        )
    image, valid, side = resample_square(image, valid, y, x)
    note = f"pixels of {y:.5g} nm height and {x:.5g} nm width resampled to {side:.5g} nm squares"
    return image, valid, side, note


def _problem(path: Path, ready: _Prepared) -> InputError | None:
    """Why the prepared image is of no use."""
    rows, columns = ready.image.shape
    if min(rows, columns) < MINIMUM_SIDE:
        return UnreadableError(
            path,
            f"the image is {columns} x {rows} pixels, below the limit of {MINIMUM_SIDE} on its shorter side",
            "Give a larger field of view or the original instead of a thumbnail",
        )
    if ready.valid is not None:
        shown = [int(np.count_nonzero(ready.valid.any(axis=axis))) for axis in (0, 1)]
        if 0 < min(shown) < MINIMUM_SIDE:
            what = f"only {shown[0]} x {shown[1]} pixels of it show anything, the limit is {MINIMUM_SIDE}"
            return UnreadableError(path, what, "Export the image without frame and transparent parts")
    seen = ready.image if ready.valid is None else ready.image[ready.valid]
    if seen.size == 0 or seen.min() == seen.max():
        what = "no pixel is left" if seen.size == 0 else f"all pixels have the same value ({seen.flat[0]})"
        return UnreadableError(path, what, "Check the exposure, or export the image with its grey levels")
    kind = drawn_map(ready.image, ready.valid)
    if kind is not None:
        use = "`grainstats measure`" if kind == "label map" else "`grainstats measure --tracing`"
        return NotAnImageError(path, f"a {kind}, not a micrograph", f"Use {use} to measure it")
    return None


def _micrograph(
    path: Path, vendor: str, frame: Frame, index: int, n_frames: int, sha256: str, manual_nm: float | None
) -> Micrograph:
    ready = _prepare(path, frame, manual_nm)
    problem = _problem(path, ready)
    if problem is not None:
        raise problem
    return Micrograph(
        image=ready.image,
        pixel_size_nm=ready.pixel_size_nm,
        pixel_size_source=ready.chosen.source,
        path=path,
        sha256=sha256,
        vendor=vendor,
        valid=ready.valid,
        frame=index,
        n_frames=n_frames,
        info_bar_rows=ready.bar_rows,
        conflicts=ready.chosen.conflicts,
        notes=ready.notes,
    )


def _info(
    path: Path, vendor: str, frame: Frame, index: int, n_frames: int, manual_nm: float | None
) -> FrameInfo:
    ready = _prepare(path, frame, manual_nm)
    problem = _problem(path, ready)
    return FrameInfo(
        path=path,
        name=path.stem if n_frames == 1 else f"{path.stem}_{index:04d}",
        vendor=vendor,
        frame=index,
        n_frames=n_frames,
        stored_shape=frame.shape,
        shape=(ready.image.shape[0], ready.image.shape[1]),
        dtype=str(ready.image.dtype),
        pixel_size_nm=ready.pixel_size_nm,
        pixel_size_source=ready.chosen.source,
        pixel_size_where=ready.chosen.where,
        info_bar_rows=ready.bar_rows,
        info_bar_from=ready.bar_from,
        hidden_fraction=0.0 if ready.valid is None else float(1 - ready.valid.mean()),
        conflicts=ready.chosen.conflicts,
        notes=ready.notes,
        problem=problem.reason if problem else None,
        remedy=problem.remedy if problem else None,
    )
