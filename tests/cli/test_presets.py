"""Applications that we know: registered as they need it, with the lines for their own side."""

import re
from urllib.parse import parse_qs, unquote

import pytest
from dotenv import dotenv_values

from identity_service.cli_presets import PRESETS
from identity_service.oidc.details import Details

CHAT = "https://chat.example.org"
ISSUER = "https://id.example.org"


@pytest.fixture
def operator(operator):
    """An operator whose service is known to the world by another name."""
    return operator.with_settings(ISSUER=ISSUER, APP_TITLE='Our "Chat"')


@pytest.fixture
def pasted(identity, tmp_path):
    """Create a client and read the lines that were printed, as the application will."""

    def with_this(*options):
        said = identity("create-client", *options).said
        path = tmp_path / "pasted.env"
        path.write_text(said[said.index("# For the .env of ") :])
        return dotenv_values(path)

    return with_this


@pytest.fixture
def client(services):
    """The one client there is."""

    def only():
        (found,) = services.capabilities.clients.all()
        return found

    return only


def test_librechat_is_registered_and_told_how_to_sign_in_here(services, client, pasted):
    told = pasted("--preset", "librechat", "--url", f"{CHAT}/")
    registered = client()

    assert (registered.name, registered.redirect_uris) == ("LibreChat", (f"{CHAT}/oauth/openid/callback",))
    assert registered.details == Details(
        grant_types=("authorization_code", "refresh_token"),
        scope="openid profile email roles",
        post_logout_redirect_uris=(f"{CHAT}/login",),
        is_trusted=True,
        may_introspect=False,
        claims_in_id_token=True,
    )
    assert services.capabilities.clients.prove(told["OPENID_CLIENT_ID"], told["OPENID_CLIENT_SECRET"]) == registered
    assert len(told["OPENID_SESSION_SECRET"]) == 43
    assert {name: told[name] for name in told if not re.search("SECRET|CLIENT_ID", name)} == {
        "ALLOW_SOCIAL_LOGIN": "true",
        "OPENID_ISSUER": ISSUER,
        "OPENID_SCOPE": "openid profile email roles",
        "OPENID_CALLBACK_URL": "/oauth/openid/callback",
        "OPENID_USE_PKCE": "true",
        "OPENID_USE_END_SESSION_ENDPOINT": "true",
        "OPENID_POST_LOGOUT_REDIRECT_URI": f"{CHAT}/login",
        "OPENID_BUTTON_LABEL": "Sign in",
        "OPENID_ADMIN_ROLE": "ADMIN",
        "OPENID_ADMIN_ROLE_PARAMETER_PATH": "roles",
        "OPENID_ADMIN_ROLE_TOKEN_KIND": "id",
    }


def test_open_webui_is_registered_and_told_how_to_sign_in_here(services, client, pasted):
    told = pasted("--preset", "open-webui", "--url", CHAT, "--name", "Our WebUI")
    registered = client()

    assert (registered.name, registered.redirect_uris) == ("Our WebUI", (f"{CHAT}/oauth/oidc/callback",))
    assert registered.details.post_logout_redirect_uris == (f"{CHAT}/auth",)
    assert registered.details.is_trusted
    assert services.capabilities.clients.prove(told["OAUTH_CLIENT_ID"], told["OAUTH_CLIENT_SECRET"]) == registered
    assert told["OPENID_PROVIDER_URL"] == f"{ISSUER}/.well-known/openid-configuration"
    assert told["OPENID_REDIRECT_URI"] == registered.redirect_uris[0]
    assert told["OAUTH_SCOPES"] == registered.details.scope
    assert (told["OAUTH_CODE_CHALLENGE_METHOD"], told["ENABLE_OAUTH_SIGNUP"]) == ("S256", "true")
    assert told["OAUTH_PROVIDER_NAME"] == "Our 'Chat'"


def test_oauth2_proxy_is_registered_and_told_how_to_sign_in_here(services, client, pasted):
    told = pasted("--preset", "oauth2-proxy", "--url", CHAT)
    registered = client()

    assert registered.redirect_uris == (f"{CHAT}/oauth2/callback",) == (told["OAUTH2_PROXY_REDIRECT_URL"],)
    assert registered.details.scope == told["OAUTH2_PROXY_SCOPE"] == "openid profile email"
    secret = told["OAUTH2_PROXY_CLIENT_SECRET"]
    assert services.capabilities.clients.prove(told["OAUTH2_PROXY_CLIENT_ID"], secret) == registered
    assert (told["OAUTH2_PROXY_PROVIDER"], told["OAUTH2_PROXY_OIDC_ISSUER_URL"]) == ("oidc", ISSUER)
    assert told["OAUTH2_PROXY_CODE_CHALLENGE_METHOD"] == "S256"
    # 32 bytes in base64url, which is one of the three lengths that it takes.
    assert len(told["OAUTH2_PROXY_COOKIE_SECRET"]) == 43
    assert told["OAUTH2_PROXY_WHITELIST_DOMAINS"] == "id.example.org"


def test_the_way_out_of_both_is_an_address_in_an_address(identity, client):
    said = identity("create-client", "--preset", "oauth2-proxy", "--url", CHAT).said

    (shown,) = re.findall(r"/oauth2/sign_out\?rd=([^&\s]+)$", said, re.MULTILINE)
    address, _, query = unquote(shown).partition("?")
    assert address == f"{ISSUER}/oauth2/logout"
    assert parse_qs(query) == {
        "client_id": [client().client_id],
        "post_logout_redirect_uri": [*client().details.post_logout_redirect_uris],
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_programs_are_told_the_same_settings(told, preset):
    created = told("create-client", "--preset", preset, "--url", CHAT)

    assert created["settings"].keys() == PRESETS[preset].environment.keys()
    assert created["client_secret"] in created["settings"].values()
    assert not any(re.search(r"\{\w+\}", value) for value in created["settings"].values())


@pytest.mark.parametrize("preset", PRESETS)
def test_every_note_is_a_comment_and_has_nothing_left_to_fill_in(identity, preset):
    said = identity("create-client", "--preset", preset, "--url", CHAT).said
    notes = [line for line in said.splitlines() if line.startswith("#")]

    assert len(notes) == 1 + len(PRESETS[preset].notes)
    assert not any(re.search(r"\{\w+\}", note) for note in notes)


def test_what_the_operator_says_wins_over_the_preset(client, pasted):
    told = pasted(
        "--preset", "librechat", "--url", CHAT, "--scope", "openid", "--redirect-uri", f"{CHAT}/other", "--public"
    )
    registered = client()

    assert (registered.details.scope, told["OPENID_SCOPE"]) == ("openid", "openid")
    assert registered.redirect_uris == (f"{CHAT}/oauth/openid/callback", f"{CHAT}/other")
    assert told["OPENID_CLIENT_SECRET"] == ""


@pytest.mark.parametrize("url", ["chat.example.org", "javascript:alert(1)", "https://a.example/#x"])
def test_an_application_that_is_nowhere_is_refused(identity, url):
    refused = identity("create-client", "--preset", "librechat", "--url", url, status=1)

    assert refused.complained.startswith("redirect_uris[0] must be an http or https address")
