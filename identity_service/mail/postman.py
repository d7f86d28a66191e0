"""
The postman for SMTP: Flask-Mail writes the message, and a connection that verifies whom it talks to carries it.

Encryption that was asked for and is not to be had means that the letter stays here. Each step has its time, and so
has the whole: a server that says a byte now and then holds up one letter for `total_seconds`.
Law: RFC 5321, RFC 3207 (STARTTLS), RFC 8314 (TLS from the start), RFC 6531 (addresses beyond ASCII).
Leaves to others: trying again (flows.deliver_mail), what a letter says (composer), whom we believe (certificates).
"""

import smtplib
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.charset import QP, Charset
from email.headerregistry import Address
from email.policy import SMTPUTF8
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from flask import Flask
from flask_mail import BadHeaderError, Connection, Mail, Message

from identity_service.foundation.clock import to_seconds
from identity_service.foundation.outbound_line import Line, Unreachable
from identity_service.foundation.outbound_places import Place, Resolver, look_up
from identity_service.mail.certificates import Trust, certificate, trust
from identity_service.mail.delivering import Composed, NotTaken, Receipt, Then
from identity_service.mail.host import Dial, Host

_CLOSING, _PERMANENT = 421, 500
# The server wants to know us better, or to talk in private: that is no verdict about the letter (RFC 4954 §6).
_ABOUT_US = frozenset({530, 534, 535, 538})


@dataclass(frozen=True)
class Server:
    """
    The mail server, and how it is spoken to.

    Attributes:
        host: Its name or address.
        port: Where it listens.
        encryption: `tls` from the start, `starttls` forced, or `opportunistic`.
        hostname: The name that its certificate must have.
        accepts_any_certificate: For tests alone.
        ca_file: Certificate authorities, in PEM, besides those of the system.
        username: With `password`, or both None.
        password: Only ever said to the server.
    """

    host: str
    port: int
    encryption: Literal["tls", "starttls", "opportunistic"] = "opportunistic"
    hostname: str = ""
    accepts_any_certificate: bool = False
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Times:
    """How long things may take, in seconds; `allowed` and `resolve` as a line wants them."""

    connect_seconds: float = 5
    step_seconds: float = 30
    total_seconds: float = 45
    allowed: tuple[Place, ...] = ()
    resolve: Resolver = look_up


@dataclass(frozen=True)
class Sender:
    """Whom letters come from; `host` is the name by which we greet the server."""

    address: str
    name: str
    host: str


