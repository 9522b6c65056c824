"""The whole way in one call: micrographs in; grains, spacings and verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grainstats.api.steps import check_choice, one_by_one
from segment.choices import Device, Null
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.api.results import Results
    from grainstats.measure.any_map import PathInput
    from grainstats.run.recipe import Recipe

Arrays = np.ndarray | Sequence[np.ndarray] | Mapping[str, Sequence[np.ndarray]]
_SAMPLE = "sample"  #: what arrays without a name belong to


def analyze(
    source: PathInput | Iterable[PathInput] | Arrays,
    *,
    pixel_size_nm: float | dict[str, float] | None = None,
    samples: PathInput | None = None,
    out: PathInput | None = None,
    model: PathInput | None = None,
    null: Null = "section",
    recipe: Recipe | PathInput | None = None,
    workers: int = 0,
    device: Device = "auto",
    progress: bool = False,
) -> Results:
    """Segment, measure and judge micrographs, as ``grainstats run`` does it.

    Parameters
    ----------
    source : path, iterable of paths, or arrays
        Files, folders or patterns; images belong to the sample that their folder is named after. Or images in
        memory, each of shape (rows, columns): one array, several of one sample, or ``{sample id: arrays}``.
    pixel_size_nm : float or dict, optional
        Edge of a pixel in nanometres, also by folder or pattern of names, as ``{"x50": 2.0, "x100": 1.0}``.
        None: what each file says. Arrays need one number.
    samples : path, optional
        samples.csv: which images belong to which sample, design routes, parameters, properties.
    out : path, optional
        Folder for label maps, pictures, tables, report and database; the same call goes on there. None: a
        temporary folder that lives as long as the results (`Results.save` keeps it).
    model : path, optional
        Name of a released model, or a model folder; None: the default.
    null : {"section", "columnar"}
        Uniform microstructure that the verdict compares with.
    recipe : Recipe or path, optional
        All settings (`grainstats.run.recipe.Recipe`, recipe.toml); `model`, `null` and `pixel_size_nm` go
        before it.
    workers : int
        Processes; 0: work in this one.
    device : {"auto", "cpu", "cuda"}
        Where the network runs; "auto": CUDA, if any.
    progress : bool
        Say on standard error which image is done, and how long the others will take.

    Returns
    -------
    Results
        ``samples`` (dict of sample id to result, each with its ``verdict``), ``images``, ``grains``,
        ``verdict`` where there is one sample, ``plot()``, ``save(folder)``. Inputs that gave no result are in
        ``failures``.

    Raises
    ------
    segment.errors.InputError
        There is no such input, or none of it could be used.

    Examples
    --------
    >>> import grainstats as gs
    >>> results = gs.analyze(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")
    >>> list(results.samples), results.verdict.n_images
    (['ai-02'], 1)
    >>> bool(results.grains["equivalent_diameter_nm"].median() > 20)
    True
    """
    from grainstats.api.results import TemporaryFolder
    from grainstats.api.stored import results_of
    from grainstats.run.job.batch import run_batch
    from grainstats.run.job.call import Call
    from grainstats.run.job.progress import Progress, ProgressBar
    from grainstats.run.names import DATABASE
    from grainstats.share import Database

    check_choice("device", device, Device)
    if not isinstance(workers, int) or workers < 0:
        raise InputError("workers", f"{workers!r} cannot be used", "Give a whole number, 0 or more")
    settings = _settings(recipe, model, null, pixel_size_nm)
    keep = TemporaryFolder()
    folder = keep.path / "results" if out is None else Path(out)
    inputs = _inputs(source, keep.path / "arrays", scaled=isinstance(settings.pixel_size_nm, int | float))
    sheet = None if samples is None else Path(samples)
    call = Call(inputs, folder, samples=sheet, device=device, workers=workers)
    with ProgressBar() if progress else nullcontext(Progress()) as told:
        summary = run_batch(call, settings, progress=told)
    if not summary.n_images:
        first = next(iter(summary.failures), None)
        if first is not None:
            raise InputError(first.path, first.reason, first.remedy)
        raise InputError(str(source), "no image could be used", "See the warnings of `grainstats run`")
    names = [sample_id for sample_id, _ in summary.verdicts]
    url = str(folder / DATABASE)
    with Database.open(url, create=False) as db:
        return results_of(db, url, samples=names, warnings=summary.warnings, keep=keep)


def example_micrographs() -> Path:
    """Folder of small calibrated micrographs of known truth: four samples of two images, and ``samples.csv``.

    Raises
    ------
    segment.errors.InputError
        The installation came without them.

    Examples
    --------
    >>> import grainstats as gs
    >>> sorted(path.name for path in gs.example_micrographs().glob("ai-*"))
    ['ai-01', 'ai-02']
    """
    from grainstats.run.commands.starting import samples_folder

    return samples_folder()


def _settings(
    recipe: Recipe | PathInput | None,
    model: PathInput | None,
    null: Null,
    pixel: float | dict[str, float] | None,
) -> Recipe:
    from grainstats.run.recipe import Recipe, read_recipe
    from segment.micrograph.pixel_size import given_size

    if isinstance(recipe, str | PathLike):
        recipe = read_recipe(Path(recipe))
    if not isinstance(recipe, Recipe | None):
        reason = f"a {type(recipe).__name__} is none"
        raise InputError(
            "recipe", reason, "Give a Recipe of grainstats.run.recipe, or the path of a recipe.toml"
        )
    changes: dict[str, Any] = {} if null == "section" else {"null": null}
    if model is not None:
        changes["model"] = str(model)
    if pixel is not None:
        changes["pixel_size_nm"] = pixel if isinstance(pixel, dict) else given_size(pixel)
    return replace(recipe or Recipe(), **changes)


def _inputs(
    source: PathInput | Iterable[PathInput] | Arrays, folder: Path, *, scaled: bool
) -> tuple[str, ...]:
    """Paths as they are; arrays as files in a folder per sample, where they are `scaled`."""
    if isinstance(source, np.ndarray):
        source = {_SAMPLE: [source]}
    if not isinstance(source, Mapping):
        several = one_by_one(source)
        if not any(isinstance(one, np.ndarray) for one in several):
            return tuple(str(path) for path in several)
        source = {_SAMPLE: several}
    if not all(len(images) for images in source.values()) or not source:
        raise InputError("an empty dict or list", "no micrograph", "Give {sample id: arrays}")
    source = {sample_id: one_by_one(images) for sample_id, images in source.items()}
    for sample_id, images in source.items():
        if not all(isinstance(image, np.ndarray) for image in images):
            remedy = "Give arrays only, or paths with samples=samples.csv"
            raise InputError(f"sample {sample_id!r}", "holds other things than arrays", remedy)
    if not scaled:
        raise InputError("arrays", "they have no pixel size", "Give pixel_size_nm, in nanometres")
    for sample_id, images in source.items():
        if str(sample_id) in ("", ".", "..") or set(str(sample_id)) & set("/\\\0"):
            raise InputError(f"sample {sample_id!r}", "is no name of a folder", "Leave out slashes")
        _write_arrays(folder / str(sample_id), images)
    return (str(folder),)


def _write_arrays(folder: Path, images: Sequence[np.ndarray]) -> None:
    """As they are, with colours, transparency and numbers that are none: they are read as files are."""
    import tifffile

    from segment.micrograph.from_array import numbers_of

    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        name = f"image_{number:03d}"
        pixels = numbers_of(image, f"{folder.name}, {name}")
        samples = 1 if pixels.ndim == 2 else pixels.shape[2]
        tifffile.imwrite(
            folder / f"{name}.tif",
            pixels,
            photometric="rgb" if samples > 2 else "minisblack",
            planarconfig="contig" if samples > 1 else None,
            extrasamples=["unassalpha"] if samples in (2, 4) else None,
            metadata=None,
        )
