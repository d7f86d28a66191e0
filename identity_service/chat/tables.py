"""
What waits to be told to the chat application, and what was taken over from it and has no room of its own here yet.
"""

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant
from identity_service.foundation.deliveries import Delivered, due


class ChatChange(Delivered, Base):
    """
    A person of whom the chat application must hear: whoever takes the row makes it agree with what is true here.

    `closed_by` is who closes the account, None while it stays; `erases_transactions` what they said about payments;
    `forgets_password` that the hash over there is not the person's any more, and `ended` which identities are not:
    provider, issuer and subject of each.
    """

    __tablename__ = "chat_changes"
    __table_args__ = (
        due("chat_changes"),
        Index("ix_chat_changes_user_id", "user_id"),
    )

    user_id: Mapped[str] = mapped_column(String(24))
    closed_by: Mapped[str | None] = mapped_column(String(64))
    erases_transactions: Mapped[bool] = mapped_column(Boolean, server_default=false())
    forgets_password: Mapped[bool] = mapped_column(Boolean, server_default=false())
    ended: Mapped[list[list[str]] | None] = mapped_column(JSON(none_as_null=True))


class AdoptedFactors(Base):
    """A person's second factor as the chat application knew it, sealed by our own vault."""

    __tablename__ = "adopted_factors"

    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    adopted_at: Mapped[datetime] = mapped_column(Instant)
