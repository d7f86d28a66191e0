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


@pytest.fixture
def active(services, account):
    """A session in that account."""
    return services.verify.access_token(session(services, account).access_token)


def owner_comes(services):
    """Let the owner of the address come by a provider that vouches for it."""
    services.upstream.trips.welcome.of(identity(), None, VISITOR)


def refused(services, arrival, ending):
    """Let *arrival* happen while *ending* is written but not committed, and see it refused."""
    with ThreadPoolExecutor(1) as other, held_open(services, ending):
        arriving = other.submit(arrival)
        wait_until_done_or_waiting(services, arriving)
    # To whoever came too late for a connection everybody is a stranger, and there is no registration for those.
    with pytest.raises((StrangeArrival, RegistrationClosed)):
        arriving.result(PATIENCE)


@pytest.fixture
def come(services):
    """Come by GITHUB."""
    return lambda: services.upstream.trips.welcome.of(GITHUB, None, VISITOR)


def test_whoever_prepared_an_account_is_not_inside_after_its_owner_has_come(services, account, come):
    refused(services, come, lambda: owner_comes(services))

    assert services.capabilities.users.by_id(account.id).email_verified


def test_an_address_does_not_follow_a_provider_from_where_nobody_comes_any_more(services, account):
    was = identity("was", provider="discord", kind="discord", issuer="discord", email="thief@example.org")
    with services.database.transaction():
        assert services.upstream.connect.links.tie(was, account.id, is_origin=True)

    refused(services, lambda: services.upstream.trips.welcome.of(was, None, VISITOR), lambda: owner_comes(services))

    assert services.capabilities.users.by_id(account.id).email == ADDRESS


def test_nobody_comes_in_by_a_connection_that_is_being_ended(services, active, come):
    refused(services, come, lambda: services.upstream.connect.end("github", active, VISITOR))

    assert [each.id for each in services.capabilities.sessions.devices(active.person.id)] == [active.session_id]


ENDINGS = {
    "the owner comes": lambda services, _: owner_comes(services),
    "signed out": lambda services, active: services.sign_out.by_access_token(active, VISITOR),
    "deleted": lambda services, active: services.close_account.by_operator(active.person),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_nothing_is_connected_by_a_session_that_is_being_ended(services, active, ending):
    connect = services.upstream.connect
    wish = connect.begin(active)
    discord = identity("mine", provider="discord", kind="discord", issuer="discord")

    refused(services, lambda: connect.complete(discord, wish, VISITOR, None), lambda: ending(services, active))

    assert connect.links.owner(discord) is None


@pytest.mark.parametrize("is_proven", [True, False])
def test_nobody_joins_an_account_whose_address_is_becoming_another_one(services, is_proven):
    person(services, "administrator@example.org")
    whose = person(services, ADDRESS, email_verified=is_proven)
    change = services.recovery.verify_address.changes.change_address

    refused(
        services,
        lambda: services.upstream.trips.welcome.of(identity(), None, VISITOR),
        lambda: change(whose.id, ADDRESS, "ada@example.net"),
    )

    assert services.upstream.connect.links.owner(identity()) is None
    assert services.capabilities.users.credentials("ada@example.net").password_hash
