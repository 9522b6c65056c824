"""The campaign page: how far both design loops have come, and every proposal with what came of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from grainstats._version import __version__
from grainstats.run.atomic import write_bytes
from grainstats.run.report.loop_charts import ROUTES, prediction_chart, progress_chart, unit_words
from grainstats.run.report.page_model import LoopSection, ProposalRow
from grainstats.run.report.page_policy import with_policy
from grainstats.run.report.wording import counted, number
from grainstats.share.db.database import Database
from grainstats.share.sheets.design_loops import Loops, Proposed, Route, Value, known_objectives, read_loops

WHO = {"ai": "AI", "researcher": "researchers"}
ONE = {"ai": "AI", "researcher": "researcher"}
STATES = {"made": "made as", "known": "had been made as", "open": "not made yet"}


def loop_sections(
    db: Database, objectives: tuple[str, ...] = (), *, campaign: str | None = None
) -> tuple[LoopSection, ...]:
    """Sections of the given objectives, else of those that suggestions are for, else of all properties."""
    wanted = objectives or tuple(known_objectives(db))
    found = [read_loops(db, objective, campaign=campaign) for objective in wanted]
    return tuple(_section(loops) for loops in found if loops.experiments or loops.proposals)


def write_campaign_page(
    db: Database, out: Path, objectives: tuple[str, ...] = (), *, campaign: str | None = None
) -> tuple[LoopSection, ...]:
    """Write the page as one HTML file that loads nothing; returns what it shows."""
    import jinja2
    from markupsafe import Markup

    sections = loop_sections(db, objectives, campaign=campaign)
    loader = jinja2.PackageLoader("grainstats.run.report")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    css = Markup(loader.get_source(environment, "report.css")[0])
    page = environment.get_template("campaign.html.j2").render(
        css=css,
        title=f"Campaign {campaign}" if campaign else "Campaign",
        loops=sections,
        database=db.name,
        snapshot=db.snapshot_digest(),
        version=__version__,
        date=f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}",
    )
    write_bytes(out, with_policy(page).encode())
    return sections


def _section(loops: Loops) -> LoopSection:
    unit = "" if loops.unit == "1" else unit_words(loops.unit)
    present = {e.route for e in loops.experiments} | {p.route for p in loops.proposals}
    return LoopSection(
        name=loops.name.replace("_", " "),
        unit=unit,
        direction="more is better" if loops.maximise else "less is better",
        words=tuple(_words(loops, unit)),
        routes=tuple((route, WHO[route]) for route in ROUTES if route in present),
        progress=progress_chart(loops),
        predictions=prediction_chart(loops),
        predictions_caption=_hits(loops),
        proposals=tuple(_row(p) for p in reversed(loops.proposals)),
    )


def _words(loops: Loops, unit: str) -> list[str]:
    """Where both routes stand, in sentences."""
    said = [_standing(loops, route, unit) for route in ROUTES if loops.best(route) is not None]
    counts = [sum(e.route == route for e in loops.experiments) for route in ROUTES]
    if min(counts) and counts[0] != counts[1]:
        held = [
            f"{WHO[e.route]} {number(e.best)} {unit}".rstrip()
            for e in loops.experiments
            if e.number == min(counts)
        ]
        luck = "the best of more experiments is better by luck alone"
        said.append(f"After {min(counts)} each: {', '.join(held)}; {luck}.")
    if loops.proposals:
        left = sum(p.state == "open" for p in loops.proposals)
        rest = f"{left} not made yet" if left else "all of them made"
        said.append(f"{counted(len(loops.proposals), 'proposal')} recorded, {rest}.")
    return said


def _standing(loops: Loops, route: Route, unit: str) -> str:
    best, who = loops.best(route), WHO[route]
    assert best is not None
    made = counted(sum(e.route == route for e in loops.experiments), "experiment")
    value = f"{number(best.value)} {unit}".rstrip()
    return f"{who[0].upper()}{who[1:]}: {made}, the best {value} in number {best.number} ({best.sample_id})."


def _hits(loops: Loops) -> str:
    """How many measured values lie in the interval that was predicted for them."""
    held = [
        p.predicted.holds(p.measured)
        for p in loops.proposals
        if p.predicted is not None and p.measured is not None
    ]
    stated = [h for h in held if h is not None]
    if not stated:
        return "On the line: measured as predicted."
    found = f"{sum(stated)} of {counted(len(stated), 'measured value')}"
    return f"On the line: measured as predicted. {found} within the predicted 95 % interval."


def _row(p: Proposed) -> ProposalRow:
    low, high = (p.predicted.low, p.predicted.high) if p.predicted else (None, None)
    held = p.predicted.holds(p.measured) if p.predicted and p.measured is not None else None
    return ProposalRow(
        number=p.number,
        route=p.route,
        who=ONE[p.route],
        by=p.by if p.by != p.route else "",
        settings=", ".join(_setting(name, value) for name, value in p.parameters.items()),
        predicted=number(p.predicted.value) if p.predicted is not None else "–",
        interval="" if low is None or high is None else f"{number(low)} – {number(high)}",
        state=STATES[p.state],
        sample_id=p.sample_id,
        measured=number(p.measured) if p.measured is not None else "–",
        hit="" if held is None else "in the interval" if held else "outside the interval",
        reason=p.reason,
        recorded=" · ".join(filter(None, (p.recorded_on, p.campaign))),
    )


def _setting(column: str, value: Value) -> str:
    """``"anneal_time_h", 2.0`` -> ``"anneal time 2 h"``."""
    name, _, unit = column.rpartition("_")
    shown = "" if unit in ("category", "1") else unit_words(unit)
    said = value if isinstance(value, str) else f"{value:g}"
    return f"{name.replace('_', ' ')} {said} {shown}".strip()
