"""The network at work: weights, tiles, runtimes."""

from segment.unet.model_folder import Model, load_model, released_models
from segment.unet.normalise import image_statistics, normalise

__all__ = ["Model", "image_statistics", "load_model", "normalise", "released_models"]
