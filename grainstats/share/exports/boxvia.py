"""CSV for BOXVIA: process parameters and one objective, its ranges, and a sidecar that remembers the rest.

BOXVIA (doi 10.1016/j.softx.2022.101019) reads one table of numbers whose last column is the objective.
Samples without the objective or with a missing parameter are left out, and so are parameters that are words
or were never changed. Microstructure exists only after synthesis and is never a parameter.

BOXVIA puts parameter names into constraints by replacing text, so that no name may be part of another one
or of a function's name, and rounds what it suggests to three decimals, so that 0.001 of a column must not
matter.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from grainstats.share.db.database import Database
from grainstats.share.quantity_units import Property, asked_for, known_properties, named, stored_quantity
from segment.errors import InputError

MAX_PARAMETERS = 20  #: of BOXVIA
NAME = "boxvia"
_FUNCTIONS = (
    "abs arccos arcsin arctan ceil cos cosh exp floor log log10 max min mod pi pow sin sinh sqrt sum tan tanh"
)
_RESOLUTION = 1e-3  #: BOXVIA's rounding of suggestions
_STEPS = 20  #: steps of that size that must fit between neighbouring values


@dataclass(frozen=True)
class BoxviaColumn:
    """One column of BOXVIA's table: ``column = scale * value`` with the value in `unit`."""

    column: str  #: name in the CSV
    parameter: str  #: name and unit as after ``param:`` (or ``prop:``) in samples.csv, ``"temperature_degC"``
    unit: str
    scale: float  #: power of ten
    low: float | None  #: range in `unit`; None for the objective
    high: float | None


def export_boxvia(
    db: Database, out: Path, objective: str | None, ranges: Mapping[str, tuple[float, float]]
) -> None:
    """Write ``boxvia.csv``, ``boxvia_range.csv`` and ``boxvia_sidecar.json``.

    `objective` and `ranges` as in `export`; parameters without a range extend over what was tried, and one
    that was never changed is exported only with a range. `InputError`: no such objective, no sample with it,
    nothing varied, or more than 20 parameters.
    """
    samples = db.samples()
    target = f"prop:{_objective(db, objective).column}"
    ranges = {stored_quantity(n): ends for n, ends in ranges.items()}
    parameters, left_out = _parameters(db, samples, ranges)
    used, dropped = _usable(db, samples, target, parameters)
    columns = _columns(db, used, parameters, target, ranges, left_out)
    sources = [*(f"param:{c.parameter}" for c in columns[:-1]), target]
    table = pd.DataFrame(
        {c.column: used[source].map(_scaled(c.scale)) for c, source in zip(columns, sources, strict=True)}
    )
    sidecar = {
        "format": 1,
        "objective": asdict(columns[-1]),
        "parameters": [asdict(c) for c in columns[:-1]],
        "left_out": left_out,
        "rows": used["sample_id"].tolist(),
        "behind": _behind(db, used["sample_id"].tolist()),
        "dropped": dropped,
        "snapshot_digest": db.snapshot_digest(),
        "note": "column = scale * value in unit; scales make BOXVIA's rounding to 3 decimals harmless",
    }
    _write(out, table, columns[:-1], sidecar)


def _behind(db: Database, sample_ids: list[str]) -> dict[str, list[dict[str, str]]]:
    """The analyses that each row's sample is known by, micrograph, model, recipe and code version each."""
    known = db.sample_results()[["sample_id", "analysis_id"]].merge(
        db.analyses(current=False).drop(columns="sample_id"), on="analysis_id"
    )
    known = known.sort_values(["sample_id", "analysis"], kind="stable")
    names = ["analysis", "path", "micrograph_digest", "model_digest", "recipe_digest", "code_version"]
    return {s: known.loc[known["sample_id"] == s, names].to_dict("records") for s in sample_ids}


