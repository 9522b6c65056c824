"""What several commands let the user choose between."""

from __future__ import annotations

from typing import Annotated, Literal

from typer import Option

#: as elsewhere in the packages, whose modules start the libraries of the network
Device = Literal["auto", "cpu", "cuda"]
Null = Literal["section", "columnar"]
Precision = Literal["auto", "f32", "bf16"]

ModelOption = Annotated[
    str | None,
    Option("--model", help="A released model's name or a model folder; default: the released one."),
]
DeviceOption = Annotated[Device, Option("--device", help="Where the network runs.")]
MisorientationOption = Annotated[
    float | None,
    Option(
        "--misorientation-deg",
        metavar="DEG",
        min=0.1,
        max=90.0,
        help="Of orientation maps: angle from which two points are two grains. Default: 5.",
    ),
]
MergeTwinsOption = Annotated[
    bool, Option("--merge-twins", help="Of orientation maps: merge Σ3 twins of cubic phases.")
]
TwinOption = Annotated[
    str | None, Option("--twin", metavar="DEG@AXIS", help="Merge twins of this law too, as 86.3@1,1,-2,0.")
]
PhaseOption = Annotated[
    str | None, Option("--phase", metavar="NAME", help="Of orientation maps: the phase whose grains count.")
]
JsonOption = Annotated[bool, Option("--json", help="One JSON document on standard output, nothing else.")]
DatabaseOption = Annotated[
    str, Option(envvar="GRAINSTATS_DB", help="Database: a SQLite path or a PostgreSQL URL.")
]
NewDatabaseOption = Annotated[
    str, Option(envvar="GRAINSTATS_DB", help="SQLite path or PostgreSQL URL; made where it is missing.")
]
PixelSizeOption = Annotated[
    float | None, Option("--pixel-size", metavar="NM", min=1e-6, help="Pixel edge in nanometres.")
]
TracingOption = Annotated[bool, Option("--tracing", help="The maps are boundary tracings (255 = boundary).")]
