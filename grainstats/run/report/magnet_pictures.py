"""Pictures of a magnet: the field around it and along its axis."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from grainstats.run.atomic import write_atomically
from segment.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from grainstats.magnet import FieldMap, Magnet

_POINTS = 61  #: of the map across the radius; as dense along the axis
_AROUND = 1.6  #: edge of the map, in radii (half heights) of the magnet


def around(state: Magnet) -> FieldMap:
    """Field in a half-plane that shows the magnet and its surroundings."""
    radius = state.stack.diameter_mm / 2
    reach = state.stack.height_mm / 2 + (_AROUND - 1) * radius
    return state.field_map(np.linspace(0, _AROUND * radius, _POINTS), np.linspace(-reach, reach, _POINTS))


def write_map(path: Path, state: Magnet) -> None:
    """The field around a magnet as a table (.csv) or a picture (.png, .svg, .pdf).

    `InputError`: another kind of file.
    """
    if path.suffix.lower() not in (".csv", ".png", ".svg", ".pdf"):
        raise InputError(path, "a field map is a table or a picture", "Name a .csv, .png, .svg or .pdf file")
    field = around(state)
    z, r = np.meshgrid(field.z_mm, field.r_mm, indexing="ij")
    rows = np.column_stack([a.ravel() for a in (r, z, field.b_r_T, field.b_z_T)])
    as_table = partial(
        np.savetxt, X=rows, fmt="%.6g", delimiter=",", header="r_mm,z_mm,b_r_T,b_z_T", comments=""
    )
    is_table = path.suffix.lower() == ".csv"
    write_atomically(path, as_table if is_table else partial(picture(state, field).savefig, dpi=150))


def picture(state: Magnet, field: FieldMap) -> Figure:
    """The flux density around the magnet in colour with the lines of force, and the field on the axis."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    size = np.hypot(field.b_r_T, field.b_z_T)
    colours = left.pcolormesh(field.r_mm, field.z_mm, size, cmap="magma", shading="gouraud")
    figure.colorbar(colours, ax=left, label="flux density (T)")
    left.streamplot(
        field.r_mm,
        field.z_mm,
        field.b_r_T,
        field.b_z_T,
        color="white",
        linewidth=0.5,
        arrowsize=0.6,
        density=1.1,
    )
    inner, width = state.stack.bore_mm / 2, (state.stack.diameter_mm - state.stack.bore_mm) / 2
    for low, high in state.stack.faces_mm():
        left.add_patch(
            Rectangle((inner, low), width, high - low, fill=False, edgecolor="cyan", linewidth=1.2)
        )
    left.set(xlabel="distance from the axis (mm)", ylabel="height above mid-plane (mm)", aspect="equal")
    left.set(xlim=(0, field.r_mm[-1]), ylim=(field.z_mm[0], field.z_mm[-1]))
    right.plot(state.z_mm, state.b_T, color="black")
    right.plot([state.probe_mm], [state.b_probe_T], "o", color="firebrick")
    right.annotate(
        f"probe: {state.b_probe_T:.3g} T",
        (state.probe_mm, state.b_probe_T),
        (8, 0),
        textcoords="offset points",
    )
    for low, high in state.stack.faces_mm():
        right.axvspan(low, high, color="0.9", zorder=0)
    right.set(xlabel="height above mid-plane (mm)", ylabel="field on the axis (T)", ylim=(0, None))
    return figure
