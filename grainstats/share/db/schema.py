"""The tables of the shared database (SQLAlchemy 2), as they stand after the newest migration.

A *design* is what was asked for (route, campaign, process parameters), a *sample* is what came out of it, a
*micrograph* shows part of a sample, an *analysis* is one micrograph under one model and one recipe, a *pool*
is the set of analyses that one sample's verdict and descriptors were computed from. Analyses and pools are
never changed or deleted; `current_analysis` and `current_pool` point at the ones that count now.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa

Digest = sa.String(80)


def _column(*what: Any, **more: Any) -> Any:
    """A column; SQLAlchemy's annotations know it only outside classes."""
    return sa.Column(*what, **more)


class Base:
    """A table whose columns are the attributes of a class; constraint names are fixed for the migrations.

    SQLAlchemy's own declarative classes need its object mapper, which takes .13 s to import and set up.
    """

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __tablename__: ClassVar[str]
    __table_args__: ClassVar[tuple[Any, ...] | dict[str, Any]] = ()
    __table__: ClassVar[sa.Table]

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, sa.Column)}
        for name, column in own.items():
            column.name = column.key = name
        more = cls.__table_args__
        constraints, options = ((), more) if isinstance(more, dict) else (more, {})
        cls.__table__ = sa.Table(cls.__tablename__, cls.metadata, *own.values(), *constraints, **options)

    @classmethod
    def __clause_element__(cls) -> sa.Table:
        return cls.__table__  # what SQLAlchemy asks of whatever stands for a table


class Design(Base):
    """What was asked for; one row per distinct (route, campaign, parameters)."""

    __tablename__ = "design"
    id = _column(sa.Integer, primary_key=True)
    digest = _column(Digest, unique=True, nullable=False)
    route = _column(sa.String(20), nullable=False)
    campaign = _column(sa.String, nullable=False)
    __table_args__ = (sa.CheckConstraint("route IN ('ai', 'researcher')", name="route"),)


class DesignParameter(Base):
    """One process parameter: a number with its unit, or a word (unit ``category``)."""

    __tablename__ = "design_parameter"
    design_id = _column(sa.Integer, sa.ForeignKey("design.id"), primary_key=True)
    name = _column(sa.String, primary_key=True)
    value = _column(sa.Double)
    category = _column(sa.String)
    unit = _column(sa.String, nullable=False)


class Sample(Base):
    """One specimen; `made_on` and `position` (row of its sheet) say in which order samples were made."""

    __tablename__ = "sample"
    sample_id = _column(sa.String, primary_key=True)
    design_id = _column(sa.Integer, sa.ForeignKey("design.id"), index=True)
    images = _column(sa.String)
    created_at = _column(sa.String, nullable=False)
    made_on = _column(sa.String)
    position = _column(sa.Integer)


class Property(Base):
    """A measured property of a sample; `uncertainty` is one standard deviation in `unit`."""

    __tablename__ = "property"
    sample_id = _column(sa.String, sa.ForeignKey("sample.sample_id"), primary_key=True)
    name = _column(sa.String, primary_key=True)
    value = _column(sa.Double, nullable=False)
    uncertainty = _column(sa.Double)
    unit = _column(sa.String, nullable=False)


class Micrograph(Base):
    """One frame of one file, known by its bytes; calibration as last read.

    A field that several pictures show is one micrograph: `pictures` lists them, and its digest is made of
    theirs. `excluded` is the reason why it counts in no statistic.
    """

    __tablename__ = "micrograph"
    digest = _column(Digest, primary_key=True)
    sha256 = _column(Digest, index=True, nullable=False)
    frame = _column(sa.Integer, nullable=False)
    sample_id = _column(sa.String, sa.ForeignKey("sample.sample_id"), index=True)
    path = _column(sa.String, nullable=False)
    vendor = _column(sa.String, nullable=False)
    rows = _column(sa.Integer, nullable=False)
    columns = _column(sa.Integer, nullable=False)
    pixel_size_nm = _column(sa.Double)
    scale_source = _column(sa.String(20), nullable=False)
    scale_conflict = _column(sa.String)
    pictures = _column(sa.JSON)
    excluded = _column(sa.String)


class Model(Base):
    """Released weights, known by their digest."""

    __tablename__ = "model"
    digest = _column(Digest, primary_key=True)
    name = _column(sa.String, nullable=False)


class Recipe(Base):
    """The settings of a job, known by their digest; `text` is the TOML itself."""

    __tablename__ = "recipe"
    digest = _column(Digest, primary_key=True)
    text = _column(sa.String, nullable=False)


class Analysis(Base):
    """One micrograph under one model and one recipe; immutable."""

    __tablename__ = "analysis"
    id = _column(sa.Integer, primary_key=True)
    micrograph_digest = _column(Digest, sa.ForeignKey("micrograph.digest"), nullable=False)
    model_digest = _column(Digest, sa.ForeignKey("model.digest"), nullable=False)
    recipe_digest = _column(Digest, sa.ForeignKey("recipe.digest"), nullable=False)
    code_version = _column(sa.String, nullable=False)
    seed = _column(sa.BigInteger, nullable=False)
    pixel_size_nm = _column(sa.Double)
    scale_source = _column(sa.String(20), nullable=False)
    n_grains = _column(sa.Integer, nullable=False)
    warnings = _column(sa.JSON, nullable=False)
    artefacts = _column(sa.JSON, nullable=False)
    created_at = _column(sa.String, nullable=False)
    __table_args__ = (sa.UniqueConstraint("micrograph_digest", "model_digest", "recipe_digest"),)


