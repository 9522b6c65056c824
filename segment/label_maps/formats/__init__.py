"""Label maps of other programs: one module a format, each with `recognises` and `read`."""

from pathlib import Path
from typing import Any

from segment.label_maps.formats import dream3d, grain_id_table, ilastik

FORMATS: tuple[Any, ...] = (dream3d, ilastik, grain_id_table)


def format_of(path: Path) -> Any | None:
    """The module that reads the file; None: no label map of these programs."""
    try:
        return next((one for one in FORMATS if one.recognises(path)), None)
    except Exception:  # not there, or damaged, which raises nearly anything: the next readers say so
        return None
