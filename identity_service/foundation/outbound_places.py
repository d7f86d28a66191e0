"""
Places in the network: what addresses a name has, and which of them are public.

Law: the registries of special-purpose addresses (RFC 6890, RFC 8190).
Leaves to others: which others are allowed (settings_neighbours), going there (outbound_line).
"""

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Place: TypeAlias = IPv4Network | IPv6Network | str
Resolver: TypeAlias = Callable[[str], Iterable[str]]

# The only part of IPv6 that has been given out: neither IPv4 in IPv6's clothes (::ffff:…) nor NAT64 is in it.
_UNICAST = IPv6Network("2000::/3")
# What the standard library takes for public.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's own, seen from its machines only
            "192.0.0.0/24",  # RFC 6890 §2.2.2: protocol assignments
            "192.88.99.0/24",  # RFC 7526: relays of 6to4
            "2001::/23",  # RFC 2928: protocol assignments, Teredo among them
            "2002::/16",  # RFC 3056: 6to4, with an IPv4 address inside
            "3fff::/20",  # RFC 9637: documentation
        ),
    )
)


def look_up(host: str) -> list[str]:
    """Return the addresses of *host* as the system knows them; it also understands `127.1` and `0x7f000001`."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def is_public(address: Address) -> bool:
    """Tell whether *address* belongs to the open network; in doubt it does not."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    is_ordinary = address.is_global and not (address.is_multicast or address.is_reserved)
    return is_ordinary and not any(address in network for network in _SPECIAL)
