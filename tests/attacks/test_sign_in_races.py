"""
Somebody signs in anew while what the session before has produced is used or ended: nobody is put off, nothing revives.

On SQLite one of the two waits for its turn to write. On PostgreSQL both run, and each holds what it has changed.
Leaves to others: the crowd (test_code_races).
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from identity_service.flows.begin_session import Proven
from identity_service.flows.oidc.granted import TokenRequest
from identity_service.foundation.errors import InvalidGrant
from tests.attacks.meanwhile import PATIENCE, wait_until_done_or_waiting
from tests.fakes.applications import CALLBACK, VERIFIER, application, code_for, tokens_for
from tests.fakes.people import VISITOR, session
from tests.fakes.tokens import claims_of


class Stage:
    """Ada's browser, an application, and the code that it has been brought."""

    def __init__(self, services, ada):
        self.services = services
        self.before = ada
        self.active = services.verify.access_token(ada.access_token)
        self.client = application(services).client
        self.code = code_for(services, self.client, ada)

    def redeem(self):
        asked = TokenRequest("authorization_code", code=self.code, redirect_uri=CALLBACK, code_verifier=VERIFIER)
        return self.services.provider.token.answer(self.client, asked, VISITOR)

    def is_alive(self, granted):
        sid = claims_of(granted.access_token)["sid"]
        return bool(self.services.capabilities.sessions.standing(sid, 0))

    def in_between(self, *, first, other, then):
        """Let *first* happen, *other* happen or wait for it, and *then* the rest of the first's transaction."""
        begun, goes_on = Event(), Event()

        def in_two_steps():
            with self.services.database.transaction():
                first()
                begun.set()
                assert goes_on.wait(PATIENCE)
                return then()

        with ThreadPoolExecutor(2) as both:
            one = both.submit(in_two_steps)
            assert begun.wait(PATIENCE)
            meanwhile = both.submit(other)
            wait_until_done_or_waiting(self.services, meanwhile)
            goes_on.set()
            return one.result(PATIENCE), meanwhile.result(PATIENCE)


@pytest.fixture
def stage(services, ada):
    return Stage(services, ada)


def test_a_code_is_redeemed_while_a_provider_that_tells_a_new_name_lets_its_person_in(stage, services):
    ada = stage.before.person
    _, granted = stage.in_between(
        first=lambda: services.upstream.connect.profiles.describe(ada.id, name="Ada King"),
        other=stage.redeem,
        then=lambda: services.begin_session.of(Proven(ada, "fed", {}), VISITOR, stage.active),
    )

    assert stage.is_alive(granted)


def test_a_session_is_signed_out_while_it_is_being_replaced(stage, services):
    endings, old = services.sign_out.endings, stage.before
    granted, new = tokens_for(services, stage.client, old), session(services, old.person)
    stage.in_between(
        first=lambda: endings.hand_on(old.person.id, old.session_id, new.session_id),
        other=lambda: services.sign_out.by_access_token(stage.active, VISITOR),
        then=lambda: endings.one(old.session_id, "replaced"),
    )

    assert stage.is_alive(granted)


def test_a_code_of_a_session_that_ended_while_the_password_was_being_checked_stays_dead(stage, services):
    services.sign_out.by_access_token(stage.active, VISITOR)
    with services.database.transaction():
        services.begin_session.of(Proven(stage.before.person, "pwd", {}), VISITOR, stage.active)

    with pytest.raises(InvalidGrant):
        stage.redeem()
