"""A forgotten password: asked for, sent, and chosen anew; and what a link can do, and cannot."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.accounts.errands import Errand
from identity_service.accounts.vouchers import LIFE
from identity_service.flows.outcomes import By, Visitor
from identity_service.foundation.errors import (
    Banned,
    InvalidInput,
    InvalidResetToken,
    LocalAccountRequired,
    PasswordResetOff,
    SessionEnded,
    TooBusy,
    UserUnknown,
    WrongCredentials,
)
from tests.fakes.letters import WITH_MAIL, carried, kinds, place_of, written
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, person, session

NEW = "another phrase of several words"
OURS = replace(VISITOR, is_on_our_pages=True)
FROM_CHAT = Visitor("198.51.100.1", "Firefox", "a request", "de-CH, en;q=0.5")

pytestmark = pytest.mark.environ(**WITH_MAIL, DOMAIN_CLIENT="https://chat.example", DOMAIN_SERVER="https://id.example")


@pytest.fixture
def recover(services):
    return services.recovery.recover


@pytest.fixture
def asked(services, recover):
    """Ask for a link, and read the letters."""

    def ask(email=EMAIL, visitor=VISITOR):
        assert recover.ask(email, visitor) is None
        return written(services)

    return ask


@pytest.fixture
def token(ada, asked):
    """What the link in Ada's letter carries."""
    return carried(asked()[0])


def test_who_asks_gets_a_letter_with_a_link_to_the_chat_applications_page(ada, asked):
    (letter,) = asked(visitor=FROM_CHAT)

    assert (letter.kind, letter.to, letter.name) == ("reset_password", EMAIL, "Ada Lovelace")
    assert place_of(letter) == "https://chat.example/reset-password"
    assert (len(carried(letter)), carried(letter, "userId")) == (43, ada.id)


def test_who_asks_on_our_own_pages_is_led_back_there(ada, asked):
    assert place_of(asked(visitor=OURS)[0]) == "https://id.example/reset-password"


def test_the_letter_says_where_the_request_came_from(ada, asked):
    (letter,) = asked(visitor=FROM_CHAT)

    told = {name: letter.facts[name] for name in ("device", "address", "time")}
    assert told == {"device": "Firefox", "address": "198.51.100.1", "time": "2026-03-14 09:26 UTC"}


def test_the_letter_goes_to_the_address_that_is_kept_whatever_was_typed(ada, asked):
    assert kinds(asked(" ADA@example.ORG ")) == [("reset_password", EMAIL)]


@pytest.mark.parametrize("email", ["nobody@example.org", "", "no address", "a@b@example.org", "x" * 5000])
def test_who_is_not_here_gets_no_letter(ada, asked, email):
    assert asked(email) == []


def test_somebody_whose_account_is_going_gets_no_letter(services, ada, asked):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    assert asked() == []


def test_the_link_leads_to_a_new_password(services, recover, ada, token, told):
    recover.reset(ada.id, token, NEW, VISITOR)

    assert services.sign_in.with_password(EMAIL, NEW, VISITOR).person.id == ada.id
    with pytest.raises(WrongCredentials):
        services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    assert [each for each in told(ada.id) if each.startswith("password")] == [
        "password.reset_requested done",
        "password.reset done",
    ]


def test_a_reset_ends_every_session_and_is_told_by_letter(services, recover, ada, token):
    before = session(services, ada)
    recover.reset(ada.id, token, NEW, VISITOR)

    with pytest.raises(SessionEnded):
        services.refresh.renew(before.refresh_token, VISITOR)
    assert services.capabilities.sessions.devices(ada.id) == []
    (letter,) = written(services)
    assert (letter.kind, letter.to, place_of(letter)) == (
        "password_changed",
        EMAIL,
        "https://id.example/forgot-password",
    )


def test_who_has_used_the_link_has_shown_that_letters_arrive(services, recover, ada, token):
    assert not ada.email_verified
    recover.reset(ada.id, token, NEW, VISITOR)

    assert services.capabilities.users.by_id(ada.id).email_verified


