"""What boundaries and grains carry: the law file, checked; numbers of known materials."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from segment.errors import InputError
from segment.file_kind import toml_content
from segment.orientation.symmetry import LAUE_GROUPS, laue_of_name

Source = Literal["map", "random"]
Texture = Literal["random", "fibre", "biaxial"]
MOST_SCATTER = 5.0  #: of the log: one boundary in six carries 150 times as much; beyond, per cent are meant
SPELT = {"none": "random", "fiber": "fibre"}  #: other words for textures
ASSUMED = "assumed: no source gives a number"
#: value and source by key of the law file
PRESETS: dict[str, dict[str, tuple[Any, str]]] = {
    "ba122-co": {
        "theta_c_deg": (9.0, "Katase et al., Nature Communications 2 (2011) 409: Co-doped Ba-122 bicrystals"),
        "theta_0_deg": (9.0, "about 9 deg: Katase et al., arXiv:1011.5721v1, abstract"),
        "plateau": (0.05, ASSUMED),
        "laue": ("4/mmm", "crystal structure, I4/mmm"),
    },
    "ba122-k": {
        "theta_c_deg": (
            24.0,
            "Hatano et al. (2024): K-doped Ba-122 bicrystals carry over 0.1 MA/cm2 to 24 deg at 28 K; that "
            "they carry it undiminished is assumed",
        ),
        "theta_0_deg": (9.0, ASSUMED),
        "plateau": (0.05, ASSUMED),
        "laue": ("4/mmm", "crystal structure, I4/mmm"),
    },
    "cuprate": {
        "theta_c_deg": (4.0, "3 to 5 deg: Hilgenkamp & Mannhart, Reviews of Modern Physics 74 (2002) 485"),
        "theta_0_deg": (4.0, "YBa2Cu3O7, about 4 deg: Katase et al., arXiv:1011.5721v1, abstract"),
        "laue": ("mmm", "crystal structure, Pmmm"),
    },
}


@dataclass(frozen=True)
class Law:
    """Largest current of a boundary per unit of its length, and of a grain.

    A boundary of misorientation theta carries j0 up to `theta_c_deg`, and above it the larger of
    ``j0 exp(-(theta - theta_c) / theta_0)`` and ``plateau j0``.  Without angles every boundary carries j0.

    Raises
    ------
    InputError
        A number out of range, or one that has no meaning without another.

    Examples
    --------
    >>> law = Law(theta_c_deg=9, theta_0_deg=9, plateau=0.05, laue="4/mmm")
    >>> law.share_at([5.0, 18.0]).round(3).tolist()
    [1.0, 0.368]
    """

    j0: float = 1.0  #: A/m, or 1 for ratios
    #: theta_c_deg, theta_0_deg: degrees; with an angle and no `theta_0_deg` the law drops to the plateau at
    #: once
    theta_c_deg: float | None = None
    theta_0_deg: float | None = None
    plateau: float = 0.0  #: share of j0 that no angle takes away
    #: standard deviation of the log of a boundary's current about the law; the mean stays
    scatter_sigma: float = 0.0
    blocked_share: float = 0.0  #: share of boundaries that carry nothing (wetting phases, cracks)
    #: what a grain carries, in the unit of j0; ``"pinning"``: `k` times j0 times the grain's own boundary
    #: length per area over the mean of the map; None: no limit
    j_grain: float | Literal["pinning"] | None = None
    k: float | None = None
    #: of misorientations; None: measured where there are, else random
    source: Source | None = None
    laue: str | None = None  #: Laue group of random misorientations
    #: all orientations alike; c along the normal; all axes along those of the specimen
    texture: Texture = "random"
    spread_deg: float = 0.0  #: standard deviation about the texture
    #: fine_fine, fine_coarse, coarse_coarse: multipliers of the current of boundaries between fine and coarse
    #: grains
    fine_fine: float = 1.0
    fine_coarse: float = 1.0
    coarse_coarse: float = 1.0
    #: equivalent diameter from which a grain is coarse; None: where two classes part best (Otsu)
    threshold_nm: float | None = None
    sources: Mapping[str, str] = field(default_factory=dict)  #: where a number of a preset comes from

    def __post_init__(self) -> None:
        _check_numbers(self)
        _check_meaning(self)

    @property
    def needs_angles(self) -> bool:
        """Whether a boundary's current depends on its misorientation."""
        return self.theta_c_deg is not None or self.theta_0_deg is not None

    @property
    def needs_classes(self) -> bool:
        """Whether it depends on the size of the grains beside it."""
        return not self.fine_fine == self.fine_coarse == self.coarse_coarse == 1.0

    def share_at(self, theta_deg: ArrayLike) -> np.ndarray:
        """Share of j0 that boundaries of these misorientations carry, degrees; of the same shape."""
        over = np.asarray(theta_deg, float) - (self.theta_c_deg or 0.0)
        if not self.needs_angles:
            return np.ones(over.shape)
        falling = 0.0 if self.theta_0_deg is None else np.exp(-np.maximum(over, 0) / self.theta_0_deg)
        return np.where(over < 0, 1.0, np.maximum(falling, self.plateau))

    def as_dict(self) -> dict[str, Any]:
        """As in the law file, for `--json`."""
        plain = {name: getattr(self, name) for name in NUMBERS}
        tables = {table: {n: getattr(self, n) for n in names} for table, names in TABLES.items()}
        return {**plain, **tables, "sources": dict(self.sources)}


def read_law(path: str | Path) -> Law:
    """A law from a TOML file. `InputError`: no such file, not TOML, an unknown key, a value out of range."""
    return law_of(toml_content(Path(path), "Give a TOML file, e.g. j0 = 1.0"), str(path))


