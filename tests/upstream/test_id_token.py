"""An ID token is believed only if everything about it is as it was promised."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from identity_service.foundation.clock import to_seconds
from identity_service.foundation.outbound import Incoming, Unreachable
from identity_service.foundation.outbound import Reason as Why
from identity_service.upstream.provider import Callback, NotProven, Reason, Trip
from tests.fakes.client_keys import ClientKey
from tests.upstream.conftest import CALLBACK, DOCUMENT, ISSUER, KEYS, TOKEN, TRIP, USERINFO

NEGATIVE = {
    "another issuer": {"iss": "https://idp.example.org"},
    "an issuer with a slash too many": {"iss": f"{ISSUER}/"},
    "another audience": {"aud": "them"},
    "another audience, given to us": {"aud": "them", "azp": "us"},
    "two audiences, one of them unknown": {"aud": ["us", "them"], "azp": "us"},
    "an audience that is no text": {"aud": {"us": 1}},
    "no audience": {"aud": None},
    "an audience of nobody": {"aud": [], "azp": "us"},
    "given to somebody else": {"azp": "them"},
    "given to a list": {"azp": []},
    "given to an object": {"azp": {}},
    "no subject": {"sub": None},
    "a subject that is a number": {"sub": 4711},
    "a subject that is too long": {"sub": "x" * 256},
    "a subject with a line break": {"sub": "47\n11"},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "a nonce that is a list": {"nonce": ["the nonce"]},
    "half a character for a nonce": {"nonce": "\ud800"},
    "no end": {"exp": None},
    "an end in words": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
    "an end that never comes": {"exp": 10**400},
    "a beginning that is too long ago for any number": {"iat": -(10**400)},
    "no beginning": {"iat": None},
}


@pytest.fixture
def identify(issuer, trusting):
    def run(line, callback=CALLBACK, trip=TRIP, **chosen):
        return trusting(**chosen).identify(callback, trip, line)

    return run


def refusal(identify, *given, **chosen):
    with pytest.raises(NotProven) as refused:
        identify(*given, **chosen)
    return refused.value.reason


def test_a_good_token_makes_an_identity(identify, issuer):
    found = identify(issuer.answers(email="ada@example.org", email_verified=True))

    assert (found.issuer, found.subject, found.email, found.email_verified) == (ISSUER, "4711", "ada@example.org", True)


@pytest.mark.parametrize("changed", NEGATIVE.values(), ids=NEGATIVE.keys())
def test_a_token_that_is_not_ours_makes_none(identify, issuer, changed):
    assert refusal(identify, issuer.answers(**changed)) is Reason.UNTRUSTED


@pytest.mark.parametrize(("name", "offset"), [("exp", -301), ("iat", 302), ("nbf", 302)])
def test_a_token_counts_in_its_time_alone(identify, issuer, clock, name, offset):
    now = to_seconds(clock.now())

    assert refusal(identify, issuer.answers(**{name: now + offset})) is Reason.UNTRUSTED
    assert identify(issuer.answers(**{name: now + (offset - 2 if offset > 0 else offset + 2)})).subject == "4711"


def test_the_tolerance_is_the_operator_s(identify, issuer, clock):
    past = to_seconds(clock.now()) - 2

    assert refusal(identify, issuer.answers(exp=past), clock_tolerance=timedelta(0)) is Reason.UNTRUSTED


def test_a_second_audience_is_let_in_by_name(identify, issuer):
    line = issuer.answers(aud=["us", "the api"], azp="us")

    assert identify(line, audience=("the api",)).subject == "4711"
    for without in ({"aud": ["us", "the api"]}, {"aud": ["the api"], "azp": "us"}):
        assert refusal(identify, issuer.answers(**without), audience=("the api",)) is Reason.UNTRUSTED


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "secevent+jwt"])
def test_a_token_that_was_made_for_something_else_makes_none(identify, issuer, typ):
    token = issuer.key.sign(issuer.claims(), typ=typ)

    assert refusal(identify, issuer.answers(token)) is Reason.UNTRUSTED


@pytest.mark.parametrize("typ", [None, "JWT", "jwt"])
def test_a_token_need_not_name_its_kind_as_apples_do_not(identify, issuer, typ):
    assert identify(issuer.answers(issuer.key.sign(issuer.claims(), typ=typ))).subject == "4711"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS384", "ES384", "", None])
def test_an_algorithm_that_is_not_listed_is_none(identify, issuer, algorithm):
    token = issuer.key.sign(issuer.claims(), alg=algorithm)

    assert refusal(identify, issuer.answers(token)) is Reason.UNTRUSTED


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_every_algorithm_that_is_listed_is_understood(identify, issuer, algorithm):
    issuer.key = ClientKey(algorithm, "a key")

    assert identify(issuer.answers()).subject == "4711"


def test_a_header_of_the_issuer_s_own_means_nothing_unless_it_is_critical(identify, issuer):
    strange = {"x5t": "c2lnbmF0dXJl", "jku": "https://evil.example/keys"}
    assert identify(issuer.answers(issuer.key.sign(issuer.claims(), **strange))).subject == "4711"

    critical = issuer.key.sign(issuer.claims(), crit=["x5t"], **strange)
    assert refusal(identify, issuer.answers(critical)) is Reason.UNTRUSTED


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "a.b.c.d", "e30.e30.e30", "\u00e4.b.c", 7, None, [], "x" * 70_000],
    ids=lambda token: str(token)[:9],
)
def test_what_is_no_token_makes_no_identity(identify, issuer, token):
    line = issuer.answers("x")
    line.script[TOKEN] = {**issuer.tokens, "id_token": token}

    assert refusal(identify, line) is Reason.UNTRUSTED


def test_a_changed_payload_is_seen(identify, issuer):
    header, _, signature = issuer.key.sign(issuer.claims()).split(".")
    forged = urlsafe_b64encode(b'{"sub":"root"}').rstrip(b"=").decode()

    assert refusal(identify, issuer.answers(f"{header}.{forged}.{signature}")) is Reason.UNTRUSTED


@pytest.mark.parametrize("told", [{"sub": "another"}, {}, {"sub": None}, [], "text"])
def test_somebody_else_s_userinfo_is_refused(identify, issuer, told):
    issuer.userinfo = told

    assert refusal(identify, issuer.answers()) is Reason.UNTRUSTED


def test_an_issuer_without_userinfo_is_not_asked_for_it(identify, issuer):
    del issuer.document["userinfo_endpoint"]
    line = issuer.answers()

    assert identify(line).subject == "4711"
    assert line.count(USERINFO) == 0


@pytest.mark.parametrize("door", [DOCUMENT, KEYS, TOKEN, USERINFO])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Unreachable(Why.TIME), Reason.SILENT),
        (Unreachable(Why.SIZE), Reason.UNTRUSTED),
        (b"<html>", Reason.UNTRUSTED),
        (b"[" * 100_000, Reason.UNTRUSTED),
        (b'{"exp": NaN}', Reason.UNTRUSTED),
        (b'{"keys": 1' + b"0" * 5000 + b"}", Reason.UNTRUSTED),
        (b"\xff\xfe", Reason.UNTRUSTED),
        ([], Reason.UNTRUSTED),
        (Incoming(500, {}, b"{}"), Reason.UNTRUSTED),
        (Incoming(302, {"location": "https://elsewhere.example"}, b""), Reason.UNTRUSTED),
    ],
    ids=["time", "size", "html", "deep", "nan", "number", "bytes", "list", "500", "redirect"],
)
def test_a_bad_answer_is_told_apart_from_none(identify, issuer, door, answer, reason):
    line = issuer.answers()
    line.script[door] = answer
    expected = Reason.SILENT if door in {DOCUMENT, KEYS} and isinstance(answer, Unreachable) else reason

    assert refusal(identify, line) is expected


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>"])
def test_an_error_is_an_ending_and_asks_nobody_for_tokens(identify, issuer, error):
    line = issuer.answers()
    expected = Reason.DENIED if error == "access_denied" else Reason.UNTRUSTED

    assert refusal(identify, line, Callback(error=error, error_description="no")) is expected
    assert line.count(TOKEN) == 0


@pytest.mark.parametrize(("iss", "is_promised"), [("https://evil.example", False), (f"{ISSUER}/", True), (None, True)])
def test_an_answer_of_another_issuer_gets_no_code(identify, issuer, iss, is_promised):
    issuer.document["authorization_response_iss_parameter_supported"] = is_promised
    line = issuer.answers()

    assert refusal(identify, line, Callback(code="the code", iss=iss)) is Reason.UNTRUSTED
    assert line.count(TOKEN) == 0


@pytest.mark.parametrize("is_promised", [False, True])
def test_an_answer_that_says_whose_it_is_is_heard(identify, issuer, is_promised):
    issuer.document["authorization_response_iss_parameter_supported"] = is_promised

    assert identify(issuer.answers(), Callback(code="the code", iss=ISSUER)).subject == "4711"


def test_the_code_is_swapped_with_proof_and_verifier(identify, issuer):
    line = issuer.answers()
    identify(line)
    (request,) = [each for each in line.asked if each.url == TOKEN]
    form = parse_qs(request.body.decode())

    assert request.headers["Authorization"] == "Basic dXM6YStzZWNyZXQ="
    assert (form["code"], form["code_verifier"], "client_secret" in form) == (["the code"], ["the verifier"], False)


def test_an_issuer_that_wants_the_secret_in_the_form_gets_it_there(identify, issuer):
    issuer.document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    line = issuer.answers()
    identify(line)
    (request,) = [each for each in line.asked if each.url == TOKEN]

    assert parse_qs(request.body.decode())["client_secret"] == ["a secret"]


@pytest.mark.parametrize(("secret", "tries"), [(SecretStr("a secret"), 2), (None, 1)])
def test_a_secret_that_is_refused_in_both_places_is_refused(identify, issuer, secret, tries):
    line = issuer.answers()
    line.script[TOKEN] = Incoming(401, {}, b'{"error": "invalid_client"}')

    assert refusal(identify, line, client_secret=secret) is Reason.UNTRUSTED
    assert line.count(TOKEN) == tries


def test_the_request_carries_nonce_and_challenge(issuer, trusting):
    asked = dict(parse_qsl(urlsplit(trusting(audience=("the api",)).authorization_url(TRIP, issuer.answers())).query))

    assert asked["nonce"] == "the nonce"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["audience"], asked["scope"], asked["state"]) == ("the api", "openid profile email", "the state")


def test_an_issuer_that_lists_other_challenges_gets_none(issuer, trusting):
    issuer.document["code_challenge_methods_supported"] = ["plain"]
    asked = parse_qs(urlsplit(trusting().authorization_url(TRIP, issuer.answers())).query)

    assert "code_challenge" not in asked


@pytest.mark.parametrize("endless", ["1e400", "-1e400"])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_a_time_that_is_no_time_makes_no_identity(identify, issuer, name, endless):
    claims = json.dumps(issuer.claims(**{name: "when"})).replace('"when"', endless)

    assert refusal(identify, issuer.answers(issuer.key.sign(claims))) is Reason.UNTRUSTED


def test_who_must_sign_in_again_has_to_have_done_so(identify, issuer, trusting, clock):
    again = Trip("the state", "the nonce", "the verifier", is_again=True, says_when=True)
    asked = dict(parse_qsl(urlsplit(trusting().authorization_url(again, issuer.answers())).query))
    now = to_seconds(clock.now())

    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert refusal(identify, issuer.answers(), trip=again) is Reason.UNTRUSTED
    assert refusal(identify, issuer.answers(auth_time=now - 3600), trip=again) is Reason.UNTRUSTED
    assert identify(issuer.answers(auth_time=now - 10), trip=again).subject == "4711"


def test_a_provider_that_need_not_say_when_is_believed_unless_it_says_so(identify, issuer, clock):
    asked = Trip("the state", "the nonce", "the verifier", is_again=True)
    now = to_seconds(clock.now())

    assert identify(issuer.answers(), trip=asked).subject == "4711"
    assert refusal(identify, issuer.answers(auth_time=now - 3600), trip=asked) is Reason.UNTRUSTED
    assert refusal(identify, issuer.answers(auth_time="now"), trip=asked) is Reason.UNTRUSTED
