"""OpenID Connect Core 1.0 §9, RFC 7523 §3: a party proves who it is with what it has signed."""

from datetime import timedelta

import pytest

from tests.conformance.party import CALLBACK, VERIFIER, Somebody, refused, told
from tests.fakes.client_keys import ClientKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
INVALID_CLIENT = (401, "invalid_client")
KEYS = {algorithm: ClientKey(algorithm, f"my {algorithm} key") for algorithm in ("RS256", "PS256", "ES256", "EdDSA")}
KEY = KEYS["ES256"]

WRONG_CLAIMS = {
    "another issuer": {"iss": "somebody"},
    "another subject": {"sub": "somebody"},
    "no issuer": {"iss": None},
    "no subject": {"sub": None},
    "no audience": {"aud": None},
    "another provider": {"aud": "https://evil.example.org"},
    "another provider beside us": {"aud": ["https://id.example.org", "https://evil.example.org"]},
    "no name of its own": {"jti": None},
    "an empty name of its own": {"jti": ""},
    "no end": {"exp": None},
    "an end that has come": {"exp": 0},
    "an end that is far away": {"exp": 3600},
    "a beginning that is to come": {"nbf": 120},
    "an issue that is to come": {"iat": 120},
}


@pytest.fixture
def keyed(register):
    """A party that has no secret but keys."""
    jwks = {"keys": [{**key.jwk, "alg": key.algorithm} for key in KEYS.values()]}
    return register("Keyed", token_endpoint_auth_method="private_key_jwt", jwks=jwks)


@pytest.fixture
def assertion(keyed, clock):
    """A maker of assertions; what is named differs from the usual, dates count from now, None leaves out."""
    count = iter(range(100))

    def signed(key=KEY, header=None, **changes):
        now = int(clock.now().timestamp())
        dates = {name: now + value for name, value in changes.items() if name in {"exp", "nbf", "iat"} and value}
        usual = {
            "iss": keyed.client_id,
            "sub": keyed.client_id,
            "aud": keyed.metadata["issuer"],
            "jti": f"id {next(count)}",
            "iat": now,
            "exp": now + 60,
        }
        claims = {**usual, **changes, **dates}
        if changes.get("exp") == 0:
            claims["exp"] = now
        return key.sign({name: value for name, value in claims.items() if value is not None}, **(header or {}))

    return signed


@pytest.fixture
def redeem(keyed, browser):
    """Redeem a fresh code with an assertion, or with whatever stands in its place."""

    def by(assertion, kind=JWT_BEARER, **said):
        code = keyed.authorize(browser, Somebody(remember="yes")).code
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        proof = {"client_assertion": assertion, "client_assertion_type": kind}
        return keyed.ask("token_endpoint", {name: value for name, value in {**form, **proof, **said}.items() if value})

    return by


@pytest.mark.parametrize("algorithm", KEYS)
def test_whoever_has_signed_an_assertion_is_who_it_says(keyed, redeem, assertion, algorithm):
    assert algorithm in keyed.metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert told(redeem(assertion(KEYS[algorithm])))["id_token"]


def test_the_name_of_the_client_may_stand_beside_it(keyed, redeem, assertion):
    """RFC 7521 §4.2: then it must be the same."""
    assert told(redeem(assertion(), client_id=keyed.client_id))["id_token"]
    assert refused(redeem(assertion(), client_id="somebody")) == (400, "invalid_request")


def test_the_one_audience_may_stand_in_a_list(keyed, redeem, assertion):
    assert told(redeem(assertion(aud=[keyed.metadata["issuer"]])))["id_token"]


@pytest.mark.parametrize("wrong", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_an_assertion_with_a_wrong_claim_proves_nothing(redeem, assertion, wrong):
    assert refused(redeem(assertion(**wrong))) == INVALID_CLIENT
    assert told(redeem(assertion()))["id_token"]


def test_an_assertion_is_good_once(redeem, assertion):
    """§9: `jti` prevents its reuse."""
    once = assertion()

    assert told(redeem(once))["id_token"]
    assert refused(redeem(once)) == INVALID_CLIENT
    assert told(redeem(assertion()))["id_token"]


def test_an_assertion_is_used_up_by_a_request_that_fails(redeem, assertion):
    once = assertion()

    assert refused(redeem(once, code="x")) == (400, "invalid_grant")
    assert refused(redeem(once)) == INVALID_CLIENT


def test_an_assertion_has_an_end(redeem, assertion, clock):
    late, soon = assertion(), assertion()
    clock.advance(timedelta(seconds=59))
    assert told(redeem(soon))["id_token"]
    clock.advance(timedelta(seconds=1))
    assert refused(redeem(late)) == INVALID_CLIENT


def test_a_key_that_is_not_registered_proves_nothing(redeem, assertion):
    assert refused(redeem(assertion(ClientKey("ES256", "another")))) == INVALID_CLIENT
    assert refused(redeem(assertion(ClientKey("ES256", KEY.kid)))) == INVALID_CLIENT


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"crit": ["x"]}, {"kid": "x"}])
def test_a_header_of_another_kind_proves_nothing(redeem, assertion, header):
    assert refused(redeem(assertion(header=header))) == INVALID_CLIENT
    assert told(redeem(assertion()))["id_token"]


@pytest.mark.parametrize("kind", ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer"])
def test_another_type_of_assertion_proves_nothing(redeem, assertion, kind):
    assert refused(redeem(assertion(), kind)) == INVALID_CLIENT


def test_an_assertion_of_another_client_proves_nothing(register, redeem, assertion, party):
    """Not even of one that has the same key."""
    twin = register("Twin", token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.jwk]})

    assert refused(redeem(assertion(iss=twin.client_id))) == INVALID_CLIENT
    assert refused(redeem(assertion(iss=twin.client_id, sub=twin.client_id))) == (400, "invalid_grant")
    assert refused(redeem(assertion(iss=party.client_id, sub=party.client_id))) == INVALID_CLIENT


def test_it_proves_the_same_at_the_other_endpoints(keyed, redeem, assertion):
    tokens = told(redeem(assertion()))
    proof = {"client_assertion": assertion(), "client_assertion_type": JWT_BEARER}
    asked = {"token": tokens["access_token"], **proof}

    assert told(keyed.ask("introspection_endpoint", asked))["active"] is True
    assert refused(keyed.ask("introspection_endpoint", asked)) == INVALID_CLIENT
    again = {**asked, "client_assertion": assertion()}
    assert keyed.ask("revocation_endpoint", again).status_code == 200
    assert told(keyed.ask("introspection_endpoint", {**asked, "client_assertion": assertion()})) == {"active": False}
