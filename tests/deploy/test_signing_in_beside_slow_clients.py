"""
The same promise, kept by the service itself: with slow clients on the line, people still sign in.
"""

from contextlib import ExitStack

import pytest

from tests.deploy.serving import Client
from tests.deploy.test_slow_clients import PROMISE, dribble
from tests.servers.identity import IdentityServer

SIGN_IN = b"POST /api/auth/login HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
HALF_OPEN = {"heads": b"GET /healthz HTTP/1.1\r\nHost: te", "sign-ins": SIGN_IN % 60 + b"{", "nothing": b""}


@pytest.fixture(scope="module")
def service(identity_server) -> IdentityServer:
    running = identity_server(environment={"LOGIN_MAX": "1000", "LIMIT_CONCURRENT_MESSAGES": "false"})
    running.run("create-user", "ada@example.org", "--password", "a phrase of my own", "--yes")
    return running


@pytest.mark.parametrize("count", [200, 800])
@pytest.mark.parametrize("beginning", HALF_OPEN.values(), ids=HALF_OPEN.keys())
def test_people_sign_in_all_the_same(service, beginning, count):
    body = b'{"email":"ada@example.org","password":"a phrase of my own"}'
    with ExitStack() as held:
        clients = [held.enter_context(Client.at(service.port)) for _ in range(count)]
        for client in clients:
            client.send(beginning)
        for _ in range(3):
            with Client.at(service.port, seconds=PROMISE) as quick, Client.at(service.port) as person:
                assert quick.ask("/healthz").status == 200
                person.send(SIGN_IN % len(body) + body)
                assert person.answer().status == 200
            dribble(clients)
