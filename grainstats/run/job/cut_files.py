"""Cells of an image cut in several ways, kept in a file until its sample is judged."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats.infer.modality.stability import CellGraph, ImageCuts
from grainstats.run.atomic import write_atomically
from grainstats.share.safe_paths import is_below

_ARRAYS = tuple(field.name for field in fields(CellGraph))


def write_cuts(path: Path, cuts: ImageCuts) -> None:
    """Store as .npz: the arrays of each graph under their name and the graph's number."""
    arrays = {f"{name}_{k}": getattr(graph, name) for k, graph in enumerate(cuts.graphs) for name in _ARRAYS}
    arrays |= {"missed": cuts.missed, "invented": cuts.invented}
    facts = np.array([cuts.pixel_size_nm, *cuts.window_nm])

    def write(temporary: Path) -> None:
        np.savez_compressed(temporary, facts=facts, graphs=len(cuts.graphs), **arrays)

    write_atomically(path, write, durable=True)


def read_cuts(path: str | os.PathLike[str]) -> ImageCuts:
    """What `write_cuts` stored."""
    with np.load(path) as stored:
        pixel, height, width = (float(value) for value in stored["facts"])
        graphs = tuple(
            CellGraph(**{name: stored[f"{name}_{k}"] for name in _ARRAYS})
            for k in range(int(stored["graphs"]))
        )
        return ImageCuts(graphs, stored["missed"], stored["invented"], pixel, (height, width))


def cuts_of(out: Path, images: pd.DataFrame) -> list[ImageCuts]:
    """Stored cuts of all of a sample's images; none where a single one is missing.

    Images may come from a shared database and have been analysed elsewhere, or before there were such files.
    """
    names = [artefacts.get("cuts", "missing") for artefacts in images["artefacts"]]
    known = all(is_below(out, name) and (out / name).is_file() for name in names)
    return [read_cuts(out / name) for name in names] if known else []
