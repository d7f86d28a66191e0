"""
In which language people want to be written to, where they have said so.

Only our own letters are written in it, so nobody else hears of a change.
Leaves to others: which languages there are (mail.letters), and what else a letter goes by (flows.notices).
"""

from sqlalchemy import select, update

from identity_service.accounts.tables import User
from identity_service.foundation.database import Database


class Languages:
    """What the people of this installation like to read."""

    def __init__(self, database: Database) -> None:
        """Keep it in *database*, beside the people."""
        self._database = database

    def of(self, user_id: str) -> str:
        """Return the language that the person has chosen, or nothing."""
        found = self._database.first(select(User.locale).where(User.id == user_id))
        return found[0] or "" if found else ""

    def choose(self, user_id: str, language: str) -> bool:
        """Remember *language*, or with an empty one that there is none; False if the person is going or gone."""
        present = update(User).where(User.id == user_id, User.closing_at.is_(None))
        return self._database.change(present.values(locale=language or None)) == 1
