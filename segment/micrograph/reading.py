"""From a file to micrographs: open it, prepare it frame by frame, say what it holds, or refuse it."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from segment.errors import InputError, NotAnImageError, UnreadableError, lacking
from segment.file_kind import no_file
from segment.micrograph.formats import open_frames
from segment.micrograph.micrograph import Micrograph, PixelSizeSource, ScaleConflict
from segment.micrograph.one_area import without_thumbnails
from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.open_tiff import quiet_tifffile
from segment.micrograph.pixel_size import choose_scale
from segment.micrograph.prepare import prepare_frame, problem_of
from segment.micrograph.scale_bar import ScaleBar

#: how decoders say that a file is sound, but of a kind that they do not know
_NOT_DECODED = re.compile(r"not implemented|not supported|unsupported", re.IGNORECASE)


@dataclass(frozen=True)
class FrameInfo:
    """What `grainstats info` says about one frame."""

    path: Path
    name: str  #: as `Micrograph.name`
    vendor: str
    frame: int
    n_frames: int
    stored_shape: tuple[int, int]  #: (rows, columns) in the file
    shape: tuple[int, int]  #: (rows, columns) of the micrograph: info bar cut, square pixels
    dtype: str
    pixel_size_nm: float | None
    pixel_size_source: PixelSizeSource
    pixel_size_where: str  #: the winning statement in the vendor's words
    info_bar_rows: int
    info_bar_from: str  #: "metadata" | "detected" | "none"
    hidden_fraction: float  #: share of pixels that an overlay hides or that are no numbers
    conflicts: tuple[ScaleConflict, ...]
    notes: tuple[str, ...]
    scale_bar: ScaleBar | None  #: the burned-in bar, read or in doubt
    #: problem, remedy: why `read_micrographs` refuses this frame; None where it does not
    problem: str | None
    remedy: str | None


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
        Digest of the file's bytes, where it is known.
    all_channels : bool
        Channels and detectors of one area are all read, as pictures of one field
        (`segment.pipeline.segment_micrograph`); else the first of each area is, since an area counts once.

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
    InputError
        `pixel_size_nm` is not positive.

    Examples
    --------
    >>> import tempfile
    >>> import tifffile
    >>> grey = np.random.default_rng(0).integers(0, 255, (80, 90)).astype(np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tifffile.imwrite(f"{folder}/a.tif", grey)
    ...     (micrograph,) = read_micrographs(f"{folder}/a.tif", pixel_size_nm=1.5)
    >>> micrograph.image.shape, micrograph.pixel_size_nm, micrograph.pixel_size_source
    ((80, 90), 1.5, 'manual')
    """
    path = Path(path)
    choose_scale((), pixel_size_nm)
    with _opened(path, all_channels) as (vendor, frames):
        read = partial(_micrograph, path, vendor, frames, sha256 or _sha256(path), pixel_size_nm)
        if frame is not None:
            if not 0 <= frame < len(frames):
                count = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
                raise UnreadableError(path, f"it has no frame {frame}", f"It has {count}, counted from 0")
            yield read(frame)
            return
        refused: list[tuple[int, InputError]] = []
        waiting: Micrograph | None = None
        for index in range(len(frames)):
            try:
                ready = read(index)
            except InputError as error:
                refused.append((index, error))
                continue
            if waiting is not None:
                yield waiting
            waiting = ready
        if waiting is None:
            raise refused[0][1]
        left_out = tuple(f"frame {index} left out: {error.reason}" for index, error in refused)
        yield replace(waiting, notes=waiting.notes + left_out)


def stated_pixel_size(path: Path) -> float | None:
    """The pixel size, nanometres, that the metadata of a file's first frame state; no pixel is read.

    `InputError`: as `read_micrographs`, for a file that cannot be opened.
    """
    with _opened(path) as (_, frames):
        return choose_scale(frames[0].scales).side_nm


