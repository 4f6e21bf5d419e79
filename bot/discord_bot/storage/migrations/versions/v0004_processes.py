"""Add what several processes of one bot share: who serves which shard, begun questions, and cooldowns."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables; they stay empty while one process runs the bot."""
    op.create_table(
        "holders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False, unique=True),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("draining", sa.Boolean, nullable=False),
        sa.Column("generation", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "shards",
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Integer),
        sa.Column("session", sa.String(128), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("gateway", sa.String(255), nullable=False),
        sa.Column("saved", sa.Float, nullable=False),
        sa.Column("guilds", sa.JSON, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("event", sa.String(32), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("asker", sa.String(64)),
    )
    op.create_index("claims_by_time", "claims", ["at"])
    op.create_index("claims_by_asker", "claims", ["asker"])
    op.create_table(
        "cooldowns",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("full_at", sa.Float, nullable=False),
    )
    op.create_index("cooldowns_by_time", "cooldowns", ["full_at"])
