"""A recipe refuses what it does not know, and its digest changes with every setting that changes a result."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from grainstats.run.recipe import Recipe, read_recipe, recipe_text
from segment.errors import InputError

OTHER = {
    "persistence": 0.3,
    "min_area_px": 50,
    "pixel_size_nm": 1.5,
    "null": "columnar",
    "angles_deg": (0.0, 30.0, 60.0, 90.0, 120.0, 150.0),
    "line_spacing_px": 40.0,
    "precision": "f32",
    "voids": "dark",
    "twins": "merge",
    "gap_width": 0.2,
    "misorientation_deg": 10.0,
    "merge_twins": True,
    "twin": "86.3@1,1,-2,0",
    "phase": "Nickel",
    "law": {"j0": 2.0},
    "seed": 7,
}


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_every_setting_but_the_model_changes_the_digest():
    assert set(OTHER) == {field.name for field in fields(Recipe)} - {"model"}
    digests = {Recipe().digest()} | {replace(Recipe(), **{k: v}).digest() for k, v in OTHER.items()}
    assert len(digests) == len(OTHER) + 1
    assert replace(Recipe(), model="other").digest() == Recipe().digest()


def test_setting_of_later_versions_at_its_default_leaves_the_digest():
    """As version 0.1.0 gave it, so that its analyses are found again."""
    expected = "dda0f9c53ee52e7d00e157731d0211804b0a6ba28a2f375993cf4ec33e1f6a88"
    four = Recipe(angles_deg=(0.0, 45.0, 90.0, 135.0))
    assert four.digest() == replace(four, twins="keep").digest() == expected
    assert Recipe().digest() != expected  # twelve directions are other results


def test_whole_numbers_and_floats_are_one_recipe(tmp_path):
    path = write(tmp_path / "r.toml", "pixel_size_nm = 1\nangles_deg = [0, 45, 90, 135]\n")
    angles = (0.0, 45.0, 90.0, 135.0)
    floats, whole = (Recipe(pixel_size_nm=size, angles_deg=angles) for size in (1.0, 1))
    assert read_recipe(path).digest() == floats.digest() == whole.digest()


def test_unknown_key_is_named_with_the_likely_one(tmp_path):
    with pytest.raises(InputError, match=r"unknown key 'persistance'; did you mean 'persistence'\? Known"):
        read_recipe(write(tmp_path / "r.toml", "persistance = 0.2\n"))


@pytest.mark.parametrize(
    "line",
    [
        "persistence = 0",
        "persistence = true",
        "min_area_px = -1",
        "pixel_size_nm = 0",
        "pixel_size_nm = nan",
        "pixel_size_nm = { x50 = 0 }",
        'pixel_size_nm = { "" = 2 }',
        'null = "bimodal"',
        "angles_deg = [0, 90]",
        "angles_deg = [0, 45, 90, 180]",
        'angles_deg = "0 45 90 135"',
        "seed = 1.5",
        "model = 3",
    ],
)
def test_values_that_cannot_be_used_name_the_setting(tmp_path, line):
    with pytest.raises(InputError, match=f"recipe, {line.split()[0]}: "):
        read_recipe(write(tmp_path / "r.toml", line))


def test_a_missing_file_and_broken_toml_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(InputError, match="min_area_px has more than 64 bits"):
        read_recipe(write(tmp_path / "long.toml", "min_area_px = 10000000000000000000"))
    with pytest.raises(InputError, match="not valid TOML"):
        read_recipe(write(tmp_path / "r.toml", "persistence 0.2"))


def test_sizes_by_folder_or_pattern(tmp_path: Path) -> None:
    given = Recipe(pixel_size_nm={"x50": 2, "x50/*-fine.png": 0.5, "x20": 4.0})
    assert read_recipe(write(tmp_path / "r.toml", recipe_text(given))).digest() == given.digest()
    assert given.digest() != Recipe(pixel_size_nm=2.0).digest()
    images = [Path(name) for name in ("S1/x50/a.png", "S1/x50/b/a.png", "S1/x50/a-fine.png", "S1/x100/a.png")]
    assert [given.pixel_size_of(image) for image in images] == [2, 2, 0.5, None]
    assert given.unused_sizes(images) == ["x20"] and Recipe(pixel_size_nm=1.0).unused_sizes(images) == []


def test_the_default_directions_are_those_of_the_measurement():
    from grainstats.measure.spacing.intercepts import ANGLES

    assert Recipe().angles_deg == ANGLES


LAW = {"theta_c_deg": 9, "theta_0_deg": 9, "misorientation": {"source": "random", "laue": "4/mmm"}}


def test_law_is_a_table_or_a_file_beside_the_recipe(tmp_path: Path) -> None:
    inline = tmp_path / "inline.toml"
    inline.write_text(recipe_text(Recipe(law=LAW)), encoding="utf-8")
    (tmp_path / "law.toml").write_text(
        'theta_c_deg = 9\ntheta_0_deg = 9\n[misorientation]\nsource = "random"\nlaue = "4/mmm"\n',
        encoding="utf-8",
    )
    named = tmp_path / "named.toml"
    named.write_text('law = "law.toml"\n', encoding="utf-8")
    assert read_recipe(inline) == read_recipe(named) == Recipe(law=LAW)
    assert Recipe(law=LAW).digest() != Recipe().digest()


@pytest.mark.parametrize("text", ['law = "none.toml"', "law = 3", "[law]\ncritical = 1"])
def test_bad_law_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="law"):
        read_recipe(path)
