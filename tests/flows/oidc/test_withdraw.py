"""Taking back what an application was allowed: the consent and everything that stands on it, of this person alone."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import AllowedClient, ShowConsent
from identity_service.foundation.errors import ConsentUnknown, InvalidGrant
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, session
from tests.fakes.tokens import claims_of
from tests.flows.oidc.visiting import Visit


@pytest.fixture
def withdraw(services):
    return services.provider.withdraw


@pytest.fixture
def here(services, browser):
    """Ada, signed in."""
    return services.verify.access_token(browser.access_token)


@pytest.fixture
def allow(services):
    """Let somebody allow a client something."""
    return lambda active, client, *scopes: Visit(services, client).remember(active, *scopes)


@pytest.fixture
def begin(provider):
    """Begin a client's session below a browser's."""

    def begun(client, signed_in, scope="openid offline_access"):
        return provider.redeem(client, provider.mint(client, signed_in, scope=scope))

    return begun


def sid(granted):
    return claims_of(granted.access_token)["sid"]


def test_a_person_sees_what_was_allowed_in_words_and_in_scopes(withdraw, allow, provider, here, client, clock):
    other = provider.register()
    allow(here, client, "openid", "email", "of_an_older_release")
    clock.advance(timedelta(days=1))
    allow(here, other, "openid")
    latest, first = withdraw.allowed(here)

    assert (latest.client_id, latest.granted_at) == (other.client_id, START + timedelta(days=1))
    assert first == AllowedClient(
        client.client_id, "App", first.scopes, ("email", "of_an_older_release", "openid"), START
    )
    assert len(first.scopes) == 2
    assert "email" not in first.scopes


def test_a_person_sees_only_what_is_their_own(withdraw, services, here, grace, allow, client):
    theirs = services.verify.access_token(session(services, grace).access_token)
    allow(theirs, client, "openid")

    assert withdraw.allowed(here) == []
    with pytest.raises(ConsentUnknown):
        withdraw.consent(here, client.client_id, VISITOR)
    assert len(withdraw.allowed(theirs)) == 1


def test_with_the_consent_end_the_clients_sessions_offline_ones_too(
    withdraw, provider, here, browser, client, allow, begin
):
    allow(here, client, "openid", "offline_access")
    granted = [begin(client, browser), begin(client, browser, "openid")]
    assert all(provider.is_alive(sid(each)) for each in granted)

    withdraw.consent(here, client.client_id, VISITOR)

    assert not any(provider.is_alive(sid(each)) for each in granted)
    assert provider.is_alive(browser.session_id)
    for each in granted:
        with pytest.raises(InvalidGrant):
            provider.refresh(client, each.refresh_token)


def test_it_is_recorded_with_what_ended(withdraw, services, here, browser, client, allow, begin):
    allow(here, client, "openid")
    begin(client, browser)
    withdraw.consent(here, client.client_id, VISITOR)
    entry = services.capabilities.trail.about(here.person.id)[-1]

    assert (entry.event.name, entry.event.outcome) == ("consent.withdrawn", "done")
    assert entry.event.detail == {"client_id": client.client_id, "sessions": "1"}
    assert (entry.event.actor, entry.event.address) == (here.person.id, VISITOR.address)


def test_the_next_time_the_person_is_asked(withdraw, services, here, client, allow):
    visit = Visit(services, client)
    allow(here, client, "openid", "email")
    assert not isinstance(visit.ask(here), ShowConsent)

    withdraw.consent(here, client.client_id, VISITOR)
    assert isinstance(visit.ask(here), ShowConsent)


def test_other_people_and_other_clients_keep_theirs(
    withdraw, services, provider, here, browser, grace, client, allow, begin
):
    other, elsewhere = provider.register(), session(services, grace)
    theirs = services.verify.access_token(elsewhere.access_token)
    for active, each in ((here, client), (here, other), (theirs, client)):
        allow(active, each, "openid")
    untouched = begin(other, browser), begin(client, elsewhere)

    withdraw.consent(here, client.client_id, VISITOR)

    assert all(provider.is_alive(sid(each)) for each in untouched)
    assert [each.client_id for each in withdraw.allowed(here)] == [other.client_id]
    assert [each.client_id for each in withdraw.allowed(theirs)] == [client.client_id]


@pytest.mark.parametrize("client_id", ["", "unheard-of", "first-party", "x" * 500])
def test_what_was_never_allowed_cannot_be_withdrawn(withdraw, provider, here, browser, told, client_id):
    with pytest.raises(ConsentUnknown):
        withdraw.consent(here, client_id, VISITOR)

    assert provider.is_alive(browser.session_id)
    assert told(here.person.id) == []


def test_a_consent_is_withdrawn_once(withdraw, here, client, allow, told):
    allow(here, client, "openid")
    withdraw.consent(here, client.client_id, VISITOR)
    with pytest.raises(ConsentUnknown):
        withdraw.consent(here, client.client_id, VISITOR)

    assert told(here.person.id) == ["consent.withdrawn done"]


def test_everything_goes_at_once_and_everybody_else_keeps_theirs(
    withdraw, services, provider, here, browser, grace, client, allow, begin, told
):
    other, elsewhere = provider.register(), session(services, grace)
    theirs = services.verify.access_token(elsewhere.access_token)
    for active, each in ((here, client), (here, other), (theirs, client)):
        allow(active, each, "openid")
    gone = begin(client, browser), begin(other, browser)
    untouched = begin(client, elsewhere)

    withdraw.everything(here, VISITOR)

    assert withdraw.allowed(here) == []
    assert not any(provider.is_alive(sid(each)) for each in gone)
    assert provider.is_alive(sid(untouched))
    assert len(withdraw.allowed(theirs)) == 1
    assert told(here.person.id) == ["consent.withdrawn done"] * 2
    withdraw.everything(here, VISITOR)
    assert told(here.person.id) == ["consent.withdrawn done"] * 2


def test_an_application_that_was_let_in_only_once_is_shown_and_can_be_sent_away_too(
    withdraw, provider, here, browser, client, begin
):
    granted = begin(client, browser)
    (shown,) = withdraw.allowed(here)
    assert (shown.client_id, shown.scope) == (client.client_id, ("openid", "offline_access"))

    withdraw.consent(here, client.client_id, VISITOR)
    assert not provider.is_alive(sid(granted))
    assert withdraw.allowed(here) == []
    assert provider.is_alive(browser.session_id)


def test_what_is_remembered_is_told_rather_than_what_a_session_has(withdraw, here, browser, client, allow, begin):
    allow(here, client, "openid", "email")
    begin(client, browser)
    (shown,) = withdraw.allowed(here)

    assert shown.scope == ("email", "openid")


def test_neither_our_own_pages_nor_a_client_that_is_gone_are_shown(withdraw, services, here, grace, client):
    session(services, here.person, "of a client that is gone")
    session(services, grace, client.client_id)

    assert withdraw.allowed(here) == []


@pytest.mark.parametrize("is_withdrawn", [True, False])
def test_a_code_that_is_on_its_way_brings_nothing_any_more(
    withdraw, provider, here, browser, client, allow, is_withdrawn
):
    allow(here, client, "openid")
    code = provider.mint(client, browser)
    if not is_withdrawn:
        assert provider.redeem(client, code)
        return
    withdraw.consent(here, client.client_id, VISITOR)
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)


def test_with_everything_goes_the_code_of_an_application_that_was_allowed_only_this_once(
    withdraw, services, provider, here, browser, grace, client
):
    code = provider.mint(client, browser)
    untouched = provider.mint(client, session(services, grace))
    withdraw.everything(here, VISITOR)

    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)
    assert provider.is_alive(sid(provider.redeem(client, untouched)))
