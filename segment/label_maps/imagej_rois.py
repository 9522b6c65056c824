"""ImageJ's regions of interest: ``.roi``, ``RoiSet.zip`` and overlays inside a TIFF read, cells written.

The format is that of ImageJ's RoiDecoder (big-endian; W. Rasband, public domain): a header of 64 bytes with
type, box and number of points, then the points relative to the box, and again as floats where they are
sub-pixel.  Outlines that are written run along the edges of pixels, so that the cell is the same when it is
drawn again.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import tifffile

from segment.errors import InputError

HEADER = 64  #: bytes of an ImageJ region
POLYGON, RECTANGLE, OVAL, LINE, FREE_LINE, POLYLINE, FREEHAND, TRACED = 0, 1, 2, 3, 4, 5, 7, 8
CLOSED = (POLYGON, RECTANGLE, OVAL, FREEHAND, TRACED)
OPEN = (LINE, FREE_LINE, POLYLINE)
NOTES = (1, 2, 4)  #: subtypes text, arrow and inset, which bound nothing
SCALE_BAR = "|SB|".encode("utf-16-be")  #: name of the rectangle that ImageJ draws as a scale bar
SUBPIXEL = 128  #: bit of the options
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, RuntimeError)
_LINE_PX = 3  #: hand-drawn lines that end beside each other still meet
VERSION = 227  #: of the format
_MOST_POINTS = 65535  #: of one outline in the format
_DAY = (1980, 1, 1, 0, 0, 0)  #: of every entry, so that the same map gives the same bytes


@dataclass(frozen=True, eq=False)
class Roi:
    """One outline or line."""

    points: np.ndarray  #: float, shape (n, 2): x, y in pixels of the image
    closed: bool  #: the outline of an area


def read_rois(path: Path) -> list[Roi]:
    """Outlines and lines of a file; empty where it holds none.

    Points, angles, text, arrows and ImageJ's scale bar are no boundaries.

    `InputError`: not a file of ImageJ, or a combined selection.
    """
    try:
        pieces = _pieces(path)
        found = [_decode(piece, path) for piece in pieces]
    except UNREADABLE as error:
        raise InputError(path, f"cannot be read as ImageJ regions ({error})", "Save them again") from error
    return [roi for roi in found if roi is not None]


def holds_regions(path: Path) -> bool:
    """Whether a TIFF carries outlines or lines, as overlay or selected; False too where it cannot be read."""
    try:
        return path.suffix.lower() in (".tif", ".tiff") and any(_decode(one, path) for one in _pieces(path))
    except UNREADABLE:
        return False


def draw_rois(rois: list[Roi], shape: tuple[int, int]) -> np.ndarray:
    """Labels (int32, 0 between) where every region is an outline, else lines (bool); shape (rows, columns).

    Of outlines that overlap the later one counts.
    """
    if rois and all(roi.closed for roi in rois):
        import skimage as ski

        labels = np.zeros(shape, np.int32)
        for number, roi in enumerate(rois, 1):  # the pixels whose middle lies inside, as ImageJ fills
            x, y = roi.points.T - 0.5
            labels[ski.draw.polygon(y, x, shape)] = number  # type: ignore[no-untyped-call]
        return labels
    lines = np.zeros(shape, np.uint8)
    for roi in rois:
        middle = roi.points - 0.5 * roi.closed  # ImageJ counts from the corner of a pixel, OpenCV from there
        cv2.polylines(lines, [np.round(middle * 16).astype(np.int32)], roi.closed, 1, _LINE_PX, shift=4)
    return lines.astype(bool)


def _pieces(path: Path) -> list[bytes]:
    """The encoded regions of a file; of a TIFF's selection only a line, areas are left there unawares."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".roi")]
            return [archive.read(name) for name in names if not Path(name).name.startswith("._")]
    if path.suffix.lower() == ".roi":
        return [path.read_bytes()]
    with tifffile.TiffFile(path) as file:
        facts = file.imagej_metadata or {}
    overlays = facts.get("Overlays") or []
    single = facts.get("ROI")
    pieces = [overlays] if isinstance(overlays, bytes) else list(overlays)
    return pieces or (
        [single] if isinstance(single, bytes) and len(single) > HEADER and single[6] in OPEN else []
    )


def _decode(data: bytes, path: Path) -> Roi | None:
    if data[:4] != b"Iout" or len(data) < HEADER:
        raise ValueError("no region begins here")
    kind = data[6]
    (subtype,) = struct.unpack(">h", data[48:50])
    if subtype in NOTES or SCALE_BAR in data:
        return None
    top, left, bottom, right = struct.unpack(">4h", data[8:16])
    (n,) = struct.unpack(">H", data[16:18])
    (combined,) = struct.unpack(">i", data[36:40])
    (options,) = struct.unpack(">h", data[50:52])
    if combined:
        raise InputError(path, "holds a combined selection", "Split it in the ROI Manager: More > Split")
    if kind == LINE:
        return Roi(np.array(struct.unpack(">4f", data[18:34])).reshape(2, 2), False)
    if kind == RECTANGLE:
        return Roi(np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float), True)
    if kind == OVAL:
        turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        x = (left + right) / 2 + (right - left) / 2 * np.cos(turn)
        y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(turn)
        return Roi(np.column_stack([x, y]), True)
    if kind not in CLOSED + OPEN or n < 2:
        return None
    if options & SUBPIXEL:
        points = np.frombuffer(data, ">f4", 2 * n, HEADER + 4 * n).reshape(2, n).T.astype(float)
    else:
        points = np.frombuffer(data, ">i2", 2 * n, HEADER).reshape(2, n).T + np.array([left, top], float)
    return Roi(points, kind in CLOSED)


def write_roi_set(path: Path, labels: np.ndarray) -> int:
    """Write the outlines of all cells (0 is none), the largest first; returns how many outlines there are.

    An outline encloses what lies within it: voids inside a cell are lost, cells inside another come after it
    and cover it again. A label in several pieces becomes several outlines.
    """
    from scipy import ndimage

    pieces: list[tuple[float, str, np.ndarray]] = []
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        if box is None:
            continue
        for part, outline in enumerate(_outlines(labels[box] == label)):
            name = f"{label:06d}" + (f"-{part + 1}" if part else "")
            around = outline + np.array([box[1].start, box[0].start])
            pieces.append((float(np.ptp(around[:, 0])) * float(np.ptp(around[:, 1])), name, around))
    pieces.sort(key=lambda piece: (-piece[0], piece[1]))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for _, name, outline in pieces:
            archive.writestr(zipfile.ZipInfo(f"{name}.roi", _DAY), _encoded(outline))
    return len(pieces)


def _outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Corners (x, y) of the pixel edges around each piece of a mask."""
    doubled = np.pad(mask.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1), 1)
    found, _ = cv2.findContours(doubled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [_corners((one[:, 0] - 1) // 2 + (one[:, 0] - 1) % 2) for one in found]


def _corners(points: np.ndarray) -> np.ndarray:
    """The points at which a closed path of unit steps turns."""
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = (before != after).any(axis=1)
    return points[turns] if turns.any() else points


def _encoded(outline: np.ndarray) -> bytes:
    points = outline if len(outline) <= _MOST_POINTS else outline[:: len(outline) // _MOST_POINTS + 1]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    head = struct.pack(
        ">4shBB4hH", b"Iout", VERSION, TRACED, 0, int(top), int(left), int(bottom), int(right), len(points)
    )
    body: bytes = (points - (left, top)).T.astype(">i2").tobytes()
    return head.ljust(HEADER, b"\0") + body
