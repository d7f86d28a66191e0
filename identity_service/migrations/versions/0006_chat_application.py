"""
What waits to be told to the chat application, and second factors taken over from it.

Only additions, so the previous release runs on this schema too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "chat_changes",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("closed_by", sa.String(64), nullable=True),
        sa.Column("erases_transactions", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("forgets_password", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("given_up_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_chat_changes"),
    )
    op.create_index("ix_chat_changes_next_attempt_at", "chat_changes", ["next_attempt_at"])
    op.create_index("ix_chat_changes_user_id", "chat_changes", ["user_id"])
    op.create_table(
        "adopted_factors",
        sa.Column("user_id", sa.String(24), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_adopted_factors"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_adopted_factors_user_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_table("adopted_factors")
    op.drop_table("chat_changes")
