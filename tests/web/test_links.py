"""/api/auth/links: the outside accounts that open mine."""

import pytest

from tests.fakes.identities import identity

LINKING = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true", ALLOW_ACCOUNT_LINKING="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret"
)


@pytest.fixture
def ask(browser, begun, bearer):
    def send(method, path="", **more):
        return browser.open(f"/api/auth/links{path}", method=method, headers=bearer(begun), **more)

    return send


@LINKING
def test_the_page_is_told_where_to_go_and_the_browser_keeps_the_trip(ask):
    answer = ask("POST", "/github")

    assert answer.json["redirect"].startswith("https://github.com/login/oauth/authorize?")
    assert "identity_trip_" in answer.headers["Set-Cookie"]


@LINKING
def test_connections_are_listed_and_ended(ask, services, ada):
    assert ask("GET").json == {"links": [], "available": ["github"]}
    with services.database.transaction():
        services.upstream.connect.links.tie(identity(provider="github", issuer="github"), ada.id, is_origin=False)
    (link,) = ask("GET").json["links"]
    assert (link["provider"], link["label"], link["email"]) == ("github", "GitHub", "ada@example.org")
    assert (ask("DELETE", "/github").status_code, ask("GET").json["links"]) == (200, [])


@pytest.mark.environ(ALLOW_SOCIAL_LOGIN="true", GITHUB_CLIENT_ID="us", GITHUB_CLIENT_SECRET="secret")
def test_connecting_can_be_off(ask):
    answer = ask("POST", "/github")

    assert (answer.status_code, answer.json["code"]) == (403, "account_linking_off")


@LINKING
@pytest.mark.parametrize(
    ("method", "path", "code"), [("POST", "/x", "upstream_off"), ("DELETE", "/%00", "link_unknown")]
)
def test_what_is_not_there_is_not_found(ask, method, path, code):
    answer = ask(method, path)

    assert (answer.status_code, answer.json["code"]) == (404, code)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/github"), ("DELETE", "/github")])
def test_without_a_token_nothing_is_told(browser, method, path):
    assert browser.open(f"/api/auth/links{path}", method=method).status_code == 401
