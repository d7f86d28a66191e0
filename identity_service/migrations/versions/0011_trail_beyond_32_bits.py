"""
The audit trail does not end at its 2,147,483,647th entry on PostgreSQL.

SQLite numbers its rows in 64 bits from the start, so nothing is done there.
What it costs: PostgreSQL writes the trail and its indexes anew. It needs as much room again until that is done, and
some seconds for each million entries, during which whatever wants to leave an entry waits, or is asked to come back.
Whoever has many makes them fewer first: TRAIL_RETENTION_DAYS and `make tidy`.
The previous release runs on this schema too, as it did before: a number is a number to it.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the number, and what counts it."""
    _count_in("bigint")


def downgrade() -> None:
    """Narrow both; PostgreSQL refuses if there are greater numbers by then."""
    _count_in("integer")


def _count_in(kind: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"ALTER TABLE trail ALTER COLUMN id TYPE {kind}")
    # The column's own counter keeps its kind otherwise, and ends where the column ended before.
    op.execute(f"ALTER SEQUENCE trail_id_seq AS {kind}")
