"""Texts beside an image or in it: finding, decoding and parsing them."""

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from segment.errors import UnreadableError

_LONGEST_XML = 50_000_000  #: bytes; large plates have some megabytes
LARGEST_SIDECAR = 1_000_000  #: bytes


def sidecar(path: Path, *endings: str) -> Path | None:
    """The file beside `path` whose name is its stem plus one of `endings`, in lower or upper case.

    Names are tried, the folder is not listed: it may hold thousands of images.
    """
    for ending in endings:
        for written in (ending, ending.upper()):
            beside = path.with_name(path.stem + written)
            if os.path.isfile(beside):  # a name may be too long for the file system
                return beside
    return None


def read_text(path: Path) -> str:
    """Text in UTF-8, UTF-16 (with or without mark) or the vendor's 8-bit code page."""
    raw = path.read_bytes()[:LARGEST_SIDECAR]
    return decode(raw)


def decode(raw: bytes) -> str:
    """Decode by byte-order mark, else by where the zero bytes stand, else UTF-8, else Latin-1."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    head = raw.rstrip(b"\0")[:200]  # a short text may be followed by zeros
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[first::2].count(0) > len(head[first::2]) // 2:
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parsed_xml(path: Path, text: str, what: str) -> ElementTree.Element:
    """The root of a description in XML; entities, which could unfold without end, are refused."""
    try:
        if len(text) > _LONGEST_XML or "<!ENTITY" in text:
            raise ElementTree.ParseError("too long, or with entities")
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        remedy = "Export it again from the microscope's program, or as plain TIFF"
        raise UnreadableError(path, f"its {what} is damaged ({error})", remedy) from error


def pairs(text: str) -> dict[str, str]:
    """``key = value`` lines; the first of equal keys stays."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, mark, value = line.partition("=")
        if mark:
            found.setdefault(key.strip(), value.strip())
    return found


def whole_numbers(text: str) -> tuple[int, ...]:
    """Numbers of a size, whatever stands between them: ``1280x960``, ``1280 * 960``."""
    return tuple(int(digits) for digits in re.findall(r"\d+", text))
