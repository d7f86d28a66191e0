"""
An application that sends somebody's browser to us, without the web in between.

Leaves to others: what comes of it.
"""

from dataclasses import dataclass, replace

from identity_service.accounts.users import Person
from identity_service.flows.outcomes import Active, Decision, ShowConsent, ShowSignIn
from identity_service.oidc.clients import Client
from identity_service.oidc.codes import Claimed, IssuedCode
from identity_service.wiring import Services
from tests.fakes.people import VISITOR, session

CALLBACK = "https://app.example.org/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 Appendix B
GOOD = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "openid email",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}

Shown = ShowSignIn | ShowConsent


@dataclass(frozen=True)
class Visit:
    """An application that asks for authorization, and the person in front of the browser."""

    services: Services
    client: Client

    def parameters(self, **changed: str | None) -> tuple[tuple[str, str], ...]:
        """Return a good request with some parameters changed, None removing one."""
        asked = {"client_id": self.client.client_id, **GOOD, **changed}
        return tuple((name, value) for name, value in asked.items() if value is not None)

    def ask(self, browser: Active | None = None, **changed: str | None) -> Decision:
        """Come with a good request, but for what the test says."""
        return self.services.provider.authorize.decide(self.parameters(**changed), browser)

    def go_on(self, shown: Shown | str, browser: Active | None) -> Decision:
        """Come back from a page, or with a continuation."""
        sealed = shown if isinstance(shown, str) else shown.continuation
        return self.services.provider.authorize.go_on(sealed, browser)

    def page(self, shown: Shown | str, browser: Active | None) -> ShowSignIn:
        """Look at the sign-in page."""
        sealed = shown if isinstance(shown, str) else shown.continuation
        return self.services.provider.authorize.waiting(sealed, browser)

    def allow(self, shown: Shown, browser: Active, *, remember: bool = True) -> str:
        """Press Allow."""
        return self.services.provider.authorize.allow(shown.continuation, browser, VISITOR, remember=remember)

    def signed_in(self, whose: Person) -> Active:
        """Sign somebody in, anew."""
        active = self.services.verify.access_token(session(self.services, whose).access_token)
        assert active is not None
        return active

    def remember(self, browser: Active, *scopes: str) -> None:
        """Let the person have allowed the client these scopes some time ago."""
        with self.services.database.transaction():
            self.services.capabilities.consents.remember(browser.person.id, self.client.client_id, scopes)

    def change(self, **details: object) -> None:
        """Register the client anew, with other details."""
        with self.services.database.transaction():
            changed = replace(self.client, details=replace(self.client.details, **details))
            self.services.capabilities.clients.change(changed)

    def redeem(self, code: str) -> IssuedCode:
        """Return what a code stands for."""
        with self.services.database.transaction():
            claimed = self.services.capabilities.codes.claim(code, self.client.client_id)
        assert isinstance(claimed, Claimed)
        return claimed.issued
