"""
The bytes of a request as they arrive, and whether they are enough to be parsed.

Law: RFC 9112 §2.1 (where a head ends), §6.3 (where a body ends), §7.1 (chunks).
Leaves to others: whether the request is a good one. Only what frames it is read here; gunicorn's parser, which gets
the same bytes afterwards, reads and judges everything.
"""

import re

#: The longest head that is waited for, in bytes. gunicorn would take a hundred fields of 8,190.
HEAD_LIMIT = 65_536

#: The longest body that is waited for, in bytes. The application refuses a longer one by its length, unread.
BODY_LIMIT = 65_536

_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect):[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}(?=[; \t\r])")
_DOOR = re.compile(rb"[^ \r\n]{0,20} ?[^ ?\r\n]{0,200}")


class Inbox:
    """
    Collects one request.

    There is *enough* when gunicorn's parser can judge the request without another byte, and the request is *whole*
    when its body is there to the end. What is enough without being whole is malformed or too long: it is judged as it
    is, and the connection has to close afterwards, because nobody knows where the next request would start.
    """

    __slots__ = ("_body_at", "_body_end", "_chunk_at", "data", "expects_continue", "is_whole")

    def __init__(self) -> None:
        """Begin with nothing."""
        self._start_over()

    @property
    def door(self) -> bytes:
        """The method and the path, without the query: b"GET /healthz"."""
        found = _DOOR.match(self.data)
        return found[0] if found else b""

    def add(self, piece: bytes) -> bool:
        """Take in *piece*, as it came from the client, and say whether there is enough."""
        self.data += piece
        return self._read_head() if self._body_at is None else self._read_body()

    def take(self) -> bytes:
        """Hand out everything, and begin again with nothing."""
        taken = bytes(self.data)
        self._start_over()
        return taken

    def _start_over(self) -> None:
        self.data = bytearray()
        self.is_whole = self.expects_continue = False
        self._body_at: int | None = None
        self._body_end: int | None = None
        self._chunk_at = 0

    def _read_head(self) -> bool:
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            # No head ends well once it has a bare LF (RFC 9112 §2.2): the parser refuses it without the rest.
            return len(self.data) > HEAD_LIMIT or self.data.count(b"\n") != self.data.count(b"\r\n")
        self._body_at = end + 4
        return self._read_framing(_FRAMING.findall(self.data, 0, end + 2))

    def _read_framing(self, fields: list[tuple[bytes, bytes]]) -> bool:
        framing = [(name.lower(), value.lower()) for name, value in fields if name.lower() != b"expect"]
        self.expects_continue = len(framing) < len(fields)
        if not framing:
            self._body_end = self._body_at
        elif len(framing) > 1:
            return True
        elif framing[0][0] == b"content-length" and _LENGTH.fullmatch(framing[0][1]):
            self._body_end = self._body_at + int(framing[0][1])
        elif framing[0] == (b"transfer-encoding", b"chunked"):
            self._chunk_at = self._body_at
        else:
            return True
        return self._read_body()

    def _read_body(self) -> bool:
        if self._body_end is None:
            return self._read_chunks()
        self.is_whole = len(self.data) >= self._body_end
        return self.is_whole or self._body_end - self._body_at > BODY_LIMIT

    def _read_chunks(self) -> bool:
        while (line_end := self.data.find(b"\r\n", self._chunk_at)) >= 0:
            size = _CHUNK_SIZE.match(self.data, self._chunk_at, line_end + 1)
            if not size:
                return True
            if not int(size[0], 16):
                self.is_whole = self.data.find(b"\r\n\r\n", line_end) >= 0
                break
            self._chunk_at = line_end + 2 + int(size[0], 16) + 2
        # Twice: sizes and line ends travel between the chunks, and the application has to see that it is too much.
        return self.is_whole or len(self.data) - self._body_at > 2 * BODY_LIMIT
