"""Options that several commands have, and what their help says that they take."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import BadParameter, Option
from typer.core import TyperArgument, TyperCommand, TyperGroup

from segment.choices import Device

if TYPE_CHECKING:
    from segment.volume import VoxelSize

#: options under headings of their own in `--help`
scale = partial(Option, rich_help_panel="Samples and scale")
method = partial(Option, rich_help_panel="Method")
of_maps = partial(Option, rich_help_panel="Orientation maps")
many = partial(Option, rich_help_panel="Many images")
output = partial(Option, rich_help_panel="Output")

ModelOption = Annotated[
    str | None,
    method("--model", help="Released model, or a model folder. Default: the released one."),
]
DeviceOption = Annotated[Device, method("--device", help="Where the network runs; auto: CUDA, if any.")]
MisorientationOption = Annotated[
    float | None,
    of_maps(
        "--misorientation-deg",
        metavar="DEG",
        min=0.1,
        max=90.0,
        help="Degrees from which neighbouring points are two grains. Default: 5.",
    ),
]
MergeTwinsOption = Annotated[bool, of_maps("--merge-twins", help="Merge Σ3 twins of cubic phases.")]
TwinOption = Annotated[
    str | None,
    of_maps("--twin", metavar="DEG@AXIS", help="Merge twins of this law as well, e.g. 86.3@1,1,-2,0."),
]
PhaseOption = Annotated[
    str | None, of_maps("--phase", metavar="NAME", help="Phase whose grains count. Default: all.")
]
JsonOption = Annotated[bool, Option("--json", help="Print one JSON document, and nothing else.")]
DatabaseOption = Annotated[
    str, Option(envvar="GRAINSTATS_DB", help="Database: a SQLite path or a PostgreSQL URL.")
]
NewDatabaseOption = Annotated[
    str, Option(envvar="GRAINSTATS_DB", help="SQLite path or PostgreSQL URL; made where it is missing.")
]


def length_nm(text: str) -> float:
    """Nanometres of a length on the command line: a number of them, or a number with a unit."""
    from segment.micrograph.length_units import comma_doubt, length

    nm = length(text, "nm")
    if nm is None or nm < 1e-6 or comma_doubt(text):
        raise BadParameter(f"{text!r} is no length: write nanometres, or a number with its unit, as 0.44um")
    return nm


PixelSizeOption = Annotated[
    float | None,
    scale(
        "--pixel-size",
        metavar="NM",
        parser=length_nm,
        help="Edge of a pixel: nanometres, or with a unit (0.44um). Default: as the file says.",
    ),
]
VoxelSizeOption = Annotated[
    tuple[float, float, float] | None,
    Option(
        "--voxel-size",
        metavar="X Y Z",
        rich_help_panel="Volumes",
        help="Edges of a voxel in nanometres; Z between slices.",
    ),
]
FilesOption = Annotated[
    Path | None, Option(help="Folder of the run's pictures and label maps. Default: that of the SQLite file.")
]
TracingOption = Annotated[bool, Option("--tracing", help="The maps show traced boundaries, not labels.")]

#: what options of these names take
VALUES = {
    "DIR": "out images boundaries data cache files",
    "FILE": "space recipe checkpoint start",
    "URL": "db",
    "N": "seed n workers threads steps phases bins port",
    "NAME": "model model_name campaign objective descriptor reference style",
    "COLUMN": "by covariate block",
    "SHARE": "persistence",
    "MINUTES": "minutes",
    "NAME=LOW:HIGH": "limit",
}
_VALUE_OF = {name: value for value, names in VALUES.items() for name in names.split()}


def voxels(edges: tuple[float, float, float] | None) -> VoxelSize | None:
    """The voxel that `--voxel-size` names; `InputError`: no voxel of a microscope has such edges."""
    from segment.errors import InputError
    from segment.volume import VoxelSize

    size = None if edges is None else VoxelSize(*edges)
    if size is not None and not size.possible:
        told = " x ".join(f"{edge:g}" for edge in size.xyz)
        raise InputError("--voxel-size", f"no microscope has voxels of {told} nm", "Give three nanometres")
    return size


class _PlainWords:
    def get_params(self, ctx: Any) -> list[Any]:
        """Parameters with a word for what they take; switches take nothing, arguments are named already."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in found:
            if isinstance(one, TyperArgument):
                one.display_type_rich = lambda ctx: ""  # type: ignore[method-assign]
            elif one.metavar is None:
                one.metavar = "" if getattr(one, "is_flag", False) else _VALUE_OF.get(one.name)
        return found


class PlainCommand(_PlainWords, TyperCommand):
    """A command with such help."""


class PlainGroup(_PlainWords, TyperGroup):
    """A group of commands with such help."""
