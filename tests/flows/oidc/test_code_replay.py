"""A code that comes twice: one of the two was not the client's, so what the first produced is over (RFC 6749 4.1.2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from identity_service.foundation.errors import InvalidGrant
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of

CROWD = 8


@pytest.fixture
def code(provider, client, browser):
    return provider.mint(client, browser)


def test_a_code_that_comes_back_ends_what_it_had_produced(provider, client, browser, ada, code, told):
    """RFC 6749 §4.1.2, OpenID Connect Core 1.0 §3.1.3.2."""
    granted = provider.redeem(client, code)
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)

    assert not provider.is_alive(claims_of(granted.access_token)["sid"])
    assert provider.is_alive(browser.session_id)
    with pytest.raises(InvalidGrant):
        provider.refresh(client, granted.refresh_token)
    assert told(ada.id) == ["code.replayed refused"]


def test_a_replay_is_seen_for_as_long_as_the_code_is_remembered(provider, client, clock, code):
    granted = provider.redeem(client, code)
    clock.advance(timedelta(days=1))
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)

    assert not provider.is_alive(claims_of(granted.access_token)["sid"])


def test_the_alarm_says_who_came_and_is_sounded_once(provider, services, client, ada, code):
    granted = provider.redeem(client, code)
    for _ in range(3):
        with pytest.raises(InvalidGrant):
            provider.redeem(client, code)

    (entry,) = services.capabilities.trail.about(ada.id)
    assert (entry.event.actor, entry.event.address) == (client.client_id, VISITOR.address)
    assert entry.event.detail["session_id"] == claims_of(granted.access_token)["sid"]


def test_a_replay_leaves_other_sessions_of_the_same_client_alone(provider, client, browser, code):
    other = provider.redeem(client, provider.mint(client, browser))
    provider.redeem(client, code)
    with pytest.raises(InvalidGrant):
        provider.redeem(client, code)

    assert provider.refresh(client, other.refresh_token)


def test_of_a_crowd_with_one_code_one_succeeds_and_is_over_at_once(provider, client, ada, code, told):
    """RFC 6749 §4.1.2: used more than once, whatever the order."""
    together = Barrier(CROWD)

    def redeem(_):
        together.wait(10)
        try:
            return provider.redeem(client, code)
        except InvalidGrant:
            return None

    with ThreadPoolExecutor(CROWD) as crowd:
        granted = [outcome for outcome in crowd.map(redeem, range(CROWD)) if outcome]

    assert len(granted) == 1
    assert not provider.is_alive(claims_of(granted[0].access_token)["sid"])
    assert told(ada.id) == ["code.replayed refused"]


def test_a_code_that_was_spoilt_has_nothing_to_end(provider, client, ada, code, told):
    for verifier in ("guessed", "guessed again"):
        with pytest.raises(InvalidGrant):
            provider.redeem(client, code, code_verifier=verifier)

    assert told(ada.id) == []
