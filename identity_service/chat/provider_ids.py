"""
Identities at outside providers, as the chat application spells them: a field for each, and ours beside it.

Source: LibreChat's `users`; what stands beside a subject to make it unique is what our own providers say it is.
Leaves to others: whose an identity is (upstream).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_FIELDS = {"google": "googleId", "github": "githubId", "discord": "discordId", "facebook": "facebookId"}
_FIELDS["apple"] = "appleId"
_ISSUERS = {"google": "https://accounts.google.com", "apple": "https://appleid.apple.com"}
_OPENID, OPENID_ISSUER = "openidId", "openidIssuer"
_ADOPTED_OPENID = "openid"  # what an issuer is called that was taken over with a document

NAMES = (*_FIELDS.values(), _OPENID, OPENID_ISSUER)
"""Every field of a document that we ever write."""


class Known(NamedTuple):
    """An identity: the provider's name here, its issuer or what stands for one, and its name for the person."""

    provider: str
    issuer: str
    subject: str


class Issuers(NamedTuple):
    """What the chat application's settings say of its providers, empty where they say nothing."""

    openid: str = ""
    github: str = ""


def fields(known: Iterable[Known]) -> Mapping[str, str]:
    """Return the fields of a document for these identities; of several OpenID issuers it has room for one."""
    found = dict[str, str]()
    for one in known:
        name = _FIELDS.get(one.provider)
        if name is not None:
            found[name] = one.subject
        elif _OPENID not in found:
            found |= {_OPENID: one.subject, OPENID_ISSUER: bare(one.issuer)}
    return found


def bare(issuer: str) -> str:
    """Return *issuer* as the chat application keeps it and looks for it: without a slash at its end."""
    return issuer.rstrip("/")


def identities(found: Mapping[str, str], theirs: Issuers) -> Iterator[Known]:
    """Yield the identities in the fields *found* of a document, as far as we know such providers."""
    for provider, name in _FIELDS.items():
        if name in found:
            own = theirs.github.rstrip("/") if provider == "github" else ""
            yield Known(provider, own or _ISSUERS.get(provider, provider), found[name])
    issuer = found.get(OPENID_ISSUER) or theirs.openid
    if _OPENID in found and issuer:
        yield Known(_ADOPTED_OPENID, issuer, found[_OPENID])


def left_over(
    found: Mapping[str, str], connected: Iterable[Known], ended: Iterable[tuple[str, str]]
) -> Iterator[Known]:
    """
    Yield the identities in the fields *found* of a document that open its account no more.

    Args:
        found: what stands there.
        connected: what opens the account.
        ended: provider and issuer of each connection that was ended here; of any other an id may be there that was
            never connected here, and stays.
    """
    now = fields(connected)
    for provider, issuer in ended:
        name = _FIELDS.get(provider, _OPENID)
        # A document that names no issuer is older than every connection that was made here.
        theirs = found.get(OPENID_ISSUER, issuer if provider == _ADOPTED_OPENID else "")
        if name in found and found[name] != now.get(name) and (name != _OPENID or bare(theirs) == bare(issuer)):
            yield Known(provider, issuer, found[name])


def every(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield provider and issuer of whatever may stand in the fields *found*."""
    yield from ((provider, "") for provider in _FIELDS)
    yield _ADOPTED_OPENID, found.get(OPENID_ISSUER, "")


def strangers(found: Mapping[str, str], theirs: Issuers) -> list[str]:
    """Return the names of providers in *found* that `identities` does not yield."""
    taken = {known.provider for known in identities(found, theirs)}
    names = {name.removesuffix("Id") for name in found if name != OPENID_ISSUER}
    return sorted(names - taken)
