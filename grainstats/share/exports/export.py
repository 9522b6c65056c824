"""One door to all exports: a folder is written beside its place and filled when all is complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.share.db.database import Database

Form = Literal["csv", "parquet", "datapackage", "rde", "boxvia", "roiset"]
FORMS: tuple[Form, ...] = get_args(Form)


def export(
    db: Database,
    to: Form,
    out: str | Path,
    *,
    objective: str | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    files: str | Path | None = None,
) -> list[Path]:
    """Write the database in another form; the same database gives the same bytes.

    Parameters
    ----------
    db : Database
    to : {"csv", "parquet", "datapackage", "rde", "boxvia", "roiset"}
    out : path
        A new or empty folder, or one that an earlier export of the same form made: its files are replaced,
        others in it are left alone. Nothing is written when the export fails.
    objective : str, optional
        Property that BOXVIA optimises: its name, or its column ``prop:<name>_<unit>``. May be left out where
        there is only one.
    ranges : mapping, optional
        BOXVIA's limits of parameters, ``{"temperature_degC": (800, 900)}``; by default what was tried.
    files : path, optional
        Folder that overlays and label maps were written to (`grainstats run --out`), for the images of an RDE
        data set and for maps; the database's own folder by default.

    Returns
    -------
    list of Path
        The files written, sorted.

    Raises
    ------
    InputError
        The folder holds something else, or the database has nothing of what the form needs.
    """
    if to not in FORMS:
        raise InputError("--to", f"there is no form {to!r}", f"Choose one of {', '.join(FORMS)}")
    from grainstats.share.exports import boxvia, datapackage, rde, roi_sets, tables

    pictures = db.folder if files is None else Path(files)
    writers: dict[Form, Callable[[Database, Path], None]] = {
        "csv": tables.export_csv,
        "parquet": tables.export_parquet,
        "datapackage": datapackage.export_datapackage,
        "rde": partial(rde.export_rde, files=pictures),
        "boxvia": partial(boxvia.export_boxvia, objective=objective, ranges=ranges or {}),
        "roiset": partial(roi_sets.export_roi_sets, files=pictures),
    }
    out = Path(out)
    mark = f".grainstats-{to}"  #: hidden file by which a later export knows a folder it may replace
    _check_target(out, mark)
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
            new = Path(scratch)
            writers[to](db, new)
            written = sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file())
            _replace(out, new, written, mark)
    except OSError as error:
        if error.filename is None or f".{out.name}." in str(error.filename):  # which is gone by now
            error.filename = os.fspath(out)
        raise
    return [out / path for path in written]


def _replace(out: Path, new: Path, written: list[Path], mark: str) -> None:
    """Put the new files into their places; of older ones only those an earlier export wrote are removed."""
    out.mkdir(exist_ok=True)
    if (out / mark).is_file():
        for line in (out / mark).read_text(encoding="utf-8").splitlines():
            if ".." not in Path(line).parts and not Path(line).is_absolute():
                (out / line).unlink(missing_ok=True)
    for path in written:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(new / path, out / path)
    (out / mark).write_text("".join(f"{path.as_posix()}\n" for path in written), encoding="utf-8")


def _check_target(out: Path, mark: str) -> None:
    if not out.exists() or (out / mark).is_file():
        return
    if not out.is_dir():
        raise InputError(out, "it is a file, not a folder", "Give a new folder to --out")
    if any(out.iterdir()):
        raise InputError(out, "the folder holds other files", "Give a new or empty folder to --out")
