"""
The tables of moderation: the audit trail, violations with the scores that they add up to, and bans.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base, Instant

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""The number of a row where rows never cease to come; on SQLite it is the row's own, which has 64 bits as well."""


class TrailEntry(Base):
    """Who did what to whom, from where, and how it ended. Rows are added and never changed."""

    __tablename__ = "trail"
    __table_args__ = (
        Index("ix_trail_at", "at"),
        Index("ix_trail_subject", "subject"),
        Index("ix_trail_request_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    event: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, str]] = mapped_column(JSON)


class Violation(Base):
    """
    One breach of a limit or one event that a back end reported.

    `network` is what the address is counted by; `source` is `identity` or the client that reported it, and `report`
    the fingerprint of its idempotency key.
    """

    __tablename__ = "violations"
    __table_args__ = (
        Index("ix_violations_at", "at"),
        Index("ix_violations_user_id", "user_id"),
        Index("ix_violations_network", "network"),
        Index("ix_violations_request_id", "request_id"),
        Index("ix_violations_report", "report", unique=True),
    )

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(32))
    score: Mapped[int] = mapped_column(Integer)
    user_id: Mapped[str] = mapped_column(String(24))
    address: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    report: Mapped[str | None] = mapped_column(String(64))


class Score(Base):
    """
    What the violations of one person or one network add up to, as of `at`; it decays from there.

    `steps` are the multiples of BAN_INTERVAL that have had their consequence. `count` is how many violations there
    were; an INSERT that turns into an UPDATE of it takes the row for the rest of the transaction.
    """

    __tablename__ = "violation_scores"

    holder: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    score: Mapped[float] = mapped_column(Float(53))
    steps: Mapped[int] = mapped_column(Integer)
    count: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Instant)


class Ban(Base):
    """
    The present or last ban of one person or one network; those before it stand in the trail.

    `holder` is a user id or a network. It is in force until `ends_at`, for ever without one.
    """

    __tablename__ = "bans"
    __table_args__ = (Index("ix_bans_ends_at", "ends_at"),)

    holder: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(24))
    kind: Mapped[str] = mapped_column(String(32))
    score: Mapped[int] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(256))
    imposed_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


class LimitHit(Base):
    """
    One try that a limit let pass; the bucket's next one has the next number.

    Nothing depends on its removal after `expires_at`.
    """

    __tablename__ = "limit_hits"
    __table_args__ = (Index("ix_limit_hits_expires_at", "expires_at"),)

    bucket: Mapped[str] = mapped_column(String(160), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hit_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class Sighting(Base):
    """When requests of one kind were last seen: what tells whether TRUST_PROXY is set as the network is built."""

    __tablename__ = "sightings"

    kind: Mapped[str] = mapped_column(String(160), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)
