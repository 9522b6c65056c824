"""Figures and tables of the pages, read from the CSV files that scripts wrote: nothing is typed twice.

``{{ figure("validation/x.csv", "column", key="value") }}`` is one number, the mean over the rows that fit;
``{{ table("validation/x.csv", ["a", "b"], key="value") }}`` a Markdown table of the rows that fit.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent


def define_env(env: Any) -> None:
    """Make both known to mkdocs-macros."""
    env.macro(figure)
    env.macro(table)


def figure(file: str, column: str, digits: int = 3, **where: str) -> str:
    """Mean of a column over the rows that have these values, as text."""
    values = [float(row[column]) for row in rows(file, where)]
    return f"{sum(values) / len(values):.{digits}f}"


def table(file: str, columns: list[str] | None = None, **where: str) -> str:
    """A Markdown table; underscores of the header become spaces."""
    found = rows(file, where)
    shown = columns or [name for name in found[0] if name not in where]
    lines = ["| " + " | ".join(name.replace("_", " ") for name in shown) + " |", "|---" * len(shown) + "|"]
    lines += ["| " + " | ".join(row[name] for name in shown) + " |" for row in found]
    return "\n".join(lines)


def rows(file: str, where: dict[str, str]) -> list[dict[str, str]]:
    """Rows of a CSV below docs that have these values in these columns.

    Raises
    ------
    ValueError
        No row is left: the page asks for what the file does not hold.
    """
    with (DOCS / file).open(newline="", encoding="utf-8") as opened:
        found = [row for row in csv.DictReader(opened) if all(row[k] == str(v) for k, v in where.items())]
    if not found:
        raise ValueError(f"{file}: no row with {where}")
    return found
