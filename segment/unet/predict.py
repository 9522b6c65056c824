"""One micrograph through the network: scale, tiles, and the answer in the image's own pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from segment.boundarymap import BoundaryMap
from segment.errors import InputError
from segment.micrograph.model import Micrograph
from segment.unet.model import Device, Model, Precision
from segment.unet.normalise import image_statistics, normalise
from segment.unet.resample import plain, resample_bands, resample_image, resized_shape
from segment.unet.runtime import OpenVinoRuntime, runtime_for
from segment.unet.tiles import Tile, TilePlan, plan_tiles

SMALLEST_PX = 64  #: shortest edge of an image that holds enough context


def predict(
    model: Model,
    micrograph: Micrograph,
    *,
    device: Device = "auto",
    precision: Precision = "auto",
    scale: float | None = None,
    threads: int | None = None,
    tile_px: int | None = None,
) -> BoundaryMap:
    """Boundary probability of one micrograph; see `Model.predict`."""
    from segment.unet.doubts import doubts
    from segment.unet.scale import estimate_scale

    image, valid = plain(micrograph.image), micrograph.valid
    _check_size(micrograph)
    runtime = runtime_for(model, device=device, precision=precision, threads=threads)
    if scale is None:
        scale = estimate_scale(model, runtime, image, valid)
    probability, not_grain = infer_image(model, runtime, image, valid, scale=scale, tile_px=tile_px)
    boundary_map = BoundaryMap(
        probability,
        micrograph.pixel_size_nm,
        micrograph.pixel_size_source,
        valid,
        not_grain,
        model.name,
        model.digest,
        scale,
    )
    return doubts(boundary_map, image)


def infer_image(
    model: Model,
    runtime: OpenVinoRuntime,
    image: np.ndarray,
    valid: np.ndarray | None,
    *,
    scale: float = 1.0,
    tile_px: int | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Probability of a boundary, and where there is no grain, at the image's own size.

    Parameters
    ----------
    image : ndarray, shape (rows, columns)
    valid : ndarray of bool or None
    scale : float
        Factor by which the image is resampled for the network.

    Returns
    -------
    probability : ndarray of float32, shape (rows, columns)
        0 outside `valid`.
    not_grain : ndarray of bool or None
        None where the model does not tell, or tells of none.
    """
    shape = image.shape if scale == 1.0 else resized_shape(image.shape, scale)
    network_image = resample_image(image, shape)
    plan = plan_tiles(
        shape, stride=model.stride, halo=model.halo_px, read_px=runtime.read_px, tile_px=tile_px
    )
    statistics = image_statistics(network_image, _resample_valid(valid, shape))
    boundary = model.outputs.index("boundary")
    pore = model.outputs.index("not_grain") if "not_grain" in model.outputs else None
    channels = [boundary] if pore is None else [boundary, pore]
    probability = np.empty(image.shape, np.float32)
    not_grain = np.zeros(image.shape, bool)
    bands = _bands(runtime, network_image, plan, statistics, channels)
    for rows, band in resample_bands(bands, shape, image.shape):
        probability[rows] = band[0]
        not_grain[rows] = band[-1] > 0.5
    if valid is not None:
        probability[~valid] = 0
        not_grain[~valid] = False
    return probability, not_grain if pore is not None and not_grain.any() else None


def _bands(
    runtime: OpenVinoRuntime,
    image: np.ndarray,
    plan: TilePlan,
    statistics: tuple[float, float],
    channels: list[int],
) -> Iterator[np.ndarray]:
    """Rows of probabilities, shape (channels, rows, columns), as the tiles come back."""
    tiles = [tile for band in plan.bands() for tile in band]
    answers = runtime.infer_all(partial(_network_input, plan, image, tile, statistics) for tile in tiles)
    band = np.empty((0, 0, 0), np.float32)
    for tile, answer in zip(tiles, answers, strict=True):
        height, width = tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start
        if tile.columns.start == 0:
            band = np.empty((len(channels), height, plan.shape[1]), np.float32)
        inner = answer[:, plan.halo : plan.halo + height, plan.halo : plan.halo + width]
        band[:, :, tile.columns] = inner[channels]
        if tile.columns.stop == plan.shape[1]:
            yield band


def _network_input(
    plan: TilePlan, image: np.ndarray, tile: Tile, statistics: tuple[float, float]
) -> np.ndarray:
    return normalise(plan.read_tile(image, tile), *statistics)


def _check_size(micrograph: Micrograph) -> None:
    if min(micrograph.image.shape) < SMALLEST_PX:
        rows, columns = micrograph.image.shape
        raise InputError(
            micrograph.path,
            f"{columns} x {rows} px is too small to see grains",
            f"Give an image of at least {SMALLEST_PX} x {SMALLEST_PX} px",
        )


def _resample_valid(valid: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray | None:
    if valid is None or valid.shape == shape:
        return valid
    return resample_image(valid.astype(np.uint8) * 255, shape) > 254
