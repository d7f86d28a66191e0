"""
A sealed request that was tampered with, cut, borrowed, too old or invented leads nowhere.

Every page that carries one is asked; each either says so on a page, or sends the browser to another page of ours,
which says so.
Law: RFC 9700 §4.1, OWASP ASVS 5.0 5.3.2 and 11.4 (nobody but us can say that a step has been taken).
"""

from base64 import urlsafe_b64decode
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from identity_service.app import create_app, services_of, with_entrance
from identity_service.foundation.settings import load
from tests.attacks.outside import CALLBACK, CHALLENGE
from tests.fakes.chance import SeededChance
from tests.fakes.secrets import GOOD_SECRETS

# A limit would tell of itself before anybody looks at what is sealed.
pytestmark = pytest.mark.environ(LOGIN_MAX="100000", LOGIN_GLOBAL_MAX="100000", REGISTER_MAX="100000")

EVIL = "evil.example"
GETS = ("/oauth2/authorize", "/login", "/register", "/consent", "/oauth2/logout")
POSTS = {
    "/login": {"email": "ada@example.org", "password": "a long phrase that is mine"},
    "/login/continue": {},
    "/register": {"name": "Ada", "email": "new@example.org", "password": "long enough"},
    "/consent": {"decision": "allow"},
    "/consent?deny": {"decision": "deny"},
    "/consent?switch": {"decision": "switch"},
    "/oauth2/logout": {"decision": "logout"},
}
OF_SIGN_OUT = "/oauth2/logout"
INVENTED = [
    "x",
    "A" * 22,
    "A" * 6000,
    "A" * 8000,
    f"https://{EVIL}/",
    f"//{EVIL}",
    f"/\\{EVIL}",
    f"javascript:alert('{EVIL}')",
    f"\r\nLocation: https://{EVIL}/",
    f'"><script src=//{EVIL}></script>',
    "{{7*7}}",
    "null",
    "\0",
    "\ufeff",
    "é" * 40,
    "\U0001f600",
    "=" * 40,
    "../../",
]


class Doors:
    """Everything that takes a continuation, knocked at from one of our own pages."""

    def __init__(self, app, ada=None):
        self._client = Client(with_entrance(app), use_cookies=False)
        self._headers = {"Sec-Fetch-Site": "same-origin"}
        if ada:
            self._headers["Cookie"] = f"refreshToken={ada.refresh_token}"

    def sealed(self, path="/oauth2/authorize", **request):
        """Let a request be sealed by sending it as a form."""
        return parse_qs(urlsplit(self._client.post(path, data=request).location).query)["continue"][0]

    def get(self, path, sealed):
        return self._client.get(path, query_string={"continue": sealed}, headers=self._headers)

    def post(self, path, sealed):
        form = {"continue": sealed, **POSTS[path]}
        return self._client.post(path.partition("?")[0], data=form, headers=self._headers)

    def answers(self, sealed, of_sign_out):
        """Knock at every door that takes requests of this kind."""
        gets = [self.get(path, sealed) for path in GETS if (path == OF_SIGN_OUT) == of_sign_out]
        return gets + [self.post(path, sealed) for path in POSTS if (path == OF_SIGN_OUT) == of_sign_out]

    def end_of(self, answer):
        """Follow to where a redirect leads, which is nowhere but to pages of ours."""
        for _ in range(3):
            if answer.location is None:
                return answer
            assert answer.status_code == 303
            assert answer.location.startswith(GETS), answer.location
            answer = self._client.get(answer.location, headers=self._headers)
        raise AssertionError(f"from page to page without an end: {answer.location}")


@pytest.fixture
def client(services):
    told = {"is_trusted": True, "post_logout_redirect_uris": [CALLBACK]}
    return services.administer.create_client("App", (CALLBACK,), told).client