def law_of(content: Mapping[str, Any], source: str = "law") -> Law:
    """A law from the content of a law file.

    Parameters
    ----------
    content : mapping
        Keys of the file, with ``misorientation`` and ``multipliers`` as tables; ``preset`` names a material
        whose numbers hold where the file gives none.
    source : str
        For error messages.

    Raises
    ------
    InputError
        An unknown key or preset, a value of the wrong kind or out of range.
    """
    flat = _flat(content, source)
    _check_kinds(flat, source)
    name = flat.pop("preset", None)
    if name is not None and name not in PRESETS:
        raise InputError(source, f"no preset is called {name!r}", f"Known are {', '.join(PRESETS)}")
    preset = PRESETS[name] if name is not None else {}
    values = {key: value for key, (value, _) in preset.items()} | flat
    origin = {key: text for key, (_, text) in preset.items() if key not in flat}
    try:
        return Law(**values, sources=origin)
    except InputError as error:
        raise InputError(source, f"{error.source}: {error.reason}", error.remedy) from error


TABLES = {
    "misorientation": ("source", "laue", "texture", "spread_deg"),
    "multipliers": ("fine_fine", "fine_coarse", "coarse_coarse", "threshold_nm"),
}
NUMBERS = ("j0", "theta_c_deg", "theta_0_deg", "plateau", "scatter_sigma", "blocked_share", "j_grain", "k")
PLAIN = ("preset", *NUMBERS)
WORDS = ("preset", "source", "laue", "texture")


def _flat(content: Mapping[str, Any], source: str) -> dict[str, Any]:
    """All keys in one level; unknown ones refused."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if key in TABLES and isinstance(value, Mapping):
            for inner, inner_value in value.items():
                if inner not in TABLES[key]:
                    raise InputError(
                        source, f"unknown key {inner!r} in [{key}]", f"Known are {', '.join(TABLES[key])}"
                    )
                flat[inner] = inner_value
        elif key in PLAIN:
            flat[key] = value
        else:
            known = ", ".join([*PLAIN, *(f"[{table}]" for table in TABLES)])
            raise InputError(source, f"unknown key {key!r}", f"Known are {known}")
    return flat


def _check_kinds(values: dict[str, Any], source: str) -> None:
    """Words where words belong, numbers elsewhere; texture and Laue group in their one spelling."""
    for key, value in values.items():
        wanted = "word" if key in WORDS or (value == "pinning" and key == "j_grain") else "number"
        if isinstance(value, bool) or not isinstance(value, str if wanted == "word" else int | float):
            raise InputError(source, f"{key} = {value!r} is of the wrong kind", f"Give a {wanted}")
    if "texture" in values:
        texture = values["texture"].lower()
        values["texture"] = SPELT.get(texture, texture)
    if "laue" in values:
        values["laue"] = laue_of_name(values["laue"]) or values["laue"]


#: of numbers: names, whether 0 counts, the largest, what others are, what to give
RANGES = (
    (("j0", "theta_0_deg", "k", "threshold_nm", "j_grain"), False, sys.float_info.max,
     "not above 0, or not finite", "a positive number"),
    (("theta_c_deg", "spread_deg", "fine_fine", "fine_coarse", "coarse_coarse"), True,
     sys.float_info.max, "negative or no finite number", "0 or more"),
    (("scatter_sigma",), True, MOST_SCATTER, "no standard deviation of a logarithm",
     f"a number from 0 to {MOST_SCATTER:g}, as .5"),
    (("plateau", "blocked_share"), True, 1, "no share", "a number from 0 to 1"),
)  # fmt: skip


def _check_numbers(law: Law) -> None:
    for names, zero, most, wrong, wanted in RANGES:
        for name in names:
            value = getattr(law, name)
            if isinstance(value, int | float) and not (0 < value <= most or (zero and value == 0)):
                told = f"{value:g}" if abs(value) <= sys.float_info.max else "it"
                raise InputError(name, f"{told} is {wrong}", f"Give {wanted}")


def _check_meaning(law: Law) -> None:
    if law.plateau and not law.needs_angles:
        raise InputError("plateau", "it has no meaning without an angle", "Give theta_c_deg or theta_0_deg")
    if law.theta_c_deg is not None and law.theta_0_deg is None and not law.plateau:
        raise InputError(
            "theta_c_deg", "nothing says what boundaries above it carry", "Give theta_0_deg, plateau or both"
        )
    if (law.j_grain == "pinning") != (law.k is not None):
        raise InputError("k", 'it belongs to j_grain = "pinning", and that to it', "Give both or neither")
    if law.laue is not None and law.laue not in LAUE_GROUPS:
        raise InputError("laue", f"{law.laue!r} is no Laue group", f"Known are {', '.join(LAUE_GROUPS)}")
    if law.source not in (None, "map", "random"):
        raise InputError("source", f"{law.source!r} is no source of misorientations", "Give map or random")
    if law.texture not in ("random", "fibre", "biaxial"):
        raise InputError("texture", f"no texture {law.texture!r}", "Known are random, fibre, biaxial")
    if law.texture == "random" and law.spread_deg:
        raise InputError("spread_deg", "it is about a texture, and none is given", "Give fibre or biaxial")
    for name in ("source", "laue", "texture"):
        if not law.needs_angles and getattr(law, name) not in (None, "random"):
            raise InputError(name, "it has no meaning without an angle", "Give theta_c_deg or theta_0_deg")
    if law.threshold_nm is not None and not law.needs_classes:
        raise InputError(
            "threshold_nm", "nothing depends on it", "Give fine_fine, fine_coarse or coarse_coarse"
        )
    if law.source == "random" and law.needs_angles and law.laue is None:
        raise InputError(
            "laue", "random misorientations depend on the crystal's symmetry", 'Name it, e.g. laue = "4/mmm"'
        )
