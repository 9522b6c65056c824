"""An input that gave no result, and what to do about it."""

import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.atomic import OutputError, write_bytes
from grainstats.run.names import plain_name, printable
from segment.errors import InputError, lacking


@dataclass(frozen=True)
class Failure:
    """An input that gave no result, with the reason and what to do about it."""

    path: str
    digest: str
    reason: str
    remedy: str
    sample_id: str = ""


def by_reason(failures: Iterable[Failure]) -> list[tuple[list[str], str, str]]:
    """Inputs that share a reason and its remedy, those first that came first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        groups.setdefault((failure.reason, failure.remedy), []).append(failure.path)
    return [(paths, *said) for said, paths in groups.items()]


def said_of(error: Exception) -> tuple[str, str]:
    """Reason and remedy of what stopped one input, in one line each.

    `OutputError` is raised again: it stops all inputs.
    """
    if isinstance(error, OutputError):
        raise error
    if isinstance(error, InputError):
        return error.reason, error.remedy
    if lacks := lacking(error):
        remedy = "Run it by itself (run: --workers 1), or on a machine with more memory"
        return f"not enough {lacks} for this input", remedy
    if _is_of_system(error):
        remedy = "Look at the disk and the permissions of the folders, then give the same command again"
        return f"cannot be read or written: {error.strerror}", remedy  # type: ignore[attr-defined]
    said = str(error).strip().splitlines() or [""]
    return f"unexpected error, {type(error).__name__}: {printable(said[0][:200])}", "Please report it"


def said_of_file(path: Path, error: Exception) -> str:
    """What the terminal shows of an error: those that name their file and remedy, as they are."""
    return str(error) if isinstance(error, InputError) else f"{path}: {'. '.join(said_of(error))}."


def reason_of(error: Exception, out: Path, source: str) -> tuple[str, str]:
    """As `said_of`; the trace of what nobody foresaw goes into ``errors`` of the output."""
    reason, remedy = said_of(error)
    if isinstance(error, InputError) or lacking(error) or _is_of_system(error):
        return reason, remedy
    log = _trace(source)
    try:
        write_bytes(out / log, "".join(traceback.format_exception(error)).encode(errors="backslashreplace"))
    except OSError as why:
        return reason, f"{remedy}; its trace could not be written ({why.strerror})"
    return reason, f"{remedy} with {log} of the results folder"


def forget_trace(out: Path, source: str) -> None:
    """Take the trace of an earlier error away: the input gave a result."""
    with suppress(OSError):
        (out / _trace(source)).unlink()
        (out / _trace(source)).parent.rmdir()  # where it was the last one


def _trace(source: str) -> str:
    return f"errors/{plain_name(source)}.txt"


def _is_of_system(error: Exception) -> bool:
    """A full disk, a folder that went away, a missing right; not what a library says of a file's content."""
    return isinstance(error, OSError) and error.strerror is not None
