"""Pictures that a tag turns for display (TIFF 6.0 and EXIF, tag 274) are read as programs show them."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from segment.micrograph.open_file import Frame

ORIENTATION = 274  #: the tag
#: what each value asks for; 1 is upright
_WORDS = MappingProxyType(
    {
        2: "mirrored left to right",
        3: "turned by 180 degrees",
        4: "mirrored top to bottom",
        5: "mirrored along the diagonal",
        6: "turned by 90 degrees clockwise",
        7: "mirrored along the other diagonal",
        8: "turned by 90 degrees counterclockwise",
    }
)
_ON_ITS_SIDE = 5  #: from this value on, rows are shown as columns


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels of shape (rows, columns, ...) as the tag's value wants them shown; unknown values do nothing."""
    if orientation not in _WORDS:
        return pixels
    if orientation >= _ON_ITS_SIDE:
        pixels = pixels.swapaxes(0, 1)
    pixels = pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
    return np.ascontiguousarray(pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels)


def upright(frame: Frame) -> Frame:
    """The frame as it is shown, with height and width of its pixels, and words; its info bar is sought."""
    if frame.orientation not in _WORDS:
        return frame
    shape, scales, load = frame.shape, frame.scales, frame.load
    if frame.orientation >= _ON_ITS_SIDE:
        shape = shape[::-1]
        scales = tuple(replace(one, y_nm=one.x_nm, x_nm=one.y_nm) for one in scales)
    return replace(
        frame,
        shape=shape,
        scales=scales,
        load=lambda: turned(load(), frame.orientation),
        info_bar_rows=frame.info_bar_rows if frame.info_bar_rows == 0 else None,
        notes=(*frame.notes, f"{_WORDS[frame.orientation]}, as its orientation tag says"),
    )
