"""An OpenID issuer that exists in a script alone, and a provider that trusts it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from identity_service.foundation.clock import to_seconds
from identity_service.upstream.provider import Callback, Given, Trip
from identity_service.upstream.providers.openid import OpenID
from tests.fakes.client_keys import ClientKey
from tests.fakes.lines import Scripted

ISSUER = "https://idp.example.org/realm"
DOCUMENT = f"{ISSUER}/.well-known/openid-configuration"
KEYS, TOKEN, USERINFO = f"{ISSUER}/keys", f"{ISSUER}/token", f"{ISSUER}/userinfo"
TRIP = Trip("the state", "the nonce", "the verifier")
CALLBACK = Callback(state="the state", code="the code")

SETTINGS = {
    "client_id": "us",
    "client_secret": SecretStr("a secret"),
    "issuer": ISSUER,
    "scope": "openid profile email",
    "clock_tolerance": timedelta(minutes=5),
    "audience": (),
    "username_claim": None,
    "name_claim": None,
    "email_claim": None,
    "required_role": (),
    "required_role_path": None,
    "required_role_token": None,
    "admin_role": None,
    "admin_role_path": None,
    "admin_role_token": None,
    "role_sync_enabled": False,
    "role_sync_source": "id",
    "role_sync_claim": None,
    "role_sync_priority": (),
    "role_sync_fallback": None,
    "button_label": "Continue with the company",
    "image_url": None,
    "auto_redirect": False,
    "jwks_cache_enabled": True,
    "jwks_cache_time": timedelta(minutes=1),
    "use_end_session": False,
}


class Issuer:
    """What the issuer answers, and how its ID tokens are made; every part may be changed."""

    def __init__(self, clock):
        self.clock = clock
        self.key = ClientKey("ES256", "first")
        self.document = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": TOKEN,
            "jwks_uri": KEYS,
            "userinfo_endpoint": USERINFO,
        }
        self.userinfo = {"sub": "4711"}
        self.tokens = {"access_token": "opaque", "token_type": "Bearer"}
        self.line = Scripted({})

    def claims(self, **changed):
        """Return good claims but for what is *changed*; None takes one away."""
        now = to_seconds(self.clock.now())
        good = {"iss": ISSUER, "aud": "us", "sub": "4711", "iat": now, "exp": now + 300, "nonce": "the nonce"}
        return {name: value for name, value in {**good, **changed}.items() if value is not None}

    def answers(self, id_token=None, **claims):
        """Let the issuer answer, with an ID token of these claims or with *id_token*; return the line to it."""
        signed = self.key.sign(self.claims(**claims)) if id_token is None else id_token
        self.line.script = {
            DOCUMENT: self.document,
            KEYS: {"keys": [self.key.jwk]},
            TOKEN: {**self.tokens, "id_token": signed},
            USERINFO: self.userinfo,
        }
        return self.line


@pytest.fixture
def issuer(clock):
    """The issuer."""
    return Issuer(clock)


@pytest.fixture
def trusting(clock):
    """Return a provider that trusts the issuer, with these settings beside the usual ones."""

    def make(kind=OpenID, name="openid", **chosen):
        client = SimpleNamespace(**{**SETTINGS, **chosen})
        return kind(Given(name, client, "https://us.example.org/oauth/openid/callback", clock))

    return make
