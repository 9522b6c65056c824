"""Errors that several readers raise in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segment.errors import UnreadableError

if TYPE_CHECKING:
    pass


def truncated(path: Path, detail: str) -> UnreadableError:
    """The error for a file that ends too early."""
    return UnreadableError(
        path, f"the file is truncated: {detail}", "Copy it again from the microscope or from a backup"
    )
