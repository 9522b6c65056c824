"""The recipe: everything a user may set that changes a result, and the digest that names it."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from segment.choices import GAP_WIDTH, Null, Precision, Twins, Voids
from segment.errors import InputError
from segment.file_kind import toml_content

if TYPE_CHECKING:
    from segment.boundary_map import BoundaryMap
    from segment.choices import Device
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.unet.model_folder import Model

_ANGLES = tuple(15.0 * k for k in range(12))  # as `measure.spacing.intercepts.ANGLES`
_FLOATS = ("persistence", "line_spacing_px", "misorientation_deg", "gap_width")
#: settings that came later, and what stood for them before: a recipe from then keeps its digest
_UNSET: dict[str, Any] = dict.fromkeys(("misorientation_deg", "twin", "phase", "law"))
_UNSET |= {"merge_twins": False, "voids": "auto", "twins": "keep", "gap_width": GAP_WIDTH}
#: what changes no segmentation of a micrograph
_NOT_CUT = ("model", "pixel_size_nm", "null", "angles_deg", "line_spacing_px", "law", "seed")


@dataclass(frozen=True)
class Recipe:
    """What is done to every image of a run.

    An empty recipe is the released method. Nothing that leaves results alone (number of workers, output
    folder, device) belongs here.

    Attributes
    ----------
    model : str or None
        Name of a released model, or path of a model folder; unset: the default model.
    persistence : float or None
        How far the boundary probability (0 to 1) must rise between two grains; unset: the model's own value.
    min_area_px : int or None
        Smallest cell, in pixels; smaller ones are merged into a neighbour; unset: the model's own value.
    pixel_size_nm : float or dict or None
        Edge of a pixel in nanometres; it overrides what the files say.  A table gives it by folder or
        pattern of names, as {"x50" = 2.0, "*-fine.png" = 0.5}; the longest that fits counts.
    null : {"section", "columnar"}
        Uniform microstructure that the verdict compares with: plane sections of three-dimensional grains, or
        columnar films.
    angles_deg : tuple of float
        Directions of the test lines, in degrees.
    line_spacing_px : float or None
        Distance between parallel test lines, in pixels; unset: one mean grain size.
    precision : {"auto", "f32", "bf16"}
        Arithmetic of the network; "auto": bf16 where the machine has it and it agrees with f32. Machines
        with and without bf16 draw slightly different maps then; with "f32" all draw the same.
    misorientation_deg : float or None
        Of orientation maps: degrees from which neighbouring points belong to two grains; unset: 5.
    merge_twins : bool
        Of orientation maps: merge Σ3 twins of cubic phases.
    twin : str or None
        Of orientation maps: another twin law to merge, angle and axis, as "86.3@1,1,-2,0".
    phase : str or None
        Of orientation maps: name of the phase whose grains count; unset: all.
    law : dict or None
        What boundaries carry, as in the law file of `grainstats current`: the limiting current of every image
        is then computed.  In TOML a table [law], or the name of a law file beside the recipe.
    voids : {"auto", "dark", "bright", "none"}
        Grey of voids or second phases, or "none"; "auto": dark ones, where the network sees some.
    twins : {"keep", "merge"}
        Of micrographs: twin lamellae are grains, or parts of the grain that they cross.
    gap_width : float
        Of micrographs: share of a mean intercept, below which a gap between two grains is a boundary.
    seed : int
        Seed of all random numbers.
    """

    model: str | None = None
    persistence: float | None = None
    min_area_px: int | None = None
    pixel_size_nm: float | dict[str, float] | None = None
    null: Null = "section"
    angles_deg: tuple[float, ...] = _ANGLES
    line_spacing_px: float | None = None
    precision: Precision = "auto"
    misorientation_deg: float | None = None
    merge_twins: bool = False
    twin: str | None = None
    phase: str | None = None
    law: dict[str, Any] | None = None
    voids: Voids = "auto"
    twins: Twins = "keep"
    gap_width: float = GAP_WIDTH
    seed: int = 0

    def __post_init__(self) -> None:
        for name, reason, remedy in _errors_of(self):
            raise InputError(f"recipe, {name}", reason, remedy)
        if self.law is not None:
            from grainstats.infer.current.law import law_of

            law_of(self.law, "recipe, law")

    def settings(self) -> dict[str, Any]:
        """All settings by name, ready for JSON; lengths are floats, so that 1 and 1.0 are one recipe."""
        settings = asdict(self)
        for name in _FLOATS:
            settings[name] = None if settings[name] is None else float(settings[name])
        if isinstance(size := self.pixel_size_nm, dict):
            settings["pixel_size_nm"] = {pattern: float(nm) for pattern, nm in size.items()}
        elif size is not None:
            settings["pixel_size_nm"] = float(size)
        return {**settings, "angles_deg": [float(angle) for angle in self.angles_deg]}

    def digest(self) -> str:
        """SHA-256 over every setting but the model's name, in canonical JSON."""
        settings = {"format": 1, **self.settings()}
        del settings["model"]
        for name, before in _UNSET.items():
            if settings[name] == before:
                del settings[name]
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def pixel_size_of(self, path: Path) -> float | None:
        """Edge of this image's pixels in nanometres; None: the file has to say it."""
        if not isinstance(self.pixel_size_nm, dict):
            return self.pixel_size_nm
        fits = [pattern for pattern in self.pixel_size_nm if _fits(path, pattern)]
        return self.pixel_size_nm[max(fits, key=lambda one: (len(one), one))] if fits else None

    def unused_sizes(self, paths: Iterable[Path]) -> list[str]:
        """The folders and patterns of `pixel_size_nm` that none of these images fits."""
        given, images = self.pixel_size_nm, list(paths)
        if not isinstance(given, dict):
            return []
        return [pattern for pattern in given if not any(_fits(path, pattern) for path in images)]

    def cut(self) -> Recipe:
        """The recipe with the defaults of all that changes no segmentation of a micrograph."""
        default = Recipe()
        return replace(self, **{name: getattr(default, name) for name in _NOT_CUT})


