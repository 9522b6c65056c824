"""The tables of the shared database (SQLAlchemy 2), as they stand after the newest migration.

A *design* is what was asked for (route, campaign, process parameters), a *sample* is what came out of it, a
*micrograph* shows part of a sample, an *analysis* is one micrograph under one model and one recipe, a *pool*
is the set of analyses that one sample's verdict and descriptors were computed from. Analyses and pools are
never changed or deleted; `current_analysis` and `current_pool` point at the ones that count now.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Digest = sa.String(80)


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can refer to them."""

    type_annotation_map = {dict[str, Any]: sa.JSON, list[Any]: sa.JSON}  # noqa: RUF012
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Design(Base):
    """What was asked for; one row per distinct (route, campaign, parameters)."""

    __tablename__ = "design"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, unique=True)
    route: Mapped[str] = mapped_column(sa.String(20))
    campaign: Mapped[str]
    __table_args__ = (sa.CheckConstraint("route IN ('ai', 'researcher')", name="route"),)


class DesignParameter(Base):
    """One process parameter: a number with its unit, or a word (unit ``category``)."""

    __tablename__ = "design_parameter"
    design_id: Mapped[int] = mapped_column(sa.ForeignKey("design.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None]
    category: Mapped[str | None]
    unit: Mapped[str]


class Sample(Base):
    """One specimen; `made_on` and `position` (row of its sheet) say in which order samples were made."""

    __tablename__ = "sample"
    sample_id: Mapped[str] = mapped_column(primary_key=True)
    design_id: Mapped[int | None] = mapped_column(sa.ForeignKey("design.id"), index=True)
    images: Mapped[str | None]
    created_at: Mapped[str]
    made_on: Mapped[str | None]
    position: Mapped[int | None]


class Property(Base):
    """A measured property of a sample; `uncertainty` is one standard deviation in `unit`."""

    __tablename__ = "property"
    sample_id: Mapped[str] = mapped_column(sa.ForeignKey("sample.sample_id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    uncertainty: Mapped[float | None]
    unit: Mapped[str]


class Micrograph(Base):
    """One frame of one file, known by its bytes; calibration as last read.

    A field that several pictures show is one micrograph: `pictures` lists them, and its digest is made of
    theirs. `excluded` is the reason why it counts in no statistic.
    """

    __tablename__ = "micrograph"
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    sha256: Mapped[str] = mapped_column(Digest, index=True)
    frame: Mapped[int]
    sample_id: Mapped[str | None] = mapped_column(sa.ForeignKey("sample.sample_id"), index=True)
    path: Mapped[str]
    vendor: Mapped[str]
    rows: Mapped[int]
    columns: Mapped[int]
    pixel_size_nm: Mapped[float | None]
    scale_source: Mapped[str] = mapped_column(sa.String(20))
    scale_conflict: Mapped[str | None]
    pictures: Mapped[list[Any] | None]
    excluded: Mapped[str | None]


class Model(Base):
    """Released weights, known by their digest."""

    __tablename__ = "model"
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    name: Mapped[str]


class Recipe(Base):
    """The settings of a job, known by their digest; `text` is the TOML itself."""

    __tablename__ = "recipe"
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    text: Mapped[str]


class Analysis(Base):
    """One micrograph under one model and one recipe; immutable."""

    __tablename__ = "analysis"
    id: Mapped[int] = mapped_column(primary_key=True)
    micrograph_digest: Mapped[str] = mapped_column(sa.ForeignKey("micrograph.digest"))
    model_digest: Mapped[str] = mapped_column(sa.ForeignKey("model.digest"))
    recipe_digest: Mapped[str] = mapped_column(sa.ForeignKey("recipe.digest"))
    code_version: Mapped[str]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    pixel_size_nm: Mapped[float | None]
    scale_source: Mapped[str] = mapped_column(sa.String(20))
    n_grains: Mapped[int]
    warnings: Mapped[list[Any]]
    artefacts: Mapped[dict[str, Any]]
    created_at: Mapped[str]
    __table_args__ = (sa.UniqueConstraint("micrograph_digest", "model_digest", "recipe_digest"),)


class AnalysisSegmentation(Base):
    """How the image of an analysis was cut, with all that other cuts need (`segment.segmentation`).

    Empty where no model cut it, as a map of orientations.
    """

    __tablename__ = "analysis_segmentation"
    analysis_id: Mapped[int] = mapped_column(sa.ForeignKey("analysis.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class CurrentAnalysis(Base):
    """The analysis of a micrograph that counts: the newest, until an older one is asked for again."""

    __tablename__ = "current_analysis"
    micrograph_digest: Mapped[str] = mapped_column(sa.ForeignKey("micrograph.digest"), primary_key=True)
    analysis_id: Mapped[int] = mapped_column(sa.ForeignKey("analysis.id"), index=True)


class Grain(Base):
    """One grain of one analysis; columns of `grainstats.measure.grain_table`."""

    __tablename__ = "grain"
    analysis_id: Mapped[int] = mapped_column(sa.ForeignKey("analysis.id"), primary_key=True)
    label: Mapped[int] = mapped_column(primary_key=True)
    y_px: Mapped[float | None]
    x_px: Mapped[float | None]
    area_nm2: Mapped[float]
    equivalent_diameter_nm: Mapped[float]
    perimeter_nm: Mapped[float | None]
    feret_max_nm: Mapped[float | None]
    feret_min_nm: Mapped[float | None]
    aspect_ratio: Mapped[float | None]
    orientation_deg: Mapped[float | None]
    bbox_y0_px: Mapped[int | None]
    bbox_x0_px: Mapped[int | None]
    bbox_y1_px: Mapped[int | None]
    bbox_x1_px: Mapped[int | None]
    touches_frame: Mapped[bool]
    weight: Mapped[float | None]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012


class AnalysisIntercepts(Base):
    """The intercepts of one analysis as a Parquet file (`grainstats.measure.intercept_table`).

    As rows they would be most of a database, and no query asks for single ones.
    """

    __tablename__ = "analysis_intercepts"
    analysis_id: Mapped[int] = mapped_column(sa.ForeignKey("analysis.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Pool(Base):
    """One statistical summary of one sample: which analyses, which code; immutable.

    `judging_digest` names the rules and the null mosaics that judged (`grainstats.infer.judging_digest`).
    """

    __tablename__ = "pool"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, unique=True)
    sample_id: Mapped[str] = mapped_column(sa.ForeignKey("sample.sample_id"), index=True)
    code_version: Mapped[str]
    created_at: Mapped[str]
    judging_digest: Mapped[str | None] = mapped_column(Digest)


class PoolMember(Base):
    """An analysis that entered a pool."""

    __tablename__ = "pool_member"
    pool_id: Mapped[int] = mapped_column(sa.ForeignKey("pool.id"), primary_key=True)
    analysis_id: Mapped[int] = mapped_column(sa.ForeignKey("analysis.id"), primary_key=True, index=True)


class CurrentPool(Base):
    """The pool of a sample that counts."""

    __tablename__ = "current_pool"
    sample_id: Mapped[str] = mapped_column(sa.ForeignKey("sample.sample_id"), primary_key=True)
    pool_id: Mapped[int] = mapped_column(sa.ForeignKey("pool.id"), index=True)


class Descriptor(Base):
    """A named number of an image (`analysis_id`) or of a sample (`pool_id`), never of both."""

    __tablename__ = "descriptor"
    id: Mapped[int] = mapped_column(primary_key=True)
    analysis_id: Mapped[int | None] = mapped_column(sa.ForeignKey("analysis.id"))
    pool_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pool.id"))
    name: Mapped[str]
    value: Mapped[float | None]
    ci_low: Mapped[float | None]
    ci_high: Mapped[float | None]
    unit: Mapped[str]
    method: Mapped[str]
    __table_args__ = (
        sa.UniqueConstraint("analysis_id", "name"),
        sa.UniqueConstraint("pool_id", "name"),
        sa.CheckConstraint("(analysis_id IS NULL) <> (pool_id IS NULL)", name="one_owner"),
    )


class Verdict(Base):
    """Uniform, bimodal or indeterminate; `result` holds every field of `ModalityVerdict`."""

    __tablename__ = "verdict"
    pool_id: Mapped[int] = mapped_column(sa.ForeignKey("pool.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(sa.String(20))
    reason: Mapped[str]
    p_value: Mapped[float | None]
    mode_ratio: Mapped[float | None]
    power: Mapped[float | None]
    n_images: Mapped[int]
    n_interior: Mapped[int]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    result: Mapped[dict[str, Any]]


class Suggestion(Base):
    """A proposed next experiment, by the optimizer or by a researcher."""

    __tablename__ = "suggestion"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, unique=True)
    origin: Mapped[str] = mapped_column(sa.String(20))
    campaign: Mapped[str]
    model: Mapped[str]
    snapshot_digest: Mapped[str] = mapped_column(Digest)
    seed: Mapped[int | None] = mapped_column(sa.BigInteger)
    parameters: Mapped[dict[str, Any]]
    predictions: Mapped[dict[str, Any]]
    created_at: Mapped[str]
    objective: Mapped[str | None]
    reason: Mapped[str | None]
    __table_args__ = (sa.CheckConstraint("origin IN ('ai', 'researcher')", name="origin"),)


class Failure(Base):
    """An input that could not be analysed, and what to do about it."""

    __tablename__ = "failure"
    path: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    reason: Mapped[str]
    remedy: Mapped[str]
    created_at: Mapped[str]
