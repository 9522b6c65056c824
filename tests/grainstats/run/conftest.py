"""A tiny network made on the spot (smoothed gradient magnitude), and synthetic samples for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segment.mosaics.laguerre import laguerre_section

MODEL_TOML = """\
format = 1
name = "edges"
outputs = ["boundary"]
stride = 8
halo_px = 16
best_intercept_px = 40.0
persistence = 0.2
min_area_px = 20
weights = "model.xml"
"""


@pytest.fixture(scope="session")
def edge_model(tmp_path_factory) -> Path:
    """Folder of a model without training: boundary where the smoothed grey level changes."""
    import openvino as ov
    import openvino.opset13 as ops

    x = np.arange(-3, 4)
    bell = np.exp(-0.5 * (x / 1.2) ** 2)
    smooth = np.outer(bell, bell) / bell.sum() ** 2
    slope = np.stack([np.gradient(smooth, axis=0), np.gradient(smooth, axis=1)])[:, None].astype(np.float32)
    grey = ops.parameter([-1, 1, -1, -1], np.float32, name="grey")
    flow = ops.convolution(grey, ops.constant(slope), [1, 1], [3, 3], [3, 3], [1, 1])
    size = ops.sqrt(ops.reduce_sum(ops.multiply(flow, flow), ops.constant(np.array([1])), keep_dims=True))
    logit = ops.multiply(ops.subtract(size, ops.constant(np.float32(0.12))), ops.constant(np.float32(40)))
    folder = tmp_path_factory.mktemp("models") / "edges"
    folder.mkdir()
    ov.save_model(ov.Model([logit], [grey], "edges"), str(folder / "model.xml"))
    (folder / "model.toml").write_text(MODEL_TOML)
    return folder


def write_micrograph(path: Path, seed: int, pixel_size_nm: float | None = 2.0, **mosaic: float) -> Path:
    """A grey mosaic with noise as a TIFF, calibrated as ImageJ does it."""
    rng = np.random.default_rng(seed)
    grains = laguerre_section((192, 192), 24, 0.3, rng, **mosaic).grain_map()
    levels = rng.integers(60, 200, grains.n_grains + 1)
    image = np.clip(levels[grains.labels] + rng.normal(0, 4, grains.labels.shape), 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixel_size_nm is None:
        tifffile.imwrite(path, image)
    else:
        scale = 1 / pixel_size_nm
        tifffile.imwrite(path, image, imagej=True, resolution=(scale, scale), metadata={"unit": "nm"})
    return path


@pytest.fixture(name="write_micrograph", scope="session")
def _write_micrograph():
    """The function that writes one synthetic micrograph."""
    return write_micrograph


@pytest.fixture
def two_samples(tmp_path) -> Path:
    """A folder with two samples of two images each."""
    for number in range(4):
        write_micrograph(tmp_path / "data" / f"S{number // 2 + 1}" / f"field_{number}.tif", number)
    return tmp_path / "data"
