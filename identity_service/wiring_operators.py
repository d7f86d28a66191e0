"""
Builds what operators and the chat application's database need, by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from identity_service.accounts.adoption import Adoption
from identity_service.accounts.users import Users
from identity_service.chat.adopted import Adopted
from identity_service.chat.adoption import Reading
from identity_service.chat.bridge import Chat, NoChat
from identity_service.chat.changes import ChatChanges
from identity_service.flows.adopt import Adopt
from identity_service.flows.balances import Balances
from identity_service.flows.close_account import CloseAccount
from identity_service.flows.farewell import Farewell
from identity_service.flows.mirror import Announce, Mirror
from identity_service.flows.sign_out import Endings
from identity_service.flows.sync_chat import SyncChat
from identity_service.foundation.rounds import Rounds
from identity_service.foundation.settings import Settings
from identity_service.moderation.bans import Bans
from identity_service.moderation.trail import Trail
from identity_service.upstream.links import Links
from identity_service.wiring_capabilities import Capabilities, Ground


@dataclass(frozen=True)
class ChatLink:
    """How people reach the chat application; `rounds` are of its own, so that nobody else waits for a slow MongoDB."""

    chat: Chat
    changes: ChatChanges
    announce: Announce
    mirror: Mirror
    rounds: Rounds


@dataclass(frozen=True)
class Operators:
    """What an operator may call beside the doors' own flows; `reading` opens a chat application by its address."""

    link: ChatLink
    sync_chat: SyncChat
    balances: Balances
    adopt: Adopt
    reading: Callable[[str], Reading]


def chat_link(ground: Ground) -> ChatLink:
    """Return the link to the chat application, or to none; it comes before the capabilities, which post to it."""
    settings, database, clock, chance = ground
    chat, changes = _chat(settings), ChatChanges(database, clock, chance)
    # These read and remove people; who adds or changes one has Users that announce it.
    users = Users(database, clock, chance)
    bans, trail = Bans(database, clock, chance), Trail(database, clock)
    farewell = Farewell(users, bans, chat, changes, trail, database.transaction)
    # What is lost with the power is delivered once more.
    transaction = partial(database.transaction, is_durable=False)
    mirror = Mirror(users, chat, changes, farewell, Links(database, clock), transaction)
    rounds = Rounds([mirror.deliver_due])
    return ChatLink(chat, changes, Announce(changes, chat, database.after_commit, rounds.wake), mirror, rounds)


def close_account(ground: Ground, able: Capabilities, endings: Endings, link: ChatLink) -> CloseAccount:
    """Return the flow that deletes an account."""
    return CloseAccount(
        able.users,
        link.changes,
        endings,
        link.mirror.farewell,
        ground.database.after_commit,
        link.rounds.wake,
        ground.database.transaction,
        ground.settings.registration.account_deletion,
    )


def operators(ground: Ground, able: Capabilities, link: ChatLink, bans: Bans) -> Operators:
    """Return the flows of operators."""
    return Operators(
        link,
        SyncChat(able.users, link.mirror, able.trail, ground.database.transaction),
        Balances(link.chat, ground.clock),
        _adopt(ground, able, bans),
        _reading,
    )


def _chat(settings: Settings) -> Chat:
    if settings.chat.mongo_uri is None:
        return NoChat()
    from identity_service.chat.mongo import MongoChat  # noqa: PLC0415 - only who has a MongoDB pays for its driver

    return MongoChat(settings.chat.mongo_uri.get_secret_value())


def _adopt(ground: Ground, able: Capabilities, bans: Bans) -> Adopt:
    _, database, clock, _ = ground
    adopted, links = Adopted(database, clock, able.vault), Links(database, clock)
    return Adopt(Adoption(database, clock), adopted, links, bans, able.trail, database.transaction, clock)


def _reading(uri: str) -> Reading:
    from identity_service.chat.mongo_reading import MongoReading  # noqa: PLC0415 - the same

    return MongoReading(uri)
