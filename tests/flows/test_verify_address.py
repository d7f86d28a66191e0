"""Proving an address: after signing up, again on request, and before a new address counts."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from identity_service.accounts.vouchers import LIFE
from identity_service.flows.outcomes import Registration
from identity_service.flows.prove_again import FRESH
from identity_service.foundation.errors import (
    AddressNotAllowed,
    CurrentPasswordWrong,
    EmailChangeOff,
    EmailUnverified,
    InvalidInput,
    InvalidResetToken,
    InvalidVerificationToken,
    LocalAccountRequired,
    MailNotConfigured,
    SameAddress,
    SignInRequired,
)
from tests.fakes.letters import WITH_MAIL, carried, kinds, place_of, written
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, late, person, session

NEW_ADDRESS = "Ada@Elsewhere.example"
FORM = Registration("Ada Lovelace", "ada", EMAIL, PASSWORD)
OURS = replace(VISITOR, is_on_our_pages=True)

pytestmark = pytest.mark.environ(**WITH_MAIL, DOMAIN_CLIENT="https://chat.example", DOMAIN_SERVER="https://id.example")


@pytest.fixture
def verify(services):
    return services.recovery.verify_address


@pytest.fixture
def users(services):
    return services.capabilities.users


@pytest.fixture
def signed_up(services):
    """Sign up, and read the letters."""

    def sign_up(visitor=VISITOR, **told):
        services.sign_up.with_password(replace(FORM, **told), visitor)
        return written(services)

    return sign_up


@pytest.fixture
def asked(services, ada):
    """Ask for another address, signed in as Ada, and read the letters."""
    active = services.verify.access_token(session(services, ada).access_token)

    def ask(email=NEW_ADDRESS, current=PASSWORD, active=active):
        services.recovery.change_address.ask(email, current, active, VISITOR)
        return written(services)

    return ask


def test_who_signs_up_gets_a_letter_and_comes_in_when_the_link_was_used(services, verify, users, signed_up):
    (letter,) = signed_up()
    assert (letter.kind, letter.to, place_of(letter)) == ("verify_email", EMAIL, "https://chat.example/verify")
    with pytest.raises(EmailUnverified):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)

    verify.confirm(carried(letter, "email"), carried(letter), VISITOR)
    assert users.by_email(EMAIL).email_verified
    assert services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)


def test_who_signs_up_on_our_own_pages_is_led_back_there(signed_up):
    assert place_of(signed_up(OURS)[0]) == "https://id.example/verify"


@pytest.mark.environ(**WITH_MAIL, ALLOW_UNVERIFIED_EMAIL_LOGIN="true")
def test_where_that_is_allowed_one_comes_in_before(services, signed_up):
    assert kinds(signed_up()) == [("verify_email", EMAIL)]

    assert services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)


@pytest.mark.environ
def test_without_mail_one_comes_in_and_the_address_counts_as_unproven(services, users, signed_up):
    assert signed_up() == []

    assert services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    assert not users.by_email(EMAIL).email_verified


def test_who_has_the_address_already_is_told_and_nothing_else_happens(users, signed_up):
    signed_up()
    before = users.credentials(EMAIL)
    (letter,) = signed_up(email="ADA@example.org", password="a phrase of somebody else", name="Mallory")

    assert (letter.kind, letter.to, letter.name) == ("sign_up_again", EMAIL, "Ada Lovelace")
    assert "token" not in letter.facts["link"]
    assert users.credentials(EMAIL) == before


def test_a_letter_is_written_again_for_whoever_waits_and_for_nobody_else(services, verify, users, signed_up):
    older = signed_up()[0]
    for email in (EMAIL, "nobody@example.org", "", "no address"):
        verify.send_again(email, VISITOR)
    (newer,) = written(services)
    with pytest.raises(InvalidVerificationToken):
        verify.confirm(EMAIL, carried(older), VISITOR)

    verify.confirm(EMAIL, carried(newer), VISITOR)
    verify.send_again(EMAIL, VISITOR)
    assert written(services) == []


def test_a_link_is_good_once_in_time_and_for_its_address_alone(clock, verify, users, signed_up):
    token = carried(signed_up()[0])
    for email, told in (("grace@example.org", token), ("", token), ("no address", token), (EMAIL, "x" * 43)):
        with pytest.raises(InvalidVerificationToken):
            verify.confirm(email, told, VISITOR)

    clock.advance(LIFE - timedelta(seconds=1))
    verify.confirm("ada@EXAMPLE.org", token, VISITOR)
    with pytest.raises(InvalidVerificationToken):
        verify.confirm(EMAIL, token, VISITOR)


def test_a_link_out_of_date_proves_nothing(clock, verify, users, signed_up):
    token = carried(signed_up()[0])
    clock.advance(LIFE)

    with pytest.raises(InvalidVerificationToken):
        verify.confirm(EMAIL, token, VISITOR)
    assert not users.by_email(EMAIL).email_verified


def test_another_address_counts_when_its_link_was_used_and_both_are_told(services, verify, users, ada, asked, told):
    link, told_at_once = asked()
    assert kinds([link, told_at_once]) == [("address_change", NEW_ADDRESS), ("address_change_asked", EMAIL)]
    assert "lsewhere" not in told_at_once.facts["new_address"]
    assert users.by_id(ada.id).email == EMAIL

    verify.confirm(carried(link, "email"), carried(link), VISITOR)
    now = users.by_id(ada.id)
    assert (now.email, now.email_verified) == (NEW_ADDRESS, True)
    told_both = written(services)
    assert kinds(told_both) == [("address_changed", NEW_ADDRESS), ("address_changed", EMAIL)]
    assert {place_of(letter) for letter in (told_at_once, *told_both)} == {"https://id.example/account"}
    assert [each for each in told(ada.id) if "address" in each] == [
        "address.change_asked done",
        "address.changed done",
    ]


def test_with_the_address_all_other_links_become_worthless(services, verify, ada, asked):
    services.recovery.recover.ask(EMAIL, VISITOR)
    reset = carried(written(services)[0])
    letter = asked()[0]
    verify.confirm(NEW_ADDRESS, carried(letter), VISITOR)

    with pytest.raises(InvalidResetToken):
        services.recovery.recover.reset(ada.id, reset, "another phrase of several words", VISITOR)


def test_a_thief_who_asks_while_the_owner_chooses_another_password_gets_no_link(services, ada):
    thief, owner = (services.verify.access_token(session(services, ada).access_token) for _ in range(2))
    change = partial(services.recovery.change_password.to, "another phrase of several words", PASSWORD, owner, VISITOR)
    slow = replace(services.recovery.change_address, transaction=partial(late, services, change))

    with pytest.raises(SignInRequired):
        slow.ask(NEW_ADDRESS, PASSWORD, thief, VISITOR)
    assert kinds(written(services)) == [("password_changed", EMAIL)]


def test_who_has_the_new_address_hears_of_it_and_who_asked_does_not(services, asked):
    person(services, NEW_ADDRESS, name="Grace Hopper")

    assert kinds(asked()) == [("address_change_asked", EMAIL), ("sign_up_again", NEW_ADDRESS)]


def test_an_address_that_was_taken_meanwhile_stays_with_whoever_has_it(services, verify, users, ada, asked):
    token = carried(asked()[0])
    person(services, NEW_ADDRESS)

    with pytest.raises(InvalidVerificationToken):
        verify.confirm(NEW_ADDRESS, token, VISITOR)
    assert users.by_id(ada.id).email == EMAIL


def test_what_cannot_be_the_new_address_is_refused(asked):
    for email in ("no address", "a@b@example.org", "x" * 400):
        with pytest.raises(InvalidInput):
            asked(email)
    with pytest.raises(SameAddress):
        asked("ADA@example.org")
    with pytest.raises(CurrentPasswordWrong):
        asked(current="a wrong guess")


@pytest.mark.environ(**WITH_MAIL, ALLOWED_EMAIL_DOMAINS="example.org")
def test_the_new_address_lies_where_the_operator_allows(asked):
    with pytest.raises(AddressNotAllowed):
        asked()


@pytest.mark.environ(**WITH_MAIL, ALLOW_EMAIL_CHANGE="false")
def test_nobody_changes_an_address_while_that_is_switched_off(asked):
    with pytest.raises(EmailChangeOff):
        asked()


@pytest.mark.environ
def test_nobody_changes_an_address_without_mail(asked):
    with pytest.raises(MailNotConfigured):
        asked()


@pytest.mark.parametrize("age", [timedelta(0), FRESH + timedelta(seconds=1)], ids=["just signed in", "a while ago"])
def test_who_signs_in_with_a_provider_keeps_the_address_that_it_says(services, clock, asked, age):
    eve = person(services, "eve@example.org", password_hash=None, provider="github")
    active = services.verify.access_token(session(services, eve).access_token)
    clock.advance(age)

    with pytest.raises(LocalAccountRequired):
        asked(active=active)
