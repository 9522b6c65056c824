"""Pictures of one orientation map: its colours with their key, and its boundaries drawn by their angle."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from grainstats.measure.network.misorientation import misorientation_distribution, with_misorientation
from grainstats.run.atomic import write_bytes
from grainstats.run.report.image_overlays import (
    OVERLAY_PX,
    VIEW_PX,
    encoded,
    shrink_indices,
    thick,
)
from segment.cells.label_edges import label_edges, pairs_beside
from segment.grain_map import GrainMap
from segment.orientation import boundary_character
from segment.orientation.colours import KEY_CORNERS, colour_key, key_group

#: kind of boundary: name, colour, width of its line in pixels of the picture
BOUNDARIES = (
    ("15° and more", (0, 0, 0), 2),
    ("below 15°", (96, 96, 96), 1),
    ("Sigma 3", (255, 255, 255), 2),
    ("between phases, at gaps", (150, 0, 150), 2),
)
_HIGH, _LOW, _TWIN, _OTHER = range(1, 5)
ENLARGED_PX = 1000  #: that small maps are enlarged to
LEGEND_PX = 190  #: width of the strip beside the map
_KEY_PX = 96  #: edge of the colour key
_LINE_PX = 16  #: height of a line of text
_CHART_PX = 60  #: height of the distribution


def write_orientation_pictures(
    colours: np.ndarray, grains: GrainMap, *, overlay: Path, view: Path, layer: Path
) -> None:
    """Write the pictures of one map; `colours` of its orientations are uint8 of shape (rows, columns, 3).

    `overlay` is a PNG of colours, boundaries by angle, and the key; `view` a JPEG of the colours with the
    key, `layer` a transparent PNG of the boundaries of the same size.
    """
    large = _with_key(colours, grains, OVERLAY_PX)
    lines = boundary_layer(grains, _map_shape(colours, OVERLAY_PX), large.size)
    large.paste(lines.convert("RGB"), (0, 0), lines.getchannel("A"))
    write_bytes(overlay, encoded(large, "PNG", compress_level=2))
    small = _with_key(colours, grains, VIEW_PX - LEGEND_PX)
    write_bytes(view, encoded(small, "JPEG", quality=88))
    lines = boundary_layer(grains, _map_shape(colours, VIEW_PX - LEGEND_PX), small.size)
    write_bytes(layer, encoded(lines, "PNG", optimize=True))


def boundary_layer(grains: GrainMap, shape: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """Boundaries by angle on a transparent picture of `size` (width, height).

    The map, `shape` (rows, columns), lies at its upper left.
    """
    kind = _kinds(grains, grains.labels[shrink_indices(grains.labels.shape, shape)])
    rgba = np.zeros((size[1], size[0], 4), np.uint8)
    part = rgba[: shape[0], : shape[1]]
    for number in (_LOW, _OTHER, _HIGH, _TWIN):
        _, colour, width = BOUNDARIES[number - 1]
        part[thick(kind == number, width)] = (*colour, 255)
    return Image.fromarray(rgba, "RGBA")


def _kinds(grains: GrainMap, labels: np.ndarray) -> np.ndarray:
    """Kind of boundary at each pixel whose right or lower neighbour has another label; 0: none."""
    different, which = np.unique(pairs_beside(labels), axis=0, return_inverse=True)
    found = boundary_character(grains, different)
    cases = [np.isnan(found.angle_deg), found.sigma == 3, found.low_angle]
    of_pair = np.select(cases, [_OTHER, _TWIN, _LOW], _HIGH).astype(np.uint8)
    kind = np.zeros(labels.shape, np.uint8)
    rows, columns = (np.concatenate(places) for places in zip(*label_edges(labels), strict=True))
    np.maximum.at(kind, (rows, columns), of_pair[which.ravel()])
    return kind


def _map_shape(colours: np.ndarray, longest: int) -> tuple[int, int]:
    """Rows and columns of the picture of a map; small maps are enlarged by whole numbers."""
    side = max(colours.shape[:2])
    scale = longest / side if side > longest else max(1, min(longest, ENLARGED_PX) // side)
    rows, columns = (max(1, round(n * scale)) for n in colours.shape[:2])
    return rows, columns


def _with_key(colours: np.ndarray, grains: GrainMap, longest: int) -> Image.Image:
    """The map in its colours, with keys and the lines' meaning in a strip beside it."""
    rows, columns = _map_shape(colours, longest)
    picture = Image.fromarray(colours).resize((columns, rows), Image.Resampling.NEAREST)
    strip = _legend(grains, rows)
    whole = Image.new("RGB", (columns + LEGEND_PX, max(rows, strip.height)), "white")
    whole.paste(picture, (0, 0))
    whole.paste(strip, (columns, 0))
    return whole


