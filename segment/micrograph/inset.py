"""Insets: a picture set into a corner of the image, such as a magnified view or a diffraction pattern.

Two seams run from the rim to one point, one along a column and one along a row, and end there.  On a seam
neighbours differ more than anywhere beside it, JPEG's blocks included, all along; no grain has such an
outline.
"""

from __future__ import annotations

import cv2
import numpy as np

LARGEST = 2**24  #: pixels above which none is looked for; published pictures are smaller

_CHUNK = 16  #: pixels of a seam that are judged together
_LEAST = (112, 0.18)  #: length of both seams, and of what is left behind: pixels, share of the image's side
_MOST = 0.4  #: of the image may be an inset
_BESIDE = (4, 12)  #: pixels from a seam at which the usual differences are taken: a border may be drawn
#: how many times a seam's differences are the usual ones: on average, in each chunk that counts, behind its
#: end at most; of 576 sound images and 1870 parts of some, packed as JPEG of quality down to 10, none has two
_SHARPER, _SHARP, _ENDED = 2.5, 1.5, 1.6
_JPEG_BLOCK = 8  #: pixels from edge to edge of JPEG's blocks, at which neighbours differ more than elsewhere
_COVERED = 0.8  #: of the chunks of a seam that must count
#: where panels of a figure meet, as shares of a side, and how far from there
_PANELS, _NEAR = (1 / 3, 1 / 2, 2 / 3), 0.01
_STEP = 0.03  #: of the range of grey levels: difference in a chunk that counts; JPEG's blocks make less


def find_seams(image: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Pixels of insets in corners (bool; None without any), and whether seams part an image into panels.

    Only uint8 and uint16 are searched: other dtypes come from the detector, not from a picture.  Of 182
    insets drawn into corners, with and without border or margin, 142 were found.
    """
    is_searched = image.dtype in (np.uint8, np.uint16) and image.size <= LARGEST
    if not is_searched or min(image.shape) < 2 * _LEAST[0]:
        return None, False
    step = _STEP * float(np.ptp(np.percentile(image[::4, ::4], (1, 99))))
    across, along = _differences(image), _differences(image.T)
    hidden = np.zeros(image.shape, bool)
    for up in (1, -1):
        upright = _seams(across[0][::up], across[1][::up], step)
        for left in (1, -1):
            level = _seams(along[0][::left], along[1][::left], step)
            rows, columns = _corner(upright[:, ::left], level[:, ::up])
            if 0 < rows * columns <= _MOST * image.size:
                hidden[::up, ::left][:rows, :columns] = True
    return hidden if hidden.any() else None, _parts(*across, step) or _parts(*along, step)


def _parts(here: np.ndarray, usual: np.ndarray, step: float) -> bool:
    """Whether a seam runs from rim to rim at a half or a third; edges of sheets and films lie anywhere."""
    clear = (here > np.maximum(_SHARP * usual, step)).mean(axis=0) >= _COVERED
    sharp = here.sum(axis=0) >= _SHARPER * usual.sum(axis=0)
    column = np.arange(1, len(sharp) + 1) / (len(sharp) + 1)
    return bool((clear & sharp & np.logical_or.reduce([abs(column - at) <= _NEAR for at in _PANELS])).any())


def _differences(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between neighbouring columns, chunk by chunk of the rows; and the usual ones on both sides of each."""
    rows, columns = image.shape
    here = np.empty((rows // _CHUNK, columns - 1), np.float32)
    for k in range(len(here)):
        chunk = image[k * _CHUNK : (k + 1) * _CHUNK].astype(np.float32)
        # most rows must differ, so that lines which cross do not count
        here[k] = np.partition(np.abs(np.diff(chunk, axis=1)), _CHUNK // 2, axis=0)[_CHUNK // 2]
    near, far = (2 * reach + 1 for reach in _BESIDE)
    usual = (cv2.blur(here, (far, 1)) * far - cv2.blur(here, (near, 1)) * near) / (far - near)
    blocks = np.zeros((1, 4 * _JPEG_BLOCK + 1), np.float32)
    blocks[0, ::_JPEG_BLOCK] = 1 / 4
    blocks[0, 2 * _JPEG_BLOCK] = 0  # the seam itself
    return here, np.maximum.reduce([usual, cv2.filter2D(here, -1, blocks), np.full_like(here, 1e-6)])


def _seams(here: np.ndarray, usual: np.ndarray, step: float) -> np.ndarray:
    """How much sharper than usual the line from the rim to each chunk's end is; 0 where it is no seam."""
    count = np.arange(1, len(here) + 1)[:, None]
    clear = here > np.maximum(_SHARP * usual, step)
    total, as_usual, covered = (np.cumsum(of, axis=0) for of in (here, usual, clear))
    sharper = total / as_usual
    sharper[covered < _COVERED * count] = 0
    # the chunk behind the end holds a part of the seam
    goes_on = total[-1] - total[1:] > _ENDED * (as_usual[-1] - as_usual[1:])
    sharper[:-1][goes_on] = 0
    least = int(np.ceil(max(_LEAST[0] / _CHUNK, _LEAST[1] * len(here))))
    sharper[: least - 1] = sharper[-least:] = 0
    return sharper


def _corner(upright: np.ndarray, level: np.ndarray) -> tuple[int, int]:
    """Rows and columns from the rim to the point where both seams end; 0, 0 without one."""
    ends = [np.flatnonzero((of >= _SHARPER).any(axis=0)) + 1 for of in (level, upright)]
    rows, columns = (
        of[(of >= _CHUNK) & (of < (len(other) + 1) * _CHUNK)]
        for of, other in zip(ends, (upright, level), strict=True)
    )
    if not rows.size or not columns.size:
        return 0, 0
    whole = [np.minimum(of // _CHUNK, len(other)) - 1 for of, other in ((rows, upright), (columns, level))]
    both = np.minimum(upright[np.ix_(whole[0], columns - 1)], level[np.ix_(whole[1], rows - 1)].T)
    row, column = np.unravel_index(both.argmax(), both.shape)
    return (int(rows[row]), int(columns[column])) if both[row, column] >= _SHARPER else (0, 0)
