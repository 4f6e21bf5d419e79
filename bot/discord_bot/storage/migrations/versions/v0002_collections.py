"""Add the limits of servers, channels and roles to some collections."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, without any limit."""
    for name in ("collections", "channel_collections", "role_collections"):
        op.add_column("servers", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
