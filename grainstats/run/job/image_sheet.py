"""What the sheet of images says of the files of a run: pictures of one field, samples, exclusions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from grainstats.run.job.file_identity import KnownFiles, Picture
from grainstats.run.names import spellings
from grainstats.run.report.wording import counted, first_of
from grainstats.share.db.records import ImageRow, ImageSheet, SampleSheet
from segment.errors import InputError
from segment.file_kind import place_of

if TYPE_CHECKING:
    import pandas as pd

    from grainstats.share.db.database import Database

ONE_OF_FIELD = "one of several pictures of a field, which counts as one"
OTHER_FIELD = "its pictures belong to another field now"
REPLACED = "another image stands in its place now"


@dataclass(frozen=True)
class ListedImages:
    """The sheet's rows by the files of this run."""

    rows: Mapping[Path, ImageRow] = field(default_factory=dict)  #: listed files, in the sheet's order
    #: first picture of a field -> all its pictures, itself first
    fields: Mapping[Path, tuple[Picture, ...]] = field(default_factory=dict)
    #: parts of a path that is not there, but may have been for an earlier run -> why it does not count
    absent: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def said_of_absent(self, path: str) -> str | None:
        """Why an image of an earlier run, whose file is not there, does not count; None: nothing is said."""
        parts = PurePath(path).parts
        ends = (parts[first:] for first in range(len(parts)))
        return next((self.absent[end] for end in ends if end in self.absent), None)

    def jobs(self, paths: Sequence[Path], sample_ids: Mapping[Path, str]) -> list[tuple[Path, str]]:
        """Images of the run with their samples; of a field, its first picture stands for all."""
        further = {picture.path for pictures in self.fields.values() for picture in pictures[1:]}
        own = {path: row.sample_id for path, row in self.rows.items() if row.sample_id}
        return [(path, own.get(path, sample_ids[path])) for path in paths if path not in further]


def listed_images(
    paths: Sequence[Path], sheet: ImageSheet | None, sample_ids: Mapping[Path, str]
) -> ListedImages:
    """Find the files of a sheet among those of the run; `sample_ids` hold where a row names no sample.

    `InputError` where a row fits several files, or two rows fit one.
    """
    if sheet is None:
        return ListedImages()
    file_of = _finder(paths, sheet.source)
    rows: dict[Path, ImageRow] = {}
    absent: dict[tuple[str, ...], str] = {}
    missing = []
    for row in sheet.rows:
        found = map(file_of, spellings(row.file))
        path = next((one for one in found if one is not None), None)
        if path is None:
            missing.append(row.file)
            absent |= {PurePath(text).parts: row.excluded for text in spellings(row.file)}
        elif path in rows:
            reason = f"{rows[path].file!r} and {row.file!r} are one file"
            raise InputError(sheet.source, reason, "Keep one row for each file")
        else:
            rows[path] = row
    said = f"{Path(sheet.source).name}: no image of this run is called {first_of(missing)}"
    return ListedImages(rows, _fields(rows, sample_ids), absent, (said,) if missing else ())


