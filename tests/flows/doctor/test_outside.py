"""The doctor at the front door: the issuer, the proxy before it, and the providers behind it."""

import pytest

from identity_service.foundation.outbound import Incoming, Reason
from tests.flows.doctor.conftest import saying, unreachable

ISSUER = "https://login.example.org"
OKTA = {
    "ALLOW_SOCIAL_LOGIN": "true",
    "OPENID_CLIENT_ID": "us",
    "OPENID_CLIENT_SECRET": "a secret of theirs",
    "OPENID_ISSUER": ISSUER,
    "OPENID_SESSION_SECRET": "0f2d7c1b9a8e6f5d4c3b2a1908f7e6d5",
}
GITHUB = {"ALLOW_SOCIAL_LOGIN": "true", "GITHUB_CLIENT_ID": "us", "GITHUB_CLIENT_SECRET": "a secret of theirs"}
PUBLIC = {"DOMAIN_SERVER": "https://id.example.org"}


def environ(**changed):
    return pytest.mark.environ(**{**OKTA, **changed})


def test_a_service_that_is_reached_under_its_name_is_well(outside, codes):
    assert codes(outside.of_issuer) == []
    assert codes(outside.of_proxy) == []
    assert codes(outside.of_providers) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (unreachable(Reason.TLS), "issuer_unreachable"),
        (saying({}), "issuer_not_served"),
        (saying([]), "issuer_not_served"),
        (saying({"issuer": "http://localhost:3081"}, 404), "issuer_not_served"),
        (lambda _: Incoming(200, {}, b"<html>"), "issuer_not_served"),
        (lambda _: Incoming(200, {}, b"[" * 100_000), "issuer_not_served"),
        (saying({"issuer": "https://somebody.else"}), "issuer_differs"),
        (saying({"issuer": "http://localhost:3081", "jwks_uri": "http://nowhere"}), "issuer_unreachable"),
    ],
    ids=["no TLS", "empty", "a list", "404", "a page", "too deep", "somebody else", "keys elsewhere"],
)
def test_what_is_wrong_with_the_issuer_is_told(outside, ways, codes, answer, code):
    ways.others["http://localhost:3081/.well-known/openid-configuration"] = answer

    assert codes(outside.of_issuer) == [code]


@pytest.mark.parametrize("keys", [[], [{"kid": "another"}], ["no key"], "no keys"], ids=str)
def test_keys_that_are_not_ours_are_told(outside, ways, codes, keys):
    ways.others["http://localhost:3081/.well-known/jwks.json"] = saying({"keys": keys})

    assert codes(outside.of_issuer) == ["keys_differ"]


@pytest.mark.environ(TRUST_PROXY="1")
def test_a_proxy_that_is_trusted_and_not_there_lets_visitors_choose_their_address(outside, codes):
    assert codes(outside.of_proxy) == ["proxy_believes_visitors"]


@pytest.mark.environ(TRUST_PROXY="1")
def test_a_proxy_that_says_who_came_is_well(outside, ways, codes):
    knock = ways.fetch

    def proxied(request):
        del ways.others["http://localhost:3081/api/auth/login"]
        return knock(
            type(request)(
                request.method, request.url, {**request.headers, "X-Forwarded-For": "192.0.2.7"}, request.body
            )
        )

    ways.others["http://localhost:3081/api/auth/login"] = proxied
    assert codes(outside.of_proxy) == []


@pytest.mark.environ(**PUBLIC)
def test_a_proxy_that_is_there_and_not_trusted_hides_everybody(outside, codes):
    assert codes(outside.of_proxy) == ["proxy_not_trusted"]


def test_a_service_with_another_database_is_told(outside, ways, codes):
    ways.others["http://localhost:3081/api/auth/login"] = saying(
        {"code": "wrong_credentials"}, 404, **{"x-request-id": "of another"}
    )
    assert codes(outside.of_proxy) == ["leads_elsewhere"]


def test_a_door_that_is_closed_is_told(outside, ways, codes):
    ways.others["http://localhost:3081/api/auth/login"] = unreachable(Reason.CONNECTION)

    assert codes(outside.of_proxy) == ["server_unreachable"]


@pytest.mark.environ(ALLOW_EMAIL_LOGIN="false")
def test_nobody_knocks_where_nobody_signs_in_with_a_password(outside, ways, codes):
    assert codes(outside.of_proxy) == []
    assert ways.asked == []


def test_knocking_leaves_nothing_but_a_line_in_the_trail(outside, services, codes):
    codes(outside.of_proxy)

    assert services.capabilities.users.count() == 0


