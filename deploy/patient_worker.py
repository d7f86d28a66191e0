"""
A threaded gunicorn worker that no slow client can hold up.

The stock worker gives a new connection to a thread, and the thread waits for the request to arrive: sixteen clients
that send one byte now and then stop a server of sixteen threads. Here one thread at a time, the *leader*, waits for
all connections at once and collects what they send. gunicorn's own parser then reads the complete request from
memory, so that no thread ever waits for a client's bytes.

The leader serves a complete request itself, which saves two changes of thread. If that takes longer than `PATIENCE`,
the main thread calls another one to lead, and the request goes on undisturbed beside the loop. Where requests have
waited for something, a hash or a database, the next are expected to wait as well: the lead is passed on beforehand.
`threads` is how many requests may be under way at once; a thread is started when it is first needed.

Law: RFC 9112 §9.5, §9.6 (time-outs, closing).
Leaves to others: when a request is complete (`inbox`), which doors are slow (`turns`), HTTP itself (gunicorn), TLS and
HTTP/2 (a proxy).
"""

import contextlib
import math
import os
import queue
import resource
import select
import signal
import socket
import threading
import time

from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.glogging import Logger
from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

from deploy import leaving, refusal
from deploy.connection import ARRIVAL, Connection
from deploy.turns import SlowDoors, Turn
from deploy.wire import Wire

#: Seconds that the leader may wait in a request before another thread leads; and that it may compute.
PATIENCE, LONGEST = 0.002, 0.02

#: Seconds that a connection stays after its last answer, so that the client can read it, and that a stopping worker
#: keeps idle connections, on which a request may already be under way.
FAREWELL = 2.0

#: Bytes of unread answers kept for a connection. The kernel's own first guess has no room for a page.
SEND_BUFFER = 262_144

#: Clients let in at a time. Not everybody who waits, so that the other workers get their share.
LET_IN = 8


