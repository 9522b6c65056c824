"""PyTorch gives what OpenVINO gives: the path that CUDA takes, here on the processor."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.unet import load_model
from segment.unet.choose_runtime import runtime_for
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.predict import infer_image

torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `train`")
pytest.importorskip("segmentation_models_pytorch", reason="comes with the extra `train`")

from segment.unet.torch_runtime import TorchRuntime  # noqa: E402


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    field = ndi.gaussian_filter(np.random.default_rng(5).normal(size=(330, 410)), 3)
    return np.clip(128 + 500 * field, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def expected(image):
    model = load_model()
    return infer_image(model, OpenVinoRuntime(str(model.weights), "f32", 1), image, None)[0]


def compare(answer: np.ndarray, expected: np.ndarray) -> None:
    """The weights are rounded to halves before the batch statistics are folded in, not after."""
    assert np.abs(answer - expected).mean() < 1e-3
    assert np.abs(answer - expected).max() < 0.03
    assert ((answer > 0.5) == (expected > 0.5)).mean() > 0.999


def test_torch_on_the_processor_equals_openvino_at_once_and_in_tiles(image, expected):
    model = load_model()
    runtime = TorchRuntime(model, "cpu", "f32")
    whole = infer_image(model, runtime, image, None)[0]
    compare(whole, expected)
    runtime.read_px = 250_000
    tiled = infer_image(model, runtime, image, None)[0]
    np.testing.assert_allclose(tiled, whole, atol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_cuda_equals_openvino(image, expected, device):
    model = load_model()
    runtime = runtime_for(model, device=device, precision="f32", threads=1)
    assert isinstance(runtime, TorchRuntime)
    compare(infer_image(model, runtime, image, None)[0], expected)


def test_bf16_answers_in_f32(image, expected):
    model = load_model()
    runtime = TorchRuntime(model, "cpu", "bf16")
    assert runtime.precision == "bf16"
    answer = infer_image(model, runtime, image[:128, :128].copy(), None)[0]
    assert answer.dtype == np.float32 and 0 <= answer.min() <= answer.max() <= 1
