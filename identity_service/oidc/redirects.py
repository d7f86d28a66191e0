"""
Redirect addresses: which may be registered, and whether one that was presented is registered.

An address is never normalised or repaired: what two programs could read differently is refused when it is
registered, and what is presented later is compared letter for letter.
Law: RFC 6749 §3.1.2, RFC 9700 §2.1 and §4.1 (exact comparison), RFC 8252 §7 (native applications), RFC 3986 §2.
Leaves to others: which client has which addresses (clients).
"""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from identity_service.foundation.settings_kinds import is_this_machine

NATIVE = "native"

_LONGEST = 2000
_LONGEST_HOST = 253
_LAST_PORT = 65535
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

# What RFC 3986 lets stand in an address, without `#` (no fragment may be) and `*` (nothing here is a pattern).
_WRITTEN = re.compile(r"(?:[A-Za-z0-9._~:/?@!$&'()+,;=\[\]-]|%[0-9A-Fa-f]{2})+")
_WEB = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?:@\[\]]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/[^?]*)?(?P<query>\?.*)?"
)
# RFC 8252 §7.1: a scheme is a domain name in reverse, so that it has a dot; `javascript` and its like have none.
_PRIVATE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):(?://[A-Za-z0-9._-]*|(?=/(?!/)))(?P<path>/[^?]*)?(?P<query>\?.*)?"
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# What a browser takes for a piece of an IPv4 address, in whatever system of numbers.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_CONTROL = re.compile(r"%(?:[01][0-9A-F]|7F)", re.IGNORECASE)
# A dot, a slash, a backslash, a percent sign; and the bytes that begin an overlong form of them.
_DISGUISE = re.compile(r"%(?:2E|2F|5C|25|C0|C1)", re.IGNORECASE)
_FREE_PORT = re.compile(r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?].*)?")


def is_acceptable(uri: str, application_type: str, *, allow_http: bool = False) -> bool:
    """
    Say whether a client may register *uri* as a redirect address, or as one to return to after signing out.

    Args:
        uri: at most 2,000 characters of ASCII; an internationalised name is written as `xn--`.
        application_type: `native` may have a scheme of its own with a dot in it, such as `com.example.app:/callback`.
        allow_http: http is good for other hosts than this machine; only for what an operator registers.

    Law: RFC 9700 §2.6 (no http but for the loopback interface), RFC 8252 §7.
    """
    if len(uri) > _LONGEST or not _WRITTEN.fullmatch(uri):
        return False
    if web := _WEB.fullmatch(uri):
        is_safe = web["scheme"] == "https" or allow_http or web["host"] in _LOOPBACK
        return is_safe and _is_host(web["host"]) and _is_port(web["port"]) and _is_plain(web)
    private = _PRIVATE.fullmatch(uri) if application_type == NATIVE else None
    return private is not None and _is_plain(private)


def matches(presented: str, registered: Sequence[str], application_type: str) -> bool:
    """
    Say whether *presented* is one of the *registered* addresses, letter for letter.

    The one exception is the port of a native application that listens on 127.0.0.1 or [::1]: it is the operating
    system that chooses it. `localhost` is a name like any other.

    Law: RFC 9700 §2.1, RFC 8252 §7.3.
    """
    if presented in registered:
        return True
    without_port = _without_port(presented) if application_type == NATIVE else None
    return without_port is not None and any(_without_port(each) == without_port for each in registered)


def is_on_the_device(uri: str) -> bool:
    """
    Say whether *uri*, a registered address, leads to a program on the person's own device: to whichever one is there.

    Law: RFC 8252 §8.6; only an https address shows by itself whose it is.
    """
    web = _WEB.fullmatch(uri)
    return web is None or is_this_machine(web["host"].lower())


def origin(uri: str) -> str:
    """
    Return what a Content-Security-Policy calls the place that *uri*, a registered address, leads to.

    A scheme of an application's own has no host, and a policy cannot name an IPv6 address; both are the scheme alone.

    Law: CSP Level 3 §2.3.1.
    """
    web = _WEB.fullmatch(uri)
    if web is None or web["host"].startswith("["):
        return uri.partition(":")[0] + ":"
    return f"{web['scheme']}://{web['host']}" + (f":{web['port']}" if web["port"] else "")


def _is_host(host: str) -> bool:
    last = host.rpartition(".")[2]
    try:
        if host.startswith("["):
            return bool(IPv6Address(host[1:-1]))
        if _NUMBER.fullmatch(last):
            return bool(IPv4Address(host))
    except AddressValueError:
        return False
    return len(host) <= _LONGEST_HOST and _NAME.fullmatch(host) is not None


def _is_port(port: str | None) -> bool:
    return port is None or int(port) <= _LAST_PORT


def _is_plain(address: re.Match[str]) -> bool:
    """Say whether nothing in path and query means something else to the next program that decodes it."""
    path, query = address["path"] or "", address["query"] or ""
    steps = {segment.partition(";")[0] for segment in path.split("/")}
    return not (steps & {".", ".."} or _DISGUISE.search(path) or _CONTROL.search(path + query))


def _without_port(uri: str) -> tuple[str, str] | None:
    """Take the port from an address on the loopback interface; None for every other address."""
    found = _FREE_PORT.fullmatch(uri)
    return (found["host"], found["rest"] or "") if found and _is_port(found["port"]) else None
