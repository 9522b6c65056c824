"""`grainstats export`."""

from __future__ import annotations


def export() -> None:
    """Not yet built."""
    raise NotImplementedError("export")
