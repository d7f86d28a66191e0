"""
What happens when an application sends somebody to us to sign out.

Law: OpenID Connect RP-Initiated Logout 1.0 §2, §3, §4.
"""

from dataclasses import dataclass
from typing import NamedTuple

from identity_service.flows.oidc.asking import landing_places
from identity_service.flows.outcomes import Active, ConfirmSignOut, SignedOut
from identity_service.foundation.errors import AuthorizationExpired, UntrustedRequest
from identity_service.oidc.clients import Client, Clients
from identity_service.oidc.continuations import Continuations
from identity_service.oidc.id_tokens import IDTokens

_KNOWN = frozenset({"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"})
_LONGEST_STATE = 2048


class _Read(NamedTuple):
    client: Client | None
    hinted_user_id: str | None
    redirect_uri: str
    state: str


@dataclass(frozen=True)
class EndSession:
    """Decides whether a person is asked before the sign-out, and where the browser goes after it."""

    clients: Clients
    continuations: Continuations
    id_tokens: IDTokens

    def begin(self, parameters: tuple[tuple[str, str], ...]) -> str:
        """
        Return a request that came by POST as a continuation, with which the browser comes again by GET.

        Raises:
            UntrustedRequest: it is too long to be carried.
        """
        sealed = self.continuations.seal(self.continuations.begin(parameters))
        if sealed is None:
            raise UntrustedRequest("The application's request is too long.")
        return sealed

    def decide(self, parameters: tuple[tuple[str, str], ...], browser: Active | None) -> ConfirmSignOut | SignedOut:
        """
        Say whether the person has to confirm; SignedOut says where to go, and that is for the caller to carry out.

        Raises:
            UntrustedRequest: the hint belongs to another client, or the address is not this client's.
        """
        read = self._read(parameters)
        goal = _goal(read)
        if browser is None or browser.person.id == read.hinted_user_id:
            return goal
        return ConfirmSignOut(self.begin(parameters), goal)

    def go_on(self, sealed: str, browser: Active | None) -> ConfirmSignOut | SignedOut:
        """Decide a request that was sealed; raises AuthorizationExpired if it does not open."""
        return self.decide(self._opened(sealed), browser)

    def confirmed(self, sealed: str) -> SignedOut:
        """
        Return where the browser goes when the person has said yes.

        A request that is too old by then, or not good any more, leads nowhere; the person's own word does not need it.
        """
        try:
            return _goal(self._read(self._opened(sealed)))
        except (AuthorizationExpired, UntrustedRequest):
            return SignedOut(("", ""), "")

    def _opened(self, sealed: str) -> tuple[tuple[str, str], ...]:
        continuation = self.continuations.open(sealed)
        if continuation is None:
            raise AuthorizationExpired
        return continuation.parameters

    def _read(self, parameters: tuple[tuple[str, str], ...]) -> _Read:
        known = [(name, value) for name, value in parameters if name in _KNOWN and value]
        given = dict(known)
        if len(given) != len(known):
            raise UntrustedRequest("The application said something twice.")
        state = given.get("state", "")
        if len(state) > _LONGEST_STATE or not (state + given.get("client_id", "")).isprintable():
            raise UntrustedRequest("The application's request is too long, or holds control characters.")
        hint = self.id_tokens.read_hint(given["id_token_hint"]) if "id_token_hint" in given else None
        if hint and given.get("client_id", hint.client_id) != hint.client_id:
            raise UntrustedRequest("The application showed an ID token that was given to another.")
        client_id = hint.client_id if hint else given.get("client_id")
        client = self.clients.by_id(client_id) if client_id else None
        redirect_uri = given.get("post_logout_redirect_uri", "")
        if "id_token_hint" in given and client is None:
            # Forged, or so old that its key is gone: it proves nothing, and the person can still be asked.
            redirect_uri = ""
        if redirect_uri and (client is None or redirect_uri not in client.details.post_logout_redirect_uris):
            raise UntrustedRequest("The address to go to afterwards is not registered for this application.")
        return _Read(client, hint.user_id if hint else None, redirect_uri, state)


def _goal(read: _Read) -> SignedOut:
    target = (read.redirect_uri, read.state if read.redirect_uri else "")
    return SignedOut(target, read.client.name if read.client else "", landing_places(read.redirect_uri))
