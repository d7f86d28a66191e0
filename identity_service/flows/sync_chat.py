"""
What happens when an operator compares the chat application's people with ours, and makes them agree.

What is taken away over there is only what was ended here, by the word of the audit trail: of deleted accounts, and of
connections with providers that ended while there was no chat application to tell. Everything else stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from identity_service.accounts.users import Person, Users
from identity_service.chat import provider_ids
from identity_service.chat.bridge import ChatUser
from identity_service.flows.mirror import Mirror
from identity_service.flows.outcomes import Transaction
from identity_service.moderation.trail import Event, Trail

_UNLINKED, _CLAIMED, _DELETED = "account.unlinked", "account.claimed", "account.deleted"
_ENDINGS = (_UNLINKED, _CLAIMED)


@dataclass(frozen=True)
class Synced:
    """
    What came of it, by ids.

    `conflicts` are ours who cannot be written because of another document; `erased` were left over from deleted
    accounts; `strangers` are over there and not here, and are left alone.
    """

    written: int
    conflicts: tuple[str, ...]
    erased: tuple[str, ...]
    strangers: tuple[str, ...]


@dataclass(frozen=True)
class SyncChat:
    """Writes everybody, and finds who is over there without an account here."""

    users: Users
    mirror: Mirror
    trail: Trail
    transaction: Transaction
    batch: int = 500

    def all(self, progress: Callable[[int], None]) -> Synced:
        """
        Write everybody who is not going; *progress* is told how many have been seen.

        Raises:
            Misconfigured: there is no chat application.
            ChatUnavailable: it does not answer; what was written stays, and the next run begins anew.
        """
        over_there = _Walk(self.mirror.chat.ids())
        written, conflicts, unknown = 0, list[str](), list[str]()
        batch = self.users.page(size=self.batch)
        while batch:
            staying = [person for person in batch if not person.is_closing]
            # First, as when one is delivered: what is true is looked up after it.
            self._untie_ended([person.id for person in staying])
            writing = [self.mirror.as_chat_user(person) for person in staying]
            in_the_way = self.mirror.chat.mirror_all(writing)
            written += len(staying) - len(in_the_way)
            conflicts += in_the_way
            self._look_again(writing)
            unknown += over_there.beside(batch)
            progress(written)
            batch = self.users.page(batch[-1].id, self.batch)
        unknown += over_there.rest()
        erased, strangers = list[str](), list[str]()
        for user_id in unknown:
            (erased if self._is_left_over(user_id) else strangers).append(user_id)
        for user_id in erased:
            self.mirror.chat.erase(user_id, erases_transactions=False)
        return Synced(written, tuple(conflicts), tuple(erased), tuple(strangers))

    def _look_again(self, written: list[ChatUser]) -> None:
        """Post whoever changed while they were being written, and take away what ended meanwhile and came back so."""
        changed = [one.id for one in written if self._now(one.id) != one]
        if changed:
            self._untie_ended(changed)
            with self.transaction():
                for user_id in changed:
                    self.mirror.changes.post(user_id)

    def _now(self, user_id: str) -> ChatUser | None:
        person = self.users.by_id(user_id)
        return None if person is None else self.mirror.as_chat_user(person)

    def _untie_ended(self, user_ids: list[str]) -> None:
        told = defaultdict[str, list[Event]](list)
        for entry in self.trail.of_names(_ENDINGS, user_ids):
            told[entry.event.subject].append(entry.event)
        for user_id, found in self.mirror.chat.ids_at_providers(list(told)).items() if told else ():
            connected = [provider_ids.Known(*each) for each in self.mirror.links.identities(user_id)]
            ended = [each for event in told[user_id] for each in _ended(event, found)]
            self.mirror.chat.untie(user_id, list(provider_ids.left_over(found, connected, ended)))

    def _is_left_over(self, user_id: str) -> bool:
        # Somebody may have signed up while we compared; only whom we have deleted ourselves is erased.
        if self.users.by_id(user_id) is not None:
            return False
        return bool(self.trail.of_names((_DELETED,), (user_id,)))


def _ended(event: Event, found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield provider and issuer of what ended then; with a claimed account everything that opened it so far."""
    if event.name == _CLAIMED:
        yield from provider_ids.every(found)
    else:
        yield event.detail.get("provider", ""), event.detail.get("issuer", "")


class _Walk:
    """
    Goes through the sorted ids over there beside ours, and keeps those that we do not have.

    What is no id like ours comes last, out of order, and is like none of ours.
    """

    def __init__(self, ids: Iterator[str]) -> None:
        self._ids = ids
        self._next = next(ids, None)

    def beside(self, batch: list[Person]) -> list[str]:
        ours, last = {person.id for person in batch}, batch[-1].id
        return [user_id for user_id in self._up_to(last) if user_id not in ours]

    def rest(self) -> list[str]:
        found = [] if self._next is None else [self._next]
        return [*found, *self._ids]

    def _up_to(self, last: str) -> Iterator[str]:
        while self._next is not None and self._next <= last:
            yield self._next
            self._next = next(self._ids, None)
