"""Cells as outlines for ImageJ's ROI Manager: ``RoiSet.zip``, one traced region a cell.

The format is that of ImageJ's RoiEncoder (big-endian; W. Rasband, public domain).  An outline runs along the
edges of pixels, so that the cell is the same when it is drawn again.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
from scipy import ndimage

VERSION, TRACED = 227, 8
HEADER = 64  #: bytes before the outline's points (ImageJ's RoiDecoder)
MOST_POINTS = 65535  #: of one outline in the format
DAY = (1980, 1, 1, 0, 0, 0)  #: of every entry, so that the same map gives the same bytes


def write(path: Path, labels: np.ndarray) -> int:
    """Write the outlines of all cells (0 is none), the largest first; returns how many pieces there are.

    An outline encloses what lies within it: voids inside a cell are lost, cells inside another come after it
    and cover it again. A label in several pieces becomes several outlines.
    """
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
            archive.writestr(zipfile.ZipInfo(f"{name}.roi", DAY), _encoded(outline))
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
    points = outline if len(outline) <= MOST_POINTS else outline[:: len(outline) // MOST_POINTS + 1]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    head = struct.pack(
        ">4shBB4hH", b"Iout", VERSION, TRACED, 0, int(top), int(left), int(bottom), int(right), len(points)
    )
    body: bytes = (points - (left, top)).T.astype(">i2").tobytes()
    return head.ljust(HEADER, b"\0") + body
