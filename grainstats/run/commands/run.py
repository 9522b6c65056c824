"""`grainstats run`."""

from __future__ import annotations


def run() -> None:
    """Not yet built."""
    raise NotImplementedError("run")