def exclusions(
    db: Database,
    jobs: Sequence[tuple[Path, str]],
    listed: ListedImages,
    files: KnownFiles,
    sheet: SampleSheet | None = None,
) -> dict[str, str]:
    """By digest of file or field, why it does not count, where that is new; empty where it counts again.

    A picture of a field does not count by itself, nor does a field whose pictures are now in other ones, nor
    an image of an excluded sample, nor one in whose place another stands. Images of which the sheets say
    nothing stay as they are.
    """
    samples = {row.sample_id: row.excluded for row in sheet.rows if row.excluded is not None} if sheet else {}
    reasons: dict[str, str] = {}
    pictures: set[str] = set()
    for path, sample_id in jobs:
        if path not in listed.rows and sample_id not in samples:
            continue
        try:
            own = "" if path in listed.fields or path not in listed.rows else listed.rows[path].excluded
            reasons[files.identity(path)] = own or samples.get(sample_id, "")
            pictures |= {files.digest(picture.path) for picture in listed.fields.get(path, ())}
        except OSError:
            continue  # the run has said why
    replaced, ours = files.replaced(), {sample_id for _, sample_id in jobs}
    if not (reasons or listed.absent or replaced):
        return {}
    micrographs = db.micrographs()
    for row in micrographs.itertuples():
        members = {each["sha256"] for each in row.pictures or ()}
        gone = [replaced[digest] for digest in (row.sha256, *members) if digest in replaced]
        if row.sha256 in reasons:
            continue
        if members & (pictures | set(reasons)):
            reasons[row.sha256] = OTHER_FIELD
        elif gone and (row.excluded == REPLACED or not isinstance(row.excluded, str)):
            reasons[row.sha256] = REPLACED if any(gone) else ""
        elif row.sample_id in ours and (said := listed.said_of_absent(row.path)) is not None:
            reasons[row.sha256] = said
    reasons = dict.fromkeys(pictures - set(reasons), ONE_OF_FIELD) | reasons
    stored = dict(zip(micrographs["sha256"], micrographs["excluded"].fillna(""), strict=True))
    return {digest: why for digest, why in reasons.items() if stored.get(digest, why) != why}


def excluded_in_words(images: pd.DataFrame) -> list[str]:
    """What the report says of the excluded images that do not count by their user's wish."""
    own = images[~images["excluded"].isin([ONE_OF_FIELD, OTHER_FIELD, REPLACED])]
    said = [f"{row.path} is excluded, it enters no statistic: {row.excluded}" for row in own.itertuples()]
    replaced = images.loc[images["excluded"] == REPLACED, "path"].unique()
    if len(replaced):
        said.append(f"{first_of(replaced)}: earlier images of these names count no more")
    return said


def absent_in_words(images: pd.DataFrame, names: Collection[str], files: KnownFiles) -> list[str]:
    """What is said of images of earlier runs that count with those of this one, whose `names` are given."""
    named = images["path"].isin(names)
    met = images["micrograph_digest"].str.split("#").str[0].map(files.saw)
    earlier, alike = (images.loc[where, "path"].unique() for where in (~named, named & ~met.astype(bool)))
    said = []
    if len(earlier):
        remedy = "to leave one out, name it in the sheet of images with a reason in `excluded`"
        found = f"{counted(len(earlier), 'image')} of earlier runs ({first_of(earlier)})"
        said += [f"counted, too: {found}; {remedy}"]
    if len(alike):
        remedy = (
            "where they were replaced, run into the --out that they were measured into, or a new database"
        )
        said += [f"other images of the names {first_of(alike)} count, too; {remedy}"]
    return said


def _finder(paths: Sequence[Path], source: str) -> Callable[[str], Path | None]:
    """Function that finds the image a row means: from the sheet's folder, else by the end of its path."""
    folder = Path(source).resolve().parent
    at = {place_of(path): path for path in paths}
    called: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        called[path.name].append(path)

    def file_of(text: str) -> Path | None:
        if (found := at.get(place_of(folder / text))) is not None:
            return found
        parts = PurePath(text).parts
        alike = called.get(PurePath(text).name, [])
        fits = [path for path in alike if Path(os.path.abspath(path)).parts[-len(parts) :] == parts]
        if len(fits) > 1:
            names = ", ".join("/".join(path.parts[-2:]) for path in fits[:3])
            reason = f"{text!r} fits {len(fits)} images ({names})"
            raise InputError(source, reason, "Write as much of the path as tells them apart")
        return fits[0] if fits else None

    return file_of


def _fields(rows: Mapping[Path, ImageRow], sample_ids: Mapping[Path, str]) -> dict[Path, tuple[Picture, ...]]:
    """Fields of each sample; an excluded picture is left out of its field."""
    groups: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for path, row in rows.items():
        if row.field and not row.excluded:
            groups[row.sample_id or sample_ids[path], row.field].append(Picture(path, row.tilt_deg))
    return {pictures[0].path: tuple(pictures) for pictures in groups.values()}
