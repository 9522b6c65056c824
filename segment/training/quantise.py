"""INT8 weights for a model folder, and how far reduced arithmetic agrees with f32.

Post-training quantisation (NNCF) of the decoder, its doublings merged (`segment.unet.graph_fusion`),
calibrated
on the project's own synthetic micrographs.  The decoder holds nine tenths of the arithmetic.  The encoder
stays in floating point: its depthwise convolutions gain little, and OpenVINO 2026.4 ends the process in some
of their INT8 kernels (AMX, dynamic shapes).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from segment._threads import available_cores
from segment.errors import InputError
from segment.unet.graph_fusion import doublings, merge_doublings
from segment.unet.model_folder import load_model
from segment.unet.normalise import image_statistics, normalise
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.precision import Chosen, processor_has_bf16
from segment.unet.predict import infer_image

INT8_WEIGHTS = "model_int8.xml"
CALIBRATION, JUDGED = 48, 24  #: synthetic micrographs that calibrate, and others that are compared
EDGE_PX = 256
SEED = 20261123


def quantise(folder: Path) -> dict[str, float]:
    """Write INT8 weights into a model folder, and measured agreements into its model.toml.

    Parameters
    ----------
    folder : Path
        With ``model.toml`` and the IR.

    Returns
    -------
    dict
        Agreement with f32 by precision; bf16 is left out where this processor lacks it.

    Raises
    ------
    InputError
        NNCF is not installed.
    """
    try:
        import nncf
    except ImportError as error:
        remedy = 'Install the extra `train`: pip install "grainstats[train]"'
        raise InputError("quantisation", "nncf is not installed", remedy) from error
    import openvino

    nncf.set_log_level(logging.ERROR)
    model = load_model(folder)
    folder = model.folder  # where the name of a released model was given
    network = openvino.Core().read_model(str(model.weights))
    sums = merge_doublings(network)  # to stay in floating point: they are added within the convolution
    quantised = nncf.quantize(
        network,
        nncf.Dataset(list(_inputs(CALIBRATION))),
        subset_size=CALIBRATION,
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=_encoder_operations(network) + sums),
    )
    openvino.save_model(quantised, folder / INT8_WEIGHTS, compress_to_fp16=True)
    write_settings(folder, {"int8_weights": f'"{INT8_WEIGHTS}"'})
    agreements = measure_agreements(folder)
    write_settings(folder, {f"{name}_agreement": f"{value:.4f}" for name, value in agreements.items()})
    return agreements


def measure_agreements(folder: Path) -> dict[str, float]:
    """Share of pixels that lie on the same side of one half as in f32, on synthetic micrographs."""
    model = load_model(folder)
    weights: dict[Chosen, Path] = {"f32": model.weights}
    if processor_has_bf16():
        weights["bf16"] = model.weights
    if model.int8_weights is not None:
        weights["int8"] = model.int8_weights
    runtimes = {name: OpenVinoRuntime(str(path), name, available_cores()) for name, path in weights.items()}
    same = {name: 0 for name in weights if name != "f32"}
    for image in _images(CALIBRATION, JUDGED):
        sides = {name: infer_image(model, one, image, None)[0] > 0.5 for name, one in runtimes.items()}
        for name in same:
            same[name] += int(np.count_nonzero(sides[name] == sides["f32"]))
    return {name: count / (JUDGED * EDGE_PX**2) for name, count in same.items()}


def write_settings(folder: Path, settings: dict[str, str]) -> None:
    """Put values, as TOML writes them, into model.toml; the rest stays as it is."""
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    for key, value in settings.items():
        line = f"{key} = {value}"
        text, known = re.subn(rf"^{key} *=.*$", line, text, flags=re.MULTILINE)
        text = text if known else f"{text.rstrip()}\n{line}\n"
    path.write_text(text, encoding="utf-8")


def _encoder_operations(network: Any) -> list[str]:
    """Names of the operations before the features that the decoder takes."""
    found = doublings(network)
    waiting = [found[0].small, *(one.skip for one in found if one.skip is not None)]
    names: set[str] = set()
    while waiting:
        op = waiting.pop().get_node()
        if op.get_friendly_name() not in names:
            names.add(op.get_friendly_name())
            waiting += op.input_values()
    kinds = ("Convolution", "GroupConvolution", "Add", "Multiply", "MaxPool")
    ordered = ((op.get_friendly_name(), op.get_type_name()) for op in network.get_ordered_ops())
    return [name for name, kind in ordered if name in names and kind in kinds]


def _inputs(count: int) -> Iterator[np.ndarray]:
    for image in _images(0, count):
        yield normalise(image, *image_statistics(image))[None, None]


def _images(first: int, count: int) -> Iterator[np.ndarray]:
    """Synthetic micrographs, every style in turn; `first` ... do not depend on `count`."""
    from segment.training.synthetic.render import STYLES, synthetic_micrograph

    styles = list(STYLES)
    for index in range(first, first + count):
        rng = np.random.default_rng([SEED, index])
        style = styles[index % len(styles)]
        yield synthetic_micrograph(rng, (EDGE_PX, EDGE_PX), style=style).image
