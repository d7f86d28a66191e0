"""
A count of every change on which a verdict about somebody rests, kept by SQLite itself.

Only an addition, so the previous release runs on this schema too, and its changes are counted as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNT = "BEGIN UPDATE revision SET n = n + 1; END"
# Not the columns of the ratchet: a session is refreshed all day, and whoever was signed in still is.
_OF_A_VERDICT = "id, user_id, client_id, scope, amr, auth_time, expires_at, ended_at"
_TRIGGERS = {
    "revision_of_sessions": f"AFTER UPDATE OF {_OF_A_VERDICT} ON sessions {_COUNT}",
    "revision_of_sessions_gone": f"AFTER DELETE ON sessions {_COUNT}",
    "revision_of_users": f"AFTER UPDATE ON users {_COUNT}",
    "revision_of_users_gone": f"AFTER DELETE ON users {_COUNT}",
}


def upgrade() -> None:
    """Add the count, and let it begin."""
    op.create_table(
        "revision", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.BigInteger, nullable=False)
    )
    if not _is_sqlite():
        return
    op.execute("INSERT INTO revision (id, n) VALUES (1, 0)")
    for name, when in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when}")


def downgrade() -> None:
    """Take them back."""
    for name in _TRIGGERS if _is_sqlite() else ():
        op.execute(f"DROP TRIGGER {name}")
    op.drop_table("revision")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
