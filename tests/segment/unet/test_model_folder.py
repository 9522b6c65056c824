"""Model folders: what is read, what is refused with which words, and what importing costs."""

import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest

from segment.errors import ModelError
from segment.grain_map import Reliability
from segment.quality.calibration_table import Confidence, Weighing
from segment.unet import load_model, released_models
from segment.unet import model_folder as model_module
from segment.unet.predict import predict


@pytest.fixture
def copy(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "copy")


def test_facts_of_the_folder(tiny, model_folder):
    assert tiny.name == "tiny"
    assert tiny.outputs == ("boundary", "not_grain")
    assert (tiny.stride, tiny.halo_px, tiny.min_area_px) == (32, 128, 20)
    assert len(tiny.digest) == 64
    assert load_model(model_folder / "model.toml").digest == tiny.digest


def test_digest_follows_weights_and_settings_not_the_card(copy, tiny):
    (copy / "CARD.md").write_text("other words")
    assert load_model(copy).digest == tiny.digest
    weights = bytearray((copy / "model.bin").read_bytes())
    weights[7] ^= 1
    (copy / "model.bin").write_bytes(weights)
    assert load_model(copy).digest != tiny.digest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("format = 1", "format = 9", "format 9"),
        ("stride = 32", "", "'stride' is missing"),
        ("halo_px = 128", "halo_px = 100", "multiple of stride"),
        ('"boundary"', '"edge"', "no output"),
        ("persistence = 0.1", "persistence = 7", "out of range"),
        ("persistence = 0.1", 'persistence = "much"', "cannot be read"),
        ("format = 1", "format = ", "not valid TOML"),
    ],
)
def test_wrong_settings_are_refused(copy, old, new, words):
    toml = copy / "model.toml"
    toml.write_text(toml.read_text().replace(old, new))
    with pytest.raises(ModelError, match=words):
        load_model(copy)


def test_missing_pieces_are_refused(copy, tmp_path):
    (copy / "model.bin").unlink()
    with pytest.raises(ModelError, match="missing"):
        load_model(copy)
    with pytest.raises(ModelError, match="neither a released model"):
        load_model(tmp_path / "nowhere")


def test_damaged_network_is_refused(copy, as_micrograph):
    (copy / "model.xml").write_text("<net>")
    with pytest.raises(ModelError, match="OpenVINO refuses"):
        predict(load_model(copy), as_micrograph(np.zeros((64, 64), np.uint8)))


def test_released_models_and_the_default(model_folder, tmp_path, monkeypatch):
    for name in ("b-small", "a-large", "c-other"):
        shutil.copytree(model_folder, tmp_path / name)
    toml = tmp_path / "b-small" / "model.toml"
    toml.write_text("default = true\n" + toml.read_text())
    monkeypatch.setattr(model_module, "model_folders", lambda: [tmp_path])
    assert released_models() == ["b-small", "a-large", "c-other"]
    assert load_model().folder == tmp_path / "b-small"
    assert load_model("c-other").folder == tmp_path / "c-other"
    monkeypatch.setattr(model_module, "model_folders", list)
    with pytest.raises(ModelError, match="no released model"):
        load_model()


def test_model_travels_to_worker_processes(tiny, as_micrograph):
    predict(tiny, as_micrograph(np.zeros((64, 64), np.uint8)))
    assert pickle.loads(pickle.dumps(tiny)).digest == tiny.digest


def test_importing_segment_imports_neither_torch_nor_openvino():
    code = (
        "import sys, segment.unet, segment.pipeline, segment.label_maps.reading, segment.label_maps.writing\n"
        "print([m for m in ('torch', 'openvino', 'numba') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_table_of_confidence_is_read_and_changes_the_identity(model_folder, tmp_path):
    from fit_confidence import write_confidence

    folder = shutil.copytree(model_folder, tmp_path / "tiny")
    before = load_model(folder)
    assert before.confidence is None
    weighing = Weighing(("solidity",), (0.8,), (0.1,), (1.0,), 0.0, 1.0)
    table = Confidence(Reliability((0.5, 1.0), (0.6, 1.0)), weighing, weighing)
    write_confidence(folder, table, {})
    after = load_model(folder)
    assert after.confidence == table
    assert after.digest != before.digest
