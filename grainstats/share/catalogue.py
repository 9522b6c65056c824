"""What each exported column means: type, unit and a label in English and Japanese."""

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal, cast

Kind = Literal["string", "number", "integer", "boolean"]


@dataclass(frozen=True)
class Field:
    """One column."""

    name: str  #: with its unit as suffix
    kind: Kind
    unit: str  #: ``"nm"``, ``"1/um"`` ...; ``"1"`` for pure numbers, "" for text
    en: str  #: labels
    ja: str


_SUFFIXES = {"_nm2": "nm2", "_nm": "nm", "_px": "px", "_deg": "deg", "_per_um2": "1/um2", "_per_um": "1/um"}
_PREFIXES = {
    "param": ("process parameter", "プロセスパラメータ"),
    "prop": ("property", "特性"),
    "prop_sd": ("standard deviation of", "特性の標準偏差"),
}


@cache
def _labels() -> dict[str, tuple[Kind, str, str]]:
    """Type, English and Japanese label by name (``columns.csv``); the unit is read from the name."""
    text = files("grainstats.share").joinpath("columns.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["name"]: (cast(Kind, row["kind"]), row["en"], row["ja"]) for row in rows}


def field_of(name: str) -> Field:
    """Meaning of a column, also of ``param:<name>_<unit>`` and of names without a label of their own."""
    if quantity := re.fullmatch(r"(param|prop|prop_sd):(.+)_([^_]+)", name):
        prefix, plain, unit = quantity.groups()
        en, ja = (f"{word} {plain}" for word in _PREFIXES[prefix])
        return (
            Field(name, "string", "", en, ja) if unit == "category" else Field(name, "number", unit, en, ja)
        )
    if name.startswith("sample_") and name not in _labels():
        image = field_of(name.removeprefix("sample_"))
        return replace(image, name=name, en=f"sample: {image.en}", ja=f"試料全体の{image.ja}")
    kind, en, ja = _labels().get(name, ("number", name.replace("_", " "), name))
    unit = next((u for suffix, u in _SUFFIXES.items() if name.endswith(suffix)), "1")
    return Field(name, kind, "" if kind in {"string", "boolean"} else unit, en, ja)
