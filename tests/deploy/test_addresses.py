"""Where a server listens: by number or by name, alone, and with a sentence when it cannot."""

import json
import signal

import pytest

from tests.deploy.serving import Hello
from tests.servers.process import wait_until

KINDS = ["gunicorn", "granian"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_listens_where_a_name_says(kind):
    with Hello(kind, HOST="localhost", WEB_CONCURRENCY="1") as server:
        assert server.connect().ask("/healthz").status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_two_installations_never_share_an_address(kind):
    with Hello(kind, WEB_CONCURRENCY="1") as server:
        refused(kind, PORT=str(server.port), because="Address already in use")


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_that_cannot_be_had_is_told_in_a_sentence(kind):
    refused(kind, HOST="192.0.2.1", because="Cannot assign requested address")


def refused(kind, *, because, **settings):
    second = Hello(kind, WEB_CONCURRENCY="1", **settings)
    second.port = 1  # where nobody answers in its place
    with pytest.raises(RuntimeError, match="ended with status 1") as ended:
        second.__enter__()
    _, *lines = str(ended.value).splitlines()
    assert any(f"cannot be had ({because}). Set HOST and PORT." in json.loads(line)["message"] for line in lines)


def test_nobody_is_told_of_an_address_at_a_reload():
    with Hello(WEB_CONCURRENCY="1") as server:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "Worker exiting" in server.log_text(), server.process, server.log_text, seconds=10)

        assert "cannot be had" not in server.log_text()
