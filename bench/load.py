"""
A load generator: one process, many kept connections, prepared requests, and no thread.

It knows of HTTP what it needs to find the end of an answer: Content-Length. Each connection sends its next request as
soon as it has the answer to the last one, or when Retry-After allows, so the rate is what the server makes of so many
patient clients.
Leaves to others: what is asked and what the figures mean.
"""

import gc
import multiprocessing
import os
import re
import select
import socket
import statistics
import time
from array import array
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Self

_RETRY = re.compile(rb"\r\nretry-after: *([0-9]+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)

#: Seconds that an answer may take before its connection counts as lost.
PATIENCE = 20.0


@dataclass(frozen=True)
class Load:
    """
    What to ask, of whom, how often at once.

    Attributes:
        port: on loopback.
        requests: whole requests; connection *n* begins with the nth, and asks every `connections`th from there on.
        connections: how many ask at the same time.
        seconds: how long, after a fifth of it as a warm-up.
        begins: how every good answer begins; several ways if there are several.
        contains: what every good answer contains.
        follow: a pattern whose first group, found in an answer, takes the place of %s in the connection's next request.
        values: the first value of each connection, for `follow`; `requests` is then the one template.
        then: a template of a second request, which ends each round: %s is what `follow` found in the first answer, the
            second answer has to be good, and both together count as one.
    """

    port: int
    requests: tuple[bytes, ...]
    connections: int = 16
    seconds: float = 1.0
    begins: tuple[bytes, ...] = (b"HTTP/1.1 200 ",)
    contains: bytes = b""
    follow: bytes = b""
    values: tuple[bytes, ...] = ()
    then: bytes = b""


@dataclass(frozen=True)
class Measured:
    """What came of a load: good answers a second, milliseconds to a good answer, and how many others there were."""

    rate: float
    p50: float
    p99: float
    answers: int
    errors: int
    first_error: str
    values: tuple[bytes, ...]


class _Client:
    """One connection and what it asks."""

    __slots__ = (
        *("_at", "_requests", "_template", "_then"),
        *("is_half_way", "received", "resumes_at", "sent_at", "sock", "value"),
    )

    def __init__(self, load: Load, number: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", load.port), timeout=PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = self.resumes_at = 0.0
        self.value = load.values[number] if load.values else b""
        self._template = load.requests[0] if load.values else b""
        self._then = load.then
        self.is_half_way = False
        self._requests = load.requests[number % len(load.requests) :: load.connections]
        self._at = 0

    def ask(self) -> None:
        """Send the next request."""
        if self._template:
            request = self._template % self.value
        else:
            request = self._requests[self._at]
            self._at = (self._at + 1) % len(self._requests)
        self.is_half_way = False
        self.sent_at = time.perf_counter()
        self.sock.sendall(request)

    def go_on(self, found: bytes) -> None:
        """Send the request that ends the round."""
        self.is_half_way = True
        self.sock.sendall(self._then % found)

    def answer(self) -> bytes | None:
        """Return the answer when it is complete; a ConnectionError when the server has closed before."""
        piece = self.sock.recv(65_536)
        if not piece:
            raise ConnectionError("closed")
        self.received = received = self.received + piece if self.received else piece
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        length = _LENGTH.search(received, 0, head_end)
        if length and len(received) < head_end + 4 + int(length[1]):
            return None
        self.received = b""
        return received


class _Run:
    """A load while it runs."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._follow = re.compile(load.follow) if load.follow else None
        self._clients = [_Client(load, number) for number in range(load.connections)]
        self._by_descriptor = {client.sock.fileno(): client for client in self._clients}
        self._epoll = select.epoll()
        for descriptor in self._by_descriptor:
            self._epoll.register(descriptor, select.EPOLLIN)
        self._seconds = array("d")
        self._errors = 0
        self._first_error = ""
        self._sent_away: list[_Client] = []

    def measure(self) -> Measured:
        """Ask until the time is up, and wait for the last answers."""
        for client in self._clients:
            client.ask()
        self._converse(time.perf_counter() + self._load.seconds / 5)
        self._seconds, self._errors = array("d"), 0
        began = time.perf_counter()
        self._converse(began + self._load.seconds)
        took = time.perf_counter() - began
        counted, errors = self._seconds, self._errors
        self._seconds = array("d")
        self._wait_for_the_rest()
        quantiles = statistics.quantiles(counted, n=100) if len(counted) > 1 else [0.0] * 99
        return Measured(
            rate=len(counted) / took,
            p50=quantiles[49] * 1000,
            p99=quantiles[98] * 1000,
            answers=len(counted),
            errors=errors,
            first_error=self._first_error,
            values=tuple(client.value for client in self._clients),
        )

    def _converse(self, until: float) -> None:
        poll, clients, clock = self._epoll.poll, self._by_descriptor, time.perf_counter
        while clock() < until:
            for descriptor, _ in poll(0.1):
                client = clients[descriptor]
                if self._receive(client):
                    client.ask()
            if self._sent_away:
                self._call_back()

    def _call_back(self) -> None:
        now = time.perf_counter()
        due = [client for client in self._sent_away if client.resumes_at <= now]
        self._sent_away = [client for client in self._sent_away if client.resumes_at > now]
        for client in due:
            client.ask()

    def _receive(self, client: _Client) -> bool:
        """Take in what has come, and say whether the client may go on to its next request."""
        try:
            answer = client.answer()
        except OSError as lost:
            self._wrong(repr(lost).encode())
            self._reconnect(client)
            return True
        if answer is None or self._goes_on(client, answer):
            return False
        if not answer.startswith(self._load.begins) or self._load.contains not in answer:
            self._wrong(answer)
            return not self._is_sent_away(client, answer)
        self._seconds.append(time.perf_counter() - client.sent_at)
        if self._follow:
            found = self._follow.search(answer)
            client.value = found[1] if found else client.value
        return True

    def _goes_on(self, client: _Client, answer: bytes) -> bool:
        """Say whether *answer* was the first of two, and let the client ask for the second."""
        if not self._load.then or client.is_half_way or self._follow is None:
            return False
        found = self._follow.search(answer)
        if found:
            client.go_on(found[1])
        return found is not None

    def _is_sent_away(self, client: _Client, answer: bytes) -> bool:
        """Say whether the client was asked to come back later (RFC 9110 §10.2.3), and let it."""
        later = _RETRY.search(answer)
        if later:
            client.resumes_at = time.perf_counter() + int(later[1])
            self._sent_away.append(client)
        return later is not None

    def _wrong(self, what: bytes) -> None:
        self._errors += 1
        self._first_error = self._first_error or what[:300].decode("latin-1")

    def _reconnect(self, client: _Client) -> None:
        del self._by_descriptor[client.sock.fileno()]
        client.sock.close()
        client.sock = socket.create_connection(("127.0.0.1", self._load.port), timeout=PATIENCE)
        client.received = b""
        self._by_descriptor[client.sock.fileno()] = client
        self._epoll.register(client.sock, select.EPOLLIN)

    def _wait_for_the_rest(self) -> None:
        """See the requests under way to their end, so that the next measurement starts in peace."""
        for client in self._clients:
            while client not in self._sent_away and not self._receive(client):
                pass
            client.sock.close()
        self._epoll.close()


def run(load: Load) -> Measured:
    """Put *load* on its server, in this process."""
    gc.disable()
    try:
        return _Run(load).measure()
    finally:
        gc.enable()


class Generator:
    """Processes on a core of their own that put loads on servers; usable as a context manager."""

    def __init__(self, core: int) -> None:
        """Use *core* alone."""
        context = multiprocessing.get_context("spawn")
        self._processes = ProcessPoolExecutor(2, context, initializer=os.sched_setaffinity, initargs=(0, {core}))

    def start(self, load: Load) -> Future[Measured]:
        """Begin *load* and return at once; two may run at a time."""
        return self._processes.submit(run, load)

    def run(self, load: Load) -> Measured:
        """Put *load* on its server and wait."""
        return self.start(load).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._processes.shutdown()


def median(of: Sequence[Measured]) -> Measured:
    """Return the measurement in the middle by rate, with the errors of all."""
    middle = sorted(of, key=lambda each: each.rate)[len(of) // 2]
    first_error = next((each.first_error for each in of if each.first_error), "")
    return Measured(
        middle.rate,
        statistics.median(each.p50 for each in of),
        statistics.median(each.p99 for each in of),
        middle.answers,
        sum(each.errors for each in of),
        first_error,
        of[-1].values,
    )
