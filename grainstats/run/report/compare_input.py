"""From the database to what a comparison needs: a row per sample, a row per image, and what to draw."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from grainstats._version import __version__
from grainstats.infer.comparison.groupings import is_measurement
from grainstats.infer.comparison.groups import (
    GroupComparison,
    VerdictComparison,
    compare_groups,
    compare_verdicts,
)
from grainstats.run.report.compare_words import paragraph
from grainstats.run.report.wording import first_of
from grainstats.share import Database
from grainstats.share.db.records import CORRECTION
from grainstats.share.quantity_units import stored_name
from segment.errors import InputError

OF_ITS_GRAINS = ("equivalent_diameter_mean_nm", "aspect_ratio_mean", "boundary_density_per_um")
"""Descriptors that a map decides alone, without random test lines: all equal in two images are no chance."""


@dataclass(frozen=True, eq=False)
class ComparisonInput:
    """The samples table with one summary of each descriptor, and what stands behind it."""

    #: one row per sample: ``sample_id``, design, parameters, properties, descriptors, ``verdict``,
    #: ``n_images``, ``n_grains``
    samples: pd.DataFrame
    images: pd.DataFrame  #: one row per image: ``sample_id`` and the image's descriptors
    descriptors: tuple[str, ...]  #: columns of `samples` that are descriptors
    units: dict[str, str]
    notes: tuple[str, ...]  #: samples without measurements and the like, in words


def read_comparison_input(db: Database) -> ComparisonInput:
    """Read the current descriptors and verdicts of every sample. `InputError`: there are no samples."""
    samples = db.samples().replace({"campaign": {"": None}})
    if samples.empty:
        raise InputError(
            db.safe_url, "holds no samples", "Run `grainstats run ... --db` with a samples.csv first"
        )
    by_sample, by_image = db.descriptors("sample"), db.descriptors("image")
    wide = by_sample.pivot(index="sample_id", columns="name", values="value")
    wide = wide.drop(columns=["n_images", "n_grains"], errors="ignore")  # counted from the analyses
    behind = db.sample_results().merge(db.analyses(current=False).drop(columns="sample_id"), on="analysis_id")
    by_image = by_image[by_image["analysis_id"].isin(behind["analysis_id"])]  # no excluded ones
    images = by_image.pivot(index=["sample_id", "analysis_id"], columns="name", values="value").reset_index()
    counts = behind.groupby("sample_id")["n_grains"].agg(n_images="size", n_grains="sum")
    table = samples.join(wide, on="sample_id").join(counts, on="sample_id")
    verdicts = db.verdicts().set_index("sample_id")["verdict"]
    table["verdict"] = table["sample_id"].map(verdicts)
    empty = table.loc[~table["sample_id"].isin(wide.index), "sample_id"]
    notes = [f"without measurements: {', '.join(map(str, empty))}"] if len(empty) else []
    units = dict(zip(by_sample["name"], by_sample["unit"], strict=True))
    notes += [*_ways(behind), *_images_of_two_samples(images)]
    return ComparisonInput(table, images, tuple(map(str, wide.columns)), units, tuple(notes))


def _images_of_two_samples(images: pd.DataFrame) -> list[str]:
    """A note for samples with an image that gives the same numbers throughout: it is one, saved twice."""
    numbers = list(OF_ITS_GRAINS)
    told = images.reindex(columns=["sample_id", *numbers]).dropna()
    alike = told[told.duplicated(numbers, keep=False)].groupby(numbers, sort=False)
    shared = {tuple(sorted(set(ids))): None for _, ids in alike["sample_id"]}
    return [
        f"one image counts in {' and in '.join(ids)}: exclude it where it does not belong (sheet of images)"
        for ids in shared
        if len(ids) > 1
    ]


def _ways(behind: pd.DataFrame) -> list[str]:
    """Notes where samples were measured with several models or recipes, or some maps corrected by hand."""
    by_hand = behind["model_digest"].str.startswith(CORRECTION)
    notes = []
    if by_hand.any() and not by_hand.all():
        names = first_of(sorted(set(behind.loc[by_hand, "sample_id"])))
        alike = "correct those of the other samples with the same care, or none"
        notes = [f"maps corrected by hand count in {names}, which may make a difference: {alike}"]
    ways = behind[~by_hand].groupby(["model_digest", "recipe_digest"])["sample_id"].unique()
    if len(ways) > 1:
        said = [
            f"{first_of(list(samples))} (model {model[:12]}, recipe {recipe[:12]})"
            for (model, recipe), samples in ways.items()
        ]
        remedy = "run them all with one model and recipe"
        notes += [f"measured in different ways, which may make a difference: {'; '.join(said)}; {remedy}"]
    return notes


HEADLINE = (
    "intercept_mean_nm",
    "intercept_cv",
    "equivalent_diameter_mean_nm",
    "equivalent_diameter_area_weighted_mean_nm",
    "boundary_density_per_um",
    "triple_junctions_per_um2",
    "aspect_ratio_mean",
)
"""Compared where the user names nothing: few, so that Holm's charge stays small; chosen before any data."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Groups of the database's samples, compared: all that report and ``--json`` say."""

    source: str  #: database, without folders and credentials
    samples: pd.DataFrame  #: those with a value of any descriptor
    by: str  #: column that makes the groups, in the database's spelling
    comparisons: tuple[GroupComparison, ...]
    verdicts: VerdictComparison | None  #: None where no sample of the groups was judged
    notes: tuple[str, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        return self.comparisons[0].levels

    @property
    def common_notes(self) -> tuple[str, ...]:
        """What holds for every descriptor, to be said once."""
        if len(self.comparisons) < 2:
            return ()
        first = self.comparisons[0]
        said = [s for s in (first.reason, *first.notes) if s]
        return tuple(s for s in said if all(s in (c.reason, *c.notes) for c in self.comparisons))

    def document(self) -> dict[str, Any]:
        """The ``--json`` document."""
        return {
            "by": self.by,
            "levels": list(self.levels),
            "design": self.design(),
            "comparisons": [asdict(c) for c in self.comparisons],
            "verdicts": asdict(self.verdicts) if self.verdicts else None,
            "paragraph": paragraph(self.comparisons, self.verdicts),
            "notes": list(self.notes),
            "database": self.source,
            "code_version": __version__,
        }

    def design(self) -> list[dict[str, Any]]:
        """Samples, images and grains per group: the largest number any descriptor rests on."""
        counts = ("n_samples", "n_images", "n_grains")
        most = [max(self.comparisons, key=lambda c: c.n_samples[i]) for i in range(len(self.levels))]
        return [
            {"level": level} | {name: getattr(c, name)[i] for name in counts}
            for i, (level, c) in enumerate(zip(self.levels, most, strict=True))
        ]


def compare_stored(
    db: Database,
    by: str,
    named: Sequence[str] = (),
    covariates: Sequence[str] = (),
    block: str | None = None,
    reference: str | None = None,
    bins: int | None = None,
    *,
    every: bool = False,
    only: Collection[str] | None = None,
) -> Compared:
    """Compare the samples of a database (`only` some of them); columns are spelled as in a sample sheet."""
    by, block = stored_name(by), None if block is None else stored_name(block)
    named, covariates = ([stored_name(each) for each in names] for names in (named, covariates))
    found = read_comparison_input(db)
    if not named and not found.descriptors:
        raise InputError(
            db.safe_url,
            "holds no descriptors of any sample",
            "Run `grainstats run ... --db` to the end first, or name properties by --descriptor",
        )
    names = choose_descriptors(found, named, every, (by, block, *covariates))
    samples = found.samples[found.samples[names].notna().any(axis=1)]
    samples = samples if only is None else samples[samples["sample_id"].isin(only)]
    comparisons = compare_groups(
        samples, by, names, covariates, block=block, reference=reference, bins=bins,
        images=found.images, units=found.units,
    )  # fmt: skip
    verdicts = compare_verdicts(samples, by, reference=reference, bins=bins)
    judged = verdicts if any(map(any, verdicts.counts)) else None
    return Compared(db.name, samples, by, tuple(comparisons), judged, found.notes)


def choose_descriptors(
    found: ComparisonInput, named: Sequence[str], every: bool, used: Sequence[str | None] = ()
) -> list[str]:
    """The family of descriptors to compare: the named ones, all, or the headline ones that are there.

    Columns that make the groups or are held constant (`used`) are not compared unless named. `InputError`
    where a named descriptor is not there, or is no number.
    """
    numbers = found.samples.select_dtypes("number").columns
    unknown = [name for name in named if name not in numbers]
    if unknown:
        properties = [name for name in numbers if name.startswith("prop:")]
        raise InputError(
            "--descriptor",
            f"no descriptor {', '.join(unknown)}",
            f"There are: {', '.join([*found.descriptors, *properties])}",
        )
    if named:
        return list(dict.fromkeys(named))
    usable = [d for d in found.descriptors if d not in used and is_measurement(d)]
    headline = [d for d in HEADLINE if d in usable]
    return usable if every or not headline else headline
