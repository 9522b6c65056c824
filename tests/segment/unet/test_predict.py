"""Prediction: tiles equal the whole image, sizes and dtypes, properties, devices."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage as ndi

from segment.errors import InputError
from segment.unet import magnification
from segment.unet import predict as predict_module
from segment.unet.choose_runtime import choose_precision, runtime_for
from segment.unet.graph_split import split_network
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.predict import infer_image, predict

SAME = 1e-3  #: largest difference of probability that passes for equal, in f32


def texture(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Blobs of several sizes, uint8."""
    rng = np.random.default_rng(seed)
    field = sum(ndi.gaussian_filter(rng.normal(size=shape), s) * s for s in (1, 4, 16))
    return np.clip(128 + 40 * field / field.std(), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def runtime(tiny):
    return OpenVinoRuntime(str(tiny.weights), "f32", 2)


@pytest.fixture(scope="module")
def whole(tiny, runtime):
    """A 700 x 610 image and its probability computed in one piece."""
    image = texture((700, 610))
    return image, infer_image(tiny, runtime, image, None)[0]


@pytest.mark.parametrize(
    ("read_px", "deep_read_px"), [(20_000, 300_000), (60_000, 10**9), (200_000, 300_000)]
)
def test_tiles_in_three_parts_equal_the_whole(tiny, runtime, whole, monkeypatch, read_px, deep_read_px):
    image, expected = whole
    assert runtime.parts is not None
    monkeypatch.setattr(runtime, "read_px", read_px)
    monkeypatch.setattr("segment.unet.tiled_inference.DEEP_READ_PX", deep_read_px)
    tiled, _ = infer_image(tiny, runtime, image, None)
    assert expected.std() > 0.05
    np.testing.assert_allclose(tiled, expected, atol=SAME)


@pytest.fixture
def uncut(tiny):
    """The network where its graph could not be cut, with little memory."""
    plain = OpenVinoRuntime(str(tiny.weights), "f32", 2)
    plain.__dict__["parts"], plain.read_px = None, 200_000
    return plain


def test_plain_tiles_equal_the_whole_where_the_graph_cannot_be_cut(tiny, uncut, whole):
    image, expected = whole
    tiled, _ = infer_image(tiny, uncut, image, None)
    np.testing.assert_allclose(tiled, expected, atol=SAME)


def test_too_narrow_a_halo_would_be_noticed(tiny, uncut, whole):
    """The comparison above can fail: without context the tiles differ."""
    image, expected = whole
    tiled, _ = infer_image(replace(tiny, halo_px=0), uncut, image, None)
    assert np.abs(tiled - expected).max() > 10 * SAME


def test_graph_of_another_form_is_not_cut():
    import openvino
    import openvino.opset13 as ops

    x = ops.parameter([1, 1, -1, -1], np.float32)
    assert split_network(openvino.Model([ops.relu(x)], [x], "plain")) is None


@pytest.mark.parametrize("shape", [(64, 64), (64, 301), (65, 127), (333, 97)])
def test_sizes_from_64_px_and_odd_ones(tiny, as_micrograph, shape):
    answer = predict(tiny, as_micrograph(texture(shape)))
    assert answer.probability.shape == shape
    assert answer.probability.dtype == np.float32
    assert 0 <= answer.probability.min() <= answer.probability.max() <= 1
    assert (answer.model_name, answer.model_digest) == ("tiny", tiny.digest)


def test_too_small_is_refused(tiny, as_micrograph):
    with pytest.raises(InputError, match="too small"):
        predict(tiny, as_micrograph(texture((64, 63))))


def test_dtype_gain_and_offset_do_not_matter(tiny, as_micrograph):
    image = texture((128, 160))
    expected = predict(tiny, as_micrograph(image), scale=1.0).probability
    for other in (
        image.astype(np.uint16) * 200 + 300,
        image.astype(np.int32) - 5000,
        image.astype(">u2"),
        image.astype(np.float64) / 7,
        image.astype(np.uint32) * 1000,
    ):
        answer = predict(tiny, as_micrograph(other), scale=1.0).probability
        np.testing.assert_allclose(answer, expected, atol=SAME)


def test_calibration_is_handed_on_and_not_needed(tiny, as_micrograph):
    image = texture((96, 96))
    bare = predict(tiny, as_micrograph(image))
    assert (bare.pixel_size_nm, bare.pixel_size_source) == (None, "none")
    sized = predict(tiny, as_micrograph(image, pixel_size_nm=2.5, pixel_size_source="sidecar"))
    assert (sized.pixel_size_nm, sized.pixel_size_source) == (2.5, "sidecar")
    np.testing.assert_array_equal(bare.probability, sized.probability)


def test_masked_pixels_get_no_boundary_and_do_not_enter_the_statistics(tiny, as_micrograph):
    image = texture((128, 128))
    valid = np.ones(image.shape, bool)
    valid[100:] = False
    answers = []
    for overlay in (0, 255):
        covered = image.copy()
        covered[100:] = overlay
        answers.append(predict(tiny, as_micrograph(covered, valid=valid), scale=1.0))
    assert not answers[0].probability[100:].any()
    far = slice(0, 4)  # the context of the overlay itself ends somewhere below
    assert np.abs(answers[0].probability[far] - answers[1].probability[far]).mean() < 0.1


def test_same_image_same_answer_and_flips_follow(tiny, as_micrograph):
    image = texture((160, 192))
    first = predict(tiny, as_micrograph(image)).probability
    np.testing.assert_array_equal(first, predict(tiny, as_micrograph(image)).probability)


@pytest.mark.parametrize("masked", [False, True])
def test_a_small_image_goes_through_the_network_once(tiny, as_micrograph, monkeypatch, masked):
    """Its magnification is estimated from the same pixels."""
    image, asked = texture((200, 240)), []
    valid = np.arange(240) < 200 if masked else None
    valid = None if valid is None else np.tile(valid, (200, 1))
    expected = predict(tiny, as_micrograph(image, valid=valid), scale=1.0)
    whole = magnification.probability_tiles
    monkeypatch.setattr(magnification, "choose_magnification", lambda *_: 1.0)
    monkeypatch.setattr(magnification, "OTHER_TRIALS", ())
    for module in (magnification, predict_module):
        monkeypatch.setattr(module, "probability_tiles", lambda *a, **k: asked.append(1) or whole(*a, **k))
    answer = predict(tiny, as_micrograph(image, valid=valid))
    assert len(asked) == 1
    np.testing.assert_array_equal(answer.probability, expected.probability)
    np.testing.assert_equal(answer.not_grain, expected.not_grain)


@pytest.mark.parametrize("scale", [0.5, 0.71, 1.6])
def test_resampled_answer_has_the_images_size_and_does_not_depend_on_tiles(tiny, runtime, monkeypatch, scale):
    image = texture((300, 410))
    at_once, pores = infer_image(tiny, runtime, image, None, scale=scale)
    monkeypatch.setattr(runtime, "read_px", 20_000)
    tiled, pores_tiled = infer_image(tiny, runtime, image, None, scale=scale)
    assert at_once.shape == image.shape
    np.testing.assert_allclose(tiled, at_once, atol=SAME)
    assert (pores is None) == (pores_tiled is None)


def test_bf16_is_near_f32(tiny, runtime, whole):
    image, expected = whole
    half = OpenVinoRuntime(str(tiny.weights), "bf16", 2)
    answer, _ = infer_image(tiny, half, image, None)
    assert ((answer > 0.5) == (expected > 0.5)).mean() > 0.98


@pytest.mark.parametrize(
    ("has_bf16", "agreement", "chosen", "on_cuda"),
    [
        (True, 0.999, "bf16", "bf16"),
        (True, 0.9, "f32", "f32"),
        (True, None, "f32", "f32"),
        (False, 0.999, "f32", "bf16"),
    ],
)
def test_auto_takes_bf16_where_the_machine_has_it_and_it_agrees(
    tiny, monkeypatch, has_bf16, agreement, chosen, on_cuda
):
    monkeypatch.setattr("segment.unet.choose_runtime.processor_has_bf16", lambda: has_bf16)
    model = replace(tiny, bf16_agreement=agreement)
    assert choose_precision(model, "auto") == chosen
    assert choose_precision(model, "auto", on_cuda=True) == on_cuda
    assert choose_precision(model, "f32") == "f32"
    assert choose_precision(model, "bf16") == "bf16"


def test_reach_of_the_parts_is_that_of_their_kernels(runtime):
    """Detail: 3 x 3 at 1/8, 1/4, 1/2, twice at 1. Shallow: thrice stride 2, padded on one side."""
    assert runtime.parts.detail_reach_px == 8 + 4 + 2 + 1 + 1
    assert runtime.parts.shallow_reach_px == 1 + 2 + 4


def test_compiled_network_is_kept(tiny):
    first = runtime_for(tiny, device="auto", precision="f32", threads=1)
    assert runtime_for(tiny, device="cpu", precision="f32", threads=1) is first
    assert runtime_for(tiny, device="cpu", precision="f32", threads=2) is not first


def test_missing_cuda_is_said(tiny, as_micrograph):
    with pytest.raises(InputError, match="cuda"):
        predict(tiny, as_micrograph(texture((64, 64))), device="cuda")


@pytest.mark.parametrize(("precision", "merged"), [("f32", True), ("bf16", False)])
def test_doublings_stay_as_they_are_where_the_other_form_was_not_measured(
    tiny, monkeypatch, precision, merged
):
    monkeypatch.setattr("segment.unet.openvino_runtime.processor_has", lambda *names: "amx-bf16" in names)
    seen = []
    monkeypatch.setattr("segment.unet.openvino_runtime.merge_doublings", seen.append)
    assert OpenVinoRuntime(str(tiny.weights), precision, 1).whole
    assert bool(seen) == merged


def test_a_network_for_which_memory_ends_is_not_called_bad(tiny, monkeypatch):
    def ends(*_: object) -> None:
        raise RuntimeError("Exception from src/inference\nResource temporarily unavailable")

    monkeypatch.setattr("segment.unet.openvino_runtime.Compiled", ends)
    with pytest.raises(RuntimeError, match="Resource temporarily unavailable"):
        _ = OpenVinoRuntime(str(tiny.weights), "f32", 1).whole
