"""`grainstats suggest`."""

from __future__ import annotations


def suggest() -> None:
    """Not yet built."""
    raise NotImplementedError("suggest")