def _write(out: Path, table: pd.DataFrame, columns: list[BoxviaColumn], sidecar: Mapping) -> None:
    data, limits, notes = (out / f"{NAME}{end}" for end in (".csv", "_range.csv", "_sidecar.json"))
    table.to_csv(data, index=False, lineterminator="\n")
    lines = [
        ["", *(c.column for c in columns)],
        ["Max", *(repr(_scaled(c.scale)(c.high)) for c in columns if c.high is not None)],
        ["Min", *(repr(_scaled(c.scale)(c.low)) for c in columns if c.low is not None)],
    ]
    limits.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    notes.write_text(json.dumps(sidecar, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _scaled(scale: float) -> Callable[[float], float]:
    """Multiply, without the noise of binary fractions."""
    return lambda value: float(f"{value * scale:.12g}") if scale != 1 else float(value)


def _objective(db: Database, objective: str | None) -> Property:
    """The property that is to be optimised; the only one where none is named."""
    known = known_properties(db.properties())
    listed = ", ".join(each.column for each in known) or "none"
    if objective is None and len(known) != 1:
        raise InputError(
            db.safe_url, f"one objective is needed, properties are: {listed}", "Name it with --objective"
        )
    found = known[0] if objective is None else named(asked_for(objective)[0], known)
    if found is None:
        what = f"there is no property {objective!r} (properties: {listed})"
        raise InputError(db.safe_url, what, "Import it, or name another")
    return found


def _parameters(
    db: Database, samples: pd.DataFrame, ranges: Mapping[str, tuple[float, float]]
) -> tuple[list[str], list[dict]]:
    """Numeric parameters that can be varied, and why the others were left out."""
    every = [str(c).removeprefix("param:") for c in samples if str(c).startswith("param:")]
    names = [name for name in every if not name.endswith("_category")]
    left_out = [{"parameter": n, "why": "words, not numbers"} for n in every if n.endswith("_category")]
    unknown = sorted(set(ranges) - set(names))
    if unknown:
        raise InputError(
            db.safe_url,
            f"ranges are given for unknown parameters: {', '.join(unknown)}",
            f"Known are {', '.join(names) or 'none'}",
        )
    return names, left_out


def _usable(
    db: Database, samples: pd.DataFrame, target: str, names: list[str]
) -> tuple[pd.DataFrame, list[dict]]:
    """Samples with the objective and every parameter that was ever recorded, and why others were dropped."""
    dropped, keep = [], []
    for row in samples.to_dict("records"):
        missing = [n for n in names if pd.isna(row[f"param:{n}"])]
        if pd.isna(row[target]):
            dropped.append({"sample_id": row["sample_id"], "why": "no objective"})
        elif missing:
            dropped.append({"sample_id": row["sample_id"], "why": f"no {', '.join(missing)}"})
        else:
            keep.append(row["sample_id"])
    if not keep:
        reasons = "; ".join(f"{d['sample_id']}: {d['why']}" for d in dropped[:5]) or "there are no samples"
        raise InputError(
            db.safe_url, f"no sample has the objective and all parameters ({reasons})", "Complete the samples"
        )
    return samples[samples["sample_id"].isin(keep)], dropped


def _columns(
    db: Database,
    used: pd.DataFrame,
    names: list[str],
    target: str,
    ranges: Mapping[str, tuple[float, float]],
    left_out: list[dict],
) -> list[BoxviaColumn]:
    """Columns in order, the objective last; constant parameters are noted in `left_out`."""
    varied: list[tuple[str, float, float, float]] = []
    for name in names:
        values = used[f"param:{name}"].astype(float)
        low, high = ranges.get(name, (values.min(), values.max()))
        if low < high:
            varied.append((name, float(low), float(high), scale_for(values, low, high)))
        else:
            left_out.append({"parameter": name, "why": "never changed", "value": float(low)})
    if not 1 <= len(varied) <= MAX_PARAMETERS:
        raise InputError(
            db.safe_url,
            f"{len(varied)} parameters were varied; BOXVIA takes 1 to {MAX_PARAMETERS}",
            "Vary a parameter, or remove some from the sample sheet",
        )
    goal = target.removeprefix("prop:")
    *columns, last = safe_names([n if s == 1 else f"{n}_x{s:.0f}" for n, _, _, s in varied] + [goal])
    return [
        *(
            BoxviaColumn(column, name, name.rpartition("_")[2], scale, low, high)
            for column, (name, low, high, scale) in zip(columns, varied, strict=True)
        ),
        BoxviaColumn(last, goal, goal.rpartition("_")[2], 1.0, None, None),
    ]


def safe_names(wanted: Sequence[str]) -> list[str]:
    """Names in the order of `wanted`, none part of another (in any case), each usable in a formula.

    Safe names stay as they are, but for characters other than letters, digits and ``_``; a name that is part
    of another one or of a function gets ``x01_``, ``x02_`` ... (its place) in front, or becomes that alone.
    """
    names = [_identifier(name) for name in wanted]
    for form in ("x{place:02d}_{name}", "x{place:02d}"):
        for _ in names:
            clashing = _clashing(names)
            if not clashing:
                return names
            for index in clashing:
                names[index] = form.format(place=index + 1, name=_identifier(wanted[index]))
    return [f"x{place:02d}" for place in range(1, len(wanted) + 1)]


def _identifier(name: str) -> str:
    plain = re.sub(r"\W+", "_", name.replace("%", "pct"), flags=re.ASCII).strip("_")
    return plain if plain[:1].isalpha() else f"x{plain}"


def _clashing(names: Sequence[str]) -> list[int]:
    """Places of the names that are part of another name or of a function's name."""
    lower = [name.lower() for name in names]
    functions = _FUNCTIONS.split()
    return [
        i
        for i, name in enumerate(lower)
        if any(name in other for j, other in enumerate(lower) if j != i) or any(name in f for f in functions)
    ]


def scale_for(values: Iterable[float], low: float, high: float) -> float:
    """Power of ten (1 or more) by which a column is multiplied, so that rounding to 0.001 is harmless.

    Harmless means: at least 20 rounding steps between any two values that were tried (differences below a
    millionth of the range do not count), and 1000 over the range.
    """
    span = high - low
    tried = sorted({*values, low, high})
    gaps = [b - a for a, b in pairwise(tried) if b - a > 1e-6 * span]
    if not gaps or span < 1e-30:
        return 1.0
    needed = max(_RESOLUTION * _STEPS / min(gaps), _RESOLUTION * 1000 / span)
    return 10.0 ** max(0, math.ceil(math.log10(needed) - 1e-9))
