"""
Sixty-four requests released together, over two workers: whatever the order, one outcome.

Leaves to others: one after the other (test_refresh_reuse), with workers dying meanwhile (test_killed_workers).
"""

from itertools import product

import pytest
from sqlalchemy import text

from identity_service.foundation.opaque import fingerprint
from tests.attacks.crowd import UNLIMITED, all_at_once, behind, login, refresh, registration

CROWD = 64
ROUNDS = 3


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(identity_server, request):
    return identity_server(server=request.param, environment=UNLIMITED)


@pytest.fixture
def services(server):
    with behind(server) as found:
        yield found


@pytest.fixture
def empty(services):
    """An installation where nobody has ever been."""

    def forget_everybody():
        with services.database.transaction():
            for table in ("sessions", "users", "milestones"):
                services.database.connection().execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names

    forget_everybody()
    return forget_everybody


@pytest.fixture
def signed_in(server, empty):
    """Ada's first refresh token."""
    all_at_once(server, [registration("ada@example.org")])
    return all_at_once(server, [login("ada@example.org")])[0].refresh_token


def test_one_refresh_token_has_one_successor(server, services, signed_in):
    for turn in range(1, 6):
        answers = all_at_once(server, [refresh(signed_in)] * CROWD)

        assert [answer.status for answer in answers] == [200] * CROWD
        (successor,) = {answer.refresh_token for answer in answers}
        assert _ratchets(services) == [(turn, fingerprint(successor), fingerprint(signed_in), None)]
        signed_in = successor


def test_a_crowd_of_old_and_new_tokens_never_gets_two_live_successors(server, services, signed_in):
    (first,) = {answer.refresh_token for answer in all_at_once(server, [refresh(signed_in)] * 4)}

    answers = all_at_once(server, [refresh(signed_in), refresh(first)] * (CROWD // 2))

    assert {answer.status for answer in answers} <= {200, 401}
    assert {answer.refresh_token for answer in answers[::2]} <= {"", first}
    assert len({answer.refresh_token for answer in answers[1::2]} - {""}) <= 1
    ((_, current, _, _),) = _ratchets(services)
    assert current in {fingerprint(answer.refresh_token) for answer in answers}


def test_a_crowd_of_reuses_raises_one_alarm(server, services, signed_in):
    (second,) = {answer.refresh_token for answer in all_at_once(server, [refresh(signed_in)])}
    (third,) = {answer.refresh_token for answer in all_at_once(server, [refresh(second)])}

    answers = all_at_once(server, [refresh(signed_in)] * CROWD)

    assert [answer.status for answer in answers] == [401] * CROWD
    assert all_at_once(server, [refresh(third)])[0].status == 401
    ada = services.capabilities.users.by_email("ada@example.org")
    told = [entry.event.name for entry in services.capabilities.trail.about(ada.id)]
    assert told.count("refresh.reused") == 1


def test_a_crowd_that_signs_in_gets_as_many_sessions(server, services, signed_in):
    answers = all_at_once(server, [login("ada@example.org")] * 16)

    assert [answer.status for answer in answers] == [200] * 16
    assert len(_ratchets(services)) == 1 + 16


def test_of_a_crowd_of_first_sign_ups_exactly_one_becomes_administrator(server, services, empty):
    for turn in range(ROUNDS):
        empty()
        answers = all_at_once(server, [registration(f"person.{turn}.{number}@example.org") for number in range(CROWD)])

        assert [answer.status for answer in answers] == [200] * CROWD
        people = services.capabilities.users.page()
        assert len(people) == CROWD
        assert [person.role for person in people].count("ADMIN") == 1


def test_a_crowd_that_signs_up_with_one_address_in_many_spellings_makes_one_account(server, services, empty):
    spellings = [
        f"{local}@{domain}"
        for local, domain in product(
            (
                "ada.lovelace",
                "ADA.LOVELACE",
                "Ada.Lovelace",
                "aDa.lOvElAcE",
                "\uff41da.lovelace",  # full-width a
                "\uff21da.lovelace",
                "ada.love\uff4cace",
                "ADA.LOVE\uff2cACE",
            ),
            (
                "b\u00fccher.example",
                "B\u00dcCHER.EXAMPLE",
                "bu\u0308cher.example",  # u and a combining diaeresis
                "xn--bcher-kva.example",
                "XN--BCHER-KVA.example",
                "b\u00fccher\u3002example",  # ideographic full stop
                "\uff42\u00fccher.example",
                "b\u00fccher.\uff45xample",
            ),
        )
    ]
    assert len(set(spellings)) == CROWD

    answers = all_at_once(server, [registration(spelling) for spelling in spellings])

    assert {(answer.status, answer.text, tuple(answer.headers)) for answer in answers} == {
        (200, answers[0].text, tuple(answers[0].headers))
    }
    (only,) = services.capabilities.users.page()
    assert (only.email in spellings, only.role) == (True, "ADMIN")


def test_a_crowd_of_sign_outs_ends_the_session_once(server, services, signed_in):
    leaving = refresh(signed_in)._replace(path="/api/auth/logout")

    assert {answer.status for answer in all_at_once(server, [leaving] * CROWD)} == {200}
    ((_, _, _, because),) = _ratchets(services)
    assert because == "signed out"


def test_refreshing_and_signing_out_at_once_leaves_nobody_signed_in(server, services, signed_in):
    leaving = refresh(signed_in)._replace(path="/api/auth/logout")

    answers = all_at_once(server, [refresh(signed_in)] * (CROWD - 1) + [leaving])

    assert {answer.status for answer in answers} <= {200, 401}
    handed_out = {answer.refresh_token for answer in answers[:-1]} - {""}
    assert len(handed_out) <= 1
    assert all(all_at_once(server, [refresh(token)])[0].status == 401 for token in handed_out)


def _ratchets(services):
    columns = 'SELECT n, "current", previous, ended_because FROM sessions ORDER BY id'
    with services.database.transaction():
        return [tuple(row) for row in services.database.connection().execute(text(columns))]
