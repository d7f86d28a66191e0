"""
Letters that wait to be sent, vouchers that are sent in them, and what strangers have asked us to write.

Only additions, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("users", sa.Column("credentials_changed_at", sa.BigInteger(), nullable=True))
    _vouchers()
    _errands()
    _letters()


def downgrade() -> None:
    """Take them back."""
    for table in ("letters", "errands", "vouchers"):
        op.drop_table(table)
    op.drop_column("users", "credentials_changed_at")


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", name="pk_vouchers"),
        sa.UniqueConstraint("fingerprint", name="uq_vouchers_fingerprint"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_vouchers_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_vouchers_expires_at", "vouchers", ["expires_at"])


def _errands() -> None:
    op.create_table(
        "errands",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("asked_by", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
    )
    op.create_index("ix_errands_next_attempt_at", "errands", ["next_attempt_at"])


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("masked", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_answer", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )
    op.create_index("ix_letters_next_attempt_at", "letters", ["next_attempt_at"])
