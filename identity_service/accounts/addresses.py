"""
E-mail addresses: what is one, and when two spellings are the same.

An address is stored as it was typed and matched by one canonical form,
so that no second account hides behind another spelling.
An operator may allow a few domains only; what is said to whoever has another is a matter of the flow.
Law: RFC 5321 §4.5.3.1 (lengths), Unicode TR 15 (NFKC), RFC 5891 and Unicode TR 46 (domains).
"""

import unicodedata
from collections.abc import Set as AbstractSet
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

from identity_service.foundation.errors import AddressNotAllowed

_LONGEST = 254
_LONGEST_LOCAL = 64


class NotAnAddress(ValueError):
    """The text is not an address that mail could be sent to."""


def canonical(address: str) -> str:
    """
    Return the one form by which *address* is matched: NFKC, lower case, domain in IDNA.

    Raises:
        NotAnAddress: the text has no local part, no domain, a domain that IDNA refuses, or is not Unicode.
    """
    local, at, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    if not (local and at and domain):
        raise NotAnAddress
    try:
        local.encode()
    except UnicodeError as wrong:
        raise NotAnAddress from wrong
    return f"{unicodedata.normalize('NFKC', local.lower())}@{canonical_domain(domain)}"


def canonical_domain(domain: str) -> str:
    """
    Return the one form by which *domain* is matched: lower case, in IDNA, without the dot of the root.

    Raises:
        NotAnAddress: IDNA refuses it.
    """
    # A sign-in asks for its domain five times, and most people share a few; what is too long for one is not kept.
    return _in_idna(domain) if len(domain) <= _LONGEST else _in_idna.__wrapped__(domain)


def checked(address: str) -> str:
    """
    Return *address* without surrounding white space if mail could be sent to it.

    Raises:
        NotAnAddress: bad form, too long, or an encoded word that mail programs would rewrite.
    """
    typed = address.strip()
    if len(typed) > _LONGEST or "=?" in typed:
        raise NotAnAddress
    try:
        validate_email(typed, check_deliverability=False, allow_domain_literal=False)
    except EmailNotValidError as wrong:
        raise NotAnAddress from wrong
    if len(canonical(typed).rpartition("@")[0].encode()) > _LONGEST_LOCAL:
        raise NotAnAddress
    return typed


def checked_within(address: str, domains: AbstractSet[str]) -> str:
    """
    Return *address* as `checked` does, if it lies in one of *domains*, or if there are none.

    Args:
        address: as it was typed, or told by a provider.
        domains: in their canonical form.

    Raises:
        NotAnAddress: mail could not be sent to it.
        AddressNotAllowed: it lies elsewhere; a subdomain is another domain.
    """
    email = checked(address)
    if domains and domain(canonical(email)) not in domains:
        raise AddressNotAllowed
    return email


def domain(canonical_address: str) -> str:
    """Return the domain of an address in its canonical form."""
    return canonical_address.rpartition("@")[2]


@lru_cache(maxsize=256)
def _in_idna(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower().rstrip(".")
    except (idna.IDNAError, UnicodeError) as wrong:
        raise NotAnAddress from wrong
