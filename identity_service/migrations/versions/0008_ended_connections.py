"""
Which connections with providers have ended, for the chat application to hear.

Only an addition, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("chat_changes", sa.Column("ended", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("chat_changes", "ended")
