"""Properties of samples as people ask for them: ``jc``, ``jc_kA/cm2``, ``prop:jc_kA_per_cm2:minimise``."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from grainstats.share.quantity_units import stored_quantity


@dataclass(frozen=True)
class Property:
    """A measured property; the database keeps each in one unit."""

    name: str
    unit: str

    @property
    def column(self) -> str:
        """As in the table of samples, behind ``prop:``."""
        return f"{self.name}_{self.unit}"


def asked_for(text: str) -> tuple[str, str]:
    """Name, with its unit as the database spells it, and direction; each empty where it is not said.

    Examples
    --------
    >>> asked_for(" prop:anneal_C:minimise"), asked_for("jc")
    (('anneal_degC', 'minimise'), ('jc', ''))
    """
    name, _, direction = text.strip().removeprefix("prop:").partition(":")
    return stored_quantity(name.strip()), direction.strip()


def known_properties(table: pd.DataFrame) -> list[Property]:
    """Those of `Database.properties`, by name."""
    pairs = table[["name", "unit"]].drop_duplicates("name")
    return [Property(str(name), str(unit)) for name, unit in pairs.itertuples(index=False)]


def named(name: str, known: list[Property]) -> Property | None:
    """The property that is called so, with or without its unit."""
    return next((p for p in known if name in (p.name, p.column)), None)
