"""The end of sessions: what ends with what, and who is told of it, after the commit and never without one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from identity_service.flows.sign_out import Endings
from identity_service.oidc.details import Details
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from tests.fakes.people import EMAIL, PASSWORD, VISITOR, person, session


@pytest.fixture
def rings():
    """How often the delivery was called, and what it found."""
    return []


@pytest.fixture
def endings(services, rings):
    able, database = services.capabilities, services.database
    return Endings(
        able.sessions,
        able.codes,
        able.logout_deliveries,
        database.after_commit,
        lambda: rings.append((database.present_driver(), len(able.logout_deliveries.due(99)))),
    )


@pytest.fixture
def end(services, endings):
    """End something in a transaction of its own."""

    def ended(how, *which, **told):
        with services.database.transaction():
            return getattr(endings, how)(*which, **told)

    return ended


@pytest.fixture
def chat(services):
    """A client that wants to be told."""
    details = Details(backchannel_logout_uri="https://chat.example.org/logout")
    with services.database.transaction():
        return services.capabilities.clients.register("Chat", (), details).client.client_id


@pytest.fixture
def below(services, chat):
    """Begin a client's session below a browser's, and return its id."""

    def begun(parent, client_id=chat, *, is_offline=False):
        opening = Opening(parent.person.id, client_id, "openid", "pwd", "", "", timedelta(days=7))
        with services.database.transaction():
            placed = replace(opening, parent_id=parent.session_id, is_offline=is_offline)
            return services.capabilities.refresh_tokens.begin(placed).session_id

    return begun


@pytest.fixture
def alive(services):
    """Say which of the given sessions are alive."""
    return lambda *given: [services.capabilities.sessions.standing(each, 0) is not None for each in given]


@pytest.fixture
def due(services):
    """List the sessions of whose end somebody has still to be told."""

    def taken():
        with services.database.transaction():
            return sorted(each.session_id for each in services.capabilities.logout_deliveries.take())

    return taken


def test_with_a_browsers_session_end_those_below_it_but_for_offline_ones(end, begun, below, alive, due):
    """OpenID Connect Back-Channel Logout 1.0 §2.7."""
    online, offline = below(begun), below(begun, is_offline=True)

    assert end("one", begun.session_id, "signed out") == 2
    assert alive(begun.session_id, online, offline) == [False, False, True]
    assert due() == sorted([online, offline])  # §2.7: it keeps its access, and learns that the person has left


def test_a_clients_session_ends_alone(end, begun, below, alive, due):
    one, other = below(begun), below(begun)

    assert end("one", one, "revoked") == 1
    assert alive(begun.session_id, one, other) == [True, False, True]
    assert due() == [one]


def test_ones_own_session_ends_and_nobody_elses(services, end, begun, below, alive, due):
    grace = person(services, "grace@example.org")
    online = below(begun)

    assert end("own", begun.session_id, grace.id, "signed out") == 0
    assert alive(begun.session_id, online) == [True, True]
    assert end("own", begun.session_id, begun.person.id, "signed out") == 2
    assert (alive(begun.session_id, online), due()) == ([False, False], [online])


def test_everything_ends_offline_sessions_too_and_what_is_spared_keeps_those_below_it(
    services, end, begun, below, alive, due
):
    elsewhere = session(services, begun.person)
    mine, theirs, offline = below(begun), below(elsewhere), below(elsewhere, is_offline=True)

    assert end("all", begun.person.id, "signed out", spare=begun.session_id) == 3
    assert alive(begun.session_id, mine, elsewhere.session_id, theirs, offline) == [True, True, False, False, False]
    assert due() == sorted([theirs, offline])
    assert end("all", begun.person.id, "deleted") == 2
    assert (alive(begun.session_id, mine), due()) == ([False, False], [mine])


def test_the_sessions_of_a_client_end_for_one_person_or_for_everybody(services, end, begun, below, alive, due):
    elsewhere = session(services, person(services, "grace@example.org"))
    mine, theirs, other = below(begun), below(elsewhere), below(begun, client_id="another")
    client_id = services.capabilities.sessions.standing(mine, 0).client_id

    assert end("of_client", client_id, "consent withdrawn", begun.person.id) == 1
    assert (alive(mine, theirs, other), due()) == ([False, True, True], [mine])
    assert end("of_client", client_id, "client removed") == 1
    assert (alive(theirs, other, begun.session_id), due()) == ([False, True, True], [theirs])


def test_what_was_handed_on_outlives_the_one_before_and_ends_with_the_one_after(
    services, end, begun, below, alive, due
):
    successor, online = session(services, begun.person), below(begun)
    end("hand_on", begun.person.id, begun.session_id, successor.session_id)

    assert end("one", begun.session_id, "replaced") == 1
    assert (alive(online, successor.session_id), due()) == ([True, True], [])
    assert end("one", successor.session_id, "signed out") == 2
    assert (alive(online), due()) == ([False], [online])


def test_what_has_ended_ends_once_and_is_told_once(end, begun, below, due, rings):
    online = below(begun)
    assert [end("one", begun.session_id, "signed out") for _ in range(2)] == [2, 0]

    assert (due(), len(rings)) == ([online], 1)


def test_the_delivery_is_called_after_the_commit_and_finds_what_there_is(end, begun, below, rings):
    below(begun)
    end("one", begun.session_id, "signed out")

    assert rings == [(None, 1)]


def test_where_nobody_wants_to_know_nobody_is_called(end, begun, below, rings, due):
    below(begun, client_id="another")
    end("one", begun.session_id, "signed out")

    assert (rings, due()) == ([], [])


def test_an_end_that_is_rolled_back_is_told_to_nobody(services, endings, begun, below, alive, due, rings):
    online = below(begun)

    def end_in_vain():
        with services.database.transaction():
            assert endings.one(begun.session_id, "signed out") == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_in_vain()
    assert alive(begun.session_id, online) == [True, True]
    assert (rings, due()) == ([], [])


def test_without_a_transaction_nothing_ends(endings, begun, alive):
    with pytest.raises(RuntimeError):
        endings.one(begun.session_id, "signed out")

    assert alive(begun.session_id) == [True]


def test_who_signs_in_once_more_keeps_what_was_opened_from_the_browser(services, begun, below, alive, due):
    """OWASP ASVS 5.0 7.2.4: the session is a new one, and the one before is over."""
    online = below(begun)
    before = services.verify.access_token(begun.access_token)
    after = services.sign_in.with_password(EMAIL, PASSWORD, VISITOR, before)

    assert alive(begun.session_id, online, after.session_id) == [False, True, True]
    services.sign_out.by_refresh_token(after.refresh_token, VISITOR)
    assert (alive(online), due()) == ([False], [online])


def test_who_signs_in_as_somebody_else_closes_what_was_opened_from_the_browser(services, begun, below, alive, due):
    online, offline = below(begun), below(begun, is_offline=True)
    person(services, "grace@example.org")
    before = services.verify.access_token(begun.access_token)
    after = services.sign_in.with_password("grace@example.org", PASSWORD, VISITOR, before)

    assert alive(begun.session_id, online, offline, after.session_id) == [False, False, True, True]
    assert due() == sorted([online, offline])


def test_who_signs_in_in_another_browser_changes_nothing_here(services, begun, below, alive):
    online = below(begun)
    services.sign_in.with_password(EMAIL, PASSWORD, VISITOR)

    assert alive(begun.session_id, online) == [True, True]
    assert services.verify.access_token(begun.access_token).client_id == FIRST_PARTY
