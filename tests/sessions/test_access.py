"""Access tokens: what each dialect says, and that neither passes for the other."""

from datetime import timedelta

import pytest

from identity_service.foundation import jose
from identity_service.foundation.clock import to_seconds
from identity_service.sessions.access import LibreChatAccessTokens, StandardAccessTokens, Subject, Terms
from tests.fakes.chance import SeededChance
from tests.fakes.clock import START
from tests.fakes.people import person, session
from tests.fakes.tokens import claims_of, header_of

ISSUER, AUDIENCE = "https://id.example.org", "https://chat.example.org"
QUARTER = timedelta(minutes=15)
SECRET = jose.symmetric("5f2b6d0c9a7e41538e0d6c1b2a3f4958")
SUBJECT = Subject(
    user_id="66f1c0ffee0ddba11ad00001",
    session_id="66f1c0ffee0ddba11ad00002",
    client_id="first-party",
    scope="openid email",
    amr="pwd otp",
    auth_time=START - timedelta(hours=1),
    username="ada",
    email="Ada@example.org",
    role="ADMIN",
    provider="local",
)


class OneKey:
    """A key ring that counts how often it is asked, and can lose its key."""

    def __init__(self, ring):
        self._ring, self.asked, self.is_lost = ring, 0, False

    def signing(self, algorithm):
        return self._ring.signing(algorithm)

    def verifying(self, kid, algorithm):
        self.asked += 1
        return None if self.is_lost else self._ring.verifying(kid, algorithm)

    def epoch(self):
        return int(self.is_lost)


@pytest.fixture
def keys(services):
    return OneKey(services.capabilities.keys)


@pytest.fixture
def standard(keys, clock, chance):
    return StandardAccessTokens(keys, Terms(ISSUER, AUDIENCE, QUARTER), clock, chance)


@pytest.fixture
def librechat(clock, chance):
    return LibreChatAccessTokens(SECRET, Terms(ISSUER, None, QUARTER), clock, chance)


@pytest.fixture
def dialects(standard, librechat):
    return standard, librechat


def test_the_standard_dialect_says_exactly_what_rfc_9068_asks_and_who_the_person_is(standard, keys):
    token = standard.issue(SUBJECT)
    header, claims = header_of(token), claims_of(token)

    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": keys.signing("ES256").kid}
    jti = claims.pop("jti")
    assert claims == {
        "iss": ISSUER,
        "sub": SUBJECT.user_id,
        "aud": AUDIENCE,
        "client_id": "first-party",
        "iat": to_seconds(START),
        "exp": to_seconds(START + QUARTER),
        "sid": SUBJECT.session_id,
        "scope": "openid email",
        "auth_time": to_seconds(START) - 3600,
        "amr": ["pwd", "otp"],
        "id": SUBJECT.user_id,
        "username": "ada",
        "provider": "local",
        "email": "Ada@example.org",
        "role": "ADMIN",
    }
    assert len(jti) == 27


def test_the_librechat_dialect_says_exactly_what_its_back_end_reads_and_which_session_it_is(librechat):
    token = librechat.issue(SUBJECT)
    header, claims = header_of(token), claims_of(token)

    assert header == {"alg": "HS256", "typ": "JWT"}
    jti = claims.pop("jti")
    assert claims == {
        "id": SUBJECT.user_id,
        "username": "ada",
        "provider": "local",
        "email": "Ada@example.org",
        "iat": to_seconds(START),
        "exp": to_seconds(START + QUARTER),
        "iss": ISSUER,
        "sub": SUBJECT.user_id,
        "sid": SUBJECT.session_id,
    }
    assert len(jti) == 27


def test_what_was_issued_is_read_back(dialects):
    for dialect in dialects:
        claims = dialect.read(dialect.issue(SUBJECT))
        assert (claims.user_id, claims.session_id) == (SUBJECT.user_id, SUBJECT.session_id)
        assert (claims.issued_at, claims.expires_at) == (to_seconds(START), to_seconds(START + QUARTER))


def test_no_two_tokens_are_the_same(dialects):
    for dialect in dialects:
        assert dialect.issue(SUBJECT) != dialect.issue(SUBJECT)


def test_the_dialects_never_cross(standard, librechat):
    assert standard.read(librechat.issue(SUBJECT)) is None
    assert librechat.read(standard.issue(SUBJECT)) is None


def test_a_token_is_dead_in_the_second_of_its_end_even_if_it_was_remembered(dialects, clock):
    tokens = [dialect.issue(SUBJECT) for dialect in dialects]
    clock.advance(QUARTER - timedelta(seconds=1))
    assert all(dialect.read(token) for dialect, token in zip(dialects, tokens, strict=True))
    clock.advance(timedelta(seconds=1))
    assert not any(dialect.read(token) for dialect, token in zip(dialects, tokens, strict=True))


def test_a_signature_is_checked_once_while_the_keys_stay(standard, keys):
    token = standard.issue(SUBJECT)

    assert standard.read(token) == standard.read(token)
    assert keys.asked == 1


def test_what_was_remembered_is_forgotten_when_the_keys_change(standard, keys):
    token = standard.issue(SUBJECT)
    assert standard.read(token) is not None
    keys.is_lost = True

    assert standard.read(token) is None


def test_a_bad_token_is_not_remembered(standard, keys):
    token = standard.issue(SUBJECT)
    keys.is_lost = True
    assert standard.read(token) is None
    keys.is_lost = False

    assert standard.read(token) is not None


def test_memory_has_a_bound(librechat):
    tokens = [librechat.issue(SUBJECT) for _ in range(4100)]

    assert all(librechat.read(token) for token in tokens)
    assert len(librechat._remembered) <= 4096
    assert librechat.read(tokens[0]) is not None


@pytest.mark.parametrize("changed", [{"iss": "https://other.example.org"}, {"id": "somebody else"}, {"sid": 7}])
def test_a_librechat_token_that_says_anything_else_is_refused(librechat, changed):
    claims = claims_of(librechat.issue(SUBJECT))
    assert librechat.read(jose.sign(claims, SECRET, algorithm="HS256", typ="JWT")) is not None

    assert librechat.read(jose.sign({**claims, **changed}, SECRET, algorithm="HS256", typ="JWT")) is None


@pytest.mark.parametrize("changed", [{"iss": "https://other.example.org"}, {"aud": "somebody else"}, {"aud": None}])
def test_a_standard_token_that_says_anything_else_is_refused(standard, keys, changed):
    claims = claims_of(standard.issue(SUBJECT))

    token = jose.sign({**claims, **changed}, keys.signing("ES256"), algorithm="ES256", typ="at+jwt")
    assert standard.read(token) is None


@pytest.mark.environ(ACCESS_TOKEN_DIALECT="librechat")
def test_no_other_kind_of_token_passes_for_an_access_token(services):
    begun = session(services, person(services))

    assert services.capabilities.access_tokens.read(begun.access_token) is not None
    assert services.capabilities.access_tokens.read(begun.refresh_token) is None


def test_a_token_of_the_same_secret_but_another_installation_is_refused(librechat, clock):
    neighbour = LibreChatAccessTokens(
        SECRET, Terms("https://staging.example.org", None, QUARTER), clock, SeededChance("staging")
    )

    assert librechat.read(neighbour.issue(SUBJECT)) is None
