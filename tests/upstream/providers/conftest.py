"""A place where people have accounts, and settings that point there."""

import pytest

from tests.fakes.installation import settings_of
from tests.servers.social import CLIENT_ID, CLIENT_SECRET, KEY_ID, TEAM_ID, Social

pytest.register_assert_rewrite("tests.upstream.providers.suite", "tests.upstream.providers.elsewhere")

OPEN = {
    "ALLOW_SOCIAL_LOGIN": "true",
    "ALLOW_SOCIAL_REGISTRATION": "true",
    "OUTBOUND_ALLOW_PRIVATE": "127.0.0.1",
    "LOGIN_MAX": "100000",
}


@pytest.fixture(scope="module")
def listening():
    """The providers on loopback, for the tests of a file."""
    with Social() as social:
        yield social


@pytest.fixture
def social(listening):
    """The providers, as good as their documentation."""
    listening.forget()
    return listening


@pytest.fixture(scope="module")
def apple_key(listening, tmp_path_factory):
    """The file that Apple lets its clients download."""
    key = tmp_path_factory.mktemp("apple") / "AuthKey.p8"
    key.write_text(listening.p8, encoding="ascii")
    return key


@pytest.fixture
def settings(request, ready_url, social, apple_key):
    """The settings of an installation that knows every provider; `environ(NAME=…)` adds to them."""
    mark = request.node.get_closest_marker("environ")
    known = {f"{name}_CLIENT_ID": CLIENT_ID for name in ("GOOGLE", "GITHUB", "DISCORD", "FACEBOOK", "APPLE")}
    known |= {name.replace("ID", "SECRET"): CLIENT_SECRET for name in known if not name.startswith("APPLE")}
    special = {"APPLE_TEAM_ID": TEAM_ID, "APPLE_KEY_ID": KEY_ID, "APPLE_PRIVATE_KEY_PATH": str(apple_key)}
    github = {"GITHUB_ENTERPRISE_BASE_URL": f"{social.url}/github"}
    openid = {
        "OPENID_CLIENT_ID": CLIENT_ID,
        "OPENID_CLIENT_SECRET": CLIENT_SECRET,
        "OPENID_ISSUER": f"{social.url}/openid",
    }
    special |= {**openid, **github}
    return settings_of(**{"DATABASE_URL": ready_url, **OPEN, **known, **special, **(mark.kwargs if mark else {})})
