"""The campaign page: how far both design loops have come, and every proposal with what came of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grainstats.run.atomic import write_bytes
from grainstats.run.report.chart import Axis, Chart, DataPoint, Line, with_room
from grainstats.run.report.page import fill_template, render_page
from grainstats.run.report.wording import rounded, unit_words
from grainstats.share.db.database import Database
from grainstats.share.sheets.design_loops import Loops, Route, known_objectives, read_loops

_ROUTES: tuple[Route, ...] = ("ai", "researcher")
WHO = {"ai": "AI", "researcher": "researchers"}


def loop_sections(
    db: Database, objectives: tuple[str, ...] = (), *, campaign: str | None = None
) -> list[dict[str, Any]]:
    """Progress of both loops towards each of the given objectives, in words and charts.

    Without any, of those that suggestions are for, else of all properties. A chart is None where there is
    nothing to draw.
    """
    wanted = objectives or tuple(known_objectives(db))
    found = [read_loops(db, objective, campaign=campaign) for objective in wanted]
    return [
        {
            "loops": loops,
            "words": [
                line
                for line in map(str.strip, fill_template("loop_words.txt.j2", l=loops).splitlines())
                if line
            ],
            "progress": progress_chart(loops),
            "predictions": prediction_chart(loops),
        }
        for loops in found
        if loops.experiments or loops.proposals
    ]


def write_campaign_page(
    db: Database, out: Path, objectives: tuple[str, ...] = (), *, campaign: str | None = None
) -> list[dict[str, Any]]:
    """Write the page as one HTML file that loads nothing; returns what it shows."""
    sections = loop_sections(db, objectives, campaign=campaign)
    page = render_page(
        "campaign.html.j2",
        title=f"Campaign {campaign}" if campaign else "Campaign",
        loops=sections,
        database=db.name,
        snapshot=db.snapshot_digest(),
    )
    write_bytes(out, page.encode())
    return sections


def progress_chart(loops: Loops) -> Chart | None:
    """Best value so far against the number of experiments of each route; every experiment as a mark."""
    shown = loops.experiments
    if not shown:
        return None
    last = max(e.number for e in shown)
    ends = [v for e in shown for v in (e.value - (e.uncertainty or 0), e.value + (e.uncertainty or 0))]
    what = f"{loops.name.replace('_', ' ')} ({unit_words(loops.unit)})"
    points = tuple(
        DataPoint(
            e.number,
            e.value,
            f"{e.route} loop",
            said=f"{e.sample_id}: {rounded(e.value)}",
            y_ends=(e.value - e.uncertainty, e.value + e.uncertainty) if e.uncertainty else None,
            square=e.route == "researcher",
        )
        for e in shown
    )
    names = ("route", "number", "sample_id", "value", "best")
    columns = {name: [getattr(e, name) for e in shown] for name in names}
    step = max(1, -(-last // 14))
    return Chart(
        "progress",
        f"{what[:1].upper()}{what[1:]}: best so far",
        Axis(
            "number of the experiment in its route",
            0.5,
            last + 0.5,
            names=tuple((float(n), str(n)) for n in range(step, last + 1, step)),
        ),
        Axis(what, *with_room(ends)),
        pd.DataFrame(columns),
        lines=tuple(
            _best(loops, route, last + 0.3) for route in _ROUTES if any(e.route == route for e in shown)
        ),
        points=points,
        legend=_legend({e.route for e in shown}),
    )


def _best(loops: Loops, route: Route, end: float) -> Line:
    """The best so far: level until the next experiment that beats it."""
    own = [e for e in loops.experiments if e.route == route]
    x = [v for e in own for v in (e.number, e.number)][1:]
    y = [v for e in own for v in (e.best, e.best)][:-1]
    return Line(np.array([*x, end]), np.array([*y, own[-1].best]), f"best {route}", WHO[route])


def prediction_chart(loops: Loops) -> Chart | None:
    """Measured against predicted value of the proposals that were made, with the diagonal."""
    shown = [(p, p["predicted"], p["measured"]) for p in loops.proposals]
    drawn = [
        DataPoint(
            e.value,
            m,
            f"{p['route']} loop",
            said=f"{p['sample_id']}: predicted {rounded(e.value)}, measured {rounded(m)}",
            x_ends=None if e.low is None or e.high is None else (e.low, e.high),
            square=p["route"] == "researcher",
        )
        for p, e, m in shown
        if e is not None and m is not None
    ]
    if not drawn:
        return None
    low, high = with_room([v for p in drawn for v in (p.x, p.y, *(p.x_ends or ()))])
    unit = unit_words(loops.unit)
    ends = np.array([low, high])
    rows = [(p.said.split(":")[0], p.x, *(p.x_ends or (None, None)), p.y) for p in drawn]
    return Chart(
        "predictions",
        "Predicted and measured",
        Axis(f"predicted ({unit})", low, high),
        Axis(f"measured ({unit})", low, high),
        pd.DataFrame(rows, columns=["sample_id", "predicted", "predicted_low", "predicted_high", "measured"]),
        lines=(Line(ends, ends, "diagonal"),),
        points=tuple(drawn),
        legend=_legend({p["route"] for p, e, m in shown if e is not None and m is not None}),
    )


def _legend(routes: set[Route]) -> tuple[tuple[str, str], ...]:
    marks = {"ai": "best ai mark", "researcher": "best researcher mark square"}
    return tuple((marks[route], WHO[route]) for route in _ROUTES if route in routes)
