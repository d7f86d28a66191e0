"""
The table of signing keys. What a key is for follows from its instants; there is no status to get wrong.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant


class SigningKey(Base):
    """
    A key pair: `public_jwk` for everybody, `sealed` for the vault.

    `active_from` empty: it waits. In the past: it signs until the next generation's `active_from`,
    and verifies a while longer.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (UniqueConstraint("algorithm", "generation"),)

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    generation: Mapped[int] = mapped_column(Integer)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime] = mapped_column(Instant)
    active_from: Mapped[datetime | None] = mapped_column(Instant)
