"""
The one door for outgoing HTTP: to public places only, within a time and a size, and never where an answer points.

The address that is checked is the address that is connected to; the name stays in the Host header and in the
certificate's check. Nothing comes from the environment, and nothing is kept between two requests.
Law: OWASP ASVS 5.0 §1.3.6, §13.2.4 and §15.3.2.
Leaves to others: what is asked (each capability), where a request may go (outbound_places) and how it gets there and
no further (outbound_line).
"""

import re
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from identity_service.foundation.outbound_line import Line, Reason, Unreachable
from identity_service.foundation.outbound_places import Place, Resolver, look_up

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

__all__ = ["Incoming", "Outbound", "Outgoing", "Reason", "Unreachable"]

_STRANGE = re.compile(r"[\x00-\x20\x7f\\]")  # two parsers could read an address with one of these in two ways
_OURS = {"Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    What is asked.

    Attributes:
        method: GET, POST and so on.
        url: Absolute, http or https, without a user name or password.
        headers: Besides Host, Content-Length, Accept-Encoding and Connection, which are ours.
        body: Its bytes, or None.
        may_be_private: The operator has named this address, so it may lead into the house.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    may_be_private: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What was answered: the status, the headers under their names in lower case, and the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Outbound:
    """
    The door.

    Attributes:
        allowed: Private networks, and names whatever they lead to, that requests may go to.
        ca_file: Certificate authorities, in PEM, besides the public ones.
        connect_seconds: How long one address may take to accept a connection.
        total_seconds: How long everything may take, from the name to the last byte.
        largest: Bytes of a body.
        resolve: How a name becomes addresses.
    """

    allowed: tuple[Place, ...] = ()
    ca_file: Path | None = None
    connect_seconds: float = 3
    total_seconds: float = 10
    largest: int = 256 * 1024
    resolve: Resolver = look_up

    def fetch(self, request: Outgoing, seconds: float | None = None) -> Incoming:
        """
        Send *request* and return the answer, whatever its status; a redirect is an answer too.

        *seconds* are what is left to whoever has less time than `total_seconds`.

        Raises:
            Unreachable: there is none, or none that may be used.
        """
        line = Line(self, may_be_private=request.may_be_private)
        # Time-outs of a socket begin anew with each byte; a server that drips is only stopped from outside.
        watchdog = threading.Timer(self.total_seconds if seconds is None else seconds, line.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = self._exchange(request, line)
        finally:
            watchdog.cancel()
            line.close()
        if line.is_over:  # the end of a body without a length looks like the cut
            raise Unreachable(Reason.TIME)
        return answer

    def _exchange(self, request: Outgoing, line: Line) -> Incoming:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with Requests

        prepared = _prepared(request)
        timeout = (self.connect_seconds, self.total_seconds)
        try:
            # No Session: it would read .netrc and proxies, keep cookies, and swallow the body of a redirect unmeasured.
            with (
                closing(_adapter(line, self._trust)) as adapter,
                closing(adapter.send(prepared, stream=True, timeout=timeout)) as response,
            ):
                found = {name.lower(): value for name, value in response.headers.items()}
                return Incoming(response.status_code, found, self._body(response))
        except (OSError, ValueError, HTTPException, HTTPError) as fault:
            # What Requests says repeats the URL, which may hold a secret; what lies below it does not.
            origin = _origin(fault)
            reason = Reason.TIME if line.is_over else _reason(fault)
            raise Unreachable(reason, f"{type(origin).__name__}: {origin}") from origin

    def _body(self, response: "Response") -> bytes:
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"identity", ""}:
            raise Unreachable(Reason.ENCODING)
        body = bytearray()
        for piece in response.iter_content(16 * 1024):
            body += piece
            if len(body) > self.largest:
                raise Unreachable(Reason.SIZE)
        return bytes(body)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        try:
            return _trusting(self.ca_file)
        except OSError as fault:
            raise Unreachable(Reason.TLS, str(fault)) from fault


@cache
def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    # Every door of a process shares it: to read all the authorities takes 30 ms each time.
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415 - as in _prepared

    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.hostname_checks_common_name = False  # RFC 9525
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _prepared(request: Outgoing) -> "PreparedRequest":
    # Here and not above: 6 MB and a tenth of a second that an installation which never calls out does without.
    from requests import Request  # noqa: PLC0415

    headers = {"User-Agent": "identity-service", **request.headers, **_OURS}
    try:
        parts = urlsplit(request.url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        if not is_usable or _STRANGE.search(request.url):
            raise Unreachable(Reason.REQUEST)
        return Request(request.method, request.url, headers, data=request.body).prepare()
    except ValueError:
        raise Unreachable(Reason.REQUEST) from None  # its text repeats what may be a secret


def _origin(fault: BaseException) -> BaseException:
    while fault.__context__ is not None:
        fault = fault.__context__
    return fault


def _reason(fault: Exception) -> Reason:
    from requests import exceptions  # noqa: PLC0415 - as in _prepared

    match fault:
        case exceptions.Timeout():
            return Reason.TIME
        case exceptions.SSLError():
            return Reason.TLS
        case ValueError() if not isinstance(fault, exceptions.RequestException):
            return Reason.REQUEST  # a method or a header that HTTP does not know how to write
    return Reason.ANSWER


def _adapter(line: Line, trust: ssl.SSLContext) -> "HTTPAdapter":
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as in _prepared

    class Pinned(HTTPAdapter):
        """Connects through the line and no other way; everything else is the library's."""

        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            ours = {
                "_new_conn": lambda connection: line.connect(connection._dns_host, connection.port),  # noqa: SLF001
                # urllib3 forgets to close an answer whose lengths contradict each other.
                "response_class": lambda _, *args, **kwargs: line.closes(HTTPResponse(*args, **kwargs)),
            }
            pool.ConnectionCls = type("Pinned", (pool.ConnectionCls,), ours)
            return pool

        def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
            place, _ = super().build_connection_pool_key_attributes(*args, **kwargs)
            return place, {"ssl_context": trust}

        def cert_verify(self, *args: Any) -> None:
            """Leave it to the context, which trusts whom we trust and always checks."""

    return Pinned(max_retries=0)
