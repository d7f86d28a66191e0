"""
The tables of outside identities: whose they are, which trips are over, and how somebody signs out there.
"""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant


class IdentityLink(Base):
    """
    An identity at a provider, and the account that it opens.

    `is_origin` marks the identity that the account came from: profile and role follow it. `email` is what the provider
    told last, for the eyes of the person alone.
    """

    __tablename__ = "identity_links"
    __table_args__ = (Index("ix_identity_links_user_id", "user_id", "provider", unique=True),)

    issuer: Mapped[str] = mapped_column(String(512), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(64))
    email: Mapped[str | None] = mapped_column(String(320))
    is_origin: Mapped[bool] = mapped_column(Boolean, server_default=false())
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)


class UpstreamArrival(Base):
    """A trip that has come back, so that it does not come back again; `state` is the fingerprint of its state."""

    __tablename__ = "upstream_arrivals"
    __table_args__ = (Index("ix_upstream_arrivals_expires_at", "expires_at"),)

    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class UpstreamSession(Base):
    """How the person of a session signs out at the provider as well; the ID token is sealed."""

    __tablename__ = "upstream_sessions"

    session_id: Mapped[str] = mapped_column(String(24), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    provider: Mapped[str] = mapped_column(String(64))
    endpoint: Mapped[str] = mapped_column(String(2048))
    sealed_id_token: Mapped[bytes] = mapped_column(LargeBinary)
