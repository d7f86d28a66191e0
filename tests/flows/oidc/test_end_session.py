"""A client asks for a sign-out: the person's word, or proof of whose it is, and a way back that is the client's own."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import ConfirmSignOut, SignedOut
from identity_service.foundation.errors import AuthorizationExpired, UntrustedRequest
from identity_service.oidc.id_tokens import IDTokenSubject
from tests.fakes.clock import START
from tests.fakes.people import session

BACK = "https://app.example.org/signed-out?from=us"
NOWHERE = SignedOut(("", ""), "")


@pytest.fixture
def end_session(services):
    return services.provider.end_session


@pytest.fixture
def chat(provider):
    """A client with an address to come back to."""
    return provider.register(post_logout_redirect_uris=(BACK,))


@pytest.fixture
def here(services, browser):
    """Ada, signed in."""
    return services.verify.access_token(browser.access_token)


@pytest.fixture
def hint(services, chat):
    """An ID token about somebody, as a client was given it."""

    def given(whose, client_id=chat.client_id):
        subject = IDTokenSubject(whose.id, client_id, "66f1c0ffee0ddba11ad00002", START, "pwd", "a token")
        return services.capabilities.id_tokens.issue(subject)

    return given


@pytest.fixture
def decide(end_session):
    """Decide a request of these parameters."""
    return lambda browser, *repeated, **said: end_session.decide((*said.items(), *repeated), browser)


@pytest.fixture
def back(chat):
    """The way back."""
    return SignedOut((BACK, "s t"), "App", ("https:",))


def test_a_hint_of_the_person_who_is_here_ends_it_without_a_question(decide, here, hint, back):
    """RP-Initiated Logout 1.0 §2."""
    token = hint(here.person)

    assert decide(here, id_token_hint=token, post_logout_redirect_uri=BACK, state="s t") == back
    assert decide(here, id_token_hint=token) == SignedOut(("", ""), "App")


def test_an_expired_hint_is_as_good(decide, here, hint, clock):
    token = hint(here.person)
    clock.advance(timedelta(days=1))

    assert decide(here, id_token_hint=token) == SignedOut(("", ""), "App")


def test_without_a_hint_the_person_is_asked(decide, here, chat, back, end_session):
    """§2: a link or a picture in somebody's page must not sign anybody out."""
    asked = decide(here, client_id=chat.client_id, post_logout_redirect_uri=BACK, state="s t")

    assert (type(asked), asked.goal) == (ConfirmSignOut, back)
    assert end_session.confirmed(asked.continuation) == back
    assert decide(here).goal == NOWHERE
    assert decide(here, client_id=chat.client_id).goal == SignedOut(("", ""), "App")


def test_with_the_hint_of_somebody_else_the_person_is_asked(decide, here, grace, hint, back, end_session):
    asked = decide(here, id_token_hint=hint(grace), post_logout_redirect_uri=BACK, state="s t")

    assert isinstance(asked, ConfirmSignOut)
    assert end_session.confirmed(asked.continuation) == back


def test_where_nobody_is_signed_in_nobody_is_asked(decide, chat, grace, hint, back):
    for proof in ({"client_id": chat.client_id}, {"id_token_hint": hint(grace)}):
        assert decide(None, **proof, post_logout_redirect_uri=BACK, state="s t") == back
    assert decide(None) == NOWHERE
    assert decide(None, client_id="unheard-of") == NOWHERE


@pytest.mark.parametrize("wrong", ["garbage", "a.b.c", "of another", "x" * 900])
def test_a_hint_that_is_not_ours_proves_nothing_so_the_person_is_asked_and_stays_here(decide, here, browser, wrong):
    """Its key may be gone; whoever shows it does not get the person back by that."""
    token = browser.access_token if wrong == "of another" else wrong
    asked = decide(here, id_token_hint=token, post_logout_redirect_uri=BACK, state="s")

    assert isinstance(asked, ConfirmSignOut)
    assert asked.goal == NOWHERE
    assert decide(None, id_token_hint=token, post_logout_redirect_uri=BACK) == NOWHERE


def test_a_hint_that_was_given_to_another_client_is_refused(decide, here, hint, chat, client):
    """§2: with both, they must be of one and the same."""
    token = hint(here.person)
    assert decide(here, id_token_hint=token, client_id=chat.client_id) == SignedOut(("", ""), "App")

    with pytest.raises(UntrustedRequest, match="given to another"):
        decide(here, id_token_hint=token, client_id=client.client_id)


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "https://app.example.org/callback",
        BACK + "&x",
        BACK.replace("https", "http"),
        BACK.replace("app", "APP"),
        BACK.partition("?")[0],
        "javascript:alert(1)",
    ],
)
def test_only_an_address_that_is_registered_for_it_is_gone_to(decide, here, chat, hint, uri):
    """§3: letter for letter; and an address of the redirect is not one for afterwards."""
    proofs = ({"client_id": chat.client_id}, {"id_token_hint": hint(here.person)}, {})
    for proof in proofs:
        for browser in (None, here):
            with pytest.raises(UntrustedRequest, match="not registered"):
                decide(browser, **proof, post_logout_redirect_uri=uri)


