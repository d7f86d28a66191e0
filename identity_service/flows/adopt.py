"""
What happens when an operator takes the people of a running chat application over; nothing is written there.

Whoever is here already stays as they are, so it may run again: it then takes whoever came in between.
Leaves to others: reading (chat), what their settings become (foundation.settings_comparison).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from identity_service.accounts.adoption import Adoption, Newcomer, Took, is_address
from identity_service.chat import old_seals, provider_ids
from identity_service.chat.adopted import Adopted
from identity_service.chat.adoption import Account, LiveBan, Reading
from identity_service.chat.provider_ids import Issuers, Known
from identity_service.flows.outcomes import Transaction
from identity_service.foundation.clock import Clock
from identity_service.foundation.networks import network_of
from identity_service.moderation.bans import Bans, Sentence
from identity_service.moderation.trail import DONE, Event, Trail
from identity_service.upstream.links import Links
from identity_service.upstream.provider import LONGEST_SUBJECT, Identity

_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}", re.ASCII)
_BY_ADOPTION = "adopted"
_LONGEST = {"name": 80, "username": 80, "role": 64, "provider": 64, "avatar": 2048}
_ONE_STEP = "has two-factor authentication there, and there is no second step here yet"
_LOCAL_WAY = (
    "the password alone lets them in: hand them a link for a new, long one (identity reset-link),"
    " or keep them out until then (identity ban-user)"
)
_OTHER_WAY = "have their provider ask for one, or keep them out until then (identity ban-user)"


class Remark(NamedTuple):
    """What an operator has to know of one person: who, and what could not be taken, or how it was taken."""

    id: str
    email: str
    what: str


class Keys(NamedTuple):
    """What their settings say: CREDS_KEY, for the secrets of second factors, None if it is not known; their issuers."""

    creds_key: bytes | None
    issuers: Issuers


@dataclass
class Report:
    """What came of it; `left_out` are people who could not be taken, `remarks` those who were, but not as they were."""

    seen: int = 0
    added: int = 0
    known: int = 0
    renewed: int = 0
    second_factors: int = 0
    connections: int = 0
    bans: list[LiveBan] = field(default_factory=list)
    bans_left_out: list[LiveBan] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    has_administrator: bool = True


@dataclass(frozen=True)
class Adopt:
    """Takes people over, a batch in a transaction."""

    adoption: Adoption
    adopted: Adopted
    links: Links
    bans: Bans
    trail: Trail
    transaction: Transaction
    clock: Clock
    batch: int = 500

    def people(self, theirs: Reading, keys: Keys, progress: Callable[[int], None]) -> Report:
        """
        Take everybody over who is not here yet.

        Args:
            theirs: the running chat application.
            keys: what its settings say.
            progress: is told how many have been seen since it was told last.

        Raises:
            ChatUnavailable: it stopped answering; what was taken stays, and the next run goes on from there.
        """
        report, accounts = Report(), theirs.accounts()
        while batch := list(islice(accounts, self.batch)):
            self._take(batch, keys, report)
            report.seen += len(batch)
            progress(len(batch))
        self._take_bans(theirs, report)
        report.has_administrator = self.adoption.has_administrator()
        return report

    def _take(self, batch: Sequence[Account], keys: Keys, report: Report) -> None:
        fitting = {one.id: one for one in batch if one.id is not None and is_address(one.email)}
        report.left_out += [Remark(one.shown_id, one.email, _unfit(one)) for one in batch if one.id not in fitting]
        with self.transaction():
            took = self.adoption.take([_newcomer(user_id, one) for user_id, one in fitting.items()])
            for user_id in sorted(took.added):
                self._keep_factor(user_id, fitting[user_id], keys.creds_key, report)
                self._connect(user_id, fitting[user_id], keys.issuers, report)
            if took.added or took.renewed:
                counts = {"added": str(len(took.added)), "renewed": str(len(took.renewed))}
                self.trail.record(Event("people.adopted", DONE, "operator", detail=counts))
        _note(took, fitting, report)

    def _keep_factor(self, user_id: str, account: Account, creds_key: bytes | None, report: Report) -> None:
        factor = account.second_factor
        if factor is None:
            return
        secret = old_seals.opened(factor.sealed_secret, creds_key)
        if secret is None:
            lost = "has a second factor whose secret the given CREDS_KEY does not open"
            report.remarks.append(Remark(user_id, account.email, lost))
            return
        self.adopted.keep(user_id, secret, factor)
        report.second_factors += 1

    def _connect(self, user_id: str, account: Account, issuers: Issuers, report: Report) -> None:
        names = provider_ids.strangers(account.provider_ids, issuers)
        for known in provider_ids.identities(account.provider_ids, issuers):
            is_fitting = len(known.subject) <= LONGEST_SUBJECT
            if is_fitting and self.links.tie(_identity(known, account), user_id, is_origin=_is_origin(known, account)):
                report.connections += 1
            else:
                names.append(known.provider)
        for name in names:
            report.remarks.append(Remark(user_id, account.email, f"the connection with {name} could not be taken over"))

    def _take_bans(self, theirs: Reading, report: Report) -> None:
        """Ban here whoever is banned there and known here; a ban that is in force here already stays as it is."""
        for ban in theirs.bans(self.clock.now()):
            holder = ban.holder if self.adoption.is_here(ban.holder) else network_of(ban.holder)
            if not holder:
                report.bans_left_out.append(ban)
                continue
            with self.transaction():
                imposed = self.bans.impose(Sentence(holder, _BY_ADOPTION, ban.score, "operator", ban.ends_at))
                if imposed is not None:
                    self.trail.record(Event("ban.imposed", DONE, "operator", holder, detail={"kind": _BY_ADOPTION}))
            if imposed is not None:
                report.bans.append(ban)


def _identity(known: Known, account: Account) -> Identity:
    return Identity(known.provider, known.provider, known.issuer, known.subject, account.email[:320])


def _is_origin(known: Known, account: Account) -> bool:
    return known.provider == account.provider


def _note(took: Took, fitting: dict[str, Account], report: Report) -> None:
    report.added += len(took.added)
    report.known += len(took.known)
    report.renewed += len(took.renewed)
    for user_id in sorted(took.taken):
        another = "another account here has this address already"
        report.left_out.append(Remark(user_id, fitting[user_id].email, another))
    # Said in every run, for it goes on: also of whoever came in an earlier one, or has it only since.
    guarded = [user_id for user_id in sorted(took.added | took.known) if fitting[user_id].second_factor is not None]
    report.remarks += [Remark(user_id, fitting[user_id].email, _unguarded(fitting[user_id])) for user_id in guarded]
    for user_id in sorted(took.added):
        account = fitting[user_id]
        report.remarks += [Remark(user_id, account.email, what) for what in _changes(account)]


def _unguarded(account: Account) -> str:
    return f"{_ONE_STEP}; {_LOCAL_WAY if _BCRYPT.fullmatch(account.password_hash) else _OTHER_WAY}"


def _unfit(account: Account) -> str:
    if account.id is None:
        return "the id is not an ObjectId"
    return "there is no address that could be one"


def _newcomer(user_id: str, account: Account) -> Newcomer:
    local_part = account.email.partition("@")[0]
    cut = {name: getattr(account, name)[:longest] for name, longest in _LONGEST.items()}
    return Newcomer(
        id=user_id,
        email=account.email,
        email_verified=account.email_verified,
        name=cut["name"] or cut["username"] or local_part[:80],
        username=cut["username"].lower()[: _LONGEST["username"]],  # small letters may be more
        password_hash=account.password_hash if _BCRYPT.fullmatch(account.password_hash) else None,
        provider=cut["provider"],
        role=cut["role"],
        avatar=account.avatar if 0 < len(account.avatar) <= _LONGEST["avatar"] else None,
        created_at=account.created_at,
        updated_at=account.updated_at,
    )


def _changes(account: Account) -> Iterator[str]:
    for name, longest in _LONGEST.items():
        if len(getattr(account, name)) > longest:
            yield f"the {name} is longer than {longest} characters, and was {'left out' if name == 'avatar' else 'cut'}"
    if account.password_hash and not _BCRYPT.fullmatch(account.password_hash):
        yield "the password is kept in a form that is not known, and was left out"
    elif not account.password_hash and account.provider == "local":
        yield "there is no password: it has to be chosen anew"
    if account.tenant:
        yield f"belongs to the tenant {account.tenant}, and this service knows no tenants"
