"""
A client's socket: an answer leaves it in one piece.

gunicorn sends the head of an answer and its body apart. Each is a call into the system and a packet, and the client
wakes up twice for one answer; held together they are a tenth of what a small request costs.
Leaves to others: what is sent (gunicorn), when (`patient_worker`).
"""

import socket

#: Seconds that a thread may wait for a client to take an answer that is larger than the send buffer.
SENDING = 5.0

#: Bytes that are held at most; a longer answer leaves while it is written.
HELD = 65_536


class Wire(socket.socket):
    """A socket that holds what is sent until somebody says `deliver`, and never waits for bytes."""

    def __init__(self, accepted: socket.socket) -> None:
        """Take the place of *accepted*, which is of no use afterwards."""
        super().__init__(fileno=accepted.detach())
        self.settimeout(SENDING)
        self._held = bytearray()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the parent's signature
        """Stay as it is: gunicorn asks for either at every request, and neither is wanted."""

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        """Hold *data*; what is more than `HELD` goes at once (OSError: the client is gone, or took `SENDING`)."""
        self._held += data
        if len(self._held) > HELD:
            super().sendall(self.take(), flags)

    def take(self) -> bytes:
        """Hand out what is held, for somebody who sends it in another way."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def deliver(self) -> bool:
        """Send what is held, and say whether the client is still there to take it."""
        try:
            super().sendall(self.take())
        except OSError:
            return False
        return True

    def shutdown(self, how: int) -> None:
        """Send what is held, then do as the parent does: an answer that broke off shows how far it came."""
        self.deliver()
        super().shutdown(how)

    def sendfile(self, *args: object, **kwargs: object) -> int:
        """Send a file as the parent does, after what is held."""
        super().sendall(self.take())
        return super().sendfile(*args, **kwargs)  # type: ignore[arg-type]
