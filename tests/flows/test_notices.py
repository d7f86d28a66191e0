"""What people are told by letter: a device that was never seen, an old token that came back; in their language."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.flows.outcomes import Registration, Visitor
from identity_service.foundation.errors import SessionEnded
from tests.fakes.letters import WITH_MAIL, kinds, place_of, written
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, person

ELSEWHERE = Visitor("198.51.100.1", "Another browser", "a request")

pytestmark = pytest.mark.environ(**WITH_MAIL, ALLOW_UNVERIFIED_EMAIL_LOGIN="true", DOMAIN_SERVER="https://id.example")


@pytest.fixture
def sign_in(services, ada):
    """Sign Ada in, and read the letters."""

    def come(visitor=VISITOR, replaces=None):
        services.sign_in.with_password(EMAIL, PASSWORD, visitor, replaces)
        return written(services)

    return come


def test_the_first_sign_in_is_no_news(sign_in):
    assert sign_in() == []


def test_a_browser_that_was_never_here_is_told_of(sign_in):
    sign_in()
    (letter,) = sign_in(ELSEWHERE)

    assert (letter.kind, letter.to, place_of(letter)) == ("new_device", EMAIL, "https://id.example/account")
    assert (letter.facts["device"], letter.facts["address"]) == ("Another browser", "198.51.100.1")
    assert sign_in(ELSEWHERE) == []


@pytest.mark.parametrize("seen", [{"address": "198.51.100.9"}, {"user_agent": "Another browser"}])
def test_another_browser_or_another_place_is_another_device(sign_in, seen):
    sign_in()

    assert kinds(sign_in(replace(VISITOR, **seen))) == [("new_device", EMAIL)]


def test_a_browser_with_a_session_of_the_person_is_known_wherever_it_is(services, sign_in):
    sign_in()
    begun = services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)
    here = services.verify.access_token(begun.access_token)

    assert sign_in(ELSEWHERE, here) == []


def test_what_others_did_with_the_same_browser_does_not_make_it_known(services, sign_in):
    sign_in()
    person(services, "grace@example.org")
    services.sign_in.with_password("grace@example.org", PASSWORD, ELSEWHERE)

    assert kinds(sign_in(ELSEWHERE)) == [("new_device", EMAIL)]


def test_a_letter_says_how_long_its_link_works_if_that_is_not_for_ever(services, ada):
    services.sign_up.with_password(Registration("Grace", "grace", "grace@example.org", PASSWORD), VISITOR)
    services.recovery.recover.ask(EMAIL, VISITOR)
    active = services.verify.access_token(services.sign_in.with_password(EMAIL, PASSWORD, VISITOR).access_token)
    services.recovery.change_address.ask("ada@elsewhere.example", PASSWORD, active, VISITOR)

    assert {letter.kind: letter.facts.get("until") for letter in written(services)} == {
        "address_change": "2026-03-14 09:41 UTC",
        "address_change_asked": None,
        "reset_password": "2026-03-14 09:41 UTC",
        "verify_email": "2026-03-14 09:41 UTC",
    }


def test_an_old_refresh_token_that_comes_back_is_told_of_once(services, ada, begun, clock):
    services.refresh.renew(begun.refresh_token, VISITOR)
    clock.advance(timedelta(minutes=1))
    for _ in range(2):
        with pytest.raises(SessionEnded):
            services.refresh.renew(begun.refresh_token, ELSEWHERE)

    (letter,) = written(services)
    assert (letter.kind, letter.to, letter.facts["address"]) == ("refresh_reused", EMAIL, "198.51.100.1")


@pytest.mark.parametrize(("languages", "locale"), [("de-CH,de;q=0.9", "de"), ("fr", "fr"), ("tlh", "en"), ("", "en")])
def test_a_letter_is_in_a_language_that_the_visitor_reads(sign_in, languages, locale):
    sign_in()

    assert sign_in(replace(ELSEWHERE, languages=languages))[0].locale == locale


@pytest.fixture
def choose(services, begun):
    """Let Ada choose the language of her letters."""
    active = services.verify.access_token(begun.access_token)
    return lambda language: services.recovery.choose_language.to(language, active, VISITOR)


@pytest.mark.parametrize(("chosen", "locale"), [("fr", "fr"), ("", "de")])
def test_what_the_person_has_chosen_goes_before_what_the_browser_asks_for(sign_in, choose, chosen, locale):
    sign_in()
    choose("es")
    choose(chosen)

    assert sign_in(replace(ELSEWHERE, languages="de"))[0].locale == locale


def test_whoever_uses_a_stolen_token_does_not_choose_the_language_of_the_alarm(services, begun, choose, clock):
    choose("fr")
    services.refresh.renew(begun.refresh_token, VISITOR)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(SessionEnded):
        services.refresh.renew(begun.refresh_token, replace(ELSEWHERE, languages="de"))

    (letter,) = written(services)
    assert (letter.kind, letter.locale) == ("refresh_reused", "fr")


def test_whoever_signs_up_with_a_known_address_does_not_choose_the_language_of_its_owner(services, choose):
    choose("fr")
    stranger = replace(ELSEWHERE, languages="de")
    for email in (EMAIL, "grace@example.org"):
        services.sign_up.with_password(Registration("Mallory", "", email, PASSWORD), stranger)

    told = {letter.to: (letter.kind, letter.locale) for letter in written(services)}
    assert told == {EMAIL: ("sign_up_again", "fr"), "grace@example.org": ("verify_email", "de")}


@pytest.mark.environ
def test_without_mail_nothing_is_written(services, sign_in):
    sign_in()

    assert sign_in(ELSEWHERE) == []
