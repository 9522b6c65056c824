"""Images of the files of a call, one by one, with the names of what is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from grainstats.run.failures import said_of_file
from grainstats.share.safe_paths import short_name

if TYPE_CHECKING:
    from segment.micrograph import Micrograph


@dataclass(frozen=True)
class InputImage:
    """An image of a file and the name of its outputs, or why there is none."""

    number: int  #: in the order of the inputs
    path: Path
    name: str = ""
    micrograph: Micrograph | None = None  #: None: an orientation map, or an error
    error: str = ""
    more: tuple[Micrograph, ...] = ()  #: further pictures of the same field


def frames_of(paths: list[Path], pixel_size_nm: float | None) -> Iterator[InputImage]:
    """All frames of the files, read one by one; what cannot be read says why."""
    from segment.micrograph import read_micrographs
    from segment.orientation import is_orientation_map

    names, number = output_names(paths), count()
    for path in paths:
        if is_orientation_map(path):
            yield InputImage(next(number), path, names[path])
            continue
        try:
            for micrograph in read_micrographs(path, pixel_size_nm=pixel_size_nm):
                name = names[path] if micrograph.n_frames == 1 else f"{names[path]}_{micrograph.frame:04d}"
                if micrograph.n_frames > 1 and name in names.values():  # of another file, as stack_0001.tif
                    name = f"{path.name}_{micrograph.frame:04d}"
                yield InputImage(next(number), path, name, micrograph)
        except Exception as error:  # costs one image, not the run
            yield InputImage(next(number), path, error=said_of_file(path, error))


def one_field(paths: list[Path], pixel_size_nm: float | None) -> InputImage:
    """All images of the files, and all their channels, as pictures of one field."""
    from segment.micrograph import read_micrographs

    first = paths[0]
    try:
        pictures = [
            picture
            for path in paths
            for picture in read_micrographs(path, pixel_size_nm=pixel_size_nm, all_channels=True)
        ]
    except Exception as error:  # as for an image by itself
        return InputImage(0, first, error=said_of_file(first, error))
    return InputImage(0, first, short_name(first.stem), pictures[0], more=tuple(pictures[1:]))


def output_names(paths: list[Path]) -> dict[Path, str]:
    """Stem of each file's outputs; where stems are alike, suffix and folders tell them apart."""
    stems = Counter(short_name(path.stem).casefold() for path in paths)  # some disks know no case
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        parts = path.relative_to(path.anchor).parts
        longer = [short_name(".".join(parts[-depth:])) for depth in range(1, len(parts) + 1)]
        numbered = (f"{longer[-1]}_{number}" for number in count(2))
        stem = short_name(path.stem)
        wanted = [stem] if stems[stem.casefold()] == 1 else []
        names[path] = next(name for name in chain(wanted, longer, numbered) if name.casefold() not in taken)
        taken.add(names[path].casefold())
    return names
