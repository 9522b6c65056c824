"""From stored analyses to verdicts, tables and the report; doing it again changes nothing."""

from collections.abc import Iterable, Sequence
from itertools import compress
from pathlib import Path

import numpy as np
import pandas as pd

from grainstats._version import __version__
from grainstats.infer import judge_sample, judging_digest
from grainstats.infer.modality.judge_sample import which_count
from grainstats.infer.modality.odd_scales import ODD_SCALES, odd_images
from grainstats.infer.modality.spacing_answer import spacing_answer
from grainstats.measure.descriptors.corrected import with_corrected
from grainstats.measure.descriptors.sample_descriptors import sample_descriptors
from grainstats.measure.spacing.chords import chords_of
from grainstats.run.failures import Failure, forget_trace, reason_of
from grainstats.run.job.same_fields import copies_between_samples, fields_once
from grainstats.run.job.stored_sample import StoredSample
from grainstats.run.job.up_to_date import Written, state_of_report, state_of_tables
from grainstats.run.lost_boundary import loss_of
from grainstats.run.report.page import REPORT
from grainstats.run.report.tables import write_tables
from grainstats.run.scope import Rows
from segment.registration.overlap import SAME_AREA, SHARED


def judge_samples(rows: Rows, out: Path, *, also: Iterable[str] = ()) -> list[Failure]:
    """Judge every sample whose images, or what judges them, have changed.

    `also` are samples that lost an image to another one in this run. A sample that cannot be judged is a
    failure and stops no other; the trace of an unexpected error goes into `out`.
    """
    analyses, results = rows.counting, rows.db.sample_results()
    ours = (results["code_version"] == __version__) & (results["judging_digest"] == judging_digest())
    members = results["analysis_id"].where(
        ours, -1
    )  # those of other rules are judged again, also into nothing
    by_sample = dict(tuple(analyses.groupby("sample_id", sort=False)))
    judged = members.groupby(results["sample_id"], sort=False).agg(frozenset).to_dict()
    failures = []
    for sample_id in sorted({*rows.sample_ids, *also}):
        images = by_sample.get(sample_id, analyses.iloc[:0])
        if judged.get(sample_id, frozenset()) == frozenset(images["analysis_id"]):
            continue
        source = f"sample {sample_id}"
        try:
            _judge(rows, sample_id, images)
            forget_trace(out, source)
        except Exception as error:
            failures.append(Failure(source, "", *reason_of(error, out, source), sample_id))
    return failures


def _judge(rows: Rows, sample_id: str, images: pd.DataFrame) -> None:
    db = rows.db
    if images.empty:
        db.put_verdict(sample_id, None, [])
        return
    loaded = load_sample(rows, sample_id, images)
    sample, said = fields_once(loaded)
    to_judge = sample.to_judge()
    said += odd_images(sample.images["path"].astype(str).tolist(), [image.grains for image in to_judge])
    verdict = judge_sample(to_judge, null=rows.recipe.null, seed=rows.recipe.seed, said=said)
    loss = loss_of([sample.segmentations.get(number) for number in sample.analysis_ids], rows.model)
    descriptors = with_corrected(sample_descriptors(sample.tables()), loss)
    counting = list(compress(sample.analysis_ids, which_count(to_judge)))
    judged = sample.intercepts[sample.intercepts["analysis_id"].isin(counting)]
    descriptors += spacing_answer(chords_of(judged), verdict).as_descriptors()
    db.put_verdict(
        sample_id, verdict, loaded.analysis_ids, descriptors=descriptors, judging_digest=judging_digest()
    )


def load_sample(rows: Rows, sample_id: str, images: pd.DataFrame) -> StoredSample:
    """Tables of one sample's counting images, in the order of `images`."""
    place = pd.Series(range(len(images)), index=images["analysis_id"].astype(int))

    def ours(table: pd.DataFrame) -> pd.DataFrame:
        order = table["analysis_id"].map(place)
        return table.iloc[np.argsort(order, kind="stable")[: order.count()]].reset_index(drop=True)

    return StoredSample(
        images,
        ours(rows.grains(sample_id)),
        ours(rows.intercepts(sample_id)),
        ours(rows.db.descriptors("image", sample_id)),
        rows.db.segmentations(images["analysis_id"]),
    )


def write_results(
    rows: Rows, out: Path, failures: Sequence[Failure], warnings: Sequence[str]
) -> tuple[Path, list[str]]:
    """Write tables and report of the samples in scope where they change.

    Returns the report, and the warnings with those on images of two samples that show one area.
    """
    written, tables = Written(out), state_of_tables(rows)
    if not written.is_current("tables", tables):
        written.remember("tables", tables, write_tables(rows, out / "tables"))
    if not written.is_current("areas", tables):
        written.remember("areas", tables, (), said=copies_between_samples(rows))
    warnings = [*warnings, *written.said("areas")]
    state = state_of_report(rows.db, tables, failures, warnings)
    if not written.is_current("report", state):
        from grainstats.run.report.report import write_report

        written.remember("report", state, write_report(rows, out, failures, warnings))
    return out / REPORT, warnings


def remarks_of_reasons(verdicts: pd.DataFrame) -> list[str]:
    """Which images show one area, or have an odd scale, as the verdicts' reasons name them."""
    return [
        f"{sample_id}: {part}"
        for sample_id, reason in zip(verdicts["sample_id"], verdicts["reason"].fillna(""), strict=True)
        for part in str(reason).split(". ")
        if part.lower().startswith((SAME_AREA, SHARED, ODD_SCALES))
    ]
