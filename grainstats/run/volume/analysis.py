"""One volume from its stack to the document of `grainstats volume --json`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grainstats.infer.modality.verdict import modality_json
from grainstats.infer.volume_modality import judge_volume, no_verdict
from grainstats.measure.volume import (
    FEWEST_SEEN_WHOLE,
    VolumeMeasurement,
    measure_volume,
    phase_summary,
    section_summary,
    volume_summary,
)
from grainstats.run.report.wording import counted, sentence
from segment.orientation.grains import MISORIENTATION_DEG
from segment.unet import load_model
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
    stack = read_stack(path, voxel_size=voxel_size, dataset=dataset)
    labels = labels or stack.is_labels
    stack = common_view(stack, labels=labels)
    if labels:
        return analyse_grains(label_volume(stack), stack.voxel_size_source, seed=seed)
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
    document["warnings"] = [*volume.warnings, *([few] if verdict.n_interior < FEWEST_SEEN_WHOLE else [])]
    return VolumeAnalysis(volume, measured, document, grey)


def add_current(found: VolumeAnalysis, law: Path, seed: int) -> None:
    """Add the limiting current of the grains to the document, as `grainstats current` does for maps.

    `InputError`: the law does not suit a volume, or a grain reaches from side to side.
    """
    from grainstats.infer.current import current

    found.document["current"] = current(found.volume, law, seed=seed).as_dict()


def in_words(document: dict[str, Any]) -> str:
    """The document for people."""
    rows, modality = list(rows_of(document)), document["modality"]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {value}" for name, value in rows]
    return "\n".join([*lines, f"grain size: {modality['verdict']}. {sentence(modality['reason'])}"])


def rows_of(d: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is known of the volume, by name, for people."""
    x, y, z = d["voxel_size_nm"]
    slices, rows, columns = d["shape"]
    size, surface, faces = d["equivalent_diameter_nm"], d["s_v_per_um"], d["faces_per_grain"]
    voxels = f"{columns} × {rows} × {slices} voxels of {x:g} × {y:g} × {z:g} nm ({d['voxel_size_source']})"
    yield "Volume", voxels
    if d["n_grains"]:
        yield "Grains", f"{d['n_grains']}, {d['n_interior']} seen whole"
        yield "Equivalent diameter, mean", _value(size["mean"], "nm", size["ci"])
        yield "Equivalent diameter, median", _value(size["median"], "nm")
        yield "Equivalent diameter, by volume", _value(size["volume_weighted_mean"], "nm")
        yield "Neighbours of a grain", _value(faces["mean"], "", faces["ci"])
        yield "Triple lines", _value(d["triple_lines_per_um2"], "µm⁻²")
    yield "Surface per volume", _value(surface["value"], "µm⁻¹", surface["ci"])
    yield "Mean chord along x, y, z", ", ".join(_value(d["mean_chord_nm"][a], "nm") for a in "xyz")
    for phase in d["phases"]:
        yield phase["name"].capitalize(), f"{phase['fraction']:.1%} of the volume"
    for name in ("solid", "voids"):
        if d[name] is not None:
            yield f"Connectivity of the {name}", _connectivity(d[name])
    told = d["sections"]
    if d["n_grains"] and told["equivalent_diameter_nm"] is not None:
        own = "" if told["over_volume"] is None else f", {told['over_volume']:.0%} of the grains' own"
        yield (
            "What sections would have shown",
            f"{counted(told['n_cells'], 'cell')} of {counted(told['n'], 'section')}: mean circle diameter "
            f"{told['equivalent_diameter_nm']:.4g} nm{own}; surface per volume {told['s_v_per_um']:.4g} µm⁻¹",
        )


def _connectivity(d: dict[str, Any]) -> str:
    """How solid or voids hang together, and how thick they are."""
    way = {a: "" if t is None else f" (tortuosity {t:.3g})" for a, t in d["tortuosity"].items()}
    across = [a + way[a] for a in "xyz" if d["percolates"][a]]
    thick = "" if d["thickness_nm"] is None else f"; thickness {d['thickness_nm']['mean']:.4g} nm"
    return (
        f"{counted(d['n_pieces'], 'part')}, the largest {d['largest_share']:.0%}; "
        f"from side to side along {', '.join(across) or 'no axis'}{thick}"
    )


def _value(value: float | None, unit: str, ci: list[float] | None = None) -> str:
    """``"48.2 nm (95 %: 44.1 to 53)"``."""
    if value is None:
        return "unknown"
    return f"{value:.4g} {unit}".strip() + ("" if ci is None else f" (95 %: {ci[0]:.4g} to {ci[1]:.4g})")
