"""The eleven Laue groups: their proper rotations, and the names and numbers that files give them."""

import re
from dataclasses import replace
from functools import cache

import numpy as np

from segment.grain_orientations import CrystalPhase

#: in Oxford's order, whose number 1 is the first
LAUE_GROUPS = ("-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m")
TRIGONAL_OR_HEXAGONAL = LAUE_GROUPS[5:9]  #: -3 to 6/mmm, whose axes are those of a hexagonal cell

#: Schoenflies' names of the proper rotations of each group, in that order
_ROTATIONS = dict(
    zip(LAUE_GROUPS, ("C1", "C2", "D2", "C4", "D4", "C3", "D3", "C6", "D6", "T", "O"), strict=True)
)

#: Laue group and two-fold axis of 2/m by EDAX's symmetry code in .ang and .h5 files
EDAX = {
    code: (group, "b")
    for code, group in zip((1, 20, 22, 4, 42, 3, 32, 6, 62, 23, 43), LAUE_GROUPS, strict=True)
} | {2: ("2/m", "c"), 21: ("2/m", "a")}

#: last space group of each Laue group (International Tables for Crystallography A)
_LAST_SPACE_GROUP = (2, 15, 74, 88, 142, 148, 167, 176, 194, 206, 230)

#: point groups by Laue group, without spaces; other settings of the same group among them
_POINT_GROUPS = {
    "-1": ("1", "-1", "c1", "ci", "s2"),
    "2/m": ("2", "m", "2/m", "121", "1m1", "12/m1", "112", "11m", "112/m", "211", "c2", "cs", "c2h"),
    "mmm": ("222", "mm2", "mmm", "m2m", "2mm", "2/m2/m2/m", "d2", "c2v", "d2h"),
    "4/m": ("4", "-4", "4/m", "c4", "s4", "c4h"),
    "4/mmm": ("422", "4mm", "-42m", "-4m2", "4/mmm", "4/m2/m2/m", "d4", "c4v", "d2d", "d4h"),
    "-3": ("3", "-3", "c3", "c3i", "s6"),
    "-3m": ("32", "3m", "-3m", "321", "312", "3m1", "31m", "-3m1", "-31m", "-32/m", "d3", "c3v", "d3d"),
    "6/m": ("6", "-6", "6/m", "c6", "c3h", "c6h"),
    "6/mmm": ("622", "6mm", "-6m2", "-62m", "6/mmm", "6/m2/m2/m", "d6", "c6v", "d3h", "d6h"),
    "m-3": ("23", "m-3", "m3", "2/m-3", "t", "th"),
    "m-3m": ("432", "-43m", "m-3m", "m3m", "43m", "4/m-32/m", "o", "td", "oh"),
}


@cache
def proper_rotations(laue_group: str, unique_axis: str = "b") -> np.ndarray:
    """Rotations that bring a crystal onto itself, as quaternions with w ≥ 0, shape (n, 4).

    The crystal's z is along c; in trigonal and hexagonal crystals its x is along a.  `unique_axis` is the
    two-fold one of 2/m.  `ValueError`: no Laue group of this name.

    >>> [len(proper_rotations(group)) for group in LAUE_GROUPS]
    [1, 2, 4, 4, 8, 3, 6, 6, 12, 12, 24]
    """
    if laue_group not in LAUE_GROUPS:
        raise ValueError(f"{laue_group!r} is none of the Laue groups {', '.join(LAUE_GROUPS)}")
    from scipy.spatial.transform import Rotation

    axis = {"a": "X", "b": "Y", "c": "Z"}[unique_axis] if laue_group == "2/m" else "Z"
    group = Rotation.create_group(_ROTATIONS[laue_group], axis).as_quat(canonical=True, scalar_first=True)
    group.setflags(write=False)
    return group


def rotations_of(phase: CrystalPhase) -> np.ndarray:
    """`proper_rotations` of a phase."""
    return proper_rotations(phase.laue_group, phase.unique_axis)


def lattice_fits(laue_group: str, lattice: tuple[float, ...]) -> bool:
    """Whether a cell (three edges, three angles in degrees) can belong to a crystal of a Laue group.

    Edges may differ by 1 %, angles by half a degree.  -3 and -3m may have hexagonal or rhombohedral axes.

    >>> lattice_fits("m-3m", (3.21, 3.21, 5.21, 90, 90, 120)), lattice_fits("mmm", (3, 3, 3, 90, 90, 90))
    (False, True)
    """
    a, b, c, *angles = lattice
    right = [abs(angle - 90) < 0.5 for angle in angles]
    square, same = abs(a - b) < 0.01 * a, max(a, b, c) < 1.01 * min(a, b, c)
    hexagonal = square and right[:2] == [True, True] and abs(angles[2] - 120) < 0.5
    if laue_group in TRIGONAL_OR_HEXAGONAL:
        rhombohedral = same and max(angles) - min(angles) < 0.5
        return hexagonal or (rhombohedral and laue_group.startswith("-3"))
    if laue_group in ("-1", "2/m"):
        return laue_group == "-1" or sum(right) >= 2
    wanted = {"mmm": True, "4/m": square, "4/mmm": square}.get(laue_group, same)
    return wanted and all(right)


def with_unique_axis(phase: CrystalPhase) -> CrystalPhase:
    """A phase of 2/m with the two-fold axis that the one oblique angle of its cell tells, where it has one.

    >>> with_unique_axis(CrystalPhase(1, "ZrO2", "2/m", (5.1, 5.2, 5.3, 90, 90, 99.2))).unique_axis
    'c'
    """
    angles = zip("abc", (phase.lattice or ())[3:], strict=False)
    oblique = [axis for axis, angle in angles if abs(angle - 90) > 0.5]
    if phase.laue_group != "2/m" or len(oblique) != 1:
        return phase
    return replace(phase, unique_axis=oblique[0])  # type: ignore[arg-type]


def laue_of_number(number: int) -> str | None:
    """Laue group of Oxford's number 1 ... 11; None: out of range."""
    return LAUE_GROUPS[number - 1] if 1 <= number <= len(LAUE_GROUPS) else None


def laue_of_space_group(number: int) -> str | None:
    """Laue group of a space group by its number 1 ... 230; None: out of range.

    >>> laue_of_space_group(139), laue_of_space_group(225)
    ('4/mmm', 'm-3m')
    """
    if not 1 <= number <= _LAST_SPACE_GROUP[-1]:
        return None
    return LAUE_GROUPS[int(np.searchsorted(_LAST_SPACE_GROUP, number))]


def laue_of_name(name: str) -> str | None:
    """Laue group of a point group's name, Hermann-Mauguin or Schoenflies; None: unknown.

    Words around it do not matter: ``"Cubic (Oh) [m3m]"`` and ``"Hexagonal-High 6/mmm"`` are understood.
    A number alone is a point group here, not EDAX's code or Oxford's.

    >>> laue_of_name("Cubic (Oh) [m3m]"), laue_of_name("-4 2 m")
    ('m-3m', '4/mmm')
    """
    known = {point: group for group, points in _POINT_GROUPS.items() for point in points}
    whole = re.sub(r"[\s_]", "", name).lower()
    words = [w for w in re.split(r"[\s\[\](),;]+", name.lower()) if w]
    return next((known[w] for w in [whole, *reversed(words)] if w in known), None)
