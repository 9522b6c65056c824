"""What a caller may say: about an image (voids, twins, how wide a boundary is), and how the network works."""

from __future__ import annotations

from typing import Literal

Voids = Literal["auto", "dark", "bright", "none"]
Twins = Literal["keep", "merge"]
GAP_WIDTH = 0.1  #: of the mean intercept, below which a gap is a boundary; the truth of the rendered scenes
Device = Literal["auto", "cpu", "cuda"]
Chosen = Literal["f32", "bf16"]
Precision = Literal["auto", "f32", "bf16"]
