"""
Workers that are killed in the middle of everything: nobody is signed out, and nothing that was acknowledged is lost.

Sixteen browsers refresh without a pause while a random worker gets SIGKILL every second. What a browser does about a
connection that broke is what LibreChat's does: it presents the same token once more.
"""

import os
import random
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from tests.attacks.crowd import UNLIMITED, Answer, Wire, all_at_once, behind, login, patiently, refresh, registration
from tests.conftest import ON_POSTGRES

BROWSERS = 16
SECONDS = 20
BETWEEN_KILLS = 1.0


@dataclass
class Browser:
    """One signed-in browser and its ledger."""

    token: str
    acknowledged: int = 0
    retried: int = 0
    refused: list[str] = field(default_factory=list)

    def refresh_until(self, stop: threading.Event, server) -> None:
        """Refresh without a pause; stop for good when an answer is anything but a new token."""
        while not stop.is_set() and not self.refused:
            answer = self._answer(server)
            if answer.status == 200 and answer.refresh_token:
                self.token = answer.refresh_token
                self.acknowledged += 1
            else:
                self.refused.append(f"{answer.status} {answer.text}")

    def _answer(self, server) -> Answer:
        """Present the token; when the connection breaks, present the same one until somebody listens again."""
        asked = refresh(self.token)
        for attempt in range(200):
            with suppress(OSError, HTTPException), closing(Wire(server)) as wire:
                answer = patiently(wire, asked)
                self.retried += attempt > 0
                return answer
            threading.Event().wait(0.02)
        raise AssertionError("nobody listens any more")


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(identity_server, request):
    return identity_server(server=request.param, environment=UNLIMITED)


@pytest.fixture(scope="module")
def browsers(server):
    addresses = [f"browser.{number}@example.org" for number in range(BROWSERS)]
    all_at_once(server, [registration(address) for address in addresses])
    return [Browser(answer.refresh_token) for answer in all_at_once(server, list(map(login, addresses)))]


@pytest.fixture(scope="module")
def kills(server, browsers):
    """The story itself: who was killed while the browsers refreshed."""
    stop, killed = threading.Event(), []
    with ThreadPoolExecutor(BROWSERS) as crowd:
        running = [crowd.submit(browser.refresh_until, stop, server) for browser in browsers]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            stop.wait(BETWEEN_KILLS)
            killed += _kill_one_of(server.worker_pids())
        stop.set()
    for each in running:
        each.result()
    counts = ", ".join(f"{count} {what}" for what, count in _counts(browsers).items())
    print(f"{len(killed)} workers killed, {counts}")  # noqa: T201 - the figures are for whoever reads the run
    return killed


def test_nobody_is_signed_out(kills, browsers):
    assert len(kills) >= SECONDS / BETWEEN_KILLS / 2
    assert [browser.refused for browser in browsers if browser.refused] == []
    assert all(browser.acknowledged > 10 for browser in browsers)
    assert sum(browser.retried for browser in browsers) > 0, "no connection broke, so nothing was tested"


def test_the_newest_token_of_each_browser_is_the_one_that_counts(kills, browsers, server):
    """The row that a browser's last acknowledged token stands in is the only one of its session."""
    with behind(server) as services, services.database.transaction():
        query = text('SELECT "current", ended_at FROM sessions')
        rows = [tuple(row) for row in services.database.connection().execute(query)]

    assert sorted(rows) == sorted((fingerprint(browser.token), None) for browser in browsers)


def test_the_newest_token_of_each_browser_still_refreshes(kills, browsers, server):
    answers = all_at_once(server, [refresh(browser.token) for browser in browsers])

    assert [answer.status for answer in answers] == [200] * BROWSERS
    for browser, answer in zip(browsers, answers, strict=True):
        browser.token = answer.refresh_token


def test_no_alarm_was_raised(kills, server):
    with behind(server) as services:
        trail, people = services.capabilities.trail, services.capabilities.users.page()
        told = [entry.event.name for person in people for entry in trail.about(person.id)]

    assert told.count("refresh.reused") == 0
    assert told.count("signed_in") == BROWSERS


def test_the_database_is_whole(kills, server):
    if ON_POSTGRES:
        with behind(server) as services:
            assert services.is_schema_current()
        return
    with closing(sqlite3.connect(server.folder / "identity.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_workers_that_were_killed_have_successors(kills, server):
    assert not set(kills) & set(server.worker_pids())
    assert len(server.worker_pids()) == 2


def _kill_one_of(workers: list[int]) -> list[int]:
    if not workers:
        return []
    chosen = random.choice(workers)  # noqa: S311 - a choice, not a secret
    with suppress(ProcessLookupError):
        os.kill(chosen, signal.SIGKILL)
        return [chosen]
    return []


def _counts(browsers: list[Browser]) -> dict[str, int]:
    return {
        "refreshes acknowledged": sum(browser.acknowledged for browser in browsers),
        "refreshes repeated": sum(browser.retried for browser in browsers),
        "browsers signed out": sum(bool(browser.refused) for browser in browsers),
    }
