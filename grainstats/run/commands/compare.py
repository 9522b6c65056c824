"""`grainstats compare`."""

from __future__ import annotations


def compare() -> None:
    """Not yet built."""
    raise NotImplementedError("compare")
