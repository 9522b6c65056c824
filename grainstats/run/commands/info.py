"""`grainstats info`: what microscope files say about themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Option

from grainstats.run.commands.choices import JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segment.errors import InputError
    from segment.micrograph import FrameInfo
    from segment.orientation import OrientationMap

_WIDTH_OF_A_PIPE = 140  #: characters of a line where no terminal says how many fit; judgement

#: of a frame, as `FrameInfo` calls them
_FACTS = (
    *("name", "shape", "stored_shape", "dtype", "pixel_size_nm", "pixel_size_source", "pixel_size_where"),
    *("info_bar_rows", "info_bar_from", "hidden_fraction", "notes", "problem", "remedy"),
)
_Answer = tuple[Path, "list[FrameInfo] | OrientationMap | InputError"]


def info(
    files: Annotated[
        list[Path],
        Argument(metavar="FILE", help="Microscope files and orientation maps, or folders of them."),
    ],
    as_json: JsonOption = False,
    scale_bars: Annotated[
        Path | None,
        Option(metavar="DIR", help="Write a picture of each burned-in scale bar with its label here."),
    ] = None,
) -> None:
    """Show what files say: shape, pixel size and its source, info bar, conflicts, frames; phases of a map.

    Exit status 1 where some files cannot be read (they are named, the rest is shown).

    Examples:

    - `grainstats info film.tif`
    - `grainstats info films --scale-bars bars`
    """
    answers = [answer for path in files for answer in _ask(path)]
    if as_json:
        _print_json(answers)
    else:
        _print_table(answers)
    if scale_bars is not None:
        _write_scale_bars(scale_bars, answers)
    failed = [answer for _, answer in answers if isinstance(answer, Exception)]
    for error in failed:
        print(f"error: {error}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def _ask(path: Path) -> list[_Answer]:
    """What a file says, or every micrograph and orientation map of a folder."""
    from grainstats.run.failures import said_of
    from grainstats.run.orientation_input import find_inputs
    from segment.errors import InputError
    from segment.micrograph import describe
    from segment.orientation import is_orientation_map, read_orientation_map

    try:
        if path.is_dir():
            return [answer for found in find_inputs(path) for answer in _ask(found)]
        if is_orientation_map(path):
            return [(path, read_orientation_map(path))]
        return [(path, describe(path))]
    except Exception as error:  # whatever one file raises, the others are shown
        return [(path, error if isinstance(error, InputError) else InputError(path, *said_of(error)))]


def _write_scale_bars(folder: Path, answers: list[_Answer]) -> None:
    from grainstats.share.safe_paths import told_apart

    folder.mkdir(parents=True, exist_ok=True)
    frames = [frame for _, answer in answers if isinstance(answer, list) for frame in answer]
    for name, frame in zip(told_apart(frame.name for frame in frames), frames, strict=True):
        if frame.scale_bar is not None:
            frame.scale_bar.save(folder / f"{name}.scale_bar.png")


def _print_json(answers: list[_Answer]) -> None:
    import json

    documents = [as_document(path, answer) for path, answer in answers]
    alone = documents[0] if len(documents) == 1 and "kind" in documents[0] else {}
    print(json.dumps({**alone, "files": documents}, indent=2))


def as_document(path: Path, answer: list[FrameInfo] | OrientationMap | InputError) -> dict[str, Any]:
    """One file as JSON: the first frame's facts, and every frame where there are several."""
    if isinstance(answer, Exception):
        return {"path": str(path), "error": answer.reason, "remedy": answer.remedy}
    if not isinstance(answer, list):
        return {"path": str(path), **answer.facts()}
    document = {"path": str(path), "vendor": answer[0].vendor, "n_frames": len(answer), **_frame(answer[0])}
    if len(answer) > 1:
        document["frames"] = [{"frame": i.frame, **_frame(i)} for i in answer]
    return document


