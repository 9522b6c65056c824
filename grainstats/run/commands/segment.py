"""`grainstats segment`: boundaries and closed cells of micrographs and orientation maps, as files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from grainstats.run.atomic import write_atomically
from grainstats.run.commands.choices import (
    DeviceOption,
    JsonOption,
    MergeTwinsOption,
    MisorientationOption,
    ModelOption,
    PhaseOption,
    PixelSizeOption,
    TwinOption,
    method,
)
from grainstats.run.failures import said_of_file
from grainstats.share.safe_paths import short_name
from segment.choices import GAP_WIDTH, Device, Precision, Twins, Voids
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.run.recipe import Recipe
    from segment.grain_map import GrainMap
    from segment.micrograph import Micrograph
    from segment.orientation import GrainRules

_SUFFIX = {"orientations": ".csv"}  #: of the kinds of files that are no TIFF


@dataclass(frozen=True)
class InputImage:
    """An image of a file and the name of its outputs, or why there is none."""

    number: int  #: in the order of the inputs
    path: Path
    name: str = ""
    micrograph: Micrograph | None = None  #: None: an orientation map, or an error
    error: str = ""
    more: tuple[Micrograph, ...] = ()  #: further pictures of the same field


def segment(
    images: Annotated[
        list[str],
        Argument(
            metavar="IMAGE", help="Micrographs, orientation maps, folders, or patterns such as '*.tif'."
        ),
    ],
    out: Annotated[Path, Option("--out", help="Folder for NAME.labels.tif and NAME.boundary.tif.")],
    pixel_size: PixelSizeOption = None,
    model_name: ModelOption = None,
    persistence: Annotated[
        float | None,
        method(
            min=0.0,
            max=1.0,
            help="Rise of the boundary probability that parts two grains. Default: the model's.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    precision: Annotated[
        Precision, method(help="Arithmetic of the network; auto: bf16 where it agrees.")
    ] = "auto",
    voids: Annotated[
        Voids, method(help="Grey of voids or phases; auto: dark, if the network sees any.")
    ] = "auto",
    twins: Annotated[Twins, method(help="Twin lamellae are grains (keep) or not (merge).")] = "keep",
    gap_width: Annotated[
        float,
        method(
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Share of a mean intercept, below which a gap is a boundary, not a void.",
        ),
    ] = GAP_WIDTH,
    field: Annotated[
        bool,
        Option("--field", help="The images show one field (tilts, detectors, channels); one map results."),
    ] = False,
    as_json: JsonOption = False,
    misorientation_deg: MisorientationOption = None,
    merge_twins: MergeTwinsOption = False,
    twin: TwinOption = None,
    phase: PhaseOption = None,
) -> None:
    """Find grain boundaries; write label and boundary maps that carry the pixel size.

    Of an orientation map: the label map, and a table of the grains' orientations. No pixel size is needed.
    Exit status 1 where some images failed (named, the rest saved).

    Examples:

    - `grainstats segment film.tif --out maps`
    - `grainstats segment films/*.dm3 --pixel-size 2.5 --out maps`
    """
    import json

    from grainstats.run.orientation_input import find_inputs, grain_rules
    from grainstats.run.recipe import Recipe
    from grainstats.run.report.wording import counted
    from segment.unet import load_model

    model = load_model(model_name)
    paths = find_inputs(images)
    if field:  # the first one named is the reference
        paths = list(dict.fromkeys(path for each in images for path in find_inputs([each])))
    rules = grain_rules(misorientation_deg, merge_twins, twin, phase)
    out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(
        persistence=persistence,
        pixel_size_nm=pixel_size,
        precision=precision,
        voids=voids,
        twins=twins,
        gap_width=gap_width,
    )
    work = FrameWork(str(model.folder), out, recipe, device, rules)
    done: dict[int, dict[str, Any]] = {}
    failed: set[Path] = set()
    frames = iter([one_field(paths, pixel_size)]) if field else frames_of(paths, pixel_size)
    for frame, result in _segment_all(frames, work):
        if isinstance(result, str):
            print(f"error: {result}", file=sys.stderr)
            failed.add(frame.path)
        else:
            done[frame.number] = result
    if as_json:
        images_done = [done[number] for number in sorted(done)]
        document = {"model": model.name, "model_digest": model.digest, "images": images_done}
        print(json.dumps(document, indent=2))
    if field:
        files = counted(len(paths), "file")
        print(f"field of {files} {'failed' if failed else f'done, in {out}'}", file=sys.stderr)
    else:
        print(f"{len(paths) - len(failed)} of {len(paths)} files done, in {out}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True)
class FrameWork:
    """What a process does with a frame: its facts for `--json`, or why it failed."""

    model: str  #: path of the model's folder
    out: Path
    recipe: Recipe
    device: Device
    rules: GrainRules

    def __call__(self, frame: InputImage) -> dict[str, Any] | str:
        if frame.error:
            return frame.error
        begin, seen = perf_counter(), frame.micrograph
        try:
            grain_map, scale, files = self._of_map(frame) if seen is None else self._of_image(frame, seen)
        except Exception as error:  # costs one image, not the run
            return said_of_file(frame.path, error)
        pictures = () if seen is None else (seen, *frame.more)
        read = (said for each in pictures for said in (*each.notes, *each.scale_warnings))
        warnings = list(dict.fromkeys((*read, *grain_map.warnings)))
        _tell(frame.name, grain_map, warnings, perf_counter() - begin)
        shown = {} if seen is None else {"pictures": [str(each.path) for each in pictures]}
        return {
            "name": frame.name,
            "file": str(frame.path),
            "frame": 0 if seen is None else seen.frame,
            "n_grains": grain_map.n_grains,
            "n_second_phases": grain_map.n_second_phases,
            "pixel_size_nm": grain_map.pixel_size_nm,
            "scale": scale,
            "warnings": warnings,
            **shown,
            **{kind: str(file) for kind, file in files.items()},
        }

    def _of_image(self, frame: InputImage, micrograph: Micrograph) -> tuple[GrainMap, float, dict[str, Path]]:
        """Segment a frame, or a field of several pictures; its map, working scale and files."""
        from grainstats.run.job.one_image import opened_model
        from grainstats.run.recipe import segment_by
        from segment.label_maps.writing import write_boundary_map, write_label_map

        pictures, model = [micrograph, *frame.more], opened_model(self.model)
        boundary_map, grain_map = segment_by(self.recipe, pictures, model, device=self.device)
        digest = self.recipe.digest()
        files = self._write(
            frame,
            labels=lambda path: write_label_map(path, grain_map, recipe_digest=digest),
            boundary=lambda path: write_boundary_map(path, boundary_map),
        )
        return grain_map, boundary_map.scale, files

    def _of_map(self, frame: InputImage) -> tuple[GrainMap, float, dict[str, Path]]:
        """Cut an orientation map into grains, with their orientations."""
        from segment.label_maps.writing import write_boundary_map, write_label_map
        from segment.orientation import grain_map_of, read_orientation_map
        from segment.orientation.grains import boundary_map_of
        from segment.orientation.orientation_table import write_orientations

        points = read_orientation_map(frame.path, self.recipe.pixel_size_of(frame.path))
        grain_map = grain_map_of(points, self.rules)
        files = self._write(
            frame,
            labels=lambda path: write_label_map(path, grain_map),
            boundary=lambda path: write_boundary_map(path, boundary_map_of(grain_map)),
            orientations=lambda path: write_orientations(path, grain_map),
        )
        return grain_map, 1.0, files

    def _write(self, frame: InputImage, **writers: Callable[[Path], object]) -> dict[str, Path]:
        """The files of a frame by kind, each whole or not at all."""
        files = {kind: self.out / f"{frame.name}.{kind}{_SUFFIX.get(kind, '.tif')}" for kind in writers}
        for kind, path in files.items():
            write_atomically(path, writers[kind])
        return files


def frames_of(paths: list[Path], pixel_size_nm: float | None) -> Iterator[InputImage]:
    """All frames of the files, read one by one; what cannot be read says why."""
    from segment.micrograph import read_micrographs
    from segment.orientation import is_orientation_map

    names, number = output_names(paths), count()
    for path in paths:
        if is_orientation_map(path):
            yield InputImage(next(number), path, names[path])
            continue
        try:
            for micrograph in read_micrographs(path, pixel_size_nm=pixel_size_nm):
                name = names[path] if micrograph.n_frames == 1 else f"{names[path]}_{micrograph.frame:04d}"
                if micrograph.n_frames > 1 and name in names.values():  # of another file, as stack_0001.tif
                    name = f"{path.name}_{micrograph.frame:04d}"
                yield InputImage(next(number), path, name, micrograph)
        except Exception as error:  # costs one image, not the run
            yield InputImage(next(number), path, error=said_of_file(path, error))


def one_field(paths: list[Path], pixel_size_nm: float | None) -> InputImage:
    """All images of the files, and all their channels, as pictures of one field."""
    from segment.micrograph import read_micrographs

    first = paths[0]
    try:
        pictures = [
            picture
            for path in paths
            for picture in read_micrographs(path, pixel_size_nm=pixel_size_nm, all_channels=True)
        ]
    except Exception as error:  # as for an image by itself
        return InputImage(0, first, error=said_of_file(first, error))
    return InputImage(0, first, short_name(first.stem), pictures[0], more=tuple(pictures[1:]))


def output_names(paths: list[Path]) -> dict[Path, str]:
    """Stem of each file's outputs; where stems are alike, suffix and folders tell them apart."""
    stems = Counter(short_name(path.stem).casefold() for path in paths)  # some disks know no case
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        parts = path.relative_to(path.anchor).parts
        longer = [short_name(".".join(parts[-depth:])) for depth in range(1, len(parts) + 1)]
        numbered = (f"{longer[-1]}_{number}" for number in count(2))
        stem = short_name(path.stem)
        wanted = [stem] if stems[stem.casefold()] == 1 else []
        names[path] = next(name for name in chain(wanted, longer, numbered) if name.casefold() not in taken)
        taken.add(names[path].casefold())
    return names


