"""Create the first tables. Steps use no constants of the program: they stay as they were released."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "servers",
        sa.Column("guild", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("threads", sa.Boolean, nullable=False),
        sa.Column("forums", sa.Boolean, nullable=False),
        sa.Column("refusal", sa.String(500), nullable=False),
        sa.Column("refusal_role", sa.BigInteger),
        sa.Column("precision", sa.Float),
        sa.Column("managers", sa.JSON, nullable=False),
        sa.Column("gaps", sa.Boolean, nullable=False),
    )
    op.create_table(
        "votes",
        sa.Column("voter", sa.String(64), primary_key=True),
        sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("citation", sa.String(32), primary_key=True),
        sa.Column("generation", sa.String(32), nullable=False),
        sa.Column("guild", sa.BigInteger),
        sa.Column("helpful", sa.Boolean, nullable=False),
    )
    op.create_index("votes_of_server", "votes", ["guild"])
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("guild", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("question", sa.String(500), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.UniqueConstraint("guild", "day", "question", name="gap_once_a_day"),
    )
    op.create_index("gaps_by_day", "gaps", ["day"])
    op.create_table(
        "keys",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("key", sa.LargeBinary(32), nullable=False),
    )
