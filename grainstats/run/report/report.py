"""The report: one HTML file that answers the question first and says where every number came from."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from grainstats._version import __version__
from grainstats.infer.modality import coarse_grains, judge, judge_sample, null_library, stability
from grainstats.infer.modality.flagged import remark_of
from grainstats.infer.modality.verdict import ModalityVerdict
from grainstats.run.atomic import write_bytes
from grainstats.run.failures import Failure, by_reason
from grainstats.run.recipe import Recipe
from grainstats.run.report.grain_maps import BAND, MAPS, colours
from grainstats.run.report.magnet_section import magnet_section
from grainstats.run.report.page import REPORT, fill_template, render_page
from grainstats.run.report.pictures import MAP_NAMES
from grainstats.run.report.section import section_of
from grainstats.run.report.wording import first_of, rounded
from grainstats.run.scope import Rows
from grainstats.share.db.database import Database
from grainstats.share.db.reading import verdict_by_sample
from segment.orientation import is_orientation_map
from segment.orientation.grains import MISORIENTATION_DEG
from segment.unet.model_folder import Model

Verdicts = Mapping[str, ModalityVerdict]  #: by sample
PAGE_BYTES = 4_000_000  #: of samples; head, methods and failures come on top, below 5 MB together
OVERVIEW_BYTES = 3_000  #: of a sample's row in the first table
MOST_LISTED = 100  #: samples that the first page lists in full; of more, each page lists its own
MOST_FAILURES = 1500  #: named on the page, some 400 bytes each; all are in the database
MOST_WARNINGS = 200  #: of the run, and as many different ones of images, at the top; they stand below, too
_SOURCES = {
    "metadata": "the microscope's metadata",
    "sidecar": "the text file beside the image",
    "scalebar": "the scale bar",
    "manual": "the operator",
}
#: the constants that decide a verdict, from the modules that decide
RULES = {
    "level": judge.LEVEL,
    "fewest_grains": judge.FEWEST_GRAINS,
    "smallest_ratio": judge.SMALLEST_RATIO,
    "smallest_mode": judge.SMALLEST_SHARE,
    "pair_ratio": null_library.PAIR_RATIO,
    "pair_share": null_library.PAIR_SHARE,
    "fewest_coarse": coarse_grains.FEWEST_COARSE,
    "fewest_fields": coarse_grains.FEWEST_FIELDS,
    "elsewhere": coarse_grains.ELSEWHERE,
    "most_undrawn": judge_sample.MOST_UNDRAWN,
    "likely": stability.LIKELY,
    "cuts": 1 + len(stability.CUTS),
    "smallest_agreement": stability.LEAST_AGREEING,
}


def write_report(rows: Rows, out: Path, failures: Sequence[Failure], warnings: Sequence[str]) -> list[Path]:
    """Write ``report.html`` into the output folder, and ``report-2.html`` ... where it has many samples.

    `warnings` are about the run as a whole. Returns the pages, the first one first.
    """
    verdicts = verdict_by_sample(rows.verdicts)
    pages = split(_sections(rows, out, verdicts)) or [[]]
    parts = page_files([[section["sample_id"] for section, _ in page] for page in pages], REPORT)
    whole = _whole(rows, verdicts, failures, warnings) | {"parts": parts if len(parts) > 1 else ()}
    files = [file for file, _, _ in parts]
    away = ["", *files[1:]]
    listed = [(f"{f}#{s['anchor']}", s) for f, page in zip(away, pages, strict=True) for s, _ in page]
    for file, page in zip(files, pages, strict=True):
        own = [(f"#{section['anchor']}", section) for section, _ in page]
        every = file == REPORT and len(listed) <= MOST_LISTED
        whole |= {"samples": own, "listed": listed if every else own, "sections": [html for _, html in page]}
        write_bytes(out / file, render_page("report.html.j2", report=whole).encode())
        whole |= {"failures": (), "warnings": ()}
    for path in out.glob("report-*.html"):
        if re.fullmatch(r"report-\d+\.html", path.name) and path.name not in files:
            path.unlink()
    return [out / file for file in files]


def _present(rows: Rows) -> list[str]:
    """The samples that have images which count."""
    there = set(rows.images["sample_id"])
    return [sample for sample in rows.sample_ids if sample in there]


def _whole(
    rows: Rows, verdicts: Verdicts, failures: Sequence[Failure], warnings: Sequence[str]
) -> dict[str, Any]:
    """What all pages share; the words at the top speak of all samples."""
    present, samples = _present(rows), rows.ours(rows.samples)
    kinds = ["indeterminate" if (v := verdicts.get(s)) is None else v.verdict for s in present]
    left_out = len(failures) - MOST_FAILURES
    more = (f"{left_out} more inputs without a result are named in the database",) if left_out > 0 else ()
    settings = rows.recipe.settings() | {"model": rows.model.name}
    return {
        "title": f"Grain boundary network{f' of {present[0]}' if len(present) == 1 else 's'}",
        "lede": lede(kinds, len(rows.images), len(failures)),
        "failures": failures[:MOST_FAILURES],
        "failed": by_reason(failures[:MOST_FAILURES]),
        "warnings": (*first_remarks(warnings), *more, *first_remarks(image_remarks(rows.images))),
        "methods": methods_of(rows.model, rows.recipe, rows.images),
        "provenance": _provenance(rows, verdicts),
        "recipe": [(name, _setting(value)) for name, value in settings.items()],
        "loops": _loops(rows.db, samples),
        "magnets": magnet_section(samples),
    }


def lede(kinds: Sequence[str], n_images: int, n_failed: int) -> str:
    """The first sentence of the report: what came out, over how many images."""
    return " ".join(fill_template("lede.txt.j2", kinds=kinds, n_images=n_images, n_failed=n_failed).split())


def verdict_paragraphs(verdict: ModalityVerdict | None, n_shown: int | None = None) -> tuple[str, ...]:
    """What the verdict means, what it rests on, and how far it can be trusted (``verdict.txt.j2``).

    `n_shown` are the grains inside the frame on the maps that the page shows.
    """
    remark = "" if verdict is None else remark_of(verdict)
    text = fill_template("verdict.txt.j2", v=verdict, remark=remark, n_shown=n_shown)
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _sections(rows: Rows, out: Path, verdicts: Verdicts) -> Iterator[tuple[dict[str, Any], str]]:
    """Sample by sample: its values, and its part of the page as HTML."""
    from markupsafe import Markup

    axis_nm = _ends_of_axis(pd.concat([rows.per_sample, rows.per_image]))
    shades = {kind: [f"#{bytes(rgb).hex()}" for rgb in colours(kind)[::BAND]] for kind in MAPS}
    for place, sample in enumerate(_present(rows), 1):
        section = section_of(rows, out, f"sample-{place}", sample, verdicts.get(sample), axis_nm)
        paragraphs = verdict_paragraphs(section["verdict"], section["n_interior"])
        html = fill_template(
            "sample.html.j2", s=section, paragraphs=paragraphs, names=MAP_NAMES, shades=shades
        )
        yield section | dict.fromkeys(("images", "charts", "per_image")), Markup(html)


def split(sections: Iterable[tuple[Any, str]], most: int = PAGE_BYTES) -> list[list[tuple[Any, str]]]:
    """Sections page by page, in their order; one that is too large by itself has a page of its own."""
    pages: list[list[tuple[Any, str]]] = []
    room = 0
    for section, html in sections:
        size = len(html.encode()) + OVERVIEW_BYTES
        if not pages or size > room:
            pages.append([])
            room = most
        pages[-1].append((section, html))
        room -= size
    return pages


def page_files(pages: Sequence[Sequence[str]], name: str) -> list[tuple[str, str, str]]:
    """File, first and last sample of each page: ``report.html``, ``report-2.html`` ..."""
    stem, _, suffix = name.rpartition(".")
    files = [name if number == 1 else f"{stem}-{number}.{suffix}" for number in range(1, len(pages) + 1)]
    return [(f, page[0], page[-1]) if page else (f, "", "") for f, page in zip(files, pages, strict=True)]


def _ends_of_axis(descriptors: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis that the spacings of all samples and images are drawn on, nanometres."""
    spacing = descriptors[descriptors["name"] == "intercept_mean_nm"]
    ends = spacing[["value", "ci_low", "ci_high"]].to_numpy(float)
    finite = ends[(ends == ends) & (ends > 0)]
    axis = (float(finite.min()), float(finite.max())) if finite.size else (1.0, 10.0)
    return axis[0] * 0.93, axis[1] * 1.07


