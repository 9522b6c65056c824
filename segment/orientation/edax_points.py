"""What .ang and EDAX's HDF5 files share: numbers of phases, symmetry codes, points that were not indexed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.grain_orientations import CrystalPhase
from segment.orientation.scan_points import NOT_INDEXED, X_DOWN_Y_RIGHT, Header, ScanPoints
from segment.orientation.symmetry import laue_of_edax, laue_of_name

ANGLES = ("phi1", "phi", "phi2")
_PROPERTIES = ("iq", "ci", "fit", "index", "reliability", "dp")


def edax_points(
    column: dict[str, np.ndarray],
    declared: list[CrystalPhase],
    header: Header,
    unit_nm: float | None,
    vendor: str,
) -> ScanPoints:
    """The points of a scan, from its columns and its phases as the file numbers them.

    There are `ANGLES` in radians, ``x`` and ``y``; ``phase``, which the oldest files lack, and properties.
    """
    numbers = np.nan_to_num(column.get("phase", np.zeros(column["x"].size))).astype(int)
    angles = np.stack([column[name] for name in ANGLES], axis=1)
    unread = _not_indexed(column, angles)
    zero = angles[(numbers == 0) & ~unread]
    if len(declared) > 1 and zero.size and not np.ptp(zero, axis=0).any():
        unread |= numbers == 0  # one orientation throughout: no crystals, but what stands for none
    phase, phases, said = _phase_numbers(numbers, declared, unread)
    return ScanPoints(
        x=column["x"],
        y=column["y"],
        angles=angles,
        phase=phase,
        phases=phases,
        unit_nm=unit_nm,
        header=header,
        vendor=vendor,
        specimen_axes=X_DOWN_Y_RIGHT,
        properties={name: column[name] for name in _PROPERTIES if name in column},
        warnings=said,
    )


def edax_symmetry(path: Path, name: str, text: str | None) -> tuple[str, str]:
    """Laue group and unique axis of a line Symmetry: EDAX's code, or a point group's name."""
    told = (text or "").strip()
    found = laue_of_edax(int(told)) if told.isdigit() else None
    group = laue_of_name(told) if found is None and told else None
    if found is None and group is None:
        raise UnreadableError(
            path,
            f"the symmetry of phase {name!r} is {told!r}, which is no symmetry code",
            "Correct the line Symmetry, for example to 43 for cubic m-3m",
        )
    return found or (group or "", "b")


def _not_indexed(column: dict[str, np.ndarray], angles: np.ndarray) -> np.ndarray:
    """Points marked as not indexed: negative confidence or reliability, or angles of 4π."""
    marked = (np.abs(angles - NOT_INDEXED) < 1e-2).all(axis=1)
    for name in ("ci", "reliability"):
        if name in column:
            marked |= column[name] < 0
    return np.asarray(marked)


def _phase_numbers(
    phase: np.ndarray, declared: list[CrystalPhase], unread: np.ndarray
) -> tuple[np.ndarray, tuple[CrystalPhase, ...], tuple[str, ...]]:
    """Phases of the points, 1 or more, 0 not indexed; phases numbered alike.

    EDAX counts a single phase as 0 and several from 1; a header that counts from 0 is counted from 1 here.
    """
    shift = 1 if any(p.id == 0 for p in declared) else 0
    phases = tuple(replace(p, id=p.id + shift) for p in declared)
    unread = unread | (phase < 0)
    used = np.unique(phase[~unread])
    said: tuple[str, ...] = ()
    if len(phases) == 1:
        mine = used if used.size == 1 and used[0] in (0, 1, declared[0].id) else declared[0].id
        number = np.where(np.isin(phase, mine), phases[0].id, phase + shift)
    elif not shift and 0 in used and used.max(initial=0) < len(phases):
        number = phase + 1
        said = ("its points count phases from 0, its header from 1: phase 0 is the first",)
    else:
        number = phase + shift
    return np.where(unread, 0, number), phases, said
