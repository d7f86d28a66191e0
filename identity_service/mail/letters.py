"""
What a letter says, before it is written out: its kind, to whom, in which language, and the facts.

Leaves to others: the words (composer and templates), when one is written (flows), how it arrives (outbox, postman).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "en"

_OWN_NAMES = {"de": "Deutsch", "en": "English", "es": "Español", "fr": "Français"}

_LOCAL_AND_DOMAIN = re.compile(r"^(.).*@(.).*?(\.[^.]*)?$", re.DOTALL)


@dataclass(frozen=True)
class Letter:
    """
    A letter to one person.

    Attributes:
        kind: One of `kinds()`.
        to: The address as the person typed it; one, and checked.
        name: What the person is called; a stranger may have chosen it.
        locale: A language there are templates for; see `locale_for`.
        facts: What else the kind tells of: link, device, address, time, provider, new_address, old_address.
    """

    kind: str
    to: str
    name: str
    locale: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


def kinds() -> tuple[str, ...]:
    """Return every kind of letter: each has a template in the language that all others fall back to."""
    found = (path.stem for path in (TEMPLATES / FALLBACK).glob("*.txt"))
    return tuple(sorted(name for name in found if name != "phrases"))


def locales() -> tuple[str, ...]:
    """Return the languages there are templates for."""
    return tuple(sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir()))


def own_names() -> dict[str, str]:
    """Return what each language that there are templates for is called by those who speak it."""
    return {locale: _OWN_NAMES.get(locale, locale) for locale in locales()}


def locale_for(languages: str, default: str) -> str:
    """
    Return the language of a letter.

    Args:
        languages: An Accept-Language header or one language tag, as a stranger sent it; may be empty.
        default: LOCALE, which counts when there is none that we have.

    Law: RFC 9110 §12.5.4, RFC 4647 §3.4 (de-CH is served by de).
    """
    wanted = sorted(map(_weighed, languages[:256].split(",")), key=lambda one: -one[1])
    tags = [tag for tag, weight in wanted if weight > 0]
    ours = locales()
    return next((tag for tag in (*tags, _language(default)) if tag in ours), FALLBACK)


def masked(address: str) -> str:
    """Return *address* so that its owner knows it again and nobody else learns it: `a…@e….org`."""
    return _LOCAL_AND_DOMAIN.sub(r"\1…@\2…\3", address) if "@" in address else "…"


def _weighed(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, weight = parameter.partition("=")
    try:
        quality = float(weight) if name.strip().lower() == "q" else 1.0
    except ValueError:
        quality = 0.0
    return _language(tag), quality


def _language(tag: str) -> str:
    return re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]
