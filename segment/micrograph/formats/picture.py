"""PNG, JPEG and BMP: pixels only; resolution in dots per inch is no scale."""

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.colours import doubt_of_inks, rgb_of_paper
from segment.micrograph.open_file import Frame, OpenFile
from segment.micrograph.refusals import refuse_bomb, truncated
from segment.micrograph.upright import ORIENTATION

NAME = "picture"

MOST_PACKED = 300  #: pixels per stored byte: no micrograph is so smooth
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_BMP = b"BM"
_SIZE = {"png": 16, "bmp": 18}  #: byte at which columns and rows stand
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  #: JPEG markers
_START_OF_SCAN, _APP14, _QUANTIZATION = 0xDA, 0xEE, 0xDB  #: JPEG markers
#: the first steps to which JPEG of quality 50 rounds brightness (ITU-T T.81, table K.1, in zigzag order)
_STEPS_AT_50 = (16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18)
_EXIF_WITHIN = 1 << 17  #: bytes at the beginning in which EXIF is sought
_POOR = 30  #: quality from which drawn fields of low contrast are read 3 to 9 % too coarse


def recognises(opened: OpenFile) -> bool:
    """Magic bytes of one of the three."""
    head = opened.head
    return head.startswith((_PNG, _JPEG)) or (head.startswith(_BMP) and opened.path.suffix.lower() == ".bmp")


def frames(opened: OpenFile) -> list[Frame]:
    """The one picture."""
    notes: tuple[str, ...] = ()
    if opened.head.startswith(_JPEG):
        raw = opened.path.read_bytes()
        shape, kind, notes = _jpeg_shape(opened.path, raw), "jpeg", _poor_quality(raw)
    elif len(opened.head) < 26:
        raise truncated(opened.path, "it ends inside its header")
    else:
        kind = "png" if opened.head.startswith(_PNG) else "bmp"
        columns, rows = struct.unpack_from(">ii" if kind == "png" else "<ii", opened.head, _SIZE[kind])
        shape = abs(rows), abs(columns)
    refuse_bomb(opened.path, shape[0] * shape[1], opened.size, MOST_PACKED)
    notes += _doubt(raw) if kind == "jpeg" else ()
    return [
        Frame(shape, partial(_load, opened.path, kind), notes=notes, orientation=_orientation(opened.path))
    ]


def _orientation(path: Path) -> int:
    """How EXIF in a JPEG or PNG wants it shown; 1, as it is stored, where nothing is said."""
    with path.open("rb") as file:
        raw = file.read(_EXIF_WITHIN)
    tiff = raw.partition(b"Exif\0\0" if raw.startswith(_JPEG) else b"eXIf")[2]
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        entries = [struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * k) for k in range(count)]
    except struct.error:  # no EXIF, or damaged: the pixels count
        return 1
    return next((value for tag, _, _, value in entries if tag == ORIENTATION), 1)


def _jpeg_shape(path: Path, raw: bytes) -> tuple[int, int]:
    """Size from the frame header; the end mark must follow the first scan (thumbnails stand before it)."""
    shape = (0, 0)
    for marker, at in _jpeg_segments(raw):
        if marker in _START_OF_FRAME and at + 9 <= len(raw):
            shape = struct.unpack_from(">HH", raw, at + 5)
        if marker == _START_OF_SCAN and raw.find(b"\xff\xd9", at) >= 0:
            return shape
        if marker is None:
            raise UnreadableError(path, "a damaged JPEG file", "Copy or export it again")
    raise truncated(path, "the JPEG has no end mark")


def _poor_quality(raw: bytes) -> tuple[str, ...]:
    """Words where a JPEG was packed so much that boundaries are lost, by the steps that it rounds to."""
    tables = [at + 5 for marker, at in _jpeg_segments(raw) if marker == _QUANTIZATION and raw[at + 4] < 16]
    steps = raw[tables[0] : tables[0] + len(_STEPS_AT_50)] if tables else b""
    quality = 50 * sum(_STEPS_AT_50) / max(sum(steps), 1)
    if not steps or round(quality) > _POOR:
        return ()
    return (f"JPEG of quality {quality:.0f}, in which faint boundaries are lost: export the original",)


def _jpeg_segments(raw: bytes) -> Iterator[tuple[int | None, int]]:
    """Marker and place of each segment up to the first scan; None for a marker where there is none."""
    at, marker = 2, 0
    while at + 4 <= len(raw) and marker != _START_OF_SCAN:
        if raw[at] != 0xFF:
            yield None, at
            return
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        yield marker, at
        at += 2 + struct.unpack_from(">H", raw, at + 2)[0]


def _load(path: Path, kind: str) -> np.ndarray:
    import imagecodecs

    raw = path.read_bytes()
    return _decode_jpeg(raw) if kind == "jpeg" else getattr(imagecodecs, f"{kind}_decode")(raw)


def _decode_jpeg(raw: bytes) -> np.ndarray:
    """Grey or RGB; four inks (CMYK) become RGB."""
    import imagecodecs

    pixels = imagecodecs.jpeg_decode(raw)
    return rgb_of_paper(pixels, _are_inverted(raw)) if pixels.shape[2:] == (4,) else pixels


def _doubt(raw: bytes) -> tuple[str, ...]:
    """Words where a picture has four inks of which it is not clear how they are stored."""
    import imagecodecs

    frames = [at + 9 for marker, at in _jpeg_segments(raw) if marker in _START_OF_FRAME]
    if raw[frames[-1] : frames[-1] + 1] != b"\4":
        return ()
    return doubt_of_inks(imagecodecs.jpeg_decode(raw), _are_inverted(raw))


def _are_inverted(raw: bytes) -> bool:
    """Adobe's segment says that inks are stored so."""
    return any(m == _APP14 and raw[at + 4 : at + 9] == b"Adobe" for m, at in _jpeg_segments(raw))
