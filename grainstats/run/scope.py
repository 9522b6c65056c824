"""Which rows of a shared database belong to a run, each table read once."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from grainstats.run.recipe import Recipe
from grainstats.share.db.database import Database
from grainstats.share.db.records import CORRECTION
from segment.unet.model_folder import Model


@dataclass(frozen=True, eq=False)
class Rows:
    """What a database holds of a run; a table is read when it is first asked for, and then kept.

    Verdicts and descriptors of samples are those of the moment they are first asked for: after judging.
    """

    db: Database
    sample_ids: tuple[str, ...]  #: the samples in scope
    model: Model
    recipe: Recipe

    @cached_property
    def every_image(self) -> pd.DataFrame:
        """Calibrated analyses of the run's model, or corrected by hand, and recipe, with their micrographs.

        Of all samples; column ``excluded`` says why an image counts in no statistic.  Ordered by sample and
        micrograph digest: no number may depend on the order in which results arrived.
        """
        found = self.db.analyses()
        made_by = found["model_digest"]
        ours = found[
            ((made_by == self.model.digest) | made_by.str.startswith(CORRECTION))
            & (found["recipe_digest"] == self.recipe.digest())
            & found["pixel_size_nm"].notna()
        ]
        own = ["vendor", "rows", "columns", "scale_conflict", "frame", "pictures", "excluded"]
        facts = self.db.micrographs()[["micrograph_digest", *own]]
        merged = ours.merge(facts, on="micrograph_digest", how="left")
        return merged.sort_values(["sample_id", "micrograph_digest"], ignore_index=True)

    @cached_property
    def counting(self) -> pd.DataFrame:
        """The rows of `every_image` that count, of all samples."""
        return self.every_image[self.every_image["excluded"].isna()].reset_index(drop=True)

    @cached_property
    def images(self) -> pd.DataFrame:
        """The images in scope that count."""
        return self.ours(self.counting)

    @cached_property
    def excluded(self) -> pd.DataFrame:
        """The images in scope that do not."""
        return self.ours(self.every_image[self.every_image["excluded"].notna()])

    @cached_property
    def samples(self) -> pd.DataFrame:
        """All samples of the database, as `Database.samples`."""
        return self.db.samples()

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """Verdicts in scope."""
        return self.ours(self.db.verdicts())

    @cached_property
    def per_sample(self) -> pd.DataFrame:
        """Descriptors of the samples in scope."""
        return self.ours(self.db.descriptors("sample"))

    @cached_property
    def per_image(self) -> pd.DataFrame:
        """Descriptors of the images in scope, excluded ones too."""
        return self.ours(self.db.descriptors("image"))

    def grains(self, sample_id: str) -> pd.DataFrame:
        """Grains of a sample, as `Database.grains`; those of the last one asked for are kept."""
        return self._of_sample("grains", sample_id)

    def intercepts(self, sample_id: str) -> pd.DataFrame:
        """Intercepts of a sample, as `grains`."""
        return self._of_sample("intercepts", sample_id)

    @cached_property
    def _kept(self) -> dict[str, tuple[str, pd.DataFrame]]:
        return {}

    def _of_sample(self, table: str, sample_id: str) -> pd.DataFrame:
        if table not in self._kept or self._kept[table][0] != sample_id:
            self._kept.pop(table, None)  # millions of rows of two samples never stand in memory together
            self._kept[table] = sample_id, getattr(self.db, table)(sample_id)
        return self._kept[table][1]

    def ours(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of the samples in scope."""
        return table[table["sample_id"].isin(self.sample_ids)].reset_index(drop=True)
