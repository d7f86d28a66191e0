"""
The usual form of a request, as the doors in front of Flask read it from the WSGI environment.

Whatever is of any other form is left to Flask, with its body as it came.
Source: PEP 3333.
"""

from collections.abc import Mapping
from io import BytesIO

from werkzeug.sansio.http import parse_cookie

from identity_service.web.entrance import Environ

_LARGEST = 16 * 1024
_DIGITS = len(str(_LARGEST))
_NO_BODY = frozenset({None, "", "0"})


def body(environ: Environ, kind: str) -> bytes | None:
    """Return the body if the request is of the usual form: this content type, a modest length, no query."""
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != kind or environ.get("QUERY_STRING"):
        return None
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdigit() and len(length) <= _DIGITS and int(length) <= _LARGEST):
        return None
    return bytes(environ["wsgi.input"].read(int(length)))


def give_back(environ: Environ, raw: bytes) -> None:
    """Leave a request whose body has been read to Flask."""
    environ["wsgi.input"] = BytesIO(raw)


def is_bare(environ: Environ) -> bool:
    """Say whether there is neither a query nor a body."""
    return not environ.get("QUERY_STRING") and environ.get("CONTENT_LENGTH") in _NO_BODY


def cookies(environ: Environ) -> Mapping[str, str]:
    """Return the cookies; WSGI hands bytes over as Latin-1, and what is not UTF-8 is nobody's token."""
    sent: str = environ.get("HTTP_COOKIE", "")
    return {} if not sent else parse_cookie(sent.encode("latin-1").decode(errors="replace"))
