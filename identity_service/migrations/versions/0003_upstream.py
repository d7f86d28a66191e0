"""
What signing in with outside providers keeps: whose identities are whose, which trips are over, how sessions end there.

Only additions, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "identity_links",
        sa.Column("issuer", sa.String(512), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("is_origin", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identity_links"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identity_links_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_identity_links_user_id", "identity_links", ["user_id", "provider"], unique=True)
    op.create_table(
        "upstream_arrivals",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_upstream_arrivals"),
    )
    op.create_index("ix_upstream_arrivals_expires_at", "upstream_arrivals", ["expires_at"])
    op.create_table(
        "upstream_sessions",
        sa.Column("session_id", sa.String(24), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.String(2048), nullable=False),
        sa.Column("sealed_id_token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_upstream_sessions"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_upstream_sessions_session_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Take them back."""
    for table in ("upstream_sessions", "upstream_arrivals", "identity_links"):
        op.drop_table(table)
