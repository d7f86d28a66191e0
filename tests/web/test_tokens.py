"""
/oauth2/revoke and /oauth2/introspect at the door: who asks, and what is said.

Law: RFC 7009 §2, RFC 7662 §2, RFC 6749 §2.3.
"""

import pytest

from identity_service.oidc.client_auth import JWT_BEARER
from tests.attacks.manners import is_mannered
from tests.fakes.applications import application, basic, own_token, tokens_for
from tests.fakes.client_keys import ClientKey

REVOKE, INTROSPECT, VERIFY = "/oauth2/revoke", "/oauth2/introspect", "/v1/verify"
KEY = ClientKey("EdDSA")
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY.jwk]}}
PUBLIC = {"token_endpoint_auth_method": "none"}


@pytest.fixture
def post(browser):
    """Send a form, and insist on manners."""

    def sent(path, form, headers=None):
        body = {"json": form} if path == VERIFY else {"data": form}
        answer = browser.post(path, headers=headers or {}, **body)
        assert is_mannered(answer, path)
        return answer

    return sent


@pytest.fixture
def app_(services):
    """An application with a secret."""
    return application(services)


@pytest.fixture
def granted(services, app_, begun):
    return tokens_for(services, app_.client, begun, "openid email")


@pytest.fixture
def is_active(post, app_):
    return lambda token: post(INTROSPECT, {"token": token}, basic(app_)).json["active"]


@pytest.fixture
def assertion(services, clock):
    """A maker of forms in which a client with a key proves itself."""

    def form(client, jti="one"):
        now, issuer = int(clock.now().timestamp()), services.settings.site.issuer
        claims = {"iss": client.client_id, "sub": client.client_id, "aud": issuer, "jti": jti, "exp": now + 60}
        return {"client_assertion": KEY.sign(claims), "client_assertion_type": JWT_BEARER}

    return form


def test_a_revocation_is_answered_with_nothing_at_all(post, app_, granted, is_active):
    """RFC 7009 §2.2."""
    assert is_active(granted.access_token)
    answer = post(REVOKE, {"token": granted.refresh_token, "token_type_hint": "refresh_token"}, basic(app_))

    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_active(granted.access_token)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "", "x" * 500])
def test_a_hint_is_only_a_hint(post, app_, granted, is_active, hint):
    """RFC 7009 §2.1: a wrong one, or an unknown one, changes nothing."""
    post(REVOKE, {"token": granted.access_token, "token_type_hint": hint}, basic(app_))

    assert not is_active(granted.access_token)


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "é", "x" * 9000, "' OR 1=1 --"])
def test_what_is_no_token_is_answered_alike(post, app_, token):
    answer = post(REVOKE, {"token": token}, basic(app_))

    assert (answer.status_code, answer.data) == (200, b"")


def test_a_foreign_token_is_answered_alike_and_stays_good(services, post, begun, granted, is_active):
    for token in (granted.access_token, granted.refresh_token, begun.access_token, begun.refresh_token):
        assert post(REVOKE, {"token": token}, basic(application(services))).status_code == 200

    assert is_active(granted.access_token)
    assert is_active(begun.access_token)


@pytest.mark.parametrize("form", [{"token": ""}, {"token_type_hint": "access_token"}])
def test_without_a_token_there_is_nothing_to_revoke(post, app_, form):
    answer = post(REVOKE, form, basic(app_))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_public_client_revokes_by_its_name(services, post, begun, is_active):
    public = application(services, **PUBLIC).client
    theirs = tokens_for(services, public, begun)
    answer = post(REVOKE, {"token": theirs.refresh_token, "client_id": public.client_id})

    assert answer.status_code == 200
    assert not is_active(theirs.access_token)


def test_a_client_with_a_key_revokes_by_an_assertion(services, post, begun, assertion, is_active):
    client = application(services, **BY_KEY).client
    theirs = tokens_for(services, client, begun)

    assert post(REVOKE, {"token": theirs.access_token, **assertion(client)}).status_code == 200
    assert not is_active(theirs.access_token)
    assert post(REVOKE, {"token": theirs.access_token, **assertion(client)}).json["error"] == "invalid_client"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer a.b.c"}], ids=str)
