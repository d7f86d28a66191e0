"""
The entrance of every request, whichever door it goes to.

Here a request gets its id and the visitor's address, a log line and a count, and every answer its headers.
It is plain WSGI, so the doors in front of Flask pass through it as well.
Law: OWASP ASVS 5.0 3.4 (headers), 16.2 (log lines). Source of the address: TRUST_PROXY hops, counted exactly.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from time import perf_counter
from typing import Any, TypeAlias

from identity_service.foundation import logs
from identity_service.foundation.errors import InvalidRequest, Unexpected
from identity_service.foundation.opaque import Chance
from identity_service.web import bodies, metrics
from identity_service.web.context import ADDRESS, REQUEST_ID, ROUTE
from identity_service.web.replies import tell

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
Note: TypeAlias = Callable[[str, str, str], None]
Application: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Some proxies tell the port as well, of an IPv6 address behind its brackets.
_WITH_PORT = re.compile(r"(\[[^\]]+\]|[^:]+):[0-9]{1,5}", re.ASCII)
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_ALWAYS = [("X-Content-Type-Options", "nosniff")]
_FOR_BROWSERS = [
    *_ALWAYS,
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
# Back ends and proxies ask these, at every request of theirs; no browser ever shows an answer.
_NOT_FOR_BROWSERS = frozenset({"/oauth2/introspect", "/v1/verify", "/v1/forward-auth"})
_HSTS = ("Strict-Transport-Security", "max-age=31536000")


class Entrance:
    """Receives each request, lets *application* answer it, and writes down how it went."""

    def __init__(
        self, application: Application, chance: Chance, *, hops: int, is_https: bool, note: Note | None = None
    ) -> None:
        """Believe the last *hops* entries of X-Forwarded-For; *note* hears of the way of each; *is_https* adds HSTS."""
        self._application = application
        self._chance = chance
        self._hops = hops
        self._note = note
        hsts = [_HSTS] if is_https else []

        self._for_browsers, self._for_others = _complement([*_FOR_BROWSERS, *hsts]), _complement([*_ALWAYS, *hsts])

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        started = perf_counter()
        request_id = self._request_id(environ)
        environ[REQUEST_ID] = request_id
        environ[ADDRESS] = address = client_address(environ, self._hops)
        if self._note is not None:
            self._note(environ.get("REMOTE_ADDR", ""), address, environ.get("HTTP_X_FORWARDED_FOR", ""))
        logs.begin_request(request_id, address)
        status, path = "500", environ.get("PATH_INFO", "")
        lacking = self._for_others if path in _NOT_FOR_BROWSERS else self._for_browsers

        def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = line[:3]
            more = lacking(tuple([name for name, _ in headers]))
            return start_response(line, [*headers, *more, ("X-Request-ID", request_id)], exc_info)

        try:
            _straighten(environ)
            return self._application(environ, start)
        except InvalidRequest as fault:
            told = tell(fault, path, request_id)
            start("400 Bad Request", [*told.headers, ("Content-Length", str(len(told.body)))])
            return [told.body]
        except Exception as fault:  # noqa: BLE001 - the last resort: whatever it is, the worker lives on and says so
            logs.logger().error("request.failed", exc_info=fault)
            told = tell(Unexpected(), path, request_id)
            start("500 Internal Server Error", [*told.headers, ("Content-Length", str(len(told.body)))])
            return [told.body]
        finally:
            self._write_down(environ, status, perf_counter() - started)
            logs.end_request()

    def _request_id(self, environ: Environ) -> str:
        # Only a proxy that we trust may name a request.
        given = environ.get("HTTP_X_REQUEST_ID", "") if self._hops else ""
        return given if _WELL_FORMED_ID.fullmatch(given) else self._chance.token_bytes(8).hex()

    def _write_down(self, environ: Environ, status: str, seconds: float) -> None:
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "OTHER"
        route = environ.get(ROUTE, "none")
        metrics.count_request(method, route, status, seconds)
        logs.answered(method, route, status, seconds)


def _complement(wanted: list[tuple[str, str]]) -> Callable[[tuple[str, ...]], list[tuple[str, str]]]:
    # Answers have few different sets of headers, so what each lacks is found once.
    @lru_cache(maxsize=256)
    def lacking(names: tuple[str, ...]) -> list[tuple[str, str]]:
        have = {name.lower() for name in names}
        return [header for header in wanted if header[0].lower() not in have]

    return lacking


def _straighten(environ: Environ) -> None:
    """
    Let no application guess what a request lacks.

    Raises:
        InvalidRequest: HTTP/1.1 without Host (RFC 9112 §3.2), or a body of malformed chunks.
    """
    if not environ.get("HTTP_HOST") and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        raise InvalidRequest("A request needs a Host header.")
    # An absolute-form target without a path means the root (RFC 9110 §4.2.3).
    environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
    bodies.put_together(environ)


def client_address(environ: Environ, hops: int) -> str:
    """
    Return the address of the client, *hops* trusted proxies away.

    An IPv4-mapped IPv6 address is told as IPv4, and a port is left out. What is not an address is not believed:
    then it is the peer's own.
    """
    peer = environ.get("REMOTE_ADDR", "")
    if hops:
        chain = [entry.strip() for entry in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(chain) >= hops and chain[-hops]:
            return _plain_address(chain[-hops]) or _plain_address(peer)
    return _plain_address(peer)


@lru_cache(maxsize=4096)
def _plain_address(text: str) -> str:
    with_port = _WITH_PORT.fullmatch(text)
    text = with_port[1] if with_port else text
    try:
        # The zone of a link-local address is a name of this machine's own, as long as it likes.
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
