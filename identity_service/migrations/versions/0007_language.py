"""
The language in which a person wants to be written to.

Only an addition, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("users", sa.Column("locale", sa.String(16), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("users", "locale")