def _loops(db: Database, samples: pd.DataFrame) -> list[dict[str, Any]]:
    """Progress of the campaign that the samples belong to, or of all where they belong to several."""
    campaigns = samples.loc[samples["design_route"].notna(), "campaign"].unique()
    if not len(campaigns):
        return []
    from grainstats.run.report.loop_page import loop_sections

    return loop_sections(db, campaign=str(campaigns[0]) if len(campaigns) == 1 else None)


def image_remarks(images: pd.DataFrame) -> list[str]:
    """What reading or segmentation found odd, each said once; names of several samples with their sample."""
    said: dict[str, dict[str, None]] = {}
    places = {(s, Path(p).name) for s, p in zip(images["sample_id"], images["path"], strict=True)}
    samples = Counter(name for _, name in places)
    for _, image in images.iterrows():
        name = Path(image["path"]).name
        for flag in image["warnings"]:
            said.setdefault(flag, {})[name if samples[name] == 1 else f"{image['sample_id']}/{name}"] = None
    return [f"{first_of(list(names), 4)}: {flag}" for flag, names in said.items()]


def first_remarks(remarks: Sequence[str], most: int = MOST_WARNINGS) -> list[str]:
    """So many of the remarks, and how many more there are.

    >>> first_remarks(["a", "b", "c"], 1)
    ['a', '2 more remarks stand at samples and images']
    """
    left = len(remarks) - most
    more = [f"{left} more remarks stand at samples and images"] if left > 0 else []
    return [*remarks[:most], *more]


