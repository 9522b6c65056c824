"""Weights to go on from, as tensors by name: a model folder's convolutions and, in `weights.npz`, the rest.

The OpenVINO network holds each convolution multiplied by what its batch normalisation would do. `weights.npz`
holds the normalisations, so that both together give the convolutions back; an empty array keeps the place of
each that is not stored a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.errors import ModelError
from segment.unet.architecture import require_torch

if TYPE_CHECKING:
    import torch

WEIGHTS, NETWORK = "weights.npz", "model.xml"
EPSILON = 1e-5  #: added to the variance by a batch normalisation (PyTorch's default)
ROUNDING = 2**-9  #: largest error of what comes back, of its channel's largest weight: two steps of f16


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a model folder by name, float32, to go on training from.

    Raises
    ------
    ModelError
        The folder holds none.
    """
    require_torch()
    import torch

    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(path, "the weights to go on from are missing", "Fine-tune a released model")
    with np.load(path) as stored:
        held = {name: stored[name] for name in stored.files}
    if not all(values.size for values in held.values()):
        held |= {name: values for name, values in _convolutions(folder, held) if not held[name].size}
    return {
        name: torch.from_numpy(np.asarray(values, np.float32) if values.dtype == np.float16 else values)
        for name, values in held.items()
    }


def save_weights(folder: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write `weights.npz` beside the OpenVINO network that was exported from the same tensors.

    Parameters
    ----------
    folder : Path
        Holds ``model.xml`` and ``model.bin``.
    tensors : mapping of str to ndarray
        In the order of the network's ``state_dict``: a convolution before its normalisation.
    """
    kept = dict(tensors)
    for name, values in _convolutions(folder, tensors):
        largest = np.abs(tensors[name]).max(axis=(1, 2, 3), keepdims=True)
        largest = np.maximum(largest, np.finfo(np.float16).smallest_normal)
        if (np.abs(values - tensors[name]) <= ROUNDING * largest).all():
            kept[name] = np.zeros(0, np.float16)
    np.savez(folder / WEIGHTS, allow_pickle=False, **kept)


def _convolutions(folder: Path, tensors: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Name and float32 weights, shape (out, in, rows, columns), of the network's normalised convolutions."""
    import openvino

    names = list(tensors)
    for node in openvino.Core().read_model(folder / NETWORK).get_ordered_ops():
        if not node.get_type_name().endswith("Convolution"):
            continue
        (normalisation,) = node.output(0).get_target_inputs()
        module = normalisation.get_node().get_friendly_name().removeprefix("__module.").partition("/")[0]
        if f"{module}.running_var" not in tensors:
            continue
        gain = np.asarray(tensors[f"{module}.weight"], np.float32)
        variance = np.asarray(tensors[f"{module}.running_var"], np.float32)
        source = node.input_value(1).get_node()
        while source.get_type_name() != "Constant":  # conversions to single precision
            source = source.input_value(0).get_node()
        values = np.asarray(source.get_data(), np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):  # of a channel without gain nothing comes back
            back = np.sqrt(variance + EPSILON) / gain
            values = values.reshape(back.size, -1, *values.shape[-2:]) * back[:, None, None, None]
        yield names[names.index(f"{module}.weight") - 1], values
