"""Alembic environment: runs on the connection that `grainstats.share.db.migrate` hands over."""

from alembic import context

from grainstats.share.db.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True
)
context.run_migrations()
