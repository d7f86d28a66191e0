"""The names of client metadata: their shapes, their values, and those that we refuse."""

import pytest

from identity_service.foundation.errors import InvalidClientMetadata
from identity_service.oidc.client_metadata import CHOICES, OWN, SHAPES, UNSUPPORTED
from identity_service.oidc.metadata import discovery
from identity_service.oidc.registration import read
from tests.oidc.registering import LEAST, dynamic, told


def test_what_nobody_knows_is_ignored_of_a_client_and_a_slip_in_a_file():
    assert dynamic(**{"client_name#de": "Das Wiki", "colour": "red", "software_id": "x"}) == dynamic()
    assert told(operator=True, colour="red", redirect_uri="x") == [
        "colour is not known here.",
        "redirect_uri is not known here.",
    ]


def test_null_is_the_same_as_nothing():
    nothing = dict.fromkeys((*SHAPES, *UNSUPPORTED))
    assert read({**nothing, **LEAST}, by_operator=False) == dynamic()


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_would_be_a_false_promise_is_refused(name):
    with pytest.raises(InvalidClientMetadata, match=f"^{name} cannot be: "):
        dynamic(**{name: "https://wiki.example.org/x"})
    assert told(operator=True, **{name: ["x"]}) == told(**{name: ["x"]})


def test_keys_are_to_be_sent_themselves():
    assert told(jwks_uri="https://wiki.example.org/jwks") == ["jwks_uri cannot be: send the keys themselves, as jwks."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_types", ["token"]),
        ("response_types", ["code", "id_token"]),
        ("grant_types", ["implicit"]),
        ("grant_types", ["authorization_code", "password"]),
        ("token_endpoint_auth_method", "client_secret_jwt"),
        ("token_endpoint_auth_method", "tls_client_auth"),
        ("token_endpoint_auth_signing_alg", "none"),
        ("token_endpoint_auth_signing_alg", "HS256"),
        ("id_token_signed_response_alg", "none"),
        ("id_token_signed_response_alg", "HS256"),
        ("userinfo_signed_response_alg", "none"),
        ("subject_type", "pairwise"),
        ("application_type", "web native"),
    ],
)
@pytest.mark.parametrize("operator", [True, False])
def test_a_value_that_we_do_not_know_is_refused_with_those_that_we_do(name, value, operator):
    (first, *_) = told(operator=operator, **{name: value})

    assert first == f"{name} must be {' or '.join(CHOICES[name])}."


@pytest.mark.parametrize("name", [*SHAPES])
@pytest.mark.parametrize(
    "value", [7.5, -(2**40), {"a": 1}, [1], [None], ["x" * 2001], ["a"] * 51, "x" * 2001, "a\x1bb", True]
)
def test_every_name_has_a_shape(name, value):
    is_fit = SHAPES[name].fits(value)

    assert is_fit or f"{name} {SHAPES[name].sentence}." in told(**{name: value})


@pytest.mark.parametrize("name", OWN)
def test_a_switch_is_true_or_false(name):
    assert told(operator=True, **{name: "true"}) == [f"{name} must be true or false."]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, " " * 80 + "x", "a\nb", "a\u202eb", "\ud800"])
def test_a_name_is_short_and_printable(name):
    assert told(client_name=name)[0].startswith("client_name must be ")


def test_what_can_be_registered_is_what_we_publish():
    published = discovery("https://id.example.org", registration=True)

    assert [*CHOICES["token_endpoint_auth_method"]] == published["token_endpoint_auth_methods_supported"]
    assert [*CHOICES["token_endpoint_auth_signing_alg"]] == published[
        "token_endpoint_auth_signing_alg_values_supported"
    ]
    assert [*CHOICES["grant_types"]] == published["grant_types_supported"]
    assert [*CHOICES["response_types"]] == published["response_types_supported"]
    assert [*CHOICES["subject_type"]] == published["subject_types_supported"]
    assert [*CHOICES["id_token_signed_response_alg"]] == published["id_token_signing_alg_values_supported"]
    assert [*CHOICES["userinfo_signed_response_alg"]] == published["userinfo_signing_alg_values_supported"]
