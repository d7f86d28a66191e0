"""
A copy is made while people come and go, and is put back after a loss: nobody who was there is missing.

Whoever was answered before the copy was begun is in it, signed in or signed out as they were told.
"""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from tests.attacks.crowd import UNLIMITED, Ask, Wire, behind, login, patiently, refresh, registration
from tests.conftest import ON_POSTGRES
from tests.servers.postgres import _binaries

PEOPLE = 3
ENOUGH = 8


@dataclass
class Ledger:
    """What one person was told, in the order in which it was told."""

    email: str
    live: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def go_on(self, server, stop: threading.Event) -> None:
        """Sign in twice, refresh one session and end the other; again and again."""
        with closing(Wire(server)) as wire:
            while not stop.is_set():
                first, second = (patiently(wire, login(self.email)).refresh_token for _ in range(2))
                self.live.append(patiently(wire, refresh(first)).refresh_token)
                leaving = {"Cookie": f"refreshToken={second}"}
                assert patiently(wire, Ask("POST", "/api/auth/logout", headers=leaving)).status == 200
                self.ended.append(second)


@pytest.fixture(scope="module")
def server(identity_server):
    path = f"{_binaries()}:{os.environ['PATH']}"
    return identity_server(environment={**UNLIMITED, "WEB_CONCURRENCY": "1", "PATH": path})


@pytest.fixture(scope="module")
def ledgers(server):
    """People who come and go while a copy is made; what they were told until then. Afterwards everything is lost."""
    people = [Ledger(f"person{number}@example.org") for number in range(PEOPLE)]
    with closing(Wire(server)) as wire:
        for each in people:
            patiently(wire, registration(each.email))
    stop = threading.Event()
    with ThreadPoolExecutor(PEOPLE) as crowd:
        going = [crowd.submit(each.go_on, server, stop) for each in people]
        try:
            while sum(len(each.ended) for each in people) < ENOUGH:
                assert not any(each.done() for each in going), [each.exception() for each in going if each.done()]
                threading.Event().wait(0.05)
            told = [Ledger(each.email, list(each.live), list(each.ended)) for each in people]
            made = server.run("backup", "--to", "copies")
        finally:
            stop.set()
    assert made.returncode == 0, made.stderr
    assert [each.exception() for each in going] == [None] * PEOPLE
    with behind(server) as services:
        for each in people:
            services.close_account.by_operator(services.close_account.find(each.email))
    return told


@pytest.fixture(scope="module")
def restored(server, ledgers):
    """The copy has been put back while the service was stopped."""
    server.halt()
    (copy,) = (server.folder / "copies").iterdir()
    done = server.run("restore", str(copy), "--yes")
    assert done.returncode == 0, done.stderr
    server.start()
    return server


def test_nobody_who_was_told_to_be_signed_in_is_missing(restored, ledgers):
    with closing(Wire(restored)) as wire:
        answers = [patiently(wire, refresh(token)) for each in ledgers for token in each.live]

    assert len(answers) >= ENOUGH - PEOPLE
    assert [answer.text for answer in answers if not answer.refresh_token] == []


def test_nobody_who_was_told_to_be_signed_out_is_back(restored, ledgers):
    with closing(Wire(restored)) as wire:
        answers = [patiently(wire, refresh(token)) for each in ledgers for token in each.ended]

    assert len(answers) >= ENOUGH
    assert [answer.text for answer in answers if answer.refresh_token] == []


def test_sealed_keys_and_passwords_are_back(restored, ledgers):
    with closing(Wire(restored)) as wire:
        answer = patiently(wire, login(ledgers[0].email))
        bearer = {"Authorization": f"Bearer {answer.json['token']}"}
        assert wire.ask(Ask("GET", "/api/user", headers=bearer)).status == 200
        assert wire.ask(Ask("GET", "/readyz")).status == 200


def test_the_doctor_says_that_all_is_well_again(restored):
    done = restored.run("doctor", "--json")
    told = json.loads(done.stdout)

    assert (done.returncode, told["well"], done.stderr) == (0, True, ""), told
    assert {finding["severity"] for finding in told["findings"]} == {"advice"}
    assert {"secrets", "files", "database", "keys", "issuer", "proxy", "providers", "clock"} <= set(told["examined"])


@pytest.mark.skipif(ON_POSTGRES, reason="PostgreSQL replaces tables, and whoever uses them has to wait.")
def test_a_service_that_runs_serves_what_was_put_back_from_the_next_request_on(restored, ledgers):
    (copy,) = (restored.folder / "copies").iterdir()
    with closing(Wire(restored)) as wire:
        patiently(wire, registration("later@example.org"))
        assert patiently(wire, login("later@example.org")).status == 200
        assert restored.run("restore", str(copy), "--yes").returncode == 0

        assert patiently(wire, login("later@example.org")).status == 404
        assert patiently(wire, login(ledgers[0].email)).status == 200
