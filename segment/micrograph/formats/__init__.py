"""One plain module per file format, each with ``NAME``, ``recognises(opened)`` and ``frames(opened)``.

The order is the order of trust: the first module that recognises a file reads its pixels; later ones that
recognise it too add what they state about the scale.
"""

from dataclasses import replace
from types import ModuleType

from segment.errors import InputError, UnreadableError
from segment.micrograph.formats import (
    dm,
    dm_tiff,
    fei_tiff,
    hitachi,
    imagej,
    jeol_sem,
    jeol_sightx,
    mrc,
    ncem_emd,
    olympus_sis,
    ome_tiff,
    picture,
    plain_tiff,
    tescan,
    tia_ser,
    tvips,
    velox_emd,
    zeiss,
)
from segment.micrograph.formats.not_read import what_it_is
from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.upright import upright

FORMATS: tuple[ModuleType, ...] = (
    velox_emd,
    ncem_emd,
    tia_ser,
    fei_tiff,
    zeiss,
    jeol_sightx,
    tvips,
    dm_tiff,
    olympus_sis,
    tescan,
    jeol_sem,
    hitachi,
    ome_tiff,
    imagej,
    plain_tiff,
    picture,
    dm,
    mrc,
)
_UNKNOWN = (
    "of no known microscope format",
    "Export the image as TIFF, or see `docs/reference/file-formats.md` for the formats that are read",
)
_PIXELS_ONLY = (plain_tiff, picture)


def open_frames(opened: OpenFile) -> tuple[str, list[Frame]]:
    """Name of the format and its frames as they are shown, with the scales of all formats that recognise it.

    `UnreadableError`: no module recognises the file.
    """
    found = [module for module in FORMATS if module.recognises(opened)]
    if not found:
        raise UnreadableError(opened.path, *(what_it_is(opened) or _UNKNOWN))
    first, *others = found
    frames = first.frames(opened)
    for module in others:
        if module not in _PIXELS_ONLY:
            frames = _with_more_scales(frames, module, opened)
    return first.NAME, [upright(frame) for frame in frames]


def _with_more_scales(frames: list[Frame], module: ModuleType, opened: OpenFile) -> list[Frame]:
    """Add the scales of a second format, where it sees the same frames."""
    try:
        more = module.frames(opened)
    except InputError:
        return frames
    if [f.shape for f in more] != [f.shape for f in frames]:
        return frames
    return [
        replace(
            frame,
            scales=frame.scales + extra.scales,
            info_bar_rows=extra.info_bar_rows if frame.info_bar_rows is None else frame.info_bar_rows,
        )
        for frame, extra in zip(frames, more, strict=True)
    ]