def _fits(path: Path, pattern: str) -> bool:
    return any(one.match(pattern) for one in (path, *path.parents))


def segment_by(
    recipe: Recipe,
    pictures: Sequence[Micrograph],
    model: Model,
    *,
    device: Device,
    threads: int | None = None,
) -> tuple[BoundaryMap, GrainMap]:
    """Boundary probability and cells of one field, as the recipe says."""
    from segment.pipeline import segment_micrograph

    names = ("precision", "persistence", "min_area_px", "voids", "twins", "gap_width")
    settings = {name: getattr(recipe, name) for name in names}
    return segment_micrograph(pictures, model, device=device, threads=threads, **settings)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe: flat TOML whose keys are the attributes of `Recipe`; what is left out keeps its default.

    `InputError`: no such file, no TOML, an unknown key, or a value that cannot be used.
    """
    table = toml_content(path, "Name a recipe, in TOML")
    _refuse_unknown(path, table)
    if isinstance(table.get("law"), str):
        table["law"] = toml_content(path.parent / table["law"], "Name a law file beside the recipe, in TOML")
    return with_settings(Recipe(), table)


def recipe_text(recipe: Recipe) -> str:
    """The recipe as TOML that `read_recipe` reads back; settings left to the model are left out."""
    settings = {name: value for name, value in recipe.settings().items() if value is not None}
    tables = [
        _table_text(name, settings.pop(name)) for name in list(settings) if isinstance(settings[name], dict)
    ]
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    return "\n".join([text, *tables])


def _table_text(name: str, found: dict[str, Any]) -> str:
    """A setting as a table of a recipe, with its own tables behind it."""
    plain = {key: value for key, value in found.items() if not isinstance(value, dict)}
    tables = {name: plain} | {f"{name}.{key}": value for key, value in found.items() if key not in plain}
    return "\n".join(
        f"[{title}]\n" + "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in table.items())
        for title, table in tables.items()
    )


def cut_alike(recipe: Recipe, stored: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Digests of the `stored` recipes (digest, `recipe_text`) that cut micrographs as this one does."""
    found = {replace(recipe, pixel_size_nm=None).digest()}  # of images that had no pixel size
    for digest, text in stored:
        try:
            other = with_settings(Recipe(), tomllib.loads(text))
        except (tomllib.TOMLDecodeError, InputError, TypeError):
            continue  # of another version
        if other.cut() == recipe.cut():
            found.add(digest)
    return tuple(sorted(found - {recipe.digest()}))


