"""The network at work: weights, tiles, runtimes."""

from segment.unet.normalise import image_statistics, normalise

__all__ = ["image_statistics", "normalise"]
