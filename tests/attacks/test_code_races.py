"""
Whatever is good once, presented by thirty-two at the same moment to two workers: codes, refresh tokens, assertions.

Law: RFC 6749 §4.1.2 and §10.5 (codes), RFC 9700 §4.14.2 (refresh tokens), RFC 7523 §3 (assertions).
Leaves to others: who overlooks whom between two statements (test_provider_races).
"""

import time
from contextlib import closing
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from tests.attacks.crowd import UNLIMITED, Ask, Wire, behind, login, registration
from tests.attacks.outside import CALLBACK, Application, Browser, Crowd
from tests.fakes.client_keys import ClientKey

CROWD = 32
CODES = 100
ROUNDS = 5
MAY_REFRESH = ["authorization_code", "refresh_token", "client_credentials"]
ORPHANS = """
SELECT child.id FROM sessions child JOIN sessions parent ON parent.id = child.parent_id
WHERE child.ended_at IS NULL AND parent.ended_at IS NOT NULL
"""


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(identity_server, request):
    return identity_server(server=request.param, environment=UNLIMITED)


@pytest.fixture(scope="module")
def services(server):
    with behind(server) as found:
        yield found


@pytest.fixture(scope="module")
def wire(server):
    with closing(Wire(server)) as line:
        line.ask(registration("ada@example.org"))
        yield line


@pytest.fixture(scope="module")
def crowd(server):
    with Crowd(server, CROWD) as gathered:
        yield gathered


@pytest.fixture
def browser(server, wire):
    return Browser.signed_in(server, wire, login("ada@example.org"))


@pytest.fixture(scope="module")
def application(services):
    """An application of the operator's own: nobody is asked for consent."""
    told = {"is_trusted": True, "grant_types": MAY_REFRESH}
    registered = services.administer.create_client("Ours", (CALLBACK,), told)
    return Application(registered.client.client_id, registered.client_secret)


@pytest.fixture(scope="module")
def other(services):
    """Somebody else's application."""
    registered = services.administer.create_client("Theirs", (CALLBACK,), {"grant_types": MAY_REFRESH})
    return Application(registered.client.client_id, registered.client_secret)


def test_a_code_has_one_success_and_what_it_produced_is_over(crowd, wire, application, browser):
    codes = list(application.codes(browser, CODES))
    answers = [crowd.ask([application.redeeming(code)] * CROWD) for code in codes]

    assert {each.status for round_ in answers for each in round_} == {200, 400}
    granted = [[each.json for each in round_ if each.status == 200] for round_ in answers]
    assert [len(of_one_code) for of_one_code in granted] == [1] * CODES
    refusals = {each.json["error"] for round_ in answers for each in round_ if each.status == 400}
    assert refusals == {"invalid_grant"}
    assert all(application.is_dead(wire, only) for (only,) in granted)


def test_a_code_that_comes_once_is_good(wire, application, browser):
    """The other half: what is dead after a replay lives without one."""
    granted = wire.ask(application.redeeming(application.code(browser))).json

    assert wire.ask(application.introspecting(granted["access_token"])).json["active"]
    assert not application.is_dead(wire, granted)


def test_one_refresh_token_of_a_client_has_one_live_successor(crowd, wire, services, application, browser):
    granted = wire.ask(application.redeeming(application.code(browser))).json
    present = granted["refresh_token"]
    for turn in range(1, ROUNDS + 1):
        answers = crowd.ask([application.refreshing(present)] * CROWD)

        assert [each.status for each in answers] == [200] * CROWD
        (successor,) = {each.json["refresh_token"] for each in answers}
        assert _ratchet(services, successor) == [(turn, fingerprint(present), None)]
        present = successor


def test_a_crowd_of_old_refresh_tokens_raises_one_alarm_and_ends_the_session(
    crowd, wire, services, application, browser
):
    granted = wire.ask(application.redeeming(application.code(browser))).json
    second = wire.ask(application.refreshing(granted["refresh_token"])).json
    third = wire.ask(application.refreshing(second["refresh_token"])).json

    answers = crowd.ask([application.refreshing(granted["refresh_token"])] * CROWD)

    assert {each.status for each in answers} == {400}
    assert application.is_dead(wire, third)
    ada = services.capabilities.users.by_email("ada@example.org")
    told = [each.event for each in services.capabilities.trail.about(ada.id)]
    assert [each.actor for each in told if each.name == "refresh.reused"] == [application.client_id]


def test_one_assertion_has_one_success(server, crowd, services):
    key = ClientKey("ES256", "k1")
    told = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk]}}
    name = services.administer.create_client("Keyed", (), told).client.client_id
    for turn in range(ROUNDS):
        now = int(time.time())
        says = {"iss": name, "sub": name, "aud": server.url, "jti": f"one {turn}", "iat": now, "exp": now + 60}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        shown = {"client_assertion_type": kind, "client_assertion": key.sign(says)}
        asked = Ask("POST", "/oauth2/token", urlencode({"grant_type": "client_credentials", **shown}))

        answers = crowd.ask([asked] * CROWD)

        assert sorted(each.status for each in answers) == [200] + [401] * (CROWD - 1)
        assert {each.json["error"] for each in answers if each.status == 401} == {"invalid_client"}


def test_nothing_lives_after_a_consent_is_withdrawn_while_codes_and_refresh_tokens_come_in(crowd, wire, other, browser):
    for _ in range(ROUNDS):
        first, *codes = (other.code(browser) for _ in range(CROWD // 2))
        granted = wire.ask(other.redeeming(first)).json
        refreshing = [other.refreshing(granted["refresh_token"])] * (CROWD - 1 - len(codes))
        withdrawing = browser.sending("/account/consents/withdraw", client_id=other.client_id)

        answers = crowd.ask([*map(other.redeeming, codes), *refreshing, withdrawing])

        assert answers[-1].status == 303
        assert {each.status for each in answers[:-1]} <= {200, 400}
        assert all(other.is_dead(wire, each.json) for each in answers if each.status == 200)
        assert other.is_dead(wire, granted)


@pytest.mark.parametrize("path", ["/logout", "/account/sign-out-others", "/api/auth/logout"])
def test_signing_out_while_codes_come_in_leaves_nothing_below_an_ended_session(
    server, crowd, wire, services, application, path
):
    for _ in range(ROUNDS):
        browser = Browser.signed_in(server, wire, login("ada@example.org"))
        elsewhere = Browser.signed_in(server, wire, login("ada@example.org"))
        codes = list(application.codes(browser, CROWD - 1))
        leaving = elsewhere if path == "/account/sign-out-others" else browser

        answers = crowd.ask([*map(application.redeeming, codes), leaving.sending(path)])

        assert answers[-1].status in {200, 303}
        assert {each.status for each in answers[:-1]} <= {200, 400}
        assert _rows(services, ORPHANS) == []
        assert all(application.is_dead(wire, each.json) for each in answers[:-1] if each.status == 200)


def _ratchet(services, refresh_token):
    query = 'SELECT n, previous, ended_at FROM sessions WHERE "current" = :current'
    return _rows(services, query, current=fingerprint(refresh_token))


def _rows(services, query, **values):
    with services.database.transaction():
        return [tuple(row) for row in services.database.connection().execute(text(query), values)]
