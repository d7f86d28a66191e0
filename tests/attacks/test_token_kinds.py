"""
Tokens of one kind where another is expected: the two dialects, access and refresh, our own secrets mixed up.

Law: RFC 8725 §3.12 (rules that exclude each other), OWASP ASVS 5.0 9.2.2.
"""

import pytest
from werkzeug.test import Client

from identity_service.app import create_app, services_of, with_entrance
from identity_service.foundation.settings import load
from tests.attacks import forge
from tests.fakes.chance import SeededChance
from tests.fakes.secrets import GOOD_SECRETS

librechat = pytest.mark.environ(ACCESS_TOKEN_DIALECT="librechat")
JWT_SECRET, REFRESH_SECRET = GOOD_SECRETS["JWT_SECRET"].encode(), GOOD_SECRETS["JWT_REFRESH_SECRET"].encode()


@pytest.fixture
def translated(settings, clock, tmp_path):
    """A maker of Ada's next access token in the other dialect, by an installation on the same database."""
    other = "librechat" if settings.site.dialect == "standard" else "standard"
    url = settings.database.url.get_secret_value()
    app = create_app(
        load({**GOOD_SECRETS, "DATABASE_URL": url, "ACCESS_TOKEN_DIALECT": other}, tmp_path),
        clock,
        SeededChance("the other dialect"),
    )
    client = Client(with_entrance(app), use_cookies=False)
    yield lambda ada: client.post("/api/auth/refresh", headers={"Cookie": f"refreshToken={ada.refresh_token}"}).json[
        "token"
    ]
    services_of(app).database.release()


def test_where_the_standard_dialect_is_spoken_the_other_is_not(ada, doors, translated):
    assert forge.opened(translated(ada)).header["alg"] == "HS256"
    assert doors.accepting(translated(ada)) == set()
    assert doors.reading(ada.access_token) == doors.readers


@librechat
def test_where_the_librechat_dialect_is_spoken_the_other_is_not(ada, doors, translated):
    assert forge.opened(translated(ada)).header["alg"] == "ES256"
    assert doors.accepting(translated(ada)) == set()
    assert doors.reading(ada.access_token) == doors.readers


@librechat
def test_a_librechat_token_made_by_hand_opens_every_door(ada, doors):
    press = forge.Press(ada.access_token, forge.hs256(JWT_SECRET))

    assert doors.accepting(press.with_claims()) == doors.readers | {"POST /api/auth/logout"}


@librechat
@pytest.mark.parametrize("algorithm", ["none", "NONE", "hs256", "HS384", "HS512", "ES256", "RS256"])
def test_a_librechat_token_of_another_algorithm_opens_no_door(ada, doors, algorithm):
    press = forge.Press(ada.access_token, forge.hs256(JWT_SECRET))

    assert doors.accepting(press.with_header(alg=algorithm)) == set()
    assert doors.accepting(press.signed_by(forge.unsigned, alg=algorithm)) == set()


@librechat
def test_a_librechat_token_under_another_secret_opens_no_door(ada, doors):
    press = forge.Press(ada.access_token, forge.hs256(b""))
    secrets = [REFRESH_SECRET, bytes.fromhex(JWT_SECRET.decode()), JWT_SECRET[:-1], JWT_SECRET.upper(), b"", b"secret"]

    assert [secret for secret in secrets if doors.accepting(press.signed_by(forge.hs256(secret)))] == []


@librechat
@pytest.mark.parametrize("header", [{"kid": "mine"}, {"jku": "https://x.example"}, {"crit": ["exp"]}, {"jwk": {}}])
def test_what_a_librechat_token_names_beside_its_algorithm_is_not_used(ada, doors, header):
    press = forge.Press(ada.access_token, forge.hs256(b"mine"))

    assert doors.accepting(press.with_header(**header)) == set()


@librechat
@pytest.mark.parametrize("typ", [None, "at+jwt", "jwt", "JOSE"])
def test_a_librechat_token_of_another_type_opens_no_door(ada, doors, typ):
    press = forge.Press(ada.access_token, forge.hs256(JWT_SECRET))

    assert doors.accepting(press.with_header(typ=typ)) == set()


@librechat
def test_a_librechat_token_that_lacks_a_session_or_names_two_people_opens_no_door(ada, doors, sign_in):
    press, eve = forge.Press(ada.access_token, forge.hs256(JWT_SECRET)), sign_in("eve@example.org")
    spoiled = [press.with_claims(**{name: None}) for name in ("id", "sub", "sid", "jti", "iss", "iat", "exp")]
    spoiled += [press.with_claims(id=eve.person.id), press.with_claims(sub=eve.person.id)]
    spoiled += [press.with_claims(id=eve.person.id, sub=eve.person.id), press.with_claims(sid=eve.session_id)]
    spoiled += [press.with_claims(aud="http://localhost:3081"), press.with_claims(iss="http://localhost:3081/")]

    assert [token for token in spoiled if doors.accepting(token)] == []


@librechat
def test_the_short_tokens_that_a_chat_back_end_signs_for_others_open_no_door(ada, doors, clock):
    """LibreChat signs more under JWT_SECRET: for its file search, its agents and an unfinished second step."""
    now = int(clock.now().timestamp())
    others = [{"id": ada.person.id}, {"id": ada.person.id, "scope": "agent_trigger"}]
    others += [{"userId": ada.person.id, "twoFAPending": True}]
    tokens = [
        forge.compact({"alg": "HS256", "typ": "JWT"}, {**says, "iat": now, "exp": now + 60}, forge.hs256(JWT_SECRET))
        for says in others
    ]

    assert [token for token in tokens if doors.accepting(token)] == []


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_a_refresh_token_is_no_access_token(ada, doors, typ):
    assert doors.accepting(ada.refresh_token) == set()
    disguised = forge.Press(ada.refresh_token, forge.hs256(REFRESH_SECRET))
    claims = {**forge.opened(ada.access_token).claims, **disguised.claims}

    assert doors.accepting(forge.compact({"alg": "HS256", "typ": typ}, claims, disguised.signer)) == set()


@librechat
def test_a_refresh_token_is_no_access_token_in_the_other_dialect_either(ada, doors):
    claims = {**forge.opened(ada.access_token).claims, **forge.opened(ada.refresh_token).claims}

    assert doors.accepting(ada.refresh_token) == set()
    assert doors.accepting(forge.compact({"alg": "HS256", "typ": "JWT"}, claims, forge.hs256(REFRESH_SECRET))) == set()


@pytest.mark.parametrize("dialect", ["standard", pytest.param("librechat", marks=librechat)])
def test_an_access_token_is_no_refresh_token(ada, bare, dialect):
    for path, method, status in (("/api/auth/refresh", "POST", 403), ("/v1/forward-auth", "GET", 401)):
        for token in (ada.access_token, _with_refresh_claims(ada)):
            answer = bare.open(path, method=method, headers={"Cookie": f"refreshToken={token}"})
            assert answer.status_code == status, dialect


def _with_refresh_claims(ada):
    """A refresh token in all but the secret: the one that a chat back end also knows."""
    return forge.Press(ada.refresh_token, forge.hs256(JWT_SECRET)).with_claims()
