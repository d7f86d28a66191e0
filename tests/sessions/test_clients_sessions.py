"""Sessions of clients: they stand below that of a browser, and end with it unless offline access was given."""

from datetime import timedelta

import pytest

from identity_service.foundation.clock import to_microseconds
from identity_service.foundation.opaque import fingerprint
from identity_service.sessions.refresh import Opening
from tests.fakes.clock import START
from tests.fakes.people import VISITOR, person, session

WEEK = timedelta(days=7)


@pytest.fixture
def below(services, change):
    """Open a client's session below a browser's."""

    def begin(parent, whose, client_id="app", **told):
        opening = Opening(whose.id, client_id, "openid", "pwd", "Firefox", VISITOR.address, WEEK, None, parent, **told)
        return change(services.capabilities.refresh_tokens.begin, opening).session_id

    return begin


def alive(sessions, *session_ids):
    return [sessions.standing(each, to_microseconds(START)) is not None for each in session_ids]


def test_a_clients_session_ends_with_the_browsers_and_one_with_offline_access_lives_on(
    services, sessions, ada, below, change
):
    browser, elsewhere = session(services, ada), session(services, ada)
    near, offline = below(browser.session_id, ada), below(browser.session_id, ada, is_offline=True)
    far = below(elsewhere.session_id, ada)

    ended = change(sessions.end_own, browser.session_id, ada.id, "signed out")
    assert [each.id for each in ended] == [browser.session_id, near]
    assert alive(sessions, near, offline, far) == [False, True, True]


def test_signing_out_everywhere_else_ends_what_is_offline_too_but_nothing_below_this_browser(
    services, sessions, ada, below, change
):
    here, elsewhere = session(services, ada), session(services, ada)
    kept = below(here.session_id, ada), below(here.session_id, ada, is_offline=True)
    gone = below(elsewhere.session_id, ada), below(elsewhere.session_id, ada, is_offline=True)

    change(sessions.end_all, ada.id, "signed out", spare=here.session_id)
    assert alive(sessions, here.session_id, *kept) == [True, True, True]
    assert alive(sessions, elsewhere.session_id, *gone) == [False, False, False]


def test_the_end_of_a_clients_session_is_not_the_browsers(services, sessions, ada, below, change):
    browser = session(services, ada)
    first, second = below(browser.session_id, ada), below(browser.session_id, ada)

    change(sessions.end, first, "revoked")
    assert alive(sessions, browser.session_id, first, second) == [True, False, True]


def test_what_stands_below_one_browser_session_is_handed_on_to_its_successor(services, sessions, ada, below, change):
    old, new = session(services, ada), session(services, ada)
    child = below(old.session_id, ada)

    change(sessions.adopt, old.session_id, new.session_id)
    change(sessions.end, old.session_id, "replaced")
    assert alive(sessions, child) == [True]
    change(sessions.end, new.session_id, "signed out")
    assert alive(sessions, child) == [False]


def test_the_sessions_of_a_client_end_for_everybody_or_for_one_person(services, sessions, ada, below, change):
    grace = person(services, "grace@example.org")
    hers, theirs = session(services, ada), session(services, grace)
    first, second = below(hers.session_id, ada), below(theirs.session_id, grace)
    other = below(hers.session_id, ada, client_id="another")

    change(sessions.end_of_client, "app", "consent withdrawn", ada.id)
    assert alive(sessions, first, second, other) == [False, True, True]
    change(sessions.end_of_client, "app", "client deleted")
    assert alive(sessions, first, second, other) == [False, False, True]


def test_a_clients_session_is_no_device(services, sessions, ada, below):
    browser = session(services, ada)
    below(browser.session_id, ada)

    assert [device.id for device in sessions.devices(ada.id)] == [browser.session_id]


def test_a_browser_is_known_by_its_cookie_until_its_session_ends(services, sessions, ada, change):
    opening = Opening(ada.id, "first-party", "openid", "pwd", "", "", WEEK, fingerprint("a secret"))
    begun = change(services.capabilities.refresh_tokens.begin, opening)
    now = to_microseconds(START)

    assert sessions.of_browser(fingerprint("a secret"), now) == begun.session_id
    assert sessions.of_browser(fingerprint("another"), now) is None
    change(sessions.end, begun.session_id, "signed out")
    assert sessions.of_browser(fingerprint("a secret"), now) is None
