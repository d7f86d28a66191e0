"""Whoever signs out here has signed out everywhere: each application is told once, and believes what it can verify."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from identity_service.oidc.tables import LogoutDelivery
from tests.attacks.crowd import behind
from tests.servers.clients_file import SECRET
from tests.servers.receiver import Receiver

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TWO, THREE = ("hears", "hears-es256"), ("hears-too", "deaf", "slow")


@pytest.fixture(scope="module")
def receivers():
    """Where each application hears of sign-outs; nobody listens yet."""
    with ExitStack() as listening:
        made = {name: Receiver() for name in TWO + THREE}
        for receiver in made.values():
            listening.callback(receiver.stop)
        yield made


@pytest.fixture(scope="module")
def provider(provider_of, receivers):
    clients = {name: {"is_trusted": True, "backchannel_logout_uri": it.url} for name, it in receivers.items()}
    clients["hears-es256"]["id_token_signed_response_alg"] = "ES256"
    return provider_of({**clients, "does-not-care": {"is_trusted": True}})


@pytest.fixture
def client_of(applications, provider):
    """Return the application that is registered under a name."""

    def discover(name):
        metadata = {"id_token_signed_response_alg": "ES256"} if name.endswith("es256") else {}
        proof = applications.proof("ClientSecretBasic", SECRET)
        return applications.discovered(provider.issuer, name, proof, **metadata)

    return discover


def verified(client, form):
    """Return what an application learns from a logout token, after all that it must check."""
    call = client.applications.call
    call("jose.createRemoteJWKSet", {"$url": client.server["jwks_uri"]}, keep="provider's keys")
    expected = {
        "issuer": client.server["issuer"],
        "audience": client.metadata["client_id"],
        "algorithms": [client.metadata.get("id_token_signed_response_alg", "RS256")],
        "typ": "logout+jwt",
        "maxTokenAge": 120,
        "requiredClaims": ["iat", "exp", "jti", "events"],
    }
    return call("jose.jwtVerify", form["logout_token"], {"$kept": "provider's keys"}, expected)["payload"]


def wait_until_nothing_is_left_to_tell(server):
    """Wait until no delivery waits for its first attempt or for another."""
    with behind(server) as services:
        deadline = time.monotonic() + 30
        while services.database.rows(select(LogoutDelivery.id)):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_each_session_of_each_application_is_told_once(client_of, provider, receivers):
    """And nobody is told of what goes on in other browsers."""
    ada, grace = provider.person("ada@example.org"), provider.person("grace@example.org")
    clients = {name: client_of(name) for name in (*TWO, "does-not-care")}
    ended = {name: [client.take(ada.reach(client.ask()).url) for _ in "12"] for name, client in clients.items()}
    spared = clients["hears"].take(grace.reach(clients["hears"].ask()).url)
    with receivers["hears"], receivers["hears-es256"]:
        landed = ada.open(clients["does-not-care"].leave(id_token_hint=ended["does-not-care"][0]["id_token"]))
        wait_until_nothing_is_left_to_tell(provider.server)

    assert "You are signed out" in landed.text
    for name in TWO:
        forms = receivers[name].heard
        told = [verified(clients[name], form) for form in forms]
        assert [set(form) for form in forms] == [{"logout_token"}] * 2
        assert sorted(each["sid"] for each in told) == sorted(tokens["claims"]["sid"] for tokens in ended[name])
        assert {each["sub"] for each in told} == {ended[name][0]["claims"]["sub"]}
        assert [each["events"] for each in told] == [{EVENT: {}}] * 2
        assert len({each["jti"] for each in told}) == 2
        assert not any("nonce" in each for each in told)
    assert clients["hears"].who(spared)["email"] == grace.email


def test_one_that_is_dead_holds_nobody_up_and_is_told_when_it_is_back(client_of, provider, receivers):
    ada, clients = provider.person("ada.too@example.org"), {name: client_of(name) for name in THREE}
    tokens = {name: client.take(ada.reach(client.ask()).url) for name, client in clients.items()}
    hears, deaf, slow = (receivers[name] for name in THREE)
    slow.may_answer.clear()
    with hears, slow, ThreadPoolExecutor(1) as aside:
        leaving = aside.submit(ada.open, clients["slow"].leave(id_token_hint=tokens["slow"]["id_token"]))
        slow.wait_for(1)
        assert "You are signed out" in leaving.result(60).text
        assert slow.abandoned == 0  # it is still being asked, and so far nobody has an answer
        hears.wait_for(1)
        slow.may_answer.set()
        with deaf:
            wait_until_nothing_is_left_to_tell(provider.server)

    assert [len(receiver.heard) for receiver in (hears, deaf, slow)] == [1, 1, 2]
    for name, client in clients.items():
        told = [verified(client, form) for form in receivers[name].heard]
        assert {each["sid"] for each in told} == {tokens[name]["claims"]["sid"]}
        assert len({each["jti"] for each in told}) == len(told)
