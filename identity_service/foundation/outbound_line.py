"""
One request's connection: it leads to an address that was checked, and can be cut at any moment.

A name is looked up once, and what was found is judged and then connected to; so no second answer of a name server
(DNS rebinding) and no odd spelling of an address leads anywhere else.
Leaves to others: which places are public (outbound_places), what is said on the line (outbound).
"""

import socket
import threading
from contextlib import ExitStack, suppress
from enum import StrEnum
from http.client import HTTPResponse
from ipaddress import IPv4Address, ip_address
from queue import SimpleQueue
from typing import Protocol

from identity_service.foundation.outbound_places import Address, Place, Resolver, is_public


class Reason(StrEnum):
    """
    Why there is no answer; it may be shown to anyone.

    PLACE does not tell an unknown name from one that is known in the house alone.
    """

    REQUEST = "the request could not be made"
    PLACE = "the address leads nowhere that requests may go"
    CONNECTION = "there was no connection"
    TLS = "there was no secure connection"
    TIME = "there was no whole answer in time"
    SIZE = "the answer was too large"
    ENCODING = "the answer was compressed"
    ANSWER = "there was no proper answer"


class Unreachable(Exception):
    """There is no answer that could be used; `reason` may be shown to anyone, `detail` belongs in the log."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Keep *reason* for the caller and *detail*, cut short because a stranger may have written it."""
        self.reason = reason
        self.detail = detail[:200]
        super().__init__(str(reason))


class Rules(Protocol):
    """What a line obeys; `outbound.Outbound` explains each of them."""

    @property
    def allowed(self) -> tuple[Place, ...]:
        """Private places that it may lead to all the same."""
        ...

    @property
    def connect_seconds(self) -> float:
        """How long one address may take to accept a connection."""
        ...

    @property
    def resolve(self) -> Resolver:
        """How a name becomes addresses."""
        ...


class Line:
    """One request's connection: it leads to an address that was checked, and can be cut at any moment."""

    def __init__(self, rules: Rules, *, may_be_private: bool) -> None:
        """Take *rules*; `may_be_private` lifts the one about places."""
        self.is_over = False
        self._rules = rules
        self._may_be_private = may_be_private
        self._held: socket.socket | None = None
        self._closed_with_it = ExitStack()
        self._holding = threading.Lock()
        self._found: SimpleQueue[list[Address] | None] = SimpleQueue()

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connection to the first address of *host* that accepts one."""
        fault: OSError | None = None
        for address in self._permitted(host):
            try:
                return self._dial(address, port)
            except OSError as refusal:
                fault = refusal
        raise Unreachable(Reason.TIME if self.is_over else Reason.CONNECTION, str(fault)) from fault

    def closes(self, answer: HTTPResponse) -> HTTPResponse:
        """Return *answer*, and see to it that it is closed with the line."""
        return self._closed_with_it.enter_context(answer)

    def cut(self) -> None:
        """End whatever is under way, from another thread."""
        with self._holding:
            self.is_over = True
            self._found.put(None)
            if self._held is not None:
                with suppress(OSError):  # not connected yet, or not any more
                    self._held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection."""
        self._closed_with_it.close()
        self._release()

    def _permitted(self, host: str) -> list[Address]:
        # The system's resolver knows no time-out, so that it works aside and may come too late.
        threading.Thread(target=self._look_up, args=(host,), daemon=True).start()
        found = self._found.get()
        if found is None:
            raise Unreachable(Reason.TIME)
        if not found:
            raise Unreachable(Reason.PLACE, f"{host} leads nowhere")
        if not self._may_be_private and host.rstrip(".").lower() not in self._rules.allowed:
            # One private address among public ones is enough: who connects does not choose which is taken.
            for address in found:
                if not (is_public(address) or self._is_allowed(address)):
                    raise Unreachable(Reason.PLACE, f"{host} leads to {address}")
        return found

    def _look_up(self, host: str) -> None:
        try:
            found = [ip_address(text) for text in self._rules.resolve(host)]
        except (OSError, ValueError):  # nobody knows the name, or no name looks like that
            found = []
        self._found.put(found)

    def _is_allowed(self, address: Address) -> bool:
        return any(address in place for place in self._rules.allowed if not isinstance(place, str))

    def _dial(self, address: Address, port: int) -> socket.socket:
        family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(self._rules.connect_seconds)
            self._hold(opened)
            opened.connect((str(address), port))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            opened.close()
            raise
        return opened

    def _release(self) -> None:
        with self._holding:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _hold(self, opened: socket.socket) -> None:
        self._release()
        with self._holding:
            if self.is_over:
                raise TimeoutError  # the next address is not tried
            # A second handle of the same connection: it stays valid when TLS takes over the first.
            self._held = opened.dup()