def with_settings(recipe: Recipe, settings: dict[str, Any]) -> Recipe:
    """The recipe with some settings replaced; lists become tuples."""
    out = dict(settings)
    if isinstance(out.get("angles_deg"), list) and all(map(_is_number, out["angles_deg"])):
        out["angles_deg"] = tuple(float(angle) for angle in out["angles_deg"])
    return replace(recipe, **out)


def _refuse_unknown(path: Path, table: dict[str, Any]) -> None:
    known = [field.name for field in fields(Recipe)]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(path, f"unknown key {key!r}{meant}", f"Known keys are {', '.join(known)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _errors_of(recipe: Recipe) -> list[tuple[str, str, str]]:
    """(setting, reason, remedy) of every value that cannot be used."""
    r, words = recipe, (str, type(None))
    checks = {
        "model": (isinstance(r.model, words), "a name or a path in quotes"),
        "persistence": (
            r.persistence is None or (_is_number(r.persistence) and 0 < r.persistence < 1),
            "a number between 0 and 1",
        ),
        "min_area_px": (r.min_area_px is None or _is_count(r.min_area_px), "a whole number, 0 or more"),
        "pixel_size_nm": (
            all(map(_is_positive_or_none, _sizes(r.pixel_size_nm))),
            "a number above 0, in nanometres, or a table of such by folder or pattern",
        ),
        "null": (r.null in get_args(Null), " or ".join(get_args(Null))),
        "angles_deg": (_are_angles(r.angles_deg), "at least four different angles in degrees"),
        "line_spacing_px": (_is_positive_or_none(r.line_spacing_px), "a number above 0, in pixels"),
        "precision": (r.precision in get_args(Precision), " or ".join(get_args(Precision))),
        "misorientation_deg": (_is_positive_or_none(r.misorientation_deg), "an angle above 0, in degrees"),
        "merge_twins": (isinstance(r.merge_twins, bool), "true or false"),
        "twin": (isinstance(r.twin, words), 'a law in quotes, as "86.3@1,1,-2,0"'),
        "phase": (isinstance(r.phase, words), "a phase's name in quotes"),
        "law": (isinstance(r.law, dict | None), "a table [law], as in a law file"),
        "voids": (r.voids in get_args(Voids), " or ".join(get_args(Voids))),
        "twins": (r.twins in get_args(Twins), " or ".join(get_args(Twins))),
        "gap_width": (
            _is_number(r.gap_width) and 0 <= r.gap_width <= 1,
            "a number from 0 to 1, in mean intercepts",
        ),
        "seed": (_is_count(r.seed), "a whole number, 0 or more"),
    }
    return [
        (name, f"{getattr(r, name)!r} cannot be used", f"Give {wanted}")
        for name, (good, wanted) in checks.items()
        if not good
    ]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_positive_or_none(value: object) -> bool:
    return value is None or (_is_number(value) and value > 0)  # type: ignore[operator]


def _sizes(given: object) -> Iterable[object]:
    return (
        [(pattern and size) or 0 for pattern, size in given.items()] if isinstance(given, dict) else [given]
    )


def _are_angles(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and all(map(_is_number, value))
        and len({angle % 180 for angle in value}) == len(value) >= 4
    )
