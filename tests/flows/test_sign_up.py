"""Signing up: a new account, or nothing, and the same answer for both."""

from dataclasses import replace

import pytest

from identity_service.app import create_app
from identity_service.flows.outcomes import Registration
from identity_service.foundation.errors import (
    AddressNotAllowed,
    InvalidInput,
    Misconfigured,
    RegistrationClosed,
    TooBusy,
)
from tests.fakes.people import PASSWORD, VISITOR

TOO_CLOSE = "password: Password is too close to your own name or address, or to the name of this application"
FORM = Registration("Ada Lovelace", "Ada", "Ada@Example.org", PASSWORD)


@pytest.fixture
def sign_up(services):
    return lambda **told: services.sign_up.with_password(replace(FORM, **told), VISITOR)


@pytest.fixture
def users(services):
    return services.capabilities.users


def test_a_new_account_is_added_with_the_address_as_typed(services, users, sign_up, told):
    sign_up()

    ada = users.by_email("ada@example.org")
    assert (ada.email, ada.name, ada.username, ada.role) == ("Ada@Example.org", "Ada Lovelace", "ada", "ADMIN")
    assert ada.email_verified is False
    kept = users.credentials("ada@example.org").password_hash
    assert services.capabilities.passwords.verify(PASSWORD, kept).is_right
    assert told(ada.id) == ["account.created done"]


def test_a_known_address_changes_nothing_and_is_answered_alike(users, sign_up, told):
    assert sign_up() is None
    before = users.credentials("ada@example.org")
    assert sign_up(email="ADA@example.org", password="another long phrase", name="Mallory") is None

    assert users.credentials("ada@example.org") == before
    assert users.count() == 1
    assert told("") == ["account.created refused"]


def test_a_known_address_costs_a_hash_like_a_new_one(services, sign_up):
    sign_up()
    queue = services.capabilities.passwords._queue
    queue._inside = queue._bound

    with pytest.raises(TooBusy):
        sign_up()
    with pytest.raises(TooBusy):
        sign_up(email="grace@example.org")


@pytest.mark.environ(ALLOW_REGISTRATION="false")
def test_nobody_signs_up_while_registration_is_closed(users, sign_up):
    with pytest.raises(RegistrationClosed):
        sign_up()
    assert users.count() == 0


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@localhost", "=?utf-8?q?ada?=@example.org", f"{'a' * 65}@example.org"]
)
def test_what_is_no_address_is_refused(users, sign_up, email):
    with pytest.raises(InvalidInput, match=r"^email: Invalid email$"):
        sign_up(email=email)
    assert users.count() == 0


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("seven77", "password: Password must be at least 8 characters"),
        ("x" * 129, "password: Password must be at most 128 characters"),
        ("password", "password: Password is one of the most used passwords"),
        (
            "Ada Lovelace",
            "password: Password is too close to your own name or address, or to the name of this application",
        ),
        (
            "LibreChat",
            "password: Password is too close to your own name or address, or to the name of this application",
        ),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_with_the_rule(users, sign_up, password, sentence):
    with pytest.raises(InvalidInput) as refusal:
        sign_up(password=password)
    assert refusal.value.message == sentence
    assert users.count() == 0


@pytest.mark.environ(ALLOWED_EMAIL_DOMAINS="example.org, bücher.example")
@pytest.mark.parametrize(
    "email", ["ada@example.org", "ada@EXAMPLE.org", "ada@xn--bcher-kva.example", "ada@Bücher.example"]
)
def test_an_address_of_an_allowed_domain_is_accepted(users, sign_up, email):
    sign_up(email=email)

    assert users.count() == 1


def test_what_is_no_domain_stops_the_start(settings):
    registration = settings.registration.model_copy(update={"allowed_domains": ("example.org", "not a domain")})

    with pytest.raises(Misconfigured, match="ALLOWED_EMAIL_DOMAINS must hold domains"):
        create_app(replace(settings, registration=registration))


@pytest.mark.environ(ALLOWED_EMAIL_DOMAINS="example.org")
@pytest.mark.parametrize("email", ["ada@example.com", "ada@chat.example.org", "ada@example.org.example.com"])
def test_an_address_of_any_other_domain_is_refused(users, sign_up, email):
    with pytest.raises(AddressNotAllowed):
        sign_up(email=email)
    assert users.count() == 0


def test_without_mail_nobody_is_sent_on_an_errand(services, sign_up):
    sign_up()

    with services.database.transaction():
        assert services.capabilities.errands.take() == []
