"""The conda recipe names what the wheel needs, and is read by rattler-build where that is installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"opencv-python-headless": "py-opencv", "matplotlib": "matplotlib-base"}


def requirement(text: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)\s*(.*)", text).groups()
    return CONDA_NAMES.get(name.lower(), name.lower()), bound.strip()


def test_requirements_are_those_of_the_wheel():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    recipe = yaml.safe_load((ROOT / "conda/recipe.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = dict(requirement(one) for one in project["dependencies"])
    listed = dict(requirement(one) for one in recipe["requirements"]["run"])
    assert listed == wanted | {"python": project["requires-python"]}
    (point,) = recipe["build"]["python"]["entry_points"]
    assert point.split(" = ") == list(*project["scripts"].items())
    about = recipe["about"]
    assert (about["license"], about["license_file"]) == (project["license"], project["license-files"])


def test_the_recipe_renders():
    rattler = pytest.importorskip("rattler_build", reason="py-rattler-build is not installed")
    recipe = rattler.Stage0Recipe.from_file(ROOT / "conda/recipe.yaml")
    (rendered,) = recipe.render()
    assert rendered.recipe.package.name == "grainstats"
