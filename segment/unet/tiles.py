"""Cutting an image into tiles whose answers join without a seam.

The network's answer is defined on the *frame*: the image continued by reflection, a margin on every side, its
edges multiples of the network's stride.  Each tile *writes* a rectangle and *reads* a larger one: the write
rectangle and a halo on every side, as wide as the context that is used.  At the frame's edge it reads more on
the inner side instead, so that all tiles are of one shape and the network is prepared for no other.  Write
rectangles tile the frame without overlap and begin on the grid of the stride, so every pixel is computed in
the same phase of the pooling and with the same padding whatever the tile size.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PaddedImage:
    """An image continued by reflection."""

    image: np.ndarray  #: shape (rows, columns)
    margin: int  #: rows above and columns left of the image, a multiple of the stride
    shape: tuple[int, int]  #: of the frame

    def read(self, rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels of a rectangle of the frame, copied, and the image's rows and columns they come from."""
        y = reflected(rows.start - self.margin, rows.stop - rows.start, self.image.shape[0])
        x = reflected(columns.start - self.margin, columns.stop - columns.start, self.image.shape[1])
        first = x.min()
        return self.image[:, first : x.max() + 1][y][:, x - first], y, x


@dataclass(frozen=True)
class Tile:
    """A rectangle to compute, in the frame's pixels."""

    #: rows, columns: what the tile writes
    rows: slice
    columns: slice
    #: read_rows, read_columns: what it reads
    read_rows: slice
    read_columns: slice

    def inner(self, step: int = 1) -> tuple[slice, slice]:
        """The write rectangle within an answer for the read rectangle, at 1/`step` resolution."""
        return (
            _scaled(self.rows, self.read_rows.start, step),
            _scaled(self.columns, self.read_columns.start, step),
        )

    def outer(self, step: int = 1) -> tuple[slice, slice]:
        """The write rectangle within the frame at 1/`step` resolution."""
        return _scaled(self.rows, 0, step), _scaled(self.columns, 0, step)

    def source(self, step: int = 1) -> tuple[slice, slice]:
        """The read rectangle within the frame at 1/`step` resolution."""
        return _scaled(self.read_rows, 0, step), _scaled(self.read_columns, 0, step)


def padded_image(image: np.ndarray, margin: int, stride: int) -> PaddedImage:
    """The frame of an image: at least `margin` on every side, edges multiples of `stride`."""
    rows, columns = (-(-(n + 2 * margin) // stride) * stride for n in image.shape)
    return PaddedImage(image, margin, (rows, columns))


def plan_tiles(
    shape: tuple[int, int], *, stride: int, halo: int, read_px: int, margin: int = 0
) -> list[Tile]:
    """Tiles of a frame, row by row, that read the fewest pixels in sum with at most `read_px` in each.

    That bounds the memory of the network's activations.  The frame's edges, `halo` and `margin` are multiples
    of `stride`; so much (`margin`) of the frame on every side is read but not written.
    """
    rows, columns = (size - 2 * margin for size in shape)
    best, least = (stride, stride), np.inf
    for n_columns in range(1, columns // stride + 1):
        width = _share(columns, n_columns, stride)
        read_width = min(width + 2 * halo, shape[1])
        limit = read_px // read_width
        height = rows if limit >= min(rows + 2 * halo, shape[0]) else limit - 2 * halo
        if height < stride:
            continue
        height = _share(rows, -(-rows // (height // stride * stride)), stride)
        cost = -(-rows // height) * min(height + 2 * halo, shape[0]) * -(-columns // width) * read_width
        if cost < least:
            best, least = (height, width), cost
    across = _spans(columns, best[1], halo, margin, shape[1])
    return [Tile(r, c, rr, rc) for r, rr in _spans(rows, best[0], halo, margin, shape[0]) for c, rc in across]


def _spans(written: int, share: int, halo: int, margin: int, size: int) -> list[tuple[slice, slice]]:
    """Along one axis, what each tile writes and what it reads."""
    return [
        (slice(first, min(first + share, margin + written)), _window(first, share, halo, size))
        for first in range(margin, margin + written, share)
    ]


def _window(first: int, write: int, halo: int, size: int) -> slice:
    """What is read for a share that begins at `first`: moved inwards at the frame's edge, never cut off."""
    length = min(write + 2 * halo, size)
    begin = min(max(first - halo, 0), size - length)
    return slice(begin, begin + length)


def _share(size: int, parts: int, stride: int) -> int:
    """Edge of each of `parts` equal shares of `size`, rounded up to a multiple of `stride`."""
    return -(-size // (parts * stride)) * stride


def _scaled(span: slice, origin: int, step: int) -> slice:
    return slice((span.start - origin) // step, (span.stop - origin) // step)


def reflected(first: int, count: int, size: int) -> np.ndarray:
    """Indices ``first ... first + count - 1`` folded into ``0 ... size - 1`` by reflection about the ends."""
    index = np.arange(first, first + count)
    if size == 1:
        return np.zeros(count, int)
    index = np.abs(index) % (2 * size - 2)
    return np.where(index >= size, 2 * size - 2 - index, index)
