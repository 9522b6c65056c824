"""What goes into the database: one frozen record per analysis, per sample (or sheet) and per suggestion."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grainstats.share.spreadsheet_text import written_out
from segment.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from grainstats.measure.descriptors.descriptor import Descriptor
    from segment.micrograph.micrograph import Micrograph
    from segment.segmentation import Segmentation


def digest_of(*parts: object) -> str:
    """SHA-256 (hex) of the canonical JSON of `parts`; the same parts give the same digest everywhere."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def storable(text: str) -> str:
    """`text` without what a database refuses: NUL and the bytes of names that are not UTF-8, written out."""
    return _NOT_STORED.sub(written_out, text)


_NOT_STORED = re.compile("[\0\ud800-\udfff]")


def plain(value: Any) -> Any:
    """JSON-ready copy: numpy scalars and tuples become Python's, NaN and infinity become None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {storable(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return storable(value)
    return value


CORRECTION = "correction:"  #: begins the model digest of a map corrected by hand; its own SHA-256 follows
BY_HAND = "corrected by hand"  #: what tables call the model of such a map; begins the remark on who did it


@dataclass(frozen=True)
class AnalysisKey:
    """What makes an analysis: the frame's bytes, the weights (or the map corrected by hand), the settings."""

    micrograph_digest: str
    model_digest: str
    recipe_digest: str

    @property
    def digest(self) -> str:
        """Short identity (16 hex digits) that exported rows carry."""
        return digest_of(self.micrograph_digest, self.model_digest, self.recipe_digest)[:16]


@dataclass(frozen=True)
class MicrographFacts:
    """What is kept of a micrograph besides its pixels."""

    digest: str  #: as `Micrograph.digest`: the file's SHA-256, with ``#frame`` behind it in a stack
    sha256: str
    path: str  #: as the user should see it again, without the folders of a machine
    vendor: str
    #: rows, columns: shape without the info bar, pixels
    rows: int
    columns: int
    pixel_size_nm: float | None
    scale_source: str  #: "metadata", "sidecar", "scalebar", "manual", "none"
    scale_conflict: str | None = None  #: in words, when two sources of the pixel size disagreed
    frame: int = 0
    #: of a field that several pictures show: path, sha256, frame and (where known) tilt_deg of each
    pictures: list[dict[str, Any]] | None = None

    @classmethod
    def of(cls, micrograph: Micrograph, path: str | Path | None = None) -> MicrographFacts:
        """Facts of `micrograph`, known by `path` (default: its own path)."""
        rows, columns = micrograph.image.shape
        conflicts = [f"{c.chosen} against {c.rejected} (x{c.ratio:.4g})" for c in micrograph.conflicts]
        return cls(
            digest=micrograph.digest,
            sha256=micrograph.sha256,
            path=str(micrograph.path if path is None else path),
            vendor=micrograph.vendor,
            rows=int(rows),
            columns=int(columns),
            pixel_size_nm=micrograph.pixel_size_nm,
            scale_source=micrograph.pixel_size_source,
            scale_conflict="; ".join(conflicts) or None,
            frame=micrograph.frame,
        )


@dataclass(frozen=True, eq=False)
class AnalysisRecord:
    """Everything one analysis leaves behind; stored once, never changed."""

    key: AnalysisKey
    micrograph: MicrographFacts
    sample_id: str | None  #: the sample the micrograph shows; made in the database when it is not there yet
    code_version: str
    seed: int
    #: `grainstats.measure.grain_table` in nanometres, one row per grain (columns the database does not know
    #: are left out). None or empty where nothing was measured, as for an uncalibrated micrograph
    grains: pd.DataFrame | None = None
    intercepts: pd.DataFrame | None = None  #: `grainstats.measure.intercept_table` in nanometres
    descriptors: tuple[Descriptor, ...] = ()  #: of this image
    #: how the image was cut, with all that the stability check needs; None: by no model
    segmentation: Segmentation | None = None
    warnings: tuple[str, ...] = ()
    #: files made beside the numbers, relative to the output folder: ``{"overlay": "overlays/a.png"}``
    artefacts: Mapping[str, str] = field(default_factory=dict)
    #: model_name, recipe_text: so that the digests in `key` can be read by people
    model_name: str = ""
    recipe_text: str = ""


@dataclass(frozen=True)
class Quantity:
    """A process parameter: a number in `unit`, or a word (`category`) with the unit ``"category"``."""

    name: str
    value: float | None
    unit: str
    category: str | None = None


@dataclass(frozen=True)
class Measured:
    """A measured property with one standard deviation of uncertainty, both in `unit`."""

    name: str
    value: float
    unit: str
    uncertainty: float | None = None


@dataclass(frozen=True)
class SampleRow:
    """One row of samples.csv.

    `made_on` is a day, ``YYYY-MM-DD``; `excluded` is the reason why none of its images counts, None where the
    sheet has no such column.
    """

    sample_id: str
    design_route: Literal["ai", "researcher"]
    campaign: str = ""
    parameters: tuple[Quantity, ...] = ()
    properties: tuple[Measured, ...] = ()
    images: str | None = None
    made_on: str | None = None
    excluded: str | None = None


@dataclass(frozen=True)
class SampleSheet:
    """A checked samples.csv: no duplicates, every number read, every unit known."""

    source: str
    rows: tuple[SampleRow, ...]
    #: what it has a column for (``"date"``, ``"param:temperature"``, ``"prop_sd:jc"``); all else stays as it
    #: is, of known samples.  None: it says all that there is
    columns: frozenset[str] | None = None
    remarks: tuple[str, ...] = ()  #: values that are hardly meant

    def says(self, column: str) -> bool:
        """Whether it has such a column."""
        return self.columns is None or column in self.columns

    def sample_ids(self) -> tuple[str, ...]:
        return tuple(row.sample_id for row in self.rows)


@dataclass(frozen=True)
class ImageRow:
    """One row of the sheet of images; empty where it says nothing."""

    file: str
    sample_id: str = ""
    field: str = ""  #: files of one sample with the same name show one field
    tilt_deg: float | None = None
    excluded: str = ""  #: why the image does not count


@dataclass(frozen=True)
class ImageSheet:
    """A checked sheet of images."""

    source: str
    rows: tuple[ImageRow, ...]


@dataclass(frozen=True)
class SuggestionRecord:
    """A proposed next experiment."""

    origin: Literal["ai", "researcher"]
    model: str  #: what proposed it (``"function network"``, ``"BOXVIA"``, a researcher's note)
    #: ``{"temperature_degC": 850.0}``: names with their unit as suffix, as after ``param:`` in samples.csv
    parameters: Mapping[str, Any]
    #: digest of the data it was computed from (`Database.snapshot_digest`); "" where unknown
    snapshot_digest: str = ""
    seed: int | None = None
    campaign: str = ""
    objective: str | None = None
    reason: str | None = None
    #: JSON-ready; what the model expects of the point
    predictions: Mapping[str, Any] = field(default_factory=dict)


class SheetError(InputError):
    """A table that cannot be used, with every problem in it; `what` it is, in words.

    Attributes
    ----------
    problems : tuple of str
        One sentence each, with the row as a spreadsheet counts it (the header is row 1).
    """

    def __init__(self, source: Path | str, problems: tuple[str, ...], what: str = "sample sheet") -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(
            source, f"{count} in the {what}:{listed}\n", "Nothing was imported; correct the sheet"
        )
        self.problems = problems

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}{self.remedy}."
