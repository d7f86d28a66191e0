"""
Writes letters out: the templates of one language, once as HTML and once as plain text.

What a stranger chose is kept from looking like more than it is: a name holds no address that a mail program would
make a link of, a browser is one of a list, and everything is escaped in HTML.
Law: OWASP ASVS 5.0 §1.2.1 and §1.3.11 (mail injection).
Leaves to others: which letter and to whom (letters).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from identity_service.mail.delivering import Composed
from identity_service.mail.devices import readable
from identity_service.mail.letters import FALLBACK, TEMPLATES, Letter, locales

if TYPE_CHECKING:
    from jinja2 import Environment

_LONGEST_NAME = 40
_LONGEST_FACT = 320
_PARTS = ("subject", "text", "button", "warning")
_SPOKEN = {"L", "M", "N"}
_BETWEEN = " '’·-"  # noqa: RUF001 - an apostrophe of names
# Only after an initial or a title, and never where something follows at once: "J. R. R." and no "example.org".
_DOT_INSIDE = re.compile(r"[.,](?=\S)")


class Unspeakable(Exception):
    """There are no words for this letter, or a fact is missing that they need."""


@dataclass(frozen=True)
class Composer:
    """Writes the letters of one application; `app_title` is its name."""

    app_title: str

    def compose(self, letter: Letter, letter_id: str, written_at: datetime) -> Composed:
        """
        Write *letter* out.

        Raises:
            Unspeakable: no such kind, or a fact is missing.
        """
        from jinja2 import TemplateError  # noqa: PLC0415 - as in _environment

        told = self._told(letter, written_at)
        try:
            subject = _one_line(self._part("subject", letter, told))
            text = self._written(self._plain, "layout.txt", letter, told)
            html = self._written(self._html, "layout.html", letter, told)
        except TemplateError as fault:
            raise Unspeakable(f"{letter.kind} in {letter.locale}: {type(fault).__name__} {fault}") from fault
        return Composed(letter_id, letter.to, subject, text, html, written_at)

    def _told(self, letter: Letter, written_at: datetime) -> dict[str, str]:
        facts = {name: _one_line(fact)[:_LONGEST_FACT] for name, fact in letter.facts.items() if name != "link"}
        if "device" in facts:
            facts["device"] = readable(facts["device"])
        if "link" in letter.facts:
            facts["link"] = letter.facts["link"]
        ours = {"app": self.app_title, "name": spoken(letter.name), "year": str(written_at.year)}
        return {**facts, **ours, "locale": _known(letter.locale)}

    def _part(self, part: str, letter: Letter, told: dict[str, str]) -> str:
        return str(getattr(self._plain.get_template(_file(letter)).make_module(told), part))

    @staticmethod
    def _written(environment: "Environment", layout: str, letter: Letter, told: dict[str, str]) -> str:
        own: Any = environment.get_template(_file(letter)).make_module(told)
        phrases: Any = environment.get_template(f"{told['locale']}/phrases.txt").make_module(told)
        parts = {part: getattr(own, part, "") for part in _PARTS}
        return environment.get_template(layout).render(told=told, phrases=phrases, **parts)

    @cached_property
    def _plain(self) -> "Environment":
        return _environment(escapes=False)

    @cached_property
    def _html(self) -> "Environment":
        return _environment(escapes=True)


def spoken(name: str) -> str:
    """Return as much of *name* as a letter may say aloud: letters, digits, and what stands between them in names."""
    kept = (sign if _is_spoken(sign) else " " for sign in unicodedata.normalize("NFC", name))
    words = " ".join("".join(kept).split())
    return _DOT_INSIDE.sub(" ", words)[:_LONGEST_NAME].strip()


def _is_spoken(sign: str) -> bool:
    return unicodedata.category(sign)[0] in _SPOKEN or sign in _BETWEEN or sign in ".,"


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _known(locale: str) -> str:
    return locale if locale in locales() else FALLBACK


def _file(letter: Letter) -> str:
    return f"{_known(letter.locale)}/{letter.kind}.txt"


def _environment(*, escapes: bool) -> "Environment":
    # Here and not above: an installation without mail does without, and commands start sooner.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=escapes,  # noqa: S701 - a plain text has no markup to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
