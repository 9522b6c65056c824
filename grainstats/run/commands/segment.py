"""`grainstats segment`: boundaries and closed cells of micrographs, as files."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grainstats.run.commands.choices import DeviceChoice

if TYPE_CHECKING:
    from segment.grainmap import GrainMap
    from segment.micrograph import Micrograph
    from segment.unet import Model
    from segment.unet.model import Device, Precision


class PrecisionChoice(StrEnum):
    """Arithmetic of the network."""

    AUTO = "auto"
    F32 = "f32"
    BF16 = "bf16"
    INT8 = "int8"


@dataclass(frozen=True)
class Settings:
    """What the user sets for all images."""

    out: Path
    pixel_size: float | None
    persistence: float | None
    device: Device
    precision: Precision
    tta: bool


def segment(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE", help="Micrographs, folders of them, or globs.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for <stem>.labels.tif and <stem>.boundary.tif.")],
    pixel_size: Annotated[
        float | None, typer.Option("--pixel-size", metavar="NM", min=1e-6, help="Pixel edge in nanometres.")
    ] = None,
    model_name: Annotated[
        str | None, typer.Option("--model", help="A released model's name or a model folder.")
    ] = None,
    persistence: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Persistence of a cell's seed, in probability.")
    ] = None,
    device: Annotated[DeviceChoice, typer.Option(help="Where the network runs.")] = DeviceChoice.AUTO,
    precision: Annotated[
        PrecisionChoice,
        typer.Option(help="Arithmetic of the network; auto: the fastest that agrees with f32."),
    ] = PrecisionChoice.AUTO,
    tta: Annotated[
        bool, typer.Option("--tta", help="Mean over the image mirrored and turned: eight times the work.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Find grain boundaries; write label and boundary maps that carry the pixel size.

    Needs no calibration. Exit status 1 where some images failed (named, the rest saved).
    """
    import json

    from segment.micrograph import find_micrographs
    from segment.unet import load_model

    model = load_model(model_name)
    paths = find_micrographs(images)
    out.mkdir(parents=True, exist_ok=True)
    names = _output_names(paths)
    settings = Settings(out, pixel_size, persistence, device.value, precision.value, tta)
    done: list[dict[str, Any]] = []
    failed = sum(not _segment_file(path, names, model, settings, done) for path in paths)
    if as_json:
        print(json.dumps({"model": model.name, "model_digest": model.digest, "images": done}, indent=2))
    print(f"{len(paths) - failed} of {len(paths)} files done, in {out}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def _output_names(paths: list[Path]) -> dict[Path, str]:
    """Stem of each file's outputs; where stems are alike, suffix and folders tell them apart."""
    stems = Counter(path.stem for path in paths)
    names: dict[Path, str] = {}
    for path in paths:
        parts = path.relative_to(path.anchor).parts
        longer = [".".join(parts[-depth:]) for depth in range(1, len(parts) + 1)]
        numbered = [f"{longer[-1]}_{number}" for number in range(2, len(paths) + 2)]
        wanted = [path.stem] if stems[path.stem] == 1 else []
        taken = set(names.values())
        names[path] = next(name for name in [*wanted, *longer, *numbered] if name not in taken)
    return names


def _segment_file(
    path: Path, names: dict[Path, str], model: Model, settings: Settings, done: list[dict[str, Any]]
) -> bool:
    """All frames of one file, their facts added to `done`; False where any failed, said on standard error."""
    from segment.errors import InputError
    from segment.micrograph import read_micrographs

    try:
        for micrograph in read_micrographs(path, pixel_size_nm=settings.pixel_size):
            frame = names[path] if micrograph.n_frames == 1 else f"{names[path]}_{micrograph.frame:04d}"
            if micrograph.n_frames > 1 and frame in names.values():  # of another file, as stack_0001.tif
                frame = f"{path.name}_{micrograph.frame:04d}"
            done.append(segment_frame(micrograph, frame, model, settings))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return False
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        print(f"error: {path}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    return True


def segment_frame(micrograph: Micrograph, name: str, model: Model, settings: Settings) -> dict[str, Any]:
    """Segment one frame and write its maps; what `--json` says of it."""
    from time import perf_counter

    from segment.mapfiles import write_boundary_map, write_label_map
    from segment.pipeline import segment_micrograph

    begin = perf_counter()
    boundary_map, grain_map = segment_micrograph(
        micrograph,
        model,
        device=settings.device,
        precision=settings.precision,
        persistence=settings.persistence,
        tta=settings.tta,
    )
    labels = write_label_map(settings.out / f"{name}.labels.tif", grain_map)
    boundary = write_boundary_map(settings.out / f"{name}.boundary.tif", boundary_map)
    _tell(name, grain_map, perf_counter() - begin)
    return {
        "name": name,
        "file": str(micrograph.path),
        "frame": micrograph.frame,
        "n_grains": grain_map.n_grains,
        "n_bodies": grain_map.n_bodies,
        "pixel_size_nm": grain_map.pixel_size_nm,
        "scale": boundary_map.scale,
        "warnings": list(grain_map.warnings),
        "labels": str(labels),
        "boundary": str(boundary),
    }


def _tell(name: str, grain_map: GrainMap, seconds: float) -> None:
    """One line about a frame, and its warnings, on standard error."""
    size = "pixel size unknown" if grain_map.pixel_size_nm is None else f"{grain_map.pixel_size_nm:.4g} nm/px"
    rows, columns = grain_map.labels.shape
    cells = f"{grain_map.n_grains} cells, {seconds:.1f} s"
    print(f"{name}: {columns} x {rows} px, {size}, {cells}", file=sys.stderr)
    for warning in grain_map.warnings:
        print(f"warning: {name}: {warning}", file=sys.stderr)
