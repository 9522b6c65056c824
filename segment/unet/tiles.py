"""Cutting an image into tiles whose answers join without a seam.

Each tile *writes* a rectangle and *reads* a larger one: the write rectangle and a halo on every side, as wide
as the context that the network uses.  Write rectangles tile the image without overlap and begin on the grid
of the network's stride, so every pixel is computed in the same phase of the pooling whatever the tile size.
Beyond the frame the image is continued by reflection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tile:
    """A rectangle to compute.

    Attributes
    ----------
    rows, columns : slice
        What the tile writes, within the image.
    """

    rows: slice
    columns: slice


@dataclass(frozen=True)
class TilePlan:
    """Equal tiles over an image.

    Attributes
    ----------
    shape : tuple of int
        Image, (rows, columns).
    write : tuple of int
        Size of a full write rectangle, multiples of the stride; the last tiles write less.
    halo : int
        Context on every side, a multiple of the stride.
    """

    shape: tuple[int, int]
    write: tuple[int, int]
    halo: int

    @property
    def read(self) -> tuple[int, int]:
        """Size of every read rectangle."""
        return self.write[0] + 2 * self.halo, self.write[1] + 2 * self.halo

    @property
    def overhead(self) -> float:
        """Pixels computed per pixel of the image."""
        rows, columns = (-(-n // w) for n, w in zip(self.shape, self.write, strict=True))
        return rows * columns * self.read[0] * self.read[1] / (self.shape[0] * self.shape[1])

    def bands(self) -> Iterator[list[Tile]]:
        """Tiles, one row of them at a time, from top to bottom."""
        for top in range(0, self.shape[0], self.write[0]):
            rows = slice(top, min(top + self.write[0], self.shape[0]))
            yield [
                Tile(rows, slice(left, min(left + self.write[1], self.shape[1])))
                for left in range(0, self.shape[1], self.write[1])
            ]

    def read_tile(self, image: np.ndarray, tile: Tile) -> np.ndarray:
        """Pixels of a tile's read rectangle, copied; reflected beyond the frame."""
        rows = reflected(tile.rows.start - self.halo, self.read[0], self.shape[0])
        columns = reflected(tile.columns.start - self.halo, self.read[1], self.shape[1])
        first = columns.min()
        tile_pixels: np.ndarray = image[:, first : columns.max() + 1][rows][:, columns - first]
        return tile_pixels


def plan_tiles(
    shape: tuple[int, int], *, stride: int, halo: int, read_px: int = 2_000_000, tile_px: int | None = None
) -> TilePlan:
    """Fewest computed pixels with at most `read_px` in a tile.

    Parameters
    ----------
    shape : tuple of int
        Image, (rows, columns).
    stride, halo : int
        Of the network; `halo` is a multiple of `stride`.
    read_px : int
        Largest read rectangle in pixels: what bounds the memory of the network's activations.
    tile_px : int, optional
        Largest edge of a write rectangle, instead of `read_px`.
    """
    plans = []
    for n_columns in range(1, -(-shape[1] // stride) + 1):
        width = _share(shape[1], n_columns, stride)
        limit = read_px // (width + 2 * halo) - 2 * halo if tile_px is None else tile_px
        if limit < stride or (tile_px is not None and width > tile_px):
            continue
        n_rows = -(-shape[0] // (limit // stride * stride))
        plans.append(TilePlan(shape, (_share(shape[0], n_rows, stride), width), halo))
    smallest = TilePlan(shape, (stride, stride), halo)
    return min(plans, key=lambda plan: plan.overhead, default=smallest)


def _share(size: int, parts: int, stride: int) -> int:
    """Edge of each of `parts` equal shares of `size`, rounded up to a multiple of `stride`."""
    return -(-size // (parts * stride)) * stride


def reflected(first: int, count: int, size: int) -> np.ndarray:
    """Indices ``first ... first + count - 1`` folded into ``0 ... size - 1`` by reflection about the ends."""
    index = np.arange(first, first + count)
    if size == 1:
        return np.zeros(count, int)
    index = np.abs(index) % (2 * size - 2)
    return np.where(index >= size, 2 * size - 2 - index, index)
