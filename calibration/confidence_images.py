"""The images on which `calibrate_confidence.py` measures a model, with grains and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from not_grains import KINDS, picture_without_grains

from segment.quality.score import cells_of_tracing
from segment.training.data.pairs import Pair, find_pairs
from segment.training.synthetic.no_network import KINDS as MIMICS
from segment.training.synthetic.render import networkless_micrograph, synthetic_micrograph
from segment.training.synthetic.styles import STYLES

PHOTOGRAPHS = (
    "astronaut camera cell chelsea clock coffee coins colorwheel hubble_deep_field horse "
    "immunohistochemistry logo microaneurysms moon page retina rocket shepp_logan_phantom"
).split()
TEXTURES = "brick grass gravel".split()  #: walls and stones are cells indeed: tested on, not fitted

Draw = Callable[[], tuple[np.ndarray, np.ndarray | None]]


def images(
    fields: list[Path], per_style: int, mimics: list[Path] | None = None
) -> Iterator[tuple[str, str, str, Draw]]:
    """Kind, group, name and how to draw it, of every image; a third of the synthetic ones are small."""
    for number in range(per_style):
        for place, style in enumerate(STYLES):
            yield "synthetic", style, f"{style}_{number}", _synthetic(place, style, number)
    for folder in fields:
        for pair in find_pairs(folder / "images", folder / "boundary"):
            yield "field", folder.name, f"{folder.name}_{pair.image.stem}", _field(pair)
    for kind, names in (("photograph", PHOTOGRAPHS), ("texture", TEXTURES)):
        for name in names:
            for part in range(3):
                yield kind, name, f"{name}_{part}", _photograph(name, part)
    for place, kind in enumerate(KINDS):
        for number in range(6):
            yield "picture", kind, f"{kind}_{number}", _picture(place, kind, number)
    for place, kind in enumerate(MIMICS):
        for number in range(12):
            yield "picture", kind, f"{kind}_{number}", _mimic(place, kind, number)
    for path in mimics or []:
        for part in range(5):
            yield "mimic", path.parent.parent.name, f"{path.stem}_{part}", _part(path, part)


def _synthetic(place: int, style: str, number: int) -> Draw:
    edge = 320 if number % 3 == 2 else 512

    def draw() -> tuple[np.ndarray, np.ndarray]:
        drawn = synthetic_micrograph(np.random.default_rng([90210, place, number]), (edge, edge), style=style)
        return drawn.image, cells_of_tracing(drawn.boundary)

    return draw


def _field(pair: Pair) -> Draw:
    return lambda: (pair.micrograph().image, pair.truth().cells())


def _photograph(name: str, part: int) -> Draw:
    """The whole picture, or its upper left or lower right quarter enlarged."""

    def draw() -> tuple[np.ndarray, None]:
        import skimage.data

        picture = np.asarray(getattr(skimage.data, name)())
        colours = picture[..., :3].mean(-1) if picture.ndim == 3 else picture.astype(float)
        grey = (colours / max(colours.max(), 1e-9) * 255).astype(np.uint8)
        rows, columns = grey.shape
        if part:
            half = slice(None, rows // 2) if part == 1 else slice(rows // 2, None)
            side = slice(None, columns // 2) if part == 1 else slice(columns // 2, None)
            grey = grey[half, side]
        factor = float(np.clip(512 / max(grey.shape), 0, 4)) if part or max(rows, columns) > 1100 else 1.0
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        return cv2.resize(grey, None, fx=factor, fy=factor, interpolation=method), None

    return draw


def _mimic(place: int, kind: str, number: int) -> Draw:
    """A drawn structure of one crystal that mimics grains."""

    def draw() -> tuple[np.ndarray, None]:
        return networkless_micrograph(np.random.default_rng([778, place, number]), kind=kind).image, None

    return draw


def _part(path: Path, part: int) -> Draw:
    """A real micrograph without a grain network: the whole, or one of its quarters."""

    def draw() -> tuple[np.ndarray, None]:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise FileNotFoundError(path)
        rows, columns = (size // 2 for size in grey.shape)
        if not part:
            return grey, None
        y, x = divmod(part - 1, 2)
        return np.ascontiguousarray(grey[y * rows : (y + 1) * rows, x * columns : (x + 1) * columns]), None

    return draw


def _picture(place: int, kind: str, number: int) -> Draw:
    return lambda: (picture_without_grains(np.random.default_rng([777, place, number]), kind), None)
