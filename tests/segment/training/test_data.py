"""Cache, crops, pairs and recipe: what training reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from segment.cells.label_edges import on_edges
from segment.errors import InputError
from segment.training.data.cache import (
    NOT_GRAIN,
    UNSURE,
    drawing,
    drawn_image,
    line_distance,
    open_cache,
    read_count,
    style_of,
    wait_for,
    write_cache,
)
from segment.training.data.crops import CropSource, Example, draw_exposure, re_expose, read_real
from segment.training.data.pairs import find_pairs
from segment.training.export import write_record
from segment.training.recipe import RealSet, TrainingRecipe, read_training_recipe

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    write_cache(folder, 3, seed=7, size=128)
    return folder


def grid() -> np.ndarray:
    lines = np.zeros((128, 128), bool)
    lines[::32] = lines[:, ::32] = True
    return lines


def test_distances_in_eighths_of_a_pixel() -> None:
    lines = np.zeros((9, 9), bool)
    lines[4] = True
    assert line_distance(lines)[:, 0].tolist() == [32, 24, 16, 8, 0, 8, 16, 24, 32]
    assert (line_distance(np.zeros((9, 9), bool)) == 255).all()


def test_an_interrupted_cache_is_completed_as_if_it_never_stopped(cache: Path, tmp_path: Path) -> None:
    write_cache(tmp_path, 3, seed=7, size=128)
    done = np.array(open_cache(tmp_path).image)
    (tmp_path / "count.txt").write_text("1")
    np.load(tmp_path / "image.npy", mmap_mode="r+")[1:] = 0
    write_cache(tmp_path, 3, seed=7, size=128)
    assert np.array_equal(open_cache(tmp_path).image, done)
    assert np.array_equal(open_cache(cache).image, done)


def test_processes_draw_the_same_cache_beside_other_work(cache: Path, tmp_path: Path) -> None:
    with drawing(tmp_path, 3, seed=7, workers=2, size=128):
        wait_for(tmp_path, 1)
    for kind in ("image", "distance", "flags"):
        assert np.array_equal(getattr(open_cache(tmp_path), kind), getattr(open_cache(cache), kind))


def test_drawing_stops_where_the_work_beside_it_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), drawing(tmp_path, 3000, seed=7, workers=1, size=128):
        wait_for(tmp_path, 1)
        raise KeyError
    assert 1 <= read_count(tmp_path) < 1000


def test_a_growing_cache_is_waited_for_and_one_that_stands_still_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cache(tmp_path, 3, seed=7, size=128)
    recipe = TrainingRecipe(synthetic=5, at_first=1, steps=8)
    source = CropSource(recipe, tmp_path, [], 1)
    assert [source.count(step) for step in range(6)] == [1, 1, 2, 2, 3, 3]
    monkeypatch.setattr("segment.training.data.cache.STALLED_SECONDS", 0.1)
    with pytest.raises(InputError, match="holds 3 images, 5 are needed"):
        source.count(8)
    assert CropSource(replace(recipe, at_first=0, synthetic=2), tmp_path, [], 1).count(0) == 2


def test_the_style_of_an_image_is_known_without_drawing_it() -> None:
    assert [drawn_image(7, index, 96).style for index in range(8)] == [
        style_of(7, index) for index in range(8)
    ]
    assert len({style_of(7, index) for index in range(8)}) > 2


def test_crops_come_only_from_the_images_named(tmp_path: Path) -> None:
    write_cache(tmp_path, 3, seed=7, size=128)
    np.load(tmp_path / "distance.npy", mmap_mode="r+")[:2] = 0
    source = CropSource(TrainingRecipe(crop=64, batch=4), tmp_path, [], 1, np.array([0, 1]))
    assert all((source.batch(step).target[:, 0] == 1).all() for step in range(3))
    assert not (
        CropSource(TrainingRecipe(crop=64, batch=4), tmp_path, [], 1).batch(0).target[:, 0] == 1
    ).all()


def test_batches_depend_on_seed_and_step_only(cache: Path) -> None:
    recipe = TrainingRecipe(crop=64, batch=3)
    real = RealSet("grid", 0.5)
    example = Example(np.where(grid(), 40, 180).astype(np.uint8), line_distance(grid()), None)
    first, again = (CropSource(recipe, cache, [(real, [example])], 1) for _ in range(2))
    assert np.array_equal(first.batch(4).image, again.batch(4).image)
    assert not np.array_equal(first.batch(4).image, first.batch(5).image)
    batch = first.batch(0)
    assert batch.image.shape == (3, 1, 64, 64)
    assert batch.target.shape == batch.weight.shape == (3, 2, 64, 64)
    assert set(np.unique(batch.target[:, 0])) <= {0.0, 1.0}


def test_target_line_keeps_its_width_at_every_scale(cache: Path) -> None:
    example = Example(np.where(grid(), 40, 180).astype(np.uint8), line_distance(grid()), None)
    shares = []
    for scale in (0.7, 1.0, 1.4):
        recipe = TrainingRecipe(crop=64, batch=16)
        source = CropSource(recipe, cache, [(RealSet("grid", 1.0, (), scale, scale), [example])], 3)
        shares.append(source.batch(0).target[:, 0].mean() * 32 * scale / 2)
    assert np.ptp(shares) < 1.2, shares
    assert 2.5 < np.mean(shares) < 5


def test_re_exposed_crops_are_normalised() -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        grey = re_expose(image, draw_exposure(rng), rng)
        assert grey.dtype == np.float32
        assert abs(grey).max() <= 4
        assert abs(grey.mean()) < 0.7
        assert 0.6 < grey.std() < 1.4


def test_held_out_images_are_never_read(tmp_path: Path) -> None:
    for kind, values in (("images", {"a": 90, "b": 91}), ("boundary", {"a": 255, "b": 255})):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for stem, value in values.items():
            cv2.imwrite(str(tmp_path / "set" / kind / f"{stem}.png"), np.full((64, 64), value, np.uint8))
    (found,) = read_real(tmp_path, RealSet("set", 0.5, ("b",)))
    assert (found.image == 90).all()
    with pytest.raises(InputError, match="no images to train on"):
        read_real(tmp_path, RealSet("set", 0.5, ("a", "b")))


@pytest.mark.parametrize("kind", ["bright", "dark", "labels"])
def test_masks_imagej_tracings_and_labels_give_the_same_cells(tmp_path: Path, kind: str) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "traced").mkdir()
    cv2.imwrite(
        str(tmp_path / "images" / "one.png"),
        np.random.default_rng(0).integers(0, 256, (128, 128), dtype=np.uint8),
    )
    mask = grid().astype(np.uint8) * 255
    if kind == "labels":
        y, x = np.mgrid[0:128, 0:128] // 32
        tifffile.imwrite(tmp_path / "traced" / "one.tif", (y * 4 + x + 1).astype(np.uint16))
    else:
        cv2.imwrite(str(tmp_path / "traced" / "one.png"), mask if kind == "bright" else 255 - mask)
    (pair,) = find_pairs(tmp_path / "images", tmp_path / "traced")
    truth = pair.truth()
    assert truth.n_grains == 16
    assert line_distance(on_edges(truth.labels))[16, 16] > 8 * 10


def test_an_image_without_tracing_is_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "traced").mkdir()
    with pytest.raises(InputError, match="no image here"):
        find_pairs(tmp_path / "images", tmp_path / "traced")
    cv2.imwrite(str(tmp_path / "images" / "one.png"), np.zeros((64, 64), np.uint8))
    with pytest.raises(InputError, match=r"one\.png"):
        find_pairs(tmp_path / "images", tmp_path / "traced")


@pytest.mark.parametrize(
    ("name", "early", "late"),
    [
        ("unet-lite2", ("recipe_base", "recipe_longer"), ("recipe_tem", "recipe_styles", "recipe")),
    ],
)
def test_released_recipes_keep_tem_out_of_early_stages_and_whole_micrographs_out_of_all(name, early, late):
    recipes = {
        stage: read_training_recipe(ROOT / "models" / name / f"{stage}.toml") for stage in early + late
    }
    assert all({one.name for one in recipes[stage].real} == {"tbm_om"} for stage in early)
    assert len({(recipe.encoder, recipe.decoder) for recipe in recipes.values()}) == 1
    for recipe in recipes.values():
        held = {stem for one in recipe.real for stem in one.held_out}
        assert {stem.split("_")[1].split("-")[0] for stem in held} == {"11", "17", "18", "23", "28"}


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("stepps = 3\n")
    with pytest.raises(InputError, match="stepps"):
        read_training_recipe(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('steps = "many"', "steps"),
        ("decoder = 3", "decoder"),
        ("[real]\nname = 'a'", "real"),
        ("[[real]]\nname = 'a'", "share"),
        ("[[real]]\nname = 'a'\nshare = true", "share"),
    ],
)
def test_a_value_of_another_kind_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_training_recipe(path)


def test_a_record_is_read_back_whatever_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders with blanks and dots, and a name with a quotation mark."""
    monkeypatch.setattr("segment.training.export.version", lambda package: "1")
    recipe = TrainingRecipe(name='the "best"', learning_rate=1, real=(RealSet("my films v1.2", 0.5),))
    recipe = replace(recipe, styles={"lamellar": 0.5, "any": 0.5}, taught=("lamellar",), keep=8.0)
    write_record(recipe, tmp_path / "recipe.toml", steps=1, seconds=2.0, data=tmp_path)
    assert read_training_recipe(tmp_path / "recipe.toml") == recipe


def test_a_set_without_boundaries_teaches_their_absence_and_its_phases(tmp_path: Path) -> None:
    for folder in ("images", "pores"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    rng = np.random.default_rng(0)
    pores = np.zeros((96, 96), np.uint8)
    pores[30:60, 30:60] = 255
    for stem in ("one", "two"):
        image = rng.integers(0, 255, (96, 96), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "set" / "images" / f"{stem}.png"), image)
    cv2.imwrite(str(tmp_path / "set" / "pores" / "one.png"), pores)
    chosen = RealSet("set", 1.0, only=("one",), boundaries=False, phases=("pores",))
    (found,) = read_real(tmp_path, chosen)
    assert (found.distance == 255).all()
    assert found.flags is not None
    np.testing.assert_array_equal(found.flags & NOT_GRAIN > 0, pores > 0)
    assert (found.flags & UNSURE > 0)[30, 40] and not (found.flags & UNSURE > 0)[[10, 45], [10, 45]].any()
    with pytest.raises(InputError, match="pores"):
        read_real(tmp_path, replace(chosen, only=("two",)))
