"""Micrograph -> grain map: reading microscope files, the U-Net at work, closed cells."""

__version__ = "0.1.0"