class AnalysisSegmentation(Base):
    """How the image of an analysis was cut, with all that other cuts need (`segment.segmentation`).

    Empty where no model cut it, as a map of orientations.
    """

    __tablename__ = "analysis_segmentation"
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True)
    content = _column(sa.LargeBinary, nullable=False)


class CurrentAnalysis(Base):
    """The analysis of a micrograph that counts: the newest, until an older one is asked for again."""

    __tablename__ = "current_analysis"
    micrograph_digest = _column(Digest, sa.ForeignKey("micrograph.digest"), primary_key=True)
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"), index=True, nullable=False)


class Grain(Base):
    """One grain of one analysis; columns of `grainstats.measure.grain_table`."""

    __tablename__ = "grain"
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True)
    label = _column(sa.Integer, primary_key=True)
    y_px = _column(sa.Double)
    x_px = _column(sa.Double)
    area_nm2 = _column(sa.Double, nullable=False)
    equivalent_diameter_nm = _column(sa.Double, nullable=False)
    perimeter_nm = _column(sa.Double)
    feret_max_nm = _column(sa.Double)
    feret_min_nm = _column(sa.Double)
    aspect_ratio = _column(sa.Double)
    orientation_deg = _column(sa.Double)
    bbox_y0_px = _column(sa.Integer)
    bbox_x0_px = _column(sa.Integer)
    bbox_y1_px = _column(sa.Integer)
    bbox_x1_px = _column(sa.Integer)
    touches_frame = _column(sa.Boolean, nullable=False)
    weight = _column(sa.Double)
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012


class AnalysisIntercepts(Base):
    """The intercepts of one analysis as a Parquet file (`grainstats.measure.intercept_table`).

    As rows they would be most of a database, and no query asks for single ones.
    """

    __tablename__ = "analysis_intercepts"
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True)
    content = _column(sa.LargeBinary, nullable=False)


class Pool(Base):
    """One statistical summary of one sample: which analyses, which code; immutable.

    `judging_digest` names the rules and the null mosaics that judged (`grainstats.infer.judging_digest`).
    """

    __tablename__ = "pool"
    id = _column(sa.Integer, primary_key=True)
    digest = _column(Digest, unique=True, nullable=False)
    sample_id = _column(sa.String, sa.ForeignKey("sample.sample_id"), index=True, nullable=False)
    code_version = _column(sa.String, nullable=False)
    created_at = _column(sa.String, nullable=False)
    judging_digest = _column(Digest)


class PoolMember(Base):
    """An analysis that entered a pool."""

    __tablename__ = "pool_member"
    pool_id = _column(sa.Integer, sa.ForeignKey("pool.id"), primary_key=True)
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True, index=True)


class CurrentPool(Base):
    """The pool of a sample that counts."""

    __tablename__ = "current_pool"
    sample_id = _column(sa.String, sa.ForeignKey("sample.sample_id"), primary_key=True)
    pool_id = _column(sa.Integer, sa.ForeignKey("pool.id"), index=True, nullable=False)


class Descriptor(Base):
    """A named number of an image (`analysis_id`) or of a sample (`pool_id`), never of both."""

    __tablename__ = "descriptor"
    id = _column(sa.Integer, primary_key=True)
    analysis_id = _column(sa.Integer, sa.ForeignKey("analysis.id"))
    pool_id = _column(sa.Integer, sa.ForeignKey("pool.id"))
    name = _column(sa.String, nullable=False)
    value = _column(sa.Double)
    ci_low = _column(sa.Double)
    ci_high = _column(sa.Double)
    unit = _column(sa.String, nullable=False)
    method = _column(sa.String, nullable=False)
    __table_args__ = (
        sa.UniqueConstraint("analysis_id", "name"),
        sa.UniqueConstraint("pool_id", "name"),
        sa.CheckConstraint("(analysis_id IS NULL) <> (pool_id IS NULL)", name="one_owner"),
    )


class Verdict(Base):
    """Uniform, bimodal or indeterminate; `result` holds every field of `ModalityVerdict`."""

    __tablename__ = "verdict"
    pool_id = _column(sa.Integer, sa.ForeignKey("pool.id"), primary_key=True)
    verdict = _column(sa.String(20), nullable=False)
    reason = _column(sa.String, nullable=False)
    p_value = _column(sa.Double)
    mode_ratio = _column(sa.Double)
    power = _column(sa.Double)
    n_images = _column(sa.Integer, nullable=False)
    n_interior = _column(sa.Integer, nullable=False)
    seed = _column(sa.BigInteger, nullable=False)
    result = _column(sa.JSON, nullable=False)


class Suggestion(Base):
    """A proposed next experiment, by the optimizer or by a researcher."""

    __tablename__ = "suggestion"
    id = _column(sa.Integer, primary_key=True)
    digest = _column(Digest, unique=True, nullable=False)
    origin = _column(sa.String(20), nullable=False)
    campaign = _column(sa.String, nullable=False)
    model = _column(sa.String, nullable=False)
    snapshot_digest = _column(Digest, nullable=False)
    seed = _column(sa.BigInteger)
    parameters = _column(sa.JSON, nullable=False)
    predictions = _column(sa.JSON, nullable=False)
    created_at = _column(sa.String, nullable=False)
    objective = _column(sa.String)
    reason = _column(sa.String)
    __table_args__ = (sa.CheckConstraint("origin IN ('ai', 'researcher')", name="origin"),)


class Failure(Base):
    """An input that could not be analysed, and what to do about it."""

    __tablename__ = "failure"
    path = _column(sa.String, primary_key=True)
    digest = _column(Digest, primary_key=True)
    reason = _column(sa.String, nullable=False)
    remedy = _column(sa.String, nullable=False)
    created_at = _column(sa.String, nullable=False)
