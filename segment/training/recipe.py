"""The recipe of a training run: every choice that made the weights, read from TOML."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from segment.errors import InputError
from segment.file_kind import toml_content
from segment.unet.architecture import Architecture


@dataclass(frozen=True)
class RealSet:
    """A folder with images/ and boundary/ and how it is used."""

    name: str  #: folder below the data folder that is given on the command line
    share: float  #: share of the training crops
    held_out: tuple[str, ...] = ()  #: stems that training never sees
    #: min_scale, max_scale: resampling factor drawn (log-uniform) for each crop
    min_scale: float = 0.65
    max_scale: float = 1.4
    only: tuple[str, ...] = ()  #: stems that are used; none: all
    boundaries: bool = True  #: False: the images show no grain boundary, and there is no boundary/
    #: folders beside images/ with masks (255) of what is no grain; none: nobody labelled it
    phases: tuple[str, ...] = ()

    def uses(self, stem: str) -> bool:
        """Whether training sees the image of this stem."""
        return stem not in self.held_out and (not self.only or stem in self.only)


@dataclass(frozen=True)
class TrainingRecipe:
    """Choices of a training run."""

    name: str = "unet-lite2"
    #: encoder, depth, decoder: of the segmentation-models-pytorch U-Net
    encoder: str = "timm-tf_efficientnet_lite2"
    depth: int = 4
    decoder: tuple[int, ...] = (128, 64, 32, 16)
    seed: int = 20261122  #: of the weights, the crops and (with the index) each synthetic image
    synthetic: int = 2400  #: number of synthetic images drawn
    #: how many of them are drawn before the first step; the others join evenly until the last. 0: all.
    at_first: int = 0
    #: crop, batch: edge of a crop in pixels; crops a step
    crop: int = 256
    batch: int = 8
    #: steps, minutes: length of the cosine schedule; with `minutes` > 0 it follows the clock instead of the
    #: steps
    steps: int = 2500
    minutes: float = 0.0
    #: learning_rate, weight_decay, encoder_rate, ema: AdamW; factor on the encoder's rate; decay of the
    #: averaged weights that are released
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.01
    encoder_rate: float = 0.5
    ema: float = 0.997
    #: line_px, margin_px: half-width of the boundary's target line, and of the band beside it that counts
    #: little
    line_px: float = 1.8
    margin_px: float = 3.0
    dice: float = 0.5  #: weight of the Dice term beside cross-entropy
    #: weight of a pixel of a real crop that the network calls boundary and the annotator left out
    doubt: float = 0.3
    #: share of each style among the synthetic images, by name; "any" is all of them by their usual shares,
    #: which is what an empty table gives
    styles: dict[str, float] = field(default_factory=dict)
    taught: tuple[str, ...] = ()  #: styles and real sets whose truth is learned where `keep` holds the rest
    #: weight of the distance from the answers of the weights that training starts from, on every crop that is
    #: not `taught` (Li and Hoiem, Learning without forgetting, IEEE TPAMI 40, 2018); 0: truth everywhere
    keep: float = 0.0
    real: tuple[RealSet, ...] = field(default=())

    @property
    def architecture(self) -> Architecture:
        """Shape of the network that this recipe trains."""
        return Architecture(self.encoder, self.depth, self.decoder)


def read_training_recipe(path: Path) -> TrainingRecipe:
    """Recipe from a TOML file: keys of `TrainingRecipe`, and one [[real]] table per real data set.

    `InputError`: not TOML, a key that means nothing here or is missing, or a value of another kind.
    """
    facts = toml_content(path, "Start from models/unet-lite2")
    facts.pop("record", None)
    sets = facts.pop("real", [])
    if not isinstance(sets, list) or not all(isinstance(table, dict) for table in sets):
        raise InputError(path, "real is no list of tables", "Begin each real set with [[real]]")
    real = tuple(_checked(RealSet, table, path) for table in sets)
    return _checked(TrainingRecipe, {**facts, "real": real}, path)


def _checked(kind: type, facts: dict[str, Any], path: Path) -> Any:
    known = {f.name: f for f in fields(kind)}
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise InputError(path, f"unknown key {', '.join(unknown)}", f"Known: {', '.join(sorted(known))}")
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in needed if name not in facts]
    if missing:
        raise InputError(path, f"{kind.__name__} lacks {', '.join(missing)}", "Add it")
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in facts.items()}
    for key, value in values.items():
        wanted = str(known[key].type).partition("[")[0]
        if type(value).__name__ not in (wanted, "int" if wanted == "float" else wanted):
            raise InputError(path, f"{key} = {value!r} is no {wanted}", "Correct it")
    return kind(**values)
