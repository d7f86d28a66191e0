"""
What a person must still do before an authorization request can be answered.

Each reason is a row of one table, and the first that holds is the next step. After each step the person comes back to
the same question, so no step knows another; with `prompt=none` the row says what the client is told instead.
Law: OpenID Connect Core 1.0 §3.1.2.1 to §3.1.2.4, §3.1.2.6, §5.5.1 and §11;
OpenID Connect Core Unmet Authentication Requirements 1.0.
Leaves to others: how a step looks, and what is remembered of it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum

from identity_service.oidc.requests import AuthorizationRequest

ACR_VALUES = ("1",)
"""What a sign-in can reach, weakest first; who reaches one has reached those before it. "1" is one factor."""

_SECOND = 1_000_000


class Step(Enum):
    """What comes next."""

    SIGN_IN = "sign_in"
    SELECT_ACCOUNT = "select_account"
    CONSENT = "consent"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Present:
    """
    The person who is signed in, in this browser; `auth_time` in whole microseconds since 1970.

    `is_proven` is false for whoever came from a provider that was not told to ask anew: perhaps nobody had to.
    """

    session_id: str
    user_id: str
    auth_time: int
    amr: tuple[str, ...]
    acr: str
    is_proven: bool = True


@dataclass(frozen=True)
class Consented:
    """The person in this session has allowed `scope`."""

    session_id: str
    scope: Collection[str]


@dataclass(frozen=True)
class Done:
    """What the person has done for this very request; `begun_at` in whole microseconds since 1970."""

    begun_at: int
    chosen_session_id: str | None = None
    consented: Consented | None = None


@dataclass(frozen=True)
class Standing:
    """
    How things stand with a request.

    Attributes:
        now: whole microseconds since 1970.

        present: who is signed in, if anybody is.

        done: what was done for this very request.

        remembered: the scopes that this person has allowed this client before.

        hinted_user_id: whom the id_token_hint is about, once it has proven to be one of ours.

        is_client_trusted: people are not asked about this client.
    """

    now: int
    present: Present | None
    done: Done
    remembered: Collection[str] = ()
    hinted_user_id: str | None = None
    is_client_trusted: bool = False

    @property
    def is_fresh(self) -> bool:
        """Whether somebody has signed in since the request began."""
        return self.present is not None and self.present.auth_time >= self.done.begun_at

    @property
    def is_proven_anew(self) -> bool:
        """Whether whoever has signed in since then had to show who it is."""
        return self.is_fresh and self.present is not None and self.present.is_proven

    @property
    def user_id(self) -> str | None:
        """Who is signed in."""
        return self.present.user_id if self.present else None

    def is_older_than(self, seconds: int) -> bool:
        """Say whether the sign-in was longer ago."""
        return self.present is None or self.now - self.present.auth_time > seconds * _SECOND

    def has_consented(self, scope: Collection[str]) -> bool:
        """Say whether the person has allowed all of *scope* for this very request."""
        given = self.done.consented
        if self.present is None or given is None or given.session_id != self.present.session_id:
            return False
        return set(scope) <= set(given.scope)


@dataclass(frozen=True)
class Check:
    """
    One reason to ask the person for something.

    `error` is what the client is told where the person may not be asked; `holds` says whether the reason is there.
    """

    name: str
    error: str
    step: Step
    holds: Callable[[AuthorizationRequest, Standing], bool]


def next_step(request: AuthorizationRequest, standing: Standing) -> Check | None:
    """Return the first reason why *request* cannot be answered yet, or None when it can."""
    return next((check for check in PROMPTS if check.holds(request, standing)), None)


def refusal(request: AuthorizationRequest, check: Check) -> str | None:
    """
    Return the error with which *check* ends *request* at once, or None when the person may be asked.

    Law: OpenID Connect Core 1.0 §3.1.2.1 (with `prompt=none` no page is shown) and §3.1.2.6 (the errors).
    """
    return check.error if check.step is Step.REFUSE or "none" in request.prompt else None


def _must_sign_in_anew(request: AuthorizationRequest, standing: Standing) -> bool:
    return "login" in request.prompt and not standing.is_proven_anew


def _is_too_long_ago(request: AuthorizationRequest, standing: Standing) -> bool:
    # A sign-in for this very request is as young as one can be, even with max_age=0; or of unknown age.
    if request.max_age is None or standing.is_proven_anew:
        return False
    return standing.is_fresh or standing.is_older_than(request.max_age)


def _is_another_than_hinted(_: AuthorizationRequest, standing: Standing) -> bool:
    return standing.hinted_user_id is not None and standing.user_id != standing.hinted_user_id


def _is_another_than_claimed(request: AuthorizationRequest, standing: Standing) -> bool:
    return bool(request.claims.subjects) and standing.user_id not in request.claims.subjects


def _is_beyond_anybody(request: AuthorizationRequest, _: Standing) -> bool:
    wanted = _essential_acr(request)
    return bool(wanted) and not wanted & set(ACR_VALUES)


def _is_beyond_the_session(request: AuthorizationRequest, standing: Standing) -> bool:
    wanted, acr = _essential_acr(request), standing.present.acr if standing.present else ""
    reached = ACR_VALUES[: ACR_VALUES.index(acr) + 1] if acr in ACR_VALUES else ()
    return bool(wanted) and not wanted & set(reached)


def _essential_acr(request: AuthorizationRequest) -> set[str | int | bool]:
    """Return the values of which one must be reached; asked for in any other way, acr is only a wish."""
    asked = request.claims.id_token.get("acr")
    return set(asked.values) if asked and asked.essential else set()


def _has_not_chosen(request: AuthorizationRequest, standing: Standing) -> bool:
    if "select_account" not in request.prompt or standing.is_fresh:
        return False  # who has just signed in has chosen by it
    return standing.present is None or standing.done.chosen_session_id != standing.present.session_id


def _must_be_asked(request: AuthorizationRequest, standing: Standing) -> bool:
    return "consent" in request.prompt and not standing.has_consented(request.asks_for)


def _has_not_allowed(request: AuthorizationRequest, standing: Standing) -> bool:
    # OpenID Connect Core 1.0 §11: offline_access is a scope like the others, allowed before or asked about now.
    is_remembered = set(request.asks_for) <= set(standing.remembered)
    return not (standing.is_client_trusted or is_remembered or standing.has_consented(request.asks_for))


PROMPTS = (
    # Nobody should sign in only to be refused, so what no sign-in could change is asked first.
    Check("acr_out_of_reach", "unmet_authentication_requirements", Step.REFUSE, _is_beyond_anybody),
    Check("no_session", "login_required", Step.SIGN_IN, lambda _, standing: standing.present is None),
    Check("login_asked_for", "login_required", Step.SIGN_IN, _must_sign_in_anew),
    Check("too_long_ago", "login_required", Step.SIGN_IN, _is_too_long_ago),
    Check("not_who_was_hinted", "login_required", Step.SIGN_IN, _is_another_than_hinted),
    Check("not_who_was_claimed", "login_required", Step.SIGN_IN, _is_another_than_claimed),
    Check("acr_not_reached", "login_required", Step.SIGN_IN, _is_beyond_the_session),
    Check("account_not_chosen", "account_selection_required", Step.SELECT_ACCOUNT, _has_not_chosen),
    Check("consent_asked_for", "consent_required", Step.CONSENT, _must_be_asked),
    Check("not_allowed", "consent_required", Step.CONSENT, _has_not_allowed),
)
