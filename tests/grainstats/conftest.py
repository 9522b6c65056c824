"""What tests of several rooms start from: a verdict, a tiny network made on the spot, samples for it."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tifffile

from grainstats.infer import ModalityVerdict
from grainstats.run.job.batch import run_batch
from grainstats.run.job.call import Call
from grainstats.run.recipe import Recipe
from segment.grain_map import GrainMap
from segment.mosaics.laguerre import laguerre_section
from segment.quality.error_rates import SIZE_CLASSES, ErrorRates, write_rates
from segment.unet import load_model

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


@pytest.fixture(scope="session")
def edge_model_with_rates(edge_model: Path, tmp_path_factory) -> Path:
    """The same with measured error rates."""
    folder = tmp_path_factory.mktemp("measured") / "edges"
    shutil.copytree(edge_model, folder)
    rates = ErrorRates(missed=((0.05,),) * SIZE_CLASSES)
    write_rates(folder, rates, load_model(folder).weights_digest, "a test")
    return folder


@cache
def _drawn(seed: int, mosaic: tuple[tuple[str, float], ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grains = laguerre_section((192, 192), 24, 0.3, rng, **dict(mosaic)).grain_map()
    levels = rng.integers(60, 200, grains.n_grains + 1)
    return np.clip(levels[grains.labels] + rng.normal(0, 4, grains.labels.shape), 0, 255).astype(np.uint8)


def write_micrograph(path: Path, seed: int, pixel_size_nm: float | None = 2.0, **mosaic: float) -> Path:
    """A grey mosaic with noise as a TIFF, calibrated as ImageJ does it."""
    image = _drawn(seed, tuple(mosaic.items()))
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


@pytest.fixture(scope="session")
def _analysed(edge_model, tmp_path_factory) -> Path:
    """A folder with ``data``, as `two_samples`, and ``out``, what `run` makes of it."""
    folder = tmp_path_factory.mktemp("analysed")
    for number in range(4):
        write_micrograph(folder / "data" / f"S{number // 2 + 1}" / f"field_{number}.tif", number)
    run_batch(Call((str(folder / "data"),), folder / "out", workers=0), Recipe(model=str(edge_model)))
    return folder


@pytest.fixture
def analysed(_analysed, tmp_path) -> Path:
    """``data`` of two samples of two images each and ``out`` with their results, to be changed at will."""
    return shutil.copytree(_analysed, tmp_path / "analysed")


@pytest.fixture
def verdict() -> ModalityVerdict:
    """A bimodal verdict with some fields empty."""
    return ModalityVerdict(
        verdict="bimodal",
        reason="two modes: 40 and 130 nm",
        p_value=0.003,
        p_values={"dip": 0.01, "spread": 0.002},
        modes_nm=(40.0, 130.0),
        modes_ci_nm=((37.0, 44.0), (110.0, 150.0)),
        mode_fractions=(0.4, 0.6),
        mode_ratio=3.25,
        power=0.9,
        n_images=2,
        n_grains=40,
        n_interior=32,
        n_eff=20.5,
        more_grains=0,
        null="section",
        stability=None,
        astm_e1181="bimodal",
        delta_g=3.4,
        ala_g=float("nan"),
        seed=3,
    )


@pytest.fixture(scope="session")
def two_squares() -> GrainMap:
    """240 × 480 pixels of 2 nm: squares of 8 px on the left, of 20 px on the right."""
    y, x = np.mgrid[:240, :480]
    fine, coarse = y // 8 * 30 + x // 8, 10_000 + y // 20 * 24 + x // 20
    _, labels = np.unique(np.where(x < 240, fine, coarse), return_inverse=True)
    return GrainMap((labels.reshape(x.shape) + 1).astype(np.int32), 2.0)
