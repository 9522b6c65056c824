"""What several commands let the user choose between."""

from __future__ import annotations

from enum import StrEnum


class DeviceChoice(StrEnum):
    """Where the network runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class NullChoice(StrEnum):
    """What a uniform network would be: plane sections of a solid, or columnar films."""

    SECTION = "section"
    COLUMNAR = "columnar"
