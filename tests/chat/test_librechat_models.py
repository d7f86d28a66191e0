"""LibreChat's own published models accept what we write, and we what they write."""

import pytest

from identity_service.chat.mongo import MongoChat
from identity_service.chat.mongo_reading import MongoReading
from tests.chat.people import ADA, NOW
from tests.servers.mongo import MongoServer

SECRET = "a secret that both of them know, long enough for it"


@pytest.fixture(scope="module")
def own():
    """A server of its own: their models make indexes, which others do not expect."""
    with MongoServer() as server:
        yield server


@pytest.fixture(scope="module")
def librechat(node, own):
    """Asks LibreChat's models; a fault is raised."""
    script = node.converse("librechat.mjs", own.uri, SECRET)

    def ask(what, **told):
        answer = script.ask({"ask": what, **told})
        if "fault" in answer:
            raise RuntimeError(answer["fault"])
        return answer["is"]

    return ask


@pytest.fixture
def ours(own):
    own.clear()
    made = MongoChat(own.uri)
    yield made
    made.close()


@pytest.fixture
def theirs(own):
    own.clear()
    made = MongoReading(own.uri)
    yield made
    made.close()


def test_their_models_find_the_person_that_we_wrote_and_have_nothing_against_it(ours, librechat):
    ours.mirror(ADA)

    found = librechat("find", by={"email": "ADA@example.org"})
    assert (found["_id"], found["role"], found["provider"], found["emailVerified"]) == (ADA.id, "ADMIN", "local", True)
    assert librechat("validate", id=ADA.id) is None
    assert librechat("session", id=ADA.id) is True
    assert librechat("update", id=ADA.id, change={"termsAccepted": True})["termsAccepted"] is True
    ours.mirror(ADA)
    assert librechat("find", by={"_id": ADA.id})["termsAccepted"] is True


def test_their_indexes_let_two_people_without_providers_in_and_refuse_one_address_twice(ours, librechat):
    assert ours.mirror_all([ADA]) == []
    librechat("create", user={"email": "grace@example.org", "provider": "local", "name": "Grace"})

    with pytest.raises(RuntimeError, match=r"duplicate|E11000"):
        librechat("create", user={"email": "ada@example.org", "provider": "local", "name": "Another"})


def test_we_read_the_person_that_their_models_wrote(theirs, librechat):
    made = librechat(
        "create",
        user={"email": "Ada@Example.org", "provider": "google", "googleId": "42", "name": "Ada", "username": "Ada"},
        hasExpiry=True,
    )

    (found,) = theirs.accounts()
    assert (found.id, found.email, found.username) == (made["_id"], "ada@example.org", "ada")
    assert (found.provider, found.provider_ids, found.role) == ("google", {"googleId": "42"}, "USER")
    assert (found.email_verified, found.password_hash, found.second_factor) == (False, "", None)


def test_balances_are_the_same_read_and_written_from_either_side(ours, librechat):
    ours.mirror(ADA)
    ours.add_credits(ADA.id, 1000, NOW)
    assert librechat("balance", id=ADA.id)["tokenCredits"] == 1000
    librechat("pay", id=ADA.id, amount=500)

    assert ours.holder(ADA.email).credits == 1500
    mine, other = librechat("transactions", id=ADA.id)
    assert mine.keys() == other.keys()
    same = ("tokenType", "context", "rate", "user")
    assert [mine[name] for name in same] == [other[name] for name in same]
    assert (mine["tokenValue"], other["tokenValue"]) == (1000, 500)


def test_nothing_of_a_person_is_left_for_their_models_to_find(ours, librechat):
    ours.mirror(ADA)
    librechat("session", id=ADA.id)
    ours.add_credits(ADA.id, 1, NOW)
    went = ours.erase(ADA.id, erases_transactions=True)

    assert went == {"users": 1, "sessions": 1, "balances": 1, "transactions": 1}
    assert librechat("find", by={"_id": ADA.id}) is None
    assert librechat("transactions", id=ADA.id) == []
