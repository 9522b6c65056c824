"""`grainstats segment`."""

from __future__ import annotations


def segment() -> None:
    """Not yet built."""
    raise NotImplementedError("segment")
