"""Training images on disk: drawn once, read many times by memory map.

A cache folder holds ``image.npy``, ``distance.npy`` and ``flags.npy``, each uint8 of shape (n, rows,
columns), and ``count.txt``, the number written so far, so that training may start while the rest is drawn.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from segment.errors import InputError
from segment.training.synthetic.annotator import Annotator, draw_annotator
from segment.training.synthetic.lamellae import lamellar_micrograph
from segment.training.synthetic.render import (
    SyntheticMicrograph,
    empty_micrograph,
    networkless_micrograph,
    synthetic_micrograph,
)
from segment.training.synthetic.styles import draw_style

STEPS_PER_PX = 8  #: distances are stored in eighths of a pixel, up to 31.9 px
NOT_GRAIN, UNSURE = np.uint8(1), np.uint8(2)  #: bits of the flags
_MAPS = ("image", "distance", "flags")
STALLED_SECONDS = 120.0  #: without a new image until a cache counts as given up
EMPTY_SHARE = 0.03  #: images without any grain, from which the network learns to stay silent
NETWORKLESS_SHARE = 0.08  #: images of one crystal whose structure mimics grains
EMPTY, NETWORKLESS, LAMELLAR = "empty", "networkless", "lamellar"  #: styles that are no renderer of scenes
ANY = "any"  #: in a table of shares: whatever is drawn without one


@dataclass(frozen=True)
class Cache:
    """Memory maps of a cache folder."""

    image: np.ndarray
    distance: np.ndarray
    flags: np.ndarray


def line_distance(lines: np.ndarray) -> np.ndarray:
    """Distance in eighths of a pixel to the nearest True of `lines`; uint8, 255 from 31.9 px on."""
    if not lines.any():
        return np.full(lines.shape, 255, np.uint8)
    distance = cv2.distanceTransform((~lines).astype(np.uint8), cv2.DIST_L2, 5)
    return np.minimum(distance * STEPS_PER_PX, 255).astype(np.uint8)


def drawn_image(
    seed: int, index: int, size: int, styles: Mapping[str, float] | None = None
) -> SyntheticMicrograph:
    """Image number `index` of the cache of this seed and shares of `styles`, whatever was drawn before it."""
    rng, style, annotator = _plan(seed, index, styles)
    if style == LAMELLAR:
        return lamellar_micrograph(rng, (size, size))
    if style == EMPTY:
        return empty_micrograph(rng, (size, size))
    if style == NETWORKLESS:
        return networkless_micrograph(rng, (size, size))
    return synthetic_micrograph(rng, (size, size), style=style, annotator=annotator, mishaps=True)


def style_of(seed: int, index: int, styles: Mapping[str, float] | None = None) -> str:
    """Style of image number `index` of the cache of this seed and shares, without drawing it."""
    return _plan(seed, index, styles)[1]


def _plan(
    seed: int, index: int, styles: Mapping[str, float] | None
) -> tuple[np.random.Generator, str, Annotator]:
    """Generator, style and annotator of an image."""
    rng = np.random.default_rng([seed, index])
    if styles:
        shares = np.array(list(styles.values()))
        chosen = str(rng.choice(list(styles), p=shares / shares.sum()))
        if chosen != ANY:
            return rng, chosen, draw_annotator(rng)
    if rng.random() < EMPTY_SHARE:
        return rng, EMPTY, Annotator()
    annotator = draw_annotator(rng)
    (aside,) = rng.spawn(1)
    if aside.random() < NETWORKLESS_SHARE:
        return rng, NETWORKLESS, annotator
    return rng, draw_style(rng), annotator


def write_cache(folder: Path, n: int, *, seed: int, size: int = 512) -> None:
    """Draw the images that `folder` still lacks; may be stopped and called again."""
    prepare_cache(folder, n, size)
    _count_up(folder, map(partial(_draw_into, folder, seed, size, None), range(read_count(folder), n)))


@contextmanager
def drawing(
    folder: Path,
    n: int,
    *,
    seed: int,
    workers: int,
    size: int = 512,
    styles: Mapping[str, float] | None = None,
) -> Iterator[None]:
    """Draw what `folder` lacks by so many processes, beside the work in the `with` block that reads it.

    At the block's end the last image is waited for; an error in it stops the drawing.
    """
    prepare_cache(folder, n, size)
    missing = range(read_count(folder), n)
    with (
        ThreadPoolExecutor(1) as counter,
        ProcessPoolExecutor(workers, get_context("spawn"), cv2.setNumThreads, (1,)) as processes,
    ):
        drawn = processes.map(partial(_draw_into, folder, seed, size, styles), missing, chunksize=4)
        counted = counter.submit(_count_up, folder, drawn)
        try:
            yield
        except BaseException:
            processes.shutdown(cancel_futures=True)
            raise
        counted.result()


def prepare_cache(folder: Path, n: int, size: int = 512) -> None:
    """Files for `n` images, empty where the folder has none yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if not read_count(folder):
        for name in _MAPS:
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (n, size, size))


def _draw_into(folder: Path, seed: int, size: int, styles: Mapping[str, float] | None, index: int) -> int:
    drawn = drawn_image(seed, index, size, styles)
    flags = drawn.not_grain * NOT_GRAIN | drawn.unsure * UNSURE
    row = drawn.image, line_distance(drawn.boundary), flags.astype(np.uint8)
    for name, value in zip(_MAPS, row, strict=True):
        np.load(folder / f"{name}.npy", mmap_mode="r+")[index] = value
    return index


def _count_up(folder: Path, drawn: Iterable[int]) -> None:
    """Write down how many images are there, each time in one piece: others read it meanwhile."""
    for index in drawn:
        (folder / "count.part").write_text(str(index + 1))
        (folder / "count.part").replace(folder / "count.txt")


def wait_for(folder: Path, count: int) -> None:
    """Return once the cache holds `count` images. `InputError`: no image has joined for `STALLED_SECONDS`."""
    seen, since = -1, time.monotonic()
    while (there := read_count(folder)) < count:
        if there > seen:
            seen, since = there, time.monotonic()
        elif time.monotonic() - since > STALLED_SECONDS:
            reason = f"holds {there} images, {count} are needed now, and none joins them"
            raise InputError(folder, reason, "Draw it by `grainstats model train`")
        time.sleep(0.05)


def read_count(folder: Path) -> int:
    """Images drawn so far."""
    path = folder / "count.txt"
    return int(path.read_text() or 0) if path.is_file() else 0


def open_cache(folder: Path) -> Cache:
    """Memory maps of the cache; `read_count` tells how far it has been written."""
    return Cache(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _MAPS))
