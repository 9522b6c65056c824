"""What the page works on: a folder with images, a sheet of them, corrections and results."""

import csv
import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.atomic import write_bytes
from grainstats.run.names import plain_name
from segment.errors import InputError
from segment.micrograph.pixel_size import given_size

SAMPLE_SHEETS = ("samples.csv", "samples.xlsx")
_SHEET = "images.csv"


@dataclass(frozen=True)
class ImageEntry:
    """A row of the page's table."""

    path: Path
    sample_id: str  #: what was said, else as `run` would name it
    excluded: str = ""  #: why it does not count; empty: it counts


class Project:
    """A folder that the page fills; everything in it stays when the page is closed.

    Made where it does not exist: ``images``, ``corrections``, ``results``, ``images.csv``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.uploads = self.folder / "images"
        self.corrections = self.folder / "corrections"
        self.results = self.folder / "results"
        self.pixel_size_nm: float | None = None
        self.source = self.uploads  #: the folder whose images are analysed
        self._said: dict[Path, tuple[str, str]] = {}  #: sample, empty where nothing was said, and exclusion
        for made in (self.uploads, self.corrections):
            made.mkdir(parents=True, exist_ok=True)
        self._read_sheet()

    def use_folder(self, name: str) -> None:
        """Take the images of a folder of this machine; empty: those that were dropped on the page.

        `InputError`: no such folder.
        """
        folder = Path(name.strip().strip('"')).expanduser() if name.strip() else self.uploads
        if not folder.is_dir():
            raise InputError(folder, "is no folder of this machine", "Copy its path from the file manager")
        self.source = folder.resolve()

    def place_for(self, name: str) -> Path:
        """Where a dropped file goes: sheets of samples into the project, everything else among its images.

        `InputError`: a name that is none, or a hidden one.
        """
        plain = Path(name.replace("\\", "/")).name
        if not plain.strip(". ") or plain.startswith("."):
            raise InputError(name or "upload", "has no name that a file can have", "Rename the file")
        return self.folder / plain.lower() if plain.lower() in SAMPLE_SHEETS else self.uploads / plain

    def entries(self) -> list[ImageEntry]:
        """The images of the source, with what was said of them."""
        from grainstats.run.orientation_input import find_inputs

        try:
            paths = find_inputs([str(self.source)])
        except InputError:
            return []  # an empty folder
        inside = [path.resolve() for path in paths if not path.resolve().is_relative_to(self.results)]
        samples = self._samples_of(inside)
        found = []
        for path in inside:
            sample_id, excluded = self._said.get(path, ("", ""))
            found.append(ImageEntry(path, sample_id or samples[path], excluded))
        return found

    def _samples_of(self, paths: Sequence[Path]) -> dict[Path, str]:
        """As `run` assigns them, by the dropped sheet of samples or by folder."""
        from grainstats.run.job.assign import assign_samples
        from grainstats.share.sheets.samples import read_samples

        try:
            sheet = self._sample_sheet()
            return assign_samples(paths, None if sheet is None else read_samples(sheet)).sample_ids
        except InputError:
            return assign_samples(paths).sample_ids  # the run says what is wrong with the sheet

    def _sample_sheet(self) -> Path | None:
        """The sheet of samples that was dropped."""
        return next((self.folder / name for name in SAMPLE_SHEETS if (self.folder / name).is_file()), None)

    def say(self, path: Path, *, sample_id: str, excluded: str) -> None:
        """Put an image into a sample, or leave it out with a reason; empty: neither."""
        self._said[path] = sample_id.strip(), " ".join(excluded.split())

    def set_pixel_size(self, text: str) -> None:
        """One size for all images, in nanometres; empty: what the files say.

        `InputError`: no positive number.
        """
        words = text.strip().replace(",", ".")
        self.pixel_size_nm = given_size(words) if words else None

    def correct(self, image: Path, upload: str, content: bytes, reason: str) -> Path:
        """Keep a corrected map of one of `entries`, and beside it the reason, for the next run.

        `InputError` where it is no label map, tracing or set of regions by the ending of `upload`.
        """
        from segment.label_maps.by_hand import DRAWINGS, image_stem
        from segment.label_maps.not_read import how_to_save

        ending = Path(upload).suffix.lower()
        if ending not in DRAWINGS:
            remedy = how_to_save(Path(upload)) or f"Give one of {', '.join(DRAWINGS)}"
            raise InputError(upload, "is no map of grains by its ending", remedy)
        sample = next((e.sample_id for e in self.entries() if e.path == image), image.parent.name)
        folder = self.corrections / plain_name(sample)
        for old in folder.iterdir() if folder.is_dir() else ():
            if image_stem(old) == image.stem:
                old.unlink()
        target = folder / f"{image.stem}{'.tracing' if 'tracing' in upload.lower() else ''}{ending}"
        write_bytes(target, content)
        if reason.strip():
            write_bytes(folder / f"{image.stem}.txt", reason.strip().encode())
        return target

    def command(self) -> list[str]:
        """The `grainstats run` of this project; writes the sheet of images first.

        `InputError`: there is no image.
        """
        entries = self.entries()
        if not entries:
            raise InputError(self.source, "holds no micrograph", "Drop some on the page, or name a folder")
        self._write_sheet(entries)
        command = [sys.executable, "-m", "grainstats", "run", str(self.source), "--out", str(self.results)]
        command += ["--images", str(self.folder / _SHEET), "--xlsx"]
        if self.pixel_size_nm is not None:
            command += ["--pixel-size", repr(self.pixel_size_nm)]
        sheet = self._sample_sheet()
        command += [] if sheet is None else ["--samples", str(sheet)]
        corrected = any(path.is_file() for path in self.corrections.rglob("*"))
        return command + (["--corrections", str(self.corrections)] if corrected else [])

    def tables(self) -> list[Path]:
        """What there is to download: the workbook and each table as CSV."""
        found = [self.results / "results.xlsx", *sorted((self.results / "tables").glob("*.csv"))]
        return [path for path in found if path.is_file()]

    def report(self) -> Path | None:
        """The report of the last run."""
        path = self.results / "report.html"
        return path if path.is_file() else None

    def _write_sheet(self, entries: Sequence[ImageEntry]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("file", "sample_id", "excluded"))
        for entry in entries:
            inside = (
                entry.path.relative_to(self.source) if entry.path.is_relative_to(self.source) else entry.path
            )
            writer.writerow(((self.source.name / inside).as_posix(), entry.sample_id, entry.excluded))
        write_bytes(self.folder / _SHEET, text.getvalue().encode())

    def _read_sheet(self) -> None:
        """What was said of dropped images in an earlier visit."""
        sheet = self.folder / _SHEET
        if not sheet.is_file():
            return
        said = {row["file"]: row for row in csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8")))}
        for entry in self.entries():
            row = said.get((self.source.name / entry.path.relative_to(self.source)).as_posix())
            if row is not None:
                own = "" if row["sample_id"] == entry.sample_id else row["sample_id"]
                self._said[entry.path] = own, row["excluded"] or ""


def zipped(folder: Path, files: Iterable[Path]) -> bytes:
    """Files below a folder as one ZIP archive."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return memory.getvalue()
