"""
What becomes of a person's password and address; each change is one conditional write whose count is the verdict.

Leaves to others: who may ask for it (flows), and what is told about it (flows.notices).
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from identity_service.accounts.addresses import canonical
from identity_service.accounts.tables import User
from identity_service.accounts.users import Heard
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import AddressTaken


class Changes:
    """Changes of the people of this installation, inside a flow's transaction."""

    def __init__(self, database: Database, clock: Clock, changed: Heard) -> None:
        """Change people in *database*; *changed* hears of whoever has changed, before the commit."""
        self._changed = changed
        self._database = database
        self._clock = clock

    def reset_password(self, user_id: str, new: str) -> bool:
        """Set the password hash of somebody who has a password, whatever it was; False if there is no such person."""
        return self._set_password(new, user_id, User.password_hash.is_not(None))

    def replace_password(self, user_id: str, old: str | None, new: str) -> bool:
        """Set the password hash if it is still *old*, None for somebody without one; False if it is not."""
        kept = User.password_hash.is_(None) if old is None else User.password_hash == old
        return self._set_password(new, user_id, kept)

    def verify_address(self, user_id: str, email: str) -> bool:
        """Remember that *email* was reached; False if it is not, or no longer, the person's address."""
        return self._change(user_id, User.email_canonical == canonical(email), email_verified=True)

    def change_address(self, user_id: str, old: str, new: str) -> bool:
        """
        Give a person the address *new*, which was reached, instead of *old*; False if *old* is not theirs any more.

        Raises:
            AddressTaken: somebody else has it, in whatever spelling; the transaction cannot go on.
        """
        spelled = {"email": new, "email_canonical": canonical(new), "email_verified": True}
        try:
            return self._change(user_id, User.email_canonical == canonical(old), **spelled)
        except IntegrityError as taken:
            raise AddressTaken from taken

    def _set_password(self, new: str, user_id: str, kept: Any) -> bool:
        return self._change(user_id, kept, password_hash=new, credentials_changed_at=self._clock.now())

    def _change(self, user_id: str, still: Any, **values: Any) -> bool:
        mine = update(User).where(User.id == user_id, still, User.closing_at.is_(None))
        is_done = self._database.change(mine.values(updated_at=self._clock.now(), **values)) == 1
        if is_done:
            self._changed(user_id, forgets_password="password_hash" in values)
        return is_done
