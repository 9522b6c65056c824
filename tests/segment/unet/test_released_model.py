"""The released weights on real fields (of its last stage): a floor of quality, tiles, precision, flips."""

import importlib.util

import cv2
import numpy as np
import pytest

from segment.cells.borders import find_borders
from segment.pipeline import segment_micrograph
from segment.quality.warnings import MISSED
from segment.unet import load_model, released_models
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.predict import infer_image

FIELDS = ("uo2_07", "uo2_09", "uo2_24")
pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module", params=released_models())
def model(request):
    return load_model(request.param)


@pytest.fixture(scope="module")
def field(shared_data):
    def read(name: str, kind: str = "images", suffix: str = ".jpg") -> np.ndarray:
        return cv2.imread(str(shared_data / "uo2_bftem" / kind / f"{name}{suffix}"), cv2.IMREAD_GRAYSCALE)

    return read


@pytest.fixture(scope="module")
def score(shared_eval):
    spec = importlib.util.spec_from_file_location("score", shared_eval / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_boundaries_of_real_fields_are_found(model, field, score, as_micrograph):
    f1, intercept, warnings = [], [], []
    for name in FIELDS:
        _, grains = segment_micrograph(as_micrograph(field(name)), model)
        truth = score.truth_labels(field(name, "boundary", ".png"))
        f1.append(score.boundary_f1(score.edges(grains.labels), score.edges(truth), 4)[0])
        intercept.append(np.log(score.chords(grains.labels).mean() / score.chords(truth).mean()))
        warnings += grains.warnings
    assert all(text.startswith(MISSED) for text in warnings), "a real field taken for no grains"
    assert len(warnings) <= 1, "only uo2_09, of overlapping grains, may be said to lack boundaries"
    assert np.mean(f1) >= 0.75
    assert np.abs(intercept).mean() <= 0.15


def test_tiles_of_the_released_network_equal_the_whole(model, field):
    image = np.ascontiguousarray(field("uo2_07")[:640, :700])
    runtime = OpenVinoRuntime(str(model.weights), "f32", 2)
    assert runtime.parts is not None
    whole, _ = infer_image(model, runtime, image, None)
    runtime.read_px = 100_000
    tiled, _ = infer_image(model, runtime, image, None)
    np.testing.assert_allclose(tiled, whole, atol=1e-3)


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_the_number_of_threads_changes_no_byte(model, field, precision):
    image = np.ascontiguousarray(field("uo2_24")[:200, :200])
    answers = [
        infer_image(model, OpenVinoRuntime(str(model.weights), precision, threads), image, None)[0]
        for threads in (1, 2, 3)
    ]
    assert all(np.array_equal(answer, answers[0]) for answer in answers)


def test_bf16_agrees_with_f32(model, field):
    image = np.ascontiguousarray(field("uo2_24")[:512, :512])
    answers = [
        infer_image(model, OpenVinoRuntime(str(model.weights), precision, 2), image, None)[0] > 0.5
        for precision in ("f32", "bf16")
    ]
    assert (answers[0] == answers[1]).mean() > 0.99


def test_turned_field_gives_the_same_grains(model, field, score, as_micrograph):
    def cells(image: np.ndarray) -> np.ndarray:
        return segment_micrograph(as_micrograph(np.ascontiguousarray(image)), model)[1].labels

    image = field("uo2_07")[:512, :512]
    straight = cells(image)
    for turn in (np.fliplr, np.transpose):
        f1 = score.boundary_f1(score.edges(turn(straight)), score.edges(cells(turn(image))), 4)[0]
        assert f1 > 0.85


def test_coarse_and_fine_images_find_their_scale(model, field, as_micrograph):
    image = field("uo2_07")
    intercepts = []
    for zoom in (0.5, 3.0):
        edge = round(512 * max(zoom, 1.5))
        view = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)[:edge, :edge]
        boundaries, grains = segment_micrograph(as_micrograph(np.ascontiguousarray(view)), model)
        assert (boundaries.scale > 1) == (zoom < 1)
        length = find_borders(grains.labels, boundaries.probability).length_px.sum()
        intercepts.append(2 * view.size / length / zoom)
    assert intercepts[0] == pytest.approx(intercepts[1], rel=0.25)


def test_noise_and_blank_images_are_flagged(model, as_micrograph):
    rng = np.random.default_rng(0)
    for image in (
        np.full((512, 512), 90, np.uint8),
        rng.integers(0, 256, (512, 512)).astype(np.uint8),
        np.clip(rng.normal(100, 3, (512, 512)), 0, 255).astype(np.uint8),
        np.linspace(0, 255, 512 * 512).reshape(512, 512).astype(np.uint8),
    ):
        assert segment_micrograph(as_micrograph(image), model)[1].warnings


def test_photographs_are_flagged(model, as_micrograph):
    import skimage.data

    if model.confidence is None:
        pytest.skip("the released model has no table of confidence")
    flagged = 0
    for name in ("astronaut", "camera", "coffee", "coins"):
        picture = np.asarray(getattr(skimage.data, name)())
        grey = picture.mean(axis=-1).astype(np.uint8) if picture.ndim == 3 else picture
        flagged += bool(segment_micrograph(as_micrograph(grey), model)[1].warnings)
    assert flagged >= 3
