"""Verification: one decision for every door, felt at once wherever it was changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from identity_service.accounts.users import USER
from identity_service.app import create_app, services_of
from identity_service.foundation.opaque import SystemChance, fingerprint, mint
from identity_service.keys.tables import SigningKey
from identity_service.sessions.refresh import Opening
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, person, session


class CountingSessions:
    """Stands in front of the sessions and counts how often they are asked."""

    def __init__(self, sessions):
        self._sessions, self.asked = sessions, 0

    def standing(self, session_id, now):
        self.asked += 1
        return self._sessions.standing(session_id, now)


@pytest.fixture
def counted(services):
    return CountingSessions(services.capabilities.sessions)


@pytest.fixture
def neighbour(settings, clock):
    """The services of another worker process on the same database."""
    app = create_app(settings, clock, SystemChance())
    yield services_of(app)
    services_of(app).database.release()


def test_a_good_access_token_stands_for_person_and_session(services, ada, begun):
    active = services.verify.access_token(begun.access_token)

    assert (active.person, active.session_id, active.client_id) == (ada, begun.session_id, "first-party")
    assert (active.scope, active.amr) == ("openid", ("pwd",))
    assert active.auth_time == active.issued_at == int(START.timestamp())
    assert active.expires_at == active.issued_at + 15 * 60


def test_the_present_browser_session_stands_for_the_person_until_it_ends(services, ada, begun):
    active = services.verify.browser_session(begun.refresh_token)

    assert (active.person, active.session_id) == (ada, begun.session_id)
    assert active.expires_at == int(begun.expires_at.timestamp())


def test_neither_kind_of_token_passes_for_the_other(services, begun):
    assert services.verify.access_token(begun.refresh_token) is None
    assert services.verify.browser_session(begun.access_token) is None


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "x" * 100_000])
def test_what_we_did_not_sign_stands_for_nobody(services, token):
    assert services.verify.access_token(token) is None
    assert services.verify.browser_session(token) is None


def test_a_token_is_dead_at_its_end(services, begun, clock):
    assert services.verify.access_token(begun.access_token) is not None
    clock.advance(timedelta(minutes=15))
    assert services.verify.access_token(begun.access_token) is None
    assert services.verify.browser_session(begun.refresh_token) is not None


def test_a_token_that_outlives_its_session_dies_with_it(services, begun, clock):
    clock.advance(timedelta(days=7, minutes=-5))
    token = services.refresh.renew(begun.refresh_token, VISITOR).access_token
    assert services.verify.access_token(token).expires_at > int(begun.expires_at.timestamp())
    clock.advance(timedelta(minutes=5))

    assert services.verify.access_token(token) is None


def test_a_key_that_is_gone_takes_along_what_it_has_signed(services, begun, clock):
    assert services.verify.access_token(begun.access_token) is not None
    with services.database.transaction():
        services.database.change(delete(SigningKey))
    clock.advance(timedelta(minutes=1))

    assert services.verify.access_token(begun.access_token) is None


def test_the_end_of_a_session_is_felt_at_once(services, begun):
    assert services.verify.access_token(begun.access_token) is not None
    services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)

    assert services.verify.access_token(begun.access_token) is None
    assert services.verify.browser_session(begun.refresh_token) is None


def test_the_end_of_a_session_is_felt_at_once_by_every_other_worker(services, neighbour, begun):
    assert neighbour.verify.access_token(begun.access_token) is not None
    services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)

    assert neighbour.verify.access_token(begun.access_token) is None


def test_an_account_that_is_closing_or_gone_has_no_good_token(services, ada, begun):
    other = session(services, person(services, "grace@example.org"))
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)
    services.close_account.by_operator(other.person)

    assert services.verify.access_token(begun.access_token) is None
    assert services.verify.access_token(other.access_token) is None


def test_a_refresh_token_that_was_replaced_is_presentable_for_a_while(services, begun, clock):
    renewed = services.refresh.renew(begun.refresh_token, VISITOR)

    assert services.verify.browser_session(begun.refresh_token) is not None
    clock.advance(timedelta(seconds=31))
    assert services.verify.browser_session(begun.refresh_token) is None
    assert services.verify.browser_session(renewed.refresh_token) is not None


def test_showing_a_browser_session_does_not_turn_the_ratchet(services, begun):
    for _ in range(3):
        assert services.verify.browser_session(begun.refresh_token) is not None

    assert services.capabilities.sessions.standing(begun.session_id, 0).previous is None


@pytest.fixture
def known_browser(services, ada):
    """A browser session of Ada's, and the secret by which the browser is known."""
    secret = mint(SystemChance())
    opening = Opening(ada.id, "first-party", "openid", "pwd", "", "", timedelta(days=7), browser=secret.fingerprint)
    with services.database.transaction():
        return secret.plain, services.capabilities.refresh_tokens.begin(opening)


