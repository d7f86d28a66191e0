"""
A client's session that begins while its end is being decided: whoever comes first, nothing is left alive below an end.

On SQLite one of the two waits for its turn to write. On PostgreSQL both run, and each is stopped where it could
overlook the other.
Law: OpenID Connect Core 1.0 §16.18 (what an end must reach), RFC 6749 §4.1.2, OWASP ASVS 5.0 7.4.1.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from identity_service.flows.oidc.granted import TokenRequest
from identity_service.foundation.clock import to_microseconds
from identity_service.foundation.errors import InvalidGrant
from identity_service.oidc.codes import IssuedCode
from identity_service.oidc.details import AUTHORIZATION_CODE
from tests.attacks.meanwhile import PATIENCE, held_open, wait_until_done_or_waiting
from tests.fakes.people import VISITOR
from tests.fakes.tokens import claims_of

CALLBACK = "https://app.example.org/callback"


class Halting:
    """Refresh tokens that stop on the way into a new session until they are told to go on."""

    def __init__(self, real):
        self._real = real
        self.reached, self.go_on = Event(), Event()

    def begin(self, opening):
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
        return self._real.begin(opening)


class Stage:
    """Ada, a client that she has allowed something, and a code on its way to it."""

    def __init__(self, services, ada, scope):
        self.services = services
        self.ada = ada
        self.active = services.verify.access_token(ada.access_token)
        self.able = services.capabilities
        self.client = services.administer.create_client("App", (CALLBACK,), {"require_pkce": False}).client
        with services.database.transaction():
            self.able.consents.remember(ada.person.id, self.client.client_id, scope.split())
        self.code = self.mint(scope)

    def mint(self, scope="openid"):
        now = self.services.clock.now()
        whose = (self.client.client_id, self.ada.person.id, self.ada.session_id)
        with self.services.database.transaction():
            return self.able.codes.mint(IssuedCode(*whose, CALLBACK, scope, now, "pwd"))

    def redeem(self, grant=None):
        asked = TokenRequest(AUTHORIZATION_CODE, code=self.code, redirect_uri=CALLBACK)
        grant = grant or self.services.provider.token.grants[AUTHORIZATION_CODE]
        try:
            return grant.redeem(asked, self.client, VISITOR)
        except InvalidGrant:
            return None

    def is_dead(self, granted):
        now = to_microseconds(self.services.clock.now())
        return self.able.sessions.standing(claims_of(granted.access_token)["sid"], now) is None

    def sign_out(self):
        self.services.sign_out.by_access_token(self.active, VISITOR)

    def sign_out_everywhere(self):
        self.services.sign_out.everywhere(self.active, VISITOR, but_here=False)

    def withdraw_consent(self):
        self.services.provider.withdraw.consent(self.active, self.client.client_id, VISITOR)

    def withdraw_everything(self):
        self.services.provider.withdraw.everything(self.active, VISITOR)

    def remove_client(self):
        self.services.provider.remove_client.by_operator(self.client.client_id)

    def close_account(self):
        self.services.close_account.by_operator(self.active.person)


OF_ALL = (
    Stage.sign_out_everywhere,
    Stage.withdraw_consent,
    Stage.withdraw_everything,
    Stage.remove_client,
    Stage.close_account,
)
ENDINGS = [pytest.param(ending, "openid", id=ending.__name__) for ending in (Stage.sign_out, *OF_ALL)]
OFFLINE = [pytest.param(ending, "openid offline_access", id=f"{ending.__name__}, offline") for ending in OF_ALL]


@pytest.fixture
def stage(services, ada):
    return lambda scope: Stage(services, ada, scope)


@pytest.mark.parametrize(("ending", "scope"), ENDINGS + OFFLINE)
def test_a_session_that_begins_while_its_end_is_decided_does_not_outlive_it(stage, services, ending, scope):
    """The code is claimed and the parent is seen alive; then the end comes, and only then the session begins."""
    here = stage(scope)
    grant = services.provider.token.grants[AUTHORIZATION_CODE]
    halting = Halting(grant.refresh_tokens)
    with ThreadPoolExecutor(2) as both:
        redeeming = both.submit(here.redeem, replace(grant, refresh_tokens=halting))
        assert halting.reached.wait(PATIENCE)
        over = both.submit(ending, here)
        wait_until_done_or_waiting(services, over)
        halting.go_on.set()
        granted = redeeming.result(PATIENCE)
        over.result(PATIENCE)

    assert granted is not None
    assert here.is_dead(granted)


@pytest.mark.parametrize(("ending", "scope"), ENDINGS + OFFLINE)
def test_no_session_begins_after_an_end_that_is_being_written(stage, services, ending, scope):
    """The end is written, but not committed; whoever redeems the code now must not go by what was before."""
    here = stage(scope)
    with ThreadPoolExecutor(1) as other, held_open(services, lambda: ending(here)):
        redeeming = other.submit(here.redeem)
        wait_until_done_or_waiting(services, redeeming)

    granted = redeeming.result(PATIENCE)
    assert granted is None or here.is_dead(granted)


@pytest.mark.parametrize(("ending", "scope"), ENDINGS + OFFLINE)
def test_a_code_that_is_on_its_way_when_the_end_comes_is_worth_nothing(stage, ending, scope):
    here = stage(scope)
    ending(here)

    assert here.redeem() is None


def test_no_session_begins_by_a_code_that_was_minted_while_its_client_was_being_removed(stage, services):
    """Another process still remembers the client, so nothing keeps it from minting one."""
    here = stage("openid")

    def mint_and_redeem():
        here.code = here.mint()
        return here.redeem()

    with ThreadPoolExecutor(1) as other, held_open(services, here.remove_client):
        redeeming = other.submit(mint_and_redeem)
        wait_until_done_or_waiting(services, redeeming)

    assert redeeming.result(PATIENCE) is None


def test_a_withdrawn_consent_costs_nobody_elses_codes(stage, sign_in, services):
    here, eve = stage("openid"), sign_in("eve@example.org")
    here.withdraw_consent()
    here.ada = eve
    here.code = here.mint()

    assert not here.is_dead(here.redeem())