def test_whoever_proves_nothing_revokes_nothing(post, granted, is_active, headers):
    answer = post(REVOKE, {"token": granted.access_token}, headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert is_active(granted.access_token)


def test_two_proofs_are_one_too_many(post, app_, granted, is_active):
    form = {"client_id": app_.client.client_id, "client_secret": app_.client_secret}
    answer = post(REVOKE, {"token": granted.access_token, **form}, basic(app_))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert is_active(granted.access_token)


@pytest.mark.parametrize("path", [INTROSPECT, VERIFY])
def test_a_token_of_a_client_is_told_in_full(services, post, app_, granted, ada, path):
    """RFC 7662 §2.2."""
    told = post(path, {"token": granted.access_token}, basic(app_)).json
    issuer = services.settings.site.issuer

    assert (told["active"], told["client_id"], told["sub"]) == (True, app_.client.client_id, ada.id)
    assert (told["username"], told["email"], told["role"]) == (ada.username, ada.email, ada.role)
    assert (told["iss"], told["aud"], told["token_type"]) == (issuer, f"{issuer}/oauth2/userinfo", "Bearer")
    assert told["scope"].split() == ["openid", "email"]
    assert {"sid", "exp", "iat", "auth_time", "amr"} < told.keys()


@pytest.mark.parametrize("path", [INTROSPECT, VERIFY])
def test_a_token_that_a_client_got_for_itself_names_nobody(services, post, app_, path):
    told = post(path, {"token": own_token(services, app_.client)}, basic(app_)).json

    assert told["sub"] == told["client_id"] == app_.client.client_id
    assert told.keys() == {"active", "sub", "client_id", "scope", "exp", "iat", "iss", "aud", "token_type"}


@pytest.mark.parametrize("path", [INTROSPECT, VERIFY])
def test_a_back_end_may_ask_with_a_token_that_it_got_for_itself(services, post, app_, begun, path):
    headers = {"Authorization": f"Bearer {own_token(services, app_.client)}"}
    assert post(path, {"token": begun.access_token}, headers).json["active"] is True

    for bad in ("garbage", begun.access_token, begun.refresh_token):
        answer = post(path, {"token": begun.access_token}, {"Authorization": f"Bearer {bad}"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="identity", error="invalid_token"'


@pytest.mark.parametrize("path", [INTROSPECT, VERIFY])
def test_who_may_not_ask_about_others_learns_exactly_nothing(services, post, begun, granted, path):
    """RFC 7662 §4."""
    modest = application(services, may_introspect=False)
    mine = tokens_for(services, modest.client, begun)

    assert post(path, {"token": mine.access_token}, basic(modest)).json["active"] is True
    for foreign in (begun.access_token, granted.access_token, "garbage"):
        assert post(path, {"token": foreign}, basic(modest)).json == {"active": False}


def test_a_public_client_may_not_ask(services, post, begun):
    public = application(services, **PUBLIC).client
    answer = post(INTROSPECT, {"token": begun.access_token, "client_id": public.client_id})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_client_with_a_key_asks_by_an_assertion(services, post, begun, assertion):
    client = application(services, **BY_KEY).client
    form = {"token": begun.access_token, **assertion(client)}

    assert post(INTROSPECT, form).json["active"] is True
    assert post(INTROSPECT, form).status_code == 401
    assert post(INTROSPECT, {**form, **assertion(client, "two")}).json["active"] is True


@pytest.mark.parametrize("client_id", ["chat-backend", "Open_WebUI.2", "a"])
def test_a_client_may_have_chosen_its_name(services, post, begun, client_id):
    with services.database.transaction():
        named = services.capabilities.clients.register("Chat", client_id=client_id)

    for path in (INTROSPECT, VERIFY):
        assert post(path, {"token": begun.access_token}, basic(named)).json["active"] is True