def test_a_link_is_good_once(recover, ada, token):
    recover.reset(ada.id, token, NEW, VISITOR)

    with pytest.raises(InvalidResetToken):
        recover.reset(ada.id, token, "yet another phrase", VISITOR)


def test_a_link_is_good_for_fifteen_minutes(recover, clock, ada, token):
    clock.advance(LIFE + timedelta(seconds=1))

    with pytest.raises(InvalidResetToken):
        recover.reset(ada.id, token, NEW, VISITOR)


def test_asking_again_makes_the_older_link_worthless(recover, ada, token, asked):
    newer = carried(asked()[0])

    with pytest.raises(InvalidResetToken):
        recover.reset(ada.id, token, NEW, VISITOR)
    recover.reset(ada.id, newer, NEW, VISITOR)


@pytest.mark.parametrize("password", ["short", "password1", "Ada Lovelace", "x" * 129, " " * 12])
def test_a_new_password_obeys_the_policy_and_the_link_stays_good(recover, ada, token, password):
    with pytest.raises(InvalidInput, match="Password"):
        recover.reset(ada.id, token, password, VISITOR)
    recover.reset(ada.id, token, NEW, VISITOR)


def test_a_full_queue_leaves_the_link_good(services, recover, ada, token):
    queue = services.capabilities.passwords._queue
    queue._inside = queue._bound
    with pytest.raises(TooBusy):
        recover.reset(ada.id, token, NEW, VISITOR)

    queue._inside = 0
    recover.reset(ada.id, token, NEW, VISITOR)


def test_a_link_is_good_for_its_owner_alone(services, recover, ada, token):
    grace = person(services, "grace@example.org")
    for whose, what in ((grace.id, token), (ada.id, "x" * 43), ("", token), (ada.id, "")):
        with pytest.raises(InvalidResetToken):
            recover.reset(whose, what, NEW, VISITOR)

    recover.reset(ada.id, token, NEW, VISITOR)


def test_a_link_of_another_kind_is_none(services, recover, ada):
    services.recovery.verify_address.send_again(EMAIL, VISITOR)
    other = carried(written(services)[0])

    with pytest.raises(InvalidResetToken):
        recover.reset(ada.id, other, NEW, VISITOR)


def test_what_was_changed_meanwhile_makes_a_link_worthless(services, recover, ada, token):
    begun = session(services, ada)
    active = services.verify.access_token(begun.access_token)
    services.recovery.change_password.to(NEW, PASSWORD, active, VISITOR)

    with pytest.raises(InvalidResetToken):
        recover.reset(ada.id, token, "yet another phrase", VISITOR)


def test_somebody_who_signs_in_with_a_provider_is_told_so_and_gets_no_password(services, asked, recover):
    eve = person(services, "eve@example.org", password_hash=None, provider="github")
    (letter,) = asked("eve@example.org")

    assert (letter.kind, letter.facts["provider"]) == ("sign_in_elsewhere", "github")
    assert "token" not in letter.facts["link"]
    with services.database.transaction():
        planted = services.capabilities.vouchers.mint("reset_password", eve.id, eve.email)
    with pytest.raises(InvalidResetToken):
        recover.reset(eve.id, planted, NEW, VISITOR)


def test_an_errand_is_run_once_whoever_took_it(services, recover, ada):
    recover.ask(EMAIL, VISITOR)
    with services.database.transaction():
        (taken,) = services.capabilities.errands.take()
    services.recovery.run_errands._run(taken)
    services.recovery.run_errands._run(taken)

    assert kinds(written(services)) == [("reset_password", EMAIL)]


