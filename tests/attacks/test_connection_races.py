"""
Somebody who comes by a connection while it ends: whoever is first, nobody is inside by what has ended.

On SQLite one of the two waits for its turn to write. On PostgreSQL both run, and each waits where it could overlook
the other.
Law: OWASP ASVS 5.0 §6.8.1 (no identity takes another's place).
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from identity_service.foundation.errors import RegistrationClosed, StrangeArrival
from tests.attacks.meanwhile import PATIENCE, held_open, wait_until_done_or_waiting
from tests.fakes.identities import ADDRESS, identity
from tests.fakes.people import VISITOR, person, session

pytestmark = pytest.mark.environ(ALLOW_ACCOUNT_LINKING="true")

GITHUB = identity(provider="github", kind="github", issuer="github", email="other@example.org")


@pytest.fixture
def account(services):
    """An account with a password, connected with GITHUB; its address was never verified."""
    person(services, "administrator@example.org")
    made = person(services, ADDRESS)
    with services.database.transaction():
        assert services.upstream.connect.links.tie(GITHUB, made.id, is_origin=False)
    return made


def nobody_comes_in_during(services, ending):
    """Let somebody come by GITHUB while *ending* is written but not committed."""
    with ThreadPoolExecutor(1) as other, held_open(services, ending):
        entering = other.submit(services.upstream.trips.welcome.of, GITHUB, None, VISITOR)
        wait_until_done_or_waiting(services, entering)
    # Whoever came too late for the connection is a stranger, and there is no registration for those.
    with pytest.raises((StrangeArrival, RegistrationClosed)):
        entering.result(PATIENCE)


def test_whoever_prepared_an_account_is_not_inside_after_its_owner_has_come(services, account):
    def owner_comes():
        assert services.upstream.trips.welcome.of(identity(), None, VISITOR).person.id == account.id

    nobody_comes_in_during(services, owner_comes)


def test_nobody_comes_in_by_a_connection_that_is_being_ended(services, account):
    active = services.verify.access_token(session(services, account).access_token)

    nobody_comes_in_during(services, lambda: services.upstream.connect.end("github", active, VISITOR))
