"""The tables of release 0.1.0; a new database gets those of the newest version at once."""

revision = "0004"
down_revision = None


def upgrade() -> None:
    """Nothing that was released is older."""