def test_a_browser_is_known_by_its_own_secret_until_its_session_ends(services, ada, known_browser):
    secret, begun = known_browser
    active = services.verify.by_browser(secret)

    assert (active.person, active.session_id, active.scope) == (ada, begun.session_id, "openid")
    assert active.expires_at == int(begun.expires_at.timestamp())
    assert active == services.verify.browser_session(begun.refresh_token)
    services.sign_out.by_refresh_token(begun.refresh_token, VISITOR)
    assert services.verify.by_browser(secret) is None


def test_a_browser_is_not_known_after_the_end_of_its_session(services, known_browser, clock):
    secret, _ = known_browser
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert services.verify.by_browser(secret) is not None
    clock.advance(timedelta(seconds=1))

    assert services.verify.by_browser(secret) is None


def test_a_browser_whose_person_is_going_is_not_known(services, ada, known_browser):
    secret, _ = known_browser
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)

    assert services.verify.by_browser(secret) is None


def test_nothing_else_passes_for_the_secret_of_a_browser(services, known_browser):
    secret, begun = known_browser
    others = ("", "garbage", "\0", fingerprint(secret), secret.swapcase(), begun.refresh_token, begun.session_id)

    assert [other for other in others if services.verify.by_browser(other)] == []
    assert services.verify.by_browser(secret) is not None


def test_a_clients_session_is_nobodys_browser_session(services, ada, known_browser):
    """A client's refresh token in a cookie says for whom its client acts, and not that somebody sits here."""
    _, browser = known_browser
    secret = mint(SystemChance())
    opening = Opening(ada.id, "chat", "openid", "pwd", "", "", timedelta(days=7), parent_id=browser.session_id)
    with services.database.transaction():
        begun = services.capabilities.refresh_tokens.begin(replace(opening, browser=secret.fingerprint))

    assert services.verify.browser_session(begun.refresh_token) is None
    assert services.verify.by_browser(secret.plain) is None
    assert services.verify.browser_session(browser.refresh_token) is not None


def test_verification_of_other_tokens_shares_no_memory(services, begun, counted):
    """A verdict is remembered by token alone, so one memory for two kinds of tokens would mix them up."""
    ours = replace(services.verify, sessions=counted, revision=lambda: 1, remembered={})
    theirs = ours.of(services.capabilities.tokens_of_clients, "https://id.example.org/oauth2/userinfo")

    assert ours.access_token(begun.access_token) is not None
    assert theirs.access_token(begun.access_token) is None
    assert len(ours.remembered) == 1
    assert theirs.remembered == {}


def test_a_token_about_somebody_else_in_this_session_is_refused(services, begun):
    grace = person(services, "grace@example.org", role=USER)
    rotated = services.capabilities.refresh_tokens.rotate(
        services.capabilities.refresh_tokens.read(begun.refresh_token), "first-party"
    )
    forged = services.begin_session.issue.first_party(rotated, grace)

    assert services.verify.access_token(forged.access_token) is None


def test_while_nobody_writes_the_database_is_asked_once(services, begun, counted):
    verify = replace(services.verify, sessions=counted, revision=lambda: 1, remembered={})
    for _ in range(5):
        assert verify.access_token(begun.access_token) is not None

    assert counted.asked == 1


def test_where_a_write_cannot_be_noticed_cheaply_the_database_is_asked_each_time(services, begun, counted):
    verify = replace(services.verify, sessions=counted, revision=lambda: None, remembered={})
    for _ in range(5):
        assert verify.access_token(begun.access_token) is not None

    assert counted.asked == 5
    assert verify.remembered == {}


def test_memory_has_a_bound(services, begun, counted):
    remembered = {f"token {number}": None for number in range(2048)}
    verify = replace(services.verify, sessions=counted, revision=lambda: 1, remembered=remembered)

    assert verify.access_token(begun.access_token) is not None
    assert list(remembered) == [begun.access_token]
