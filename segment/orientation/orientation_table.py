"""Orientations of grains as a table beside the label map."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from segment.errors import UnreadableError
from segment.grain_map import GrainMap
from segment.grain_orientations import CrystalPhase, GrainOrientations

QUATERNION = ("q_w", "q_x", "q_y", "q_z")
COLUMNS = ("label", "phase", "laue_group", "unique_axis", *QUATERNION, "threshold_deg", "lattice")


def write_orientations(path: str | Path, grain_map: GrainMap) -> Path:
    """Write the mean orientation and phase of every grain of a map with orientations.

    The CSV has ``label, phase`` (its name), ``laue_group, unique_axis, q_w, q_x, q_y, q_z``
    (`OrientationMap`'s convention), ``threshold_deg`` and ``lattice``, as in
    `CrystalPhase`. `ValueError`: the map has none.
    """
    path, known = Path(path), grain_map.orientations
    if known is None:
        raise ValueError("this grain map carries no orientations")
    phases = {phase.id: phase for phase in known.phases}
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for label in range(1, grain_map.n_grains + 1):
            phase = phases[int(known.phase[label])]
            q = [f"{value:.8f}" for value in known.quaternions[label]]
            cell = " ".join(f"{value:g}" for value in phase.lattice or ())
            threshold = f"{known.threshold_deg:g}"
            table.writerow((label, phase.name, phase.laue_group, phase.unique_axis, *q, threshold, cell))
    return path


def orientations_beside(path: str | Path, grain_map: GrainMap) -> GrainMap:
    """The label map ``NAME.labels.tif`` with the orientations in ``NAME.orientations.csv``, where they are.

    `UnreadableError`: the table is not of this map's grains.
    """
    path = Path(path)
    beside = path.with_name(path.name.removesuffix(".labels.tif") + ".orientations.csv")
    if not path.name.endswith(".labels.tif") or not beside.is_file():
        return grain_map
    with beside.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        orientations = _from_rows(rows)
    except (KeyError, ValueError) as error:
        raise UnreadableError(beside, f"it is no table of orientations ({error})", "Remove it") from error
    if len(orientations.phase) != grain_map.n_grains + 1:
        reason = f"it has {len(rows)} grains, {path.name} has {grain_map.n_grains}"
        raise UnreadableError(beside, reason, "Remove it, or segment the orientation map again")
    return replace(grain_map, orientations=orientations)


def _from_rows(rows: list[dict[str, str]]) -> GrainOrientations:
    kinds = [(row["phase"], row["laue_group"], row["unique_axis"], row.get("lattice") or "") for row in rows]
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds), 1)}
    phases = tuple(
        CrystalPhase(number, name, laue, tuple(map(float, cell.split())) or None, unique)  # type: ignore[arg-type]
        for (name, laue, unique, cell), number in numbers.items()
    )
    q = [[float(row[name]) for name in QUATERNION] for row in rows]
    table = np.concatenate([np.full((1, 4), np.nan), np.array(q, float).reshape(-1, 4)])
    phase = np.array([0, *(numbers[kind] for kind in kinds)], np.int32)
    threshold = float(rows[0]["threshold_deg"]) if rows else 0.0
    return GrainOrientations(table, phase, phases, threshold)
