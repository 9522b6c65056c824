"""`grainstats info`."""

from __future__ import annotations


def info() -> None:
    """Not yet built."""
    raise NotImplementedError("info")
