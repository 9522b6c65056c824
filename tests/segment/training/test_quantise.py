"""INT8 weights in a model folder, and the agreements beside them."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from segment.errors import InputError
from segment.training import quantise as module
from segment.unet import load_model
from segment.unet.graph_fusion import merge_doublings
from segment.unet.openvino_runtime import OpenVinoRuntime
from segment.unet.predict import infer_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the released model."""
    return Path(shutil.copytree(load_model().folder, tmp_path / "copy"))


def test_settings_replace_their_line_or_are_added(folder: Path) -> None:
    before = (folder / "model.toml").read_text(encoding="utf-8").splitlines()
    module.write_settings(folder, {"halo_px": "208", "of_its_own": "0.5"})
    after = (folder / "model.toml").read_text(encoding="utf-8").splitlines()
    assert load_model(folder).halo_px == 208
    assert after[-1] == "of_its_own = 0.5"
    assert len(after) == len(before) + 1


def test_encoder_is_what_comes_before_any_doubling() -> None:
    import openvino

    network = openvino.Core().read_model(str(load_model().weights))
    merge_doublings(network)
    kept = set(module._encoder_operations(network))
    ways = [op.get_friendly_name() for op in network.get_ordered_ops() if "Convolution" in op.get_type_name()]
    quantised = [name for name in ways if name not in kept]
    assert len(quantised) == 12  # three blocks of three, one of two, and the head
    assert sum(name.endswith(("/doubled", "/skipped")) for name in quantised) == 7
    assert len(kept) > 20


@pytest.mark.skipif(find_spec("nncf") is not None, reason="NNCF is installed")
def test_missing_nncf_is_said_with_the_remedy(folder: Path) -> None:
    with pytest.raises(InputError, match=r"grainstats\[train\]"):
        module.quantise(folder)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nncf") is None, reason="NNCF comes with the extra `train`")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_quantised_model_answers_nearly_as_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALIBRATION", 6)
    monkeypatch.setattr(module, "JUDGED", 3)
    before = load_model(folder).digest
    agreements = module.quantise(folder)
    model = load_model(folder)
    assert agreements["int8"] == pytest.approx(model.int8_agreement, abs=1e-4)
    assert agreements["int8"] > 0.97
    assert model.digest != before
    assert model.int8_weights is not None
    image = np.random.default_rng(0).integers(0, 255, (300, 300)).astype(np.uint8)
    runtime = OpenVinoRuntime(str(model.int8_weights), "int8", 1)
    assert runtime.split is not None  # also the quantised graph is cut in three
    answer = infer_image(model, runtime, image, None, tile_px=96)[0]
    whole = infer_image(model, runtime, image, None)[0]
    assert ((answer > 0.5) == (whole > 0.5)).mean() > 0.99
