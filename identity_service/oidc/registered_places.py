"""
Addresses of a client's that we show to people or send something to: which hosts can be.

Law: RFC 7591 §5 (addresses of a stranger's), RFC 6761, RFC 6762, RFC 8375 and RFC 9476 (names that are nowhere).
Leaves to others: redirect addresses (redirects), where a request really goes (foundation.outbound).
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from identity_service.foundation.outbound_places import is_public
from identity_service.oidc.redirects import is_acceptable

_NOWHERE = frozenset(
    {
        "localhost",
        "local",
        "localdomain",
        "internal",
        "intranet",
        "private",
        "corp",
        "home",
        "lan",
        "arpa",
        "invalid",
        "test",
        "onion",
        "alt",
    }
)


def is_place(uri: str, *, may_be_http: bool, may_be_private: bool) -> bool:
    """
    Say whether *uri* is an address of the web as it may be registered.

    Args:
        uri: letter for letter as it will be used.
        may_be_http: http will do too.
        may_be_private: it may lead into the operator's own network.
    """
    if not is_acceptable(uri, "web", allow_http=may_be_http):
        return False
    address = urlsplit(uri)
    if address.scheme != "https" and not may_be_http:
        return False
    return may_be_private or _is_public_host(address.hostname or "")


def _is_public_host(host: str) -> bool:
    try:
        return is_public(ip_address(host))
    except ValueError:
        labels = host.lower().split(".")
        return len(labels) > 1 and labels[-1] not in _NOWHERE
