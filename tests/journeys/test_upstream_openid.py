"""People sign in with an account at a certified OpenID provider, which is a process of its own, and come back."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.attacks.crowd import UNLIMITED, Ask, Wire, behind
from tests.journeys.traveller import Traveller
from tests.servers.clients_file import write_clients
from tests.servers.openid_provider import OPEN, settings_of, start_issuers
from tests.servers.process import free_port

CALLBACK = "https://wiki.example.org/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
FAILED = "/login?redirect=false&error=auth_failed"


@pytest.fixture(scope="module")
def issuers(node):
    """Two providers that know nothing of each other."""
    return start_issuers(node, "first", "second")


@pytest.fixture(scope="module")
def site(identity_server, issuers, tmp_path_factory):
    """A service that knows both, and an application that its people sign in to."""
    first, second = issuers
    wiki = {"redirect_uris": [CALLBACK], "is_trusted": True}
    written = write_clients(tmp_path_factory.mktemp("clients"), {"wiki": wiki})
    ours = {
        **settings_of("OPENID", first, USE_END_SESSION_ENDPOINT="true"),
        "OPENID_PROVIDERS": "second",
        **settings_of("OPENID_SECOND", second, BUTTON_LABEL="Continue with the second"),
        "DOMAIN_CLIENT": f"http://127.0.0.1:{free_port()}",  # nobody needs to listen there
        "CLIENTS_FILE": str(written),
    }
    server = identity_server(environment={**UNLIMITED, **OPEN, **ours})
    left = [f"{ours['DOMAIN_CLIENT']}/login"]
    first.knows(f"{server.url}/oauth/openid/callback", post_logout_redirect_uris=left)
    second.knows(f"{server.url}/oauth/second/callback")
    second.obey(people={name: {"email": f"{name}@second.example"} for name in ("ada", "grace")})
    return server


@pytest.fixture
def chat(site):
    """Where people land."""
    return site.environment["DOMAIN_CLIENT"]


def travel(site, name="openid", login="ada", traveller=None):
    """Go through the whole trip; return the browser and the page where it ends."""
    traveller = traveller or Traveller()
    page = traveller.open(f"{site.url}/oauth/{name}")
    return traveller, traveller.send(page, login=login)


def person(site, email):
    with behind(site) as services:
        return services.capabilities.users.by_email(email)


def who(site, traveller):
    """Return who is signed in in that browser, as the chat asks."""
    cookie = traveller.cookies[site.url]["refreshToken"].value
    wire = Wire(site)
    answer = wire.ask(Ask("POST", "/api/auth/refresh", headers={"Cookie": f"refreshToken={cookie}"}))
    wire.close()
    return answer.json


def test_there_and_back_again(site, chat):
    ada, landed = travel(site)

    assert landed.url.rstrip("/") == chat
    assert who(site, ada)["user"]["email"] == "ada@example.org"
    found = person(site, "ada@example.org")
    assert (found.provider, found.role, found.email_verified) == ("openid", "USER", True)
    assert (found.username, found.name) == ("ada", "ada of first")
    assert {cookie["httponly"] for cookie in ada.cookies[site.url].values()} == {True}


def test_whoever_comes_again_is_the_same_person(site):
    first = who(site, travel(site, login="bert")[0])["user"]["_id"]

    assert who(site, travel(site, login="bert")[0])["user"]["_id"] == first


def test_the_same_subject_at_another_issuer_is_somebody_else(site):
    here, there = travel(site, "openid", "grace")[0], travel(site, "second", "grace")[0]

    assert who(site, here)["user"]["email"] == "grace@example.org"
    assert who(site, there)["user"]["email"] == "grace@second.example"
    assert who(site, here)["user"]["_id"] != who(site, there)["user"]["_id"]


def test_keys_may_change_at_any_time(site, issuers):
    assert travel(site, login="karl")[0].knows(site.url, "refreshToken")
    issuers[0].obey(rotate=True)

    assert travel(site, login="karl")[0].knows(site.url, "refreshToken")


def test_an_answer_of_one_issuer_is_no_answer_at_the_callback_of_another(site, chat):
    """Mix-up: a provider that has turned bad gets no code of another (RFC 9700 §4.4)."""
    traveller = Traveller(halt="/callback?")
    answer, _ = travel(site, login="mia", traveller=traveller)[1], traveller.open(f"{site.url}/oauth/second")
    traveller.halt = ""
    ended = traveller.open(answer.url.replace("/oauth/openid/", "/oauth/second/"))

    assert ended.url == chat + FAILED
    assert not traveller.knows(site.url, "refreshToken")
    assert person(site, "mia@example.org") is None


def test_whoever_changes_their_mind_there_is_back_at_the_sign_in_page(site, chat):
    traveller = Traveller()
    page = traveller.open(f"{site.url}/oauth/openid")
    ended = traveller.send(page, page.forms[1])

    assert ended.url == chat + FAILED
    assert not traveller.knows(site.url, "refreshToken")


def test_whoever_came_from_an_application_goes_back_to_it(site):
    asked = {
        "client_id": "wiki",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid email",
        "state": "a state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    traveller = Traveller(halt=f"{CALLBACK}?")
    page = traveller.open(f"{site.url}/oauth2/authorize?{urlencode(asked)}")
    assert page.path == "/login"
    button = next(url for url in links(page) if "/oauth/openid" in url)
    there = traveller.open(site.url + button, came_from=page.url)
    back = traveller.send(there, login="will")

    assert back.url.partition("?")[0] == CALLBACK
    told = parse_qs(urlsplit(back.url).query)
    assert told["state"] == ["a state"]
    assert told["code"]


def test_the_sign_in_page_shows_a_button_for_each(site):
    page = Traveller().open(f"{site.url}/login")

    assert [url.partition("?")[0] for url in links(page) if url.startswith("/oauth/")] == [
        "/oauth/openid",
        "/oauth/second",
    ]
    assert "Continue with the second" in page.text


def test_to_sign_out_here_signs_out_there_if_it_is_to(site, issuers, chat):
    traveller, _ = travel(site, login="lena")
    token = who(site, traveller)["token"]
    cookie = "; ".join(f"{name}={each.value}" for name, each in traveller.cookies[site.url].items())
    wire = Wire(site)
    headers = {"Cookie": cookie, "Authorization": f"Bearer {token}"}
    answer = wire.ask(Ask("POST", "/api/auth/logout", headers=headers))
    wire.close()

    address, _, query = answer.json["redirect"].partition("?")
    assert address == f"{issuers[0].url}/session/end"
    told = parse_qs(query)
    assert told["post_logout_redirect_uri"] == [f"{chat}/login"]
    assert len(told["id_token_hint"][0].split(".")) == 3


@pytest.mark.parametrize("path", ["/account", "/logout"])
def test_to_sign_out_on_a_page_signs_out_there_too(site, issuers, path):
    traveller, _ = travel(site, login="lotte")
    page = traveller.open(site.url + path)
    form = next(form for form in page.forms if form.action in {"/logout", "/oauth2/logout"})
    left = traveller.send(page, form, decision="logout")

    assert not traveller.knows(site.url, "refreshToken")
    assert any(link.startswith(f"{issuers[0].url}/session/end?") for link in links(left))


def links(page):
    """Return where the links and forms of *page* lead."""
    return [text.replace("&amp;", "&") for text in re.findall(r'(?:href|action)="([^"]+)"', page.text)]
