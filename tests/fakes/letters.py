"""
The letters that an installation has written: read from its outbox, before anybody has sent them.

Leaves to others: how they look (tests/mail), and whether they arrive (tests/journeys).
"""

from urllib.parse import parse_qs, urlsplit

from identity_service.mail.letters import Letter
from identity_service.wiring import Services

WITH_MAIL = {"EMAIL_HOST": "mail.example.org", "EMAIL_FROM": "id@example.org", "ALLOW_PASSWORD_RESET": "true"}
"""Settings of an installation that writes letters."""


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
