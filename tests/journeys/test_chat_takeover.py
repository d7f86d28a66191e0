"""
An evening with a running LibreChat: its people are taken over, its own libraries accept our tokens, people come and go.

The service is a real one in the librechat dialect; LibreChat is its own models and its own way to verify a token.
"""

import time

import bcrypt
import pytest
from bson import ObjectId

from tests.attacks.crowd import UNLIMITED, Ask, Wire, all_at_once, login, registration
from tests.fakes.people import PASSWORD
from tests.servers.mongo import MongoServer


@pytest.fixture(scope="module")
def mongo():
    with MongoServer() as server:
        yield server


@pytest.fixture(scope="module")
def secret():
    """What both of them sign with."""
    return "Kq7zP2vX9mN4wR8tY6uJ3hG5fD1sA0cB"


@pytest.fixture(scope="module")
def librechat(node, mongo, secret):
    """Ask LibreChat's models, and what it verifies tokens with."""
    script = node.converse("librechat.mjs", mongo.uri, secret)

    def ask(what, **told):
        answer = script.ask({"ask": what, **told})
        assert "fault" not in answer, answer
        return answer["is"]

    return ask


@pytest.fixture(scope="module")
def old_people(mongo, librechat):
    """People who signed up at LibreChat itself; the second of them came in by providers as well."""
    kept = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10, b"2a")).decode()
    usual = {"password": kept, "emailVerified": True}
    people = {"ada": usual, "grace": {**usual, "googleId": "42", "samlId": "uid"}, "edsger": usual}
    return [
        librechat("create", user={"email": f"{name}@example.org", "name": name, **told})
        for name, told in people.items()
    ]


@pytest.fixture(scope="module")
def server(identity_server, mongo, secret, old_people):
    """The service, put in front of it."""
    beside = {"MONGO_URI": mongo.uri, "ACCESS_TOKEN_DIALECT": "librechat", "JWT_SECRET": secret}
    service = identity_server(environment={**UNLIMITED, **beside})
    theirs = service.folder / "librechat.env"
    theirs.write_text(f"JWT_SECRET={secret}\nALLOW_REGISTRATION=true\n")
    before = mongo.dump()
    adopted = service.run("adopt", "--mongo", mongo.uri, "--env", str(theirs))
    assert adopted.returncode == 0, adopted.stderr
    assert mongo.dump() == before
    return service


def signed_in(server, email):
    answer = all_at_once(server, [login(email, PASSWORD)])[0]
    assert answer.status == 200, answer
    return answer.json


def eventually(what, seconds=20):
    """Return what *what* returns as soon as it is anything."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("number", [0, 1, 2])
def test_everybody_signs_in_with_the_old_password_and_librechat_accepts_the_token(
    server, librechat, old_people, number
):
    told = signed_in(server, old_people[number]["email"])

    assert told["user"]["_id"] == old_people[number]["_id"]
    found = librechat("verify", token=told["token"])
    assert (found["id"], found["email"]) == (old_people[number]["_id"], old_people[number]["email"])


def test_the_password_that_librechat_keeps_still_opens_the_way_back(server, librechat, old_people):
    signed_in(server, old_people[0]["email"])

    assert librechat("password", id=old_people[0]["_id"], password=PASSWORD) is True


def test_somebody_new_is_known_to_librechat_and_gone_there_when_gone_here(server, mongo, librechat):
    all_at_once(server, [registration("new@example.org")])
    told = signed_in(server, "new@example.org")
    eventually(lambda: librechat("verify", token=told["token"]))
    mongo.store.messages.insert_one({"user": told["user"]["_id"], "text": "hello"})

    wire = Wire(server)
    bearer = {"Authorization": f"Bearer {told['token']}"}
    left = wire.ask(Ask("DELETE", "/api/user/delete", headers=bearer))
    wire.close()
    assert (left.status, left.json["message"]) == (200, "User deleted")
    eventually(lambda: librechat("verify", token=told["token"]) is None)
    eventually(lambda: mongo.store.messages.count_documents({"user": told["user"]["_id"]}) == 0)
    eventually(lambda: all_at_once(server, [login("new@example.org", PASSWORD)])[0].status == 404)


def test_a_changed_password_takes_the_old_hash_away_over_there(server, mongo, old_people):
    user_id = ObjectId(old_people[2]["_id"])
    with_hash = {"_id": user_id, "password": {"$exists": True}}
    assert mongo.store.users.count_documents(with_hash) == 1
    told = signed_in(server, old_people[2]["email"])
    wire = Wire(server)
    bearer = {"Authorization": f"Bearer {told['token']}"}
    body = {"newPassword": "another phrase that is mine", "currentPassword": PASSWORD}
    changed = wire.ask(Ask("PUT", "/api/user/password", body, bearer))
    wire.close()

    assert changed.status == 200, changed
    eventually(lambda: mongo.store.users.count_documents(with_hash) == 0)


def test_a_connection_that_ends_here_opens_nothing_over_there_and_what_was_never_ours_stays(
    server, librechat, old_people
):
    assert librechat("find", by={"googleId": "42"})["_id"] == old_people[1]["_id"]
    told = signed_in(server, old_people[1]["email"])
    wire = Wire(server)
    ended = wire.ask(Ask("DELETE", "/api/auth/links/google", headers={"Authorization": f"Bearer {told['token']}"}))
    wire.close()

    assert ended.status == 200, ended
    eventually(lambda: librechat("find", by={"googleId": "42"}) is None)
    assert librechat("find", by={"samlId": "uid"})["_id"] == old_people[1]["_id"]


def test_a_frozen_or_stopped_database_is_felt_by_nobody(server, mongo):
    with mongo.frozen():
        all_at_once(server, [registration("cold@example.org")])
        told = signed_in(server, "cold@example.org")
        wire = Wire(server)
        bearer = {"Authorization": f"Bearer {told['token']}"}
        answers = [wire.ask(Ask("GET", "/v1/forward-auth", headers=bearer)).status for _ in range(20)]
        wire.close()
    assert answers == [204] * 20
    eventually(lambda: mongo.store.users.count_documents({"email": "cold@example.org"}), seconds=60)