def _segment_all(
    frames: Iterator[InputImage], work: FrameWork
) -> Iterator[tuple[InputImage, dict[str, Any] | str]]:
    """Each frame with what came of it, as they are ready."""
    from grainstats.run.job.isolated_workers import Crash, IsolatedWorkers
    from grainstats.run.job.one_image import opened_model
    from segment.unet.choose_runtime import cuda_processes

    first = list(islice(frames, 2))
    workers = cuda_processes(opened_model(work.model), work.device) if len(first) > 1 else None
    waiting = chain(first, frames)
    for frame, result in IsolatedWorkers(work, workers or 0).results(lambda: next(waiting, None)):
        if isinstance(result, Crash):
            remedy = "Segment it by itself, or with --device cpu; the other images are not affected"
            result = str(InputError(frame.path, result.reason, remedy))
        yield frame, result


def _tell(name: str, grain_map: GrainMap, warnings: list[str], seconds: float) -> None:
    """One line about a frame, and its warnings, on standard error."""
    size = "pixel size unknown" if grain_map.pixel_size_nm is None else f"{grain_map.pixel_size_nm:.4g} nm/px"
    rows, columns = grain_map.labels.shape
    cells = f"{grain_map.n_grains} cells, {seconds:.1f} s"
    print(f"{name}: {columns} x {rows} px, {size}, {cells}", file=sys.stderr)
    for warning in warnings:
        print(f"warning: {name}: {warning}", file=sys.stderr)
