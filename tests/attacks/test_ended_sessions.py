"""
A session that has ended is dead at once: at every door, in every process, whatever was remembered of it.

Law: OWASP ASVS 5.0 7.4.1 and 7.4.2, RFC 7662 §4.
"""

from datetime import timedelta

import pytest
from werkzeug.test import Client

from identity_service.app import create_app, services_of, with_entrance
from tests.attacks.doors import Doors
from tests.fakes.chance import SeededChance


@pytest.fixture
def elsewhere(settings, clock, back_end):
    """The doors of another worker process: its own memory, the same database."""
    app = create_app(settings, clock, SeededChance("another worker"))
    yield Doors(Client(with_entrance(app), use_cookies=False), back_end)
    services_of(app).database.release()


class Endings:
    """The ways in which a session ends."""

    def __init__(self, client, services, clock):
        self._client = client
        self._services = services
        self._clock = clock

    def logout_by_cookie(self, ada):
        self._client.post("/api/auth/logout", headers=_cookie(ada))

    def logout_by_bearer(self, ada):
        self._client.post("/api/auth/logout", headers=_bearer(ada))

    def logout_of_the_device(self, ada):
        self._client.delete(f"/api/auth/sessions/{ada.session_id}", headers=_bearer(ada))

    def reuse(self, ada):
        self._client.post("/api/auth/refresh", headers=_cookie(ada))
        self._clock.advance(timedelta(seconds=31))
        assert self._client.post("/api/auth/refresh", headers=_cookie(ada)).status_code == 401

    def logout_everywhere(self, ada):
        self._client.post("/api/auth/logout-all", headers=_bearer(ada))

    def deletion(self, ada):
        self._services.close_account.by_operator(self._services.close_account.find(ada.person.email))

    def expiry_of_the_session(self, ada):
        self._clock.advance(ada.expires_at - self._clock.now())


OF_ONE = (Endings.logout_by_cookie, Endings.logout_by_bearer, Endings.logout_of_the_device, Endings.reuse)
OF_ALL = (Endings.logout_everywhere, Endings.deletion, Endings.expiry_of_the_session)


@pytest.fixture
def endings(bare, services, clock):
    return Endings(bare, services, clock)


@pytest.mark.parametrize("end", OF_ONE + OF_ALL, ids=lambda end: end.__name__)
def test_an_ended_session_is_dead_at_once_at_every_door_of_every_worker(ada, doors, elsewhere, endings, end):
    assert doors.reading(ada.access_token) == doors.readers
    assert elsewhere.reading(ada.access_token) == elsewhere.readers

    end(endings, ada)

    assert doors.accepting(ada.access_token) == set()
    assert elsewhere.accepting(ada.access_token) == set()


@pytest.mark.parametrize("end", OF_ONE + OF_ALL, ids=lambda end: end.__name__)
def test_the_browser_of_an_ended_session_is_a_strangers_browser(ada, bare, endings, end):
    assert bare.get("/v1/forward-auth", headers=_cookie(ada)).status_code == 204

    end(endings, ada)

    assert bare.get("/v1/forward-auth", headers=_cookie(ada)).status_code == 401
    assert bare.post("/api/auth/refresh", headers=_cookie(ada)).status_code in {401, 403}


@pytest.mark.parametrize("end", OF_ONE, ids=lambda end: end.__name__)
def test_ending_one_session_leaves_the_others_alone(ada, sign_in, doors, endings, end):
    phone, eve = sign_in(), sign_in("eve@example.org")

    end(endings, ada)

    assert doors.reading(phone.access_token) == doors.reading(eve.access_token) == doors.readers


def test_signing_out_everywhere_else_spares_the_session_that_asks(ada, sign_in, doors, bare):
    phone, eve = sign_in(), sign_in("eve@example.org")

    answer = bare.post("/api/auth/logout-all", json={"keep_current": True}, headers=_bearer(ada))

    assert answer.json == {"message": "Logout successful", "ended": 1}
    assert doors.accepting(phone.access_token) == set()
    assert doors.reading(ada.access_token) == doors.reading(eve.access_token) == doors.readers


def test_nobody_ends_somebody_elses_session(ada, sign_in, doors, bare):
    eve = sign_in("eve@example.org")

    theirs = bare.delete(f"/api/auth/sessions/{ada.session_id}", headers=_bearer(eve))
    nobodys = bare.delete(f"/api/auth/sessions/{'0' * 24}", headers=_bearer(eve))

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json["code"] == nobodys.json["code"] == "session_unknown"
    assert theirs.json["message"] == nobodys.json["message"]
    assert doors.reading(ada.access_token) == doors.readers


def test_a_token_of_somebody_deleted_stays_dead_when_the_address_signs_up_again(ada, doors, services, sign_in):
    services.close_account.by_operator(ada.person)
    again = sign_in()

    assert again.person.id != ada.person.id
    assert doors.accepting(ada.access_token) == set()
    assert doors.reading(again.access_token) == doors.readers


def test_an_account_that_is_being_deleted_is_dead_before_it_is_gone(ada, doors, services):
    assert doors.reading(ada.access_token) == doors.readers
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.person.id)

    assert doors.accepting(ada.access_token) == set()


def test_a_role_that_changes_is_told_at_once(ada, bare, services):
    assert bare.get("/v1/forward-auth", headers=_bearer(ada)).headers["X-Auth-Role"] == "ADMIN"
    with services.database.transaction():
        services.database.connection().exec_driver_sql("UPDATE users SET role = 'USER'")

    assert bare.get("/v1/forward-auth", headers=_bearer(ada)).headers["X-Auth-Role"] == "USER"
    assert bare.get("/api/user", headers=_bearer(ada)).json["role"] == "USER"


def _bearer(signed_in):
    return {"Authorization": f"Bearer {signed_in.access_token}"}


def _cookie(signed_in):
    return {"Cookie": f"refreshToken={signed_in.refresh_token}"}
