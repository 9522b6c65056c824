"""The tag tree of DigitalMicrograph files (dm3 and dm4), without the pixels.

A group is a list of labelled tags; a tag is a group (20) or data (21).  Data begin with ``%%%%`` and a list
of integers that describes them: one number, a struct (15), a string (18) or an array (20) of these.
The tree is big-endian; the values have the byte order that the header states.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from segment.errors import UnreadableError
from segment.micrograph.refusals import truncated

TagValue = int | float | str | tuple[int | float, ...]

#: type codes of the tag format and their struct letters
_NUMBERS = {2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "B", 9: "b", 10: "b", 11: "q", 12: "Q"}
_GROUP, _DATA = 20, 21
_STRUCT, _STRING, _ARRAY = 15, 18, 20
_TEXT = 4  #: type code of a string
_LONGEST_TEXT = 4096  #: characters; longer is data
_DEEPEST, _MOST_TAGS, _LONGEST_INFO = 64, 1_000_000, 10_000


@dataclass(frozen=True)
class DmTags:
    """Tags by their full name, e.g. ``"ImageList.2.ImageData.DataType"``; unnamed ones count from 1."""

    values: dict[str, TagValue]
    arrays: dict[str, int]  #: where the numbers of a large array begin in the file
    byte_order: str  #: "<" | ">": of values and pixels


def read_tags(path: Path) -> DmTags:
    """Walk the tag tree. `UnreadableError`: damaged or truncated."""
    with path.open("rb") as file:
        walk = _Walk(path, file)
        walk.group("", 0)
        return DmTags(walk.values, walk.arrays, walk.order)


class _Walk:
    """One pass over one file; the file position is the state."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.file = file
        self.size = path.stat().st_size
        self.wide = self.read(">I") == 4
        self.word = ">Q" if self.wide else ">I"
        self.read(self.word)
        self.order = "<" if self.read(">I") == 1 else ">"
        self.values: dict[str, TagValue] = {}
        self.arrays: dict[str, int] = {}

    def take(self, count: int) -> bytes:
        raw = self.file.read(count)
        if len(raw) < count:
            raise truncated(self.path, "it ends inside the DigitalMicrograph tags")
        return raw

    def read(self, code: str) -> int:
        (value,) = struct.unpack(code, self.take(struct.calcsize(code)))
        return int(value)

    def damaged(self) -> UnreadableError:
        return UnreadableError(self.path, "damaged DigitalMicrograph tags", "Copy or export the file again")

    def limited(self, most: int) -> int:
        """A count from the file; a damaged one would make the walk endless."""
        count = self.read(self.word)
        if count > most:
            raise self.damaged()
        return count

    def group(self, prefix: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise self.damaged()
        self.take(2)
        for number in range(1, self.limited(_MOST_TAGS) + 1):
            kind, length = struct.unpack(">BH", self.take(3))
            label = self.take(length).decode("latin-1") or str(number)
            if self.wide:
                self.read(">Q")
            if kind == _GROUP:
                self.group(f"{prefix}{label}.", depth + 1)
            elif kind == _DATA:
                self.data(prefix + label)
            else:
                raise self.damaged()

    def data(self, name: str) -> None:
        if self.take(4) != b"%%%%":
            raise self.damaged()
        info = [self.read(self.word) for _ in range(self.limited(_LONGEST_INFO))]
        if info[0] in _NUMBERS:
            (self.values[name],) = self.numbers(_NUMBERS[info[0]])
        elif info[0] == _STRUCT:
            self.values[name] = self.numbers(_struct_code(info[1:]))
        elif info[0] == _STRING:
            self.values[name] = self.take(min(info[1], self.size)).decode("utf-16-le", "replace")
        elif info[0] == _ARRAY:
            self.array(name, info[1:])
        else:
            raise self.damaged()

    def numbers(self, code: str) -> tuple[int | float, ...]:
        return struct.unpack(self.order + code, self.take(struct.calcsize(self.order + code)))

    def array(self, name: str, info: list[int]) -> None:
        """Short arrays of 16-bit numbers are text; others are remembered by their place and skipped."""
        code = _struct_code(info[1:-1]) if info[0] == _STRUCT else _NUMBERS[info[0]]
        length = info[-1] * struct.calcsize(self.order + code)
        if info[0] == _TEXT and length <= _LONGEST_TEXT and not name.endswith("ImageData.Data"):
            codec = "utf-16-le" if self.order == "<" else "utf-16-be"
            self.values[name] = self.take(length).decode(codec, "replace").rstrip("\0")
            return
        self.arrays[name] = self.file.tell()
        self.file.seek(length, 1)
        if self.file.tell() > self.size:
            raise truncated(self.path, "its pixels or tags lie behind the end of the file")


def _struct_code(info: list[int]) -> str:
    """``[name length, n, (name length, type) * n]`` as a struct code."""
    return "".join(_NUMBERS[kind] for kind in info[3 : 3 + 2 * info[1] : 2])
