"""
What moderation keeps: violations with their scores, and bans; and an audit trail that only grows.

Only additions, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT_DAYS = 30
"""The trail's entries of the last days cannot be removed, whoever asks; TRAIL_RETENTION_DAYS is never less."""

_FOR_SQLITE = (
    """
    CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail
    BEGIN SELECT RAISE(ABORT, 'the trail only grows'); END
    """,
    f"""
    CREATE TRIGGER trail_is_not_cut BEFORE DELETE ON trail
    WHEN OLD.at > (CAST(strftime('%s', 'now') AS INTEGER) - {_KEPT_DAYS} * 86400) * 1000000
    BEGIN SELECT RAISE(ABORT, 'the trail only grows'); END
    """,
)
_FOR_POSTGRES = (
    f"""
    CREATE FUNCTION trail_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= (extract(epoch FROM now())::bigint - {_KEPT_DAYS} * 86400) * 1000000 THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the trail only grows';
    END $$
    """,
    """
    CREATE TRIGGER trail_only_grows BEFORE UPDATE OR DELETE ON trail
    FOR EACH ROW EXECUTE FUNCTION trail_only_grows()
    """,
)


def upgrade() -> None:
    """Add tables, indexes and the trail's guard."""
    _violations()
    _bans()
    _limits()
    op.create_index("ix_sessions_address", "sessions", ["address"])
    op.create_index("ix_trail_request_id", "trail", ["request_id"])
    for statement in _FOR_SQLITE if _is_sqlite() else _FOR_POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    """Take them back."""
    if _is_sqlite():
        op.execute("DROP TRIGGER trail_is_not_changed")
        op.execute("DROP TRIGGER trail_is_not_cut")
    else:
        op.execute("DROP TRIGGER trail_only_grows ON trail")
        op.execute("DROP FUNCTION trail_only_grows()")
    op.drop_index("ix_trail_request_id", "trail")
    op.drop_index("ix_sessions_address", "sessions")
    for table in ("sightings", "limit_hits", "bans", "violation_scores", "violations"):
        op.drop_table(table)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _violations() -> None:
    op.create_table(
        "violations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("report", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_violations"),
    )
    for column in ("at", "user_id", "network", "request_id"):
        op.create_index(f"ix_violations_{column}", "violations", [column])
    op.create_index("ix_violations_report", "violations", ["report"], unique=True)
    op.create_table(
        "violation_scores",
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "kind", name="pk_violation_scores"),
    )


def _bans() -> None:
    op.create_table(
        "bans",
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("note", sa.String(256), nullable=False),
        sa.Column("imposed_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("holder", name="pk_bans"),
    )
    op.create_index("ix_bans_ends_at", "bans", ["ends_at"])


def _limits() -> None:
    op.create_table(
        "limit_hits",
        sa.Column("bucket", sa.String(160), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hit_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "n", name="pk_limit_hits"),
    )
    op.create_index("ix_limit_hits_expires_at", "limit_hits", ["expires_at"])
    op.create_table(
        "sightings",
        sa.Column("kind", sa.String(160), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_sightings"),
    )
