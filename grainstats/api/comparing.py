"""Do groups of samples differ?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd

from grainstats.api.results import Results
from segment.errors import InputError

if TYPE_CHECKING:
    from grainstats.infer.comparison.result import GroupComparison, VerdictComparison


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    by : str
        Column that makes the groups.
    descriptors : tuple of GroupComparison
        One per descriptor, with its effect, interval and p-values.
    verdicts : VerdictComparison or None
        Verdicts counted by group; None where none were given.
    notes : tuple of str
        What a reader must know of the samples.

    Examples
    --------
    >>> import pandas as pd, grainstats as gs
    >>> table = pd.DataFrame({"sample_id": list("abcd"), "route": ["ai", "ai", "by hand", "by hand"],
    ...                       "intercept_mean_nm": [61.0, 58.0, 40.0, 43.0]})
    >>> found = gs.compare(table, by="route")
    >>> found.by, list(found.table["descriptor"])
    ('route', ['intercept_mean_nm'])
    """

    by: str
    descriptors: tuple[GroupComparison, ...]
    verdicts: VerdictComparison | None
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row per descriptor: estimate (a ratio, or a difference), 95 % interval, p, Holm's p."""
        names = ("descriptor", "unit", "scale", "estimate", "ci_low", "ci_high", "p_value", "p_holm")
        return pd.DataFrame(
            [[getattr(c, name) for name in names] for c in self.descriptors], columns=list(names)
        )

    def __repr__(self) -> str:
        text: str = self.table.to_string(index=False, float_format="{:.3g}".format, na_rep="")
        return text

    def _repr_html_(self) -> str:
        html: str = self.table.to_html(index=False, float_format="{:.3g}".format, na_rep="")
        return html


def compare(
    source: Results | pd.DataFrame | str | PathLike[str],
    by: str = "design_route",
    descriptors: Sequence[str] = (),
    *,
    covariates: Sequence[str] = (),
    block: str | None = None,
    reference: str | None = None,
    bins: int | None = None,
) -> Comparison:
    """Compare groups of samples: one value per sample, effects with intervals, p-values that count samples.

    Parameters
    ----------
    source : Results, DataFrame, path or URL
        Results or a database whose samples carry `by` (from samples.csv); or a table with one row per sample:
        ``sample_id``, `by`, numbers, and ``verdict`` where there is one.
    by : str
        Column that makes the groups: ``design_route``, ``campaign``, ``param:...``.
    descriptors : str or sequence of str
        Columns to compare; empty: the headline ones of results, all numbers of a table.
    covariates : str or sequence of str
        Columns held constant.
    block : str, optional
        Column whose levels share a random intercept.
    reference : str, optional
        Group in the denominator of ratios.
    bins : int, optional
        Cut a numeric `by` into so many groups.

    Returns
    -------
    Comparison
        ``table`` is a DataFrame with one row per descriptor.

    Raises
    ------
    segment.errors.InputError
        A column is missing or cannot make groups; there is nothing to compare.

    Examples
    --------
    >>> import pandas as pd, grainstats as gs
    >>> spacing = [61.0, 58.0, 66.0, 40.0, 43.0, 38.0]
    >>> table = pd.DataFrame({"sample_id": list("abcdef"), "route": ["ai"] * 3 + ["researcher"] * 3,
    ...                       "intercept_mean_nm": spacing})
    >>> found = gs.compare(table, by="route").table
    >>> round(float(found["estimate"].iloc[0]), 2), bool(found["p_value"].iloc[0] < 0.05)
    (1.53, True)
    """
    descriptors, covariates = ([n] if isinstance(n, str) else list(n) for n in (descriptors, covariates))
    if isinstance(source, pd.DataFrame):
        from grainstats.infer.comparison.groups import compare_groups, compare_verdicts

        found = compare_groups(
            source, by, descriptors or None, covariates, block=block, reference=reference, bins=bins
        )
        if not found:
            raise InputError("table", "it has no column of numbers", "Give one, or make numbers of the texts")
        judged = "verdict" in source
        verdicts = compare_verdicts(source, by, reference=reference, bins=bins) if judged else None
        return Comparison(by, tuple(found), verdicts)
    from grainstats.api.stored import database_url
    from grainstats.run.report.compare_input import compare_stored
    from grainstats.share import Database

    own = list(source.samples) if isinstance(source, Results) else None
    url = source.database if isinstance(source, Results) else database_url(source)
    with Database.open(url, create=False) as db:
        stored = compare_stored(db, by, descriptors, covariates, block, reference, bins, only=own)
    return Comparison(stored.by, stored.comparisons, stored.verdicts, stored.notes)
