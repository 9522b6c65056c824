"""The report: one HTML file that answers the question first and says where every number came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from grainstats._version import __version__
from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.atomic import write_bytes
from grainstats.run.failures import Failure
from grainstats.run.report import wording
from grainstats.run.report.image_choice import choose_images, image_views
from grainstats.run.report.loop_page import loop_sections
from grainstats.run.report.magnet_section import magnet_section
from grainstats.run.report.methods import methods_of
from grainstats.run.report.page_model import (
    Code,
    FailureRow,
    InputRow,
    LoopSection,
    Page,
    Quantity,
    SampleSection,
    render,
)
from grainstats.run.report.page_split import (
    MOST_FAILURES,
    Part,
    parts_of,
    pictures_that_fit,
    section_bytes,
    split,
)
from grainstats.run.report.svg_charts import distribution_charts, range_chart
from grainstats.run.scope import Scope
from grainstats.share.db.database import Database

REPORT = "report.html"
SHOWN = {
    "intercept_mean_nm": "Spacing: mean intercept, as traced",
    "intercept_nm_corrected": "Mean intercept without the lost boundary",
    "boundary_lost_share": "Share of boundary lost",
    "intercept_median_nm": "Median intercept",
    "intercept_cv": "Coefficient of variation of intercepts",
    "equivalent_diameter_mean_nm": "Mean diameter, by number",
    "equivalent_diameter_nm_corrected": "Mean diameter without the lost boundary",
    "equivalent_diameter_median_nm": "Median diameter, by number",
    "equivalent_diameter_area_weighted_mean_nm": "Mean diameter, by area",
    "boundary_density_per_um": "Boundary length per area",
    "boundary_density_per_um_corrected": "Boundary length per area without the loss",
    "triple_junctions_per_um2": "Triple junctions per area",
    "aspect_ratio_mean": "Mean aspect ratio",
    "astm_g": "ASTM grain-size number G",
    "second_phase_area_fraction": "Area fraction of pores and second phases",
    "second_phase_boundary_share": "Share of the grains' outlines on pores and second phases",
    "second_phase_diameter_mean_nm": "Mean diameter of pores and second phases",
    "current_x_over_j0": "Limiting current along x, over j0",
    "current_y_over_j0": "Limiting current along y, over j0",
    "misorientation_mean_deg": "Mean misorientation of boundaries",
    "high_angle_boundary_share": "Share of boundary length at 15° and more",
    "sigma3_boundary_share": "Share of boundary length that is Σ3",
}
_UNITS = {"1": "", "deg": "°", "1/um": "µm⁻¹", "1/um2": "µm⁻²", "nm2": "nm²"}


@dataclass(frozen=True, eq=False)
class Gathered:
    """Rows of the database that the report is made of."""

    images: pd.DataFrame
    samples: pd.DataFrame
    verdicts: dict[str, ModalityVerdict]
    pooled: pd.DataFrame
    per_image: pd.DataFrame


def write_report(
    db: Database, out: Path, scope: Scope, failures: Sequence[Failure], warnings: Sequence[str]
) -> list[Path]:
    """Write ``report.html`` into the output folder, and ``report-2.html`` ... where it has many samples.

    Parameters
    ----------
    db : Database
    out : Path
        Where the pictures of the run are.
    scope : Scope
    failures : sequence of Failure
        Of this run.
    warnings : sequence of str
        About the run as a whole.

    Returns
    -------
    list of Path
        The pages, the first one first.
    """
    rows = gather(db, scope)
    by_sample = dict(tuple(rows.images.groupby("sample_id", sort=False)))
    present = [sample for sample in scope.sample_ids if sample in by_sample]
    chosen = {sample: _chosen(out, by_sample[sample], rows, len(present)) for sample in present}
    sizes = [(sample, section_bytes(out, by_sample[sample], chosen[sample][0])) for sample in present]
    pages = split(sizes) or [[]]
    parts = parts_of(pages, REPORT) if len(pages) > 1 else [Part(REPORT, "", "")]
    whole = _Whole(rows, by_sample, chosen, tuple(parts), _ends_of_axis(rows))
    for part, samples in zip(parts, pages, strict=True):
        first = part is parts[0]
        page = _page(db, out, scope, samples, whole, failures, warnings if first else ())
        write_bytes(out / part.file, render(page if first else replace(page, failures=())).encode())
    _remove_old(out, {part.file for part in parts})
    return [out / part.file for part in parts]


@dataclass(frozen=True, eq=False)
class _Whole:
    """What all pages of a report share."""

    rows: Gathered
    by_sample: dict[str, pd.DataFrame]
    chosen: dict[str, tuple[pd.DataFrame, str]]
    parts: tuple[Part, ...]
    axis: tuple[float, float]


def _chosen(out: Path, images: pd.DataFrame, rows: Gathered, n_samples: int) -> tuple[pd.DataFrame, str]:
    """Images of a sample whose pictures are shown, and what the page says of the choice."""
    chosen, title = choose_images(images, rows.per_image, n_samples)
    return pictures_that_fit(out, chosen), title


def _remove_old(out: Path, kept: set[str]) -> None:
    for path in out.glob("report-*.html"):
        if path.name not in kept and re.fullmatch(r"report-\d+\.html", path.name):
            path.unlink()


def _page(
    db: Database,
    out: Path,
    scope: Scope,
    sample_ids: Sequence[str],
    whole: _Whole,
    failures: Sequence[Failure],
    warnings: Sequence[str],
) -> Page:
    """Everything one page shows; the words at its top speak of all samples."""
    rows = whole.rows
    images = rows.images[rows.images["sample_id"].isin(sample_ids)]
    sections = [_section(db, out, sample, f"sample-{k}", whole) for k, sample in enumerate(sample_ids, 1)]
    kinds = [wording.verdict_words(rows.verdicts.get(sample)).kind for sample in whole.by_sample]
    date = f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}"
    left_out = len(failures) - MOST_FAILURES
    if left_out > 0:
        warnings = (*warnings, f"{left_out} more inputs without a result are named in the database")
    return Page(
        title="Grain boundary networks"
        if len(whole.by_sample) != 1
        else f"Grain boundary network of {sections[0].sample_id}",
        lede=wording.lede(kinds, len(rows.images), len(failures)),
        date=date,
        version=__version__,
        samples=tuple(sections),
        parts=whole.parts if len(whole.parts) > 1 else (),
        failures=tuple(FailureRow(f.path, f.reason, f.remedy) for f in failures[:MOST_FAILURES]),
        warnings=(*warnings, *_image_warnings(images)),
        methods=methods_of(scope.model, scope.recipe, rows.images),
        provenance=(("Date", date), *_provenance(db, scope, rows, sample_ids)),
        recipe=tuple(
            (name, scope.model.name if name == "model" else _setting(value))
            for name, value in scope.recipe.settings().items()
        ),
        inputs=tuple(_input_row(image) for _, image in images.iterrows()),
        loops=_loops(db, rows.samples),
        magnets=magnet_section(rows.samples),
    )


def gather(db: Database, scope: Scope) -> Gathered:
    """The rows in scope."""

    def ours(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["sample_id"].isin(scope.sample_ids)].reset_index(drop=True)

    verdicts = ours(db.verdicts())
    names = [name for name in ModalityVerdict.__dataclass_fields__ if name in verdicts]
    by_sample = {
        str(row["sample_id"]): verdict_from({name: row[name] for name in names})
        for _, row in verdicts.iterrows()
    }
    images = ours(scope.analyses(db))
    return Gathered(
        images, ours(db.samples()), by_sample, ours(db.descriptors("sample")), ours(db.descriptors())
    )


def verdict_from(fields: dict) -> ModalityVerdict:
    """A verdict as the database gives it back: lists become tuples, missing numbers None."""

    def restored(value: object) -> object:
        if isinstance(value, list | tuple):
            return tuple(restored(item) for item in value)
        return None if isinstance(value, float) and value != value else value

    values = {name: restored(value) for name, value in fields.items()}
    if values.get("more_grains") is not None:
        values["more_grains"] = int(str(values["more_grains"]).split(".")[0])
    return ModalityVerdict(**values)  # type: ignore[arg-type]


def _ends_of_axis(rows: Gathered) -> tuple[float, float]:
    """Ends of the axis that the spacings of all samples are drawn on, nanometres."""
    spacing = rows.pooled[rows.pooled["name"] == "intercept_mean_nm"]
    ends = spacing[["value", "ci_low", "ci_high"]].to_numpy(float)
    finite = ends[(ends == ends) & (ends > 0)]
    axis = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 10.0)
    return axis[0] * 0.93, axis[1] * 1.07


def _section(db: Database, out: Path, sample_id: str, anchor: str, shared: _Whole) -> SampleSection:
    rows, images = shared.rows, shared.by_sample[sample_id]
    verdict = rows.verdicts.get(sample_id)
    modes = wording.modes_of(verdict)
    grains = db.grains(sample_id)
    whole = grains[grains["analysis_id"].isin(images["analysis_id"]) & ~grains["touches_frame"]]
    diameter, weight = (whole[name].to_numpy(float) for name in ("equivalent_diameter_nm", "weight"))
    number_chart, area_chart = distribution_charts(diameter, weight, modes)
    pooled = rows.pooled[rows.pooled["sample_id"] == sample_id].set_index("name")
    spacing, spacing_chart = _spacing(pooled, shared.axis)
    chosen, title = shared.chosen[sample_id]
    return SampleSection(
        anchor=anchor,
        sample_id=sample_id,
        design=_design(rows.samples, sample_id),
        verdict=wording.verdict_words(verdict),
        n_interior=len(whole),
        n_images=len(images),
        modes=wording.mode_words(modes),
        spacing=spacing,
        spacing_chart=spacing_chart,
        p=wording.probability(verdict.p_value if verdict else None),
        power="–" if verdict is None or verdict.power is None else f"{verdict.power:.2f}",
        paragraphs=wording.verdict_paragraphs(verdict),
        area_chart=area_chart,
        area_caption=_area_caption(len(modes), any(mode.ci_nm for mode in modes)),
        number_chart=number_chart,
        rows=tuple(
            _quantity(pooled.loc[name], label) for name, label in SHOWN.items() if name in pooled.index
        ),
        images=tuple(image_views(out, chosen, rows.per_image, anchor)),
        images_title=title,
    )


def _area_caption(n_modes: int, with_band: bool) -> str:
    lines = {0: "", 1: " Line: the fitted mode.", 2: " Lines: the two fitted modes."}[min(n_modes, 2)]
    band = " Shaded: 95 % interval of the position." if with_band else ""
    return f"Weighted by area, because few coarse grains hide in a count.{lines}{band}"


def _spacing(pooled: pd.DataFrame, axis: tuple[float, float]) -> tuple[str, str]:
    if "intercept_mean_nm" not in pooled.index or not pooled.loc["intercept_mean_nm", "value"] > 0:
        return "", ""
    value, low, high = (float(pooled.loc["intercept_mean_nm", end]) for end in ("value", "ci_low", "ci_high"))
    ci = (low, high) if low == low and high == high else None
    return wording.length_with_interval(value, ci), range_chart(value, ci, axis)


def _quantity(row: pd.Series, label: str) -> Quantity:
    unit = _UNITS.get(str(row["unit"]), str(row["unit"]))
    value, low, high = (float(row[end]) for end in ("value", "ci_low", "ci_high"))
    interval = "–" if low != low or high != high else f"{wording.number(low)} – {wording.number(high)}"
    return Quantity(label, f"{wording.number(value)} {unit}".strip(), interval, str(row["method"]))


def _loops(db: Database, samples: pd.DataFrame) -> tuple[LoopSection, ...]:
    """Progress of the campaign that the samples belong to, or of all where they belong to several."""
    campaigns = samples.loc[samples["design_route"].notna(), "campaign"].unique()
    if not len(campaigns):
        return ()
    return loop_sections(db, campaign=str(campaigns[0]) if len(campaigns) == 1 else None)


def _design(samples: pd.DataFrame, sample_id: str) -> str:
    row = samples[samples["sample_id"] == sample_id]
    route = row["design_route"].iloc[0] if len(row) else None
    words = {"ai": "AI-designed", "researcher": "researcher-designed"}
    return words.get(str(route), "")


def _image_warnings(images: pd.DataFrame) -> list[str]:
    """Conflicting scales, and what segmentation or reading found odd, each said once."""
    said: dict[str, list[str]] = {}
    for _, image in images.iterrows():
        conflict = image["scale_conflict"]
        if isinstance(conflict, str) and conflict:
            said.setdefault(f"two sources of the pixel size disagree, {conflict}", []).append(image["path"])
        for warning in image["warnings"]:
            said.setdefault(str(warning), []).append(image["path"])
    return [f"{_names([Path(path).name for path in paths])}: {warning}" for warning, paths in said.items()]


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _provenance(
    db: Database, scope: Scope, rows: Gathered, sample_ids: Sequence[str]
) -> tuple[tuple[str, str | Code], ...]:
    versions = ", ".join(sorted(set(rows.images["code_version"]))) or __version__
    ours = {name: rows.verdicts[name] for name in sample_ids if name in rows.verdicts}
    seeds = ", ".join(f"{name}: {verdict.seed}" for name, verdict in sorted(ours.items()))
    return (
        ("Code", f"grainstats {__version__} (images analysed with {versions})"),
        ("Model", scope.model.name),
        ("Model digest", Code(scope.model.digest)),
        ("Recipe digest", Code(scope.recipe.digest())),
        ("Database", Code(db.name)),
        ("Seeds of the verdicts", seeds or "none"),
        ("Seeds of the images", "from the digests of image and recipe; stored with every analysis"),
    )


def _setting(value: object) -> str:
    if value is None:
        return "the model's own, or the file's"
    return ", ".join(f"{v:g}" for v in value) if isinstance(value, list) else str(value)


def _input_row(image: pd.Series) -> InputRow:
    size = f"{image['pixel_size_nm']:.4g} nm ({image['scale_source']})"
    return InputRow(str(image["path"]), str(image["sample_id"]), size, str(image["micrograph_digest"]))
