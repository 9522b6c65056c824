"""Results that were stored: a results folder, or a database that many share."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from grainstats.api.results import ImageResult, Results, SampleResult, TemporaryFolder
from grainstats.run.names import DATABASE
from grainstats.run.report.wording import first_of
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share import Database


def load_results(source: str | PathLike[str], *, samples: Collection[str] | None = None) -> Results:
    """Open results that `grainstats run`, `Results.save` or a colleague has left.

    Parameters
    ----------
    source : path or URL
        A results folder, its ``results.db``, or the URL of a shared database.
    samples : str or collection of str, optional
        Only these sample ids; None: all that have images.

    Returns
    -------
    Results

    Raises
    ------
    segment.errors.InputError
        No such database, or a newer one; no sample of this id.

    Examples
    --------
    >>> import grainstats as gs
    >>> gs.load_results("nowhere")
    Traceback (most recent call last):
        ...
    grainstats.share.db.engine.DatabaseError: sqlite:///nowhere/results.db: no such database...
    """
    from grainstats.share import Database

    url, wanted = database_url(source), [samples] if isinstance(samples, str) else samples
    with Database.open(url, create=False) as db:
        found = results_of(db, url, samples=wanted)
        if missing := sorted(set(wanted or ()) - set(found.samples)):
            known = first_of(sorted(db.analyses()["sample_id"].dropna().unique()), 10) or "none"
            raise InputError(db.safe_url, f"no sample {missing[0]!r} with images", f"Known are {known}")
    return found


def results_of(
    db: Database,
    url: str,
    *,
    samples: Collection[str] | None = None,
    warnings: tuple[str, ...] = (),
    keep: TemporaryFolder | None = None,
) -> Results:
    """Results of an open database; `keep` lives as long as they do."""
    from grainstats.share.db.reading import verdict_by_sample

    images: dict[str, list[ImageResult]] = {}
    for image in _images(db, keep):
        images.setdefault(image.sample_id, []).append(image)
    verdicts = verdict_by_sample(db.verdicts())
    descriptors = db.descriptors("sample").drop(columns="sample_result").set_index("name")
    described = dict(tuple(descriptors.groupby("sample_id")))
    found = {
        sample_id: SampleResult(
            sample_id,
            verdicts.get(sample_id),
            described.get(sample_id, descriptors[:0]).drop(columns="sample_id"),
            tuple(images[sample_id]),
            url,
            keep,
        )
        for sample_id in sorted(images)
        if samples is None or sample_id in samples
    }
    failures: pd.DataFrame = db.failures().drop(columns="digest")
    return Results(found, db.folder, failures, warnings, url, keep)


def database_url(source: str | PathLike[str]) -> str:
    """Of a results folder, a database file, or as given."""
    if not isinstance(source, str | PathLike):
        remedy = "Give a results folder, its results.db, or the URL of a database"
        raise InputError(f"type {type(source).__name__}", "no stored results", remedy)
    text = str(source)
    if "://" in text or text.endswith((".db", ".sqlite", ".sqlite3")):
        return text
    return str(Path(text) / DATABASE)


def _images(db: Database, keep: TemporaryFolder | None) -> list[ImageResult]:
    """Calibrated images of the current analyses."""
    from grainstats.share.safe_paths import file_below

    def below(artefacts: dict[str, Any], name: str) -> Path | None:
        return None if db.folder is None else file_below(db.folder, artefacts.get(name))

    facts = db.micrographs().drop(columns=["sample_id", "path", "pixel_size_nm", "scale_source"])
    rows = db.analyses().merge(facts, on="micrograph_digest", how="left")
    return [
        ImageResult(
            name=str(row["path"]) if "#" not in row["micrograph_digest"] else f"{row['path']}#{row['frame']}",
            sample_id=str(row["sample_id"]),
            digest=row["micrograph_digest"],
            pixel_size_nm=float(row["pixel_size_nm"]),
            shape=(int(row["rows"]), int(row["columns"])),
            n_grains=int(row["n_grains"]),
            warnings=tuple(row["warnings"]),
            analysis_id=int(row["analysis_id"]),
            labels_path=below(row["artefacts"], "labels"),
            picture_path=below(row["artefacts"], "view"),
            _keep=keep,
        )
        for row in rows.to_dict("records")
        if not pd.isna(row["pixel_size_nm"]) and not pd.isna(row["sample_id"])
    ]
