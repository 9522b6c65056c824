"""Pictures of orientation maps: boundaries in the colour of their kind, map and key side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from grainstats.run.report.orientation_pictures import (
    BOUNDARIES,
    LEGEND_PX,
    boundary_layer,
    write_orientation_pictures,
)
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations
from segment.orientation.colours import orientation_colours
from segment.orientation.quaternions import from_axis_angle


def strips() -> GrainMap:
    """Five upright strips of 12 px; their boundaries: 40 degrees, 8 degrees, Σ3, another phase."""
    turns = ((0, 0, 1), 48), ((0, 0, 1), 8), ((0, 0, 1), 0), ((1, 1, 1), 60), ((0, 0, 1), 0)
    q = [from_axis_angle(axis, angle) for axis, angle in turns]
    table = np.stack([np.full(4, np.nan), *q])
    phases = (CrystalPhase(1, "Ni", "m-3m"), CrystalPhase(2, "Mg", "6/mmm"))
    labels = np.repeat(np.arange(1, 6, dtype=np.int32), 12)[None].repeat(60, 0)
    orientations = GrainOrientations(table, np.array([0, 1, 1, 1, 1, 2]), phases, 5.0)
    return GrainMap(labels, 10.0, "manual", orientations=orientations)


def test_every_kind_of_boundary_has_its_colour() -> None:
    layer = np.asarray(boundary_layer(strips(), (60, 60), (60, 60)))
    drawn = layer[30]
    places = [
        np.flatnonzero(drawn[:, 3] & (drawn[:, :3] == colour).all(axis=1)) for _, colour, _ in BOUNDARIES
    ]
    assert [int(p[0]) for p in places] == [11, 23, 35, 47]  # high, low, Σ3, between phases
    assert not layer[30, :11, 3].any()


def test_map_and_key(tmp_path: Path) -> None:
    grains = strips()
    assert grains.orientations is not None
    mean = grains.orientations
    colours = orientation_colours(mean.quaternions, mean.phase, mean.phases)[grains.labels]
    names = {name: tmp_path / f"{name}.png" for name in ("overlay", "layer")} | {
        "view": tmp_path / "view.jpg"
    }
    write_orientation_pictures(colours, grains, **names)
    with Image.open(names["view"]) as view, Image.open(names["layer"]) as layer:
        assert view.size == layer.size
        pixels = np.asarray(view.convert("RGB")).astype(int)
        opaque = np.asarray(layer.convert("RGBA"))[..., 3] > 0
    width = pixels.shape[1] - LEGEND_PX
    assert not opaque[:, width:].any() and opaque[:, :width].any()
    key = pixels[:, width:]
    for pure in 255 * np.eye(3):
        assert (np.abs(key - pure).max(axis=2) < 90).any()
    with Image.open(names["overlay"]) as overlay:
        assert overlay.width > 60 + LEGEND_PX