def _legend(grains: GrainMap, rows: int) -> Image.Image:
    """Keys of the phases' symmetries, below each other, then the kinds of boundaries."""
    groups = _groups(grains)
    height = len(groups) * (_KEY_PX + 4 * _LINE_PX) + (len(BOUNDARIES) + 5) * _LINE_PX + _CHART_PX
    strip = Image.new("RGB", (LEGEND_PX, max(rows, height)), "white")
    draw, font, y = ImageDraw.Draw(strip), ImageFont.load_default(size=11), 4
    for group, names in groups.items():
        draw.text((10, y), f"{', '.join(names)} ({group})"[:32], "black", font)
        key = Image.fromarray(colour_key(group, _KEY_PX))
        strip.paste(key, (30, y + _LINE_PX))
        y += _LINE_PX + key.height
        red, green, blue = KEY_CORNERS[group]
        draw.text((10, y), f"red {red}, green {green}, blue {blue}", "black", font)
        draw.text((10, y + _LINE_PX), "along the specimen's normal", "black", font)
        y += 2 * _LINE_PX + 8
    _draw_distribution(draw, font, grains, y)
    y += _CHART_PX + 4 * _LINE_PX
    for name, colour, width in BOUNDARIES:
        draw.rectangle((10, y, 34, y + 12), (190, 190, 190))
        draw.line((12, y + 6, 32, y + 6), colour, width)
        draw.text((42, y), name, "black", font)
        y += _LINE_PX
    return strip


def _draw_distribution(
    draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, grains: GrainMap, top: int
) -> None:
    """Bars: boundary length by angle; line: the same among crystals without texture."""
    angle, share, random = _distribution(grains)
    if not share.size:
        return
    draw.text((10, top), "misorientation, degrees", "black", font)
    scale = _CHART_PX / max(share.max(), random.max(), 1e-9)
    base, width = top + _LINE_PX + _CHART_PX, (LEGEND_PX - 24) / angle.size
    for k, value in enumerate(share):
        draw.rectangle(
            (10 + k * width, base - value * scale, 10 + (k + 1) * width - 1, base), (150, 170, 200)
        )
    line = [(10 + (k + 0.5) * width, base - value * scale) for k, value in enumerate(random)]
    draw.line(line, (190, 60, 0), 2)
    for k in range(0, angle.size, -(-angle.size // 7)):
        draw.text((10 + k * width, base + 2), f"{angle[k]:.0f}", "black", font)
    draw.text((10, base + _LINE_PX), "bars: length, line: random", "black", font)


def _distribution(grains: GrainMap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower ends of classes of 5 degrees, share of pixel edges in each, and share of random pairs."""
    different, count = np.unique(pairs_beside(grains.labels), axis=0, return_counts=True)
    table = pd.DataFrame({"label_a": different[:, 0], "label_b": different[:, 1], "length_px": count})
    known = grains.orientations
    assert known is not None
    if not len(table):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    found = misorientation_distribution(with_misorientation(table, grains), known, "px")
    return tuple(found[name].to_numpy() for name in ("from_deg", "length_share", "random_share"))


def _groups(grains: GrainMap) -> dict[str, list[str]]:
    """Phases that show, by the group of their key."""
    known, groups = grains.orientations, dict[str, list[str]]()
    assert known is not None
    for phase in known.phases:
        if (known.phase == phase.id).any():
            groups.setdefault(key_group(phase.laue_group), []).append(phase.name)
    return groups
