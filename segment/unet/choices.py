"""What a caller may choose for the network: device and precision."""

from __future__ import annotations

from typing import Literal

Device = Literal["auto", "cpu", "cuda"]
Chosen = Literal["f32", "bf16"]
Precision = Literal["auto", "f32", "bf16"]
