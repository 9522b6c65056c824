"""Grain map -> knowledge: spacings, a verdict per sample, comparisons, exports."""

__version__ = "0.1.0"
