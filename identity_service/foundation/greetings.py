"""
Greetings: whether a mail server and a Redis answer when they are spoken to, and let us in.

Law: RFC 5321 §4.2 (a mail server greets with 220), the Redis serialization protocol (inline and array commands).
Leaves to others: letters and counters themselves.
"""

import smtplib
import socket
import ssl
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SECONDS = 5.0


def of_mail_server(host: str, port: int, *, is_encrypted: bool) -> str | None:
    """Greet the mail server and leave again; return what went wrong, None if nothing did."""
    try:
        kind = smtplib.SMTP_SSL if is_encrypted else smtplib.SMTP
        with kind(host, port, timeout=_SECONDS) as server:
            code, _ = server.noop()
    except (OSError, smtplib.SMTPException) as fault:
        return str(fault) or type(fault).__name__
    return None if code == 250 else f"it answered {code}"  # noqa: PLR2004 - RFC 5321's "well"


def of_redis(address: str, username: str | None, password: str | None, ca_file: Path | None) -> str | None:
    """Greet the Redis at *address*, a redis or rediss address; return what went wrong, None if nothing did."""
    parts = urlsplit(address)
    user, secret = unquote(parts.username or "") or username, unquote(parts.password or "") or password
    try:
        with closing(_line(parts.hostname or "", parts.port or 6379, address.startswith("rediss"), ca_file)) as line:
            if secret:
                told = _ask(line, "AUTH", *([user] if user else []), secret)
                if told != "+OK":
                    return "it does not accept the user name and password"
            told = _ask(line, "PING")
    except OSError as fault:
        return str(fault) or type(fault).__name__
    return None if told == "+PONG" else f"it answered {told[:60]}"


def _line(host: str, port: int, is_encrypted: bool, ca_file: Path | None) -> socket.socket:  # noqa: FBT001 - from one place
    opened = socket.create_connection((host, port), timeout=_SECONDS)
    if not is_encrypted:
        return opened
    try:
        return ssl.create_default_context(cafile=ca_file).wrap_socket(opened, server_hostname=host)
    except BaseException:
        opened.close()
        raise


def _ask(line: socket.socket, *words: str) -> str:
    spelled = [word.encode() for word in words]
    pieces = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in spelled)
    line.sendall(b"*%d\r\n%s" % (len(spelled), pieces))
    answer = b""
    with suppress(TimeoutError):
        while b"\r\n" not in answer and len(answer) < 1024:  # noqa: PLR2004 - far more than such an answer has
            piece = line.recv(512)
            if not piece:
                break
            answer += piece
    return answer.partition(b"\r\n")[0].decode("utf-8", "replace")
