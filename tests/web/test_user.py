"""Who I am, and where I am signed in."""

import pytest

from tests.fakes.people import person, session


@pytest.fixture
def other(services, ada):
    """Another session of Ada's."""
    return session(services, ada, agent="Phone")


@pytest.fixture
def theirs(services):
    """A session of somebody else."""
    return session(services, person(services, "grace@example.org"))


@pytest.fixture
def alive(services):
    """Say which of the given sessions are alive."""
    return lambda *given: [services.verify.access_token(one.access_token) is not None for one in given]


def test_a_person_is_shown_as_librechat_shows_one(browser, ada, begun, bearer):
    assert browser.get("/api/user", headers=bearer(begun)).json == {
        "_id": ada.id,
        "id": ada.id,
        "name": "Ada Lovelace",
        "username": "ada",
        "email": "Ada@Example.org",
        "emailVerified": False,
        "avatar": None,
        "provider": "local",
        "role": "ADMIN",
        "plugins": [],
        "twoFactorEnabled": False,
        "termsAccepted": False,
        "createdAt": "2026-03-14T09:26:53.000Z",
        "updatedAt": "2026-03-14T09:26:53.000Z",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/user"),
        ("PUT", "/api/user/language"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions/66f1c0ffee0ddba11ad00001"),
        ("POST", "/api/auth/logout-all"),
    ],
)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer garbage", "Basic YTpi", "bearer a.b.c"])
def test_nobody_is_let_in_without_a_good_access_token(browser, begun, method, path, header):
    headers = {} if header is None else {"Authorization": header}
    body = {"json": {"language": "de"}} if method == "PUT" else {}
    answer = browser.open(path, method=method, headers=headers, **body)

    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_required")


def test_a_refresh_token_lets_nobody_in(browser, begun):
    headers = {"Authorization": f"Bearer {begun.refresh_token}"}

    assert browser.get("/api/user", headers=headers).status_code == 401


def test_my_sessions_are_listed_and_this_one_is_marked(browser, begun, other, theirs, bearer):
    listed = browser.get("/api/auth/sessions", headers=bearer(begun)).json["sessions"]

    assert {each["id"]: (each["current"], each["userAgent"]) for each in listed} == {
        begun.session_id: (True, "Firefox"),
        other.session_id: (False, "Phone"),
    }
    assert listed[0]["createdAt"] == listed[0]["lastSeenAt"] == "2026-03-14T09:26:53.000Z"
    assert listed[0]["expiresAt"] == "2026-03-21T09:26:53.000Z"
    assert listed[0].keys() == {"id", "current", "userAgent", "address", "createdAt", "lastSeenAt", "expiresAt"}


def test_a_person_ends_another_session_of_their_own(browser, begun, other, bearer, alive):
    answer = browser.delete(f"/api/auth/sessions/{other.session_id}", headers=bearer(begun))

    assert answer.json == {"message": "Session ended"}
    assert "Set-Cookie" not in answer.headers
    assert alive(begun, other) == [True, False]


def test_a_person_who_ends_this_session_is_signed_out_of_the_browser(browser, begun, bearer, alive):
    answer = browser.delete(f"/api/auth/sessions/{begun.session_id}", headers=bearer(begun))

    assert "refreshToken=;" in answer.headers["Set-Cookie"]
    assert alive(begun) == [False]


@pytest.mark.parametrize("session_id", ["f" * 24, "not-an-id", "%00", "é", "' OR 1=1 --"])
def test_a_session_that_is_not_there_is_unknown(browser, begun, bearer, session_id):
    answer = browser.delete(f"/api/auth/sessions/{session_id}", headers=bearer(begun))

    assert (answer.status_code, answer.json["code"]) == (404, "session_unknown")


def test_a_session_of_somebody_else_is_as_unknown_as_none(browser, begun, theirs, bearer, alive):
    answer = browser.delete(f"/api/auth/sessions/{theirs.session_id}", headers=bearer(begun))
    unknown = browser.delete(f"/api/auth/sessions/{'f' * 24}", headers=bearer(begun))

    assert (answer.status_code, answer.json["message"]) == (unknown.status_code, unknown.json["message"])
    assert alive(theirs) == [True]


def test_signing_out_everywhere_ends_every_session_of_mine(browser, begun, other, theirs, bearer, alive):
    answer = browser.post("/api/auth/logout-all", headers=bearer(begun))

    assert answer.json == {"message": "Logout successful", "ended": 2}
    assert "refreshToken=;" in answer.headers["Set-Cookie"]
    assert alive(begun, other, theirs) == [False, False, True]


def test_signing_out_everywhere_else_spares_this_session(browser, begun, other, theirs, bearer, alive):
    answer = browser.post("/api/auth/logout-all", json={"keep_current": True}, headers=bearer(begun))

    assert answer.json["ended"] == 1
    assert "Set-Cookie" not in answer.headers
    assert alive(begun, other, theirs) == [True, False, True]


@pytest.mark.parametrize("body", [{"keep_current": "true"}, {"keep_current": 1}, {"keep_current": None}])
def test_what_to_spare_is_said_plainly_or_refused(browser, begun, other, bearer, alive, body):
    assert browser.post("/api/auth/logout-all", json=body, headers=bearer(begun)).json["code"] == "invalid_input"
    assert alive(begun, other) == [True, True]


@pytest.mark.parametrize("language", ["de", None])
def test_i_choose_the_language_of_my_letters(services, browser, ada, begun, bearer, language):
    for chosen in ("fr", language):
        answer = browser.put("/api/user/language", json={"language": chosen}, headers=bearer(begun))
        assert (answer.status_code, answer.json) == (200, {"language": chosen})

    assert services.capabilities.languages.of(ada.id) == (language or "")
    assert browser.get("/api/user", headers=bearer(begun)).json["updatedAt"] == "2026-03-14T09:26:53.000Z"


@pytest.mark.parametrize("language", ["tlh", "DE", "", "x" * 17, "../en", 7, ["de"]])
def test_a_language_without_letters_is_refused(services, browser, ada, begun, bearer, language):
    answer = browser.put("/api/user/language", json={"language": language}, headers=bearer(begun))

    assert (answer.status_code, answer.json["code"]) == (404, "invalid_input")
    assert answer.json["message"].startswith("language: ")
    assert services.capabilities.languages.of(ada.id) == ""
