"""The network over a whole image: at once where it is small, else in tiles that give the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from segment.unet.normalise import normalise
from segment.unet.runtime import Compiled, OpenVinoRuntime
from segment.unet.split import DEEP_STRIDE, NARROW_HALO_PX, SHALLOW_STRIDE
from segment.unet.tiles import Frame, Tile, frame_of, plan_tiles

MARGIN_PX = 64  #: reflected continuation of the image on every side


def probability_bands(
    runtime: OpenVinoRuntime,
    image: np.ndarray,
    statistics: tuple[float, float],
    *,
    stride: int,
    halo: int,
    tile_px: int | None = None,
) -> Iterator[np.ndarray]:
    """Probabilities of an image, in bands of rows from the top.

    Parameters
    ----------
    runtime : OpenVinoRuntime
    image : ndarray, shape (rows, columns)
        In the network's scale.
    statistics : (mean, std)
        Of the image.
    stride, halo : int
        Of the model.
    tile_px : int, optional
        Largest edge of a tile; None: as large as the memory allows.

    Yields
    ------
    ndarray of float32, shape (channels, rows, columns)
    """
    frame = frame_of(image, -(-MARGIN_PX // stride) * stride, stride)
    fits = frame.shape[0] * frame.shape[1] <= runtime.read_px and tile_px is None
    if fits or runtime.split is None:
        tiles = plan_tiles(frame.shape, stride=stride, halo=halo, read_px=runtime.read_px, tile_px=tile_px)
        answers = runtime.whole.infer_all(partial(_grey, frame, statistics, tile) for tile in tiles)
    else:
        tiles, answers = _in_three_parts(runtime, frame, statistics, stride, halo, tile_px)
    yield from _join(frame, tiles, answers)


def _in_three_parts(
    runtime: OpenVinoRuntime,
    frame: Frame,
    statistics: tuple[float, float],
    stride: int,
    halo: int,
    tile_px: int | None,
) -> tuple[list[Tile], Iterator[np.ndarray]]:
    """Tiles and answers of the detail network, after the two others have been over the whole frame."""
    assert runtime.split is not None
    shallow, deep, detail = runtime.parts
    near = plan_tiles(
        frame.shape, stride=stride, halo=NARROW_HALO_PX, read_px=runtime.read_px, tile_px=tile_px
    )
    far = plan_tiles(
        frame.shape, stride=stride, halo=halo, read_px=runtime.deep_read_px, tile_px=tile_px and 2 * tile_px
    )
    features = _collect(
        shallow,
        [partial(_grey, frame, statistics, tile) for tile in near],
        near,
        _empty(runtime.split.shallow_channels, frame.shape, SHALLOW_STRIDE),
        SHALLOW_STRIDE,
    )
    shallow.release()
    context = _collect(
        deep,
        [partial(_part, features, SHALLOW_STRIDE, tile) for tile in far],
        far,
        _empty(runtime.split.deep_channels, frame.shape, DEEP_STRIDE),
        DEEP_STRIDE,
    )
    del features
    deep.release()
    return near, detail.infer_all(partial(_grey_and_part, frame, statistics, context, tile) for tile in near)


def _collect(
    network: Compiled,
    readers: list[Callable[[], list[np.ndarray]]],
    tiles: list[Tile],
    out: np.ndarray,
    step: int,
) -> np.ndarray:
    """Answers of all tiles in one array at 1/`step` resolution."""
    for tile, answer in zip(tiles, network.infer_all(readers), strict=True):
        out[(slice(None), *tile.outer(step))] = answer[(slice(None), *tile.inner(step))]
    return out


def _join(frame: Frame, tiles: list[Tile], answers: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Bands of rows of the image, the frame's margin cut off."""
    rows, columns = frame.image.shape
    inside = slice(frame.margin, frame.margin + columns)
    band = np.empty((0, 0, 0), np.float32)
    for tile, answer in zip(tiles, answers, strict=True):
        if tile.columns.start == 0:
            band = np.empty((len(answer), tile.rows.stop - tile.rows.start, frame.shape[1]), np.float32)
        band[:, :, tile.columns] = answer[(slice(None), *tile.inner())]
        first, last = (min(max(edge - frame.margin, 0), rows) for edge in (tile.rows.start, tile.rows.stop))
        if tile.columns.stop == frame.shape[1] and last > first:
            begin = first + frame.margin - tile.rows.start
            yield band[:, begin : begin + last - first, inside]


def _grey(frame: Frame, statistics: tuple[float, float], tile: Tile) -> list[np.ndarray]:
    return [normalise(frame.read(tile.read_rows, tile.read_columns), *statistics)[None]]


def _part(features: np.ndarray, step: int, tile: Tile) -> list[np.ndarray]:
    return [features[(slice(None), *tile.source(step))]]


def _grey_and_part(
    frame: Frame, statistics: tuple[float, float], context: np.ndarray, tile: Tile
) -> list[np.ndarray]:
    return _grey(frame, statistics, tile) + _part(context, DEEP_STRIDE, tile)


def _empty(channels: int, shape: tuple[int, int], step: int) -> np.ndarray:
    return np.empty((channels, shape[0] // step, shape[1] // step), np.float32)
