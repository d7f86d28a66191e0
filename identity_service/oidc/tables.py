"""
The tables of OAuth clients and of what they were given.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant
from identity_service.foundation.deliveries import Delivered, due


class OAuthClient(Base):
    """
    A program that may ask us something.

    Of its secrets only the SHA-256 is kept, and an empty one means that it has none; while a secret is being replaced
    the previous one works until its end. `details` holds what RFC 7591 calls client metadata. `unused_since` is when it
    registered itself; empty from its first use on, and for every other client.
    """

    __tablename__ = "oauth_clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_fingerprint: Mapped[str] = mapped_column(String(64))
    previous_secret_fingerprint: Mapped[str | None] = mapped_column(String(64))
    previous_secret_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    origin: Mapped[str] = mapped_column(String(16), server_default="operator")
    registration_fingerprint: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    unused_since: Mapped[datetime | None] = mapped_column(Instant)


class AuthorizationCode(Base):
    """
    A code on its way from the authorization endpoint to the token endpoint; good once.

    `parent_id` is the browser session in which it was asked for, `session_id` the client's session that it produced.
    """

    __tablename__ = "authorization_codes"
    __table_args__ = (
        Index("ix_authorization_codes_expires_at", "expires_at"),
        Index("ix_authorization_codes_user_id", "user_id"),
        Index("ix_authorization_codes_session_id", "session_id"),
    )

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"))
    parent_id: Mapped[str] = mapped_column(String(24))
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str | None] = mapped_column(String(64))
    nonce: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(512))
    claims: Mapped[dict[str, Any]] = mapped_column(JSON)
    auth_time: Mapped[datetime] = mapped_column(Instant)
    amr: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    session_id: Mapped[str | None] = mapped_column(String(24))


class Consent(Base):
    """What a person has allowed a client, until it is withdrawn."""

    __tablename__ = "consents"

    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    client_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("oauth_clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    scope: Mapped[str] = mapped_column(String(512))
    granted_at: Mapped[datetime] = mapped_column(Instant)


class ClientAssertion(Base):
    """A client's token that is spent: an assertion after its one use, an access token after its revocation."""

    __tablename__ = "client_assertions"
    __table_args__ = (Index("ix_client_assertions_expires_at", "expires_at"),)

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class LogoutDelivery(Delivered, Base):
    """A client that has to be told of the end of a session, and is asked again until it listens or time is up."""

    __tablename__ = "logout_deliveries"
    __table_args__ = (due("logout_deliveries"),)

    client_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(24))
    session_id: Mapped[str] = mapped_column(String(24))
