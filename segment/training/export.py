"""From a checkpoint to a model folder: OpenVINO IR in half precision, model.toml, the halo measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segment.training.fit import load_averaged
from segment.training.network import require_torch
from segment.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    import torch

FAVOURITE_INTERCEPT_PX = 35.0  #: middle (in the log) of the scales drawn in training
PERSISTENCE = 0.10
MIN_AREA_PX = 20


def export(recipe: TrainingRecipe, checkpoint: Path, out: Path, *, origin: str) -> Path:
    """Write ``model.xml``, ``model.bin`` and ``model.toml``; height and width stay free.

    Parameters
    ----------
    recipe : TrainingRecipe
        Of the run that made the checkpoint.
    checkpoint : Path
        ``last.pt`` of `fit`; its averaged weights are released.
    out : Path
        The model folder.
    origin : str
        A sentence for model.toml: from what the weights were made.

    Returns
    -------
    Path
        ``model.toml``.
    """
    require_torch()
    import openvino
    import torch

    network = load_averaged(recipe, checkpoint)
    stride = 2**recipe.depth
    halo = halo_px(network, stride)
    with torch.no_grad():
        converted = openvino.convert_model(
            network, example_input=torch.zeros(1, 1, 256, 256), input=[1, 1, -1, -1]
        )
    out.mkdir(parents=True, exist_ok=True)
    openvino.save_model(converted, out / "model.xml", compress_to_fp16=True)
    text = _model_toml(recipe.name, stride, halo, origin)
    (out / "model.toml").write_text(text, encoding="utf-8")
    return out / "model.toml"


def halo_px(network: torch.nn.Module, stride: int) -> int:
    """How far an input pixel reaches, measured by gradients; a multiple of `stride`.

    The reach is the largest distance at which a pixel of the output still has a gradient above 1e-4 of the
    greatest, over several outputs of the stride's raster.
    """
    import torch

    size = 64 * stride
    reach = 0
    for offset in (0, stride // 2, stride - 1):
        image = torch.randn(
            1, 1, size, size, generator=torch.Generator().manual_seed(offset), requires_grad=True
        )
        centre = size // 2 + offset
        network(image)[0, 0, centre, centre].backward()
        assert image.grad is not None
        strong = image.grad[0, 0].abs()
        rows, columns = np.nonzero((strong > 1e-4 * strong.max()).numpy())
        reach = max(reach, int(np.abs(rows - centre).max()), int(np.abs(columns - centre).max()))
    return -(-reach // stride) * stride


def _model_toml(name: str, stride: int, halo: int, origin: str) -> str:
    return (
        f'format = 1\nname = "{name}"\ndefault = true\noutputs = ["boundary", "not_grain"]\n'
        f"stride = {stride}\nhalo_px = {halo}\nfavourite_intercept_px = {FAVOURITE_INTERCEPT_PX}\n"
        f"persistence = {PERSISTENCE}\nmin_area_px = {MIN_AREA_PX}\n"
        f'weights = "model.xml"\nrecipe = "recipe.toml"\norigin = "{origin}"\n'
    )
