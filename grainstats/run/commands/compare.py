"""`grainstats compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from grainstats.run.commands.choices import DatabaseOption, FilesOption, JsonOption

if TYPE_CHECKING:
    from grainstats.run.report.compare_input import Compared


def compare(
    db: DatabaseOption,
    by: Annotated[
        str, Option(help="Column of the samples that makes the groups: design_route, campaign, param:...")
    ] = "design_route",
    out: Annotated[Path | None, Option(metavar="FILE", help="HTML report to write.")] = None,
    as_json: JsonOption = False,
    descriptor: Annotated[
        list[str] | None, Option(help="Compare only this descriptor, or prop:NAME_UNIT; repeat for several.")
    ] = None,
    every: Annotated[bool, Option("--all", help="Compare all descriptors, not only the short list.")] = False,
    covariate: Annotated[
        list[str] | None, Option(help="Column that is held constant; repeat for several.")
    ] = None,
    block: Annotated[str | None, Option(help="Column whose levels share a random intercept.")] = None,
    reference: Annotated[
        str | None, Option(help="Group in the denominator of the ratios. Default: researcher, control, ...")
    ] = None,
    bins: Annotated[
        int | None, Option(help="Cut a numeric column at its quantiles into so many groups.", min=2, max=6)
    ] = None,
    files: FilesOption = None,
) -> None:
    """Compare groups of samples: effects with intervals, p-values that count samples, verdicts.

    Examples:

    - `grainstats compare --db results/results.db`
    - `grainstats compare --db results/results.db --by campaign --out compared.html`
    """
    from grainstats.infer.comparison.groupings import group_column
    from grainstats.run.report.compare_input import compare_stored
    from grainstats.run.report.compare_report import write_comparison_report
    from grainstats.share import Database

    with Database.open(db, create=False) as database:
        found = compare_stored(
            database, by, descriptor or (), covariate or (), block, reference, bins, every=every
        )
        if out is not None:
            label = group_column(found.samples, found.by, bins).set_axis(found.samples["sample_id"])
            write_comparison_report(found, out, database, label, files or database.folder)
            typer.echo(f"report: {out}", err=True)
    if as_json:
        typer.echo(json.dumps(found.document(), ensure_ascii=False, allow_nan=False, indent=1))
    else:
        typer.echo(_text(found))


def _text(report: Compared) -> str:
    from grainstats.run.report.compare_words import descriptor_title, level_name, paragraph
    from grainstats.run.report.wording import counted, p_words

    lines = [
        f"{level_name(row['level'], report.by)}: {counted(row['n_samples'], 'sample')}, "
        f"{counted(row['n_images'], 'micrograph')}, {counted(row['n_grains'], 'grain')}"
        for row in report.design()
    ]
    if len(report.levels) == 2:
        other, of = (level_name(level, report.by) for level in report.levels)
        lines.append(f"effects: {of} to {other}")
    notes: dict[str, list[str]] = {}
    for c in report.comparisons:
        effect = "-"
        if c.estimate is not None:
            effect = f"x {c.estimate:.2f}" if c.scale == "ratio" else f"{c.estimate:+.3g}"
        interval = "" if c.ci_low is None or c.ci_high is None else f" [{c.ci_low:.3g}, {c.ci_high:.3g}]"
        holm = f", Holm {p_words(c.p_holm)}" if c.p_holm is not None else ""
        lines.append(f"{descriptor_title(c.descriptor):50s} {effect}{interval}  {p_words(c.p_value)}{holm}")
        for said in (c.reason, *c.notes):
            if said and said not in report.common_notes:
                notes.setdefault(said, []).append(descriptor_title(c.descriptor))
    lines += [f"{', '.join(names)}: {said}" for said, names in notes.items()]
    words = paragraph(report.comparisons, report.verdicts)
    return "\n".join([*lines, *report.common_notes, "", words, *report.notes])
