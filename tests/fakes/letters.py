"""
The letters that an installation has written: read from its outbox, before anybody has sent them.

Leaves to others: how they look (tests/mail), and whether they arrive (tests/journeys).
"""

import time
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from identity_service.mail.letters import Letter
from identity_service.mail.tables import WaitingLetter
from identity_service.wiring import Services

WITH_MAIL = {"EMAIL_HOST": "mail.example.org", "EMAIL_FROM": "id@example.org", "ALLOW_PASSWORD_RESET": "true"}
"""Settings of an installation that writes letters."""


_PATIENCE = 30


def written(services: Services) -> list[Letter]:
    """Run what errands there are, and take every letter out of the outbox, sorted by kind and address."""
    services.recovery.run_errands.run_due()
    found: list[Letter] = []
    with services.database.transaction():
        while taken := services.capabilities.outbox.take():
            assert taken.letter is not None
            services.capabilities.outbox.sent(taken)
            found.append(taken.letter)
    return sorted(found, key=lambda letter: (letter.kind, letter.to))


def on_their_way(services: Services, email: str, count: int) -> list[Letter]:
    """
    Wait for *count* letters to *email* that somebody else's process writes, and read them where they lie.

    Nothing is taken, so a letter that is just being sent is found, too.
    """
    found: list[Letter] = []
    until = time.monotonic() + _PATIENCE
    while len(found) < count and time.monotonic() < until:
        time.sleep(0.05)
        rows = services.database.rows(select(WaitingLetter.sealed))
        opened = [services.capabilities.outbox._opened(sealed) for (sealed,) in rows]
        found = [letter for letter in opened if letter is not None and letter.to == email]
    assert len(found) == count
    return found


def kinds(letters: list[Letter]) -> list[tuple[str, str]]:
    """Return the kind of each letter and to whom it goes."""
    return [(letter.kind, letter.to) for letter in letters]


def place_of(letter: Letter) -> str:
    """Return where the link of *letter* leads, without what it carries."""
    parts = urlsplit(letter.facts["link"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def carried(letter: Letter, name: str = "token") -> str:
    """Return what the link of *letter* carries under *name*."""
    return parse_qs(urlsplit(letter.facts["link"]).query)[name][0]
