"""One micrograph through the network: scale, tiles, and the answer in the image's own pixels."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from segment.boundary_map import BoundaryMap
from segment.cells.voids import SURE_VOID, believed
from segment.choices import Device, Precision
from segment.errors import InputError
from segment.micrograph.micrograph import Micrograph
from segment.quality.warnings import probability_warnings
from segment.unet.choose_runtime import runtime_for
from segment.unet.local_normalisation import local_levels
from segment.unet.magnification import estimate_scale
from segment.unet.model_folder import Model
from segment.unet.resample import opencv_image, resample_bands, resample_image, resized_shape
from segment.unet.tiled_inference import LARGE_PX, Runtime, probability_bands, probability_tiles

_SMALLEST_PX = 64  #: shortest edge of an image that holds enough context


def predict(
    model: Model,
    micrograph: Micrograph,
    *,
    device: Device = "auto",
    precision: Precision = "auto",
    scale: float | None = None,
    threads: int | None = None,
) -> BoundaryMap:
    """Boundary probability of one micrograph.

    Parameters
    ----------
    model : Model
    micrograph : Micrograph
        Any size from 64 x 64 px; needs no pixel size.
    device : {"auto", "cpu", "cuda"}
        "auto" is CUDA where PyTorch finds it, else the processor.
    precision : {"auto", "f32", "bf16"}
        "auto" is bf16 where the machine has it and the measured agreement with f32 is high enough, else f32.
    scale : float, optional
        Factor by which the image is resampled for the network; None: estimated from the image.
    threads : int, optional
        Threads of the network; None: all that this process may use.

    Raises
    ------
    InputError
        The image is smaller than 64 px along an edge, or the device is not there.

    Examples
    --------
    >>> import numpy as np, segment
    >>> grey = np.random.default_rng(0).normal(128.0, 9.0, (64, 96))
    >>> segment.predict(segment.load_model(), segment.micrograph_of_array(grey)).probability.shape
    (64, 96)
    """
    image, valid = opencv_image(micrograph.image), micrograph.valid
    if min(image.shape) < _SMALLEST_PX:
        reason = f"{image.shape[1]} x {image.shape[0]} px is too small to see grains"
        raise InputError(micrograph.path, reason, f"Give one of at least {_SMALLEST_PX} x {_SMALLEST_PX} px")
    runtime = runtime_for(model, device=device, precision=precision, threads=threads)
    known = None
    if scale is None:
        scale, known = estimate_scale(model, runtime, image, valid)
    probability, not_grain = infer_image(model, runtime, image, valid, scale=scale, known=known)
    if image.size > LARGE_PX:
        runtime.release()
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
    return replace(boundary_map, warnings=probability_warnings(boundary_map))


def infer_image(
    model: Model,
    runtime: Runtime,
    image: np.ndarray,
    valid: np.ndarray | None,
    *,
    scale: float = 1.0,
    known: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Probability of a boundary (float32, 0 outside `valid`), and where there is no grain; in image pixels.

    The second is `segment.cells.voids.believed`; None where the model does not tell, or tells of none.  The
    image is resampled by `scale` for the network; `known` is the network's answer at scale 1, shape
    (channels, rows, columns), where it has been asked already.
    """
    boundary = model.outputs.index("boundary")
    pore = model.outputs.index("not_grain") if "not_grain" in model.outputs else None
    probability = np.empty(image.shape, np.float32)
    not_grain, sure = np.zeros(image.shape, bool), np.zeros(image.shape, bool)
    if known is None:
        tiles = _tiles(model, runtime, image, valid, scale)
    else:
        tiles = iter([(slice(None), slice(None), known)])
    for rows, columns, answer in tiles:
        probability[rows, columns] = answer[boundary]
        if pore is not None:
            np.greater(answer[pore], 0.5, out=not_grain[rows, columns])
            np.greater(answer[pore], SURE_VOID, out=sure[rows, columns])
    if valid is not None:
        probability[~valid] = 0
        not_grain[~valid] = False
    return probability, believed(not_grain, sure) if not_grain.any() else None


def _tiles(
    model: Model, runtime: Runtime, image: np.ndarray, valid: np.ndarray | None, scale: float
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Rows and columns of the image with the network's answers there."""
    shape = image.shape if scale == 1.0 else resized_shape(image.shape, scale)
    network_image = resample_image(image, shape)
    seen = None if valid is None else resample_image(valid.astype(np.uint8) * 255, shape) > 254
    levels = local_levels(network_image, seen)
    tiles = probability_tiles(runtime, network_image, levels, stride=model.stride, halo=model.halo_px)
    if shape == image.shape:
        return tiles
    bands = resample_bands(probability_bands(tiles, shape[1]), shape, image.shape)
    return ((rows, slice(None), band) for rows, band in bands)
