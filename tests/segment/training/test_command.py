"""`grainstats model ...` without PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from grainstats.run.commands.model import _is_default, app
from segment.errors import InputError
from segment.quality.score import score
from segment.training import evaluate as evaluation
from segment.training.evaluate import Evaluation
from segment.training.synthetic.render import synthetic_micrograph
from segment.unet import load_model


def test_preview_writes_a_contact_sheet_of_a_row_a_style(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = CliRunner().invoke(
        app, ["preview", "--out", str(out), "--style", "etched", "--style", "stained"]
    )
    assert result.exit_code == 0, result.output
    assert cv2.imread(str(out)).shape == (640, 1280, 3)


def test_preview_names_an_unknown_style(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["preview", "--out", str(tmp_path / "x.png"), "--style", "oil"])
    assert isinstance(result.exception, InputError)
    assert "oil" in str(result.exception)


@pytest.mark.parametrize("name", ["sheet", "sheet.xyz", "missing/sheet.png"])
def test_preview_says_where_it_cannot_write(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["preview", "--out", str(tmp_path / name), "--style", "etched"])
    assert isinstance(result.exception, InputError)
    assert "cannot be written" in str(result.exception)


def test_evaluate_writes_json_where_a_ratio_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cells that both touch the frame have no diameter."""
    truth = np.ones((80, 80), np.int32)
    truth[:, 40:] = 2
    one = Evaluation("one", score(truth, truth), 1.0)
    monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: iter([one]))
    call = ["evaluate", "--images", str(tmp_path), "--boundaries", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "NaN" not in result.stdout
    assert json.loads(result.stdout)["images"][0]["diameter_ratio"] is None
    assert CliRunner().invoke(app, [*call, "--persistence", "7"]).exit_code == 2


def test_an_own_model_is_exported_without_taking_the_place_of_the_default(tmp_path: Path) -> None:
    assert not _is_default(tmp_path)
    assert _is_default(load_model().folder)


def test_list_names_the_released_models() -> None:
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == 0, result.output
    assert "unet-lite2" in result.output


@pytest.mark.slow
def test_evaluate_prints_one_json_document(tmp_path: Path) -> None:
    drawn = synthetic_micrograph(np.random.default_rng(4), (256, 256), style="sem_film")
    for kind, image in (("images", drawn.image), ("boundary", drawn.boundary.astype(np.uint8) * 255)):
        (tmp_path / kind).mkdir()
        cv2.imwrite(str(tmp_path / kind / "one.png"), image)
    folders = ["--images", str(tmp_path / "images"), "--boundaries", str(tmp_path / "boundary")]
    result = CliRunner().invoke(app, ["evaluate", *folders, "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["images"][0]["image"] == "one"
    assert 0.3 < answer["mean_f1"] <= 1
