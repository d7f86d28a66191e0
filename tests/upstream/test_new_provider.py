"""A new provider is one file: nothing else is changed, and everything else follows."""

import sys

import pytest

from identity_service.app import create_app, services_of
from identity_service.foundation.settings import load
from identity_service.upstream import providers
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.social import CLIENT_ID, CLIENT_SECRET, Account, Social
from tests.upstream.providers.elsewhere import Voyage

FILE = '''"""
GitLab.
"""

from identity_service.upstream.code_flow import CodeFlow


class GitLab(CodeFlow):
    """GitLab speaks OAuth here."""

    name, label, scopes = "gitlab", "GitLab", ("read_user",)
    authorize_url, token_url = "{url}/gitlab/oauth/authorize", "{url}/gitlab/oauth/token"
    profile = {{"user": "{url}/gitlab/api/v4/user"}}

    def identity(self, answers):
        """Return who that is."""
        user = answers["user"]
        return self.known(user["id"], email=user["email"], email_verified=user["confirmed"], username=user["username"])
'''
OPEN = {
    "ALLOW_SOCIAL_LOGIN": "true",
    "ALLOW_SOCIAL_REGISTRATION": "true",
    "OUTBOUND_ALLOW_PRIVATE": "127.0.0.1",
    "GITLAB_CLIENT_ID": CLIENT_ID,
    "GITLAB_CLIENT_SECRET": CLIENT_SECRET,
    "GITLAB_CALLBACK_URL": "/oauth/gitlab/callback",
}


@pytest.fixture
def social():
    with Social() as social:
        yield social


@pytest.fixture
def added(tmp_path, social):
    """The folder of the providers has one file more."""
    (tmp_path / "gitlab.py").write_text(FILE.format(url=social.url), encoding="utf-8")
    providers.__path__.append(str(tmp_path))
    yield
    providers.__path__.remove(str(tmp_path))
    sys.modules.pop("identity_service.upstream.providers.gitlab", None)


@pytest.fixture
def app(added, ready_url, tmp_path, clock, chance):
    made = create_app(load({**GOOD_SECRETS, "DATABASE_URL": ready_url, **OPEN}, tmp_path), clock, chance)
    yield made
    services_of(made).database.release()


def test_one_file_is_enough(app, browser, services, social):
    voyage = Voyage(browser, services, social, "gitlab")
    social.account = Account({"id": 7, "email": "ada@example.org", "confirmed": True, "username": "ada"})

    assert "Continue with GitLab" in browser.get("/login").text
    assert [each["label"] for each in browser.get("/api/config").json["providers"]] == ["Continue with GitLab"]
    assert voyage.is_in(voyage.go())
    found = voyage.person("ada@example.org")
    assert (found.provider, found.email_verified, found.username) == ("gitlab", True, "ada")
    assert not voyage.is_in(voyage.stranger().arrive(voyage.visit(voyage.depart_to())))
