"""The tables as version 0001 made them, on any database: what older databases are brought up from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations


@pytest.fixture
def first_tables() -> Callable[[sa.Connection], None]:
    """Makes every table of version 0001."""
    return _first_tables


def _first_tables(connection: sa.Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0001')"))
    op.create_table(
        "design",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("route", sa.String(length=20), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.CheckConstraint("route IN ('ai', 'researcher')", name=op.f("ck_design_route")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design")),
        sa.UniqueConstraint("digest", name=op.f("uq_design_digest")),
    )
    op.create_table(
        "failure",
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("path", "digest", name=op.f("pk_failure")),
    )
    op.create_table(
        "model",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_model")),
    )
    op.create_table(
        "recipe",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recipe")),
    )
    op.create_table(
        "suggestion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("snapshot_digest", sa.String(length=80), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("predictions", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.CheckConstraint("origin IN ('ai', 'researcher')", name=op.f("ck_suggestion_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        sa.UniqueConstraint("digest", name=op.f("uq_suggestion_digest")),
    )
    op.create_table(
        "design_parameter",
        sa.Column("design_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_design_parameter_design_id")),
        sa.PrimaryKeyConstraint("design_id", "name", name=op.f("pk_design_parameter")),
    )
    op.create_table(
        "sample",
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("design_id", sa.Integer(), nullable=True),
        sa.Column("images", sa.String(), nullable=True),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_sample_design_id")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_sample")),
    )
    op.create_index(op.f("ix_sample_design_id"), "sample", ["design_id"], unique=False)
    op.create_table(
        "micrograph",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=80), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("pixel_size_nm", sa.Double(), nullable=True),
        sa.Column("scale_source", sa.String(length=20), nullable=False),
        sa.Column("scale_conflict", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.sample_id"], name=op.f("fk_micrograph_sample_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_micrograph")),
    )
    op.create_index(op.f("ix_micrograph_sample_id"), "micrograph", ["sample_id"], unique=False)
    op.create_index(op.f("ix_micrograph_sha256"), "micrograph", ["sha256"], unique=False)
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.sample_id"], name=op.f("fk_pool_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("digest", name=op.f("uq_pool_digest")),
    )
    op.create_index(op.f("ix_pool_sample_id"), "pool", ["sample_id"], unique=False)
    op.create_table(
        "property",
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("uncertainty", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.sample_id"], name=op.f("fk_property_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "name", name=op.f("pk_property")),
    )
    op.create_table(
        "analysis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("micrograph_digest", sa.String(length=80), nullable=False),
        sa.Column("model_digest", sa.String(length=80), nullable=False),
        sa.Column("recipe_digest", sa.String(length=80), nullable=False),
        sa.Column("code_version", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("pixel_size_nm", sa.Double(), nullable=True),
        sa.Column("scale_source", sa.String(length=20), nullable=False),
        sa.Column("n_grains", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("artefacts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["micrograph_digest"], ["micrograph.digest"], name=op.f("fk_analysis_micrograph_digest")
        ),
        sa.ForeignKeyConstraint(["model_digest"], ["model.digest"], name=op.f("fk_analysis_model_digest")),
        sa.ForeignKeyConstraint(["recipe_digest"], ["recipe.digest"], name=op.f("fk_analysis_recipe_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis")),
        sa.UniqueConstraint(
            "micrograph_digest",
            "model_digest",
            "recipe_digest",
            name=op.f("uq_analysis_micrograph_digest_model_digest_recipe_digest"),
        ),
    )
    op.create_table(
        "current_pool",
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_current_pool_pool_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.sample_id"], name=op.f("fk_current_pool_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_current_pool")),
    )
    op.create_index(op.f("ix_current_pool_pool_id"), "current_pool", ["pool_id"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("mode_ratio", sa.Double(), nullable=True),
        sa.Column("power", sa.Double(), nullable=True),
        sa.Column("n_images", sa.Integer(), nullable=False),
        sa.Column("n_interior", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_verdict_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_verdict")),
    )
    op.create_table(
        "current_analysis",
        sa.Column("micrograph_digest", sa.String(length=80), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analysis.id"], name=op.f("fk_current_analysis_analysis_id")
        ),
        sa.ForeignKeyConstraint(
            ["micrograph_digest"], ["micrograph.digest"], name=op.f("fk_current_analysis_micrograph_digest")
        ),
        sa.PrimaryKeyConstraint("micrograph_digest", name=op.f("pk_current_analysis")),
    )
    op.create_index(
        op.f("ix_current_analysis_analysis_id"), "current_analysis", ["analysis_id"], unique=False
    )
    op.create_table(
        "descriptor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=True),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("ci_low", sa.Double(), nullable=True),
        sa.Column("ci_high", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(analysis_id IS NULL) <> (pool_id IS NULL)", name=op.f("ck_descriptor_one_owner")
        ),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_descriptor_analysis_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_descriptor_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_descriptor")),
        sa.UniqueConstraint("analysis_id", "name", name=op.f("uq_descriptor_analysis_id_name")),
        sa.UniqueConstraint("pool_id", "name", name=op.f("uq_descriptor_pool_id_name")),
    )
    op.create_table(
        "grain",
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("y_px", sa.Double(), nullable=True),
        sa.Column("x_px", sa.Double(), nullable=True),
        sa.Column("area_nm2", sa.Double(), nullable=False),
        sa.Column("equivalent_diameter_nm", sa.Double(), nullable=False),
        sa.Column("perimeter_nm", sa.Double(), nullable=True),
        sa.Column("feret_max_nm", sa.Double(), nullable=True),
        sa.Column("feret_min_nm", sa.Double(), nullable=True),
        sa.Column("aspect_ratio", sa.Double(), nullable=True),
        sa.Column("orientation_deg", sa.Double(), nullable=True),
        sa.Column("bbox_y0_px", sa.Integer(), nullable=True),
        sa.Column("bbox_x0_px", sa.Integer(), nullable=True),
        sa.Column("bbox_y1_px", sa.Integer(), nullable=True),
        sa.Column("bbox_x1_px", sa.Integer(), nullable=True),
        sa.Column("touches_frame", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_grain_analysis_id")),
        sa.PrimaryKeyConstraint("analysis_id", "label", name=op.f("pk_grain")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "intercept",
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("angle_deg", sa.Double(), nullable=False),
        sa.Column("y0_px", sa.Double(), nullable=True),
        sa.Column("x0_px", sa.Double(), nullable=True),
        sa.Column("length_nm", sa.Double(), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("cut_ends", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_intercept_analysis_id")),
        sa.PrimaryKeyConstraint("analysis_id", "number", name=op.f("pk_intercept")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pool_member",
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["analysis_id"], ["analysis.id"], name=op.f("fk_pool_member_analysis_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_member_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", "analysis_id", name=op.f("pk_pool_member")),
    )
    op.create_index(op.f("ix_pool_member_analysis_id"), "pool_member", ["analysis_id"], unique=False)