def test_an_address_needs_to_be_of_the_client_that_is_known(decide, client, hint, here):
    for proof in ({}, {"client_id": "unheard-of"}, {"client_id": client.client_id}):
        with pytest.raises(UntrustedRequest, match="not registered"):
            decide(None, **proof, post_logout_redirect_uri=BACK)
    with pytest.raises(UntrustedRequest, match="not registered"):
        decide(here, id_token_hint=hint(here.person, client.client_id), post_logout_redirect_uri=BACK)


def test_a_client_that_was_removed_has_no_way_back_and_no_name(decide, services, here, chat, hint):
    token = hint(here.person)
    services.provider.remove_client.by_operator(chat.client_id)

    assert decide(here, id_token_hint=token) == NOWHERE
    assert decide(here, id_token_hint=token, post_logout_redirect_uri=BACK) == NOWHERE


@pytest.mark.parametrize("name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"])
def test_nothing_that_counts_may_be_said_twice(decide, name):
    with pytest.raises(UntrustedRequest, match="twice"):
        decide(None, (name, "x"), (name, "x"))


def test_what_is_not_known_or_empty_is_passed_over(decide, here, chat):
    empty = dict.fromkeys(("id_token_hint", "post_logout_redirect_uri", "state"), "")
    asked = decide(here, ("x", "1"), ("x", "2"), client_id=chat.client_id, ui_locales="de", logout_hint="ada", **empty)

    assert asked.goal == SignedOut(("", ""), "App")


@pytest.mark.parametrize(("state", "is_good"), [("x" * 2048, True), ("x" * 2049, False), ("a\nb", False), ("é", True)])
def test_a_state_is_as_long_as_elsewhere_and_holds_no_control_characters(decide, chat, state, is_good):
    def decided():
        return decide(None, client_id=chat.client_id, post_logout_redirect_uri=BACK, state=state)

    if is_good:
        assert decided().target == (BACK, state)
    else:
        with pytest.raises(UntrustedRequest):
            decided()


@pytest.mark.parametrize("client_id", ["\0", "chat\0", "a\nb", "\ud800"])
def test_a_client_is_not_looked_for_under_a_name_that_nobody_can_have(decide, client_id):
    with pytest.raises(UntrustedRequest):
        decide(None, client_id=client_id)
    assert decide(None, client_id="c h a t é") == NOWHERE


def test_a_state_without_an_address_goes_nowhere(decide, chat):
    assert decide(None, client_id=chat.client_id, state="s") == SignedOut(("", ""), "App")


def test_a_request_by_post_is_decided_when_the_browser_comes_again(end_session, here, grace, services, hint, back):
    """With a form from elsewhere the browser does not send our cookie."""
    said = (("id_token_hint", hint(here.person)), ("post_logout_redirect_uri", BACK), ("state", "s t"))
    sealed = end_session.begin(said)

    assert end_session.go_on(sealed, here) == back
    assert end_session.go_on(sealed, None) == back
    theirs = services.verify.access_token(session(services, grace).access_token)
    assert isinstance(end_session.go_on(sealed, theirs), ConfirmSignOut)


def test_a_request_waits_for_an_hour_and_is_of_its_own_kind(end_session, services, here, chat, clock):
    parameters = (("client_id", chat.client_id),)
    sealed = end_session.begin(parameters)
    clock.advance(timedelta(hours=1))
    assert isinstance(end_session.go_on(sealed, here), ConfirmSignOut)

    clock.advance(timedelta(seconds=1))
    for wrong in (sealed, "", "garbage", services.provider.authorize.begin(parameters)):
        with pytest.raises(AuthorizationExpired):
            end_session.go_on(wrong, here)


def test_a_request_that_no_address_could_hold_is_refused(end_session):
    with pytest.raises(UntrustedRequest, match="too long"):
        end_session.begin((("state", "x" * 6000),))


def test_who_has_said_yes_is_signed_out_even_if_there_is_no_way_back_any_more(
    decide, end_session, services, here, chat, clock, back
):
    asked = decide(here, client_id=chat.client_id, post_logout_redirect_uri=BACK, state="s t")
    assert end_session.confirmed(asked.continuation) == back
    assert end_session.confirmed("garbage") == NOWHERE

    services.provider.remove_client.by_operator(chat.client_id)
    assert end_session.confirmed(asked.continuation) == NOWHERE
    old = decide(here).continuation
    clock.advance(timedelta(hours=2))
    assert end_session.confirmed(old) == NOWHERE
