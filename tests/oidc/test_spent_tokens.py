"""
Tokens of clients that are good no more: an assertion after its one use, an access token after its revocation.

Law: OpenID Connect Core 1.0 §9 (`jti`), RFC 7009 §2.
"""

import threading
from datetime import timedelta

import pytest

from identity_service.oidc.client_auth import SpentTokens, access_token_of, assertion_of
from identity_service.oidc.clients import Client
from identity_service.oidc.details import Details
from tests.fakes.client_keys import ClientKey
from tests.fakes.clock import START

ISSUER = "https://id.example.org"
NOW = int(START.timestamp())
KEY = ClientKey("ES256")


def assertion(client_id="chat", jti="one"):
    details = Details(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.jwk]})
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": jti, "exp": NOW + 60}
    return assertion_of(Client(client_id, "Chat", (), START, details=details), KEY.sign(claims), ISSUER, NOW)


@pytest.fixture
def spent(services):
    return SpentTokens(services.database)


def test_an_assertion_is_spent_by_its_first_use(services, spent):
    """OpenID Connect Core 1.0 §9: its `jti` is good once."""
    good = assertion()
    assert not spent.is_spent(good)
    with services.database.transaction():
        assert spent.spend(good)
        assert not spent.spend(good)

    assert spent.is_spent(good)


def test_what_is_spent_is_one_name_of_one_client():
    names = [assertion(who, jti) for who in ("chat", "wiki") for jti in ("one", "two")]
    names += [access_token_of("chat", "one", NOW + 60), access_token_of("wiki", "one", NOW + 60)]

    assert len({each.fingerprint for each in names}) == 6
    assert {each.expires_at for each in names} == {NOW + 60}


def test_among_many_at_once_exactly_one_spends_it(services, spent):
    good, start, verdicts = assertion(), threading.Barrier(32), []

    def spend():
        start.wait()
        with services.database.transaction():
            verdicts.append(spent.spend(good))

    workers = [threading.Thread(target=spend) for _ in range(32)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(verdicts) == [False] * 31 + [True]


def test_what_would_have_expired_is_forgotten_and_nothing_else(services, spent, clock):
    early, late = (access_token_of("chat", jti, NOW + seconds) for jti, seconds in (("one", 60), ("two", 61)))
    with services.database.transaction():
        spent.spend(early)
        spent.spend(late)
        assert spent.forget_expired(START + timedelta(seconds=61)) == 1

    assert (spent.is_spent(early), spent.is_spent(late)) == (False, True)


def test_nothing_is_spent_that_is_rolled_back(services, spent):
    good = assertion()

    def fail_after_spending():
        with services.database.transaction():
            spent.spend(good)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_spending()
    assert not spent.is_spent(good)
