"""What `analyze` and `load_results` give: samples, their images and grains, and how to look at them."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from grainstats.run.failures import by_reason
from grainstats.run.names import DATABASE
from grainstats.run.report.wording import counted, first_of, length_with_interval
from segment.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from grainstats.infer import ModalityVerdict
    from segment.grain_map import GrainMap


REMARKS = 5  #: told when results are shown; all are in their attributes
MOST_DRAWN = 40  #: samples in one figure, which is then 136 inches high; a judgement


class TemporaryFolder:
    """A folder that is there as long as anything refers to this."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="grainstats-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class ImageResult:
    """One analysed image.

    Attributes
    ----------
    name : str
        Folder and name of the file, ``#frame`` behind it in a stack.
    sample_id : str
    digest : str
        SHA-256 of the file's bytes, ``#frame`` behind it in a stack.
    pixel_size_nm : float
        Edge of a pixel in nanometres.
    shape : tuple of int
        Rows and columns.
    n_grains : int
        Grains of the label map, those at the frame included.
    warnings : tuple of str
        What reading noticed, and why the segmentation may not be trusted.
    analysis_id : int
        Key of this image's rows in `Results.grains` and `Results.intercepts`.
    labels_path, picture_path : Path or None
        Label map, and picture of the micrograph, of the results folder; None: not there.

    Examples
    --------
    >>> import grainstats as gs
    >>> field = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
    >>> results = gs.analyze(field.image[:256, :256], pixel_size_nm=2.0)
    >>> image = results.images[0]
    >>> image.shape, image.grain_map.labels.shape
    ((256, 256), (256, 256))
    """

    name: str
    sample_id: str
    digest: str
    pixel_size_nm: float
    shape: tuple[int, int]
    n_grains: int
    warnings: tuple[str, ...]
    analysis_id: int
    labels_path: Path | None
    picture_path: Path | None
    _keep: TemporaryFolder | None = field(repr=False, default=None)

    @cached_property
    def grain_map(self) -> GrainMap:
        """The cells, read from the label map.

        Raises
        ------
        segment.errors.InputError
            The label map is not in the results folder.
        """
        from segment.label_maps.reading import read_label_map

        if self.labels_path is None:
            raise InputError(
                self.name, "its label map is not in the results folder", "Run the analysis again"
            )
        return read_label_map(self.labels_path)

    @property
    def picture(self) -> np.ndarray | None:
        """Grey levels for looking at, uint8, at most 900 pixels wide; None where the picture is not there."""
        import numpy as np
        from PIL import Image

        if self.picture_path is None:
            return None
        with Image.open(self.picture_path) as opened:
            return np.asarray(opened.convert("L"))


