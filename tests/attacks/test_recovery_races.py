"""
Thirty-two who use the same link at the same moment, over two workers: one succeeds, and the rest changes nothing.

Law: OWASP ASVS 5.0 6.5.1, 2.3.4.
"""

import pytest

from identity_service.accounts.vouchers import CHANGE_EMAIL, RESET_PASSWORD, VERIFY_EMAIL
from tests.attacks.crowd import UNLIMITED, Ask, all_at_once, behind, login
from tests.fakes.letters import WITH_MAIL, carried, on_their_way
from tests.fakes.people import HASH, PASSWORD, person
from tests.servers.process import free_port

CROWD = 32
NOBODY_LISTENS = {**WITH_MAIL, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(free_port())}


@pytest.fixture(scope="module")
def server(identity_server):
    return identity_server(environment={**UNLIMITED, **NOBODY_LISTENS})


@pytest.fixture
def services(server):
    with behind(server) as found:
        yield found


@pytest.fixture
def issue(services, request):
    """Somebody, and a voucher of theirs."""
    email = f"{request.node.name.partition('[')[0]}@example.org"
    whose = person(services, email, email_verified=True)

    def of(kind, sent_to=email):
        with services.database.transaction():
            return whose, services.capabilities.vouchers.mint(kind, whose.id, sent_to)

    return of


def statuses(answers):
    return sorted(answer.status for answer in answers)


def test_one_link_sets_one_password(server, services, issue):
    whose, token = issue(RESET_PASSWORD)
    passwords = [f"phrase number {number} of the crowd" for number in range(CROWD)]
    told = {"userId": whose.id, "token": token}
    answers = all_at_once(
        server, [Ask("POST", "/api/auth/resetPassword", {**told, "password": each}) for each in passwords]
    )

    assert statuses(answers) == [200] + [400] * (CROWD - 1)
    (winner,) = [each for each, answer in zip(passwords, answers, strict=True) if answer.status == 200]
    kept = services.capabilities.users.credentials(whose.email).password_hash
    assert services.capabilities.passwords.verify(winner, kept).is_right
    trail = [f"{entry.event.name} {entry.event.outcome}" for entry in services.capabilities.trail.about(whose.id)]
    assert trail.count("password.reset done") == 1


def test_one_link_proves_an_address_once(server, services, issue):
    whose, token = issue(VERIFY_EMAIL)
    asked = Ask("POST", "/api/user/verify", {"email": whose.email, "token": token})

    assert statuses(all_at_once(server, [asked] * CROWD)) == [200] + [400] * (CROWD - 1)


def test_one_link_changes_an_address_once(server, services, issue):
    whose, token = issue(CHANGE_EMAIL, "moved@elsewhere.example")
    asked = Ask("POST", "/api/user/verify", {"email": "moved@elsewhere.example", "token": token})

    assert statuses(all_at_once(server, [asked] * CROWD)) == [200] + [400] * (CROWD - 1)
    assert services.capabilities.users.by_id(whose.id).email == "moved@elsewhere.example"


def test_of_those_who_want_the_same_new_address_one_gets_it(server, services):
    wanted = "wanted@elsewhere.example"
    people = [person(services, f"one.of.many.{number}@example.org") for number in range(8)]
    with services.database.transaction():
        tokens = [services.capabilities.vouchers.mint(CHANGE_EMAIL, each.id, wanted) for each in people]
    asks = [Ask("POST", "/api/user/verify", {"email": wanted, "token": token}) for token in tokens]

    assert statuses(all_at_once(server, asks)) == [200] + [400] * 7
    assert services.capabilities.users.by_email(wanted) is not None


def test_who_signs_in_with_the_old_password_during_a_reset_is_out_afterwards(server, services, issue):
    whose, token = issue(RESET_PASSWORD)
    reset = {"userId": whose.id, "token": token, "password": "a phrase nobody else knows"}
    asks = [login(whose.email, PASSWORD)] * (CROWD - 1)
    answers = all_at_once(server, [*asks[:16], Ask("POST", "/api/auth/resetPassword", reset), *asks[16:]])

    assert {answer.status for answer in answers} <= {200, 404}
    assert services.capabilities.users.credentials(whose.email).password_hash != HASH
    assert services.capabilities.sessions.devices(whose.id) == []


def test_a_crowd_that_asks_leaves_one_link_that_is_good(server, services, issue):
    whose, old = issue(RESET_PASSWORD)
    asked = Ask("POST", "/api/auth/requestPasswordReset", {"email": whose.email})
    assert statuses(all_at_once(server, [asked] * CROWD)) == [200] * CROWD

    links = [carried(letter) for letter in on_their_way(services, whose.email, CROWD)]
    good = [link for link in links if services.capabilities.vouchers.find(link)]
    assert len(good) == 1
    assert old not in good
