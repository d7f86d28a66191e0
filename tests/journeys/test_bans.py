"""
A scripted abuser, the back end that reports him, and his neighbours: four workers behind one proxy, one database.

Leaves to others: what a score is (tests/moderation), who is spared (tests/flows/test_gate.py).
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.attacks.crowd import PASSWORD, UNLIMITED, Answer, Ask, Wire, all_at_once, login, refresh, registration
from tests.servers.identity import IdentityServer

HOME = {"X-Forwarded-For": "198.51.100.23"}
ELSEWHERE = {"X-Forwarded-For": "203.0.113.99"}
TEXT = "Your account has been temporarily banned due to violations of our service."
WITHIN = 1.0
"""Seconds."""


@pytest.fixture(scope="module")
def server(identity_server: Callable[..., IdentityServer]) -> IdentityServer:
    return identity_server(environment={**UNLIMITED, "TRUST_PROXY": "1", "WEB_CONCURRENCY": "4"})


@pytest.fixture(scope="module")
def wire(server: IdentityServer) -> Iterator[Wire]:
    with closing(Wire(server)) as line:
        line.ask(through(HOME, registration("admin@example.org")))
        yield line


@pytest.fixture(scope="module")
def header(server: IdentityServer) -> dict[str, str]:
    """By what the chat back end proves itself."""
    made = json.loads(server.run("create-client", "--name", "chat", "--json").stdout)
    return {
        "Authorization": "Basic " + b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode(),
        "X-Forwarded-For": "192.0.2.200",
    }


def through(headers: dict[str, str], asked: Ask) -> Ask:
    return asked._replace(headers={**asked.headers, **headers})


def violation(header: dict[str, str], user_id: str, **more: str) -> Ask:
    told = {"type": "concurrent", "user_id": user_id, "address": "198.51.100.23", **more}
    return Ask("POST", "/v1/violations", told, header)


def newcomer(wire: Wire, name: str, place: dict[str, str] = HOME) -> Answer:
    """Sign somebody up and in, from *place*."""
    wire.ask(through(place, registration(f"{name}@example.org")))
    answer = wire.ask(through(place, login(f"{name}@example.org")))
    assert answer.status == 200
    return answer


def everywhere(server: IdentityServer, asked: Ask) -> list[Answer]:
    """Ask on so many new connections at once that every worker answers some."""
    return all_at_once(server, [asked] * 24)


def test_the_abuser_is_banned_by_the_twentieth_event_on_all_workers_at_once_and_the_neighbour_is_not(
    server: IdentityServer, wire: Wire, header: dict[str, str]
) -> None:
    neighbour, abuser = newcomer(wire, "neighbour"), newcomer(wire, "abuser")
    user_id, token = abuser.json["user"]["id"], abuser.json["token"]
    introspection = Ask("POST", "/oauth2/introspect", f"token={token}", header)
    for _ in range(19):
        assert wire.ask(violation(header, user_id)).json["banned"] is False
    assert {answer.json["active"] for answer in everywhere(server, introspection)} == {True}

    assert wire.ask(violation(header, user_id)).json["banned"] is True
    banned_at = time.monotonic()
    answers = everywhere(server, introspection)
    assert time.monotonic() - banned_at < 10 * WITHIN
    assert [answer.json for answer in answers] == [{"active": False}] * 24
    # A minute on the road, then at home again.
    for place in (HOME, ELSEWHERE):
        refused = wire.ask(through(place, login("abuser@example.org")))
        assert (refused.status, refused.json["code"], refused.json["message"]) == (403, "banned", TEXT)
    assert wire.ask(through(HOME, refresh(abuser.refresh_token))).status == 403
    by_token = Ask("GET", "/v1/forward-auth", headers={**HOME, "Authorization": f"Bearer {token}"})
    assert wire.ask(by_token).status == 403
    assert wire.ask(through(HOME, login("neighbour@example.org"))).status == 200
    assert wire.ask(through(HOME, refresh(neighbour.refresh_token))).status == 200


def test_a_ban_is_back_after_a_restart_and_over_at_once_when_it_is_lifted(
    server: IdentityServer, wire: Wire, header: dict[str, str]
) -> None:
    abuser = newcomer(wire, "returning", ELSEWHERE)
    assert wire.ask(violation(header, abuser.json["user"]["id"], type="non_browser")).json["banned"] is True
    server.halt()
    server.start()

    with closing(Wire(server)) as line:
        assert line.ask(through(ELSEWHERE, login("returning@example.org"))).status == 403
        why = json.loads(server.run("why", "returning@example.org", "--json").stdout)
        assert (why["banned"], why["violations"][0]["type"]) == (True, "non_browser")
        assert server.run("unban-user", "returning@example.org", "--yes").returncode == 0
        assert line.ask(through(ELSEWHERE, login("returning@example.org"))).status == 200


def test_sixty_four_violations_at_once_lead_to_one_ban(server: IdentityServer, header: dict[str, str]) -> None:
    with closing(Wire(server)) as wire:
        abuser = newcomer(wire, "crowd", ELSEWHERE)
    user_id = abuser.json["user"]["id"]
    answers = all_at_once(server, [violation(header, user_id)] * 64)

    assert {answer.status for answer in answers} == {200}
    trail = json.loads(server.run("trail", "--subject", user_id, "--json").stdout)
    assert [entry["event"] for entry in trail if entry["event"].startswith("ban.")] == ["ban.imposed"]
    (score,) = json.loads(server.run("why", "crowd@example.org", "--json").stdout)["scores"]
    assert (score["events"], round(score["score"])) == (64, 64)


def test_no_sign_in_that_overlaps_with_the_ban_has_a_session_afterwards(
    server: IdentityServer, header: dict[str, str]
) -> None:
    with closing(Wire(server)) as wire:
        user_id = newcomer(wire, "overlapping", ELSEWHERE).json["user"]["id"]
    sign_in = through(ELSEWHERE, login("overlapping@example.org"))
    answers = all_at_once(server, [*[sign_in] * 12, violation(header, user_id, type="non_browser"), *[sign_in] * 11])

    assert {answer.status for answer in answers} <= {200, 403}
    tokens = [answer.json["token"] for answer in answers if "token" in answer.json]
    asked = [Ask("POST", "/oauth2/introspect", f"token={token}", header) for token in tokens]
    with closing(Wire(server)) as wire:
        assert all(wire.ask(one).json == {"active": False} for one in asked)


def test_with_everybody_banned_the_command_line_works(server: IdentityServer) -> None:
    assert server.run("ban-user", "admin@example.org", "--forever", "--yes").returncode == 0

    with closing(Wire(server)) as wire:
        assert wire.ask(through(ELSEWHERE, login("admin@example.org", PASSWORD))).status == 403
        assert server.run("unban-user", "admin@example.org").returncode == 0
        assert wire.ask(through(ELSEWHERE, login("admin@example.org", PASSWORD))).status == 200
