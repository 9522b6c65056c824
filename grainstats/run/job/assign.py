"""Which sample an image belongs to: by the globs of samples.csv, else by the name of its folder."""

import glob
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from grainstats.run.names import printable, spellings
from grainstats.share.db.records import SampleSheet
from segment.errors import InputError
from segment.file_kind import place_of
from segment.spelling import composed


@dataclass(frozen=True)
class Assignment:
    """The sample of every image."""

    sample_ids: dict[Path, str]  #: one entry per image
    warnings: tuple[str, ...] = ()  #: samples without images, images of samples that the sheet does not list


def assign_samples(paths: Sequence[Path], sheet: SampleSheet | None = None) -> Assignment:
    """Give every image its sample.

    An image belongs to the sample whose glob in the sheet matches it (globs start at the sheet's folder);
    else to the nearest folder above it that is named like a sample of the sheet; else to the sample named
    after its folder. Two different folders of the same name are never one sample: they are named with
    as many parent folders as tell them apart. A linked image belongs to the folder that the link lies in.

    `InputError`: an image matches the globs of two samples.
    """
    if sheet is None:
        return Assignment(_by_folder(paths))
    claimed = _by_glob(paths, sheet)
    listed = set(sheet.sample_ids())
    for path in paths:
        if path not in claimed:
            above = (_named(folder.name) for folder in _lying(path).parents)
            claimed[path] = next((name for name in above if name in listed), "")
    rest = _by_folder([path for path in paths if not claimed[path]])
    sample_ids = {path: claimed[path] or rest[path] for path in paths}
    return Assignment(sample_ids, _remarks(sample_ids, sheet))


def _by_glob(paths: Iterable[Path], sheet: SampleSheet) -> dict[Path, str]:
    known = {place_of(path): path for path in paths}
    claimed: dict[Path, str] = {}
    root = Path(sheet.source).resolve().parent
    for row in sheet.rows:
        patterns = spellings(row.images) if row.images else ()
        for found in chain.from_iterable(glob.glob(p, root_dir=root, recursive=True) for p in patterns):
            path = known.get(place_of(root / found))
            if path is None:
                continue
            if claimed.setdefault(path, row.sample_id) != row.sample_id:
                raise InputError(
                    sheet.source,
                    f"the globs of the samples {claimed[path]!r} and {row.sample_id!r} both match {path}",
                    "Let each image match the glob of one sample",
                )
    return claimed


def _by_folder(paths: Iterable[Path]) -> dict[Path, str]:
    folders = {path: _lying(path).parent for path in paths}
    alike: dict[str, set[Path]] = defaultdict(set)
    for folder in folders.values():
        alike[_named(folder.name)].add(folder)
    names = {folder: name for group in alike.values() for folder, name in _told_apart(group).items()}
    return {path: names[folder] for path, folder in folders.items()}


def _named(folder: str) -> str:
    """A folder's name as a sample's, spelled as in sheets."""
    return composed(printable(folder))


def _lying(path: Path) -> Path:
    """The path as the user sees it: links are not followed."""
    return Path(os.path.abspath(path))


def _told_apart(folders: set[Path]) -> dict[Path, str]:
    """Names of folders that end alike: the fewest trailing parts that make them differ."""
    depth = 1
    while len({folder.parts[-depth:] for folder in folders}) < len(folders):
        depth += 1
    return {
        folder: _named("/".join(part.strip("/") for part in folder.parts[-depth:])) or "images"
        for folder in folders
    }


def _remarks(sample_ids: dict[Path, str], sheet: SampleSheet) -> tuple[str, ...]:
    listed, used, name = set(sheet.sample_ids()), set(sample_ids.values()), Path(sheet.source).name
    remarks = []
    if empty := ", ".join(sorted(listed - used)):
        remarks.append(f"{name}: no image of this run belongs to {empty}")
    if unlisted := ", ".join(sorted(used - listed)):
        how = "named after the image's folder, without a design route"
        remarks.append(f"{name} does not list {unlisted}: {how}")
    return tuple(remarks)
