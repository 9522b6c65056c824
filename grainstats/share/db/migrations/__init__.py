"""Alembic migrations, shipped with the package; `grainstats.share.db.migrate` runs them."""