def describe(path: Path | str) -> list[FrameInfo]:
    """What a file says, frame by frame, with the reason where a frame cannot be used.

    Raises
    ------
    InputError
        As `read_micrographs`, for a file that cannot be used at all; a frame that is too small or all of one
        level is described, with its `problem`.
    """
    path = Path(path)
    with _opened(path) as (vendor, frames):
        return [_info(path, vendor, frame, k, len(frames)) for k, frame in enumerate(frames)]


@contextmanager
def _opened(path: Path, all_channels: bool = False) -> Iterator[tuple[str, list[Frame]]]:
    """Format and frames of a file, closed at the end."""
    _check_file(path)
    with OpenFile(path, all_channels=all_channels) as opened:
        yield _parsed(opened)


def _check_file(path: Path) -> None:
    if not os.path.isfile(path):
        raise UnreadableError(path, *no_file(path))
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
    """Frames with guarded loaders."""
    with quiet_tifffile(), _damage_told(opened.path):
        vendor, frames = open_frames(opened)
    if not frames:
        raise NotAnImageError(opened.path, "a file without an image", "Export the image again")
    frames = [replace(frame, load=partial(_load, opened.path, frame.load)) for frame in frames]
    return vendor, frames if len({frame.shape for frame in frames}) < 2 else without_thumbnails(frames)


def _load(path: Path, load: Callable[[], np.ndarray]) -> np.ndarray:
    with _damage_told(path):
        return load()


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Every exception becomes an `InputError`: parsers, fed with damaged bytes, raise nearly anything."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if lacks := lacking(error):
            remedy = "Read it by itself, or with more memory; if it is a small file, it is damaged"
            raise UnreadableError(path, f"not enough {lacks} to read it", remedy) from error
        words = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])[:160]
        if _NOT_DECODED.search(words):
            raise UnreadableError(
                path, f"an encoding that is not read ({words})", "Export it as plain TIFF or PNG"
            ) from error
        remedy = "Copy it again from the microscope or export it"
        raise UnreadableError(path, f"the file is damaged or truncated ({words})", remedy) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _micrograph(
    path: Path, vendor: str, frames: list[Frame], sha256: str, manual_nm: float | None, index: int
) -> Micrograph:
    ready = prepare_frame(path, frames[index], manual_nm)
    problem = problem_of(path, ready.image, ready.valid, coded=ready.coded)
    if problem is not None:
        raise problem
    return Micrograph(
        image=ready.image,
        pixel_size_nm=ready.chosen.side_nm,
        pixel_size_source=ready.chosen.source,
        path=path,
        sha256=sha256,
        vendor=vendor,
        valid=ready.valid,
        frame=index,
        n_frames=len(frames),
        info_bar_rows=ready.bar_rows,
        conflicts=ready.chosen.conflicts,
        notes=ready.notes,
        scale_bar=ready.scale_bar,
    )


def _info(path: Path, vendor: str, frame: Frame, index: int, n_frames: int) -> FrameInfo:
    ready = prepare_frame(path, frame, None)
    problem = problem_of(path, ready.image, ready.valid, coded=ready.coded)
    return FrameInfo(
        path=path,
        name=path.stem if n_frames == 1 else f"{path.stem}_{index:04d}",
        vendor=vendor,
        frame=index,
        n_frames=n_frames,
        stored_shape=frame.shape,
        shape=(ready.image.shape[0], ready.image.shape[1]),
        dtype=str(ready.image.dtype),
        pixel_size_nm=ready.chosen.side_nm,
        pixel_size_source=ready.chosen.source,
        pixel_size_where="" if ready.chosen.winner is None else ready.chosen.winner.where,
        info_bar_rows=ready.bar_rows,
        info_bar_from=ready.bar_from,
        hidden_fraction=0.0 if ready.valid is None else float(1 - ready.valid.mean()),
        conflicts=ready.chosen.conflicts,
        notes=ready.notes,
        scale_bar=ready.scale_bar,
        problem=problem.reason if problem else None,
        remedy=problem.remedy if problem else None,
    )
