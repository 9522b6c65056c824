"""Maps corrected by hand: which micrograph each belongs to, the grains that it shows, and what is new."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grainstats.run.names import plain_name, printable
from segment.errors import InputError
from segment.file_kind import why_no_file
from segment.grain_map import GrainMap
from segment.label_maps.by_hand import image_stem, is_drawing, read_drawing
from segment.label_maps.not_read import TEXTS, how_to_save
from segment.micrograph import Micrograph
from segment.quality.corrected import corrected

FEWEST_CORRECTED = 3  #: grains below which a map is taken for something else, such as a mask of lines
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
        and (is_drawing(path) or (how_to_save(path) is not None and path.suffix.lower() not in TEXTS))
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


def read_correction(file: Path, micrograph: Micrograph, network: GrainMap | None = None) -> GrainMap:
    """Label map, tracing or ImageJ regions as the grains of a micrograph, with the micrograph's pixel size.

    Areas that `network`, what the network cut, hid stay hidden where the correction draws no grain, and what
    is known of its cells stays known of those that are left (`segment.quality.corrected`).
    `InputError` where the file is unreadable, of another size than the image, or no map of grains.
    """
    from grainstats.measure import check_label_map

    shows_lines = file.with_suffix("").suffix.casefold() == ".tracing"
    read = read_drawing(file, micrograph, lines=shows_lines)
    if read.n_grains >= FEWEST_CORRECTED:
        check_label_map(read, str(file))
    labels, valid = _within(read.labels, micrograph.valid, network)
    if labels.max(initial=0) < FEWEST_CORRECTED:
        raise InputError(
            file,
            f"the correction holds {labels.max(initial=0)} grains",
            "Give every grain a number of its own, or draw all boundaries",
        )
    own = read.segmentation if np.array_equal(labels, read.labels) else None
    found = replace(
        read,
        labels=labels,
        valid=valid,
        pixel_size_nm=micrograph.pixel_size_nm,
        pixel_size_source=micrograph.pixel_size_source,
        segmentation=own,
    )
    return found if network is None else corrected(network, found)


def changed_share(before: GrainMap, after: GrainMap) -> float:
    """Share of the area that belongs to another grain: outside pairs that are each other's best match.

    >>> old = GrainMap(np.array([[1, 1, 1, 2, 2, 2, 2, 2]], np.int32))
    >>> new = GrainMap(np.array([[1, 1, 1, 1, 2, 2, 2, 2]], np.int32))
    >>> changed_share(old, new)
    0.125
    """
    from skimage.metrics import contingency_table

    pixels = contingency_table(before.labels, after.labels).tocsr()  # type: ignore[no-untyped-call]
    new, old = (np.asarray(pixels.argmax(axis=axis)).ravel() for axis in (1, 0))
    mutual = np.flatnonzero((old[new] == np.arange(new.size)) & (new > 0))
    mutual = mutual[mutual > 0]
    same = pixels[0, 0] + pixels[mutual, new[mutual]].sum()
    return 1 - float(same) / before.labels.size


def _within(
    labels: np.ndarray, seen: np.ndarray | None, network: GrainMap | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels 1 ... n where the micrograph shows the specimen, and where that is."""
    labels = labels.copy()
    if seen is not None:
        labels[~seen] = 0
    values, place = np.unique(labels, return_inverse=True)
    labels = (place.reshape(labels.shape) + (values[0] > 0)).astype(np.int32)
    hidden = None if network is None else network.valid
    if hidden is None or hidden.shape != labels.shape:
        return labels, seen
    shown = hidden | (labels > 0)
    return labels, shown if seen is None else shown & seen
