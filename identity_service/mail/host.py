"""
The mail server's end of the line: encrypted from the start if that is asked for, and told who we are.

Law: RFC 4616 §2 (a name and a password are said in UTF-8), RFC 5321 §2.3.5 and §4.1.3 (what we call ourselves).
Leaves to others: what is said in between (postman), whom we believe (certificates).
"""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from socket import socket
from typing import Any

from identity_service.foundation.outbound_line import Line
from identity_service.mail.certificates import Trust
from identity_service.mail.delivering import spelled_domain


@dataclass(frozen=True)
class Dial:
    """How the server is reached, and by which name we greet it; `is_tls` means from the start."""

    line: Line
    our_host: str
    step_seconds: float
    trust: Trust
    is_tls: bool


class Host(smtplib.SMTP):
    """The server's end of the line."""

    def __init__(self, name: str, port: int, dial: Dial) -> None:
        """Connect, and hear its greeting."""
        self._dial = dial
        # Named, because the library would ask a name server who we are, and wait for that as long as it takes.
        super().__init__(name, port, local_hostname=_spelled(dial.our_host), timeout=dial.step_seconds)

    def sign_in(self, username: str, password: str) -> None:
        """Say who we are, in whichever way both sides know."""
        self.login(username, _InUTF8(password))

    def auth(self, mechanism: str, authobject: Callable[[bytes | None], str | None], **told: Any) -> tuple[int, bytes]:
        """Sign in by *mechanism*; *authobject* says what is answered to a challenge."""

        def answer(challenge: bytes | None = None) -> Any:
            said = authobject(challenge)
            return None if said is None else _InUTF8(said)

        return super().auth(mechanism, answer, **told)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        opened = self._dial.line.connect(host, port)
        opened.settimeout(timeout)
        return self._dial.trust.wrap_socket(opened) if self._dial.is_tls else opened


def _spelled(our_host: str) -> str:
    try:
        address = ip_address(our_host)
    except ValueError:
        return spelled_domain(our_host)
    return f"[{address}]" if isinstance(address, IPv4Address) else f"[IPv6:{address}]"


class _InUTF8(str):
    """What the library would say in ASCII or not at all."""

    __slots__ = ()

    def encode(self, *_: Any, **__: Any) -> bytes:
        return super().encode()
