"""An input that gave no result, and what to do about it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.atomic import write_bytes
from grainstats.run.names import plain_name, printable


@dataclass(frozen=True)
class Failure:
    """An input that gave no result, with the reason and what to do about it."""

    path: str
    digest: str
    reason: str
    remedy: str
    sample_id: str = ""


def is_out_of_memory(error: Exception) -> bool:
    """Did memory end, in Python, in OpenCV or in a C++ library?"""
    return isinstance(error, MemoryError) or any(said in str(error) for said in ("OutOfMemory", "bad_alloc"))


def unexpected(error: Exception, out: Path, source: str) -> tuple[str, str]:
    """Reason and remedy of a failure that nobody foresaw; its trace goes into ``errors`` of the output."""
    reason, _ = said_of(error)
    log = f"errors/{plain_name(Path(source).name)}.txt"
    try:
        write_bytes(out / log, "".join(traceback.format_exception(error)).encode(errors="backslashreplace"))
    except OSError as why:
        return reason, f"Please report it; its trace could not be written ({why.strerror})"
    return reason, f"Please report it with {log} of the results folder"


def said_of(error: Exception) -> tuple[str, str]:
    """Reason and remedy of a failure that nobody foresaw, in one line."""
    said = str(error).strip().splitlines() or [""]
    return f"unexpected error, {type(error).__name__}: {printable(said[0][:200])}", "Please report it"
