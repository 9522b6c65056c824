"""What a run came to: steps, time, versions and the digests of its data, kept beside the recipe."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from segment.training.recipe import RealSet, TrainingRecipe


def write_record(
    recipe: TrainingRecipe, path: Path, *, steps: int, seconds: float, data: Path | None = None
) -> None:
    """Write ``recipe.toml``: the recipe with a [record] table of the run, which `recipe.read_recipe` skips.

    `data`: the folder of the real sets, whose digests are recorded.
    """
    facts = {f.name: getattr(recipe, f.name) for f in fields(recipe) if f.name != "real"}
    lines = ["# Recipe of these weights; read by `grainstats model train`.", *toml_lines(facts)]
    for one in recipe.real:
        lines += ["", "[[real]]", *toml_lines(asdict(one))]
    record: dict[str, Any] = {
        "steps": steps,
        "seconds": round(seconds),
        "date": datetime.now(UTC).date().isoformat(),
        "torch": version("torch"),
        "segmentation_models_pytorch": version("segmentation-models-pytorch"),
        "machine": platform.machine(),
    }
    if data is not None:
        record |= {f"sha256_{one.name}": data_digest(data, one) for one in recipe.real}
    path.write_text("\n".join([*lines, "", "[record]", *toml_lines(record)]) + "\n", encoding="utf-8")


def data_digest(data: Path, chosen: RealSet) -> str:
    """SHA-256 over names and bytes of the images and tracings that training saw."""
    total = hashlib.sha256()
    for folder in ("images", "boundary", *chosen.phases):
        for path in sorted((data / chosen.name / folder).glob("*")):
            if chosen.uses(path.stem):
                content = path.read_bytes()
                total.update(f"{folder}/{path.name}\0{len(content)}\0".encode())
                total.update(content)
    return total.hexdigest()


def toml_lines(facts: dict[str, Any]) -> list[str]:
    """A line of TOML for each key and value."""
    bare = re.compile(r"[A-Za-z0-9_-]+")  # other keys want quotes
    keys = (key if bare.fullmatch(key) else toml_value(key) for key in facts)
    return [f"{key} = {toml_value(value)}" for key, value in zip(keys, facts.values(), strict=True)]


def toml_value(value: Any) -> str:
    """A text, number, truth value, or list of them as TOML writes it."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else repr(value)
