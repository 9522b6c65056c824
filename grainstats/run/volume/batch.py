"""Folders of stacks, unattended: each stack one volume, one row a stack; what is done is not done twice."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from grainstats._version import __version__
from grainstats.run.atomic import write_bytes
from grainstats.run.failures import Failure, forget_trace, reason_of
from grainstats.run.names import plain_name
from grainstats.share.spreadsheet_text import without_formulas
from segment.errors import UnreadableError
from segment.unet import load_model
from segment.volume import VoxelSize
from segment.volume.orientation_sections import is_section_folder
from segment.volume.pipeline import StackSettings
from segment.volume.reading import is_stack_file, is_tiff


@dataclass(frozen=True)
class VolumesDone:
    """What came of a folder of stacks."""

    rows: tuple[dict[str, Any], ...] = ()  #: one a volume, as in ``volumes.csv``
    n_new: int = 0  #: of them made now
    failures: tuple[Failure, ...] = field(default=())


def run_volumes(
    inputs: Sequence[str],
    out: Path,
    settings: StackSettings,
    *,
    voxel_size: VoxelSize | None = None,
    model: str | None = None,
    report: Callable[[str], None] | None = None,
) -> VolumesDone:
    """Measure and judge every stack, or folder of slices, below the inputs.

    `out` gets one folder a volume (as `grainstats volume --out`), and ``volumes.csv``. `report` is told the
    name of each that is worked on. `InputError` where nothing is a stack, or two stacks have one name.
    """
    from grainstats.run.volume.analysis import analyse_stack
    from grainstats.run.volume.page import write_volume

    stacks = _named(find_stacks(Path(i) for i in inputs))
    if not stacks:
        raise UnreadableError(
            ", ".join(inputs), "no stack of slices is there", "Name stacks or folders of them"
        )
    rows, failures, n_new, digest = [], [], 0, load_model(model).digest
    for name, stack in stacks.items():
        made_of = _made_of(stack, settings, voxel_size, digest)
        folder = out / name
        note = folder / "made_of.json"
        if not ((folder / "summary.json").is_file() and note.is_file() and note.read_text() == made_of):
            if report is not None:
                report(name)
            try:
                write_volume(analyse_stack(stack, settings, voxel_size=voxel_size, model=model), folder, name)
                forget_trace(out, name)
            except Exception as error:  # costs one stack, not the run
                failures.append(Failure(str(stack), "", *reason_of(error, out, name)))
                continue
            write_bytes(note, made_of.encode())
            n_new += 1
        rows.append(_row(name, json.loads((folder / "summary.json").read_text(encoding="utf-8"))))
    if rows:
        write_bytes(out / "volumes.csv", without_formulas(pd.DataFrame(rows)).to_csv(index=False).encode())
    return VolumesDone(tuple(rows), n_new, tuple(failures))


def find_stacks(inputs: Iterable[Path]) -> list[Path]:
    """Stacks among and below paths; a folder of single images, or of orientation maps, is one itself.

    Beside stacks, files that hold one image only are named too, to be refused in words.
    """
    found: list[Path] = []
    for path in inputs:
        if not path.is_dir() or path.suffix.lower() == ".zarr" or is_section_folder(path):
            found.append(path)
            continue
        below = sorted(p for p in path.iterdir() if not p.name.startswith("."))
        if any(p.is_dir() or is_stack_file(p) for p in below):
            found += find_stacks(p for p in below if p.is_dir() or is_stack_file(p) or is_tiff(p))
        else:
            found.append(path)
    return found


def _named(stacks: list[Path]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for stack in stacks:
        name = plain_name(stack.stem)
        if name in named:
            raise UnreadableError(stack, f"{named[name]} has the same name", "Give every stack its own name")
        named[name] = stack
    return named


def _made_of(stack: Path, settings: StackSettings, size: VoxelSize | None, model: str) -> str:
    """What decides a result, as text: files by size and time, settings, model, version."""
    files = sorted(p for p in stack.rglob("*") if p.is_file()) if stack.is_dir() else [stack]
    facts = [(f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.exists()]
    return json.dumps(
        {
            "files": facts,
            "settings": asdict(settings),
            "voxel_size_nm": None if size is None else size.xyz,
            "model": model,
            "version": __version__,
        }
    )


def _row(name: str, document: dict[str, Any]) -> dict[str, Any]:
    size, verdict = document["equivalent_diameter_nm"], document["modality"]
    return {
        "volume": name,
        "n_grains": document["n_grains"],
        "equivalent_diameter_mean_nm": size["mean"],
        "equivalent_diameter_volume_weighted_nm": size["volume_weighted_mean"],
        "s_v_per_um": document["s_v_per_um"]["value"],
        "porosity": document["porosity"],
        "verdict": verdict["verdict"],
        "reason": verdict["reason"],
        "warnings": "; ".join(document["warnings"]),
    }
