"""The tables of the shared database (SQLAlchemy 2), as they stand after the newest migration.

A *design* is what was asked for (route, campaign, process parameters), a *sample* is what came out of it, a
*micrograph* shows part of a sample, an *analysis* is one micrograph under one model and one recipe, a *sample
result* is what the analyses of one sample came to: its verdict and descriptors. Analyses and sample results
are never changed or deleted; `current_analysis` and `current_sample_result` point at those that count now.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={  # names are fixed so that migrations can refer to them
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_DIGEST = sa.String(80)  #: SHA-256 in hex (64), with a frame or `correction:` beside it
OPTIMIZER_COLUMNS = tuple(
    "sample_id route campaign kind name value text uncertainty ci_low ci_high unit sample_result".split()
)

VIEW = """
CREATE VIEW optimizer_table AS
SELECT s.sample_id, d.route, d.campaign, 'parameter' AS kind, p.name, p.value, p.category AS text,
       CAST(NULL AS double precision) AS uncertainty, CAST(NULL AS double precision) AS ci_low,
       CAST(NULL AS double precision) AS ci_high, p.unit, NULL AS sample_result
FROM sample s JOIN design d ON d.id = s.design_id JOIN design_parameter p ON p.design_id = d.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'feature', f.name, f.value, NULL, NULL, f.ci_low, f.ci_high, f.unit,
       o.digest
FROM sample s LEFT JOIN design d ON d.id = s.design_id
JOIN current_sample_result c ON c.sample_id = s.sample_id JOIN sample_result o ON o.id = c.sample_result_id
JOIN descriptor f ON f.sample_result_id = o.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'verdict', 'modality', v.p_value, v.verdict, NULL, NULL, NULL, '1',
       o.digest
FROM sample s LEFT JOIN design d ON d.id = s.design_id
JOIN current_sample_result c ON c.sample_id = s.sample_id JOIN sample_result o ON o.id = c.sample_result_id
JOIN verdict v ON v.sample_result_id = o.id
UNION ALL
SELECT s.sample_id, d.route, d.campaign, 'property', y.name, y.value, NULL, y.uncertainty, NULL, NULL, y.unit,
       NULL
FROM sample s LEFT JOIN design d ON d.id = s.design_id JOIN property y ON y.sample_id = s.sample_id
"""


def _column(name: str, kind: Any, *more: Any, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A column that must be filled, unless it says otherwise."""
    return sa.Column(name, kind, *more, nullable=nullable, **options)


#: What was asked for; one row per distinct (route, campaign, parameters).
design = sa.Table(
    "design",
    METADATA,
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("route", sa.String(20)),
    _column("campaign", sa.String),
    sa.CheckConstraint("route IN ('ai', 'researcher')", name="route"),
)

#: One process parameter: a number with its unit, or a word (unit ``category``).
design_parameter = sa.Table(
    "design_parameter",
    METADATA,
    _column("design_id", sa.Integer, sa.ForeignKey("design.id"), primary_key=True),
    _column("name", sa.String, primary_key=True),
    _column("value", sa.Double, nullable=True),
    _column("category", sa.String, nullable=True),
    _column("unit", sa.String),
)

#: One specimen; `made_on` and `position` (row of its sheet) say in which order samples were made.
sample = sa.Table(
    "sample",
    METADATA,
    _column("sample_id", sa.String, primary_key=True),
    _column("design_id", sa.Integer, sa.ForeignKey("design.id"), index=True, nullable=True),
    _column("images", sa.String, nullable=True),
    _column("created_at", sa.String),
    _column("made_on", sa.String, nullable=True),
    _column("position", sa.Integer, nullable=True),
)

#: A measured property of a sample; `uncertainty` is one standard deviation in `unit`.
measured_property = sa.Table(
    "property",
    METADATA,
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), primary_key=True),
    _column("name", sa.String, primary_key=True),
    _column("value", sa.Double),
    _column("uncertainty", sa.Double, nullable=True),
    _column("unit", sa.String),
)

#: One frame of one file, known by its bytes; calibration as last read.
#:
#: A field that several pictures show is one micrograph: `pictures` lists them, and its digest is made of
#: theirs. `excluded` is the reason why it counts in no statistic.
micrograph = sa.Table(
    "micrograph",
    METADATA,
    _column("digest", _DIGEST, primary_key=True),
    _column("sha256", _DIGEST, index=True),
    _column("frame", sa.Integer),
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), index=True, nullable=True),
    _column("path", sa.String),
    _column("vendor", sa.String),
    _column("rows", sa.Integer),
    _column("columns", sa.Integer),
    _column("pixel_size_nm", sa.Double, nullable=True),
    _column("scale_source", sa.String(20)),
    _column("scale_conflict", sa.String, nullable=True),
    _column("pictures", sa.JSON, nullable=True),
    _column("excluded", sa.String, nullable=True),
)

#: Released weights, known by their digest.
model = sa.Table(
    "model",
    METADATA,
    _column("digest", _DIGEST, primary_key=True),
    _column("name", sa.String),
)

#: The settings of a job, known by their digest; `text` is the TOML itself.
recipe = sa.Table(
    "recipe",
    METADATA,
    _column("digest", _DIGEST, primary_key=True),
    _column("text", sa.String),
)