def test_an_errand_that_nobody_can_finish_is_given_up_and_holds_up_no_other(services, clock, ada):
    run, errands = services.recovery.run_errands, services.capabilities.errands
    with services.database.transaction():
        errands.add(Errand("of a kind that there is not", EMAIL, "", {}))
    for _ in range(6):
        with suppress(KeyError):
            run.run_due()
        clock.advance(timedelta(minutes=1))
    services.recovery.recover.ask(EMAIL, VISITOR)

    assert kinds(written(services)) == [("reset_password", EMAIL)]
    assert errands.due() == []
    assert services.tidy.expired()["errands"] == 1


@pytest.mark.environ(ALLOW_PASSWORD_RESET="false")
def test_nobody_asks_while_resets_are_switched_off(ada, recover):
    with pytest.raises(PasswordResetOff):
        recover.ask(EMAIL, VISITOR)
    with pytest.raises(PasswordResetOff):
        recover.reset(ada.id, "x" * 43, NEW, VISITOR)


@pytest.mark.environ(ALLOW_PASSWORD_RESET="true")
def test_nobody_asks_without_mail(ada, recover):
    with pytest.raises(PasswordResetOff):
        recover.ask(EMAIL, VISITOR)


@pytest.mark.environ(DOMAIN_SERVER="https://id.example")
def test_without_mail_an_operator_hands_over_a_link_which_proves_no_address(services, recover, ada):
    link = recover.by_operator("ada@EXAMPLE.org")
    assert link.startswith("https://id.example/reset-password?token=")

    recover.reset(ada.id, link.partition("token=")[2].partition("&")[0], NEW, VISITOR)
    assert services.sign_in.with_password(EMAIL, NEW, VISITOR)
    assert not services.capabilities.users.by_id(ada.id).email_verified


def test_an_operator_hears_whom_there_is_no_link_for(services, recover):
    person(services, "eve@example.org", password_hash=None, provider="github")

    with pytest.raises(LocalAccountRequired, match="github"):
        recover.by_operator("eve@example.org")
    with pytest.raises(UserUnknown):
        recover.by_operator("nobody@example.org")


@pytest.mark.environ(ALLOW_PASSWORD_RESET="true", ALLOW_UNSECURED_PASSWORD_RESET="true")
def test_only_on_the_operators_word_the_link_goes_to_whoever_asks(services, recover, ada):
    person(services, "eve@example.org", password_hash=None, provider="github")
    link = recover.ask(EMAIL, VISITOR)

    assert link.startswith("http://localhost:3080/reset-password?token=")
    assert [recover.ask(email, VISITOR) for email in ("nobody@example.org", "eve@example.org")] == [None, None]
    assert written(services) == []


def test_who_signs_in_with_the_old_password_at_the_same_moment_gets_no_session(services, recover, ada, token):
    """The proof is older than the reset, and the session would outlive it."""

    class Meanwhile:
        def verify(self, password, kept):
            verdict = services.capabilities.passwords.verify(password, kept)
            recover.reset(ada.id, token, NEW, VISITOR)
            return verdict

    late = replace(services.sign_in, passwords=Meanwhile(), needs_verified_address=False)
    with pytest.raises(WrongCredentials):
        late.with_password(EMAIL, PASSWORD, VISITOR)
    assert services.capabilities.sessions.devices(ada.id) == []


def test_whoever_is_banned_gets_no_new_password_and_may_use_the_link_afterwards(services, recover, ada, token):
    by = By("operator", VISITOR)
    services.moderation.moderate.ban(ada.id, timedelta(hours=1), "", by)
    with pytest.raises(Banned):
        recover.reset(ada.id, token, NEW, VISITOR)
    services.moderation.moderate.unban(ada.id, by)

    assert recover.reset(ada.id, token, NEW, VISITOR) is not None


def test_from_a_banned_address_nobody_asks_for_a_link(services, recover, ada):
    services.moderation.sightings.note(FROM_CHAT.address, FROM_CHAT.address, "")  # people come from public addresses
    services.moderation.moderate.ban(FROM_CHAT.network, timedelta(hours=1), "", By("operator", VISITOR))
    with pytest.raises(Banned):
        recover.ask(EMAIL, FROM_CHAT)
    assert written(services) == []
