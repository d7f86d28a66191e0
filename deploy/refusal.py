"""
How a request is answered that cannot be read as one: like any other fault, with an id by which it is found in the log.

Law: RFC 9457 (problems).
Leaves to others: what is wrong with a request, and with which status it ends (gunicorn).
"""

import json
import re
import secrets

from gunicorn.http.errors import ParseException

_HEAD = (
    "HTTP/1.1 {status} {reason}\r\nServer: identity\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    "Content-Length: {length}\r\nX-Content-Type-Options: nosniff\r\nX-Request-ID: {request_id}\r\n\r\n"
)
_OURS = 500
# As gunicorn writes the name of a header.
_NAME = re.compile(r"[A-Z][A-Z0-9-]{0,39}")


def reworded(page: bytes, request_id: str) -> bytes:
    """Return what gunicorn has to say, a *page* with a head, in our words."""
    _, status, reason = page.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
    code = "unexpected" if int(status) == _OURS else "invalid_request"
    told = {"type": "about:blank", "title": reason, "status": int(status), "code": code, "request_id": request_id}
    body = json.dumps(told).encode()
    return _HEAD.format(status=status, reason=reason, length=len(body), request_id=request_id).encode() + body


def blot_out(fault: BaseException) -> None:
    """Leave of what a client sent, and gunicorn would log, the name of a header alone: a line may hold a secret."""
    if isinstance(fault, ParseException):
        for name, said in vars(fault).items():
            if isinstance(said, str | bytes) and not (isinstance(said, str) and _NAME.fullmatch(said)):
                setattr(fault, name, "***")


def new_id() -> str:
    """Return an id for a request that has not come far enough to get one."""
    return secrets.token_hex(8)
