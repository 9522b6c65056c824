"""A miniature U-Net with seeded weights, of the form of the released ones, so that no test needs those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segment.micrograph import Micrograph
from segment.unet import Model, load_model

TOML = """format = 1
name = "tiny"
outputs = ["boundary", "not_grain"]
stride = 32
halo_px = 128
best_intercept_px = 30.0
persistence = 0.1
min_area_px = 20
weights = "model.xml"
"""
WIDTHS = (4, 4, 6, 6, 8)


def build_network() -> object:
    """Five halvings, five doublings with skips; two logits."""
    import openvino
    import openvino.opset13 as ops

    rng = np.random.default_rng(11)

    def convolution(x, channels, stride=1, gain=1.4, balanced=False):
        inputs = x.get_output_partial_shape(0)[1].get_length()
        weights = rng.normal(0, gain / np.sqrt(9 * inputs), (channels, inputs, 3, 3)).astype(np.float32)
        if balanced:
            weights -= weights.mean(axis=(1, 2, 3), keepdims=True)
        ends = [0, 0] if stride == 2 else [1, 1]
        return ops.convolution(x, weights, [stride, stride], ends, [1, 1], [1, 1])

    def doubled(x):
        return ops.interpolate(x, np.array([2, 2], np.float32), "nearest", "scales", axes=[2, 3])

    image = ops.parameter([1, 1, -1, -1], np.float32, "x")
    levels, x = [], image
    for width in WIDTHS:
        x = ops.relu(convolution(x, width, stride=2))
        levels.append(x)
    for skip in levels[-2::-1]:
        x = ops.relu(convolution(ops.concat([doubled(x), skip], 1), 8))
    logits = convolution(ops.relu(convolution(doubled(x), 8)), 2, balanced=True)
    shifted = ops.add(logits, np.array([0.0, -6.0], np.float32).reshape(1, 2, 1, 1))
    return openvino.Model([shifted], [image], "tiny")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the miniature model."""
    import openvino

    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    openvino.save_model(build_network(), folder / "model.xml", compress_to_fp16=True)
    (folder / "model.toml").write_text(TOML)
    (folder / "CARD.md").write_text("# tiny\n")
    return folder


@pytest.fixture(scope="session")
def tiny(model_folder: Path) -> Model:
    """The miniature model, opened."""
    return load_model(model_folder)


@pytest.fixture
def as_micrograph():
    """Wrap an array as an uncalibrated micrograph."""

    def wrap(image: np.ndarray, **facts) -> Micrograph:
        facts = {"pixel_size_nm": None, "pixel_size_source": "none", **facts}
        return Micrograph(image, path=Path("test.tif"), sha256="0" * 64, vendor="test", **facts)

    return wrap
