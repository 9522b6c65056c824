"""Alembic migrations, shipped with the package; `grainstats.share.migrate` runs them."""
