"""Alembic environment: runs on the connection that `grainstats.share.db.migrate` hands over."""

from alembic import context

from grainstats.share.db.schema import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, transactional_ddl=True
)
context.run_migrations()
