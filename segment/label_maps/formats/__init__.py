"""Label maps of other programs: one module a format, each with `recognises` and `read`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segment.label_maps.formats import cellpose, dream3d, grain_id_table, ilastik
from segment.label_maps.formats.foreign_map import ForeignMap

FORMATS: tuple[Any, ...] = (cellpose, dream3d, ilastik, grain_id_table)


def format_of(path: Path) -> Any | None:
    """The module that reads the file; None: no label map of these programs."""
    try:
        return next((one for one in FORMATS if one.recognises(path)), None)
    except (
        Exception
    ):  # not there, or damaged, which raises nearly anything: the readers that come next say so
        return None


def read_foreign_map(path: Path) -> ForeignMap | None:
    """Labels of a file of another program; None where it is of none of them.

    `UnreadableError`: it is, but holds no map of grains, several, or is damaged; the message says what to
    export instead.
    """
    found = format_of(path)
    if found is None:
        return None
    return found.read(path)


__all__ = ["FORMATS", "ForeignMap", "format_of", "read_foreign_map"]
