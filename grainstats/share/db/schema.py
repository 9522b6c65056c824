"""The tables of the shared database (SQLAlchemy 2), as they stand after the newest migration.

A *design* is what was asked for (route, campaign, process parameters), a *sample* is what came out of it, a
*micrograph* shows part of a sample, an *analysis* is one micrograph under one model and one recipe, a *sample
result* is what the analyses of one sample came to: its verdict and descriptors. Analyses and sample results
are never changed or deleted; `current_analysis` and `current_sample_result` point at those that count now.
"""

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


def _columns(names: str, kind: Any, *, nullable: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, kind, nullable=nullable) for name in names.split()]


def _table(name: str, *content: Any, **options: Any) -> sa.Table:
    return sa.Table(name, METADATA, *content, **options)


#: What was asked for; one row per distinct (route, campaign, parameters).
design = _table(
    "design",
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("route", sa.String(20)),
    _column("campaign", sa.String),
    sa.CheckConstraint("route IN ('ai', 'researcher')", name="route"),
)

#: One process parameter: a number with its unit, or a word (unit ``category``).
design_parameter = _table(
    "design_parameter",
    _column("design_id", sa.Integer, sa.ForeignKey("design.id"), primary_key=True),
    _column("name", sa.String, primary_key=True),
    _column("value", sa.Double, nullable=True),
    _column("category", sa.String, nullable=True),
    _column("unit", sa.String),
)

#: One specimen; `made_on` and `position` (row of its sheet) say in which order samples were made.
sample = _table(
    "sample",
    _column("sample_id", sa.String, primary_key=True),
    _column("design_id", sa.Integer, sa.ForeignKey("design.id"), index=True, nullable=True),
    _column("images", sa.String, nullable=True),
    _column("created_at", sa.String),
    _column("made_on", sa.String, nullable=True),
    _column("position", sa.Integer, nullable=True),
)

#: A measured property of a sample; `uncertainty` is one standard deviation in `unit`.
measured_property = _table(
    "property",
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
micrograph = _table(
    "micrograph",
    _column("digest", _DIGEST, primary_key=True),
    _column("sha256", _DIGEST, index=True),
    _column("frame", sa.Integer),
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), index=True, nullable=True),
    *_columns("path vendor", sa.String),
    *_columns("rows columns", sa.Integer),
    _column("pixel_size_nm", sa.Double, nullable=True),
    _column("scale_source", sa.String(20)),
    _column("scale_conflict", sa.String, nullable=True),
    _column("pictures", sa.JSON, nullable=True),
    _column("excluded", sa.String, nullable=True),
)

#: Released weights, known by their digest.
model = _table(
    "model",
    _column("digest", _DIGEST, primary_key=True),
    _column("name", sa.String),
)

#: The settings of a job, known by their digest; `text` is the TOML itself.
recipe = _table(
    "recipe",
    _column("digest", _DIGEST, primary_key=True),
    _column("text", sa.String),
)

#: One micrograph under one model and one recipe; immutable.
analysis = _table(
    "analysis",
    _column("id", sa.Integer, primary_key=True),
    _column("micrograph_digest", _DIGEST, sa.ForeignKey("micrograph.digest")),
    _column("model_digest", _DIGEST, sa.ForeignKey("model.digest")),
    _column("recipe_digest", _DIGEST, sa.ForeignKey("recipe.digest")),
    _column("code_version", sa.String),
    _column("seed", sa.BigInteger),
    _column("pixel_size_nm", sa.Double, nullable=True),
    _column("scale_source", sa.String(20)),
    _column("n_grains", sa.Integer),
    *_columns("warnings artefacts", sa.JSON),
    _column("created_at", sa.String),
    sa.UniqueConstraint("micrograph_digest", "model_digest", "recipe_digest"),
)

#: How the image of an analysis was cut, with all that other cuts need (`segment.segmentation`).
#:
#: Empty where no model cut it, as a map of orientations.
analysis_segmentation = _table(
    "analysis_segmentation",
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("content", sa.LargeBinary),
)