@dataclass(frozen=True, eq=False, repr=False)
class SampleResult:
    """One sample: its verdict, its numbers and its images.

    Attributes
    ----------
    sample_id : str
    verdict : ModalityVerdict or None
        None where nothing could be judged.
    descriptors : DataFrame
        Numbers of all images together, by name: value, ci_low, ci_high (95 %), unit, method.
    images : tuple of ImageResult
    database : str
        Path or URL of the database that holds the rows.

    Examples
    --------
    >>> import grainstats as gs
    >>> field = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
    >>> results = gs.analyze(field.image[:256, :256], pixel_size_nm=2.0)
    >>> sample = results.samples["sample"]
    >>> sample.verdict.verdict, sample.descriptors.loc["intercept_mean_nm", "unit"]
    ('indeterminate', 'nm')
    """

    sample_id: str
    verdict: ModalityVerdict | None
    descriptors: pd.DataFrame
    images: tuple[ImageResult, ...]
    database: str = field(repr=False, default="")
    _keep: TemporaryFolder | None = field(repr=False, default=None)

    @cached_property
    def grains(self) -> pd.DataFrame:
        """One row per grain, lengths in nanometres; ``analysis_id`` tells the image."""
        return _table(self.database, "grains", self.sample_id)

    @cached_property
    def intercepts(self) -> pd.DataFrame:
        """One row per intercept, ``length_nm``; ``censored`` where the frame cuts it."""
        return _table(self.database, "intercepts", self.sample_id)

    def plot(self) -> Figure:
        """Sizes by number and area, spacings, and one micrograph with its grains coloured by size."""
        return _figure([self])

    def __repr__(self) -> str:
        said = (
            "not judged" if self.verdict is None else f"{self.verdict.verdict} ({self.verdict.short_reason})"
        )
        return f"<sample {self.sample_id}, {counted(len(self.images), 'image')}: {said}>"

    def _repr_html_(self) -> str:
        return _html([self])


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """What an analysis found.

    Attributes
    ----------
    samples : dict of str to SampleResult
        By sample id.
    folder : Path or None
        Where label maps, overlays, tables and the report lie; None for a database without them.
    failures : DataFrame
        Inputs that gave no result: path, reason, remedy.
    warnings : tuple of str
    database : str
        Path or URL of the database that holds the rows.

    Examples
    --------
    >>> import grainstats as gs
    >>> field = gs.read(gs.example_micrographs() / "ai-02" / "ai-02-field-1.tif")[0]
    >>> results = gs.analyze(field.image[:256, :256], pixel_size_nm=2.0)
    >>> list(results.samples), len(results.images), results.verdict.n_images
    (['sample'], 1, 1)
    """

    samples: Mapping[str, SampleResult]
    folder: Path | None
    failures: pd.DataFrame
    warnings: tuple[str, ...] = ()
    database: str = field(repr=False, default="")
    _keep: TemporaryFolder | None = field(repr=False, default=None)

    @property
    def images(self) -> tuple[ImageResult, ...]:
        """All images of all samples."""
        return tuple(image for sample in self.samples.values() for image in sample.images)

    @cached_property
    def grains(self) -> pd.DataFrame:
        """One row per grain of all samples; lengths in nanometres."""
        return pd.concat([s.grains for s in self.samples.values()], ignore_index=True)

    @cached_property
    def intercepts(self) -> pd.DataFrame:
        """One row per intercept of all samples; lengths in nanometres."""
        return pd.concat([s.intercepts for s in self.samples.values()], ignore_index=True)

    @property
    def descriptors(self) -> pd.DataFrame:
        """Numbers of every sample: sample_id, name, value, ci_low, ci_high, unit, method."""
        parts = {sample_id: s.descriptors for sample_id, s in self.samples.items()}
        return pd.concat(parts, names=["sample_id", "name"]).reset_index()

    @property
    def verdict(self) -> ModalityVerdict:
        """Of the only sample.

        Raises
        ------
        segment.errors.InputError
            There are several samples, or the one could not be judged.
        """
        if len(self.samples) != 1:
            names = ", ".join(self.samples) or "none"
            raise InputError(
                "results", f"{len(self.samples)} samples: {names}", "Ask for results.samples[NAME].verdict"
            )
        (sample,) = self.samples.values()
        if sample.verdict is None:
            raise InputError(sample.sample_id, "was not judged", "See results.failures and results.warnings")
        return sample.verdict

    def plot(self) -> Figure:
        """A row per sample: sizes by number and area, spacings, and a micrograph with coloured grains."""
        return _figure(list(self.samples.values()))

    def save(self, folder: str | Path) -> Path:
        """Copy everything into a folder that `load_results` reads: database, tables, label maps, report.

        Raises
        ------
        segment.errors.InputError
            The results came from a database without a folder, or `folder` is a file or holds other results.
        """
        target = Path(folder)
        if self.folder is None:
            raise InputError(
                "results", "have no folder of their own", "Use `grainstats export` on the database"
            )
        if target.resolve() != self.folder.resolve():
            if target.is_file() or (target / DATABASE).exists():
                raise InputError(target, "is a file, or holds results already", "Name a new folder")
            shutil.copytree(self.folder, target, dirs_exist_ok=True)
        return target

    def __repr__(self) -> str:
        return "\n".join([*map(repr, self.samples.values()), *self._remarks()]) or "<no samples>"

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())
        return _html(list(self.samples.values())) + said

    def _remarks(self) -> list[str]:
        """Inputs without a result and the first warnings, in a line each."""
        groups = by_reason(self.failures.itertuples())
        failed = [f"no result: {first_of(paths)}: {reason}. {remedy}." for paths, reason, remedy in groups]
        said = [*failed, *(f"warning: {warning}" for warning in self.warnings)]
        more = [f"{len(said) - REMARKS} more in .failures and .warnings"] if len(said) > REMARKS else []
        return [*said[:REMARKS], *more]


def _figure(samples: list[SampleResult]) -> Figure:
    """A row of three pictures for each sample."""
    from grainstats.api.plots import draw_grains, draw_sizes, draw_spacings, rows_of_three

    figure, axes = rows_of_three(min(len(samples), MOST_DRAWN))
    if len(samples) > MOST_DRAWN:
        figure.suptitle(f"{MOST_DRAWN} of {len(samples)} samples; any other by samples[NAME].plot()")
    for (sizes, spacings, grains), sample in zip(axes, samples, strict=False):
        said = "not judged" if sample.verdict is None else sample.verdict.verdict
        draw_sizes(sizes, sample.grains, sample.verdict, f"{sample.sample_id}: {said}")
        draw_spacings(spacings, sample.intercepts, *(_mean_intercept(sample.descriptors) or (None,)))
        if sample.images and sample.images[0].labels_path is not None:
            image = sample.images[0]
            draw_grains(grains, image.grain_map, image.picture, image.name)
        else:
            draw_grains(grains, None, None, "")
    return figure


def _table(database: str, name: str, sample_id: str) -> pd.DataFrame:
    from grainstats.share import Database

    with Database.open(database, create=False) as db:
        table: pd.DataFrame = getattr(db, name)(sample_id)
    return table


def _html(samples: list[SampleResult]) -> str:
    heads = ["sample", "images", "grains", "mean intercept (95 %)", "verdict", "p", "stability", "reason"]
    table = pd.DataFrame([_row(sample) for sample in samples], columns=heads)
    html: str = table.to_html(index=False, col_space={"reason": "20em"})
    return html


def _row(sample: SampleResult) -> tuple[str | int, ...]:
    verdict, mean = sample.verdict, _mean_intercept(sample.descriptors)
    judged = ("", "", "", "")
    if verdict is not None:
        judged = (verdict.verdict, _number(verdict.p_value), _number(verdict.stability), verdict.short_reason)
    grains = sum(image.n_grains for image in sample.images)
    return (
        sample.sample_id,
        len(sample.images),
        grains,
        length_with_interval(*mean) if mean else "",
        *judged,
    )


def _mean_intercept(descriptors: pd.DataFrame) -> tuple[float, list[float] | None] | None:
    """Value and interval, nanometres."""
    if "intercept_mean_nm" not in descriptors.index:
        return None
    value, *ci = (float(descriptors.loc["intercept_mean_nm", end]) for end in ("value", "ci_low", "ci_high"))
    return value, None if pd.isna(ci).any() else ci


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
