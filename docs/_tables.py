"""Figures and tables of the pages, read from the CSV files that scripts wrote: nothing is typed twice.

``{{ figure("validation/x.csv", "column", key="value") }}`` is one number, the mean over the rows that fit;
``{{ figures("name") }}`` one of `FIGURES`, which sentences of several pages tell;
``{{ count("validation/x.csv", "column", "value", "other == 'x'") }}`` says how many rows have a value;
``{{ table("validation/x.csv", ["a", "b"], key="value") }}`` a Markdown table of the rows that fit;
``{{ grouped("validation/x.csv", ["a"], "name") }}`` a row a group, with the columns that `COLUMNS` has
under that name; ``{{ formats() }}`` the formats of micrographs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DOCS = Path(__file__).parent
Column = Callable[[pd.DataFrame], object]  #: what a table shows of a group of rows


def define_env(env: Any) -> None:
    """Make them known to mkdocs-macros."""
    for one in (figure, figures, count, table, grouped, formats):
        env.macro(one)


def figure(file: str, column: str, digits: int = 3, of: str = "mean", **where: str) -> str:
    """Mean (`of`: or ``max``, ``min``) of a column over the rows that have these values, as text."""
    return f"{pd.to_numeric(rows(file, where)[column]).agg(of):.{digits}f}"


def figures(name: str) -> str:
    """A figure of `FIGURES`, as text."""
    return FIGURES[name]()


def count(file: str, column: str, value: str, only: str = "", **where: str) -> str:
    """``"12 of 27"``: how many of the rows that fit have this value; `only` is a query of pandas."""
    found = _numbers(file, only, where)
    return f"{(found[column] == value).sum()} of {len(found)}"


def table(file: str, columns: list[str] | None = None, **where: str) -> str:
    """A Markdown table of the cells as they stand; underscores of the header become spaces."""
    found = rows(file, where)
    shown = columns or [name for name in found if name not in where]
    return _markdown((name.replace("_", " ") for name in shown), found[shown].to_numpy())


def grouped(
    file: str,
    by: list[str],
    show: str,
    across: Sequence[str] = (),
    digits: int = 2,
    only: str = "",
    total: str = "",
    **where: str,
) -> str:
    """A Markdown table with a row for each group of rows that agree in `by`.

    `show` names columns of `COLUMNS`. With `across` they are repeated for each value of these columns of
    the file. `where` and `only`, a query of pandas, choose rows; `total` names a first line of all of them.

    Raises
    ------
    ValueError
        No row is left: the page asks for what the file does not hold.
    """
    frame = _numbers(file, only, where)
    place = frame[list(across)].astype(str).agg(" × ".join, axis=1) if across else pd.Series("", frame.index)
    parts = place.unique()
    columns = COLUMNS[show]
    head = [*by, *(title.format(part) for title in columns for part in parts)]
    lines = []
    groups = [((total,), frame)] if total else []
    for key, group in [*groups, *frame.groupby(by, sort=False, dropna=False)]:
        cells = [
            _cell(column, group[place[group.index] == part], digits)
            for column in columns.values()
            for part in parts
        ]
        lines.append([*key, *cells])
    return _markdown(head, lines)


def formats() -> str:
    """The formats of micrographs in their order, with what the head of each module says of the pixel size."""
    from segment.micrograph.formats import FORMATS

    heads = ((module.__doc__ or "").partition("\n")[0].replace("``", "`") for module in FORMATS)
    lines = (head.partition(": ")[::2] for head in heads)
    return _markdown(["file", "pixel size from"], ([name, said.rstrip(".")] for name, said in lines))


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


def _numbers(file: str, only: str, where: dict[str, str]) -> pd.DataFrame:
    """The same with numbers as numbers, of the rows that a query of pandas leaves."""
    frame = pd.read_csv(DOCS / file, keep_default_na=False, na_values=["", "nan"])  # "null" is a kind
    frame = frame.query(only) if only else frame
    for column, value in where.items():
        frame = frame[frame[column] == value]
    if frame.empty:
        raise ValueError(f"{file}: no row with {only} {where}")
    return frame


def _cell(column: Column, group: pd.DataFrame, digits: int) -> str:
    if group.empty:
        return ""
    value = column(group)
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def _markdown(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    shown = [list(head)]
    shown += [["---"] * len(shown[0]), *([str(cell).replace("|", "\\|") for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in shown)


ANSWERS = ("bimodal", "uniform", "indeterminate")


def mean(name: str, form: str | None = None) -> Column:
    """Mean of a column."""
    return lambda rows: rows[name].mean() if form is None else form % rows[name].mean()


def only_value(name: str) -> Column:
    """The value of a column where a group is one row."""
    return lambda rows: rows[name].iloc[0]


def shares(name: str) -> Column:
    """Shares of the three answers."""
    return lambda rows: " / ".join(f"{(rows[name] == answer).mean():.2f}" for answer in ANSWERS)


def called(name: str, where: str = "") -> Column:
    """Share of the rows, or of those chosen by `where`, that are called so."""
    return lambda rows: ((rows.query(where) if where else rows)["verdict"] == name).mean()


def two_of_windows(rows: pd.DataFrame) -> str:
    """Shares called bimodal and uniform, and the number of windows, of counts."""
    n = rows["windows"].sum()
    return f"{rows['bimodal'].sum() / n:.2f} / {rows['uniform'].sum() / n:.2f} ({n})"


def level_of_windows(rows: pd.DataFrame) -> str:
    """Share called bimodal with its standard error, and the number of windows, of a row of counts."""
    one = rows.iloc[0]
    return f"{one['bimodal'] / one['windows']:.3f} ± {one['bimodal_se']:.3f} ({one['windows']})"


def uniform_of_shown(rows: pd.DataFrame) -> str:
    """Share called uniform of the windows that show two populations, and their number, of counts."""
    n = rows["show_two"].sum()
    return f"{rows['show_two_uniform'].sum() / max(n, 1):.3f} ({n})"


def two_of_repeats(rows: pd.DataFrame) -> str:
    """The same of a row that holds the shares."""
    one = rows.iloc[0]
    return f"{one['bimodal']:.3f} / {one['uniform']:.2f} ({one['repeats']})"


def withdrawn(answer: str) -> Column:
    """How many verdicts of a kind the stability check takes back, of how many."""

    def told(rows: pd.DataFrame) -> str:
        ours = rows[rows["unchecked"] == answer]
        return f"{(ours['verdict'] != answer).sum()} of {len(ours)}"

    return told


def found_over_true(name: str, corrected: str = "") -> Column:
    """Geometric mean of found over true, and the share of intervals that hold the truth."""

    def told(rows: pd.DataFrame) -> str:
        ratio = np.exp(np.log(rows[f"{name}_ratio{corrected}"]).mean())
        return f"{ratio:.3f}, {rows[f'{name}_covered{corrected}'].dropna().astype(bool).mean():.2f}"

    return told


def covered(rows: pd.DataFrame) -> str:
    """Coverage, with the bias in per cent where it exceeds 2."""
    one = rows.iloc[0]
    bias = f" ({one['bias_percent']:+.0f})" if abs(one["bias_percent"]) > 2 else ""
    return f"{one['coverage']:.2f}{bias}"


PAIRS = "kind.str.startswith('R =')"
ERRORS: dict[str, Column] = {
    "lost": mean("lost"),
    "cut": mean("cut"),
    "intercept": mean("intercept", "%.3f"),
    "spread": lambda rows: f"{np.log(rows['intercept']).std():.3f}",
}
#: by table: heading and column; ``{}`` in a heading stands for the value across
COLUMNS: dict[str, dict[str, Column]] = {
    "calibration": {"~{} grains": two_of_repeats},
    "windows": {"~{} grains": two_of_windows},
    "samples": {"{}": two_of_windows},
    "level": {"~{} grains": level_of_windows},
    "shown": {"~{} grains": uniform_of_shown},
    "coverage": {"{}": covered},
    "spurious": {
        "images": len,
        "cells told to be none": mean("told"),
        "cells that are none": mean("false"),
        "flagged": lambda rows: (rows["told"] >= 1 / 3).mean(),
    },
    "growth": {
        "films": len,
        "interior grains": lambda rows: f"{rows['interior'].median():.0f}",
        **{answer: called(answer) for answer in ANSWERS},
    },
    "current": {"{}": lambda rows: f"{rows['mean'].iloc[0]:.3f} ± {rows['half_ci'].iloc[0]:.3f}"},
    "fusion": ERRORS,
    "fields": {
        "fields": len,
        **ERRORS,
        "diameter": mean("diameter", "%.3f"),
        "bimodal called bimodal": called("bimodal", "kind != 'uniform'"),
        "uniform called bimodal": called("bimodal", "kind == 'uniform'"),
    },
    "withdrawn": {
        "images": len,
        "uniform withdrawn": withdrawn("uniform"),
        "bimodal withdrawn": withdrawn("bimodal"),
    },
    "reached": {
        "bimodal mosaics": lambda rows: len(rows.query(PAIRS)),
        "called bimodal": called("bimodal", PAIRS),
        "on the map alone": lambda rows: (rows.query(PAIRS)["as_traced"] == "bimodal").mean(),
        "other mosaics": lambda rows: len(rows.query(f"not {PAIRS}")),
        "called bimodal by mistake": called("bimodal", f"not {PAIRS}"),
    },
    "missed": {
        "bimodal, not called so": lambda rows: (rows["verdict"] != "bimodal").sum(),
        "of them p below .05": lambda rows: len(rows.query("verdict != 'bimodal' and p_value < 0.05")),
        "least p": lambda rows: rows.query("verdict != 'bimodal'")["p_value"].min(),
        "grains lost, called": lambda rows: rows.query("verdict == 'bimodal'")["lost"].mean(),
        "grains lost, not called": lambda rows: rows.query("verdict != 'bimodal'")["lost"].mean(),
    },
    "by mosaic": {
        "images": len,
        "verdict": shares("verdict"),
        "on the map alone": shares("as_traced"),
        "true cells": shares("true_verdict"),
        "lost": mean("lost"),
        "cut": mean("cut"),
    },
    "counting": {"{} images": shares("verdict"), "{}, all counted": shares("verdict_of_all")},
    "means": {
        "images": len,
        "intercept as traced": found_over_true("intercept"),
        "intercept corrected": found_over_true("intercept", "_corrected"),
        "diameter as traced": found_over_true("diameter"),
        "diameter corrected": found_over_true("diameter", "_corrected"),
    },
    "no difference": {
        "whole procedure": only_value("any_rejection"),
        "Holm": only_value("any_rejection_holm"),
        "Fisher": only_value("verdicts_fisher"),
        "one, Welch": only_value("one_descriptor_welch"),
        "one, permutation": only_value("one_descriptor_permutation"),
        "joint permutation": only_value("any_rejection_joint"),
        "coverage of 95 %": only_value("coverage_95"),
    },
    "replicates": {
        "images as replicates": only_value("images_as_replicates"),
        "grains as replicates": only_value("grains_as_replicates"),
    },
    "power": {
        "Welch": only_value("one_descriptor_welch"),
        "permutation": only_value("one_descriptor_permutation"),
        "Holm": only_value("one_descriptor_holm"),
        "joint permutation": only_value("one_descriptor_joint"),
        "coverage of 95 %": only_value("coverage_95"),
    },
    "power of counts": {
        "Fisher": only_value("verdicts_fisher"),
        "whole procedure": only_value("any_rejection"),
    },
}

_VERDICTS, _PIXELS = "validation/verdict_summary.csv", "validation/calibration_end_to_end.csv"
_COMPARED, _OPTIMIZER = "validation/comparison_calibration.csv", "validation/optimizer_summary.csv"


def _of_optimizer(column: str, of: str = "mean", **where: str) -> str:
    return figure(_OPTIMIZER, column, 2, of, strategy="grainstats", **where)


#: what the first sentences of the validation pages tell
FIGURES: dict[str, Callable[[], str]] = {
    "one as two": lambda: figure(_VERDICTS, "called bimodal", of="max", part="one population"),
    "worst one as two": lambda: figure(_VERDICTS, "its share", 2, of="max", part="one population"),
    "two as one": lambda: figure(_VERDICTS, "called uniform", 4, of="max", part="excluded"),
    "pairs found": lambda: count(_PIXELS, "verdict", "bimodal", PAIRS),
    "others called so": lambda: count(_PIXELS, "verdict", "bimodal", f"not {PAIRS}"),
    "false differences": lambda: figure(
        _COMPARED, "any_rejection", scenario="normal, equal spread", samples="3 + 3"
    ),
    "most false differences": lambda: figure(
        _COMPARED, "any_rejection", scenario="unequal groups, small one spreads 3 x"
    ),
    "gain": lambda: _of_optimizer("minus plain", simulator="features mediate"),
    "gain beside direct": lambda: _of_optimizer("minus plain", simulator="mediate + direct"),
    "gain of nothing": lambda: _of_optimizer("minus plain", simulator="features say nothing"),
    "least inside": lambda: _of_optimizer("inside 95 %", "min"),
    "most inside": lambda: _of_optimizer("inside 95 %", "max"),
}
