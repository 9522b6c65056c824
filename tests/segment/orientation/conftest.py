"""Orientation maps written by the tests themselves, in each vendor's layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

#: Bunge's angles in degrees of the four quadrants: cubic disorientations of 30 and 20 degrees side by side
QUADRANTS = ((0.0, 0.0, 0.0), (30.0, 0.0, 0.0), (0.0, 20.0, 0.0), (30.0, 40.0, 10.0))


def quadrants(rows: int, columns: int) -> np.ndarray:
    """Angles in degrees of four grains, shape (rows, columns, 3)."""
    upper, left = np.arange(rows)[:, None] < rows // 2, np.arange(columns)[None] < columns // 2
    which = np.where(upper, np.where(left, 0, 1), np.where(left, 2, 3))
    return np.array(QUADRANTS)[which]


def positions(rows: int, columns: int, step: float, hexagonal: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """x and y of a grid, shape (rows, columns); odd rows of a hexagonal one are shifted."""
    row, column = np.mgrid[:rows, :columns]
    if hexagonal:
        return (column + 0.5 * (row % 2)) * step, row * step * 3**0.5 / 2
    return column * step, row * step


def write_ang(
    path: Path,
    euler_deg: np.ndarray,
    step: float = 0.1,
    *,
    ci: np.ndarray | float = 0.9,
    phase: np.ndarray | int = 0,
    phases: tuple[tuple[str, str], ...] = (("Iron", "43"),),
    header: str | None = None,
    hexagonal: bool = False,
    degrees: bool = False,
) -> Path:
    """An EDAX .ang file."""
    rows, columns = euler_deg.shape[:2]
    x, y = positions(rows, columns, step, hexagonal)
    lines = ["# TEM_PIXperUM 1.000000", "#"]
    for number, (name, symmetry) in enumerate(phases, 1):
        lines += [f"# Phase {number}", f"# MaterialName  {name}", "# Formula", f"# Symmetry   {symmetry}"]
        lines += [f"# LatticeConstants  2.9 2.9 2.9 90 90 {120 if symmetry == '62' else 90}", "#"]
    if header is None:
        y_step = step * 3**0.5 / 2 if hexagonal else step
        header = (
            f"# GRID: {'HexGrid' if hexagonal else 'SqrGrid'}\n# XSTEP: {step:.6f}\n# YSTEP: {y_step:.6f}\n"
        )
        header += f"# NCOLS_ODD: {columns}\n# NCOLS_EVEN: {columns}\n# NROWS: {rows}"
    lines += [header, "#"]
    angles = euler_deg if degrees else np.deg2rad(euler_deg)
    table = np.concatenate(
        [
            angles.reshape(-1, 3),
            np.stack([x, y], axis=-1).reshape(-1, 2),
            *(np.broadcast_to(v, (rows, columns)).reshape(-1, 1) for v in (100.0, ci, phase, 1.0, 0.5)),
        ],
        axis=1,
    )
    lines += [
        " ".join([*(f"{v:.5f}" for v in row[:7]), f"{row[7]:.0f} {row[8]:.0f} {row[9]:.3f}"]) for row in table
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_ctf(
    path: Path,
    euler_deg: np.ndarray,
    step: float = 0.1,
    *,
    phase: np.ndarray | int = 1,
    mad: np.ndarray | float = 0.5,
    phases: tuple[tuple[str, int], ...] = (("Iron", 11),),
    told_step: float | None = None,
    told_rows: int | None = None,
    hexagonal: bool = False,
    comma: bool = False,
) -> Path:
    """An Oxford .ctf file."""
    rows, columns = euler_deg.shape[:2]
    x, y = positions(rows, columns, step, hexagonal)
    told = step if told_step is None else told_step
    lines = ["Channel Text File", "Prj\ttest", "Author\t[Unknown]", "JobMode\tGrid", f"XCells\t{columns}"]
    lines += [f"YCells\t{rows if told_rows is None else told_rows}", f"XStep\t{told}", f"YStep\t{told}"]
    lines += ["AcqE1\t0", "AcqE2\t0", "AcqE3\t0"]
    lines += ["Euler angles refer to Sample Coordinate system (CS0)!\tMag\t64", f"Phases\t{len(phases)}"]
    lines += [f"2.9;2.9;2.9\t90;90;90\t{name}\t{laue}\t0\t\t\tsource" for name, laue in phases]
    lines += ["\t".join("Phase X Y Bands Error Euler1 Euler2 Euler3 MAD BC BS".split())]
    number, deviation = (np.broadcast_to(v, (rows, columns)) for v in (phase, mad))
    for r in range(rows):
        for c in range(columns):
            a = euler_deg[r, c]
            lines.append(
                f"{number[r, c]}\t{x[r, c]:.4f}\t{y[r, c]:.4f}\t8\t0\t{a[0]:.4f}\t{a[1]:.4f}\t{a[2]:.4f}"
                f"\t{deviation[r, c]:.4f}\t120\t200"
            )
    text = "\r\n".join(lines) + "\r\n"
    path.write_bytes((text.replace(".", ",") if comma else text).encode())
    return path


@pytest.fixture
def write() -> Callable[..., Path]:
    """Writes angles in degrees as the kind of file that the path's suffix says."""
    writers = {".ang": write_ang, ".ctf": write_ctf}
    return lambda path, euler_deg, *args, **kwargs: writers[path.suffix](path, euler_deg, *args, **kwargs)


@pytest.fixture
def four_grains() -> np.ndarray:
    """Angles in degrees of four grains on 12 x 16 points."""
    return quadrants(12, 16)
