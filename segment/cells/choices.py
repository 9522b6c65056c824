"""What a caller may say about an image: whether it has voids, and whether twins count."""

from __future__ import annotations

from typing import Literal

Voids = Literal["auto", "dark", "bright", "none"]
Twins = Literal["keep", "merge"]
