"""`identity adopt` at the command line: it reads, says all that is left to do, and writes nothing over there."""

import json
from datetime import UTC, datetime, timedelta

import bcrypt
import pytest
from bson import ObjectId

from tests.cli.conftest import Operator
from tests.fakes.people import PASSWORD, VISITOR
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.process import free_port

HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode()


@pytest.fixture
def theirs(mongo, tmp_path):
    """A running chat application: two people, one of them by Google, one document that is nobody; and its settings."""
    mongo.clear()
    until = datetime.now(UTC) + timedelta(hours=2)
    people = [
        {"_id": ObjectId(), "email": "ada@example.org", "name": "Ada", "password": HASH, "role": "ADMIN"},
        {"_id": ObjectId(), "email": "grace@example.org", "provider": "google", "googleId": "42"},
        {"_id": "nobody", "email": "nobody@example.org"},
    ]
    mongo.store.users.insert_many(people)
    value = json.dumps({"value": {"violation_count": 20}, "expires": until.timestamp() * 1000})
    mongo.store.logs.insert_many([{"key": f"BANS:{people[1]['_id']}", "value": value}, {"key": "BANS:x", "value": "{"}])
    path = tmp_path / "librechat.env"
    path.write_text(f"JWT_SECRET={GOOD_SECRETS['JWT_SECRET']}\nLOGIN_MAX=7\nLDAP_URL=\nOPENAI_API_KEY=sk\n")
    return path


@pytest.fixture
def adopt(operator: Operator, mongo, theirs):
    return lambda *options: operator.run("adopt", "--mongo", mongo.uri, "--env", str(theirs), *options)


def test_a_secret_that_the_chat_application_made_for_itself_is_to_be_looked_for(theirs, adopt):
    assert "JWT_REFRESH_SECRET, CREDS_KEY cannot be read there." in adopt().said
    theirs.write_text("".join(f"{name}={text}\n" for name, text in GOOD_SECRETS.items()))

    assert "cannot be read there" not in adopt().said


def test_everybody_comes_over_with_the_password_and_nothing_is_written_over_there(services, mongo, adopt):
    before = mongo.dump()
    done = adopt()

    assert done.status == 0, done.complained
    assert mongo.dump() == before
    assert services.sign_in.with_password("ada@example.org", PASSWORD, VISITOR).person.role == "ADMIN"
    assert "3 seen, 2 taken over, 0 here already" in done.said
    assert "left out: nobody nobody@example.org: the id is not an ObjectId" in done.said
    assert "1 connections with outside providers were taken over." in done.said
    assert "banned here as well" in done.said


def test_a_ban_for_more_offences_than_a_number_can_count_stops_nothing(mongo, theirs, adopt):
    ada = mongo.store.users.find_one({"email": "ada@example.org"})["_id"]
    value = json.dumps({"value": {"violation_count": 1e30}, "expires": 4102444800000})
    mongo.store.logs.insert_one({"key": f"BANS:{ada}", "value": value})

    assert f"banned here as well: {ada} until 2100-01-01 00:00 UTC" in adopt().said


def test_what_is_left_to_do_is_said(adopt):
    said = adopt().said

    assert "LOGIN_MAX" in said
    assert "stricter" in said
    assert "ACCESS_TOKEN_DIALECT=librechat" in said
    assert "location ~ ^/(api/auth|oauth|api/user/" in said
    assert "The way back" in said
    assert "1 other settings have nothing to do with signing in." in said
    assert not any(secret in said for secret in GOOD_SECRETS.values())


def test_a_second_run_changes_nothing(services, mongo, adopt):
    adopt()
    before, people = mongo.dump(), services.capabilities.users.page()
    told = json.loads(adopt("--json").said)

    assert (told["added"], told["known"], told["renewed"], told["bans"]) == (0, 2, 0, [])
    assert [one["what"] for one in told["left_out"]] == ["the id is not an ObjectId"]
    assert (mongo.dump(), services.capabilities.users.page()) == (before, people)


def test_who_had_a_second_step_there_is_named_for_people_and_for_programs(mongo, adopt):
    kept = {"twoFactorEnabled": True, "totpSecret": "JBSWY3DPEHPK3PXP"}
    mongo.store.users.update_one({"email": "ada@example.org"}, {"$set": kept})
    ada = str(mongo.store.users.find_one({"email": "ada@example.org"})["_id"])
    done = adopt()

    assert f"  {ada} ada@example.org: has two-factor authentication there" in done.said
    assert "1 second factors were taken over and are kept sealed" in done.said
    assert kept["totpSecret"] not in done.said
    told = json.loads(adopt("--json").said)["remarks"]
    assert [(one["id"], one["email"]) for one in told if "two-factor" in one["what"]] == [(ada, "ada@example.org")]


@pytest.mark.parametrize(
    "content", [b"CREDS_KEY=\xff\xfe\n", "JWT_SECRET=x\n".encode("utf-16"), "JWT_SECRET=x\n".encode("utf-16-le")]
)
def test_settings_that_are_no_text_are_refused_before_anybody_is_taken_over(services, theirs, adopt, content):
    theirs.write_bytes(content)
    done = adopt()

    assert (done.status, done.said) == (2, "")
    assert done.complained == f"The file {theirs} cannot be read as UTF-8 text, so nobody was taken over.\n"
    assert services.capabilities.users.count() == 0


def test_wrong_use_is_told(operator, theirs, tmp_path):
    assert operator.run("adopt").status == 2
    assert operator.run("adopt", "--env", str(tmp_path / "missing")).status == 2
    assert operator.run("adopt", "--env", str(theirs)).status == 2
    away = operator.run("adopt", "--env", str(theirs), "--mongo", f"mongodb://127.0.0.1:{free_port()}/x")
    assert (away.status, "is not available right now" in away.complained) == (3, True)
