"""
What happens when an operator wants to see the letters before anybody gets one: all are written out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from identity_service.accounts.vouchers import LIFE
from identity_service.flows.notices import MINUTES, VOUCHED
from identity_service.foundation.clock import Clock
from identity_service.mail.composer import Composer
from identity_service.mail.letters import Letter, kinds, locales

_SAMPLE = {
    "link": "https://chat.example.org/reset-password?token=a-token-that-opens-nothing&userId=65f2c1d07c2b9e4a1d3f5a60",
    "device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "address": "192.0.2.7",
    "provider": "Google",
    "old_address": "ada@example.org",
    "new_address": "ada.lovelace@example.org",
}


@dataclass(frozen=True)
class PreviewMail:
    """Every letter in every language, to nobody."""

    composer: Composer
    clock: Clock

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of a file for each letter: as HTML, and as plain text below its subject."""
        now = self.clock.now()
        told = {**_SAMPLE, "time": now.strftime(MINUTES)}
        for locale in locales():
            for kind in kinds():
                facts = {**told, "until": (now + LIFE).strftime(MINUTES)} if kind in VOUCHED else told
                written = self.composer.compose(Letter(kind, "", "Ada Lovelace", locale, facts), "", now)
                yield f"{kind}.{locale}.html", written.html
                yield f"{kind}.{locale}.txt", f"{written.subject}\n\n{written.text}"
