"""
What happens when an application sends somebody to us: the authorization endpoint, decided.

The browser always comes back here, so one place says what the person must still do.
Law: RFC 6749 §4.1, RFC 7636, RFC 9207; OpenID Connect Core 1.0 §3.1.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from identity_service.flows.oidc.asking import asking, can_be_remembered, landing_places
from identity_service.flows.outcomes import (
    FEDERATED,
    Active,
    Decision,
    Reply,
    ShowConsent,
    ShowSignIn,
    Transaction,
    Visitor,
)
from identity_service.foundation.clock import from_microseconds
from identity_service.foundation.errors import AuthorizationExpired, UntrustedRequest
from identity_service.moderation.trail import DONE, REFUSED, Event, Trail
from identity_service.oidc.clients import DYNAMIC, Client, Clients
from identity_service.oidc.codes import Codes, IssuedCode
from identity_service.oidc.consents import Consents
from identity_service.oidc.continuations import Continuation, Continuations
from identity_service.oidc.id_tokens import IDTokens, acr_of
from identity_service.oidc.prompts import Check, Consented, Done, Present, Standing, Step, next_step, refusal
from identity_service.oidc.requests import AuthorizationRequest, Faulty, Untrusted, parse


class _Read(NamedTuple):
    continuation: Continuation
    client: Client
    request: AuthorizationRequest


@dataclass(frozen=True)
class Authorize:
    """Decides an authorization request, as often as the browser comes back with it."""

    clients: Clients
    codes: Codes
    consents: Consents
    continuations: Continuations
    id_tokens: IDTokens
    trail: Trail
    transaction: Transaction
    issuer: str

    def begin(self, parameters: tuple[tuple[str, str], ...]) -> str:
        """
        Return a request that came by POST as a continuation, with which the browser comes again by GET.

        Raises:
            UntrustedRequest: it is too long to be carried.
        """
        return self._sealed(self.continuations.begin(parameters))

    def decide(self, parameters: tuple[tuple[str, str], ...], browser: Active | None) -> Decision:
        """
        Say what happens next with a request that has just come.

        Raises:
            UntrustedRequest: neither client nor redirect address can be told of the error.
        """
        return self._decide(self.continuations.begin(parameters), browser)

    def go_on(self, sealed: str, browser: Active | None) -> Decision:
        """
        Say what happens next with a request whose person has taken a step.

        Raises:
            AuthorizationExpired: the continuation is not one of ours, or too old.
            UntrustedRequest: as for `decide`.
        """
        return self._decide(self._opened(sealed), browser)

    def waiting(self, sealed: str, browser: Active | None) -> ShowSignIn:
        """Describe the sign-in page of a request, whatever has been done for it; errors as for `go_on`."""
        read = self._read(self._opened(sealed))
        if isinstance(read, Reply):
            raise AuthorizationExpired
        return self._sign_in(read, browser, self._next(read, browser))

    def choose(self, sealed: str, browser: Active) -> str:
        """Note that the person goes on with the account that is signed in, if it is the one that the page named."""
        continuation = self._opened(sealed)
        if continuation.asked != browser.session_id:
            return sealed
        return self._sealed(continuation._replace(chosen=browser.session_id))

    def prove(self, sealed: str, session_id: str) -> str:
        """Note that the person of the session has just proven at a provider, which was told to ask, who it is."""
        return self._sealed(self._opened(sealed)._replace(proven=session_id))

    def allow(self, sealed: str, browser: Active, visitor: Visitor, *, remember: bool) -> str:
        """
        Note that the person allows the client what it asks for; remembered for the next time if wanted.

        Somebody who has signed in meanwhile, in another window, was not the one who was asked, and is asked again; and
        so is everybody when the client may meanwhile ask for more than the page said. A client that has gone is allowed
        nothing.
        """
        continuation = self._opened(sealed)
        read = self._read(continuation)
        if isinstance(read, Reply) or continuation.asked != browser.session_id:
            return sealed
        if not set(read.request.asks_for) <= set(continuation.shown.split()):
            return sealed
        with self.transaction():
            if not self.clients.hold(read.client.client_id):
                return sealed
            if remember and can_be_remembered(read.client, read.request):
                self.consents.remember(browser.person.id, read.client.client_id, read.request.asks_for)
            self._record(DONE, browser, read.client, visitor)
        return self._sealed(continuation._replace(consented=browser.session_id))

    def deny(self, sealed: str, browser: Active | None, visitor: Visitor) -> Reply:
        """
        Return the client's answer when the person does not allow it (RFC 6749 §4.1.2.1).

        The trail tells of it if it is the person who was asked that is still there: of another it would be untrue.
        """
        continuation = self._opened(sealed)
        read = self._read(continuation)
        if isinstance(read, Reply):
            return read
        if browser is not None and continuation.asked == browser.session_id:
            with self.transaction():
                self._record(REFUSED, browser, read.client, visitor)
        return self._error(read, "access_denied", "The person did not allow it.")

    def _decide(self, continuation: Continuation, browser: Active | None) -> Decision:
        if continuation.before is None:
            continuation = continuation._replace(before=browser.session_id if browser else "")
        read = self._read(continuation)
        if isinstance(read, Reply):
            return read
        if read.request.id_token_hint and self._hinted(read.request) is None:
            return self._refusal(read, "invalid_request", "id_token_hint is not one of our ID tokens.")
        check = self._next(read, browser)
        if browser is not None and check is None:
            return self._answer(read, browser)
        error = refusal(read.request, check) if check else "login_required"
        if error is not None:
            return self._refusal(read, error, "The person would have to do something first.")
        if browser is not None and check is not None and check.step is Step.CONSENT:
            shown = " ".join(read.request.asks_for)
            asked = self._sealed(continuation._replace(asked=browser.session_id, shown=shown))
            return ShowConsent(asked, asking(read.client, read.request))
        return self._sign_in(read, browser, check)

    def _next(self, read: _Read, browser: Active | None) -> Check | None:
        counts = can_be_remembered(read.client, read.request)
        remembered = self.consents.scopes(browser.person.id, read.client.client_id) if browser and counts else ()
        standing = Standing(
            now=self.continuations.now(),
            present=_present(browser, read.continuation),
            done=_done(read),
            remembered=tuple(remembered),
            hinted_user_id=self._hinted(read.request),
            is_client_trusted=read.client.details.is_trusted,
        )
        return next_step(read.request, standing)

    def _read(self, continuation: Continuation) -> _Read | Reply:
        parsed = parse(continuation.parameters, self.clients.by_id)
        if isinstance(parsed, Untrusted):
            raise UntrustedRequest(parsed.reason, detail=f"client {parsed.client_id}" if parsed.client_id else "")
        if isinstance(parsed, Faulty):
            said = {"error": parsed.error, "error_description": parsed.error_description}
            told = self._reply(parsed.redirect_uri, parsed.response_mode, parsed.state, said, parsed.client.name)
            return replace(told, goes_at_once=parsed.client.origin != DYNAMIC)
        return _Read(continuation, parsed.client, parsed.request)

    def _sign_in(self, read: _Read, browser: Active | None, check: Check | None) -> ShowSignIn:
        asked = browser.session_id if browser else ""
        return ShowSignIn(
            continuation=self._sealed(read.continuation._replace(asked=asked, shown="")),
            asking=asking(read.client, read.request),
            login_hint=read.request.login_hint or "",
            is_again=browser is not None and check is not None and check.step is Step.SIGN_IN,
            insists="login" in read.request.prompt or read.request.max_age is not None,
        )

    def _answer(self, read: _Read, browser: Active) -> Reply:
        request = read.request
        issued = IssuedCode(
            client_id=read.client.client_id,
            user_id=browser.person.id,
            parent_id=browser.session_id,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            scope=" ".join(request.scope),
            claims=request.claims.as_mapping(),
            auth_time=from_microseconds(browser.auth_time * 1_000_000),
            amr=" ".join(browser.amr),
        )
        with self.transaction():
            code = self.codes.mint(issued)
        return self._reply(request.redirect_uri, request.response_mode, request.state, {"code": code}, read.client.name)

    def _refusal(self, read: _Read, error: str, description: str) -> Reply:
        """Return an error that no page went before; only who asked for no page is sent on by one alone."""
        goes_at_once = read.client.origin != DYNAMIC or "none" in read.request.prompt
        return replace(self._error(read, error, description), goes_at_once=goes_at_once)

    def _error(self, read: _Read, error: str, description: str) -> Reply:
        request = read.request
        said = {"error": error, "error_description": description}
        return self._reply(request.redirect_uri, request.response_mode, request.state, said, read.client.name)

    def _reply(self, uri: str, mode: str, state: str | None, said: Mapping[str, str], name: str) -> Reply:
        echoed = {"state": state} if state else {}
        # RFC 9207 §2: in every answer, errors included.
        return Reply(uri, mode, {**said, **echoed, "iss": self.issuer}, name, landing_places(uri))

    def _hinted(self, request: AuthorizationRequest) -> str | None:
        hint = self.id_tokens.read_hint(request.id_token_hint) if request.id_token_hint else None
        return hint.user_id if hint else None

    def _record(self, outcome: str, browser: Active, client: Client, visitor: Visitor) -> None:
        whose = browser.person.id
        detail = {"client_id": client.client_id}
        event = Event("consent.given", outcome, whose, whose, visitor.address, visitor.request_id, detail)
        self.trail.record(event)

    def _opened(self, sealed: str) -> Continuation:
        continuation = self.continuations.open(sealed)
        if continuation is None:
            raise AuthorizationExpired
        return continuation

    def _sealed(self, continuation: Continuation) -> str:
        sealed = self.continuations.seal(continuation)
        if sealed is None:
            raise UntrustedRequest("The application's request is too long.")
        return sealed


def _present(browser: Active | None, continuation: Continuation) -> Present | None:
    if browser is None:
        return None
    # Sessions count in seconds, requests do not wait for one: of those that began in the very second of the request,
    # one that was not there before has begun since. One that is older was only not there where the person first came.
    is_new = browser.session_id != continuation.before and browser.auth_time >= continuation.begun_at // 1_000_000
    proven_at = browser.auth_time * 1_000_000
    return Present(
        session_id=browser.session_id,
        user_id=browser.person.id,
        auth_time=max(proven_at, continuation.begun_at) if is_new else min(proven_at, continuation.begun_at - 1),
        amr=browser.amr,
        acr=acr_of(browser.amr),
        is_proven=FEDERATED not in browser.amr or continuation.proven == browser.session_id,
    )


def _done(read: _Read) -> Done:
    continuation = read.continuation
    consented = Consented(continuation.consented, continuation.shown.split()) if continuation.consented else None
    return Done(continuation.begun_at, continuation.chosen or None, consented)
