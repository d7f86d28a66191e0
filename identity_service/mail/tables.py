"""
The table of letters on their way.
"""

from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.foundation.database import Base
from identity_service.foundation.deliveries import Delivered, due


class WaitingLetter(Delivered, Base):
    """
    A letter that has not arrived yet; the row goes when it has.

    What it says is sealed, address and link included, because the link is a secret; operators see `masked`.
    `failures` is `attempts` as it was when the last failure was written down: while somebody tries, it is smaller.
    """

    __tablename__ = "letters"
    __table_args__ = (due("letters"),)

    kind: Mapped[str] = mapped_column(String(32))
    masked: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    failures: Mapped[int] = mapped_column(Integer)
    last_answer: Mapped[str] = mapped_column(Text)
