"""What a person does for a request counts for this person, this request and what the page said, and nothing else."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import Reply, ShowConsent, ShowSignIn
from identity_service.foundation.errors import AuthorizationExpired, UntrustedRequest
from identity_service.oidc.clients import DYNAMIC
from tests.fakes.people import VISITOR
from tests.flows.oidc.visiting import CALLBACK, Visit

MINUTE = timedelta(minutes=1)
OTHERS = {"login": {"prompt": "login"}, "age": {"max_age": "0"}, "both": {"prompt": "login", "max_age": "0"}}


@pytest.fixture
def visit(services, provider):
    return Visit(services, provider.register(is_trusted=True))


@pytest.fixture
def strange(services, client):
    """A client that people are asked about."""
    return Visit(services, client)


@pytest.fixture
def here(visit, ada):
    """Ada, signed in."""
    return visit.signed_in(ada)


@pytest.fixture
def authorize(services):
    return services.provider.authorize


@pytest.mark.parametrize("asked", OTHERS.values(), ids=OTHERS)
def test_who_must_sign_in_anew_is_asked_until_it_is_done(visit, here, asked, clock):
    page = visit.ask(here, **asked)
    clock.advance(MINUTE)
    assert (type(page), page.is_again) == (ShowSignIn, True)
    assert isinstance(visit.go_on(page, here), ShowSignIn)
    assert isinstance(visit.go_on(visit.go_on(page, here), here), ShowSignIn)
    assert isinstance(visit.go_on(page, None), ShowSignIn)

    reply = visit.go_on(page, visit.signed_in(here.person))
    assert visit.redeem(reply.parameters["code"]).auth_time == clock.now()


@pytest.mark.parametrize("asked", OTHERS.values(), ids=OTHERS)
def test_pressing_go_on_is_no_sign_in(visit, here, authorize, asked):
    page = visit.ask(here, **asked)

    assert isinstance(visit.go_on(authorize.choose(page.continuation, here), here), ShowSignIn)


def test_a_sign_in_within_the_second_of_the_request_is_a_new_one_and_the_one_before_is_not(visit, ada, clock):
    """Sessions count in seconds."""
    clock.advance(timedelta(milliseconds=300))
    before = visit.signed_in(ada)
    clock.advance(timedelta(milliseconds=300))
    page = visit.ask(before, prompt="login")
    assert isinstance(visit.go_on(page, before), ShowSignIn)

    clock.advance(timedelta(milliseconds=300))
    assert isinstance(visit.go_on(page, visit.signed_in(ada)), Reply)


@pytest.mark.parametrize("asked", OTHERS.values(), ids=OTHERS)
def test_a_request_that_began_in_another_browser_does_not_make_an_old_session_new(visit, here, grace, asked, clock):
    """Or else a private window would bring everybody past the password."""
    clock.advance(MINUTE)
    elsewhere = visit.signed_in(grace)
    clock.advance(MINUTE)

    for first in (None, elsewhere):
        page = visit.ask(first, **asked)
        assert isinstance(visit.go_on(page, here), ShowSignIn)
        assert visit.page(page, here).is_again
    clock.advance(MINUTE)
    assert isinstance(visit.go_on(page, visit.signed_in(here.person)), Reply)


@pytest.mark.parametrize("asked", OTHERS.values(), ids=OTHERS)
def test_a_request_that_came_by_post_knows_who_was_there_when_the_browser_comes_again(visit, here, authorize, asked):
    """With a form from elsewhere the browser does not send our cookie."""
    page = visit.go_on(authorize.begin(visit.parameters(**asked)), here)
    assert isinstance(page, ShowSignIn)
    assert isinstance(visit.go_on(page, here), ShowSignIn)

    assert isinstance(visit.go_on(page, visit.signed_in(here.person)), Reply)
    assert isinstance(visit.go_on(authorize.begin(visit.parameters()), here), Reply)


def test_a_sign_in_may_be_as_old_as_the_request_says(visit, here, provider, clock):
    patient = Visit(visit.services, provider.register(is_trusted=True, default_max_age=60))
    clock.advance(MINUTE - timedelta(seconds=1))
    assert isinstance(visit.ask(here, max_age="60"), Reply)
    assert isinstance(patient.ask(here), Reply)

    clock.advance(timedelta(seconds=2))
    assert isinstance(visit.ask(here, max_age="60"), ShowSignIn)
    assert isinstance(patient.ask(here), ShowSignIn)
    assert isinstance(patient.ask(here, max_age="3600"), Reply)


def test_who_signs_in_as_somebody_else_goes_on_as_that_one(visit, here, grace):
    page = visit.ask(here, prompt="login")
    reply = visit.go_on(page, visit.signed_in(grace))

    assert visit.redeem(reply.parameters["code"]).user_id == grace.id


def test_an_account_is_chosen_by_going_on_or_by_signing_in(visit, here, authorize):
    page = visit.ask(here, prompt="select_account")
    assert (type(page), page.is_again) == (ShowSignIn, False)
    assert isinstance(visit.go_on(page, here), ShowSignIn)

    assert isinstance(visit.go_on(authorize.choose(page.continuation, here), here), Reply)
    assert isinstance(visit.go_on(page, visit.signed_in(here.person)), Reply)


def test_who_signed_in_meanwhile_was_not_the_one_that_the_page_named(visit, here, grace, authorize, clock):
    page = visit.page(visit.ask(here, prompt="select_account"), here)
    meanwhile = visit.signed_in(grace)
    assert authorize.choose(page.continuation, meanwhile) == page.continuation

    clock.advance(MINUTE)
    later = visit.page(visit.ask(meanwhile, prompt="select_account"), meanwhile)
    assert isinstance(visit.go_on(authorize.choose(later.continuation, here), here), ShowSignIn)
    assert isinstance(visit.go_on(authorize.choose(later.continuation, meanwhile), here), ShowSignIn)
    assert isinstance(visit.go_on(authorize.choose(later.continuation, meanwhile), meanwhile), Reply)


def test_from_the_question_one_may_turn_to_another_account(strange, here, grace):
    """And what was allowed there counts for nobody else."""
    shown = strange.ask(here, prompt="login")
    mine = strange.signed_in(here.person)
    shown = strange.go_on(shown, mine)
    page = strange.page(shown, mine)
    assert (type(shown), page.is_again) == (ShowConsent, False)

    theirs = strange.signed_in(grace)
    again = strange.go_on(page, theirs)
    assert isinstance(again, ShowConsent)
    assert isinstance(strange.go_on(strange.allow(shown, mine), theirs), ShowConsent)
    reply = strange.go_on(strange.allow(again, theirs), theirs)
    assert strange.redeem(reply.parameters["code"]).user_id == grace.id


@pytest.mark.parametrize("remember", [True, False])
def test_what_is_allowed_is_remembered_if_the_person_wants_that(strange, here, told, remember):
    shown = strange.ask(here)
    assert isinstance(strange.go_on(strange.allow(shown, here, remember=remember), here), Reply)

    assert isinstance(strange.ask(here), Reply) == remember
    assert told(here.person.id) == ["consent.given done"]
    (entry,) = strange.services.capabilities.trail.about(here.person.id)
    assert entry.event.detail == {"client_id": strange.client.client_id}


def test_what_was_allowed_once_is_allowed_in_this_session_for_this_request(strange, here):
    sealed = strange.allow(strange.ask(here), here, remember=False)
    assert isinstance(strange.go_on(sealed, here), Reply)

    assert isinstance(strange.go_on(sealed, strange.signed_in(here.person)), ShowConsent)
    assert isinstance(strange.go_on(sealed, None), ShowSignIn)


def test_who_signed_in_meanwhile_was_not_asked_and_allows_nothing(strange, here, grace, told):
    shown = strange.ask(here)
    meanwhile = strange.signed_in(grace)
    sealed = strange.allow(shown, meanwhile)

    assert sealed == shown.continuation
    assert isinstance(strange.go_on(sealed, meanwhile), ShowConsent)
    assert isinstance(strange.ask(meanwhile), ShowConsent)
    assert told(grace.id) == []
    assert isinstance(strange.go_on(strange.allow(shown, here), here), Reply)


def test_who_was_shown_no_question_allows_nothing(strange, here, told):
    for page in (strange.ask(None), strange.page(strange.ask(here), here), strange.ask(here, prompt="select_account")):
        assert strange.allow(page, here) == page.continuation
    assert (told(here.person.id), type(strange.ask(here))) == ([], ShowConsent)


def test_a_client_that_asks_for_more_than_the_page_said_is_asked_about_again(services, provider, here, told):
    """One that registered itself may change what it asks for at any moment."""
    strange = Visit(services, provider.register(scope="openid"))
    shown, whole = strange.ask(here), "openid email offline_access"
    strange.change(scope=whole)
    assert strange.allow(shown, here) == shown.continuation
    assert told(here.person.id) == []

    strange.change(scope="openid")
    sealed = strange.allow(strange.ask(here), here)
    strange.change(scope=whole)
    assert isinstance(strange.go_on(sealed, here), ShowConsent)
    strange.change(scope="openid")
    assert isinstance(strange.go_on(sealed, here), Reply)


def test_a_client_that_asks_for_less_meanwhile_is_given_less(strange, here):
    shown = strange.ask(here, scope="openid email")
    strange.change(scope="openid")
    reply = strange.go_on(strange.allow(shown, here), here)

    assert strange.redeem(reply.parameters["code"]).scope == "openid"
    strange.change(scope="openid email")
    assert isinstance(strange.ask(here, scope="openid email"), ShowConsent)


def test_a_client_that_may_not_ask_any_more_is_told_so(strange, here, authorize, told):
    shown, page = strange.ask(here), strange.ask(None)
    strange.change(grant_types=("client_credentials",))

    assert strange.allow(shown, here) == shown.continuation
    for reply in (strange.go_on(shown, here), authorize.deny(shown.continuation, here, VISITOR)):
        assert reply.parameters["error"] == "unauthorized_client"
        assert reply.parameters["state"] == "af0ifjsldkj"
    with pytest.raises(AuthorizationExpired):
        strange.page(page, None)  # nobody need sign in for that
    assert told(here.person.id) == []


def test_of_a_client_that_was_removed_only_the_person_learns(strange, here, authorize, services):
    shown = strange.ask(here)
    sealed = strange.allow(shown, here)
    services.provider.remove_client.by_operator(strange.client.client_id)

    for attempt in (
        lambda: strange.go_on(sealed, here),
        lambda: strange.allow(shown, here),
        lambda: strange.page(shown, here),
        lambda: authorize.deny(shown.continuation, here, VISITOR),
    ):
        with pytest.raises(UntrustedRequest):
            attempt()


def test_who_says_no_sends_the_client_away(strange, here, authorize, told):
    """RFC 6749 §4.1.2.1."""
    reply = authorize.deny(strange.ask(here).continuation, here, VISITOR)

    said = dict(reply.parameters)
    assert (reply.redirect_uri, said.pop("error_description")) == (CALLBACK, "The person did not allow it.")
    assert said == {
        "error": "access_denied",
        "state": "af0ifjsldkj",
        "iss": strange.services.settings.site.issuer,
    }
    assert told(here.person.id) == ["consent.given refused"]
    assert isinstance(strange.ask(here), ShowConsent)


def test_one_may_say_no_without_being_signed_in(strange, ada, authorize, told):
    reply = authorize.deny(strange.ask(None).continuation, None, VISITOR)

    assert reply.parameters["error"] == "access_denied"
    assert told(ada.id) == []


def test_a_no_is_not_written_down_for_whoever_has_signed_in_meanwhile(strange, here, grace, authorize, told):
    shown, hers = strange.ask(here), strange.signed_in(grace)

    assert authorize.deny(shown.continuation, hers, VISITOR).parameters["error"] == "access_denied"
    assert (told(grace.id), told(here.person.id)) == ([], [])


def test_a_no_takes_nothing_back_that_was_allowed_before(strange, here, authorize):
    strange.allow(strange.ask(here), here)
    authorize.deny(strange.ask(here, prompt="consent").continuation, here, VISITOR)

    assert isinstance(strange.ask(here), Reply)


def test_an_error_alone_sends_nobody_to_an_application_that_has_registered_itself(services, ada):
    """RFC 9700 §4.11.2; without a page the application is told as ever, because nobody would see one."""
    with services.database.transaction():
        stranger = services.capabilities.clients.register("New", (CALLBACK,), origin=DYNAMIC).client
    visit = Visit(services, stranger)

    out_of_reach = '{"id_token": {"acr": {"essential": true, "value": "9"}}}'
    for browser in (None, visit.signed_in(ada)):
        assert not visit.ask(browser, response_type="token").goes_at_once
        assert not visit.ask(browser, id_token_hint="x").goes_at_once
        assert not visit.ask(browser, claims=out_of_reach).goes_at_once
    assert visit.ask(None, prompt="none").goes_at_once
    assert visit.ask(None, prompt="none", claims=out_of_reach).goes_at_once