@pytest.fixture
def request_(client):
    asked = {"client_id": client.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid"}
    return {**asked, "code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture
def leaving(client):
    return {"client_id": client.client_id, "post_logout_redirect_uri": CALLBACK}


@pytest.fixture(params=["signed in", "a stranger"])
def doors(request, app, ada):
    return Doors(app, ada if request.param == "signed in" else None)


@pytest.fixture
def insist(doors):
    """Insist that a continuation leads nowhere, whichever door it is shown at."""

    def leads_nowhere(sealed, *, of_sign_out=False):
        for answer in doors.answers(sealed, of_sign_out):
            end = doors.end_of(answer)
            # Who says with an own click that they want to leave may do so, whatever else came along.
            is_own_word = (end.request.method, end.request.path) == ("POST", OF_SIGN_OUT)
            assert end.status_code == (200 if is_own_word else 400), (end.request.path, end.text)
            assert end.location is None
            assert CALLBACK not in end.text
            assert EVIL not in end.text

    return leads_nowhere


def test_what_was_sealed_leads_on(app, ada, request_, leaving):
    """The positive twin: a request that nobody has touched."""
    at_home, stranger = Doors(app, ada), Doors(app)
    sealed, end = at_home.sealed(**request_), at_home.sealed(OF_SIGN_OUT, **leaving)

    assert at_home.get("/oauth2/authorize", sealed).location.startswith(f"{CALLBACK}?code=")
    assert stranger.get("/oauth2/authorize", sealed).location.startswith("/login?continue=")
    assert stranger.get("/login", sealed).status_code == 200
    assert stranger.post(OF_SIGN_OUT, end).location == CALLBACK


@pytest.mark.parametrize("invented", INVENTED, ids=repr)
def test_an_invented_continuation_leads_nowhere(insist, invented):
    insist(invented)
    insist(invented, of_sign_out=True)


def test_a_continuation_with_one_letter_changed_leads_nowhere(doors, insist, request_, leaving):
    for of_sign_out, sealed in ((False, doors.sealed(**request_)), (True, doors.sealed(OF_SIGN_OUT, **leaving))):
        for spoiled in _with_one_letter_changed(sealed, step=29):
            insist(spoiled, of_sign_out=of_sign_out)


def test_a_continuation_that_was_cut_or_drawn_out_leads_nowhere(doors, insist, request_, leaving):
    for of_sign_out, sealed in ((False, doors.sealed(**request_)), (True, doors.sealed(OF_SIGN_OUT, **leaving))):
        cut = [sealed[:-1], sealed[:-4], sealed[: len(sealed) // 2], sealed[:16], sealed[1:], sealed[4:], sealed[::-1]]
        for spoiled in (*cut, sealed + "AAAA", sealed * 2, "AAAA" + sealed):
            insist(spoiled, of_sign_out=of_sign_out)


def test_a_continuation_of_another_purpose_leads_nowhere(doors, insist, request_, leaving):
    insist(doors.sealed(OF_SIGN_OUT, **leaving))
    insist(doors.sealed(**request_), of_sign_out=True)
    insist(doors.sealed(OF_SIGN_OUT, **request_))
    insist(doors.sealed(**{**request_, **leaving}), of_sign_out=True)


def test_a_continuation_that_is_too_old_leads_nowhere(doors, insist, clock, request_, leaving):
    sealed, end = doors.sealed(**request_), doors.sealed(OF_SIGN_OUT, **leaving)
    clock.advance(timedelta(hours=1, microseconds=1))

    insist(sealed)
    insist(end, of_sign_out=True)


def test_a_continuation_of_another_installation_leads_nowhere(doors, insist, settings, clock, tmp_path, request_):
    url = settings.database.url.get_secret_value()
    secrets = {**GOOD_SECRETS, "CREDS_KEY": GOOD_SECRETS["CREDS_KEY"][::-1]}
    other = create_app(load({**secrets, "DATABASE_URL": url}, tmp_path), clock, SeededChance("elsewhere"))

    insist(Doors(other).sealed(**request_))
    services_of(other).database.release()


def test_a_code_or_a_token_of_ours_is_no_continuation(insist, app, ada, request_):
    came = parse_qs(urlsplit(Doors(app, ada).get("/oauth2/authorize", Doors(app).sealed(**request_)).location).query)

    for other in (came["code"][0], ada.access_token, ada.refresh_token):
        insist(other)
        insist(other, of_sign_out=True)


def _with_one_letter_changed(sealed, step):
    for place in (*range(0, len(sealed), step), len(sealed) - 1):
        letter = "B" if sealed[place] != "B" else "C"
        spoiled = sealed[:place] + letter + sealed[place + 1 :]
        if _bytes(spoiled) != _bytes(sealed):  # the last letter has bits to spare
            yield spoiled


def _bytes(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
