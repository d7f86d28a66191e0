"""
Somebody to test with: added without the cost of hashing, signed in without a form.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from identity_service.accounts.users import NewPerson, Person
from identity_service.flows.outcomes import SignedIn, Visitor
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.wiring import Services

EMAIL = "Ada@Example.org"
PASSWORD = "a long phrase that is mine"
HASH = "$argon2id$v=19$m=20476,t=2,p=1$Trn+raEnQcyybsW8hhMrlg$b0PA+4llbxknkt8FkPFhumsApPbAF56VC/swBFf8NAg"
"""PASSWORD, hashed beforehand."""

VISITOR = Visitor("192.0.2.7", "Firefox", "a request")


def person(services: Services, email: str = EMAIL, **told: object) -> Person:
    """Add somebody whose password is PASSWORD."""
    known = {"name": "Ada Lovelace", "username": "ada", "password_hash": HASH}
    with services.database.transaction():
        added = services.capabilities.users.add(NewPerson(email, **{**known, **told}))
    assert added is not None
    return added


def session(services: Services, whose: Person, client_id: str = FIRST_PARTY, agent: str = "Firefox") -> SignedIn:
    """Open a session of seven days for *whose*, as if the password had been right."""
    opening = Opening(whose.id, client_id, "openid", "pwd", agent, VISITOR.address, timedelta(days=7))
    with services.database.transaction():
        begun = services.capabilities.refresh_tokens.begin(opening)
    return services.begin_session.issue.first_party(begun, whose)


@contextmanager
def late(services: Services, happens: Callable[[], object]) -> Iterator[None]:
    """Open a transaction, before which something *happens* in another one."""
    happens()
    with services.database.transaction():
        yield


def events(services: Services, subject: str) -> list[str]:
    """List what the audit trail tells about *subject*, oldest first: name and outcome."""
    return [f"{entry.event.name} {entry.event.outcome}" for entry in services.capabilities.trail.about(subject)]
