"""Maps of grains that commands are given: label maps, tracings and orientation maps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segment.grain_map import GrainMap
    from segment.orientation import GrainRules

MAP_SUFFIXES = (".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg", ".webp", ".npy")


@dataclass(frozen=True)
class Reading:
    """How the maps are to be read.

    Attributes
    ----------
    pixel_size : float or None
        Of label maps, or step of orientation maps, in nanometres; None: the files'.
    tracing : bool
    rules : GrainRules or None
        Of orientation maps; None: the usual ones.
    """

    pixel_size: float | None
    tracing: bool
    rules: GrainRules | None


def read_map(path: Path, reading: Reading) -> GrainMap:
    """Grains of a label map, a tracing or an orientation map, with what lies beside a label map.

    Raises
    ------
    InputError
        No such file, or no map; the message says what to do.
    """
    from segment.errors import UnreadableError
    from segment.label_files import boundary_beside, read_label_map
    from segment.label_formats import format_of
    from segment.micrograph.file_kind import no_file
    from segment.orientation import is_orientation_map, read_orientation_map
    from segment.orientation.orientation_table import orientations_beside

    if path.is_dir():
        raise UnreadableError(path, "it is a folder", f"Name the maps in it, such as {path / '*.labels.tif'}")
    if not path.is_file():
        raise UnreadableError(path, *no_file(path))
    foreign = format_of(path)
    if foreign is None and is_orientation_map(path):
        from grainstats.run.orientation_input import grain_rules
        from segment.orientation import grain_map_of

        return grain_map_of(read_orientation_map(path, reading.pixel_size), reading.rules or grain_rules())
    if foreign is None and path.suffix.lower() not in MAP_SUFFIXES:
        raise UnreadableError(
            path,
            "neither a label map (TIFF, PNG, NPY, .dream3d, ilastik's .h5, a table with grainId) "
            "nor an orientation map (.ang, .ctf, HDF5)",
            "If it is a micrograph, run `grainstats segment` on it first, or `grainstats run` for both",
        )
    grain_map = read_label_map(path, pixel_size_nm=reading.pixel_size, tracing=reading.tracing)
    if reading.tracing:
        return grain_map
    return orientations_beside(path, boundary_beside(path, grain_map))
