"""Doubling and convolution as one transposed convolution: the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segment.unet.graph_fusion import merge_doublings, merged_kernel


def answer(network: object, image: np.ndarray) -> np.ndarray:
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(network, "CPU", options)(image[None, None])[0]


@pytest.fixture
def network(model_folder: Path) -> object:
    import openvino

    return openvino.Core().read_model(str(model_folder / "model.xml"))


def kinds(network: object) -> list[str]:
    return [op.get_type_name() for op in network.get_ordered_ops()]


def test_kernel_sums_the_taps_that_meet_one_pixel() -> None:
    weights = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    kernel = merged_kernel(weights)[0, 0]
    assert kernel.sum() == 4 * weights.sum()  # four pixels of the answer to each of the small image
    assert kernel[0, 0] == weights[0, 0, 2, 2]
    assert kernel[1, 1] == weights[0, 0, 1:, 1:].sum()


def test_channels_change_places() -> None:
    assert merged_kernel(np.ones((5, 7, 3, 3), np.float32)).shape == (7, 5, 4, 4)


@pytest.mark.parametrize("shape", [(64, 64), (96, 160)])
def test_answers_stay_up_to_the_edge(network: object, shape: tuple[int, int]) -> None:
    merged = network.clone()
    merge_doublings(merged)
    assert "Interpolate" not in kinds(merged)
    assert kinds(merged).count("ConvolutionBackpropData") == 5
    image = np.random.default_rng(3).normal(0, 1, shape).astype(np.float32)
    before = answer(network, image)
    np.testing.assert_allclose(answer(merged, image), before, atol=1e-4 * np.abs(before).max())


@pytest.mark.parametrize("change", ["larger kernel", "answer used twice", "linear"])
def test_another_form_is_left_alone(change: str) -> None:
    import openvino
    import openvino.opset13 as ops

    edge = 5 if change == "larger kernel" else 3
    image = ops.parameter([1, 1, -1, -1], np.float32, "x")
    mode = "linear" if change == "linear" else "nearest"
    doubled = ops.interpolate(image, np.array([2, 2], np.float32), mode, "scales", axes=[2, 3])
    pads = [edge // 2] * 2
    convolved = ops.convolution(doubled, np.ones((1, 1, edge, edge), np.float32), [1, 1], pads, pads, [1, 1])
    results = [convolved, doubled] if change == "answer used twice" else [convolved]
    network = openvino.Model(results, [image], "other")
    merge_doublings(network)
    assert "ConvolutionBackpropData" not in kinds(network)
