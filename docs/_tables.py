"""Figures and tables of the pages, read from the CSV files that scripts wrote: nothing is typed twice.

``{{ figure("validation/x.csv", "column", key="value") }}`` is one number, the mean over the rows that fit;
``{{ table("validation/x.csv", ["a", "b"], key="value") }}`` a Markdown table of the rows that fit;
``{{ grouped("validation/x.csv", ["a"], {"share": "(b == 'yes').mean()"}) }}`` a row a group, each cell an
expression of the group's columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DOCS = Path(__file__).parent


def define_env(env: Any) -> None:
    """Make them known to mkdocs-macros."""
    for one in (figure, table, grouped):
        env.macro(one)


def figure(file: str, column: str, digits: int = 3, of: str = "mean", **where: str) -> str:
    """Mean (`of`: or ``max``, ``min``) of a column over the rows that have these values, as text."""
    return f"{pd.to_numeric(rows(file, where)[column]).agg(of):.{digits}f}"


def table(file: str, columns: list[str] | None = None, **where: str) -> str:
    """A Markdown table of the cells as they stand; underscores of the header become spaces."""
    found = rows(file, where)
    shown = columns or [name for name in found if name not in where]
    return _markdown((name.replace("_", " ") for name in shown), found[shown].to_numpy())


def grouped(
    file: str,
    by: list[str],
    show: dict[str, str],
    across: Sequence[str] = (),
    digits: int = 2,
    only: str = "",
    total: str = "",
) -> str:
    """A Markdown table with a row for each group of rows that agree in `by`.

    `show` maps headings to Python expressions of the group's columns (`np` is known). With `across` the
    expressions are repeated for each value of these columns, and ``{}`` in a heading stands for the value.
    `only` is a query of pandas that chooses rows, `total` the name of a first line of all of them.

    Raises
    ------
    ValueError
        No row is left: the page asks for what the file does not hold.
    """
    frame = pd.read_csv(DOCS / file, keep_default_na=False, na_values=["", "nan"])  # "null" is a kind
    frame = frame.query(only) if only else frame
    if frame.empty:
        raise ValueError(f"{file}: no row with {only}")
    place = frame[list(across)].astype(str).agg(" × ".join, axis=1) if across else pd.Series("", frame.index)
    parts = place.unique()
    head = [*by, *(title.format(part) for title in show for part in parts)]
    lines = []
    groups = [((total,), frame)] if total else []
    for key, group in [*groups, *frame.groupby(by, sort=False, dropna=False)]:
        cells = [
            _cell(expression, group[place[group.index] == part], digits)
            for expression in show.values()
            for part in parts
        ]
        lines.append([*key, *cells])
    return _markdown(head, lines)


def rows(file: str, where: dict[str, str]) -> pd.DataFrame:
    """Rows of a CSV below docs, as texts, that have these values in these columns.

    Raises
    ------
    ValueError
        No row is left: the page asks for what the file does not hold.
    """
    found = pd.read_csv(DOCS / file, dtype=str, keep_default_na=False)
    for column, value in where.items():
        found = found[found[column] == str(value)]
    if found.empty:
        raise ValueError(f"{file}: no row with {where}")
    return found


def _cell(expression: str, group: pd.DataFrame, digits: int) -> str:
    if group.empty:
        return ""
    value = eval(expression, {"np": np, **{name: group[name] for name in group}})
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def _markdown(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    shown = [list(head)]
    shown += [["---"] * len(shown[0]), *([str(cell).replace("|", "\\|") for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in shown)
