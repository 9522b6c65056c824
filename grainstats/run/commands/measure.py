"""`grainstats measure`."""

from __future__ import annotations


def measure() -> None:
    """Not yet built."""
    raise NotImplementedError("measure")
