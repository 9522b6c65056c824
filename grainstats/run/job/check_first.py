"""What would spoil a run hours later, looked for before the first image is segmented."""

import errno
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from grainstats.run.job.progress import Progress
from grainstats.run.names import printable
from grainstats.run.recipe import Recipe
from grainstats.run.report.wording import counted, first_of
from segment.errors import InputError
from segment.file_kind import why_no_file

WRITTEN_PER_BYTE = 3  #: bytes written for a byte of image, database and tables included, at most
LEAST_FREE = 200 << 20  #: bytes; the database alone may need them for one large image
AT_WORK = "Wait until it has ended, name another folder, or give each run its part with --shard I/N"
_LOCK = ".grainstats-{}.lock"
_BEYOND = 1 << 20  #: the byte that is locked: on Windows nobody else could read one of the text
MOST_LOOKED_AT = 200  #: files opened for their pixel size, one for each folder and suffix


def say_first(
    out: Path,
    chosen: Sequence[tuple[Path, str]],
    name: Callable[[Path], str],
    known: set[str],
    progress: Progress,
    recipe: Recipe,
) -> None:
    """How much there is to do, and what would spoil it, before the first image is begun.

    `chosen` are images with their samples, `known` the names of those that have a result.
    """
    if not chosen:
        return
    new = [path for path, _ in chosen if name(path) not in known]
    samples = len({sample_id for _, sample_id in chosen})
    done = f", {len(chosen) - len(new)} of them known" if len(new) < len(chosen) else ""
    progress.note(f"{counted(len(chosen), 'file')} in {counted(samples, 'sample')}{done}")
    for warning in check_output(out, new):
        progress.note(f"warning: {warning}")
    for pattern in recipe.unused_sizes(path for path, _ in chosen):
        progress.note(f"warning: the recipe's pixel_size_nm has {pattern!r}, which no image fits")
    unsized = [path for path in new if recipe.pixel_size_of(path) is None]
    if unsized and len(new) > 1:  # of a single one its analysis says it at once
        stated = [one for one in chosen if recipe.pixel_size_of(one[0]) is None]
        for warning in (
            *check_scales(unsized, [name(path) for path in unsized]),
            *mixed_scales(stated, name),
        ):
            progress.note(f"warning: {warning}")


def make_output(out: Path) -> float:
    """Make the output folder; returns what time it is by the clock that stamps its files.

    `InputError`: it is a file, or cannot be made or written.
    """
    probe = out / f".grainstats-{os.getpid()}.probe"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        now = probe.stat().st_mtime
        probe.unlink()
        return now
    except OSError as error:
        remedy = "Name a folder that can be written"
        raise InputError(f"--out {out}", f"it cannot be written ({error.strerror})", remedy) from error


@contextmanager
def alone_in(out: Path, shard: tuple[int, int]) -> Iterator[None]:
    """While it lasts no other run does the same images into this folder; other parts of one division may.

    The system frees the lock of a process that died. On a disk without locks nobody is told. `InputError`
    where another run is at work.
    """
    mine = out / _LOCK.format("{}of{}".format(*shard))
    with _locked(mine) as held:
        for path in out.glob(_LOCK.format("*of*")):
            if path != mine and not path.match(_LOCK.format(f"*of{shard[1]}")):
                with _locked(path):
                    pass
        if held is not None:
            since = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            os.ftruncate(held, 0)
            os.write(held, f"process {os.getpid()} on {socket.gethostname()}, since {since}".encode())
        yield


@contextmanager
def _locked(path: Path) -> Iterator[int | None]:
    """The file, locked by this process and taken away at the end; None where no lock can be had."""
    number = _open_locked(path)
    try:
        yield number
    finally:
        if number is not None:
            gone = _removed(path)
            os.close(number)
            if not gone:  # Windows removes no open file
                _removed(path)


def _removed(path: Path) -> bool:
    """Whether the file is away; a disk that fails has its error told where the results are written."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _open_locked(path: Path) -> int | None:
    try:
        while True:
            number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(number)
                if path.exists() and os.path.samestat(os.fstat(number), path.stat()):
                    return number
            except OSError as error:
                who = printable(os.read(number, 200).decode(errors="replace"))
                os.close(number)
                if error.errno not in (errno.EACCES, errno.EAGAIN):
                    path.unlink(missing_ok=True)
                    return None
                reason = f"another run is at work there ({who})"
                raise InputError(f"--out {path.parent}", reason, AT_WORK) from error
            os.close(number)  # the run that had it took the file away in between
    except OSError:
        return None


def _lock(number: int) -> None:
    """Lock an open file; `OSError`: EACCES or EAGAIN where another process has it, else no locks."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(number, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(number, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def check_output(out: Path, paths: Sequence[Path]) -> Iterator[str]:
    """What is wrong with the output folder, in words, for images that are still to be analysed.

    `InputError`: its disk is full. Without such images there may be little to write.
    """
    if not paths:
        return
    free = shutil.disk_usage(out).free
    if free < LEAST_FREE:
        reason = f"its disk is full ({free >> 20} MB free)"
        raise InputError(f"--out {out}", reason, "Make room, or name a folder on another disk")
    need = WRITTEN_PER_BYTE * sum(map(_size, paths))
    if free < need:
        yield f"the disk of {out} has {free / 1e9:.1f} GB free; the results may need {need / 1e9:.1f} GB"


def _size(path: Path) -> int:
    """Bytes of a file; 0 where it went away since it was listed."""
    with suppress(OSError, ValueError):
        return os.stat(path).st_size
    return 0


def mixed_scales(chosen: Sequence[tuple[Path, str]], name: Callable[[Path], str]) -> Iterator[str]:
    """Samples whose images state scales that do not fit one another; of many, some of each are looked at."""
    from grainstats.infer.modality.odd_scales import odd_scales
    from segment.micrograph.reading import stated_pixel_size

    samples: dict[str, list[Path]] = {}
    for path, sample_id in chosen:
        samples.setdefault(sample_id, []).append(path)
    each = max(MOST_LOOKED_AT // max(len(samples), 1), 2)
    for sample_id, paths in list(samples.items())[: MOST_LOOKED_AT // 2]:
        stated = {}
        for path in paths[:: -(-len(paths) // each)]:
            with suppress(Exception):  # what cannot be read is named when its turn comes
                stated[name(path)] = stated_pixel_size(path)
        known = {path: size for path, size in stated.items() if size is not None}
        yield from (f"{sample_id}: {said}" for said in odd_scales(list(known), list(known.values())))


def check_scales(paths: Sequence[Path], names: Sequence[str]) -> Iterator[str]:
    """Which folders hold images without a pixel size: one file of each folder and suffix is looked at."""
    from segment.micrograph import read_micrographs
    from segment.micrograph.reading import stated_pixel_size
    from segment.orientation import is_orientation_map

    first: dict[tuple[Path, str], tuple[Path, str]] = {}
    for path, name in zip(paths, names, strict=True):
        if why_no_file(path) is None:
            first.setdefault((path.parent, path.suffix.lower()), (path, name))
    without = []
    for path, name in list(first.values())[:MOST_LOOKED_AT]:
        try:
            if is_orientation_map(path) or stated_pixel_size(path) is not None:
                continue
            first_frame = next(read_micrographs(path, frame=0))
        except Exception:  # what cannot be read is named when its turn comes
            continue
        if first_frame.pixel_size_nm is None:
            without.append(name)
    if without:
        yield (
            f"no pixel size in {first_of(without)}, the first of their folders: such images are "
            "segmented but not measured. Stop and give --pixel-size NM, or export them with their scale"
        )
