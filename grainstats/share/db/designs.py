"""Sample sheets into the database: designs, samples and properties, each quantity in its unit of record."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share.db import schema
from grainstats.share.db.records import (
    Measured,
    Quantity,
    SampleRow,
    SampleSheet,
    SheetError,
    digest_of,
    plain,
)
from grainstats.share.db.writing import insert_once, now, put

_LOCK = 7_214_901_734  #: any number that no other lock of this database has


def put_samples(connection: Connection, sheet: SampleSheet) -> int:
    """As `Database.put_samples`; other samples and earlier designs are left as they are."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    sheet = in_units_of_record(connection, sheet)
    return sum(_put_sample(connection, row, position, sheet) for position, row in enumerate(sheet.rows, 1))


def in_units_of_record(connection: Connection, sheet: SampleSheet) -> SampleSheet:
    """The sheet with each quantity in the unit that the database already keeps it in."""
    from grainstats.share.quantity_units import converter

    tables = {"param": schema.design_parameter.c, "prop": schema.measured_property.c}
    record = {kind: units_by_name(connection, c.name, c.unit) for kind, c in tables.items()}
    problems: dict[str, None] = {}

    def to_record(kind: str, q: Quantity | Measured, value: float | None, spread: bool = False) -> Any:
        target = record[kind].get(q.name, q.unit)
        try:
            change = converter(q.unit, target, difference=spread)
        except ValueError as error:
            problems[f"{kind}:{q.name}: the database keeps it in {target}; {error}"] = None
            return None
        return None if value is None else change(value)

    def parameter(q: Quantity) -> Quantity:
        return replace(q, value=to_record("param", q, q.value), unit=record["param"].get(q.name, q.unit))

    def measured(m: Measured) -> Measured:
        spread = to_record("prop", m, m.uncertainty, spread=True)
        return Measured(m.name, to_record("prop", m, m.value), record["prop"].get(m.name, m.unit), spread)

    def converted(row: SampleRow) -> SampleRow:
        parameters = tuple(map(parameter, row.parameters))
        return replace(row, parameters=parameters, properties=tuple(map(measured, row.properties)))

    rows = tuple(map(converted, sheet.rows))
    if problems:
        raise SheetError(sheet.source, tuple(problems))
    return replace(sheet, rows=rows)


def units_by_name(connection: Connection, name: Any, unit: Any) -> dict[str, str]:
    """What the database keeps each quantity in; `name` and `unit` are columns of one table."""
    return {row[0]: row[1] for row in connection.execute(sa.select(name, unit).distinct())}


def _put_sample(connection: Connection, row: SampleRow, position: int, sheet: SampleSheet) -> bool:
    new = insert_once(connection, schema.sample, sample_id=row.sample_id, created_at=now())
    design_id = _put_design(connection, row if new else _with_known_design(connection, row, sheet))
    facts = {"images": row.images, "made_on": row.made_on, "position": position}
    columns = {"images": "images", "made_on": "date", "position": "param"}
    said = {name: value for name, value in facts.items() if new or sheet.says(columns[name])}
    own = sa.update(schema.sample).where(schema.sample.c.sample_id == row.sample_id)
    connection.execute(own.values(design_id=design_id, **said))
    y = schema.measured_property.c
    emptied = _emptied(connection, row, sheet)
    if emptied:
        taken = sa.and_(y.sample_id == row.sample_id, y.name.in_(emptied))
        connection.execute(sa.delete(schema.measured_property).where(taken))
    for m in row.properties:
        values = plain(m)
        if not sheet.says(f"prop_sd:{m.name}"):
            del values["uncertainty"]
        put(connection, schema.measured_property, ["sample_id", "name"], sample_id=row.sample_id, **values)
    return new


def emptied_in_words(connection: Connection, sheet: SampleSheet) -> list[str]:
    """Which measured values the sheet takes back by empty cells."""
    taken = {row.sample_id: _emptied(connection, row, sheet) for row in sheet.rows}
    return [
        f"{sample_id}: {', '.join(names)} is taken out of the database, the sheet's cell is empty"
        for sample_id, names in taken.items()
        if names
    ]


def drop_renamed(connection: Connection, sample_ids: Iterable[str]) -> dict[str, str]:
    """As `Database.drop_renamed`: of samples without a micrograph, those that stand under another name."""
    s, m, y = schema.sample.c, schema.micrograph.c, schema.measured_property.c

    def values(sample_id: str) -> set[tuple[Any, ...]]:
        return set(map(tuple, connection.execute(sa.select(y.name, y.value).where(y.sample_id == sample_id))))

    renamed = {}
    for old in sample_ids:
        design_id = connection.scalar(sa.select(s.design_id).where(s.sample_id == old))
        if design_id is None or connection.scalar(sa.select(m.digest).where(m.sample_id == old).limit(1)):
            continue
        alike = connection.scalars(
            sa.select(s.sample_id).where(s.design_id == design_id, s.sample_id != old).order_by(s.sample_id)
        )
        new = next((name for name in alike.all() if values(name) == values(old)), None)
        if new is not None:
            renamed[old] = new
            connection.execute(sa.update(schema.sample).where(s.sample_id == old).values(design_id=None))
            connection.execute(sa.delete(schema.measured_property).where(y.sample_id == old))
    return renamed


def _emptied(connection: Connection, row: SampleRow, sheet: SampleSheet) -> list[str]:
    """Stored properties of a sample for which the sheet has a column and no value."""
    y = schema.measured_property.c
    stored = connection.scalars(sa.select(y.name).where(y.sample_id == row.sample_id).order_by(y.name))
    here = {m.name for m in row.properties}
    return [name for name in stored if name not in here and sheet.says(f"prop:{name}")]


def _with_known_design(connection: Connection, row: SampleRow, sheet: SampleSheet) -> SampleRow:
    """The row, with campaign and parameters of the stored design for which the sheet has no column."""
    s, d, p = schema.sample.c, schema.design.c, schema.design_parameter.c
    of_sample = sa.select(d.id, d.campaign).join(schema.sample, s.design_id == d.id)
    known = connection.execute(of_sample.where(s.sample_id == row.sample_id)).first()
    if known is None:
        return row
    if not sheet.says("campaign"):
        row = replace(row, campaign=known.campaign)
    found = connection.execute(sa.select(p.name, p.value, p.unit, p.category).where(p.design_id == known.id))
    kept = [Quantity(*quantity) for quantity in found if not sheet.says(f"param:{quantity[0]}")]
    return replace(row, parameters=(*row.parameters, *kept))


def _put_design(connection: Connection, row: SampleRow) -> int:
    """Number of the design with this route, campaign and parameters, made where it is new."""
    parameters = sorted(row.parameters, key=lambda q: q.name)
    digest = digest_of(row.design_route, row.campaign, [plain(q) for q in parameters])
    new = insert_once(connection, schema.design, digest=digest, route=row.design_route, campaign=row.campaign)
    design_id = int(connection.scalars(sa.select(schema.design.c.id).filter_by(digest=digest)).one())
    if new and parameters:
        rows = [{"design_id": design_id, **plain(q)} for q in parameters]
        connection.execute(sa.insert(schema.design_parameter), rows)
    return design_id
