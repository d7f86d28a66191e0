"""
A real SMTP server that keeps what it is given, and can be as rude as one likes.

Leaves to others: who issues its certificate.
"""

import asyncio
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.process import free_port

OK = "250 OK"


@dataclass(frozen=True)
class Received:
    """One letter as it arrived."""

    sender: str
    recipients: list[str]
    is_encrypted: bool
    login: str | None
    message: EmailMessage

    def part(self, subtype: str) -> str:
        """Return the part of the message that is `plain` or `html`."""
        body = self.message.get_body((subtype,))
        assert body is not None
        return body.get_content()


class MailServer:
    """
    Takes letters at `port`; usable as a context manager, and again after it was stopped.

    `at_recipient` and `at_data` are what it answers there; None drops the line without a word. It has a letter for
    `seconds_at_data` before it says so.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        password: str | None = None,
        port: int | None = None,
        speaks_utf8: bool = True,
    ) -> None:
        """Prepare it; with a *context* it offers STARTTLS, or begins with TLS if *implicit*."""
        self.port = port or free_port()
        self.received: list[Received] = []
        self.greeted_by: list[str] = []
        self.at_recipient: str | None = OK
        self.at_data: str | None = OK
        self.seconds_at_data = 0.0
        self.hangs_up_on_quit = False
        self._context, self._implicit, self._password = context, implicit, password
        self._speaks_utf8 = speaks_utf8
        self._news = threading.Condition()
        self._controller: _Controller | None = None

    def start(self) -> Self:
        """Listen."""
        self._controller = _Controller(_Handler(self), hostname="127.0.0.1", port=self.port, **self._options())
        self._controller.start()
        return self

    def stop(self) -> None:
        """Listen no more; what was received stays."""
        if self._controller is not None:
            self._controller.hang_up()
            self._controller.stop()
            self._controller = None

    def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """Return all letters as soon as there are *count*."""
        with self._news:
            arrived = self._news.wait_for(lambda: len(self.received) >= count, seconds)
            assert arrived, f"{len(self.received)} letters of {count} after {seconds} s"
            return list(self.received)

    def wait_for_recipients(self, count: int, seconds: float = 30) -> None:
        """Wait until *count* people have a letter each."""

        def have_letters() -> int:
            return len({recipient for letter in self.received for recipient in letter.recipients})

        with self._news:
            arrived = self._news.wait_for(lambda: have_letters() >= count, seconds)
            assert arrived, f"{have_letters()} people of {count} have letters after {seconds} s"

    def letters(self, recipient: str, subject: str, seconds: float = 30) -> list[Received]:
        """Return the letters with *subject* to *recipient* as soon as there is one."""

        def arrived() -> list[Received]:
            mine = [letter for letter in self.received if recipient in letter.recipients]
            return [letter for letter in mine if letter.message["Subject"] == subject]

        with self._news:
            assert self._news.wait_for(arrived, seconds), f"no {subject!r} to {recipient} after {seconds} s"
            return arrived()

    def keep(self, letter: Received) -> None:
        """Take a letter."""
        with self._news:
            self.received.append(letter)
            self._news.notify_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"enable_SMTPUTF8": self._speaks_utf8}
        if self._context is not None:
            options["ssl_context" if self._implicit else "tls_context"] = self._context
        if self._password is not None:
            is_secure = self._context is not None
            options |= {"authenticator": self._is_known, "auth_required": is_secure, "auth_require_tls": is_secure}
        return options

    def _is_known(self, *asked: Any) -> AuthResult:
        data: LoginPassword = asked[-1]
        return AuthResult(success=data.password.decode() == self._password, handled=False, auth_data=data)


class Tarpit:
    """Takes every connection at `port`, and says a byte now and then, for ever; usable as a context manager."""

    def __init__(self, port: int, pause: float) -> None:
        """Prepare it; *pause* is the time between two bytes, in seconds."""
        self._port, self._pause = port, pause
        self._over = threading.Event()
        self.taken = 0

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _take(self) -> None:
        with ThreadPoolExecutor(64) as held, suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.taken += 1
                held.submit(self._drip, connection)

    def _drip(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while not self._over.wait(self._pause):
                connection.sendall(b"2")


class _Controller(Controller):
    """The library's, but it leaves no line open behind it."""

    def hang_up(self) -> None:
        """End every conversation, those on the doorstep too."""
        asyncio.run_coroutine_threadsafe(self._abort(), self.loop).result(30)

    async def _abort(self) -> None:
        self.server.close()
        await asyncio.sleep(0.05)
        loop: Any = self.loop
        for _ in range(100):
            lines = [line for line in loop._transports.values() if line._sock is not None]
            for line in lines:
                line.abort()
            await asyncio.sleep(0.01)
            if not lines and len(asyncio.all_tasks()) == 1:  # us: nobody is being let in, and nobody talks
                return


class _Handler:
    """What aiosmtpd calls; it names the methods."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(  # noqa: N802 - its word
        self, smtp: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._server.greeted_by.append(hostname)
        return responses

    async def handle_RCPT(self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 - its word
        answer = self._server.at_recipient
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer if answer is not None else _drop(smtp)

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its word
        answer = self._server.at_data
        if answer == OK:
            message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            assert isinstance(message, EmailMessage)
            is_encrypted = session.ssl is not None or self._server._implicit
            login = session.auth_data.login.decode() if session.auth_data else None
            sender, recipients = envelope.mail_from or "", envelope.rcpt_tos
            self._server.keep(Received(sender, recipients, is_encrypted, login, message))
            await asyncio.sleep(self._server.seconds_at_data)
        return answer if answer is not None else _drop(smtp)

    async def handle_QUIT(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its word
        return _drop(smtp) if self._server.hangs_up_on_quit else "221 Bye"


def _drop(smtp: SMTP) -> str:
    smtp.transport.abort()
    return "421 gone"
