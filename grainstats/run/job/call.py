"""What a user asks of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segment.choices import Device
from segment.errors import InputError

IMAGES = "images.csv"


@dataclass(frozen=True)
class Call:
    """What a user asks for, apart from the recipe.

    `InputError`: corrections that no images go with, or in the folder that the run writes into.
    """

    inputs: tuple[str, ...]  #: files, folders, glob patterns
    out: Path  #: output folder
    db: str | None = None  #: path or URL of the database; None: ``results.db`` in `out`
    samples: Path | None = None  #: samples.csv
    device: Device = "auto"
    #: processes; 0 works in this one, without isolation; None: what suits the machine (`default_workers`)
    workers: int | None = None
    shard: tuple[int, int] = (1, 1)  #: part I of N of the images; parts but the whole write no report
    manifest: Path | None = None  #: frozen list of the images, made from `inputs` where it does not exist
    retry_failed: bool = False  #: work only on images without a result in the database
    report_only: bool = False  #: analyse nothing: judge what the database holds and write tables and report
    verify: bool = False  #: read every file again instead of trusting its size and times
    dask: str | None = None  #: address of a Dask scheduler that runs the jobs instead of local processes
    xlsx: bool = False  #: write all tables as one workbook, too
    corrections: Path | None = None  #: folder of maps corrected by hand (`grainstats.run.job.corrections`)
    #: sheet of images; None: ``images.csv`` beside samples.csv, where there is one
    images: Path | None = None

    def __post_init__(self) -> None:
        if self.corrections is None:
            return
        named = f"--corrections {self.corrections}"
        if self.report_only:
            raise InputError(named, "--report-only analyses nothing", "Leave one of the two out")
        if self.corrections.resolve().is_relative_to(self.out.resolve()):
            remedy = "Copy the maps to be corrected into a folder of their own"
            raise InputError(named, "it lies in the output folder, whose files are the run's own", remedy)

    @property
    def image_sheet(self) -> Path | None:
        """The sheet of images, named or beside samples.csv."""
        if self.images is not None or self.samples is None:
            return self.images
        beside = self.samples.parent / IMAGES
        return beside if beside.is_file() else None
