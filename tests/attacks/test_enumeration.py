"""
Who has an account here is nobody's business: known and unknown addresses get the same answers.

Law: OWASP ASVS 5.0 6.3.8. Leaves to others: how long each hash takes (accounts).
"""

import pytest

from tests.attacks.crowd import UNLIMITED, Ask, login, registration
from tests.fakes import people
from tests.fakes.letters import WITH_MAIL, kinds, written

OLD = "$2a$04$JoV0OEBtU.7jkdKYWlHIoeeeRC49bHkgZIU2R/20lnXlp6gKygYBy"

pytestmark = pytest.mark.environ(**UNLIMITED)


@pytest.fixture
def told(bare):
    """Send a form and return everything of the answer that a stranger could compare."""

    def send(form):
        answer = bare.post(form.path, json=form.body)
        body = {name: value for name, value in answer.json.items() if name != "request_id"}
        return answer.status_code, body, [name for name, _ in answer.headers]

    return send


@pytest.fixture
def known(told):
    told(registration("ada@example.org"))
    return "ada@example.org"


@pytest.mark.parametrize(
    "spelling", ["ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org ", "\uff41da@example.org"]
)
def test_signing_up_tells_a_known_address_from_an_unknown_one_to_nobody(told, known, spelling):
    assert told(registration(spelling)) == told(registration("nobody@example.org"))


@pytest.mark.parametrize("password", ["short", "password", "x" * 200, " " * 12])
def test_a_refused_sign_up_tells_nothing_about_the_address_either(told, known, password):
    typed = {"password": password, "confirm_password": password}

    assert told(registration(known, **typed)) == told(registration("nobody@example.org", **typed))


@pytest.mark.parametrize(
    "password", ["a wrong password", "x", "x" * 1000, "\u5bc6" * 100, "$argon2id$v=19$m=1,t=1,p=1$YQ$YQ"]
)
def test_signing_in_tells_a_wrong_password_from_an_unknown_address_to_nobody(told, known, password):
    wrong, unknown = told(login(known, password)), told(login("nobody@example.org", password))

    assert wrong == unknown
    assert (wrong[0], wrong[1]["code"]) == (404, "wrong_credentials")


class Watched:
    """Stands in front of the hashers and remembers against what kind of hash they compared, and at what cost."""

    def __init__(self, hasher):
        self._hasher, self._compared = hasher, []

    def verify(self, password, kept):
        self._compared.append("argon2" if kept.startswith("$argon2") else f"bcrypt {kept[4:6]}")
        return self._hasher.verify(password, kept)

    def work(self):
        """Return what has been done since somebody asked last, in whatever order."""
        done, self._compared = sorted(self._compared), []
        return done


def test_a_wrong_password_takes_the_same_work_for_whoever_came_with_an_old_hash(told, services):
    """A check of LibreChat's bcrypt takes twice as long as one of ours, and would say who came from there."""
    people.person(services, "ours@example.org")
    people.person(services, "adopted@example.org", password_hash=OLD)
    services.capabilities.old_hashes.keep_up()
    passwords = services.capabilities.passwords
    passwords._hasher = watched = Watched(passwords._hasher)

    for email in ("ours@example.org", "adopted@example.org", "nobody@example.org", "no address"):
        for password in ("a wrong password", "x" * 1000):
            assert told(login(email, password))[0] == 404
            assert watched.work() == ["argon2", "bcrypt 04"]


def test_somebody_without_a_password_is_as_unknown_as_nobody(told, sign_in):
    """Whoever comes through a provider has none, and none is the password that fits."""
    sign_in("eve@example.org")

    for password in ("x", "None", "null", "a long phrase that is mine"):
        assert told(login("eve@example.org", password)) == told(login("nobody@example.org", password))


def test_somebody_deleted_is_as_unknown_as_nobody(told, known, services):
    services.close_account.by_operator(services.close_account.find(known))

    assert told(login(known)) == told(login("nobody@example.org"))


@pytest.fixture
def somebody(services):
    """Everybody who could be behind an address, by what they are."""
    closing = people.person(services, "closing@example.org")
    with services.database.transaction():
        services.capabilities.users.begin_closing(closing.id)
    people.person(services, "verified@example.org", email_verified=True)
    people.person(services, "unverified@example.org")
    people.person(services, "social@example.org", password_hash=None, provider="github")
    return [f"{what}@example.org" for what in ("verified", "unverified", "closing", "social", "nobody")]


@pytest.mark.environ(**{**UNLIMITED, **WITH_MAIL})
@pytest.mark.parametrize(
    "asking",
    [
        registration,
        lambda email: Ask("POST", "/api/auth/requestPasswordReset", {"email": email}),
        lambda email: Ask("POST", "/api/user/verify/resend", {"email": email}),
    ],
    ids=["sign-up", "reset", "resend"],
)
def test_whoever_is_behind_an_address_the_answer_is_the_same(services, told, somebody, asking):
    """What is done before the answer is the same, too: nothing has been looked up for a letter by then."""
    answers = [told(asking(email)) for email in somebody]

    assert answers == [answers[0]] * len(somebody)
    assert len(services.capabilities.errands.due(10)) == len(somebody)
    assert not services.capabilities.outbox.due()
    # Only the one who has the address learns more.
    assert {to for _, to in kinds(written(services))} <= set(somebody)


@pytest.mark.environ(**{**UNLIMITED, **WITH_MAIL})
def test_a_wrong_link_tells_nobody_whose_it_is_not(services, told, somebody):
    found = [services.capabilities.users.by_email(email) for email in somebody]
    bodies = [{"userId": one.id if one else "0" * 24, "token": "x" * 43, "password": "short"} for one in found]
    answers = [told(Ask("POST", "/api/auth/resetPassword", body)) for body in bodies]
    proofs = [told(Ask("POST", "/api/user/verify", {"email": email, "token": "x" * 43})) for email in somebody]

    assert answers == [answers[0]] * len(somebody)
    assert proofs == [proofs[0]] * len(somebody)


def test_a_wrong_client_and_a_wrong_secret_are_told_apart_by_nobody(bare, back_end, ada):
    client_id, secret = back_end
    wrong = [(client_id, "x"), (client_id, ""), ("0" * 24, secret), ("x", "x"), ("", ""), ("' OR 1=1 --", "x")]

    answers = [
        [bare.post(path, **body, auth=credentials) for credentials in wrong]
        for path, body in (
            ("/v1/verify", {"json": {"token": ada.access_token}}),
            ("/oauth2/introspect", {"data": {"token": ada.access_token}}),
        )
    ]

    for told_by_one_door in answers:
        assert {(answer.status_code, len(answer.data)) for answer in told_by_one_door} == {
            (401, len(told_by_one_door[0].data))
        }
        assert all(answer.headers["WWW-Authenticate"].startswith("Basic") for answer in told_by_one_door)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic eA",
        "Basic eA==",
        "Basic /w==",
        "Basic Og==",
        "Basic OnM6dA==",
        "Bearer x",
    ],
)
def test_half_a_proof_is_no_proof(bare, ada, header):
    for path, body in (
        ("/v1/verify", {"json": {"token": ada.access_token}}),
        ("/oauth2/introspect", {"data": {"token": ada.access_token}}),
    ):
        answer = bare.post(path, **body, headers={"Authorization": header})
        assert answer.status_code == 401
        assert ada.person.email not in answer.text