@pytest.mark.environ(**OKTA)
def test_a_provider_that_is_there_and_may_send_people_back_is_well(outside, ways, codes):
    ways.others[f"{ISSUER}/.well-known/openid-configuration"] = saying({"issuer": ISSUER})
    ways.others["http://localhost:3081/oauth/openid/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == []


@pytest.mark.environ(**OKTA)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (unreachable(Reason.CONNECTION), "provider_unreachable"),
        (saying({}, 404), "provider_strange"),
        (saying({"issuer": f"{ISSUER}/oauth2/default"}), "provider_issuer_differs"),
    ],
    ids=["no connection", "404", "another path"],
)
def test_what_is_wrong_with_a_provider_is_told(outside, ways, codes, answer, code):
    ways.others[ISSUER] = answer
    ways.others["http://localhost:3081/oauth/openid/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == [code]


DOCUMENT = ISSUER + "/.well-known/openid-configuration"
ENTRA = "https://login.microsoftonline.com/common/v2.0/"


@pytest.mark.parametrize(
    ("issuer", "found"),
    [
        pytest.param("https://somebody.else", ["provider_issuer_differs"], marks=environ(OPENID_ISSUER=DOCUMENT)),
        pytest.param(f"{ISSUER}/", [], marks=environ(OPENID_ISSUER=DOCUMENT)),
        pytest.param("https://login.microsoftonline.com/{tenantid}/v2.0", [], marks=environ(OPENID_ISSUER=ENTRA)),
    ],
)
def test_a_provider_is_well_if_and_only_if_its_sign_in_takes_its_name(outside, ways, codes, issuer, found):
    ways.others[DOCUMENT] = ways.others[f"{ENTRA}.well-known/openid-configuration"] = saying({"issuer": issuer})
    ways.others["http://localhost:3081/oauth/openid/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == found


@pytest.mark.environ(**OKTA)
def test_a_provider_in_the_house_has_to_be_let_out_to(outside, ways):
    ways.others[ISSUER] = unreachable(Reason.PLACE)
    ways.others["http://localhost:3081/oauth/openid/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    (found,) = outside.of_providers()
    assert found.code == "provider_unreachable"
    assert "OUTBOUND_ALLOW_PRIVATE" in found.fix


@pytest.mark.environ(**GITHUB)
def test_the_way_back_is_a_door_of_ours(outside, codes):
    assert codes(outside.of_providers) == []


@pytest.mark.environ(**GITHUB, GITHUB_ENTERPRISE_BASE_URL="https://github.example.org")
def test_a_github_of_one_s_own_in_the_house_has_to_be_let_out_to(outside, ways, codes):
    ways.others["https://github.example.org"] = unreachable(Reason.PLACE)

    (found,) = outside.of_providers()
    assert (found.code, "OUTBOUND_ALLOW_PRIVATE" in found.fix) == ("provider_unreachable", True)
    ways.others["https://github.example.org"] = saying({}, 302)
    assert codes(outside.of_providers) == []


@pytest.mark.environ(**{**GITHUB, "ALLOW_SOCIAL_LOGIN": "false"})
def test_providers_that_are_set_up_and_switched_off_are_a_matter_of_advice(outside):
    assert [(found.code, found.severity) for found in outside.of_providers()] == [("providers_off", "advice")]


def test_what_is_seen_of_proxies_is_a_matter_of_advice(outside):
    outside.sightings.note("10.0.0.1", "10.0.0.1", "203.0.113.7")

    (first, *_) = outside.of_proxy()
    assert (first.code, first.severity) == ("proxy_doubtful", "advice")
    assert "TRUST_PROXY" in first.cause


@pytest.mark.environ(**GITHUB)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (unreachable(Reason.CONNECTION), "callback_unreachable"),
        (saying({}, 404, **{"x-request-id": "ours"}), "callback_unanswered"),
        (saying({}, 502), "callback_unanswered"),
        (saying({}, 200), "callback_unanswered"),
    ],
    ids=["no connection", "404", "502", "somebody else"],
)
def test_a_way_back_that_does_not_lead_here_is_told(outside, ways, codes, answer, code):
    ways.others["http://localhost:3081/oauth/github/callback"] = answer

    assert codes(outside.of_providers) == [code]


@pytest.mark.environ(**GITHUB, DOMAIN_SERVER="http://id.example.org")
def test_a_way_back_without_tls_is_told(outside, ways, codes):
    ways.others["http://id.example.org/oauth/github/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == ["callback_not_secure"]


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GOOGLE_CLIENT_ID="us", GOOGLE_CLIENT_SECRET="theirs")
def test_a_provider_whose_issuer_everybody_knows_is_looked_at(outside, ways, codes):
    ways.others["https://accounts.google.com/"] = saying({"issuer": "https://accounts.google.com"})
    ways.others["http://localhost:3081/oauth/google/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == []


@pytest.mark.environ(**{**OKTA, "OPENID_ISSUER": f"{ISSUER}/.well-known/openid-configuration"})
def test_an_issuer_may_be_given_as_its_whole_discovery_address(outside, ways, codes):
    ways.others[ISSUER] = saying({"issuer": ISSUER})
    ways.others["http://localhost:3081/oauth/openid/callback"] = saying({}, 302, **{"x-request-id": "ours"})

    assert codes(outside.of_providers) == []
