"""
What is due is found without reading what was given up, or waits for later.

Only indexes change, so the previous release runs on this schema too, and its question is answered quicker as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = ("chat_changes", "errands", "letters", "logout_deliveries")
_WAITS = sa.text("given_up_at IS NULL")


def upgrade() -> None:
    """Replace the indexes."""
    for table in _TABLES:
        op.create_index(
            f"ix_{table}_due",
            table,
            ["next_attempt_at", "id"],
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        )
        op.drop_index(f"ix_{table}_next_attempt_at", table)


def downgrade() -> None:
    """Bring the old ones back."""
    for table in _TABLES:
        op.create_index(f"ix_{table}_next_attempt_at", table, ["next_attempt_at"])
        op.drop_index(f"ix_{table}_due", table)
