"""Add what managers review: questions of answers that were voted down or for the team, dismissals, monthly counts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables and columns; nothing is dismissed, and no team is asked."""
    op.add_column("gaps", sa.Column("dismissed", sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("team_channel", "team_role", "report_channel"):
        op.add_column("servers", sa.Column(name, sa.BigInteger))
    op.create_table(
        "voted_questions",
        sa.Column("message", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("guild", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("citation", sa.String(32), nullable=False),
        sa.Column("question", sa.String(500), nullable=False),
        sa.Column("dismissed", sa.Boolean, nullable=False),
    )
    op.create_index("voted_questions_of_server", "voted_questions", ["guild"])
    op.create_table(
        "handovers",
        sa.Column("guild", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("question", sa.String(16), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("thread", sa.BigInteger),
    )
    op.create_table(
        "monthly_counts",
        sa.Column("guild", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("answered", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
    )
