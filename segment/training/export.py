"""From a checkpoint to a model folder: OpenVINO IR, weights to go on from, model.toml, record of the run."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import warnings
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segment.training.fit import load_averaged
from segment.training.recipe import RealSet, TrainingRecipe
from segment.unet.architecture import WEIGHTS, require_torch
from segment.unet.model_folder import MODEL_FORMAT

if TYPE_CHECKING:
    import torch

BEST_INTERCEPT_PX = 35.0  #: middle (in the log) of the scales drawn in training
PERSISTENCE = 0.05  #: default of a new model's seeds (`calibration/segmentation/tune_persistence.py`)
_MIN_AREA_PX = 20  #: network pixels: a cell of 5 pixels' diameter; judgement


def export_model(
    recipe: TrainingRecipe,
    checkpoint: Path,
    out: Path,
    *,
    origin: str,
    default: bool = True,
    data: Path | None = None,
) -> Path:
    """Write a model folder: ``model.xml/.bin``, ``weights.npz``, ``recipe.toml``, ``model.toml`` (returned).

    The IR holds half-precision weights with the batch statistics folded in, for inference on images of any
    size; ``weights.npz`` the same weights by name, from which fine-tuning starts; ``recipe.toml`` ends with
    the record of the run.  Of the ``last.pt`` of `fit` the averaged weights are released.  `origin` is a
    sentence for model.toml, from what they were made; `default` makes it the model that is used where none is
    named; `data` is the folder of the real sets, whose digests go into the record.
    """
    require_torch()
    import openvino
    import torch

    network, steps, seconds = load_averaged(recipe, checkpoint)
    stride = 2**recipe.depth
    halo = halo_px(network, stride)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # OpenVINO traces the network as PyTorch would not
        converted = openvino.convert_model(
            network, example_input=torch.zeros(1, 1, 256, 256), input=[1, 1, -1, -1]
        )
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / WEIGHTS, allow_pickle=False, **_used_weights(network))
    openvino.save_model(converted, out / "model.xml", compress_to_fp16=True)
    write_record(recipe, out / "recipe.toml", steps=steps, seconds=seconds, data=data)
    facts = {
        "format": MODEL_FORMAT,
        "name": recipe.name,
        "default": default,
        "outputs": ("boundary", "not_grain"),
        "stride": stride,
        "halo_px": halo,
        "best_intercept_px": BEST_INTERCEPT_PX,
        "persistence": PERSISTENCE,
        "min_area_px": _MIN_AREA_PX,
        "weights": "model.xml",
        "recipe": "recipe.toml",
        "origin": origin,
    }
    (out / "model.toml").write_text("\n".join(toml_lines(facts)) + "\n", encoding="utf-8")
    return out / "model.toml"


def halo_px(network: torch.nn.Module, stride: int) -> int:
    """How far an input pixel reaches, measured by gradients; a multiple of `stride`.

    The reach is the largest distance at which a pixel of the output still has a gradient above 1e-4 of the
    greatest, over several outputs of the stride's raster.
    """
    import torch

    size = 40 * stride
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


def _used_weights(network: torch.nn.Module) -> dict[str, np.ndarray]:
    """Half-precision tensors of the modules that a gradient has reached; deeper blocks stay unused."""
    used = {name.rpartition(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    return {
        name: (tensor.half() if tensor.is_floating_point() else tensor).numpy()
        for name, tensor in network.state_dict().items()
        if name.rpartition(".")[0] in used
    }


def write_record(
    recipe: TrainingRecipe, path: Path, *, steps: int, seconds: float, data: Path | None = None
) -> None:
    """Write ``recipe.toml``: the recipe with a [record] table of the run, which `recipe.read_recipe` skips.

    `data`: the folder of the real sets, whose digests are recorded.
    """
    facts = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name != "real"}
    lines = ["# Recipe of these weights; read by `grainstats model train`.", *toml_lines(facts)]
    for one in recipe.real:
        lines += ["", "[[real]]", *toml_lines(asdict(one))]
    record: dict[str, Any] = {
        "steps": steps,
        "seconds": round(seconds),
        "date": datetime.now(UTC).date().isoformat(),
        "torch": version("torch"),
        "segmentation_models_pytorch": version("segmentation-models-pytorch"),
        "machine": platform.machine(),
    }
    if data is not None:
        record |= {f"sha256_{one.name}": data_digest(data, one) for one in recipe.real}
    path.write_text("\n".join([*lines, "", "[record]", *toml_lines(record)]) + "\n", encoding="utf-8")


def data_digest(data: Path, chosen: RealSet) -> str:
    """SHA-256 over names and bytes of the images and tracings that training saw."""
    total = hashlib.sha256()
    for folder in ("images", "boundary", *chosen.phases):
        for path in sorted((data / chosen.name / folder).glob("*")):
            if chosen.uses(path.stem):
                content = path.read_bytes()
                total.update(f"{folder}/{path.name}\0{len(content)}\0".encode())
                total.update(content)
    return total.hexdigest()


def toml_lines(facts: dict[str, Any]) -> list[str]:
    """A line of TOML for each key and value."""
    bare = re.compile(r"[A-Za-z0-9_-]+")  # other keys want quotes
    keys = (key if bare.fullmatch(key) else toml_value(key) for key in facts)
    return [f"{key} = {toml_value(value)}" for key, value in zip(keys, facts.values(), strict=True)]


def toml_value(value: Any) -> str:
    """A text, number, truth value, or list or table of them as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(toml_lines(value)) + "}"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else repr(value)
