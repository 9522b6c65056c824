"""A folder of slices, one image each, in natural order."""

import re
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.micrograph.open_tiff import quiet_tifffile
from segment.volume.slice_defects import nearest_slice, slice_numbers
from segment.volume.stack import GreyVolume

SUFFIXES = (".tif", ".tiff", ".png", ".bmp", ".jpg", ".jpeg", ".npy")
MOST_ODD = 0.1  #: of all files, left out as an overview or a second view beside the slices; judgement
_NUMBER = re.compile(r"(\d+)")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key in which 2 comes before 10.

    >>> sorted(["s10.tif", "s2.tif"], key=natural_key)
    ['s2.tif', 's10.tif']
    """
    return [(0, int(t), "") if t.isdigit() else (1, 0, t.lower()) for t in _NUMBER.split(name) if t]


def read(path: Path) -> GreyVolume:
    """All slices of a folder; missing and damaged ones are named, and their place is filled.

    `UnreadableError`: no slices, slices of unequal size, two slices of one number, or too many missing in a
    row.
    """
    files = sorted(
        (f for f in path.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith(".")),
        key=lambda f: natural_key(f.name),
    )
    if not files:
        raise UnreadableError(
            path, "no slices in this folder", f"Slices are files such as {', '.join(SUFFIXES)}"
        )
    files, notes = _of_one_pattern(files)
    places, irregular = _places(path, files)
    notes += irregular
    slices: dict[int, np.ndarray] = {}
    damaged: list[UnreadableError] = []
    for place, file in places.items():
        try:
            slices[place] = _read_slice(file)
        except UnreadableError as error:
            damaged.append(error)
            notes.append(
                f"slice {file.name} is damaged ({error.reason}); its place is filled with its neighbour"
            )
    if not slices:
        reason = f"none of its slices can be read ({damaged[-1].reason})"
        raise UnreadableError(path, reason, damaged[-1].remedy)
    _check_sizes(path, places, slices)
    first, last = min(places), max(places)
    missing = [k for k in range(first, last + 1) if k not in places]
    if missing:
        notes.append(f"missing slices, whose places are filled with a neighbour: {slice_numbers(missing)}")
    dtype = np.result_type(*(s.dtype for s in slices.values()))
    out = np.empty((last - first + 1, *next(iter(slices.values())).shape), dtype)
    for k in range(first, last + 1):
        out[k - first] = slices[nearest_slice(path, k, slices)]
    return GreyVolume(out, None, str(path), warnings=tuple(notes))


def _of_one_pattern(files: list[Path]) -> tuple[list[Path], list[str]]:
    """The files whose names are alike but for numbers, where nearly all are, and what was left out."""
    frames = [_NUMBER.sub("#", f.name.lower()) for f in files]
    usual = max(frames, key=frames.count)
    odd = [f.name for f, frame in zip(files, frames, strict=True) if frame != usual]
    if not odd:
        return files, []
    if len(odd) > MOST_ODD * len(files):
        return files, [
            "names of the slices follow no one pattern; they are taken in the order of their names"
        ]
    kept = [f for f, frame in zip(files, frames, strict=True) if frame == usual]
    return kept, [f"left out, since its name is unlike the others: {name}" for name in odd]


def _places(path: Path, files: list[Path]) -> tuple[dict[int, Path], list[str]]:
    """The slice number of each file: the one number in which the names differ, or else the order."""
    in_order = dict(enumerate(files))
    numbers = [[int(n) for n in _NUMBER.findall(f.name)] for f in files]
    if len(files) < 2 or len({len(n) for n in numbers}) > 1 or not numbers[0]:
        return in_order, []
    table = np.array(numbers)
    varying = np.flatnonzero((table != table[0]).any(axis=0))
    if len(varying) != 1:
        return in_order, []
    number = table[:, varying[0]]
    if len(set(number.tolist())) < len(files):
        twice = [f.name for f, n in zip(files, number, strict=True) if (number == n).sum() > 1]
        raise UnreadableError(
            path, f"two slices have one number: {', '.join(twice[:4])}", "Leave one of them out"
        )
    gaps = np.diff(number)
    step = int(np.gcd.reduce(gaps))
    if sorted(gaps)[len(gaps) // 2] != step:
        return in_order, ["numbers in the names of slices are no counts; they are taken in their order"]
    return {int((n - number[0]) // step): f for n, f in zip(number, files, strict=True)}, []


def _read_slice(file: Path) -> np.ndarray:
    """One image of one channel, or three alike."""
    try:
        if file.suffix.lower() == ".npy":
            image = np.load(file, allow_pickle=False)
        elif file.suffix.lower() in (".tif", ".tiff"):
            from tifffile import imread

            with quiet_tifffile():
                image = imread(file)
        else:
            from PIL import Image

            with Image.open(file) as picture:
                image = np.array(picture)
    except Exception as error:  # whatever a codec raises
        raise UnreadableError(file, str(error).split("\n")[0], "Export it again") from error
    return grey_slice(file, image)


def grey_slice(file: Path, image: np.ndarray) -> np.ndarray:
    """A grey image, or the first of several channels that are alike.

    `UnreadableError`: it has colours, or not two dimensions.
    """
    if image.ndim == 3 and image.shape[-1] in (3, 4):
        if (np.ptp(image[..., :3], axis=-1) > 0).any():
            raise UnreadableError(file, "its slices have colours", "Give grey images")
        image = image[..., 0]
    if image.ndim != 2:
        raise UnreadableError(file, f"its slices have {image.ndim} dimensions", "Give one image a slice")
    return np.asarray(image)


def _check_sizes(path: Path, places: dict[int, Path], slices: dict[int, np.ndarray]) -> None:
    shapes = {k: s.shape for k, s in slices.items()}
    usual = max(set(shapes.values()), key=list(shapes.values()).count)
    odd = [places[k].name for k, shape in shapes.items() if shape != usual]
    if odd:
        rows, columns = usual
        raise UnreadableError(
            path,
            f"slices of unequal size: {', '.join(odd[:4])} not {columns} x {rows} as the others",
            "Give slices of one size",
        )
