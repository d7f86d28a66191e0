"""
What an OpenID Provider keeps: client metadata, codes, consents, assertions, logout deliveries, sessions of clients.

Only additions, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    _sessions()
    _clients()
    _codes()
    op.create_table(
        "consents",
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(512), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "client_id", name="pk_consents"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_consents_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.client_id"], name="fk_consents_client_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "client_assertions",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_client_assertions"),
    )
    op.create_index("ix_client_assertions_expires_at", "client_assertions", ["expires_at"])
    op.create_table(
        "logout_deliveries",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("session_id", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_logout_deliveries"),
    )
    op.create_index("ix_logout_deliveries_next_attempt_at", "logout_deliveries", ["next_attempt_at"])


def downgrade() -> None:
    """Take them back."""
    for table in ("logout_deliveries", "client_assertions", "consents", "authorization_codes"):
        op.drop_table(table)
    op.drop_index("ix_sessions_parent_id", "sessions")
    op.drop_index("ix_sessions_browser", "sessions")
    for column in ("parent_id", "browser", "is_offline"):
        op.drop_column("sessions", column)
    added = (
        "previous_secret_fingerprint",
        "previous_secret_expires_at",
        "origin",
        "registration_fingerprint",
        "details",
    )
    for column in added:
        op.drop_column("oauth_clients", column)


def _sessions() -> None:
    op.add_column("sessions", sa.Column("parent_id", sa.String(24), nullable=True))
    op.add_column("sessions", sa.Column("browser", sa.String(64), nullable=True))
    op.add_column("sessions", sa.Column("is_offline", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_sessions_parent_id", "sessions", ["parent_id"])
    op.create_index("ix_sessions_browser", "sessions", ["browser"], unique=True)


def _clients() -> None:
    op.add_column("oauth_clients", sa.Column("previous_secret_fingerprint", sa.String(64), nullable=True))
    op.add_column("oauth_clients", sa.Column("previous_secret_expires_at", sa.BigInteger(), nullable=True))
    op.add_column("oauth_clients", sa.Column("origin", sa.String(16), nullable=False, server_default="operator"))
    op.add_column("oauth_clients", sa.Column("registration_fingerprint", sa.String(64), nullable=True))
    op.add_column("oauth_clients", sa.Column("details", sa.JSON(), nullable=True))


def _codes() -> None:
    op.create_table(
        "authorization_codes",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("parent_id", sa.String(24), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.String(64), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("scope", sa.String(512), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.String(24), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_authorization_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_authorization_codes_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_authorization_codes_expires_at", "authorization_codes", ["expires_at"])
    op.create_index("ix_authorization_codes_user_id", "authorization_codes", ["user_id"])
    op.create_index("ix_authorization_codes_session_id", "authorization_codes", ["session_id"])
