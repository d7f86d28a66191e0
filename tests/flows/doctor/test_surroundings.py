"""The doctor around the service: files, secrets, cookies, passwords; and the neighbours."""

from dataclasses import replace
from pathlib import Path

import pytest

from identity_service.flows.doctor.neighbours import Neighbours
from identity_service.flows.doctor.surroundings import Surroundings
from identity_service.foundation.errors import ChatUnavailable
from identity_service.wiring_mail import mailgun, submission
from tests.chat.people import ADA
from tests.conftest import ON_POSTGRES
from tests.fakes.chat import ChatInMemory
from tests.fakes.people import person
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.process import free_port

TOKEN = "c0ffee5a7b2d49634f1e8a0b6c3d2e97"


@pytest.fixture
def surroundings(services, tmp_path):
    (tmp_path / ".env").touch(mode=0o600)
    return Surroundings(services.settings, services.database, tmp_path)


def test_private_files_and_good_secrets_are_well(surroundings, codes):
    looks = (surroundings.of_files, surroundings.of_secrets, surroundings.of_cookies)

    assert [codes(look) for look in looks] == [[], [], []]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_file_that_others_may_read_or_write_is_told(surroundings, codes, tmp_path, mode):
    (tmp_path / ".env").chmod(mode)

    assert codes(surroundings.of_files) == ["file_open_to_others"]


@pytest.mark.skipif(ON_POSTGRES, reason="SQLite alone has files of its own.")
def test_a_database_file_that_others_may_read_is_told(surroundings, services, codes):
    Path(services.database.engine.url.database).chmod(0o644)

    assert codes(surroundings.of_files) == ["file_open_to_others"]


@pytest.mark.environ(EMAIL_PASSWORD=GOOD_SECRETS["JWT_SECRET"], EMAIL_USERNAME="me", EMAIL_FROM="a@b.example")
def test_a_secret_with_two_purposes_is_told_without_being_shown(surroundings):
    (found,) = surroundings.of_secrets()

    assert (found.code, "EMAIL_PASSWORD is the same as JWT_SECRET" in found.cause) == ("secret_repeated", True)
    assert GOOD_SECRETS["JWT_SECRET"] not in found.cause + found.fix


def _two_issuers(secret, *client_ids):
    """Return the settings of two OpenID issuers, both with this secret."""
    told = {"ISSUER": "https://login.example.org", "CLIENT_SECRET": secret}
    found = {"OPENID_PROVIDERS": "okta"}
    for prefix, client_id in zip(("OPENID_", "OPENID_OKTA_"), client_ids, strict=True):
        found |= {f"{prefix}{name}": text for name, text in {**told, "CLIENT_ID": client_id}.items()}
    return found


@pytest.mark.environ(**_two_issuers(GOOD_SECRETS["JWT_SECRET"], "here", "there"))
def test_a_secret_that_an_openid_issuer_knows_too_is_told_by_its_setting(surroundings):
    told = [found.cause.partition(":")[0] for found in surroundings.of_secrets()]

    assert told == [
        "OPENID_CLIENT_SECRET is the same as JWT_SECRET",
        "OPENID_OKTA_CLIENT_SECRET is the same as JWT_SECRET",
    ]


@pytest.mark.environ(**_two_issuers("a secret of one client", "us", "us"))
def test_one_client_of_two_issuers_has_one_secret_by_right(codes, surroundings):
    assert codes(surroundings.of_secrets) == []


@pytest.mark.environ(LDAP_URL="ldap://directory", LDAP_USER_SEARCH_BASE="ou=people", TENANT_ISOLATION_STRICT="true")
def test_settings_that_nothing_heeds_are_told(surroundings):
    (found,) = surroundings.of_settings()

    assert (found.code, found.severity) == ("setting_without_effect", "advice")
    assert "TENANT_ISOLATION_STRICT, LDAP_URL, LDAP_USER_SEARCH_BASE." in found.cause


def test_settings_that_are_heeded_are_not(surroundings):
    assert list(surroundings.of_settings()) == []


@pytest.mark.environ(METRICS_TOKEN=TOKEN, DYNAMIC_REGISTRATION_TOKEN=TOKEN)
def test_a_token_that_opens_two_doors_is_told(surroundings):
    (found,) = surroundings.of_secrets()

    assert "DYNAMIC_REGISTRATION_TOKEN is the same as METRICS_TOKEN" in found.cause


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param([], marks=pytest.mark.environ()),
        pytest.param([], marks=pytest.mark.environ(DOMAIN_SERVER="https://id.example.org")),
        pytest.param(["no_tls"], marks=pytest.mark.environ(DOMAIN_SERVER="http://id.example.org")),
        pytest.param(
            ["cookie_not_secure"],
            marks=pytest.mark.environ(DOMAIN_SERVER="https://id.example.org", SESSION_COOKIE_SECURE="false"),
        ),
        pytest.param(
            ["no_tls", "cookie_never_sent"],
            marks=pytest.mark.environ(DOMAIN_SERVER="http://id.example.org", SESSION_COOKIE_SECURE="true"),
        ),
    ],
    ids=["at home", "https", "http", "not Secure", "Secure in the open"],
)
def test_cookies_that_do_not_fit_the_address_are_told(surroundings, codes, expected):
    assert codes(surroundings.of_cookies) == expected


def test_a_short_password_is_a_matter_of_advice(surroundings):
    assert [(found.code, found.severity) for found in surroundings.of_passwords()] == [("password_short", "advice")]


@pytest.mark.environ(MIN_PASSWORD_LENGTH="15")
def test_fifteen_characters_will_do(surroundings, codes):
    assert codes(surroundings.of_passwords) == []


class ChatThatIsAway:
    """A chat application's database that does not answer."""

    is_here = True

    def holder(self, _email):
        raise ChatUnavailable(detail="no answer in time")


@pytest.fixture
def neighbours(services):
    settings = services.settings
    through_mailgun = mailgun(settings)
    place = submission(settings) if settings.mail.is_configured and through_mailgun is None else None
    return Neighbours(place, through_mailgun, settings.redis, ChatThatIsAway(), services.capabilities.users)


def test_only_neighbours_that_are_set_up_are_looked_at(neighbours):
    assert list(neighbours.looks()) == ["chat"]


@pytest.mark.environ(
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=str(free_port()),
    EMAIL_FROM="chat@example.org",
    REDIS_URI=f"redis://127.0.0.1:{free_port()}",
)
def test_neighbours_that_do_not_answer_are_told(neighbours, codes):
    found = {area: codes(look) for area, look in neighbours.looks().items()}

    assert found == {
        "mail": ["mail_unreachable"],
        "redis": ["redis_unusable"],
        "chat": ["chat_database_unreachable"],
    }


def test_people_over_there_are_to_be_taken_over_before_anybody_becomes_their_administrator(services, neighbours, codes):
    there = ChatInMemory()
    looking = replace(neighbours, chat=there)
    assert codes(looking.of_chat) == []
    there.mirror(ADA)
    assert codes(looking.of_chat) == ["chat_not_adopted"]

    services.close_account.by_operator(person(services, "grace@example.org"))
    assert codes(looking.of_chat) == []
