"""Writing so that doing it twice changes nothing: every function here works inside one open transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share.db import schema
from grainstats.share.db.bulk import insert_grains, insert_intercepts
from grainstats.share.db.records import (
    AnalysisKey,
    AnalysisRecord,
    MicrographFacts,
    SuggestionRecord,
    digest_of,
    plain,
    storable,
)

if TYPE_CHECKING:
    from grainstats.infer.modality.verdict import ModalityVerdict
    from grainstats.measure.descriptors.descriptor import Descriptor


def now() -> str:
    """This moment, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def insert_once(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING; whether the row is new."""
    statement = _insert(connection, table).values(**_storable(values)).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount > 0


def put(connection: Connection, table: sa.Table, keys: Sequence[str], **values: Any) -> None:
    """INSERT, or UPDATE the row with the same `keys`."""
    values = _storable(values)
    rest = {name: value for name, value in values.items() if name not in keys}
    statement = _insert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=rest))


def _insert(connection: Connection, table: sa.Table) -> Any:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """The values as every database takes them, whatever a file's metadata held."""
    return {
        name: plain(value) if isinstance(value, str | list | dict) else value
        for name, value in values.items()
    }


def find_analysis(connection: Connection, key: AnalysisKey) -> int | None:
    """Internal number of the analysis with this key."""
    return connection.scalar(sa.select(schema.analysis.c.id).filter_by(**dataclasses.asdict(key)))


def add_analysis(connection: Connection, record: AnalysisRecord) -> bool:
    """Store an analysis with all its rows; False where it was there already. Either way it counts now."""
    key, facts = record.key, MicrographFacts(**_storable(dataclasses.asdict(record.micrograph)))
    if record.sample_id is not None:
        insert_once(connection, schema.sample, sample_id=record.sample_id, created_at=now())
    put_micrograph(connection, facts, record.sample_id and storable(record.sample_id))
    insert_once(connection, schema.model, digest=key.model_digest, name=record.model_name)
    insert_once(connection, schema.recipe, digest=key.recipe_digest, text=record.recipe_text)
    values = dict(
        dataclasses.asdict(key),
        code_version=record.code_version,
        seed=int(record.seed),
        pixel_size_nm=facts.pixel_size_nm,
        scale_source=facts.scale_source,
        n_grains=0 if record.grains is None else len(record.grains),
        warnings=list(record.warnings),
        artefacts=plain(record.artefacts),
        created_at=now(),
    )
    new = insert_once(connection, schema.analysis, **values)
    analysis_id = find_analysis(connection, key)
    assert analysis_id is not None
    if new:
        _add_rows(connection, analysis_id, record)
    make_current(connection, key.micrograph_digest, analysis_id)
    forget_failures(connection, facts)
    return new


def _add_rows(connection: Connection, analysis_id: int, record: AnalysisRecord) -> None:
    source = record.micrograph.path
    if record.grains is not None and len(record.grains):
        insert_grains(connection, analysis_id, record.grains, source)
    if record.intercepts is not None and len(record.intercepts):
        insert_intercepts(connection, analysis_id, record.intercepts, source)
    add_descriptors(connection, record.descriptors, {"analysis_id": analysis_id})
    content = b"" if record.segmentation is None else record.segmentation.to_bytes()
    insert_once(connection, schema.analysis_segmentation, analysis_id=analysis_id, content=content)


def put_micrograph(connection: Connection, facts: MicrographFacts, sample_id: str | None) -> None:
    """Store what is known of a micrograph; a later call corrects path, calibration and sample."""
    values = dataclasses.asdict(facts)
    if facts.pictures is None:  # a map corrected by hand says nothing of them
        del values["pictures"]
    if sample_id is not None:
        values["sample_id"] = sample_id
    put(connection, schema.micrograph, ["digest"], **values)


def use_analysis(connection: Connection, key: AnalysisKey, sample_id: str | None, path: str | None) -> bool:
    """Let a stored analysis count, its micrograph with this sample and path where given; False: none."""
    analysis_id = find_analysis(connection, key)
    if analysis_id is None:
        return False
    make_current(connection, key.micrograph_digest, analysis_id)
    values = {name: v for name, v in (("sample_id", sample_id), ("path", path)) if v is not None}
    if sample_id is not None:
        insert_once(connection, schema.sample, sample_id=sample_id, created_at=now())
    if values:
        own = schema.micrograph.c.digest == key.micrograph_digest
        connection.execute(sa.update(schema.micrograph).where(own).values(**_storable(values)))
    return True


def exclude_micrographs(connection: Connection, reasons: Mapping[str, str]) -> None:
    """By SHA-256 of the file or field, why it does not count; empty: it counts again."""
    m = schema.micrograph.c
    for sha256, reason in reasons.items():
        own = sa.update(schema.micrograph).where(m.sha256 == sha256)
        connection.execute(own.values(excluded=storable(reason) or None))


def make_current(connection: Connection, micrograph_digest: str, analysis_id: int) -> None:
    """Let this analysis of the micrograph count from now on."""
    counting = {"micrograph_digest": micrograph_digest, "analysis_id": analysis_id}
    put(connection, schema.current_analysis, ["micrograph_digest"], **counting)


def forget_failures(connection: Connection, facts: MicrographFacts) -> None:
    """Drop failures that the analysed frame, by any name, or the file's newer bytes have made untrue."""
    f = schema.failure.c
    other_bytes = sa.not_(f.digest.startswith(facts.sha256, autoescape=True))
    of_file = sa.and_(f.path == facts.path, sa.or_(f.digest == "", other_bytes))
    connection.execute(sa.delete(schema.failure).where(sa.or_(f.digest == facts.digest, of_file)))


def add_descriptors(
    connection: Connection, descriptors: Iterable[Descriptor], owner: Mapping[str, int | None]
) -> None:
    """Store descriptors of an image (``analysis_id``) or of a sample (``sample_result_id``)."""
    if rows := [plain(descriptor) | owner for descriptor in descriptors]:
        connection.execute(sa.insert(schema.descriptor), rows)


def put_sample_result(
    connection: Connection,
    sample_id: str,
    verdict: ModalityVerdict | None,
    analysis_ids: Sequence[int],
    descriptors: Sequence[Descriptor],
    code_version: str,
    judging_digest: str | None = None,
) -> bool:
    """Store what one sample came to and let it count; False where the same was there already."""
    a = schema.analysis.c
    columns = (a.micrograph_digest, a.model_digest, a.recipe_digest)
    keys = connection.execute(sa.select(*columns).where(a.id.in_(analysis_ids))).all()
    if missing := len(set(analysis_ids)) - len(keys):
        raise ValueError(f"{sample_id}: {missing} of the analyses are not in the database")
    facts = {"sample_id": sample_id, "code_version": code_version, "judging_digest": judging_digest}
    result, described = plain(verdict), plain(list(descriptors))
    digest = digest_of(sample_id, sorted(map(list, keys)), code_version, judging_digest, result, described)
    insert_once(connection, schema.sample, sample_id=sample_id, created_at=now())
    new = insert_once(connection, schema.sample_result, digest=digest, created_at=now(), **facts)
    r = schema.sample_result.c
    owner = {"sample_result_id": connection.scalar(sa.select(r.id).where(r.digest == digest))}
    if new:
        members = [owner | {"analysis_id": int(i)} for i in sorted(set(analysis_ids))]
        if members:
            connection.execute(sa.insert(schema.sample_result_analysis), members)
        if result is not None:
            values = {name: value for name, value in result.items() if name in schema.verdict.c}
            connection.execute(sa.insert(schema.verdict).values(**owner, **values, result=result))
        add_descriptors(connection, descriptors, owner)
    put(connection, schema.current_sample_result, ["sample_id"], sample_id=sample_id, **owner)
    return new


def add_suggestion(connection: Connection, record: SuggestionRecord) -> bool:
    """Store a suggestion; False where the same one was there already."""
    values = plain(record)
    return insert_once(connection, schema.suggestion, **values, digest=digest_of(values), created_at=now())
