"""
Who asks at the express doors, and about whom: clients of every kind, browsers with either cookie, answered alike.

Law: RFC 7662 §2.1 and §4, RFC 6265bis §4.1.3.2.
"""

import gc
import tracemalloc
from datetime import timedelta
from time import sleep

import pytest
from werkzeug.test import Client

from identity_service.foundation.opaque import mint
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.web.express import Express
from identity_service.web.limits import tries_of
from tests.fakes.applications import application, basic, own_token, tokens_for
from tests.fakes.chance import SeededChance


@pytest.fixture
def known_browser(services, ada):
    """The secret by which Ada's browser is known."""
    secret = mint(SeededChance("a browser"))
    opening = Opening(ada.id, FIRST_PARTY, "openid", "pwd", "", "", timedelta(days=7), browser=secret.fingerprint)
    with services.database.transaction():
        services.capabilities.refresh_tokens.begin(opening)
    return secret.plain


@pytest.mark.parametrize("other", ["", "; refreshToken=garbage", "; refreshToken="])
def test_forward_auth_knows_the_browser_by_its_own_cookie_too(both, known_browser, other):
    cookie = {"Cookie": f"identity_session={known_browser}{other}"}
    express, view = both("/v1/forward-auth", headers=cookie)
    assert express == view
    assert express[0] == 204

    express, view = both("/v1/forward-auth", headers={**cookie, "Authorization": "Bearer garbage"})
    assert express == view
    assert express[0] == 401


@pytest.mark.environ(DOMAIN_SERVER="https://id.example.org", DOMAIN_CLIENT="https://id.example.org")
def test_behind_tls_that_cookie_has_a_name_that_no_other_host_can_set(both, known_browser):
    """RFC 6265bis §4.1.3.2."""
    for name, status in (("__Host-identity_session", 204), ("identity_session", 401)):
        express, view = both("/v1/forward-auth", headers={"Cookie": f"{name}={known_browser}"})
        assert express == view
        assert express[0] == status


def test_a_clients_refresh_token_in_a_cookie_tells_a_proxy_nothing(both, services, begun):
    granted = tokens_for(services, application(services).client, begun)
    express, view = both("/v1/forward-auth", headers={"Cookie": f"refreshToken={granted.refresh_token}"})

    assert express == view
    assert express[0] == 401


@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_a_token_that_is_not_of_our_own_pages_is_left_to_the_view(both, services, good, behind, begun, path):
    client = application(services).client
    for token in (tokens_for(services, client, begun).access_token, own_token(services, client)):
        sent = {"json": {"token": token}} if path == "/v1/verify" else {"data": {"token": token}}
        express, view = both(path, **{**good[path], **sent})
        assert express == view
        assert b'"active": true' in express[2]

    assert behind.asked == 2


@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_who_may_not_ask_about_others_is_answered_alike(both, services, good, path):
    """RFC 7662 §4."""
    for may_introspect, answer in ((False, b'{"active": false}'), (True, b'"active": true')):
        headers = basic(application(services, may_introspect=may_introspect))
        express, view = both(path, **{**good[path], "headers": headers})
        assert express == view
        assert answer in express[2]


@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_who_asks_with_a_token_of_its_own_is_answered_alike(both, services, good, begun, path):
    own = own_token(services, application(services).client)
    for token, status in ((own, 200), (begun.access_token, 401)):
        express, view = both(path, **{**good[path], "headers": {"Authorization": f"Bearer {token}"}})
        assert express == view
        assert express[0] == status


@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_what_a_client_proved_counts_for_a_second_and_no_longer(app, services, good, path):
    express, registered = Client(Express(app.wsgi_app, tries_of(app))), application(services)
    request = {**good[path], "headers": basic(registered)}
    assert express.open(path, **request).status_code == 200
    with services.database.transaction():
        services.capabilities.clients.delete(registered.client.client_id)
    sleep(1.05)

    assert express.open(path, **request).status_code == 401


@pytest.mark.parametrize("headers", ["nobody's", "a back end's"])
@pytest.mark.parametrize("path", ["/v1/verify", "/oauth2/introspect"])
def test_of_tokens_that_are_none_nothing_is_remembered(app, good, path, headers):
    """Whoever sends many long ones would fill the memory of every worker."""
    express, sent = Client(Express(app.wsgi_app, tries_of(app))), {**good[path]}
    if headers == "nobody's":
        del sent["headers"]
    kind = "json" if path == "/v1/verify" else "data"
    express.open(path, **{**sent, kind: {"token": "x"}})
    tracemalloc.start()
    for n in range(150):
        express.open(path, **{**sent, kind: {"token": f"{n:08000}"}})
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 150 * 8000 / 2
