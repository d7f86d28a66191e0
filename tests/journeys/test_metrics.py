"""
Counters that are right although several workers count, at an address that is not public.

Leaves to others: what is counted, name by name (web).
"""

import os
import re
import signal
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.attacks.crowd import Ask, Wire, all_at_once, login, registration

TOKEN = "7d1e0f9c3b5a48266e4c2a0b8f7d5139c1e3a5b7d9f00214"
MANY = 300


@pytest.fixture(scope="module")
def server(identity_server):
    return identity_server(environment={"METRICS_TOKEN": TOKEN, "LOGIN_MAX": "100000", "WEB_CONCURRENCY": "2"})


@pytest.fixture
def count(server):
    """Read a counter at the separate address, wherever it stands now."""
    opener = build_opener(ProxyHandler({}))

    def read(name, **labels):
        with opener.open(server.metrics_url, timeout=10) as answer:
            return value(answer.read().decode(), name, labels)

    return read


@pytest.fixture
def ask(server):
    """Ask the public address."""
    wire = Wire(server)
    yield lambda path, **headers: wire.ask(Ask("GET", path, headers=headers))
    wire.close()


def value(exposition, name, labels):
    """Add up the samples of *name* that have these labels."""
    samples = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", exposition, re.MULTILINE)
    wanted = {f'{label}="{text}"' for label, text in labels.items()}
    return sum(float(number) for found, number in samples if wanted <= set(found.split(",")))


def test_every_request_is_counted_once_whichever_worker_answered(server, count):
    counted = {"route": "/api/config", "method": "GET", "status": "200"}
    before = count("identity_http_requests_total", **counted)

    answers = [answer for _ in range(MANY // 50) for answer in all_at_once(server, [Ask("GET", "/api/config")] * 50)]

    assert [answer.status for answer in answers] == [200] * MANY
    assert count("identity_http_requests_total", **counted) == before + MANY
    assert count("identity_http_request_seconds_count", route="/api/config") == before + MANY


def test_both_workers_did_some_of_the_work(server):
    lines = (server.folder / "stdout.log").read_text(encoding="utf-8").count("request.answered")

    assert lines >= MANY
    assert len(server.worker_pids()) == 2


def test_sign_ins_are_counted_by_how_they_ended(server, count):
    all_at_once(server, [registration("ada@example.org")])
    before = {how: count("identity_sign_ins_total", outcome=how) for how in ("done", "wrong_credentials")}

    all_at_once(server, [login("ada@example.org")] * 6 + [login("ada@example.org", "a wrong password")] * 4)

    assert count("identity_sign_ins_total", outcome="done") == before["done"] + 6
    assert count("identity_sign_ins_total", outcome="wrong_credentials") == before["wrong_credentials"] + 4


def test_what_a_visitor_typed_does_not_become_a_label(server, ask, count):
    for path in ("/canary-path", "/api/auth/sessions/canary-id", "/api/config?canary=1", "/canary%0Apath"):
        ask(path)
    refused = count("identity_http_requests_total", route="none")

    assert refused >= 2
    with build_opener(ProxyHandler({})).open(server.metrics_url, timeout=10) as answer:
        assert b"canary" not in answer.read()


def test_an_unheard_of_method_is_counted_under_no_name_of_its_own(server, count):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("CANARY", "/api/config")
    assert connection.getresponse().status in {400, 405, 501}
    connection.close()

    assert count("identity_http_requests_total", method="CANARY") == 0


def test_on_the_public_address_the_metrics_are_there_for_the_right_bearer_only(ask):
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}):
        refused = ask("/metrics", **headers)
        assert (refused.status, refused.json["code"]) == (404, "not_found")
        assert "identity_" not in refused.text

    let_in = ask("/metrics", Authorization=f"Bearer {TOKEN}")
    assert let_in.status == 200
    assert let_in.headers["content-type"].startswith("text/plain")
    assert value(let_in.text, "identity_http_requests_total", {"route": "/api/config"}) >= MANY


def test_a_wrong_bearer_for_the_metrics_sounds_like_no_door_at_all(ask):
    def told(answer):
        return answer.status, answer.json["code"], answer.json["title"], list(answer.headers)

    assert told(ask("/metrics", Authorization="Bearer x")) == told(ask("/nowhere"))


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_at_the_separate_address_there_is_nothing_but_the_metrics_to_be_read(server, identity_server, kind):
    there = server if kind == "gunicorn" else identity_server(server=kind, environment={"METRICS_HOST": "localhost"})
    expected = {("GET", "/metrics"): 200, ("HEAD", "/metrics?x"): 200, ("POST", "/metrics"): 405}
    elsewhere = ("GET", "/api/config"), ("GET", "/"), ("POST", "/api/auth/login"), ("GET", "/healthz")
    expected |= dict.fromkeys(elsewhere, 404)
    told, names = {}, set()
    with closing(HTTPConnection("127.0.0.1", there.metrics_port, timeout=10)) as connection:
        for method, path in expected:
            connection.request(method, path)
            answer = connection.getresponse()
            assert bool(answer.read()) == ((method, path) == ("GET", "/metrics"))
            assert answer.headers.get_all("Server") == ["identity"]
            told[method, path] = answer.status
            names |= {answer.headers["X-Request-ID"]}

    assert told == expected
    assert len(names) == len(expected)
    assert None not in names


def test_naming_the_other_port_does_not_open_the_metrics_to_the_public(server, ask):
    for host in (f"127.0.0.1:{server.metrics_port}", f"localhost:{server.metrics_port}"):
        assert ask("/metrics", Host=host).status == 404
    forwarded = ask("/metrics", **{"X-Forwarded-Port": str(server.metrics_port), "X-Forwarded-Host": "127.0.0.1"})
    assert forwarded.status == 404


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_a_second_installation_serves_although_the_metrics_address_is_taken(server, identity_server, kind):
    second = identity_server(server=kind, environment={"METRICS_PORT": str(server.metrics_port)})

    assert '"event": "metrics.off"' in second.log_text()
    assert second.run("list-users", "--json").stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["gunicorn", "granian"])
def test_who_takes_the_place_of_a_killed_worker_counts_on_in_its_files(identity_server, kind):
    server = identity_server(server=kind, environment={"WEB_CONCURRENCY": "1"})
    folder = Path(re.search(r"\S+/identity-counters-\w+", Path(f"/proc/{server.pid}/maps").read_text())[0])
    seen = []
    for _ in range(3):
        (worker,) = answered_by(server)
        files = sorted(path.name for path in folder.glob("*.db"))
        with build_opener(ProxyHandler({})).open(server.metrics_url, timeout=10) as answer:
            asked = {"route": "/api/config", "status": "200"}
            seen.append((files, value(answer.read().decode(), "identity_http_requests_total", asked)))
        os.kill(worker, signal.SIGKILL)
        while worker in server.worker_pids():
            time.sleep(0.01)

    (first, begun), *later = seen
    assert later == [(first, begun + 1), (first, begun + 2)]


def answered_by(server):
    """Ask once, as soon as somebody answers; return who is there."""
    for _ in range(500):
        with suppress(OSError, HTTPException), closing(Wire(server)) as wire:
            assert wire.ask(Ask("GET", "/api/config")).status == 200
            return server.worker_pids()
        time.sleep(0.02)
    raise AssertionError("nobody listens any more")