class PatientWorker(ThreadWorker):
    """gunicorn's ThreadWorker with another way of waiting; how a request is parsed and served is inherited."""

    #: Seconds that a stopping worker goes on serving while /readyz says that it leaves, so that a proxy can turn away.
    drain = 0.0

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Stand by, before the fork."""
        super().__init__(*args, **kwargs)
        # Every connection the leader looks after, whoever was answered longest ago first. The name is the parent's,
        # which stops offering keep-alive when there are too many.
        self.keepalived_conns: dict[int, Connection] = {}
        self.aside: set[Connection] = set()
        self.turn: Turn | None = None
        self.turns = threading.Lock()
        self.lead: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.is_dozing = False
        self.threads = 0
        self.slow_doors = SlowDoors()
        self.swept_at = 0.0
        self.leave_at = math.inf

    @classmethod
    def check_config(cls, cfg: Config, log: Logger) -> None:
        """Refuse what this worker does not speak, and make settings quick to read; gunicorn asks before it forks."""
        super().check_config(cfg, log)
        if cfg.is_ssl or cfg.proxy_protocol != "off":
            raise ConfigError("PatientWorker speaks plain HTTP/1.1; TLS and the PROXY protocol are for a proxy.")
        # gunicorn looks a setting up through two calls, twenty times a request; plain attributes save a sixth of it.
        vars(cfg).update({name: setting.get() for name, setting in cfg.settings.items()})

    def run(self) -> None:
        """Watch over the leader, in the main thread, until it is time to stop and everybody has been answered."""
        self.wsgi = leaving.told_when(self.wsgi, lambda: self.leave_at < math.inf)
        self.epoll = select.epoll()
        self.epoll.register(self.PIPE[0], select.EPOLLIN)
        self.listeners = {listener.fileno(): listener for listener in self.sockets}
        for listener in self.sockets:
            listener.settimeout(0)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            self.epoll.register(listener, select.EPOLLIN)
        self.pass_the_lead()
        while self.alive and self.is_parent_alive() and time.monotonic() < self.leave_at:
            self.oversee(1.0)
        self.alive = False
        leave_at = time.monotonic() + self.cfg.graceful_timeout
        while (self.listeners or self.keepalived_conns or self.aside) and time.monotonic() < leave_at:
            self.oversee(0.05)

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002 - a signal handler gets both
        """Begin to stop (SIGTERM), or to say for `drain` seconds that it will; a dozing main thread wakes up for it."""
        if self.drain and self.leave_at == math.inf:
            self.leave_at = time.monotonic() + self.drain
        else:
            self.alive = False
        self.bell.put(None)

    def oversee(self, pause: float) -> None:
        """Relieve a leader who takes too long over a request; doze for *pause* seconds if none is being served."""
        self.notify()
        if turn := self.turn:
            pauses = _pauses()
            time.sleep(PATIENCE)
            # A second pause was for the interpreter. If it was free, whoever has not finished waits for something else.
            is_waiting = _pauses() - pauses <= 1
            now = time.monotonic()
            with self.turns:
                if self.turn is turn and (is_waiting or now - turn.began > LONGEST):
                    self.turn = None
                    self.slow_doors.note(turn.door, waited=is_waiting)
                    self.relieve(turn.connection)
            return
        self.is_dozing = True
        # Looked at again after saying so: a leader who begins a turn from here on rings the bell.
        if not self.turn:
            with contextlib.suppress(queue.Empty):
                self.bell.get(timeout=pause)
        self.is_dozing = False

    def relieve(self, connection: Connection) -> None:
        """Take *connection* out of the loop, together with the thread that serves it, and let another one lead."""
        with contextlib.suppress(OSError):
            self.epoll.unregister(connection.descriptor)
        self.aside.add(connection)
        del self.keepalived_conns[connection.descriptor]
        self.pass_the_lead()

    def pass_the_lead(self) -> None:
        """Call whichever thread is free; start one if none is and there may be more."""
        if self.threads <= len(self.aside) and self.threads < self.cfg.threads:
            self.threads += 1
            threading.Thread(target=self.work, daemon=True).start()
        self.lead.put(None)

    def work(self) -> None:
        """Lead whenever it is this thread's turn, for as long as the turn lasts."""
        while True:
            self.lead.get()
            try:
                while self.go_round():
                    pass
            except Exception:
                # Without a leader the worker would be deaf and look healthy; gunicorn starts another one instead.
                self.log.exception("The event loop failed.")
                os.kill(os.getpid(), signal.SIGABRT)
                return

    def go_round(self) -> bool:
        """Attend to whatever is ready, and say whether this thread still leads."""
        for descriptor, _ in self.epoll.poll(1.0):
            if descriptor in self.keepalived_conns:
                if not self.attend(self.keepalived_conns[descriptor]):
                    return False
            elif descriptor in self.listeners:
                self.accept(self.listeners[descriptor], LET_IN)
            elif descriptor == self.PIPE[0]:
                os.read(descriptor, 4096)
        now = time.monotonic()
        if self.listeners and not self.alive:
            self.stop_listening(now)
        if now - self.swept_at > 1.0:
            self.sweep(now)
        return True

    def accept(self, listener: socket.socket, most: int) -> None:
        """Let up to *most* clients in; in a full house, whoever was answered longest ago makes room."""
        for _ in range(most):
            try:
                sock, client = listener.accept()
            except OSError:
                return
            if len(self.keepalived_conns) >= self.worker_connections:
                self.drop(next(iter(self.keepalived_conns.values())))
            connection = Connection(self.cfg, sock, client, listener.getsockname())
            self.keepalived_conns[connection.descriptor] = connection
            self.epoll.register(connection.descriptor, select.EPOLLIN)

    def attend(self, connection: Connection) -> bool:
        """Collect what has come on *connection*, serve it if it is enough, and say whether this thread still leads."""
        piece = connection.read()
        if piece == b"":
            self.drop(connection)
        elif piece and not connection.is_leaving:
            if not connection.inbox.data:
                connection.deadline = time.monotonic() + ARRIVAL
            if connection.collect(piece):
                return self.take_turn(connection)
        return True

    def take_turn(self, connection: Connection) -> bool:
        """Serve what has come on *connection*, and say whether this thread still leads."""
        turn = Turn(connection, connection.inbox.door, time.monotonic(), time.thread_time())
        if turn.door in self.slow_doors:
            self.relieve(connection)
        else:
            self.turn = turn
            if self.is_dozing:
                self.is_dozing = False
                self.bell.put(None)
        stays = self.serve(connection)
        now = time.monotonic()
        with self.turns:
            leads = self.turn is turn
            if leads:
                self.turn = None
        if leads:
            # Beside others nobody can tell what it waited for.
            self.slow_doors.note(turn.door, waited=not self.aside and turn.waited(now))
            del self.keepalived_conns[connection.descriptor]
        self.settle(connection, now, stays=stays, leads=leads)
        return leads

    def handle(self, conn: Connection) -> bool:
        """Answer one request as the parent does, send the answer, and say whether the connection stays open."""
        stays = super().handle(conn)
        return conn.sock.deliver() and stays

    def handle_error(self, req: Request | None, client: Wire, addr: tuple, exc: BaseException) -> None:
        """Answer what cannot be read as the parent does, in our words, and log by which id it was answered."""
        refusal.blot_out(exc)
        super().handle_error(req, client, addr, exc)
        request_id = refusal.new_id()
        self.log.warning("A request could not be read.", extra={"request_id": request_id})
        if page := client.take():
            client.sendall(refusal.reworded(page, request_id))

    def serve(self, connection: Connection) -> bool:
        """Answer every request that has come on *connection*, and say whether it stays open for more."""
        while self.handle(connection):
            pipelined = connection.parser.unreader.take_buffered()
            if not pipelined or not connection.collect(pipelined):
                return True
        return False

    def handle_request(self, req: Request, conn: Connection) -> bool:
        """Answer *req* as the parent does; close if the next request could not be told from what is left of this."""
        if not conn.is_whole:
            req.force_close()
        if conn.is_continued:
            conn.is_continued = req._expected_100_continue = False  # noqa: SLF001 - said already, in `collect`
        return super().handle_request(req, conn)

    def settle(self, connection: Connection, now: float, *, stays: bool, leads: bool) -> None:
        """Put *connection* back into the loop, for its next request or for its farewell."""
        if connection.sock.fileno() >= 0:
            if not stays:
                connection.is_leaving = True
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_WR)
            idle = self.cfg.keepalive if stays and self.alive else FAREWELL
            connection.deadline = now + (ARRIVAL if connection.inbox.data else idle)
            self.keepalived_conns[connection.descriptor] = connection
            if not leads:
                self.epoll.register(connection.descriptor, select.EPOLLIN)
        self.aside.discard(connection)

    def sweep(self, now: float) -> None:
        """Close every connection whose time is up, with a word to those that were still sending."""
        self.swept_at = now
        self.slow_doors.forget()
        for connection in list(self.keepalived_conns.values()):
            if connection.deadline <= now:
                if connection.inbox.data:
                    connection.tell_too_late()
                self.drop(connection)

    def stop_listening(self, now: float) -> None:
        """Let in whoever waits at the door already, then close it."""
        for descriptor, listener in list(self.listeners.items()):
            self.accept(listener, self.cfg.backlog)
            self.epoll.unregister(descriptor)
            listener.close()
            del self.listeners[descriptor]
        for connection in list(self.keepalived_conns.values()):
            connection.deadline = min(connection.deadline, now + FAREWELL)

    def drop(self, connection: Connection) -> None:
        """Close *connection* without another word."""
        del self.keepalived_conns[connection.descriptor]
        connection.close()


def _pauses() -> int:
    """Return how many times the present thread has stopped to wait (getrusage(2), RUSAGE_THREAD)."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
