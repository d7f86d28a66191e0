"""
The bodies of requests before any door reads them: how long one is, and that it is not too long.

A body that came in chunks says its length nowhere, and whoever reads up to a limit cannot tell the limit from the end.
So it is taken together first, and from there on it is a body like any other. Granian does not tell of malformed
chunks: for it such a body ends where they begin.
Law: RFC 9112 §7.1 (chunks), RFC 9110 §15.5.14 (413). Source: PEP 3333.
"""

from io import BytesIO
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from identity_service.foundation.errors import InvalidRequest

#: Bytes of a body that any door reads.
LARGEST = 64 * 1024

_CHUNKED = "HTTP_TRANSFER_ENCODING"
# Whatever stands there means nothing (RFC 9110 §9.3.1); a proxy that asks about a request may repeat its length.
_WITHOUT = frozenset({"GET", "HEAD"})


def install(app: Flask) -> None:
    """Let *app* refuse a body that is too long, whether the door would read it or not."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(_refuse_too_long)


def put_together(environ: dict[str, Any]) -> None:
    """
    Let what came in chunks be a body of a known length; of one that is too long as much as shows that it is.

    Raises:
        InvalidRequest: the chunks are not what the standard says.
    """
    if _CHUNKED not in environ:
        return
    try:
        body = environ["wsgi.input"].read(LARGEST + 1)
    except Exception as broken:  # each server has errors of its own
        raise InvalidRequest("The chunks of the body are malformed.", detail=type(broken).__name__) from broken
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    del environ[_CHUNKED]


def _refuse_too_long() -> None:
    if request.method not in _WITHOUT and (request.content_length or 0) > LARGEST:
        raise RequestEntityTooLarge