#: The analysis of a micrograph that counts: the newest, until an older one is asked for again.
current_analysis = _table(
    "current_analysis",
    _column("micrograph_digest", _DIGEST, sa.ForeignKey("micrograph.digest"), primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), index=True),
)

#: One grain of one analysis; columns of `grainstats.measure.grain_table`.
grain = _table(
    "grain",
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("label", sa.Integer, primary_key=True),
    *_columns("y_px x_px", sa.Double, nullable=True),
    *_columns("area_nm2 equivalent_diameter_nm", sa.Double),
    *_columns(
        "perimeter_nm feret_max_nm feret_min_nm aspect_ratio orientation_deg", sa.Double, nullable=True
    ),
    *_columns("bbox_y0_px bbox_x0_px bbox_y1_px bbox_x1_px", sa.Integer, nullable=True),
    _column("touches_frame", sa.Boolean),
    _column("weight", sa.Double, nullable=True),
    sqlite_with_rowid=False,
)

#: The intercepts of one analysis as a Parquet file (`grainstats.measure.intercept_table`).
#:
#: As rows they would be most of a database, and no query asks for single ones.
analysis_intercepts = _table(
    "analysis_intercepts",
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True),
    _column("content", sa.LargeBinary),
)

#: What the analyses of one sample came to, by which code; immutable.
#:
#: `judging_digest` names the rules and the null mosaics that judged (`grainstats.infer.judging_digest`).
sample_result = _table(
    "sample_result",
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), index=True),
    *_columns("code_version created_at", sa.String),
    _column("judging_digest", _DIGEST, nullable=True),
)

#: An analysis that entered a sample's result.
sample_result_analysis = _table(
    "sample_result_analysis",
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), primary_key=True, index=True),
)

#: The result of a sample that counts.
current_sample_result = _table(
    "current_sample_result",
    _column("sample_id", sa.String, sa.ForeignKey("sample.sample_id"), primary_key=True),
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), index=True),
)

#: A named number of an image (`analysis_id`) or of a sample (`sample_result_id`), never of both.
descriptor = _table(
    "descriptor",
    _column("id", sa.Integer, primary_key=True),
    _column("analysis_id", sa.Integer, sa.ForeignKey("analysis.id"), nullable=True),
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), nullable=True),
    _column("name", sa.String),
    *_columns("value ci_low ci_high", sa.Double, nullable=True),
    *_columns("unit method", sa.String),
    sa.UniqueConstraint("analysis_id", "name"),
    sa.UniqueConstraint("sample_result_id", "name"),
    sa.CheckConstraint("(analysis_id IS NULL) <> (sample_result_id IS NULL)", name="one_owner"),
)

#: Uniform, bimodal or indeterminate; `result` holds every field of `ModalityVerdict`.
verdict = _table(
    "verdict",
    _column("sample_result_id", sa.Integer, sa.ForeignKey("sample_result.id"), primary_key=True),
    _column("verdict", sa.String(20)),
    _column("reason", sa.String),
    *_columns("p_value mode_ratio power", sa.Double, nullable=True),
    *_columns("n_images n_interior", sa.Integer),
    _column("seed", sa.BigInteger),
    _column("result", sa.JSON),
)

#: A proposed next experiment, by the optimizer or by a researcher.
suggestion = _table(
    "suggestion",
    _column("id", sa.Integer, primary_key=True),
    _column("digest", _DIGEST, unique=True),
    _column("origin", sa.String(20)),
    *_columns("campaign model", sa.String),
    _column("snapshot_digest", _DIGEST),
    _column("seed", sa.BigInteger, nullable=True),
    *_columns("parameters predictions", sa.JSON),
    _column("created_at", sa.String),
    *_columns("objective reason", sa.String, nullable=True),
    sa.CheckConstraint("origin IN ('ai', 'researcher')", name="origin"),
)

#: An input that could not be analysed, and what to do about it.
failure = _table(
    "failure",
    _column("path", sa.String, primary_key=True),
    _column("digest", _DIGEST, primary_key=True),
    *_columns("reason remedy created_at", sa.String),
)
