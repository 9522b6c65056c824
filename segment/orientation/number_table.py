"""A text file that is a header followed by lines of numbers."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.sidecar import decode


def read_numbers(
    path: Path, *, comment: str | None = None, ends_header: Callable[[str], bool] | None = None
) -> tuple[list[str], np.ndarray]:
    """Header lines, and the table of numbers below them, shape (n, columns).

    Header lines begin with `comment`, wherever they stand; without such a mark `ends_header` knows the last.
    `UnreadableError`: no numbers, or a line that is not as long as the others.
    """
    lines = decode(path.read_bytes()).splitlines()
    if comment is not None:
        header = [line for line in lines if line.lstrip().startswith(comment)]
        body = [line for line in lines if line.strip() and not line.lstrip().startswith(comment)]
    else:
        last = next((k for k, line in enumerate(lines) if ends_header and ends_header(line)), None)
        if last is None:
            raise UnreadableError(path, "its header is not complete", "Export or copy it again")
        header, body = lines[: last + 1], [line for line in lines[last + 1 :] if line.strip()]
    if not body:
        raise UnreadableError(path, "it holds no points: only a header", "Export or copy it again")
    return header, _table(path, body)


def value(lines: list[str], name: str) -> str | None:
    """What follows a name at the beginning of a header line, behind ``#`` or not; None: no such line."""
    found = (re.match(rf"(?:#\s*)?{re.escape(name)}\b:?\s*(.*)", line, re.IGNORECASE) for line in lines)
    return next((match[1].strip() for match in found if match), None)


def header_number(lines: list[str], name: str) -> float | None:
    """The number that follows a name; a decimal comma is understood."""
    match = re.match(r"[-+0-9.eE]+", (value(lines, name) or "").replace(",", "."))
    try:
        return float(match[0]) if match else None
    except ValueError:
        return None


def _table(path: Path, body: list[str]) -> np.ndarray:
    """Numbers of lines of equal length; a decimal comma is understood."""
    if "," in body[0]:
        body = [line.replace(",", ".") for line in body]
    try:
        return np.loadtxt(body, ndmin=2, comments=None)
    except ValueError as error:
        raise UnreadableError(path, _fault(body), "Export or copy it again") from error


def _fault(body: list[str]) -> str:
    """What is wrong with the first bad line."""
    width = len(body[0].split())
    for number, line in enumerate(body, 1):
        found = len(line.split())
        if found != width and number == len(body):
            return f"it is truncated: its last line has {found} of {width} numbers"
        if found != width:
            return f"line {number} below its header has {found} numbers, not {width}"
        if not _numeric(line):
            return f"line {number} below its header is not of numbers: {line[:40]!r}"
    return "its lines are no table of numbers"


def _numeric(line: str) -> bool:
    try:
        [float(v) for v in line.split()]
    except ValueError:
        return False
    return True
