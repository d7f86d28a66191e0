"""
The tables of people: `users`, and `milestones` for what happens once in the life of an installation.

Beside them `vouchers`, which prove that a letter has arrived, and `errands`, what somebody has asked us to write.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant
from identity_service.foundation.deliveries import Delivered, due


class User(Base):
    """A person. `id` is the `_id` of the chat application, `id` in JSON and `sub` in tokens."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    email_canonical: Mapped[str] = mapped_column(String(320), unique=True)
    email_verified: Mapped[bool] = mapped_column(Boolean, server_default=false())
    name: Mapped[str] = mapped_column(String(80))
    username: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    provider: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(64))
    avatar: Mapped[str | None] = mapped_column(String(2048))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    closing_at: Mapped[datetime | None] = mapped_column(Instant)
    credentials_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    locale: Mapped[str | None] = mapped_column(String(16))


class Milestone(Base):
    """Something that has happened and never happens again; its row is the proof."""

    __tablename__ = "milestones"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(Instant)


class IssuedVoucher(Base):
    """A secret that is good once; a person has one of each kind, so a new one is the end of the one before."""

    __tablename__ = "vouchers"
    __table_args__ = (Index("ix_vouchers_expires_at", "expires_at"),)

    user_id: Mapped[str] = mapped_column(String(24), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    expires_at: Mapped[datetime] = mapped_column(Instant)


class WaitingErrand(Delivered, Base):
    """A letter that somebody has asked for, before anybody has looked whether there is a person to write to."""

    __tablename__ = "errands"
    __table_args__ = (due("errands"),)

    kind: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(320))
    user_id: Mapped[str] = mapped_column(String(24))
    asked_by: Mapped[dict[str, Any]] = mapped_column(JSON)
