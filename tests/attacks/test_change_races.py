"""
Two who change the same account at once wait for each other in one direction: none of them is turned away for it.

On SQLite one of the two waits for its turn to write. On PostgreSQL both run, and each holds what it has changed.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from identity_service.accounts.vouchers import CHANGE_EMAIL, RESET_PASSWORD
from identity_service.foundation.errors import InvalidResetToken, InvalidVerificationToken
from tests.attacks.meanwhile import PATIENCE, wait_until_done_or_waiting
from tests.fakes.letters import WITH_MAIL
from tests.fakes.people import HASH, VISITOR, person

pytestmark = pytest.mark.environ(**WITH_MAIL)

EMAIL, ELSEWHERE = "ada@example.org", "ada@example.net"


def by_reset(services, whose, token):
    services.recovery.recover.reset(whose.id, token, "a phrase nobody else knows", VISITOR)


def by_proof(services, _, token):
    services.recovery.verify_address.confirm(ELSEWHERE, token, VISITOR)


@pytest.mark.parametrize(
    ("kind", "to", "use", "refusal"),
    [
        (RESET_PASSWORD, EMAIL, by_reset, InvalidResetToken),
        (CHANGE_EMAIL, ELSEWHERE, by_proof, InvalidVerificationToken),
    ],
    ids=["a new password", "another address"],
)
def test_a_link_that_is_used_while_the_password_is_being_changed_is_void(services, kind, to, use, refusal):
    whose = person(services, EMAIL, email_verified=True)
    with services.database.transaction():
        token = services.capabilities.vouchers.mint(kind, whose.id, to)
    begun, is_used = Event(), Event()

    def change():
        with services.database.transaction():
            assert services.recovery.change_password.changes.replace_password(whose.id, HASH, "another hash")
            begun.set()
            assert is_used.wait(PATIENCE)
            services.capabilities.vouchers.void(whose.id)

    with ThreadPoolExecutor(2) as both:
        changing = both.submit(change)
        assert begun.wait(PATIENCE)
        using = both.submit(use, services, whose, token)
        wait_until_done_or_waiting(services, using)
        is_used.set()
        changing.result(PATIENCE)
        with pytest.raises(refusal):
            using.result(PATIENCE)
