"""The token endpoint at the door: a form, a client that proves itself, tokens that nobody keeps (RFC 6749 3.2, 5)."""

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from flask import Flask

from identity_service.flows.oidc.granted import Granted, TokenRequest
from identity_service.foundation import errors
from identity_service.web import replies
from identity_service.web.context import EXTENSION
from identity_service.web.oidc.token import token_endpoint

WHOLE = Granted("an access token", 900, "openid email", "a refresh token", "an ID token")
FORM = {
    "grant_type": "authorization_code",
    "code": "a code",
    "redirect_uri": "https://app.example.org/callback",
    "code_verifier": "a verifier",
}


class Behind:
    """Stands behind the door: remembers what it is asked, and answers or refuses as the test says."""

    def __init__(self):
        self.proofs, self.requests = [], []
        self.answer, self.refusal, self.is_known = WHOLE, None, True

    def prove(self, authorization, form):
        self.proofs.append((authorization, form))
        if not self.is_known:
            raise errors.InvalidClient
        return "the client"

    def redeem(self, client, request, visitor):
        self.requests.append((client, request, visitor.user_agent))
        if self.refusal:
            raise self.refusal
        return self.answer


@pytest.fixture
def behind():
    return Behind()


@pytest.fixture
def door(behind):
    """The door, with nothing behind it but what the test says."""
    app = Flask("door")
    provider = SimpleNamespace(
        client_auth=SimpleNamespace(prove=behind.prove), token=SimpleNamespace(answer=behind.redeem)
    )
    app.extensions[EXTENSION] = SimpleNamespace(provider=provider)
    app.register_blueprint(token_endpoint)
    replies.install(app)
    return app.test_client()


@pytest.fixture
def ask(door):
    """Send a form to the door."""

    def asked(form=FORM, address="/oauth2/token", content_type="application/x-www-form-urlencoded", **how):
        return door.post(address, data=urlencode(form), content_type=content_type, **how)

    return asked


def test_tokens_are_told_as_the_specification_says(ask):
    """RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3."""
    answer = ask()

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert answer.json == {
        "access_token": "an access token",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "openid email",
        "refresh_token": "a refresh token",
        "id_token": "an ID token",
    }


def test_what_is_not_granted_is_not_mentioned(ask, behind):
    behind.answer = Granted("an access token", 900, "")

    assert ask().json.keys() == {"access_token", "token_type", "expires_in"}


def test_the_form_reaches_the_flow_and_the_credentials_the_proof(ask, behind):
    ask({**FORM, "client_id": "app", "client_secret": "s", "unknown": "ignored"}, headers={"User-Agent": "curl"})

    assert behind.proofs == [("", {"client_id": "app", "client_secret": "s"})]
    assert behind.requests == [("the client", TokenRequest(**FORM), "curl")]


def test_a_client_may_prove_itself_in_the_header_or_by_an_assertion(ask, behind):
    ask(headers={"Authorization": "Basic YXBwOnM="})
    ask({**FORM, "client_assertion": "a.b.c", "client_assertion_type": "jwt-bearer"})

    assert behind.proofs == [
        ("Basic YXBwOnM=", {}),
        ("", {"client_assertion": "a.b.c", "client_assertion_type": "jwt-bearer"}),
    ]


def test_a_parameter_without_a_value_counts_as_absent(ask, behind):
    """RFC 6749 §3.2."""
    ask({"grant_type": "client_credentials", "scope": "", "client_id": "", "client_secret": ""})

    assert behind.proofs == [("", {})]
    assert behind.requests[0][1] == TokenRequest("client_credentials")


@pytest.mark.parametrize(
    "address",
    ["/oauth2/token?grant_type=authorization_code", "/oauth2/token?client_id=app", "/oauth2/token?x"],
)
def test_nothing_may_stand_in_the_address(ask, behind, address):
    """OAuth 2.1 §3.2; RFC 9700 §4.3."""
    answer = ask(address=address)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert behind.proofs == behind.requests == []


@pytest.mark.parametrize("name", ["grant_type", "code", "client_id", "unknown"])
def test_no_parameter_may_be_repeated(ask, behind, name):
    """RFC 6749 §3.2."""
    answer = ask([*FORM.items(), (name, "x"), (name, "y")])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert behind.requests == []


@pytest.mark.parametrize(
    "form", [{}, {"code": "x"}, {"grant_type": ""}, {**FORM, "code": "x" * 513}, {**FORM, "code": "a\0b"}], ids=str
)
def test_a_form_that_does_not_obey_its_rules_is_an_invalid_request(ask, behind, form):
    answer = ask(form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert behind.requests == []


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain"])
def test_only_a_form_is_read(ask, behind, kind):
    answer = ask(content_type=kind)

    assert (answer.status_code, answer.json["error"]) == (415, "invalid_request")
    assert behind.requests == []


def test_a_client_that_does_not_prove_itself_is_challenged_and_gets_nothing(ask, behind):
    """RFC 6749 §5.2."""
    behind.is_known = False
    answer = ask()

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert behind.requests == []


@pytest.mark.parametrize(
    ("refusal", "word"),
    [
        (errors.InvalidRequest(), "invalid_request"),
        (errors.InvalidGrant(detail="for the log alone"), "invalid_grant"),
        (errors.UnauthorizedClient(), "unauthorized_client"),
        (errors.UnsupportedGrantType(), "unsupported_grant_type"),
        (errors.InvalidScope(), "invalid_scope"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_is_told_in_the_words_of_the_specification(ask, behind, refusal, word):
    """RFC 6749 §5.2."""
    behind.refusal = refusal
    answer = ask()

    assert (answer.status_code, answer.json["error"]) == (400, word)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "log" not in answer.text


def test_tokens_are_asked_for_by_post_alone(door, behind):
    """RFC 6749 §3.2."""
    answer = door.get("/oauth2/token", query_string=FORM)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert behind.requests == []
