"""
How the chat application hears of people: after the commit, again and again until it has.

What is written is always what is true now, so it does not matter in which order changes arrive, or how often.
Leaves to others: what the document says (chat.documents), the thread that calls (foundation.rounds).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from identity_service.accounts.users import Person, Users
from identity_service.chat import provider_ids
from identity_service.chat.bridge import Chat, ChatUser, Conflict
from identity_service.chat.changes import Change, ChatChanges
from identity_service.flows.farewell import Farewell
from identity_service.flows.outcomes import Transaction
from identity_service.foundation import logs
from identity_service.foundation.clock import breather
from identity_service.foundation.errors import ChatUnavailable
from identity_service.upstream.links import Links

_LOOKS = 3


@dataclass(frozen=True)
class Announce:
    """Posts what the chat application has to hear, in the transaction that changes it."""

    changes: ChatChanges
    chat: Chat
    after_commit: Callable[[Callable[[], None]], None]
    deliver: Callable[[], None]

    def changed(self, user_id: str, *, forgets_password: bool = False) -> None:
        """
        Let the chat application know that this person is new or has changed.

        With *forgets_password* it has to forget its own hash, which opens nothing any more.
        """
        if self.chat.is_here:
            self.changes.post(user_id, forgets_password=forgets_password)
            self.after_commit(self.deliver)

    def ended(self, user_id: str, identities: Sequence[tuple[str, str, str]]) -> None:
        """Let the chat application know that these identities, as upstream names them, open this account no more."""
        if self.chat.is_here:
            self.changes.post_ended(user_id, [provider_ids.Known(*each) for each in identities])
            self.after_commit(self.deliver)


@dataclass(frozen=True)
class Mirror:
    """Makes the chat application agree with what is true here."""

    users: Users
    chat: Chat
    changes: ChatChanges
    farewell: Farewell
    links: Links
    transaction: Transaction
    breather: Callable[[], Callable[[], None]] = breather

    def deliver_due(self) -> None:
        """Deliver what is due; when the chat application does not answer, leave the rest for another time."""
        rest = self.breather()
        # Looked at first without a transaction: nearly always there is nothing, and writers should not wait for that.
        while self.changes.due():
            with self.transaction():
                change = self.changes.take()
            if change is None:
                return  # somebody else was faster
            try:
                self._deliver(change)
            except ChatUnavailable as fault:
                self._put_back(change, fault.code, fault.detail)
                return
            except Conflict:
                self._put_back(change, "chat_conflict", "another document has the address or the provider's id")
            rest()

    def write(self, person: Person, *, forgets_password: bool = False) -> None:
        """
        Write *person* as they are, and look again afterwards: whoever changed meanwhile is written once more.

        A connection that ended meanwhile, and of which another process has told already, came back with what we wrote.

        Raises:
            ChatUnavailable, Conflict: it could not be written.
        """
        now: Person | None = person
        for _ in range(_LOOKS):
            if now is None or now.is_closing:
                break
            written, connected = now, self._connected(now.id)
            self.chat.mirror(_as_chat_user(written, connected), forgets_password=forgets_password)
            now, still = self.users.by_id(written.id), self._connected(written.id)
            self.chat.untie(written.id, [each for each in connected if each not in still])
            if (now, still) == (written, connected):
                return
        if now is None:
            self.chat.erase(person.id, erases_transactions=False)

    def as_chat_user(self, person: Person) -> ChatUser:
        """Return *person* as far as the chat application has to know."""
        return _as_chat_user(person, self._connected(person.id))

    def _connected(self, user_id: str) -> list[provider_ids.Known]:
        return [provider_ids.Known(*each) for each in self.links.identities(user_id)]

    def _deliver(self, change: Change) -> None:
        if change.closed_by is not None:
            self.farewell.say(change.user_id, change.closed_by, erases_transactions=change.erases_transactions)
            return
        person = self.users.by_id(change.user_id)
        if person is None:
            self.chat.erase(change.user_id, erases_transactions=change.erases_transactions)
        elif not person.is_closing:
            # First, for what is true is looked up after it: whoever connects once more meanwhile has the id again.
            self.chat.untie(person.id, change.ended)
            self.write(person, forgets_password=change.forgets_password)
        with self.transaction():
            self.changes.done(change)

    def _put_back(self, change: Change, code: str, detail: str) -> None:
        with self.transaction():
            is_given_up = self.changes.failed(change)
        facts = {"user_id": change.user_id, "attempt": change.attempts, "code": code, "detail": detail}
        if is_given_up:
            logs.logger().warning("chat.given_up", **facts)
        else:
            logs.logger().info("chat.postponed", **facts)


def _as_chat_user(person: Person, connected: Sequence[provider_ids.Known]) -> ChatUser:
    return ChatUser(
        person.id,
        person.email,
        person.email_verified,
        person.name,
        person.username,
        person.provider,
        person.role,
        person.avatar,
        person.created_at,
        person.updated_at,
        provider_ids.fields(connected),
    )
