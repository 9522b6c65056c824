"""Colours of orientations: which crystal direction points along a direction of the map (inverse pole figure).

The directions of a crystal that symmetry makes equal fill one spherical triangle.  Its corners are red, green
and blue (`KEY_CORNERS`); in between each colour grows with the angle from the opposite side, and the
strongest is full.  The colour along z does not depend on how a vendor lays x and y of the specimen.
"""

import numpy as np

from segment.grain_orientations import CrystalPhase
from segment.orientation.quaternions import rotate

NOT_INDEXED_RGB = (0, 0, 0)  #: black
#: red, green and blue by Laue group
KEY_CORNERS = {
    "m-3m": ("001", "101", "111"),
    "6/mmm": ("0001", "2-1-10", "10-10"),
    "4/mmm": ("001", "100", "110"),
    "-3m": ("0001", "10-10", "01-10"),
    "mmm": ("001", "100", "010"),
}
#: with fewer mirrors, two different directions may share a colour
_COLOURED_AS = {"m-3": "m-3m", "6/m": "6/mmm", "4/m": "4/mmm", "-3": "-3m", "2/m": "mmm", "-1": "mmm"}
_WEDGE_DEG = {"6/mmm": (0, 30), "4/mmm": (0, 45), "-3m": (-30, 60), "mmm": (0, 90)}  #: start, width


def key_group(laue_group: str) -> str:
    """The group whose key colours a Laue group; one of `KEY_CORNERS`."""
    return _COLOURED_AS.get(laue_group, laue_group)


def direction_colours(directions: np.ndarray, laue_group: str) -> np.ndarray:
    """Colours of crystal directions, uint8, black where a direction is NaN; both of shape (n, 3).

    Directions are in the crystal's axes and of any length.

    >>> direction_colours(np.array([[0, 0, 1.0], [1, 1, 0], [1, -1, 1]]), "m-3m").tolist()
    [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    """
    group = key_group(laue_group)
    inside = to_triangle(directions, group)
    weight = np.zeros(inside.shape)
    corners = triangle(group)
    for k in range(3):
        side = np.cross(corners[(k + 1) % 3], corners[(k + 2) % 3])
        side /= np.linalg.norm(side)
        weight[:, k] = np.arcsin(np.clip(inside @ side, 0, 1)) / np.arcsin(np.clip(corners[k] @ side, 0, 1))
    strongest = weight.max(axis=1, keepdims=True)
    full = np.divide(weight, strongest, out=np.zeros_like(weight), where=strongest > 0)
    return np.asarray(np.rint(255 * np.nan_to_num(full)), np.uint8)


def orientation_colours(
    quaternions: np.ndarray,
    phase: np.ndarray,
    phases: tuple[CrystalPhase, ...],
) -> np.ndarray:
    """Colours by the crystal direction along the map's z, into the specimen; uint8, shape of `phase` and 3.

    `quaternions` have the shape of `phase` and 4; where `phase` is 0 nothing is indexed: black.
    """
    colours = np.full((*phase.shape, 3), NOT_INDEXED_RGB, np.uint8)
    for one in phases:
        mine = phase == one.id
        if mine.any():
            along = rotate(quaternions[mine], np.broadcast_to((0.0, 0.0, 1.0), (int(mine.sum()), 3)))
            colours[mine] = direction_colours(along, one.laue_group)
    return colours


def colour_key(laue_group: str, size: int = 200) -> np.ndarray:
    """The triangle of a group's colours in stereographic projection, white around it.

    uint8, shape (rows, columns, 3); `size` is the longer side in pixels.
    """
    group = key_group(laue_group)
    outline = _outline(group)
    low, high = outline.min(axis=0), outline.max(axis=0)
    scale = (high - low).max() / size
    columns, rows = np.maximum(np.ceil((high - low) / scale).astype(int), 1)
    x = low[0] + (np.arange(columns) + 0.5) * scale
    y = high[1] - (np.arange(rows) + 0.5) * scale
    u, v = np.meshgrid(x, y)
    length = 1 + u**2 + v**2
    direction = np.stack([2 * u / length, 2 * v / length, (2 - length) / length], axis=-1).reshape(-1, 3)
    inside = np.abs(to_triangle(direction, group) - direction).max(axis=1) < 1e-9
    colours = np.where(inside[:, None], direction_colours(direction, group), 255)
    return colours.reshape(rows, columns, 3).astype(np.uint8)


def triangle(group: str) -> np.ndarray:
    """Corners of the triangle of a key as unit vectors, shape (3, 3): red, green, blue."""
    if group == "m-3m":
        return np.array([[0, 0, 1], [1, 0, 1] / np.sqrt(2), [1, 1, 1] / np.sqrt(3)])
    start, width = np.deg2rad(_WEDGE_DEG[group])
    ends = start, start + width
    return np.array([[0, 0, 1], *([np.cos(angle), np.sin(angle), 0] for angle in ends)])


def to_triangle(directions: np.ndarray, group: str) -> np.ndarray:
    """The symmetrically equal direction in the triangle of a key, as unit vectors; shape (n, 3)."""
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    if group == "m-3m":
        low, middle, high = np.sort(np.abs(unit), axis=1).T
        return np.stack([middle, low, high], axis=1)
    unit = np.where(unit[:, 2:] < 0, -unit, unit)
    start, width = np.deg2rad(_WEDGE_DEG[group])
    radius = np.hypot(unit[:, 0], unit[:, 1])
    angle = np.mod(np.arctan2(unit[:, 1], unit[:, 0]) - start, 2 * width)
    angle = np.minimum(angle, 2 * width - angle) + start
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), unit[:, 2]], axis=1)


def _outline(group: str) -> np.ndarray:
    """Points around the triangle in stereographic projection, shape (n, 2)."""
    corners = triangle(group)
    sides = [
        np.linspace(0, 1, 50)[:, None] * (corners[(k + 1) % 3] - corners[k]) + corners[k] for k in range(3)
    ]
    around = np.concatenate(sides)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    return np.asarray(around[:, :2] / (1 + around[:, 2:]))
