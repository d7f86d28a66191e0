"""
A client's connection as the event loop sees it: what has arrived, and until when it may stay.

Law: RFC 9110 §10.1.1 (100 Continue), §15.5.9 (408).
Leaves to others: when a request is complete (`inbox`), who waits for it and who serves it (`patient_worker`), how an
answer leaves (`wire`).
"""

import contextlib
import os
import socket
import time
from io import BytesIO

from gunicorn.config import Config
from gunicorn.http.body import LengthReader
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.util import write_error
from gunicorn.workers.gthread import TConn

from deploy import refusal
from deploy.inbox import Inbox
from deploy.wire import Wire

#: Seconds that a request may take to arrive, first byte to last. More bytes do not buy more time.
ARRIVAL = 10.0

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ArrivedRequest(Request):
    """gunicorn's Request, whose body, if it is here to the end, is read from memory and not piece by piece."""

    def set_body_reader(self) -> None:
        """Let gunicorn decide how the body is framed, and hand it out at once if its length is known."""
        super().set_body_reader()
        if isinstance(self.body.reader, LengthReader):
            here, length = self.unreader.take_buffered(), self.body.reader.length
            if len(here) >= length:
                self.body, here = BytesIO(here[:length]), here[length:]
            self.unreader.unread(here)


class ArrivedParser(RequestParser):
    """gunicorn's RequestParser, for requests that have arrived."""

    mesg_class = ArrivedRequest


class Connection(TConn):
    """gunicorn's TConn, with a parser that reads what has arrived and never waits for more."""

    def __init__(self, cfg: Config, sock: socket.socket, client: tuple, server: tuple) -> None:
        """Begin with nothing; the first request has `ARRIVAL` seconds."""
        super().__init__(cfg, Wire(sock), client, server)
        self.descriptor = self.sock.fileno()
        self.deadline = time.monotonic() + ARRIVAL
        self.inbox = Inbox()
        self.data_ready = True
        self.is_whole = self.is_continued = self.is_leaving = False

    def init(self) -> None:
        """Hand what has arrived to the parser; gunicorn calls this before it parses a request."""
        if self.parser is None:
            # An iterable is the other source that gunicorn knows; here it is empty, and everything is put in front.
            self.parser = ArrivedParser(self.cfg, (), self.client)
        self.is_whole = self.inbox.is_whole
        self.parser.unreader.unread(self.inbox.take())

    def read(self) -> bytes | None:
        """Return what the client sent, without waiting: b"" when it has gone, None when there was nothing."""
        try:
            return os.read(self.descriptor, 16_384)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def collect(self, piece: bytes) -> bool:
        """Keep *piece*, ask for the body if the client waits to be asked, and say whether the parser may begin."""
        if self.inbox.add(piece):
            return True
        if self.inbox.expects_continue and not self.is_continued:
            self.is_continued = True
            with contextlib.suppress(OSError):
                os.write(self.descriptor, _CONTINUE)
        return False

    def tell_too_late(self) -> None:
        """Say that the request took too long to arrive, if the client can hear it without anybody's waiting."""
        with contextlib.suppress(OSError):
            write_error(self.sock, 408, "Request Timeout", "")
            os.write(self.descriptor, refusal.reworded(self.sock.take(), refusal.new_id()))
