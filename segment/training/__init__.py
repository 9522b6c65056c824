"""Synthetic micrographs, data sets, fit, fine-tune, export, evaluate (needs the extra `train`)."""
