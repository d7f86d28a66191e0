"""
Addresses as neighbourhoods: what one subscriber can change at will counts as one.

Law: RFC 6177 §2 (one subscriber holds at least a /64), RFC 4291 §2.5.5.2 (IPv4-mapped addresses).
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_SUBSCRIBER = 64
_OWN_NETWORK = "::/64"
"""The neighbourhood of ::1, in which nobody else lives (RFC 4291 §2.5.3)."""


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """
    Return what *address* is counted and banned by.

    Returns:
        An IPv4 address as it is, also when it came mapped into IPv6; of an IPv6 address its /64, such as
        `2001:db8:1:2::/64`; nothing for what is no address.
    """
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> _SUBSCRIBER << _SUBSCRIBER, _SUBSCRIBER)))
    return str(found) if found else ""


def plain(address: str) -> str:
    """Return *address* in the one spelling that we keep, without a zone; nothing for what is no address."""
    return str(_parsed(address) or "")


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Say whether *address* is this machine itself, or cannot be banned without it."""
    found = _parsed(address)
    return found is not None and (found.is_loopback or network_of(address) == _OWN_NETWORK)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        # A neighbourhood is as good a name as an address in it.
        found = ip_address(address.removesuffix(f"/{_SUBSCRIBER}").partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
