"""
Stopping and reloading drop nothing: what was asked is answered, then the processes end.

One worker, because gunicorn loses a signal to a worker that is just being forked; this one has answered already.
"""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.deploy.serving import Client, Hello
from tests.servers.process import wait_until


def held(server: Hello, gate: Path) -> Client:
    """Begin a request that ends when *gate* exists, and return once the application has it."""
    client = server.connect()
    client.send(f"GET /held?{gate} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    wait_until(gate.with_suffix(".here").exists, server.process, server.log_text, seconds=10)
    return client


def test_a_stop_waits_for_what_is_under_way(tmp_path):
    with Hello(WEB_CONCURRENCY="1") as server:
        clients = [held(server, tmp_path / f"gate{number}") for number in range(5)]
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in server.log_text(), server.process, server.log_text, seconds=10)
        for number in range(5):
            (tmp_path / f"gate{number}").touch()
        answers = [client.answer() for client in clients]

        assert [(answer.status, answer.body) for answer in answers] == [(200, b"released")] * 5
        assert server.process.wait(20) == 0


def test_a_kept_connection_may_ask_once_more_while_the_server_stops(tmp_path):
    with Hello(WEB_CONCURRENCY="1") as server:
        kept = server.connect()
        kept.ask("/healthz")
        waiting = held(server, tmp_path / "gate")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "Handling signal: term" in server.log_text(), server.process, server.log_text, seconds=10)
        last = kept.ask("/healthz")
        (tmp_path / "gate").touch()

        assert (last.status, last.closes, waiting.answer().status) == (200, True, 200)
        assert server.process.wait(20) == 0


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_no_worker_outlives_a_server_that_is_killed(kind):
    with Hello(kind, WEB_CONCURRENCY="2") as server:
        os.kill(server.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while listens(server):
            assert time.monotonic() < deadline, "A worker still serves."
            time.sleep(0.1)


def listens(server: Hello) -> bool:
    """Whether anybody takes a connection."""
    try:
        server.connect().sock.close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_a_stop_is_announced_before_it_begins(kind):
    """For DRAIN_SECONDS a proxy is told to turn away, and whoever comes all the same is served."""
    with Hello(kind, WEB_CONCURRENCY="1", DRAIN_SECONDS="2") as server:
        kept = server.connect()
        assert kept.ask("/readyz").body == b"ready"
        server.process.send_signal(signal.SIGTERM)
        hears = lambda: server.connect().ask("/readyz").body == b"leaving"  # noqa: E731
        wait_until(hears, server.process, server.log_text, seconds=10)

        assert server.connect().ask("/healthz").status == 200
        assert (kept.ask("/readyz").body, kept.ask("/healthz").closes) == (b"leaving", False)
        assert server.process.wait(20) == 0


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_control_c_which_reaches_the_workers_as_well_ends_it_at_once(kind):
    with Hello(kind, WEB_CONCURRENCY="1") as server:
        os.killpg(server.process.pid, signal.SIGINT)

        server.process.wait(10)
        assert "refused to gracefully stop" not in server.log_text()


def test_half_a_request_does_not_hold_up_a_stop():
    with Hello(WEB_CONCURRENCY="1") as server:
        client = server.connect()
        client.send(b"GET /heal")
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(20) == 0


def test_a_reload_answers_what_is_under_way_and_what_comes_after(tmp_path):
    with Hello(WEB_CONCURRENCY="1") as server:
        client = held(server, tmp_path / "gate")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "Handling signal: hup" in server.log_text(), server.process, server.log_text, seconds=10)
        (tmp_path / "gate").touch()

        assert client.answer().body == b"released"
        with server.connect() as later:
            assert later.ask("/healthz").status == 200


def test_garbage_is_collected_in_every_worker_after_a_reload_as_well():
    with Hello(WEB_CONCURRENCY="1") as server:
        with server.connect() as client:
            assert client.ask("/garbage").body == b"collected"
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.log_text().count("Booting worker") == 2, server.process, server.log_text, seconds=10)
        wait_until(lambda: "Worker exiting" in server.log_text(), server.process, server.log_text, seconds=10)
        with server.connect() as later:
            assert later.ask("/garbage").body == b"collected"


def test_the_folder_for_counters_is_private_and_goes_with_the_server():
    with Hello(WEB_CONCURRENCY="1") as server:
        folder = Path(server.connect().ask("/counters").body.decode())
        assert folder.stat().st_mode & 0o777 == 0o700

    assert not folder.exists()


@pytest.mark.parametrize("name", ["JWT_SECRET", "PORT"])
def test_wrong_settings_end_with_status_2_and_no_trace(name):
    with pytest.raises(RuntimeError, match="status 2") as told, Hello(**{name: "x"}):
        pass

    assert name in str(told.value)
    assert "Traceback" not in str(told.value)
