"""The network at work: weights, tiles, runtimes."""

from segment.unet.model_folder import Model, load_model, released_models

__all__ = ["Model", "load_model", "released_models"]
