"""
Signing out: exactly the session that asks, by whatever it has left to prove itself with.

Law: OWASP ASVS 5.0 7.4.1. Leaves to others: what "over" means at each door (test_ended_sessions).
"""

from datetime import timedelta

import pytest

from tests.attacks import forge
from tests.fakes import people

DONE = {"message": "Logout successful"}


@pytest.fixture
def log_out(bare):
    """Sign out with a cookie, a bearer, or both."""

    def post(cookie=None, bearer=None):
        headers = {"Cookie": f"refreshToken={cookie}"} if cookie else {}
        return bare.post(
            "/api/auth/logout", headers=headers | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        )

    return post


@pytest.fixture
def devices(services):
    """Name a person's live sessions."""
    return lambda person: {device.id for device in services.capabilities.sessions.devices(person.id)}


def test_the_refresh_cookie_alone_signs_out_of_its_session_and_no_other(ada, sign_in, log_out, devices):
    phone, eve = sign_in(), sign_in("eve@example.org")

    answer = log_out(cookie=ada.refresh_token)

    assert (answer.status_code, answer.json) == (200, DONE)
    assert devices(ada.person) == {phone.session_id}
    assert devices(eve.person) == {eve.session_id}


def test_the_access_token_alone_signs_out_of_its_session_and_no_other(ada, sign_in, log_out, devices):
    """LibreChat ended some session of the person, whichever it found first."""
    phone = sign_in()

    assert log_out(bearer=ada.access_token).json == DONE
    assert devices(ada.person) == {phone.session_id}


def test_an_expired_access_token_does_not_keep_anybody_from_signing_out(ada, log_out, devices, clock):
    clock.advance(timedelta(hours=1))

    assert log_out(cookie=ada.refresh_token, bearer=ada.access_token).json == DONE
    assert devices(ada.person) == set()


def test_an_old_cookie_signs_out_of_its_session(ada, bare, log_out, devices, clock):
    """Whoever holds it means to leave; that somebody else may hold the newer one is one more reason."""
    bare.post("/api/auth/refresh", headers={"Cookie": f"refreshToken={ada.refresh_token}"})
    clock.advance(timedelta(minutes=5))

    assert log_out(cookie=ada.refresh_token).json == DONE
    assert devices(ada.person) == set()


def test_signing_out_twice_is_no_mistake(ada, log_out, services):
    for _ in range(3):
        assert log_out(cookie=ada.refresh_token).json == DONE

    told = [entry.event.name for entry in services.capabilities.trail.about(ada.person.id)]
    assert told.count("signed_out") == 1


def test_a_forged_cookie_signs_nobody_out(ada, log_out, devices):
    press = forge.Press(ada.refresh_token, forge.hs256(b"not the secret"))

    for cookie in (press.with_claims(), press.signed_by(forge.unsigned, alg="none"), "x", ada.access_token):
        assert log_out(cookie=cookie).status_code == 200
    assert devices(ada.person) == {ada.session_id}


def test_a_cookie_that_is_none_does_not_keep_the_access_tokens_session_alive(ada, log_out, devices):
    """After the secret of refresh tokens has changed, every browser still sends such a cookie."""
    assert log_out(cookie="x", bearer=ada.access_token).json == DONE
    assert devices(ada.person) == set()


def test_a_cookie_whose_session_is_over_does_not_keep_the_access_tokens_session_alive(ada, sign_in, log_out, devices):
    """Whoever hears that they are signed out must be; a browser may still send what another sign-out left behind."""
    phone, laptop = sign_in(), sign_in()
    log_out(cookie=phone.refresh_token)

    assert log_out(cookie=phone.refresh_token, bearer=ada.access_token).json == DONE
    assert devices(ada.person) == {laptop.session_id}


def test_a_cookie_past_its_end_does_not_keep_the_access_tokens_session_alive(ada, sign_in, log_out, devices, clock):
    clock.advance(timedelta(days=6, hours=23, minutes=59))
    later = sign_in()
    clock.advance(timedelta(minutes=2))

    assert log_out(cookie=ada.refresh_token, bearer=later.access_token).json == DONE
    assert devices(later.person) == set()


def test_a_live_cookie_decides_and_the_access_tokens_session_stays(ada, sign_in, log_out, devices):
    phone = sign_in()

    assert log_out(cookie=ada.refresh_token, bearer=phone.access_token).json == DONE
    assert devices(ada.person) == {phone.session_id}


def test_an_applications_cookie_does_not_keep_the_access_tokens_session_alive(ada, services, log_out, devices):
    theirs = people.session(services, ada.person, client_id="an-application")

    assert log_out(cookie=theirs.refresh_token, bearer=ada.access_token).json == DONE
    assert ada.session_id not in devices(ada.person)
    assert log_out(cookie=theirs.refresh_token).json == DONE


@pytest.mark.parametrize("other", ["", "; refreshToken=x"])
def test_the_browsers_own_cookie_signs_out_of_its_session_when_nothing_else_does(services, bare, devices, other):
    """It would open the session again: the secret of refresh tokens has changed, or they are from the future."""
    ada = people.person(services)
    given = bare.post("/api/auth/login", json={"email": ada.email, "password": people.PASSWORD}).headers
    own = next(cookie for cookie in given.getlist("Set-Cookie") if cookie.startswith("identity_session="))
    sent = {"Cookie": own.partition(";")[0] + other}

    assert bare.post("/api/auth/logout", headers=sent).json == DONE
    assert devices(ada) == set()
    assert bare.get("/v1/forward-auth", headers=sent).status_code == 401


def test_without_cookie_and_without_a_good_bearer_nobody_is_there_to_sign_out(ada, log_out, devices):
    for bearer in (None, "x", ada.refresh_token):
        assert log_out(bearer=bearer).status_code == 401
    assert devices(ada.person) == {ada.session_id}


def test_signing_out_lets_the_browser_forget_its_cookies(ada, log_out):
    told = log_out(cookie=ada.refresh_token).headers.getlist("Set-Cookie")

    names = [cookie.partition("=")[0] for cookie in told]
    assert names[:2] == ["refreshToken", "token_provider"]
    assert names[2:] == ["openid_user_id", "openid_access_token", "openid_id_token", "identity_session"]
    assert all("Max-Age=0" in cookie and "Path=/" in cookie and "HttpOnly" in cookie for cookie in told)
