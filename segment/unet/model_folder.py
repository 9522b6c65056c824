"""A model folder: weights, what they were trained for, and the identity of both.

A folder holds ``model.toml``, the OpenVINO IR it names (``model.xml`` + ``model.bin``), ``CARD.md``,
``confidence.json`` where it was measured how far the answers can be trusted, and ``errors.json`` where it was
measured how much another model's answers differ.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segment.errors import ModelError
from segment.file_kind import toml_content
from segment.quality.calibration_table import CONFIDENCE_FILE as CONFIDENCE
from segment.quality.calibration_table import Confidence, read_confidence
from segment.quality.error_rates import ErrorRates, read_rates

MODEL_FORMAT = 1  #: version of model.toml that this code reads


@dataclass(frozen=True)
class Model:
    """A model folder, opened: released or own weights; lengths in the network's pixels.

    Attributes
    ----------
    name : str
    folder : Path
    digest : str
        SHA-256 over all that decides: model.toml, the weights and every ``*.json`` of the folder.  The same
        digest gives the same boundaries, warnings and verdicts.
    outputs : tuple of str
        Meaning of the channels: "boundary", and "not_grain" where it knows pores and second phases.
    stride : int
        Height and width of the network's input are multiples of it.
    halo_px : int
        Context of a pixel on every side, a multiple of `stride`, measured by gradients at export.
    best_intercept_px : float
        Mean intercept at which the network sees best.
    persistence : float
        Default of the watershed's seeds, in units of probability.
    min_area_px : int
        Smaller cells are merged into a neighbour.
    weights : Path
        The OpenVINO network's .xml file.
    bf16_agreement : float or None
        Share of pixels on whose side of one half bf16 and f32 agree; None: not measured, "auto" is f32.
    confidence : Confidence or None
        How far its answers can be trusted; None: not measured.
    weights_digest : str
        SHA-256 over model.toml, the weights and confidence.json: what the error rates were measured for.
    error_rates : ErrorRates
        How much another model, as good, differs; nominal where that was not measured for these weights.

    Examples
    --------
    >>> import segment
    >>> segment.load_model().outputs
    ('boundary', 'not_grain')
    """

    name: str
    folder: Path
    digest: str
    outputs: tuple[str, ...]
    stride: int
    halo_px: int
    best_intercept_px: float
    persistence: float
    min_area_px: int
    weights: Path
    bf16_agreement: float | None = None
    confidence: Confidence | None = None
    weights_digest: str = ""
    error_rates: ErrorRates = field(default_factory=ErrorRates)

    def smallest_px(self, scale: float) -> int:
        """Smallest cell, in pixels of an image that was resampled by `scale` for the network."""
        return max(round(self.min_area_px / scale**2), 1)

    def __reduce__(self) -> tuple[Any, ...]:
        return load_model, (self.folder,)


def model_folders() -> list[Path]:
    """Where released models live: `models/` of a checkout, `segment/_models` of a wheel."""
    package = Path(__file__).resolve().parents[1]
    return [folder for folder in (package.parent / "models", package / "_models") if folder.is_dir()]


def released_models() -> list[str]:
    """Names of the models that came with this installation, the default first.

    The default is the one whose model.toml says ``default = true``, else the first by name.

    Examples
    --------
    >>> released_models()[0]
    'unet-lite2'
    """
    found: dict[str, bool] = {}
    for root in model_folders():
        for toml in sorted(root.glob("*/model.toml")):
            found.setdefault(toml.parent.name, bool(_read_toml(toml).get("default", False)))
    return sorted(found, key=lambda name: (not found[name], name))


def load_model(name_or_path: str | Path | None = None) -> Model:
    """Open a model folder; the weights are read at the first prediction.

    Parameters
    ----------
    name_or_path : str or Path, optional
        Name of a released model, or a folder; None: the default released model.

    Raises
    ------
    ModelError
        No such model, or its folder is incomplete, damaged or of another format version.

    Examples
    --------
    >>> model = load_model()
    >>> model.outputs, model.best_intercept_px
    (('boundary', 'not_grain'), 35.0)
    """
    folder = _find_folder(name_or_path)
    facts = _read_toml(folder / "model.toml")
    source = folder / "model.toml"
    if facts.get("format") != MODEL_FORMAT:
        raise ModelError(
            source,
            f"format {facts.get('format')!r} where {MODEL_FORMAT} is read",
            "Use a matching version of grainstats",
        )
    named = str(facts.get("weights", "model.xml"))
    if Path(named).name != named or ((folder / named).exists() and not (folder / named).is_file()):
        raise ModelError(source, f"weights = {named!r} is no file of this folder", "Export the model again")
    try:
        weights = folder / named
        network = [source, weights, weights.with_suffix(".bin")]
        contents = {path: _content(path) for path in [*network, *sorted(folder.glob("*.json"))]}
        weights_digest = _digest(contents, [*network, *folder.glob(CONFIDENCE)])
        agreement = facts.get("bf16_agreement")
        model = Model(
            name=str(facts["name"]),
            folder=folder,
            digest=_digest(contents, list(contents)),
            weights_digest=weights_digest,
            error_rates=read_rates(folder, weights_digest),
            outputs=tuple(str(output) for output in facts["outputs"]),
            stride=int(facts["stride"]),
            halo_px=int(facts["halo_px"]),
            best_intercept_px=float(facts["best_intercept_px"]),
            persistence=float(facts["persistence"]),
            min_area_px=int(facts["min_area_px"]),
            weights=weights,
            bf16_agreement=None if agreement is None else float(agreement),
            confidence=read_confidence(folder),
        )
    except KeyError as error:
        raise ModelError(source, f"the key {error.args[0]!r} is missing", "Export the model again") from error
    except (TypeError, ValueError) as error:
        raise ModelError(source, f"a value cannot be read ({error})", "Export the model again") from error
    _check(model)
    return model


def _check(model: Model) -> None:
    """Refuse values that would give wrong answers silently."""
    source = model.folder / "model.toml"
    if "boundary" not in model.outputs:
        raise ModelError(source, 'no output is called "boundary"', "Export the model again")
    if model.stride < 1 or model.halo_px < 0 or model.halo_px % model.stride:
        raise ModelError(source, "halo_px is no multiple of stride", "Measure the halo again")
    if not 0 < model.persistence < 1 or model.best_intercept_px <= 0 or model.min_area_px < 1:
        raise ModelError(
            source, "persistence, best_intercept_px or min_area_px is out of range", "Correct it"
        )


def _find_folder(name_or_path: str | Path | None) -> Path:
    """Folder of a released model's name, of a path, or of the default."""
    released = released_models()
    if name_or_path is None:
        if not released:
            raise ModelError("models", "this installation has no released model", "Give a model folder")
        name_or_path = released[0]
    if str(name_or_path) in released:
        return next(
            root / str(name_or_path) for root in model_folders() if os.path.isdir(root / str(name_or_path))
        )
    folder = Path(name_or_path)
    if folder.name == "model.toml":
        folder = folder.parent
    if not os.path.isfile(folder / "model.toml"):
        known = ", ".join(released) or "none"
        raise ModelError(
            name_or_path, "neither a released model nor a folder with a model.toml", f"Known: {known}"
        )
    return folder.resolve()


def _read_toml(path: Path) -> dict[str, Any]:
    return toml_content(path, "Restore the file or export the model again", ModelError)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            path, "a file of the model is missing", "Restore it or export the model again"
        ) from error


def _digest(contents: dict[Path, bytes], files: list[Path]) -> str:
    """SHA-256 over names and bytes of `files`, in this order."""
    total = hashlib.sha256()
    for path in files:
        total.update(f"{path.name}\0{len(contents[path])}\0".encode())
        total.update(contents[path])
    return total.hexdigest()