class SMTPPostman:
    """Hands letters to one mail server, each over a connection of its own."""

    def __init__(self, server: Server, sender: Sender, times: Times | None = None) -> None:
        """Nothing is opened yet."""
        self._server = server
        self._sender = sender
        self._times = times or Times()
        # Flask-Mail asks the present application for its ways; a thread that delivers mail has none but this.
        self._app = Flask(__name__, static_folder=None)
        self._mail = Mail(self._app)

    def send(self, letter: Composed, then: Then) -> None:
        """
        Hand *letter* over, and call *then* before the line is closed.

        Raises:
            NotTaken: the server has not taken it, whatever the reason.
        """
        line = Line(self._times, may_be_private=True)
        # Time-outs of a socket begin anew with each byte; a server that drips is only stopped from outside.
        watchdog = threading.Timer(self._times.total_seconds, line.cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            self._exchange(letter.spelled(), line, then)
        except NotTaken as why:
            raise (NotTaken("There was no whole answer in time.", concerns_all=True) if line.is_over else why) from why
        finally:
            watchdog.cancel()
            line.close()

    def _exchange(self, letter: Composed, line: Line, then: Then) -> None:
        try:
            with self._app.app_context(), _Connection(self._mail, self._server, self._dial(line)) as connection:
                self._hand_over(letter, connection)
                then(connection.receipt())
        except Unreachable as fault:
            raise NotTaken(f"{fault.reason}: {fault.detail}", concerns_all=True) from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise _not_taken(fault, letter.to) from fault
        except (BadHeaderError, UnicodeError, ValueError) as fault:
            raise NotTaken(f"The letter cannot be written: {type(fault).__name__}", is_final=True) from fault

    def _hand_over(self, letter: Composed, connection: "_Connection") -> None:
        if letter.to.isascii():
            connection.send(self._message(letter, letter.to))
            return
        # Flask-Mail cannot spell the address, so it writes the letter to ourselves.
        message = self._message(letter, self._sender.address)
        connection.send_beyond_ascii(message, self._sender.address, letter.to)

    def _dial(self, line: Line) -> Dial:
        is_tls = self._server.encryption == "tls"
        return Dial(line, self._sender.host, self._times.step_seconds, self._trust, is_tls)

    @cached_property
    def _trust(self) -> Trust:
        # Once: to read the authorities of a system takes longer than everything else that a letter needs.
        told = self._server
        return trust(told.hostname or told.host, told.ca_file, accepts_any_certificate=told.accepts_any_certificate)

    def _message(self, letter: Composed, to: str) -> Message:
        message = Message(
            letter.subject,
            recipients=[("", to)],
            body=letter.text,
            html=letter.html,
            sender=f"{_quoted(self._sender.name)} <{self._sender.address}>",
            charset=cast("str", _seven_bit()),
            date=to_seconds(letter.written_at),
            extra_headers={"Auto-Submitted": "auto-generated"},
        )
        # The same each time: who gets a letter twice can see that it is one.
        message.msgId = f"<{letter.id}@{self._sender.address.rpartition('@')[2]}>"
        return message


class _Connection(Connection):
    """Flask-Mail's connection, but it knows whom it talks to, and when to be silent."""

    def __init__(self, mail: Mail, server: Server, dial: Dial) -> None:
        super().__init__(mail)
        self._server = server
        self._dial = dial

    def configure_host(self) -> smtplib.SMTP:
        """
        Connect, encrypt and sign in, as far as that is asked for.

        Raises:
            NotTaken: it came to nothing before a word was said of the letter, so the next one fares no better.
        """
        try:
            return self._prepared()
        except (smtplib.SMTPServerDisconnected, ValueError) as fault:
            raise NotTaken(f"{type(fault).__name__}: {fault}", concerns_all=True) from fault

    def _prepared(self) -> Host:
        host = Host(self._server.host, self._server.port, self._dial)
        try:
            self._prepare(host)
        except BaseException:
            host.close()
            raise
        return host

    def _prepare(self, host: Host) -> None:
        server = self._server
        host.ehlo_or_helo_if_needed()
        can_encrypt = host.has_extn("starttls")
        if server.encryption == "starttls" and not can_encrypt:
            raise smtplib.SMTPNotSupportedError("STARTTLS was asked for, and the server does not offer it.")
        if server.encryption != "tls" and can_encrypt:
            host.starttls(context=self._dial.trust)
            host.ehlo_or_helo_if_needed()
        if server.username and server.password:
            host.sign_in(server.username, server.password)

    def send_beyond_ascii(self, message: Message, sender: str, to: str) -> None:
        """
        Send *message* to somebody else than it says, in UTF-8 (RFC 6531).

        Raises:
            NotTaken: the server does not take such addresses.
            BadHeaderError, ValueError: somebody has slipped something in.
        """
        local, _, domain = to.rpartition("@")
        if message.has_bad_headers() or Address(username=local, domain=domain).addr_spec != to:
            raise BadHeaderError
        if self.host is None or not self.host.has_extn("smtputf8"):
            raise NotTaken("The mail server takes no address beyond ASCII (SMTPUTF8).", is_final=True)
        spelled = message_from_bytes(message.as_bytes(), policy=SMTPUTF8)
        spelled.replace_header("To", to)
        self.host.sendmail(sender, [to], spelled.as_bytes(), ["SMTPUTF8"])

    def __exit__(self, *reason: object) -> None:
        """Take leave; the letter is accepted or not by now, and a server that is rude about it changes nothing."""
        if self.host is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.host.quit()
            with suppress(OSError):
                self.host.close()

    def receipt(self) -> Receipt:
        """Return whom we talked to, and how."""
        where = f"{self._server.host}:{self._server.port}"
        held = self.host.sock if self.host is not None else None
        if not isinstance(held, ssl.SSLSocket):
            return Receipt(where, "", "")
        cipher = held.cipher()
        return Receipt(where, f"{held.version()} {cipher[0] if cipher else ''}".strip(), certificate(held))


def _not_taken(fault: Exception, to: str) -> NotTaken:
    match fault:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(fault.recipients.values()))
            return _refusal(code, said, to)
        case smtplib.SMTPDataError():
            return _refusal(fault.smtp_code, fault.smtp_error, to)
        case smtplib.SMTPResponseException():
            return NotTaken(_said(fault.smtp_code, fault.smtp_error, to), concerns_all=True)
        case smtplib.SMTPServerDisconnected():
            return NotTaken(f"{fault}")
    return NotTaken(f"{type(fault).__name__}: {fault}", concerns_all=True)


def _refusal(code: int, said: bytes | str, to: str) -> NotTaken:
    is_about_us = code in _ABOUT_US
    is_final = code >= _PERMANENT and not is_about_us
    return NotTaken(_said(code, said, to), is_final=is_final, concerns_all=is_about_us or code == _CLOSING)


def _quoted(name: str) -> str:
    # In Unicode still: the library encodes it, and only what it can parse.
    one_line = " ".join(name.split())
    return '"' + one_line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _seven_bit() -> Charset:
    # Quoted-printable has short lines of ASCII, which every server on the way takes (RFC 5321 §4.5.3.1.6).
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


def _said(code: int, said: bytes | str, to: str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {text}".replace(to, "…")
