"""The network over a whole image: at once where it is small, else in tiles that give the same answer."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

import numpy as np

from segment.unet.graph_split import EIGHTH, QUARTER, SIXTEENTH, SplitNetwork
from segment.unet.local_normalisation import LocalLevels
from segment.unet.tiles import PaddedImage, Tile, padded_image, plan_tiles

MARGIN_PX = 64  #: reflected continuation of the image on every side
LARGE_PX = 10_000_000  #: of an image from which the memory of activations counts more than time
DEEP_READ_PX = 20_000_000  #: largest read rectangle of a tile at the coarse levels
Features = tuple[np.ndarray, int]  #: features of the whole frame, and pixels of the image to one of them


class Network(Protocol):
    """A network that answers."""

    def infer_all(self, readers: Iterable[Callable[[], list[np.ndarray]]]) -> Iterator[list[np.ndarray]]:
        """Answers to many inputs, in order."""

    def release(self) -> None:
        """Give back memory that is taken again at the next inference."""


class Runtime(Protocol):
    """A model's network on some device, whole and, where it can be cut, in three parts."""

    read_px: int  #: largest read rectangle of a tile

    @property
    def whole(self) -> Network: ...
    @property
    def parts(self) -> SplitNetwork | None: ...
    def release(self) -> None: ...


def probability_tiles(
    runtime: Runtime, image: np.ndarray, levels: LocalLevels, *, stride: int, halo: int
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Probabilities of an image, tile by tile in rows from the top.

    Image and `levels` are in the network's scale, `stride` and `halo` the model's.  Yields rows and columns
    of the image, which together cover it, and the answer there: float32, shape (channels, rows, columns),
    valid until the next is asked for.
    """
    frame = padded_image(image, -(-MARGIN_PX // stride) * stride, stride)
    fits = frame.shape[0] * frame.shape[1] <= runtime.read_px
    parts = None if fits else runtime.parts
    if parts is None:
        tiles = plan_tiles(frame.shape, stride=stride, halo=halo, read_px=runtime.read_px)
        readers = (partial(_inputs, frame, levels, [], tile) for tile in tiles)
        answers: Iterator[np.ndarray] = (answer for (answer,) in runtime.whole.infer_all(readers))
    else:
        tiles, answers = _in_three_parts(parts, runtime.read_px, frame, levels, stride, halo)
    for tile, answer in zip(tiles, answers, strict=True):
        rows, above = _within(tile.rows, frame.margin, image.shape[0])
        columns, left = _within(tile.columns, frame.margin, image.shape[1])
        if rows.stop > rows.start and columns.stop > columns.start:
            own = answer[(slice(None), *tile.inner())][:, above:, left:]
            yield rows, columns, own[:, : rows.stop - rows.start, : columns.stop - columns.start]


def probability_bands(tiles: Iterable[tuple[slice, slice, np.ndarray]], columns: int) -> Iterator[np.ndarray]:
    """Join the tiles of an image with so many columns to bands of rows, shape (channels, rows, columns)."""
    for rows, across, answer in tiles:
        if across.start == 0:
            band = np.empty((len(answer), rows.stop - rows.start, columns), np.float32)
        band[:, :, across] = answer
        if across.stop == columns:
            yield band


def _within(span: slice, margin: int, size: int) -> tuple[slice, int]:
    """The part of a span of the frame that lies in the image, and how much of the span lies before it."""
    first, last = (min(max(edge - margin, 0), size) for edge in (span.start, span.stop))
    return slice(first, last), first + margin - span.start


def _in_three_parts(
    split: SplitNetwork, read_px: int, frame: PaddedImage, levels: LocalLevels, stride: int, halo: int
) -> tuple[list[Tile], Iterator[np.ndarray]]:
    """Tiles and answers of the detail network, after the two others have been over the whole frame."""

    def tiles(reach: int, most: int, margin: int = 0) -> list[Tile]:
        wide = -(-reach // stride) * stride
        return plan_tiles(frame.shape, stride=stride, halo=wide, read_px=most, margin=margin)

    near, far = tiles(split.shallow_reach_px, read_px), tiles(halo, DEEP_READ_PX)
    greys = (partial(_inputs, frame, levels, [], tile) for tile in near)
    quarter, eighth = _collect(split.shallow, frame, near, greys, (QUARTER, EIGHTH))
    parts = (partial(_inputs, frame, None, [eighth], tile) for tile in far)
    (context,) = _collect(split.deep, frame, far, parts, (SIXTEENTH,))
    close = tiles(split.detail_reach_px, read_px, frame.margin)
    entries = [quarter, eighth, context]
    readers = (partial(_inputs, frame, levels, entries, tile) for tile in close)
    return close, (answer for (answer,) in split.detail.infer_all(readers))


def _collect(
    network: Network,
    frame: PaddedImage,
    tiles: list[Tile],
    readers: Iterable[Callable[[], list[np.ndarray]]],
    steps: tuple[int, ...],
) -> list[Features]:
    """The answers of all tiles, one array for each output of the network, at 1/step of the resolution."""
    found: list[np.ndarray] = []
    for tile, answers in zip(tiles, network.infer_all(readers), strict=True):
        for k, (answer, step) in enumerate(zip(answers, steps, strict=True)):
            if len(found) == k:
                found.append(np.empty((len(answer), *(n // step for n in frame.shape)), answer.dtype))
            found[k][(slice(None), *tile.outer(step))] = answer[(slice(None), *tile.inner(step))]
    if frame.image.size > LARGE_PX:
        network.release()
    return list(zip(found, steps, strict=True))


def _inputs(
    frame: PaddedImage, levels: LocalLevels | None, features: list[Features], tile: Tile
) -> list[np.ndarray]:
    """What a part of the network reads: normalised grey levels, unless `levels` is None, and features."""
    grey = [] if levels is None else [levels.normalise(*frame.read(tile.read_rows, tile.read_columns))[None]]
    return grey + [array[(slice(None), *tile.source(step))] for array, step in features]
