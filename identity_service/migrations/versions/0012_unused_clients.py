"""
Since when a client that registered itself has been waiting for its first use.

Of those that are there already nobody knows whether they were used, so they stay. Only an addition, empty and free of
charge; the previous release runs on this schema too, and what it registers stays as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("oauth_clients", sa.Column("unused_since", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("oauth_clients", "unused_since")