#: One micrograph under one model and one recipe; immutable.
analysis = sa.Table(
    "analysis",
    METADATA,
    _column("id", sa.Integer, primary_key=True),
    _column("micrograph_digest", _DIGEST, sa.ForeignKey("micrograph.digest")),
    _column("model_digest", _DIGEST, sa.ForeignKey("model.digest")),
    _column("recipe_digest", _DIGEST, sa.ForeignKey("recipe.digest")),
    _column("code_version", sa.String),
    _column("seed", sa.BigInteger),
    _column("pixel_size_nm", sa.Double, nullable=True),
    _column("scale_source", sa.String(20)),
    _column("n_grains", sa.Integer),
    _column("warnings", sa.JSON),
    _column("artefacts", sa.JSON),
    _column("created_at", sa.String),
    sa.UniqueConstraint("micrograph_digest", "model_digest", "recipe_digest"),
)

#: How the image of an analysis was cut, with all that other cuts need (`segment.segmentation`).
#:
#: Empty where no model cut it, as a map of orientations.
analysis_segmentation = sa.Table(
    "analysis_segmentation",
    METADATA,
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("content", sa.LargeBinary),
)

#: The analysis of a micrograph that counts: the newest, until an older one is asked for again.
current_analysis = sa.Table(
    "current_analysis",
    METADATA,
    _column("micrograph_digest", _DIGEST, sa.ForeignKey("micrograph.digest"), primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), index=True),
)

#: One grain of one analysis; columns of `grainstats.measure.grain_table`.
grain = sa.Table(
    "grain",
    METADATA,
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("label", sa.Integer, primary_key=True),
    _column("y_px", sa.Double, nullable=True),
    _column("x_px", sa.Double, nullable=True),
    _column("area_nm2", sa.Double),
    _column("equivalent_diameter_nm", sa.Double),
    _column("perimeter_nm", sa.Double, nullable=True),
    _column("feret_max_nm", sa.Double, nullable=True),
    _column("feret_min_nm", sa.Double, nullable=True),
    _column("aspect_ratio", sa.Double, nullable=True),
    _column("orientation_deg", sa.Double, nullable=True),
    _column("bbox_y0_px", sa.Integer, nullable=True),
    _column("bbox_x0_px", sa.Integer, nullable=True),
    _column("bbox_y1_px", sa.Integer, nullable=True),
    _column("bbox_x1_px", sa.Integer, nullable=True),
    _column("touches_frame", sa.Boolean),
    _column("weight", sa.Double, nullable=True),
    sqlite_with_rowid=False,
)

#: The intercepts of one analysis as a Parquet file (`grainstats.measure.intercept_table`).
#:
#: As rows they would be most of a database, and no query asks for single ones.
analysis_intercepts = sa.Table(
    "analysis_intercepts",
    METADATA,
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("content", sa.LargeBinary),
)

#: What the analyses of one sample came to, by which code; immutable.
#:
#: `judging_digest` names the rules and the null mosaics that judged (`grainstats.infer.judging_digest`).
sample_result = sa.Table(
    "sample_result",
    METADATA,
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), index=True),
    _column("code_version", sa.String),
    _column("created_at", sa.String),
    _column("judging_digest", _DIGEST, nullable=True),
)

#: An analysis that entered a sample's result.
sample_result_analysis = sa.Table(
    "sample_result_analysis",
    METADATA,
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True, index=True),
)

#: The result of a sample that counts.
current_sample_result = sa.Table(
    "current_sample_result",
    METADATA,
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), primary_key=True),
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), index=True),
)

#: A named number of an image (`analysis_id`) or of a sample (`sample_result_id`), never of both.
descriptor = sa.Table(
    "descriptor",
    METADATA,
    _column("id", sa.Integer, primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), nullable=True),
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), nullable=True),
    _column("name", sa.String),
    _column("value", sa.Double, nullable=True),
    _column("ci_low", sa.Double, nullable=True),
    _column("ci_high", sa.Double, nullable=True),
    _column("unit", sa.String),
    _column("method", sa.String),
    sa.UniqueConstraint("analysis_id", "name"),
    sa.UniqueConstraint("sample_result_id", "name"),
    sa.CheckConstraint("(analysis_id IS NULL) <> (sample_result_id IS NULL)", name="one_owner"),
)

#: Uniform, bimodal or indeterminate; `result` holds every field of `ModalityVerdict`.
verdict = sa.Table(
    "verdict",
    METADATA,
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), primary_key=True),
    _column("verdict", sa.String(20)),
    _column("reason", sa.String),
    _column("p_value", sa.Double, nullable=True),
    _column("mode_ratio", sa.Double, nullable=True),
    _column("power", sa.Double, nullable=True),
    _column("n_images", sa.Integer),
    _column("n_interior", sa.Integer),
    _column("seed", sa.BigInteger),
    _column("result", sa.JSON),
)

#: A proposed next experiment, by the optimizer or by a researcher.
suggestion = sa.Table(
    "suggestion",
    METADATA,
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("origin", sa.String(20)),
    _column("campaign", sa.String),
    _column("model", sa.String),
    _column("snapshot_digest", _DIGEST),
    _column("seed", sa.BigInteger, nullable=True),
    _column("parameters", sa.JSON),
    _column("predictions", sa.JSON),
    _column("created_at", sa.String),
    _column("objective", sa.String, nullable=True),
    _column("reason", sa.String, nullable=True),
    sa.CheckConstraint("origin IN ('ai', 'researcher')", name="origin"),
)

#: An input that could not be analysed, and what to do about it.
failure = sa.Table(
    "failure",
    METADATA,
    _column("path", sa.String, primary_key=True),
    _column("digest", _DIGEST, primary_key=True),
    _column("reason", sa.String),
    _column("remedy", sa.String),
    _column("created_at", sa.String),
)
