"""
What becomes of a person's password and address; each change is one conditional write whose count is the verdict.

Leaves to others: who may ask for it (flows), and what is told about it (flows.notices).
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from identity_service.accounts.addresses import canonical
from identity_service.accounts.tables import User
from identity_service.accounts.users import Heard, unheard
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database
from identity_service.foundation.errors import AddressTaken


class Changes:
    """Changes of the people of this installation, inside a flow's transaction."""

    def __init__(self, database: Database, clock: Clock, changed: Heard = unheard) -> None:
        """Change people in *database*; *changed* hears of each."""
        self._database = database
        self._changed = changed
        self._clock = clock

    def reset_password(self, user_id: str, new: str) -> bool:
        """Set the password hash of somebody who has a password, whatever it was; False if there is no such person."""
        return self._set_password(user_id, new, User.password_hash.is_not(None))

    def replace_password(self, user_id: str, old: str | None, new: str) -> bool:
        """Set the password hash if it is still *old*, None for somebody without one; False if it is not."""
        kept = User.password_hash.is_(None) if old is None else User.password_hash == old
        return self._set_password(user_id, new, kept)

    def verify_address(self, user_id: str, email: str) -> bool:
        """Remember that *email* was reached; False if it is not, or no longer, the person's address."""
        whose = User.id == user_id, User.email_canonical == canonical(email), User.closing_at.is_(None)
        return self._change(user_id, update(User).where(*whose), email_verified=True)

    def change_address(self, user_id: str, old: str, new: str) -> bool:
        """
        Give a person the address *new*, which was reached, instead of *old*; False if *old* is not theirs any more.

        Raises:
            AddressTaken: somebody else has it, in whatever spelling; the transaction cannot go on.
        """
        whose = User.id == user_id, User.email_canonical == canonical(old), User.closing_at.is_(None)
        spelled = {"email": new, "email_canonical": canonical(new), "email_verified": True}
        try:
            return self._change(user_id, update(User).where(*whose), **spelled)
        except IntegrityError as taken:
            raise AddressTaken from taken

    def _set_password(self, user_id: str, new: str, kept: Any) -> bool:
        mine = update(User).where(User.id == user_id, kept, User.closing_at.is_(None))
        return self._change(user_id, mine, password_hash=new, credentials_changed_at=self._clock.now())

    def _change(self, user_id: str, mine: Any, **values: Any) -> bool:
        is_changed = self._database.change(mine.values(updated_at=self._clock.now(), **values)) == 1
        if is_changed:
            self._changed(user_id, forgets_password="password_hash" in values)
        return is_changed
