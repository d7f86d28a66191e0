"""
What an outside provider says of a person, taken over into the account: name, picture, address, role.

Leaves to others: which account that is, and whether the provider may (flows.upstream).
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from identity_service.accounts.addresses import canonical
from identity_service.accounts.tables import User
from identity_service.accounts.users import Heard
from identity_service.foundation.clock import Clock
from identity_service.foundation.database import Database


class AddressHeld(Exception):
    """Somebody else has the address; the transaction is of no more use."""


class Profiles:
    """The accounts of this installation, as others describe them."""

    def __init__(self, database: Database, clock: Clock, changed: Heard) -> None:
        """Change accounts in *database*; *changed* hears of whoever has changed, before the commit."""
        self._changed = changed
        self._database = database
        self._clock = clock

    def has_password(self, user_id: str) -> bool:
        """Say whether the account has a password, and let nobody change it before the present transaction ends."""
        found = self._database.first(select(User.password_hash).where(User.id == user_id).with_for_update())
        return found is not None and found[0] is not None

    def describe(self, user_id: str, **told: str | None) -> None:
        """Take over *told*: `name`, `username`, `avatar`, `role`."""
        self._change(user_id, told)

    def verify(self, user_id: str, email: str) -> None:
        """Note that the address is verified, if it is still *email*."""
        this = update(User).where(User.id == user_id, User.email_canonical == canonical(email))
        if self._database.change(this.values(email_verified=True, updated_at=self._clock.now())):
            self._changed(user_id)

    def change_address(self, user_id: str, email: str, *, is_verified: bool) -> None:
        """
        Give the account another address.

        Raises:
            AddressHeld: somebody else has it, in whatever spelling.
        """
        spelled = {"email": email, "email_canonical": canonical(email), "email_verified": is_verified}
        try:
            self._change(user_id, spelled)
        except IntegrityError as fault:
            raise AddressHeld from fault

    def claim(self, user_id: str, provider: str) -> bool:
        """
        Give an account whose address was never verified to its owner: what opened it so far opens it no more.

        Returns:
            False if the address has been verified meanwhile, or the account is going.
        """
        prepared = update(User).where(User.id == user_id, User.email_verified.is_(False), User.closing_at.is_(None))
        now = self._clock.now()
        # Whoever has proven the old password a moment ago finds it changed, too (flows.sign_in).
        nothing = {"password_hash": None, "credentials_changed_at": now, "avatar": None, "locale": None}
        taken = prepared.values(email_verified=True, provider=provider, updated_at=now, **nothing)
        is_taken = self._database.change(taken) == 1
        if is_taken:
            self._changed(user_id, forgets_password=True)
        return is_taken

    def comes_from(self, user_id: str, gone: str, provider: str) -> None:
        """Let an account that is said to come from *gone* come from *provider*; LOCAL for its own password."""
        this = update(User).where(User.id == user_id, User.provider == gone)
        if self._database.change(this.values(provider=provider, updated_at=self._clock.now())):
            self._changed(user_id)

    def _change(self, user_id: str, values: dict[str, Any]) -> None:
        this = update(User).where(User.id == user_id)
        if self._database.change(this.values(**values, updated_at=self._clock.now())):
            self._changed(user_id)
