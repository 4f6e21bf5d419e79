"""Which collections a server, its channels and its roles are limited to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; nothing is limited so far."""
    for name in ("collections", "channel_collections", "role_collections"):
        op.add_column("servers", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
