"""Databases of several shards into one: every analysis with its rows, samples with their designs, failures.

Verdicts are not taken over: they belong to whole samples, whose images may have been in several shards. A run
with ``--report-only`` judges them from what was merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share.db import schema
from grainstats.share.db.designs import units_by_name
from grainstats.share.db.engine import DatabaseError, in_transaction
from grainstats.share.db.records import AnalysisKey
from grainstats.share.db.writing import find_analysis, insert_once, make_current, put

if TYPE_CHECKING:
    from grainstats.share.db.database import Database

_ROWS = (schema.grain, schema.analysis_intercepts, schema.descriptor, schema.analysis_segmentation)
_RESULTS = (schema.sample_result, schema.sample_result_analysis, schema.current_sample_result, schema.verdict)
Row = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """What a merge added."""

    n_analyses: int  #: new ones; what was there already is left as it is
    n_samples: int
    #: samples whose design or properties are others in the target, and stay so
    differing: tuple[str, ...] = ()
    n_replaced: int = 0  #: images that counted by another model, recipe or correction in the target
    #: images that belong to another sample in the target, and stay there: name and both samples
    elsewhere: tuple[str, ...] = ()


def merge(target: Database, source: Database) -> Merged:
    """Add everything that `source` holds and `target` does not; doing it twice changes nothing.

    Each analysis is one transaction: a merge that was stopped goes on where it was.

    `DatabaseError`: the two keep one quantity in different units.
    """
    read, write = source._engine, target._engine
    stored = in_transaction(read, _stored, write=False)
    n_samples, differing = in_transaction(write, lambda connection: _put_samples(connection, stored, source))
    elsewhere = in_transaction(write, partial(_elsewhere, rows=stored["micrograph"]), write=False)
    facts = {row["digest"]: row for row in stored["micrograph"]}
    counting = {row["analysis_id"] for row in stored["current_analysis"]}
    n_analyses = n_replaced = 0
    for analysis in stored["analysis"]:
        number = analysis["id"]
        rows = in_transaction(read, partial(_rows_of, analysis_id=number), write=False)
        own = facts[analysis["micrograph_digest"]]
        work = partial(_put_analysis, analysis=analysis, facts=own, current=number in counting, rows=rows)
        new, replaced = in_transaction(write, work)
        n_analyses, n_replaced = n_analyses + new, n_replaced + replaced
    in_transaction(write, lambda connection: _put_failures(connection, stored["failure"]))
    return Merged(n_analyses, n_samples, differing, n_replaced, elsewhere)


def _stored(connection: Connection) -> dict[str, list[Row]]:
    """The small tables in full; results of samples are not taken over."""
    tables = [table for table in schema.METADATA.sorted_tables if table not in (*_ROWS, *_RESULTS)]
    return {table.name: _all(connection, sa.select(table)) for table in tables}


def _all(connection: Connection, query: sa.Select) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _put_samples(
    connection: Connection, stored: dict[str, list[Row]], source: Database
) -> tuple[int, tuple[str, ...]]:
    """How many are new, and which differ from the one of that name that was there."""
    _check_units(connection, stored, source)
    designs: dict[int, int] = {}
    for row in stored["design"]:
        insert_once(connection, schema.design, **_without_id(row))
        number = sa.select(schema.design.c.id).filter_by(digest=row["digest"])
        designs[row["id"]] = connection.scalars(number).one()
    for row in stored["design_parameter"]:
        insert_once(connection, schema.design_parameter, **row | {"design_id": designs[row["design_id"]]})
    new, differing = 0, set[str]()
    for row in stored["sample"]:
        design = None if row["design_id"] is None else designs[row["design_id"]]
        if insert_once(connection, schema.sample, **row | {"design_id": design}):
            new += 1
        elif not _agrees(connection, row | {"design_id": design}):
            differing.add(row["sample_id"])
    differing |= _put_properties(connection, stored["property"])
    for table in (schema.model, schema.recipe):
        for row in stored[table.name]:
            insert_once(connection, table, **row)
    for row in stored["suggestion"]:
        insert_once(connection, schema.suggestion, **_without_id(row))
    return new, tuple(sorted(differing))


def _agrees(connection: Connection, row: Row) -> bool:
    """Whether the target's sample has this design; one without any takes it over."""
    s = schema.sample.c
    same = s.sample_id == row["sample_id"]
    there = connection.execute(sa.select(s.design_id).where(same)).scalar_one()
    if there is None and row["design_id"] is not None:
        given = {name: row[name] for name in ("design_id", "images", "made_on", "position")}
        connection.execute(sa.update(schema.sample).where(same).values(**given))
        return True
    return row["design_id"] in (None, there)


