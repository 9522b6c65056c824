"""Digests of files, remembered by size and times: ten thousand images are not read again to find them done.

A file counts as the one hashed before where its size, its time of modification and its time of change are the
same; the last cannot be set by a user, so that a copy with a kept date is seen. Times younger than the clock
can tell apart are never trusted (as git does with its index). ``--verify`` reads every file.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.atomic import write_bytes

_FOLDER = ".report"
_SETTLED_NS = 2_000_000_000  #: coarsest clock of a file system in use (FAT: 2 s)


@dataclass(frozen=True)
class Picture:
    """One of the files that show a field; `tilt_deg` where the sheet of images says it."""

    path: Path
    tilt_deg: float | None = None


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def looks_of(path: Path, pictures: Sequence[Picture]) -> tuple[tuple[int, int], ...]:
    """Size and second of modification of a file, or of all pictures of its field.

    Fractions of a second are not the same on all machines that see one network folder.
    """
    states = [os.stat(each) for each in [picture.path for picture in pictures] or [path]]
    return tuple((state.st_size, int(state.st_mtime)) for state in states)


class KnownFiles:
    """What is known of the files of earlier runs into one output folder.

    Paths are kept as digests only: results folders are passed on, and name no folder of a machine. `part`
    names this process's share, for others may write theirs at the same time. `verify`: every file is read,
    whatever is known of it. `fields`: first picture of a field -> all its pictures.
    """

    def __init__(
        self,
        out: Path,
        part: str = "1of1",
        *,
        verify: bool = False,
        fields: Mapping[Path, tuple[Picture, ...]] | None = None,
    ) -> None:
        self.fields = fields or {}
        self._path = out / _FOLDER / f"files-{part}.json"
        self._verify = verify
        self._known: dict[str, list] = {}
        self._frames: dict[str, int] = {}
        self._replaced: set[str] = set()  #: digests of files in whose place another one stood later
        self._seen: set[str] = set()  #: digests of this run's files
        for path in sorted(self._path.parent.glob("files-*.json")) if self._path.parent.is_dir() else ():
            self._load(path)
        self._changed = False

    def _load(self, path: Path) -> None:
        try:
            stored = json.loads(path.read_bytes())
            self._known.update(stored["files"])
            self._frames.update(stored["frames"])
            self._replaced.update(stored.get("replaced", ()))
        except (OSError, ValueError, TypeError, KeyError):
            return  # what is unknown is read again

    def digest(self, path: Path) -> str:
        """SHA-256 of the file, read only where it is not the file known before."""
        place = hashlib.sha256(os.fsencode(os.path.abspath(path))).hexdigest()[:24]
        state = os.stat(path)
        times = [state.st_size, state.st_mtime_ns, state.st_ctime_ns]
        known = self._known.get(place)
        if known is not None and known[:3] == times and not self._verify:
            self._seen.add(known[3])
            return str(known[3])
        now = time.time_ns()
        digest = file_digest(path)
        self._seen.add(digest)
        if known is not None and known[3] != digest:
            self._replaced.add(known[3])
        entry = [*times, digest] if now - max(times[1:]) > _SETTLED_NS else [*times[:2], 0, digest]
        if entry != known:
            self._known[place] = entry
            self._changed = True
        return digest

    def identity(self, path: Path) -> str:
        """Digest of the file; of the first picture of a field, that of the field."""
        if path not in self.fields:
            return self.digest(path)
        parts = ["field", *(self.digest(picture.path) for picture in self.fields[path])]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        self._seen.add(digest)
        return digest

    def saw(self, digest: str) -> bool:
        """Whether this run has met the file, or field, with this digest."""
        return digest in self._seen

    def replaced(self) -> dict[str, bool]:
        """Digests of files in whose place another one stood later; whether they are nowhere else now."""
        there = self._seen | {known[3] for known in self._known.values()} if self._replaced else set()
        return {digest: digest not in there for digest in self._replaced}

    def n_frames(self, sha256: str) -> int | None:
        """Frames of a stack with these bytes; None where it is not known to be one."""
        return self._frames.get(sha256)

    def is_stack(self, sha256: str, n_frames: int) -> None:
        """Remember that a file is a stack."""
        self._frames[sha256] = n_frames
        self._changed = True

    def save(self) -> None:
        """Keep what is known for the next run; a disk that takes nothing costs that run some hashing."""
        if self._changed:
            content = {"files": self._known, "frames": self._frames, "replaced": sorted(self._replaced)}
            with suppress(OSError):
                write_bytes(self._path, json.dumps(content, sort_keys=True).encode())
                self._changed = False
