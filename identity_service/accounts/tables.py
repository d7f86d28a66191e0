"""
The tables of people: `users`, and `milestones` for what happens once in the life of an installation.
"""

from datetime import datetime

from sqlalchemy import Boolean, String, false
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant


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


class Milestone(Base):
    """Something that has happened and never happens again; its row is the proof."""

    __tablename__ = "milestones"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(Instant)
