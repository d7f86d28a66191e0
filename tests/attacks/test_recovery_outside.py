"""
What a stranger can do to a running service whose mail server is a tarpit: lead no link astray, and learn nothing.

Law: OWASP ASVS 5.0 6.3.8; RFC 9112 §3.2 (absolute-form).
"""

import itertools
import socket
import time
from random import Random

import pytest
from sqlalchemy import inspect, text

from tests.attacks.crowd import UNLIMITED, Ask, Wire, behind
from tests.fakes.letters import WITH_MAIL, carried, on_their_way, place_of
from tests.fakes.people import person

EVIL = "evil.example"
ABSOLUTE = f"http://{EVIL}"
SAMPLES = 150
SAME = 0.5
TOLERANCE = 0.15


@pytest.fixture(scope="module")
def tarpit():
    """A mail server that lets everybody in and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def server(identity_server, tarpit):
    return identity_server(environment={**UNLIMITED, **WITH_MAIL, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(tarpit)})


@pytest.fixture
def services(server):
    with behind(server) as found:
        yield found


@pytest.fixture
def wire(server):
    made = Wire(server)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("", {"Host": EVIL}),
        ("", {"Host": f"{EVIL}:80@", "X-Forwarded-Host": EVIL}),
        ("", {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "444"}),
        ("", {"Forwarded": f"host={EVIL};proto=https"}),
        ("", {"X-Original-Host": EVIL, "X-Host": EVIL, "X-Rewrite-URL": ABSOLUTE, "Origin": ABSOLUTE}),
        (ABSOLUTE, {}),
        (ABSOLUTE, {"Host": EVIL}),
    ],
)
def test_no_request_leads_a_link_astray(server, services, target, headers):
    email = f"{time.monotonic_ns()}@example.org"
    person(services, email)
    wire, answers = Wire(server), []
    for path in ("/api/auth/requestPasswordReset", "/api/user/verify/resend"):
        answer = wire.ask(Ask("POST", f"{target}{path}", {"email": email}, headers))
        answers.append(answer.status)
        assert EVIL not in answer.text + str(answer.headers)
    wire.close()

    assert answers in ([200, 200], [400, 400])
    letters = on_their_way(services, email, answers.count(200))
    assert {place_of(letter) for letter in letters} <= {f"{server.url}/reset-password", f"{server.url}/verify"}


@pytest.mark.parametrize("path", ["/api/auth/requestPasswordReset", "/api/user/verify/resend"])
def test_known_and_unknown_addresses_take_the_same_time(services, wire, path):
    known = f"{time.monotonic_ns()}@example.org"
    person(services, known)
    asked = [known, "nobody@example.org"] * SAMPLES
    Random(path).shuffle(asked)  # noqa: S311 - an order, and no secret
    seconds = {known: [], "nobody@example.org": []}
    for email in asked:
        begun = time.perf_counter()
        assert wire.ask(Ask("POST", path, {"email": email})).status == 200
        seconds[email].append(time.perf_counter() - begun)

    # How often a known address took longer than an unknown one: the area under the curve of whoever guesses so.
    # The errands of one request are run during the next, so the order must say nothing.
    pairs = [(here > nowhere) + (here == nowhere) / 2 for here, nowhere in itertools.product(*seconds.values())]
    assert abs(sum(pairs) / len(pairs) - SAME) < TOLERANCE


def test_a_secret_on_its_way_stands_nowhere_but_in_its_letter(server, services, wire):
    email = f"{time.monotonic_ns()}@example.org"
    person(services, email)
    assert wire.ask(Ask("POST", "/api/auth/requestPasswordReset", {"email": email})).status == 200
    secret = carried(on_their_way(services, email, 1)[0])
    assert services.capabilities.vouchers.find(secret)

    assert secret not in server.log_text()
    assert email not in server.log_text()
    names = inspect(services.database.engine).get_table_names()
    with services.database.transaction():
        rows = [services.database.connection().execute(text(f'SELECT * FROM "{name}"')).all() for name in names]  # noqa: S608
    assert secret not in str(rows)
