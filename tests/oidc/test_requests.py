"""Authorization requests: what is good is read, and each wrong one is answered to whom it may be answered."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_service.oidc.requests import AuthorizationRequest, Faulty, Trusted, Untrusted, parse
from identity_service.oidc.scopes import ClaimRequest, RequestedClaims
from tests.attacks.redirect_confusions import confusions
from tests.oidc.requesting import CHALLENGE, GOOD, LENGTHS, URI, Client, client_with, error, good, read


def test_a_good_request_is_read():
    parsed = read(
        prompt="login consent",
        max_age="600",
        id_token_hint="a.b.c",
        login_hint="ada@example.org",
        ui_locales="de-CH en",
        acr_values="2 1",
        display="popup",
        response_mode="form_post",
        claims='{"id_token": {"acr": {"essential": true, "value": "1"}}}',
    )

    assert parsed == Trusted(
        Client(),
        AuthorizationRequest(
            client_id="chat",
            redirect_uri=URI,
            scope=("openid", "email"),
            response_mode="form_post",
            state="af0ifjsldkj",
            nonce="n-0S6_WzA2Mj",
            code_challenge=CHALLENGE,
            prompt=frozenset({"login", "consent"}),
            max_age=600,
            id_token_hint="a.b.c",
            login_hint="ada@example.org",
            ui_locales=("de-CH", "en"),
            acr_values=("2", "1"),
            claims=RequestedClaims({}, {"acr": ClaimRequest(essential=True, values=("1",))}),
        ),
    )


def test_what_is_not_said_has_a_meaning_too():
    assert good(state=None, nonce=None) == AuthorizationRequest(
        "chat", URI, ("openid", "email"), code_challenge=CHALLENGE
    )


def test_parameters_come_in_any_order():
    assert parse(list(reversed(GOOD.items())), {"chat": Client()}.get) == read()


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": ""},
        {"client_id": "CHAT"},
        {"client_id": "chat "},
        {"client_id": "nobody"},
        {"client_id": "chat\0"},
        {"client_id": "ch\u0430t"},
        {"client_id": "x" * 65},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": URI + "/"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
    ids=str,
)
@pytest.mark.parametrize("also_wrong", [{}, {"response_type": "token"}, {"scope": None, "request": "x"}], ids=str)
def test_without_a_client_and_an_address_of_its_own_only_the_person_is_told(changed, also_wrong):
    parsed = read(**{**also_wrong, **changed})

    assert isinstance(parsed, Untrusted)
    assert parsed.reason.endswith(".")
    for value in filter(None, changed.values()):
        assert value not in parsed.reason


def test_no_address_that_only_looks_like_one_of_the_clients_is_one():
    assert [each for each in confusions(URI) if not isinstance(read(redirect_uri=each), Untrusted)] == []
    assert isinstance(read(redirect_uri="https://client.example/silent?x=1"), Trusted)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("again", ["the same", "https://evil.example/", "evil"])
def test_a_client_that_is_named_twice_is_nobody(name, again):
    twice = (name, GOOD[name] if again == "the same" else again)

    assert isinstance(read(twice), Untrusted)
    assert isinstance(read((name, "")), Trusted)


def test_a_client_id_of_strange_letters_is_not_even_looked_up():
    asked = []
    parameters = [*{**GOOD, "client_id": "x\0"}.items()]

    assert isinstance(parse(parameters, asked.append), Untrusted)
    assert asked == []


def test_a_native_client_listens_on_any_port():
    native = replace(client_with(application_type="native"), redirect_uris=("http://127.0.0.1/cb",))

    assert good(client=native, redirect_uri="http://127.0.0.1:49152/cb").redirect_uri == "http://127.0.0.1:49152/cb"
    assert isinstance(read(client=native, redirect_uri="http://localhost:49152/cb"), Untrusted)


def test_a_fault_goes_back_with_the_state_in_the_way_that_was_asked_for():
    assert read(response_type="token", response_mode="form_post") == Faulty(
        Client(), URI, "form_post", "af0ifjsldkj", "unsupported_response_type", "response_type must be code."
    )
    assert read(response_type="token").response_mode == "query"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "response_type",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "response_mode",
            "prompt",
        ),
        *("max_age", "display", "ui_locales", "claims_locales", "id_token_hint", "login_hint", "acr_values", "claims"),
        *("request", "request_uri", "registration"),
    ],
)
def test_no_parameter_stands_twice(name):
    once = (name, GOOD.get(name, "1"))

    assert error(once, once, **{name: None}) == "invalid_request"
    assert error((name, "x"), (name, "y"), **{name: None}) == "invalid_request"


def test_a_parameter_without_a_value_is_no_parameter():
    blank = [
        (name, "") for name in ("prompt", "max_age", "claims", "request", "request_uri", "registration", "display")
    ]

    assert good(*blank) == good()
    assert good(("state", ""), ("nonce", "")) == good()
    assert error(scope="") == "invalid_scope"
    assert error(response_type="") == "invalid_request"


def test_unknown_parameters_are_ignored_however_often_they_come():
    assert good(("resource", "a"), ("resource", "b"), ("audience", "\0"), ("", "x"), ("SCOPE", "openid")) == good()


@pytest.mark.parametrize("display", ["page", "popup", "touch", "wap", "hologram"])
def test_display_changes_nothing(display):
    assert good(display=display, claims_locales="de") == good()


@pytest.mark.parametrize(
    "response_type",
    ["token", "id_token", "none", "code id_token", "code token", "code code", "Code", "code ", " code", "code,token"],
)
def test_only_codes_are_given(response_type):
    assert error(response_type=response_type) == "unsupported_response_type"


def test_the_response_type_is_required():
    assert error(response_type=None) == "invalid_request"


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_an_answer_comes_in_the_address_or_in_a_form(mode):
    assert good(response_mode=mode).response_mode == mode


@pytest.mark.parametrize("mode", ["fragment", "web_message", "jwt", "query.jwt", "QUERY", "query form_post"])
def test_an_answer_comes_in_no_other_way(mode):
    assert error(response_mode=mode) == "invalid_request"
    assert read(response_mode=mode).response_mode == "query"
    assert read(("response_mode", "form_post"), response_mode="form_post").response_mode == "query"


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_request_objects_and_self_registration_are_not_supported(name):
    assert error(**{name: "https://client.example/object"}) == f"{name}_not_supported"
    assert error(**{name: "x", "response_type": None, "scope": None}) == f"{name}_not_supported"


def test_a_client_that_is_not_registered_for_codes_gets_none():
    assert error(client=client_with(grant_types=("client_credentials",))) == "unauthorized_client"
    assert good(client=client_with(grant_types=("authorization_code",)))


@given(st.lists(st.tuples(st.sampled_from([*GOOD, *LENGTHS, "prompt", "max_age", "claims", "request"]), st.text())))
def test_whatever_comes_is_answered(parameters):
    for asked in (parameters, [*GOOD.items(), *parameters]):
        parsed = parse(asked, {"chat": Client()}.get)
        assert isinstance(parsed, Trusted | Untrusted | Faulty)
        if isinstance(parsed, Faulty):
            assert parsed.redirect_uri == URI
