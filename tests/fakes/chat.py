"""
A chat application's database in memory, which can be away, in the way, or where the process is killed.

Stands in for identity_service.chat.mongo.MongoChat; and the flows of an installation that has it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from identity_service.chat.bridge import ChatUser, Conflict, Holder
from identity_service.chat.changes import ChatChanges
from identity_service.chat.provider_ids import Known, fields
from identity_service.flows.close_account import CloseAccount
from identity_service.flows.mirror import Announce, Mirror
from identity_service.flows.sync_chat import SyncChat
from identity_service.foundation.errors import ChatUnavailable
from identity_service.wiring import Services


class Interrupted(Exception):
    """The process was killed."""


class ChatInMemory:
    """Documents of people, and how much else belongs to whom."""

    is_here = True

    def __init__(self) -> None:
        """Begin with nobody."""
        self.people: dict[str, ChatUser] = {}
        self.forgotten: list[str] = []
        self._kept: dict[str, dict[str, int]] = defaultdict(dict)
        self.is_away = False
        self.conflicts: set[str] = set()
        self.while_writing: Callable[[], None] = lambda: None
        self._fatal = ""

    @property
    def kept(self) -> dict[str, dict[str, int]]:
        """What belongs to whom, by collection."""
        return {user_id: what for user_id, what in self._kept.items() if what}

    def keep(self, user_id: str, **what: int) -> None:
        """Let so much belong to somebody."""
        self._kept[user_id] |= what

    def interrupt_at(self, step: str) -> None:
        """Kill the process once, at "write", "written", "untie", "untied", "erase" or "erased"."""
        self._fatal = step

    def mirror(self, person: ChatUser, *, forgets_password: bool = False) -> None:
        """Keep the person as they are."""
        self._pass("write")
        self.while_writing()
        if person.id in self.conflicts:
            raise Conflict(person.id)
        self.people[person.id] = self._with_older_ids(person)
        if forgets_password:
            self.forgotten.append(person.id)
        self._pass("written")

    def mirror_all(self, people: Sequence[ChatUser]) -> list[str]:
        """Keep them all."""
        self._pass("write")
        self.while_writing()
        self.people |= {each.id: self._with_older_ids(each) for each in people if each.id not in self.conflicts}
        return [person.id for person in people if person.id in self.conflicts]

    def untie(self, user_id: str, ended: Sequence[Known]) -> None:
        """Take ids away that are still these."""
        if ended and user_id in self.people:
            self._pass("untie")
            gone = [pair for one in ended for pair in fields([one]).items()]
            left = {
                name: value for name, value in self.people[user_id].provider_ids.items() if (name, value) not in gone
            }
            self.people[user_id] = replace(self.people[user_id], provider_ids=left)
            self._pass("untied")

    def ids_at_providers(self, user_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return the ids of whoever is there."""
        return {each: self.people[each].provider_ids for each in user_ids if each in self.people}

    def erase(self, user_id: str, *, erases_transactions: bool) -> dict[str, int]:
        """Let everything go that is this person's."""
        self._pass("erase")
        went = dict(self._kept[user_id])
        stays = {} if erases_transactions or "transactions" not in went else {"transactions": went.pop("transactions")}
        self._kept[user_id] = stays
        if self.people.pop(user_id, None):
            went["users"] = 1
        self._pass("erased")
        return went

    def belongings(self, user_id: str) -> dict[str, int]:
        """Say how much is this person's."""
        self._pass("look")
        return dict(self._kept[user_id])

    def ids(self) -> Iterator[str]:
        """Yield everybody's id, in order."""
        yield from sorted(self.people)

    def holders(self) -> Iterator[Holder]:
        """Nobody here has a balance."""
        yield from ()

    def holder(self, email: str) -> Holder | None:
        """Nobody here has a balance."""
        return None

    def add_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Nobody here has a balance."""
        raise NotImplementedError

    def set_credits(self, user_id: str, amount: float, now: datetime) -> float:
        """Nobody here has a balance."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""

    def _with_older_ids(self, person: ChatUser) -> ChatUser:
        older = self.people[person.id].provider_ids if person.id in self.people else {}
        return replace(person, provider_ids={**older, **person.provider_ids})

    def _pass(self, step: str) -> None:
        if self.is_away:
            raise ChatUnavailable(detail="it was told to be away")
        if self._fatal == step:
            self._fatal = ""
            raise Interrupted(step)


@dataclass(frozen=True)
class Beside:
    """The flows of an installation beside a chat application."""

    chat: ChatInMemory
    changes: ChatChanges
    announce: Announce
    mirror: Mirror
    close_account: CloseAccount
    sync: SyncChat


def beside(services: Services) -> Beside:
    """Put a chat application in memory beside *services*."""
    chat, link = ChatInMemory(), services.operators.link
    farewell = replace(link.mirror.farewell, chat=chat)
    mirror = replace(link.mirror, chat=chat, farewell=farewell)
    return Beside(
        chat,
        link.changes,
        replace(link.announce, chat=chat),
        mirror,
        replace(services.close_account, farewell=farewell),
        replace(services.operators.sync_chat, mirror=mirror),
    )
