"""The one family of errors: unusable input, said with the file and the remedy."""

import errno
import re
from pathlib import Path

_NO_MEMORY = re.compile(r"OutOfMemory|bad_alloc|can't alloc|(?:not|Failed to) allocate")
_NO_THREAD = re.compile("Resource temporarily unavailable|can't start new thread")


class InputError(Exception):
    """Input that cannot be used.

    Parameters
    ----------
    source : path or str
        The file (or table, or option) that is at fault.
    reason : str
        What is wrong with it, as a clause without a full stop.
    remedy : str
        What the user can do about it.

    Examples
    --------
    >>> str(InputError("a.tif", "it is empty", "Copy it again"))
    'a.tif: it is empty. Copy it again.'
    """

    def __init__(self, source: Path | str, reason: str, remedy: str) -> None:
        super().__init__(str(source), reason, remedy)
        self.source = str(source)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.source}: " + f"{self.reason}. {self.remedy}.".replace("?.", "?")


def lacking(error: Exception) -> str:
    """What ended in Python, OpenCV, OpenVINO or C++: memory, or threads as well; empty for neither."""
    said = str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return "memory" if error.errno == errno.ENOMEM else ""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(said):
        return "memory"
    return "memory, or threads," if _NO_THREAD.search(said) else ""


def install_extra(name: str) -> str:
    """Remedy where the packages of an extra are missing."""
    return f'Install the extra `{name}`, in the folder of the project: pip install ".[{name}]"'


class UnreadableError(InputError):
    """Not a micrograph at all: empty, truncated, of another kind or of no known format."""


class NotAnImageError(UnreadableError):
    """A readable file that holds a spectrum, a diffraction pattern or a map of something else."""


class UncalibratedError(InputError):
    """A length in nanometres was asked of an image whose pixel size is unknown."""


class ModelError(InputError):
    """A model folder that is incomplete, damaged or of another format version."""
