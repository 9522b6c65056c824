"""Fine-tuning from a folder of corrections, in a process of its own that tells how far it is."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.job.corrected_maps import find_corrections
from segment.errors import InputError
from segment.micrograph import find_micrographs

PAIRS = ".teaching"  #: folder of images and maps of equal names, beside the corrections
_PER_CENT = re.compile(r"^step \d+ .* ([\d.]+)%$")


@dataclass(frozen=True)
class Pairs:
    """Folders of images and of their corrected maps, file by file of one stem."""

    images: Path
    boundaries: Path
    n: int


def gather_pairs(images: Path, corrections: Path) -> Pairs:
    """Copy every corrected image and its map into two folders, as `grainstats model finetune` wants them.

    The micrographs' folder is searched with its subfolders.  `InputError`: no correction fits an image.
    """
    found = find_corrections(corrections, [(path, path.parent.name) for path in find_micrographs(images)])
    if not found.files:
        raise InputError(corrections, f"no correction of an image in {images}", "Save a correction first")
    folder = corrections / PAIRS
    shutil.rmtree(folder, ignore_errors=True)
    kinds = folder / "images", folder / "boundaries"
    for kind in kinds:
        kind.mkdir(parents=True)
    for number, (image, maps) in enumerate(sorted(found.files.items()), 1):
        shutil.copy(image, kinds[0] / f"{number:03d}-{image.name}")
        shutil.copy(maps[0], kinds[1] / f"{number:03d}-{image.stem}{maps[0].suffix}")
    return Pairs(*kinds, len(found.files))


def command(pairs: Pairs, out: Path, *, model: str | None = None, minutes: float = 0.0) -> list[str]:
    """The call that fine-tunes a model on the pairs; `minutes` above 0 limit the training."""
    words = [sys.executable, "-W", "ignore", "-m", "grainstats", "model", "finetune"]
    words += ["--images", str(pairs.images), "--boundaries", str(pairs.boundaries), "--out", str(out)]
    words += ["--model", model] if model else []
    return [*words, "--minutes", f"{minutes:g}"] if minutes else words


def share_done(line: str) -> float | None:
    """Share of the training that is done, where a line of `grainstats model finetune` says it."""
    found = _PER_CENT.match(line)
    return float(found[1]) / 100 if found else None


class Lesson:
    """A running fine-tuning."""

    def __init__(self, words: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            list(words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )

    def lines(self) -> Iterator[str]:
        """What it prints, line by line as it comes."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.strip():
                    yield line.strip()
        self._process.wait()

    @property
    def failed(self) -> bool:
        """Whether it has ended with an error; False while it runs."""
        return bool(self._process.poll())

    def stop(self) -> None:
        """End it; the same call goes on later from where it was."""
        self._process.terminate()


def gained(folder: Path) -> str:
    """F1 before and after from the new model's card, the means first; empty where there is none."""
    card = folder / "CARD.md"
    if not card.is_file():
        return ""
    rows = [line for line in card.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip(" *") for cell in row.strip("|").split("|")] for row in rows if "---" not in row]
    head, means = cells[:1], [row for row in cells[1:] if row[0].startswith("mean of")]
    rest = [row for row in cells[1:] if row not in means]
    return "\n".join(f"{before}  {after}  {name}" for name, before, after in head + means + rest)