def _provenance(rows: Rows, verdicts: Verdicts) -> tuple[tuple[str, str], ...]:
    versions = ", ".join(sorted(set(rows.images["code_version"]))) or __version__
    seeds = [f"{name}: {verdict.seed}" for name, verdict in sorted(verdicts.items())]
    return (
        ("Code", f"grainstats {__version__} (images analysed with {versions})"),
        ("Model", rows.model.name),
        ("Model digest", rows.model.digest),
        ("Recipe digest", rows.recipe.digest()),
        ("Database", rows.db.name),
        ("Seeds of the verdicts", f"{first_of(seeds, 4) or 'none'}; in tables/verdicts.csv"),
        ("Seeds of the images", "from the digests of image and recipe; stored with every analysis"),
    )


def _setting(value: object) -> str:
    if value is None:
        return "not set"
    return ", ".join(f"{v:g}" for v in value) if isinstance(value, list) else str(value)


def methods_of(model: Model, recipe: Recipe, images: pd.DataFrame) -> dict[str, Any]:
    """The settings that were in force, and how many images they were applied to."""
    sources = sorted(set(images["scale_source"]))
    return {
        "n_images": len(images),
        "n_maps": sum(is_orientation_map(path) for path in images["path"]),
        "pixel_sizes": _pixel_sizes(images["pixel_size_nm"]),
        "pixel_sources": " and ".join(_SOURCES.get(str(source), str(source)) for source in sources),
        "model": model,
        "recipe": recipe,
        "misorientation_deg": recipe.misorientation_deg or MISORIENTATION_DEG,
        "rules": RULES,
    }


def _pixel_sizes(sizes: pd.Series) -> str:
    if sizes.empty:
        return ""
    low, high = rounded(sizes.min()), rounded(sizes.max())
    return f"{low} nm" if low == high else f"{low} to {high} nm"
