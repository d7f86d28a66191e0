"""
The table of sessions; each row carries its own refresh ratchet: two fingerprints and a counter.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant


class Session(Base):
    """
    One sign-in on one device.

    `current` and `previous` are SHA-256 fingerprints of refresh tokens; `n`, `jti` and `issued_at` are the
    claims of the current one, enough to sign it again and worthless without the signing secret.
    `browser` is the fingerprint of the cookie by which a browser is known. A client of the OpenID Provider has a
    session of its own below that of the browser, its parent, and ends with it unless it was given offline access.
    No column that a rotation changes is indexed.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_expires_at", "expires_at"),
        Index("ix_sessions_parent_id", "parent_id"),
        Index("ix_sessions_browser", "browser", unique=True),
        Index("ix_sessions_address", "address"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[str | None] = mapped_column(String(24))
    browser: Mapped[str | None] = mapped_column(String(64))
    is_offline: Mapped[bool] = mapped_column(Boolean, server_default=false())
    scope: Mapped[str] = mapped_column(String(512))
    amr: Mapped[str] = mapped_column(String(64))
    auth_time: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str | None] = mapped_column(String(32))
    user_agent: Mapped[str] = mapped_column(String(256))
    address: Mapped[str] = mapped_column(String(64))
    current: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str | None] = mapped_column(String(64))
    n: Mapped[int] = mapped_column(Integer)
    jti: Mapped[str] = mapped_column(String(32))
    issued_at: Mapped[int] = mapped_column(BigInteger)
    rotated_at: Mapped[datetime] = mapped_column(Instant)
