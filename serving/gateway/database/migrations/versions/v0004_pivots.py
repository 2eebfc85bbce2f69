"""Documents say over which third languages they went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward. The default is also for gateways of the version before, which may still run."""
    op.add_column("documents", sa.Column("pivots", sa.Text, nullable=False, server_default=""))
