"""One volume from its stack to the document of `grainstats volume --json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.infer.modality.verdict import modality_json
from grainstats.infer.volume_modality import judge_volume, no_verdict
from grainstats.measure.volume import (
    FEWEST_GRAINS,
    VolumeMeasurement,
    measure_volume,
    phase_summary,
    section_summary,
    volume_summary,
)
from segment.orientation.grains import MISORIENTATION_DEG
from segment.unet.model_folder import Model
from segment.volume import GreyVolume, LabelVolume, VoxelSize, label_volume, read_stack
from segment.volume.common_view import common_view
from segment.volume.orientation_sections import is_section_folder, orientation_volume, read_shifts
from segment.volume.pipeline import Align, StackSettings, segment_stack

#: what a volume of phases alone says of grains
_NO_GRAINS: dict[str, Any] = {
    "n_grains": 0,
    "n_interior": 0,
    "equivalent_diameter_nm": {"mean": None, "median": None, "volume_weighted_mean": None, "ci": None},
    "faces_per_grain": {"mean": None, "ci": None},
    "triple_lines_per_um2": None,
    "quadruple_points_per_um3": None,
}


@dataclass(frozen=True, eq=False)
class VolumeAnalysis:
    """What is known of one volume."""

    volume: LabelVolume
    measured: VolumeMeasurement
    document: dict[str, Any]  #: as `--json` prints it
    grey: np.ndarray | None = None  #: the slices as they were read, where grains were found in them


def analyse_stack(
    path: Path,
    settings: StackSettings,
    *,
    labels: bool = False,
    voxel_size: VoxelSize | None = None,
    dataset: str | None = None,
    model: str | None = None,
    misorientation_deg: float = MISORIENTATION_DEG,
    align_sections: Align = "none",
    shifts: Path | None = None,
    seed: int = 0,
) -> VolumeAnalysis:
    """Read, measure and judge a stack of slices (by `settings`), of labels, or of EBSD sections.

    Other parameters are those of `segment.volume.read_stack` and `orientation_volume`; `shifts` is the
    table's file, `seed` that of the intervals of the modes. `InputError` where stack, table or model cannot
    be used.
    """
    if is_section_folder(path):
        moves = read_shifts(shifts) if shifts else None
        sections = orientation_volume(
            path, voxel_size, misorientation_deg=misorientation_deg, align=align_sections, shifts=moves
        )
        return analyse_grains(sections, "given by the user", seed=seed)
    stack = common_view(read_stack(path, voxel_size=voxel_size, dataset=dataset), labels=labels)
    if labels:
        return analyse_grains(label_volume(stack), stack.voxel_size_source, seed=seed)
    from segment.unet import load_model

    return analyse_grey(stack, load_model(model) if settings.grains else None, settings, seed=seed)


def analyse_grey(
    stack: GreyVolume, model: Model | None, settings: StackSettings, *, seed: int = 0
) -> VolumeAnalysis:
    """Segment, measure and judge a stack of grey slices.

    Without a model only phases are told; the document then has no grains.
    """
    volume, grey = segment_stack(stack, model, settings)
    done = analyse_grains(volume, stack.voxel_size_source, grey=grey, seed=seed)
    if model is None:
        done.document.update(_NO_GRAINS)
        verdict = no_verdict("only phases were asked for", 0, seed)
        done.document["modality"] = modality_json(verdict)
        done.document["warnings"] = list(volume.warnings)
    else:
        done.document["model"] = {"name": model.name, "digest": model.digest}
    return done


def analyse_grains(
    volume: LabelVolume, voxel_size_source: str, *, grey: np.ndarray | None = None, seed: int = 0
) -> VolumeAnalysis:
    """Measure and judge grains."""
    measured = measure_volume(volume)
    verdict = judge_volume(measured, seed=seed)
    document = volume_summary(measured)
    document["voxel_size_source"] = voxel_size_source
    document["phases"] = [{"name": name, "fraction": share} for name, share in volume.phases]
    document |= phase_summary(volume)
    document["sections"] = section_summary(volume, measured)
    document["modality"] = modality_json(verdict)
    few = f"grains wholly inside the volume: {verdict.n_interior}; their sizes say little"
    document["warnings"] = [*volume.warnings, *([few] if verdict.n_interior < FEWEST_GRAINS else [])]
    return VolumeAnalysis(volume, measured, document, grey)


def add_current(found: VolumeAnalysis, law: Path, seed: int) -> None:
    """Add the limiting current of the grains to the document, as `grainstats current` does for maps.

    `InputError`: the law does not suit a volume, or a grain reaches from side to side.
    """
    from grainstats.infer.current import current

    found.document["current"] = current(found.volume, law, seed=seed).as_dict()


def in_words(document: dict[str, Any]) -> str:
    """The document for people."""
    slices, rows, columns = document["shape"]
    x, y, z = document["voxel_size_nm"]
    size, surface, modality = document["equivalent_diameter_nm"], document["s_v_per_um"], document["modality"]
    lines = [f"{columns} x {rows} x {slices} voxels of {x:g} x {y:g} x {z:g} nm"]
    if document["n_grains"]:
        lines += [
            f"{document['n_grains']} grains, {document['n_interior']} not cut by the frame",
            f"  equivalent diameter, mean      {value_words(size['mean'], 'nm', size['ci'])}",
            f"  equivalent diameter, by volume {value_words(size['volume_weighted_mean'], 'nm')}",
            f"  faces of a grain               {value_words(document['faces_per_grain']['mean'], '')}",
        ]
    lines.append(f"  surface per volume             {value_words(surface['value'], '1/µm', surface['ci'])}")
    lines += [f"  {p['name']:30s} {p['fraction']:.1%} of the volume" for p in document["phases"]]
    lines.append(f"grain size: {modality['verdict']} ({modality['reason']})")
    return "\n".join(lines)


def value_words(value: float | None, unit: str, ci: list[float] | None = None) -> str:
    """``"48.2 nm (95 %: 44.1 to 53)"``."""
    if value is None:
        return "unknown"
    return f"{value:.4g} {unit}".strip() + ("" if ci is None else f" (95 %: {ci[0]:.4g} to {ci[1]:.4g})")