def _put_properties(connection: Connection, rows: list[Row]) -> set[str]:
    """Add properties; samples of which the target knows another value, which stays."""
    y, differing = schema.measured_property.c, set[str]()
    for row in rows:
        if not insert_once(connection, schema.measured_property, **row):
            same = sa.and_(y.sample_id == row["sample_id"], y.name == row["name"])
            there = connection.execute(sa.select(y.value, y.uncertainty).where(same)).one()
            if tuple(there) != (row["value"], row["uncertainty"]):
                differing.add(row["sample_id"])
    return differing


def _check_units(connection: Connection, stored: dict[str, list[Row]], source: Database) -> None:
    for table in (schema.design_parameter, schema.measured_property):
        known = units_by_name(connection, table.c.name, table.c.unit)
        for row in stored[table.name]:
            if known.get(row["name"], row["unit"]) != row["unit"]:
                reason = f"it keeps {row['name']} in {row['unit']}, the other one in {known[row['name']]}"
                raise DatabaseError(
                    source.safe_url, reason, "Import the same samples.csv into both, then merge"
                )


def _elsewhere(connection: Connection, rows: list[Row]) -> tuple[str, ...]:
    """Which of these micrographs the target has in another sample, in words."""
    m = schema.micrograph.c
    here = {digest: sample for digest, sample in connection.execute(sa.select(m.digest, m.sample_id))}
    pairs = [(row, here.get(row["digest"]) or row["sample_id"]) for row in rows if row["sample_id"]]
    others = [(row, sample) for row, sample in pairs if sample != row["sample_id"]]
    return tuple(sorted(f"{row['path']} ({row['sample_id']}, here {sample})" for row, sample in others))


def _rows_of(connection: Connection, analysis_id: int) -> dict[sa.Table, list[Row]]:
    return {
        table: _all(connection, sa.select(table).where(table.c.analysis_id == analysis_id)) for table in _ROWS
    }


def _put_analysis(
    connection: Connection, analysis: Row, facts: Row, current: bool, rows: dict[sa.Table, list[Row]]
) -> tuple[bool, bool]:
    """One analysis with its micrograph and rows: whether it is new, and counts in place of another.

    What the target says of a micrograph stays; where it names no sample, or excludes it not, the source may.
    """
    key = AnalysisKey(*(analysis[f"{name}_digest"] for name in ("micrograph", "model", "recipe")))
    m = schema.micrograph.c
    if not insert_once(connection, schema.micrograph, **facts):
        for column in (m.sample_id, m.excluded):
            unsaid = sa.and_(m.digest == facts["digest"], column.is_(None))
            values = {column.name: facts[column.name]}
            connection.execute(sa.update(schema.micrograph).where(unsaid).values(values))
    if not insert_once(connection, schema.analysis, **_without_id(analysis)):
        return False, False
    number = find_analysis(connection, key)
    assert number is not None
    for table, own in rows.items():
        if own:
            new = [_without_id(row) | {"analysis_id": number} for row in own]
            connection.execute(sa.insert(table), new)
    c = schema.current_analysis.c
    counting = sa.select(c.analysis_id).where(c.micrograph_digest == key.micrograph_digest)
    replaced = current and connection.scalar(counting) is not None
    if current:
        make_current(connection, key.micrograph_digest, number)
    return True, replaced


def _put_failures(connection: Connection, failures: list[Row]) -> None:
    """Failures of images that no shard has analysed."""
    a, f, m = schema.analysis.c, schema.failure.c, schema.micrograph.c
    for row in failures:
        put(connection, schema.failure, ["path", "digest"], **row)
    done = sa.select(a.micrograph_digest)
    named = sa.select(m.path).join(schema.analysis, a.micrograph_digest == m.digest)
    untrue = sa.or_(f.digest.in_(done), sa.and_(f.digest == "", f.path.in_(named)))
    connection.execute(sa.delete(schema.failure).where(untrue))


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}
