"""Which rows of a shared database belong to a run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from grainstats.run.recipe import Recipe
from grainstats.share.db.database import Database
from grainstats.share.db.records import CORRECTION
from segment.unet.model_folder import Model


@dataclass(frozen=True)
class Scope:
    """Which rows of a database, which others may share, belong to a run.

    Attributes
    ----------
    sample_ids : tuple of str
    model : Model
    recipe : Recipe
    """

    sample_ids: tuple[str, ...]
    model: Model
    recipe: Recipe

    def analyses(self, db: Database) -> pd.DataFrame:
        """Calibrated analyses of this model, or corrected by hand, and recipe, with their micrographs' facts.

        Images that are excluded are not among them.  Ordered by sample and micrograph digest: no number may
        depend on the order in which results arrived.
        """
        every = self.images(db)
        return every[every["excluded"].isna()].reset_index(drop=True)

    def images(self, db: Database) -> pd.DataFrame:
        """As `analyses`, with those that count in no statistic; column ``excluded`` says why."""
        found = db.analyses()
        made_by = found["model_digest"]
        ours = found[
            ((made_by == self.model.digest) | made_by.str.startswith(CORRECTION))
            & (found["recipe_digest"] == self.recipe.digest())
            & found["pixel_size_nm"].notna()
        ]
        own = ["vendor", "rows", "columns", "scale_conflict", "frame", "pictures", "excluded"]
        facts = db.micrographs()[["micrograph_digest", *own]]
        merged = ours.merge(facts, on="micrograph_digest", how="left")
        return merged.sort_values(["sample_id", "micrograph_digest"], ignore_index=True)
