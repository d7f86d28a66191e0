"""
Which client a request comes from: the registered method binds, and every refusal is the same answer.

Law: RFC 6749 §2.3 and §3.2.1, RFC 7523 §3, OpenID Connect Core 1.0 §9, RFC 7662 §2.1.
"""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.foundation.errors import InvalidClient, InvalidRequest, InvalidToken
from identity_service.oidc.client_auth import JWT_BEARER
from identity_service.oidc.details import Details
from tests.fakes.client_keys import ClientKey
from tests.fakes.people import person, session

KEY = ClientKey("ES256", "first")
PUBLIC = Details(token_endpoint_auth_method="none")
BY_KEY = Details(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.jwk]})


@pytest.fixture
def auth(services):
    return services.provider.client_auth


@pytest.fixture
def register(services):
    def with_these(details=None, client_id=None):
        with services.database.transaction():
            return services.capabilities.clients.register("Chat", (), details, client_id=client_id)

    return with_these


@pytest.fixture
def assertion(services, clock):
    """A maker of assertions for a client; what is named differs from what is right."""

    def signed(client, **changed):
        now = int(clock.now().timestamp())
        name, issuer = client.client_id, services.settings.site.issuer
        usual = {"iss": name, "sub": name, "aud": issuer, "jti": "one", "iat": now, "exp": now + 60}
        return {"client_assertion": KEY.sign({**usual, **changed}), "client_assertion_type": JWT_BEARER}

    return signed


def basic(client_id, secret):
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def in_form(client_id, secret):
    return {"client_id": client_id, "client_secret": secret}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_who_has_a_secret_may_send_it_in_either_way(auth, register, method):
    client, secret = register(Details(token_endpoint_auth_method=method))

    assert auth.prove(basic(client.client_id, secret), {}) == client
    assert auth.prove("", in_form(client.client_id, secret)) == client
    assert auth.prove_confidential(basic(client.client_id, secret), {}) == client


@pytest.mark.parametrize("client_id", ["chat", "My-Chat_2.0", "66f1c0ffee0ddba11ad0000a"])
def test_a_client_may_have_chosen_its_name(auth, register, client_id):
    client, secret = register(client_id=client_id)

    assert auth.prove(basic(client_id, secret), {}) == client


def test_an_unknown_client_and_a_wrong_secret_are_not_told_apart(auth, register):
    client, secret = register()
    refusals = set()
    for authorization, form in [
        (basic("unknown", secret), {}),
        (basic(client.client_id, "wrong"), {}),
        (basic(client.client_id, ""), {}),
        ("", in_form("unknown", secret)),
        ("", in_form(client.client_id, "wrong")),
        ("", {"client_id": "unknown"}),
        ("", {"client_id": client.client_id}),
        ("Bearer a.b.c", {}),
    ]:
        with pytest.raises(InvalidClient) as refused:
            auth.prove(authorization, form)
        refusals.add((type(refused.value), refused.value.code, refused.value.message))

    assert len(refusals) == 1


def test_the_secret_of_another_client_proves_nothing(auth, register):
    client, other = register().client, register().client_secret

    with pytest.raises(InvalidClient):
        auth.prove(basic(client.client_id, other), {})


def test_a_secret_that_is_being_replaced_works_until_its_end(services, auth, register, clock):
    client, old = register()
    with services.database.transaction():
        new = services.capabilities.clients.rotate_secret(client.client_id, timedelta(hours=1)).client_secret

    assert auth.prove(basic(client.client_id, old), {}) == auth.prove(basic(client.client_id, new), {}) == client
    clock.advance(timedelta(hours=1))
    with pytest.raises(InvalidClient):
        auth.prove(basic(client.client_id, old), {})


def test_a_public_client_says_its_name_and_no_more(auth, register):
    client = register(PUBLIC).client

    assert auth.prove("", {"client_id": client.client_id}) == client
    for authorization, form in [
        (basic(client.client_id, ""), {}),
        (basic(client.client_id, "secret"), {}),
        ("", in_form(client.client_id, "secret")),
    ]:
        with pytest.raises(InvalidClient):
            auth.prove(authorization, form)


def test_a_public_client_is_kept_out_where_proof_is_needed(auth, register):
    """OWASP ASVS 5.0 10.4.10."""
    form = {"client_id": register(PUBLIC).client.client_id}

    for prove in (auth.prove_confidential, auth.prove_caller):
        with pytest.raises(InvalidClient):
            prove("", form)


def test_a_client_with_a_key_proves_itself_by_an_assertion(auth, register, assertion):
    client = register(BY_KEY).client

    assert auth.prove("", assertion(client)) == client
    assert auth.prove_confidential("", {**assertion(client, jti="two"), "client_id": client.client_id}) == client
    assert auth.prove_caller("", assertion(client, jti="three")) == client


def test_an_assertion_is_good_once(auth, register, assertion, clock):
    client = register(BY_KEY).client
    auth.prove("", assertion(client))

    with pytest.raises(InvalidClient):
        auth.prove("", assertion(client))
    clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidClient):
        auth.prove("", assertion(client))
    assert auth.prove("", assertion(client, jti="two")) == client


