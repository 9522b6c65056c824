"""What a user asks of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grainstats.run.job.one_image import Device

IMAGES = "images.csv"


@dataclass(frozen=True)
class Call:
    """What a user asks for, apart from the recipe.

    Attributes
    ----------
    inputs : tuple of str
        Files, folders, glob patterns.
    out : Path
        Output folder.
    db : str or None
        Path or URL of the database; None: ``results.db`` in `out`.
    samples : Path or None
        samples.csv.
    device : {"auto", "cpu", "cuda"}
    workers : int or None
        Processes; 0 works in this one, without isolation; None: what suits the machine (`default_workers`).
    shard : (int, int)
        Part I of N of the images; parts but the whole write no report.
    manifest : Path or None
        Frozen list of the images, made from `inputs` where it does not exist.
    retry_failed : bool
        Work only on images without a result in the database.
    report_only : bool
        Analyse nothing: judge what the database holds and write tables and report.
    verify : bool
        Read every file again instead of trusting its size and times.
    dask : str or None
        Address of a Dask scheduler that runs the jobs instead of local processes.
    xlsx : bool
        Write all tables as one workbook, too.
    corrections : Path or None
        Folder of maps corrected by hand (`grainstats.run.job.corrections`).
    images : Path or None
        Sheet of images; None: ``images.csv`` beside samples.csv, where there is one.
    """

    inputs: tuple[str, ...]
    out: Path
    db: str | None = None
    samples: Path | None = None
    device: Device = "auto"
    workers: int | None = None
    shard: tuple[int, int] = (1, 1)
    manifest: Path | None = None
    retry_failed: bool = False
    report_only: bool = False
    verify: bool = False
    dask: str | None = None
    xlsx: bool = False
    corrections: Path | None = None
    images: Path | None = None

    @property
    def image_sheet(self) -> Path | None:
        """The sheet of images, named or beside samples.csv."""
        if self.images is not None or self.samples is None:
            return self.images
        beside = self.samples.parent / IMAGES
        return beside if beside.is_file() else None
