"""
The table of the audit trail.
"""

from datetime import datetime

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant


class TrailEntry(Base):
    """Who did what to whom, from where, and how it ended. Rows are added and never changed."""

    __tablename__ = "trail"
    __table_args__ = (Index("ix_trail_at", "at"), Index("ix_trail_subject", "subject"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    event: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, str]] = mapped_column(JSON)