def test_two_clients_may_choose_the_same_name_for_an_assertion(auth, register, assertion):
    first, second = register(BY_KEY).client, register(BY_KEY).client

    assert auth.prove("", assertion(first)) == first
    assert auth.prove("", assertion(second)) == second


def test_an_assertion_stays_spent_whatever_becomes_of_the_request(services, auth, register, assertion):
    client = register(BY_KEY).client
    form = assertion(client)
    auth.prove("", form)
    services.capabilities.clients._remembered.clear()

    with pytest.raises(InvalidClient):
        auth.prove("", form)


@pytest.mark.parametrize("changed", [{"aud": "https://other.example.org"}, {"exp": 7}, {"iss": "other"}, {"jti": ""}])
def test_a_bad_assertion_proves_nothing_and_is_not_remembered(auth, register, assertion, changed):
    client = register(BY_KEY).client

    with pytest.raises(InvalidClient):
        auth.prove("", assertion(client, **changed))
    assert auth.prove("", assertion(client)) == client


def test_an_assertion_of_an_unknown_client_proves_nothing(auth, register, assertion):
    client = register(BY_KEY).client

    with pytest.raises(InvalidClient):
        auth.prove("", assertion(replace(client, client_id="unknown")))


def test_a_client_with_a_key_has_no_use_for_a_secret(services, auth, register):
    """Also not for one of former days: the method that it is registered for binds."""
    client, secret = register()
    changed = replace(client, details=BY_KEY)
    with services.database.transaction():
        services.capabilities.clients.change(changed)

    for authorization, form in [(basic(client.client_id, secret), {}), ("", in_form(client.client_id, secret))]:
        with pytest.raises(InvalidClient):
            auth.prove(authorization, form)
    with pytest.raises(InvalidClient):
        auth.prove("", {"client_id": client.client_id})


def test_a_client_with_a_secret_has_no_use_for_an_assertion(auth, register, assertion):
    client = register(replace(BY_KEY, token_endpoint_auth_method="client_secret_basic")).client

    with pytest.raises(InvalidClient):
        auth.prove("", assertion(client))


def test_two_ways_at_once_are_a_request_that_is_wrong(auth, register):
    client, secret = register()
    with pytest.raises(InvalidRequest):
        auth.prove(basic(client.client_id, secret), in_form(client.client_id, secret))
    with pytest.raises(InvalidRequest):
        auth.prove(basic(client.client_id, secret), {"client_id": "another"})

    assert auth.prove(basic(client.client_id, secret), {"client_id": client.client_id}) == client


@pytest.fixture
def own_token(services):
    return lambda client_id: services.capabilities.own_tokens_of_clients.issue(client_id, "")


def test_a_back_end_may_ask_with_a_token_that_it_got_for_itself(auth, register, own_token):
    """RFC 7662 §2.1."""
    client = register().client
    token = own_token(client.client_id)

    assert auth.prove_caller(f"Bearer {token}", {}) == client
    assert auth.prove_caller(f"Bearer {token}", {"client_id": client.client_id}) == client
    with pytest.raises(InvalidRequest):
        auth.prove_caller(f"Bearer {token}", {"client_id": "another"})
    for prove in (auth.prove, auth.prove_confidential):
        with pytest.raises(InvalidClient):
            prove(f"Bearer {token}", {})


def test_a_token_of_a_client_dies_at_its_end_and_with_its_client(services, auth, register, own_token, clock):
    client, other = register().client, register().client
    token, others = own_token(client.client_id), own_token(other.client_id)
    with services.database.transaction():
        services.capabilities.clients.delete(client.client_id)

    with pytest.raises(InvalidToken):
        auth.prove_caller(f"Bearer {token}", {})
    assert auth.prove_caller(f"Bearer {others}", {}) == other
    clock.advance(timedelta(minutes=15))
    with pytest.raises(InvalidToken):
        auth.prove_caller(f"Bearer {others}", {})


def test_a_token_of_a_public_client_does_not_let_it_ask(auth, register, own_token):
    client = register(PUBLIC).client

    with pytest.raises(InvalidToken):
        auth.prove_caller(f"Bearer {own_token(client.client_id)}", {})


def test_no_token_of_a_person_lets_a_back_end_ask(services, auth):
    """RFC 9068 §5."""
    begun = session(services, person(services))

    for token in (begun.access_token, begun.refresh_token, "", "garbage"):
        with pytest.raises(InvalidToken):
            auth.prove_caller(f"Bearer {token}", {})


def test_the_log_learns_which_client_failed_but_no_name_that_nobody_has(auth, register):
    client, secret = register()
    said = []
    for name, shown in ((client.client_id, "wrong"), (secret, client.client_id)):
        with pytest.raises(InvalidClient) as refused:
            auth.prove(basic(name, shown), {})
        said.append(refused.value.detail)

    assert said == [f"BySecret, client {client.client_id}", "BySecret, no client of ours"]
