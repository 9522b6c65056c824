"""Sample sheets into the database: designs, samples and properties, each quantity in its unit of record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from grainstats.share import schema
from grainstats.share.ledger import insert_once, now, put
from grainstats.share.records import Measured, Quantity, SampleRow, SampleSheet, digest_of, plain

_LOCK = 7_214_901_734


def put_samples(connection: Connection, sheet: SampleSheet) -> int:
    """Store every row of a sheet, correcting what is there already; returns how many samples are new.

    The first unit a quantity is stored with becomes its unit of record; later sheets are converted to it;
    `SampleSheetError` where they cannot be. Other samples and earlier designs are left as they are.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    sheet = in_units_of_record(connection, sheet)
    return sum(
        _put_sample(connection, row, position, sheet.unsaid) for position, row in enumerate(sheet.rows, 1)
    )


def in_units_of_record(connection: Connection, sheet: SampleSheet) -> SampleSheet:
    """The sheet with each quantity in the unit that the database already keeps it in."""
    from grainstats.share.units import converter

    problems: list[str] = []
    p, y = schema.DesignParameter, schema.Property
    known_parameters = _units(connection, p.name, p.unit)
    known_properties = _units(connection, y.name, y.unit)
    converters: dict[tuple[str, str], Callable[[float], float]] = {}

    def convert(kind: str, name: str, unit: str, known: dict[str, str]) -> Callable[[float], float]:
        target = known.get(name, unit)
        if (kind + name, unit) not in converters:
            try:
                converters[kind + name, unit] = converter(unit, target, difference=kind.endswith("sd:"))
            except ValueError as error:
                problems.append(
                    f"{kind.replace('_sd', '')}{name}: the database keeps it in {target}; {error}"
                )
                converters[kind + name, unit] = float
        return converters[kind + name, unit]

    def parameter(q: Quantity) -> Quantity:
        change = convert("param:", q.name, q.unit, known_parameters)
        value = None if q.value is None else change(q.value)
        return replace(q, value=value, unit=known_parameters.get(q.name, q.unit))

    def measured(m: Measured) -> Measured:
        change = convert("prop:", m.name, m.unit, known_properties)
        spread = convert("prop_sd:", m.name, m.unit, known_properties)
        uncertainty = None if m.uncertainty is None else spread(m.uncertainty)
        return Measured(m.name, change(m.value), known_properties.get(m.name, m.unit), uncertainty)

    rows = tuple(
        replace(
            row,
            parameters=tuple(parameter(q) for q in row.parameters),
            properties=tuple(measured(m) for m in row.properties),
        )
        for row in sheet.rows
    )
    if problems:
        from grainstats.share.samples import SampleSheetError

        raise SampleSheetError(sheet.source, tuple(dict.fromkeys(problems)))
    return replace(sheet, rows=rows)


def _units(connection: Connection, name: Any, unit: Any) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(sa.select(name, unit).distinct())}


def _put_sample(connection: Connection, row: SampleRow, position: int, unsaid: frozenset[str]) -> bool:
    new = insert_once(connection, schema.Sample, sample_id=row.sample_id, created_at=now())
    design_id = _put_design(connection, row if new else _with_known_design(connection, row, unsaid))
    facts = {
        "images": ("images", row.images),
        "date": ("made_on", row.made_on),
        "param": ("position", position),
    }
    said = dict(fact for name, fact in facts.items() if new or name not in unsaid)
    connection.execute(
        sa.update(schema.Sample)
        .where(schema.Sample.sample_id == row.sample_id)
        .values(design_id=design_id, **said)
    )
    for m in row.properties:
        put(
            connection,
            schema.Property,
            ["sample_id", "name"],
            sample_id=row.sample_id,
            name=m.name,
            value=m.value,
            uncertainty=m.uncertainty,
            unit=m.unit,
        )
    return new


def _with_known_design(connection: Connection, row: SampleRow, unsaid: frozenset[str]) -> SampleRow:
    """The row, with campaign and parameters of the stored design where the sheet has no column for them."""
    s, d, p = schema.Sample, schema.Design, schema.DesignParameter
    known = connection.execute(
        sa.select(d.id, d.campaign).join(s, s.design_id == d.id).where(s.sample_id == row.sample_id)
    ).first()
    if known is None:
        return row
    if "campaign" in unsaid:
        row = replace(row, campaign=known.campaign)
    if "param" in unsaid:
        found = connection.execute(
            sa.select(p.name, p.value, p.unit, p.category).where(p.design_id == known.id)
        )
        row = replace(row, parameters=tuple(Quantity(*quantity) for quantity in found))
    return row


def _put_design(connection: Connection, row: SampleRow) -> int:
    """Number of the design with this route, campaign and parameters, made where it is new."""
    parameters = sorted(row.parameters, key=lambda q: q.name)
    digest = digest_of(row.design_route, row.campaign, [plain(q) for q in parameters])
    new = insert_once(connection, schema.Design, digest=digest, route=row.design_route, campaign=row.campaign)
    design_id = connection.execute(
        sa.select(schema.Design.id).where(schema.Design.digest == digest)
    ).scalar_one()
    if new and parameters:
        connection.execute(
            sa.insert(schema.DesignParameter), [{"design_id": design_id, **plain(q)} for q in parameters]
        )
    return int(design_id)
