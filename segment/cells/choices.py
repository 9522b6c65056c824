"""What a caller may say about an image: whether it has voids, whether twins count, how wide a boundary is."""

from __future__ import annotations

from typing import Literal

Voids = Literal["auto", "dark", "bright", "none"]
Twins = Literal["keep", "merge"]
GAP_WIDTH = 0.1  #: of the mean intercept, below which a gap is a boundary; the truth of the rendered scenes
