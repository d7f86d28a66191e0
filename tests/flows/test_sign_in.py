"""Signing in: from a password to a session, and silence about who is here."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.accounts.passwords import Checked
from identity_service.flows.outcomes import Visitor
from identity_service.foundation.errors import (
    AccountClosing,
    EmailLoginOff,
    EmailUnverified,
    TooBusy,
    WrongCredentials,
)
from tests.fakes.clock import START
from tests.fakes.people import EMAIL, HASH, PASSWORD, VISITOR, person
from tests.fakes.tokens import claims_of

BCRYPT = "$2a$04$JoV0OEBtU.7jkdKYWlHIoeeeRC49bHkgZIU2R/20lnXlp6gKygYBy"  # of PASSWORD
OF_72 = "$2a$04$q42xksAjY6ZzcjEADEAySOoEp1463OEMgUwtOz4HwIX20Erw9GWlS"  # of 72 letters a


class Meanwhile:
    """Passwords that are right, and something that happens while they are checked."""

    def __init__(self, happens):
        self._happens = happens

    def verify(self, password, kept):
        self._happens()
        return Checked(is_right=True, renewed=None)


@pytest.fixture
def sign_in(services):
    def with_these(email=EMAIL, password=PASSWORD, visitor=VISITOR):
        return services.sign_in.with_password(email, password, visitor)

    return with_these


def test_the_right_password_opens_a_session(services, ada, sign_in, told):
    signed_in = sign_in()

    assert signed_in.person == ada
    assert signed_in.expires_at == START + timedelta(days=7)
    assert claims_of(signed_in.access_token)["sid"] == signed_in.session_id
    assert claims_of(signed_in.refresh_token)["sessionId"] == signed_in.session_id
    assert services.verify.access_token(signed_in.access_token).person == ada
    assert told(ada.id) == ["signed_in done"]


def test_the_session_tells_how_and_where_it_began(services, ada, sign_in):
    signed_in = sign_in(visitor=Visitor("198.51.100.1", "x" * 1000, "a request"))

    (device,) = services.capabilities.sessions.devices(ada.id)
    assert (device.address, device.user_agent) == ("198.51.100.1", "x" * 256)
    assert claims_of(signed_in.access_token)["amr"] == ["pwd"]
    assert claims_of(signed_in.access_token)["scope"] == "openid profile email"


@pytest.mark.parametrize("spelling", ["ada@example.org", " ADA@EXAMPLE.ORG ", "ａda@example。org"])  # noqa: RUF001
def test_an_address_signs_in_in_any_spelling(ada, sign_in, spelling):
    assert sign_in(spelling).person == ada


@pytest.mark.parametrize("password", ["", PASSWORD.upper(), f"{PASSWORD} ", PASSWORD[:-1], "x" * 1024])
def test_a_wrong_password_and_an_unknown_address_are_refused_alike(services, ada, sign_in, told, password):
    with pytest.raises(WrongCredentials) as wrong:
        sign_in(password=password)
    with pytest.raises(WrongCredentials) as unknown:
        sign_in("grace@example.org", password)

    assert (wrong.value.message, wrong.value.code) == (unknown.value.message, unknown.value.code)
    assert "example.org" not in wrong.value.detail + unknown.value.detail
    assert services.capabilities.sessions.devices(ada.id) == []
    assert told(ada.id) == ["signed_in refused"]
    assert told("") == ["signed_in refused"]


def test_who_has_no_password_does_not_sign_in_with_one(services, sign_in):
    person(services, password_hash=None, provider="github")

    for password in ("", PASSWORD, "None"):
        with pytest.raises(WrongCredentials):
            sign_in(password=password)


@pytest.mark.environ(ALLOW_EMAIL_LOGIN="false")
def test_nobody_signs_in_while_passwords_are_switched_off(ada, sign_in):
    with pytest.raises(EmailLoginOff):
        sign_in()


def test_an_account_that_is_closing_is_told_so_only_to_who_knows_the_password(services, ada, sign_in):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    with pytest.raises(AccountClosing):
        sign_in()
    with pytest.raises(WrongCredentials):
        sign_in(password="a wrong guess")


def test_where_addresses_must_be_verified_others_are_told_so_only_if_they_know_the_password(services, ada):
    strict = replace(services.sign_in, needs_verified_address=True)

    with pytest.raises(EmailUnverified):
        strict.with_password(EMAIL, PASSWORD, VISITOR)
    with pytest.raises(WrongCredentials):
        strict.with_password(EMAIL, "a wrong guess", VISITOR)
    person(services, "grace@example.org", email_verified=True)
    assert strict.with_password("grace@example.org", PASSWORD, VISITOR).session_id


def test_an_old_hash_is_renewed_in_passing(services, sign_in):
    ada = person(services, password_hash=BCRYPT)
    sign_in()

    renewed = services.capabilities.users.credentials(ada.email).password_hash
    assert renewed.startswith("$argon2id$")
    sign_in()
    assert services.capabilities.users.credentials(ada.email).password_hash == renewed


@pytest.mark.parametrize("length", [129, 500])
def test_a_password_that_is_too_long_opens_and_renews_nothing(services, sign_in, length):
    ada = person(services, password_hash=OF_72)

    with pytest.raises(WrongCredentials):
        sign_in(password="a" * length)
    assert services.capabilities.users.credentials(ada.email).password_hash == OF_72
    assert sign_in(password="a" * 72).person.id == ada.id


def test_the_rounds_find_old_hashes_so_that_passwords_can_be_evened_out(services):
    person(services, password_hash=BCRYPT)
    tell = services.capabilities.passwords._dearest_old
    assert tell() == 0

    for task in services.rounds._tasks:
        task()
    assert tell() == 4


def test_a_hash_that_was_changed_meanwhile_is_left_as_it_is(services, sign_in):
    ada = person(services, password_hash=BCRYPT)
    users = services.capabilities.users

    def change():
        with services.database.transaction():
            users.renew_hash(ada.id, BCRYPT, HASH)

    replace(services.sign_in, passwords=Meanwhile(change)).with_password(EMAIL, PASSWORD, VISITOR)
    assert users.credentials(ada.email).password_hash == HASH


def test_an_account_that_was_deleted_meanwhile_gets_no_session(services, ada):
    late = replace(services.sign_in, passwords=Meanwhile(lambda: services.close_account.by_operator(ada)))

    with pytest.raises(AccountClosing):
        late.with_password(EMAIL, PASSWORD, VISITOR)


def test_an_account_that_its_owner_claimed_meanwhile_is_not_opened_by_the_old_password(services, ada):
    def claim():
        with services.database.transaction():
            assert services.upstream.trips.welcome.profiles.claim(ada.id, "google")

    late = replace(services.sign_in, passwords=Meanwhile(claim))
    with pytest.raises(WrongCredentials):
        late.with_password(EMAIL, PASSWORD, VISITOR)
    assert services.capabilities.sessions.devices(ada.id) == []


def test_an_account_that_began_to_close_meanwhile_gets_no_session(services, ada):
    def close():
        with services.database.transaction():
            services.capabilities.users.begin_closing(ada.id)

    late = replace(services.sign_in, passwords=Meanwhile(close))
    with pytest.raises(AccountClosing):
        late.with_password(EMAIL, PASSWORD, VISITOR)
    assert services.capabilities.sessions.devices(ada.id) == []


def test_a_full_queue_asks_to_come_back_and_leaves_no_session(services, ada, sign_in):
    queue = services.capabilities.passwords._queue
    queue._inside = queue._bound

    with pytest.raises(TooBusy):
        sign_in()
    assert services.capabilities.sessions.devices(ada.id) == []


def test_each_sign_in_opens_a_session_of_its_own(services, ada, sign_in):
    first, second = sign_in(), sign_in()

    assert first.session_id != second.session_id
    assert len(services.capabilities.sessions.devices(ada.id)) == 2
