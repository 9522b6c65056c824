"""Which corrected map belongs to which micrograph: by name, and by folder where names repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grainstats.run.names import plain_name, printable
from segment.errors import InputError
from segment.label_maps.by_hand import image_stem, is_drawing
from segment.label_maps.not_read import how_to_save
from segment.micrograph.file_kind import why_no_file

_BESIDE = (".overlay", ".boundary")  #: what `run` and `segment` write beside a label map
_SEPARATORS = "-_. "  #: what may follow the image's name: ``field_1_edited`` is no correction of ``field_10``


@dataclass(frozen=True)
class Found:
    """What a folder of corrections holds for the images of a run."""

    files: dict[Path, tuple[Path, ...]]  #: by image, its corrections; more than one cannot be told apart
    warnings: tuple[str, ...] = ()  #: files that belong to no image, or to several


def find_corrections(folder: Path, jobs: Sequence[tuple[Path, str]]) -> Found:
    """Match the files below `folder` with images, given with their samples.

    A file belongs to the image whose name it begins with (``field_1.labels.tif``,
    ``field_1-0a1b2c3d.labels.tif``, ``field_1.tracing.png``, ``field_1_RoiSet.zip``); of several such names
    the longest counts.  Where samples share a name, the file lies in a folder named like its sample.
    """
    if not folder.is_dir():
        raise InputError(f"--corrections {folder}", "is no folder", "Name the folder of the corrected maps")
    by_stem: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for path, sample_id in jobs:
        for stem in {path.stem.casefold(), plain_name(path.stem).casefold()}:
            by_stem[stem].append((path, sample_id))
    files: dict[Path, tuple[Path, ...]] = {}
    warnings = []
    for file in _listed(folder):
        name = printable(file.relative_to(folder).as_posix())
        if (why := why_no_file(file)) is not None:
            warnings.append(f"correction {name} not used: {why[0]}")
            continue
        matches = _in_sample_folder(file, _named_like(file, by_stem))
        if not is_drawing(file):
            unread = f"correction {name} not used: its format is not read. {how_to_save(file)}"
            warnings += [unread] if matches else []
        elif len(matches) == 1:
            files[matches[0]] = (*files.get(matches[0], ()), file)
        elif matches:
            warnings.append(
                f"correction {name} not used: its name fits {len(matches)} images; "
                "put it into a folder named like its sample"
            )
        else:
            warnings.append(
                f"correction {name} not used: no image of this run is called so; name it like its image"
            )
    return Found(files, tuple(warnings))


def reason_beside(file: Path) -> str:
    """What the user wrote of a correction: the text beside it, or ``why.txt`` of its folder; else empty."""
    for name in (file.stem, image_stem(file), "why"):
        text = file.with_name(f"{name}.txt")
        if text.is_file():
            return " ".join(printable(" ".join(text.read_text(errors="replace").split())).split())[:500]
    return ""


def _listed(folder: Path) -> list[Path]:
    """Maps and regions below the folder, and drawings that are not read; hidden files are none."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
        and (is_drawing(path) or how_to_save(path) is not None)
        and not path.stem.endswith(_BESIDE)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _named_like(file: Path, by_stem: dict[str, list[tuple[Path, str]]]) -> list[tuple[Path, str]]:
    """Images with the longest name that the file's begins with."""
    name = image_stem(file).casefold()
    ends = [len(name), *(place for place in range(len(name) - 1, 0, -1) if name[place] in _SEPARATORS)]
    return next((by_stem[name[:end]] for end in ends if name[:end] in by_stem), [])


def _in_sample_folder(file: Path, images: Iterable[tuple[Path, str]]) -> list[Path]:
    """The images of the sample that the file's folder is named like, or all."""
    images = list(images)
    above = file.parent.name
    own = [path for path, sample in images if above in (sample, plain_name(sample))]
    return own or [path for path, _ in images]
