"""What a user asks of a run, its images, and which of them this process works on: a shard, or failed ones."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segment.choices import Device
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.db.database import Database
    from grainstats.share.db.records import ImageSheet, SampleSheet

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


def parse_shard(text: str) -> tuple[int, int]:
    """``"2/8"`` as (2, 8). `InputError`: not of the form I/N with 1 <= I <= N."""
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(
            f"--shard {text}", "is not of the form I/N", "Give for example --shard 2/8, I from 1 to N"
        )
    return int(match[1]), int(match[2])


def in_shard(name: str, shard: tuple[int, int]) -> bool:
    """Whether an image belongs to part I of N: by the digest of its name, not by its place in a listing.

    A listing changes while images arrive; the shard of an image does not.

    >>> sum(in_shard("films/S1/a.tif", (part, 4)) for part in (1, 2, 3, 4))
    1
    """
    part, parts = shard
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % parts == part - 1


def frozen_listing(manifest: Path, listing: Callable[[], Sequence[Path]]) -> list[Path]:
    """The paths of a manifest; where there is none yet, it is made of `listing`.

    One path a line, absolute; a path with a line end in it stands as a JSON string. Of several processes that
    start at once, one makes the file and all read it.

    `InputError`: the file holds no paths.
    """
    remedy = "Give another name, and the list is made there"
    if not manifest.exists():
        _make(manifest, listing())
    try:
        text = os.fsdecode(manifest.read_bytes())
    except OSError as error:
        raise InputError(manifest, f"cannot be read: {error.strerror}", remedy) from error
    if "\0" in text:
        raise InputError(manifest, "it is no list of paths", remedy)
    lines = [line.strip("\r") for line in text.split("\n")]
    paths = [Path(json.loads(line) if line.startswith('"') else line) for line in lines if line.strip()]
    if not paths:
        raise InputError(manifest, "it lists no image", "Remove it, so that it is made again from INPUT")
    return [path if path.is_absolute() else manifest.parent / path for path in paths]


def _make(manifest: Path, paths: Sequence[Path]) -> None:
    places = (os.path.abspath(path) for path in paths)
    lines = [json.dumps(place) if re.search(r"[\r\n]|^\"", place) else place for place in places]
    manifest.parent.mkdir(parents=True, exist_ok=True)
    part = manifest.with_name(f".{manifest.name}.{os.getpid()}.part")
    part.write_bytes(os.fsencode("\n".join([*lines, ""])))
    try:
        os.link(part, manifest)
    except FileExistsError:
        pass  # another process was first
    except OSError:  # a file system without hard links
        os.replace(part, manifest)
    part.unlink(missing_ok=True)


def sheets_of(call: Call) -> tuple[SampleSheet | None, ImageSheet | None]:
    """The sheets of samples and of images that the call names."""
    samples = images = None
    if call.samples is not None:
        from grainstats.share.sheets.samples import read_samples

        samples = read_samples(call.samples)
    if call.image_sheet is not None:
        from grainstats.share.sheets.images import read_images

        images = read_images(call.image_sheet)
    return samples, images


def images_of(call: Call) -> list[Path]:
    """All images of the call, but for what lies in its output folder and among its corrections.

    `InputError`: no input, or nothing but the run's own files.
    """
    from grainstats.run.orientation_input import find_inputs

    if call.report_only:
        return []
    own = {os.path.realpath(folder) for folder in (call.out, call.corrections) if folder is not None}

    def outside(path: Path) -> bool:
        place = Path(os.path.realpath(path))
        return own.isdisjoint(map(str, [place, *place.parents]))

    def listing() -> list[Path]:
        found = find_inputs(call.inputs)
        good = {folder: outside(folder) for folder in {path.parent for path in found}}
        return [path for path in found if good[path.parent] and (not path.is_symlink() or outside(path))]

    paths = listing() if call.manifest is None else frozen_listing(call.manifest, listing)
    if not paths:
        reason = "all micrographs of the input lie in the output folder, whose files are not read"
        raise InputError(f"--out {call.out}", reason, "Name a folder of its own, such as results")
    return paths


def chosen_of(
    call: Call, jobs: Sequence[tuple[Path, str]], name: Callable[[Path], str], db: Database
) -> list[tuple[Path, str]]:
    """The images that this process works on; of a frozen list every N-th, so that shards are of one size."""
    part, parts = call.shard
    if call.manifest is not None:
        ours = list(jobs[part - 1 :: parts])
    else:
        ours = [job for job in jobs if parts == 1 or in_shard(name(job[0]), call.shard)]
    if not call.retry_failed:
        return ours
    failed = set(db.failures()["path"])
    return [job for job in ours if name(job[0]) in failed]