def _frame(frame: FrameInfo) -> dict[str, Any]:
    return {
        **{name: getattr(frame, name) for name in _FACTS},
        "conflicts": [
            {"chosen": c.chosen, "rejected": c.rejected, "ratio": c.ratio} for c in frame.conflicts
        ],
        "scale_bar": _scale_bar(frame),
    }


def _scale_bar(frame: FrameInfo) -> dict[str, Any] | None:
    """The burned-in bar; `length_nm` is null where its label was not read for certain."""
    bar, facts = frame.scale_bar, ("confidence", "length_px", "length_nm", "pixel_size_nm")
    return None if bar is None else {"label": bar.text, **{name: getattr(bar, name) for name in facts}}


def _print_table(answers: list[_Answer]) -> None:
    """A table of the facts, and under it every remark in full, once for all files of which it holds."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    from grainstats.run.report.wording import first_of

    table = Table("file", "rows x columns", "pixel size", "stated by", "info bar", box=SIMPLE)
    table.columns[0].overflow = "fold"
    remarks: dict[str, list[str]] = {}
    for path, answer in answers:
        if isinstance(answer, list):
            for which, frame in _grouped(path, answer):
                table.add_row(which, *_cells(frame))
                for remark in _remarks(frame):
                    remarks.setdefault(remark, []).append(which)
        elif not isinstance(answer, Exception):
            table.add_row(path.name, *_map_cells(answer))
            for remark in (_phases(answer), *answer.warnings):
                remarks.setdefault(remark, []).append(path.name)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_PIPE
    if table.row_count:
        console.print(table)
    for remark, names in remarks.items():
        print(f"{first_of(names)}: {remark}")


def _grouped(path: Path, frames: list[FrameInfo]) -> Iterator[tuple[str, FrameInfo]]:
    """Neighbouring frames that say the same become one row, ``name #0-#7``."""
    from itertools import groupby

    for _, group in groupby(frames, key=lambda f: (_cells(f), _remarks(f))):
        same = list(group)
        first, last = same[0].frame, same[-1].frame
        which = f" #{first}" if first == last else f" #{first}-#{last}"
        yield path.name + (which if len(frames) > 1 else ""), same[0]


def _cells(frame: FrameInfo) -> list[str]:
    size = "not stated" if frame.pixel_size_nm is None else f"{frame.pixel_size_nm:.5g} nm"
    bar = f"{frame.info_bar_rows} rows ({frame.info_bar_from})" if frame.info_bar_rows else "none"
    shape = f"{frame.shape[0]} x {frame.shape[1]} {frame.dtype}"
    source = f"{frame.pixel_size_source}: {frame.pixel_size_where}" if frame.pixel_size_where else "nothing"
    return [f"{shape}\n{frame.vendor}", size, source, bar]


def _map_cells(points: OrientationMap) -> list[str]:
    x, y = points.x_step_nm, points.y_step_nm
    size = "not stated" if x is None else f"{x:.5g} nm" if x == y else f"{x:.5g} x {y:.5g} nm"
    shape = f"{points.shape[0]} x {points.shape[1]} points, {points.grid}"
    source = "nothing" if points.step_source == "none" else points.step_source
    return [f"{shape}\n{points.vendor}", size, source, "none"]


def _phases(points: OrientationMap) -> str:
    """Phases with their symmetry and share."""
    told = (f"{p.name} ({p.laue_group}) {points.share(p.id):.1%}" for p in points.phases)
    return f"{', '.join(told)}; {points.indexed_share:.1%} of the points are indexed"


def _remarks(frame: FrameInfo) -> list[str]:
    problem = [f"unusable: {frame.problem}. {frame.remedy}."] if frame.problem else []
    conflicts = [f"conflict: {c.chosen} was taken, not {c.rejected}" for c in frame.conflicts]
    missing = frame.pixel_size_nm is None and not frame.problem
    scale = ["no pixel size is stated: give --pixel-size NM to run, segment or measure"] if missing else []
    return [*problem, *conflicts, *frame.notes, *scale]
