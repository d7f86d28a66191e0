"""
One new specimen of everything that we hand out, or that is shown to us, each of them good.

All that can be is signed with ES256, as access tokens are, so that the key never tells two kinds apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from identity_service.accounts.users import Person
from identity_service.flows.oidc.granted import Granted
from identity_service.flows.outcomes import SignedIn
from identity_service.foundation.clock import to_seconds
from identity_service.foundation.opaque import SystemChance, mint
from identity_service.oidc.clients import Client, Registered
from identity_service.sessions.refresh import Opening
from identity_service.sessions.registry import FIRST_PARTY
from identity_service.wiring import Services
from tests.fakes import people
from tests.fakes.applications import application, code_for, own_token, tokens_for
from tests.fakes.client_keys import ClientKey
from tests.fakes.tokens import claims_of

KEY = ClientKey("ES256", "first")


@dataclass(frozen=True)
class Specimens:
    """
    What *person* and her applications have.

    Attributes:
        initial_token: with which any application may register itself.

        registration_token: with which one that has done so looks after its registration.
    """

    services: Services
    person: Person
    initial_token: str
    registration_token: str

    @cached_property
    def app(self) -> Registered:
        """The client to which everything is issued."""
        return application(self.services, id_token_signed_response_alg="ES256", userinfo_signed_response_alg="ES256")

    @property
    def kinds(self) -> Mapping[str, Callable[[], str]]:
        """How each kind is made, by its name."""
        return {
            "access token of our own pages": lambda: self._page().access_token,
            "access token of a client": lambda: self._given().access_token,
            "access token without a person": lambda: own_token(self.services, self.app.client),
            "ID token": lambda: self._given().id_token or "",
            "refresh token of our own pages": lambda: self._page().refresh_token,
            "refresh token of a client": lambda: self._given().refresh_token or "",
            "authorization code": lambda: code_for(self.services, self.app.client, self._page()),
            "logout token": self._logout_token,
            "signed answer of userinfo": lambda: str(self.services.provider.userinfo.about(self._given().access_token)),
            "browser cookie": self.browser_cookie,
            "client assertion": self._assertion,
            "initial access token": lambda: self.initial_token,
            "registration access token": lambda: self.registration_token,
            "client secret": lambda: self.app.client_secret or "",
        }

    def browser_cookie(self) -> str:
        """Open a browser session and return its cookie."""
        secret, lifetime = mint(SystemChance()), timedelta(days=7)
        opening = Opening(self.person.id, FIRST_PARTY, "openid", "pwd", "", "", lifetime, browser=secret.fingerprint)
        with self.services.database.transaction():
            self.services.capabilities.refresh_tokens.begin(opening)
        return secret.plain

    def _page(self) -> SignedIn:
        return people.session(self.services, self.person)

    def _given(self) -> Granted:
        return tokens_for(self.services, self.app.client, self._page())

    def _logout_token(self) -> str:
        session_id = claims_of(self._given().access_token)["sid"]
        return self.services.capabilities.logout_tokens.issue(self.app.client, self.person.id, session_id)

    @cached_property
    def _client_with_a_key(self) -> Client:
        keys = {"keys": [KEY.jwk]}
        return application(self.services, token_endpoint_auth_method="private_key_jwt", jwks=keys).client

    def _assertion(self) -> str:
        now, name = to_seconds(self.services.clock.now()), self._client_with_a_key.client_id
        claims = {"iss": name, "sub": name, "aud": self.services.settings.site.issuer, "exp": now + 60}
        return KEY.sign({**claims, "jti": SystemChance().token_bytes(8).hex()})
