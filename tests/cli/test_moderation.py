"""The operator's commands about people who are kept out: they ban, lift, list, explain, and read the trail."""

import csv
import json
import shlex
from datetime import UTC, datetime

import pytest

from tests.fakes import people
from tests.fakes.people import VISITOR


@pytest.fixture
def grace(services, clock):
    """Somebody who is no administrator; the commands have the machine's own clock, so here it is now as well."""
    clock.instant = datetime.now(UTC)
    people.person(services)
    return people.person(services, "grace@example.org")


def told_of(identity, email):
    return json.loads(identity("why", "--json", "--", email).said)["lift"]


def why_of(identity, email):
    return identity("why", "--", email).said.strip().rpartition("To lift the ban and forget the scores: ")[2]


def test_a_person_is_banned_listed_and_released(services, identity, told, grace):
    session = people.session(services, grace)
    banned = told("ban-user", grace.email, "--minutes", "5", "--note", "spam", "--yes")

    assert (banned["holder"], banned["by"], banned["note"]) == (grace.id, "operator", "spam")
    ends, begins = (datetime.fromisoformat(banned[name]) for name in ("ends_at", "imposed_at"))
    assert round((ends - begins).total_seconds()) == 300
    assert [(each["email"], each["holder"]) for each in told("list-bans")] == [(grace.email, grace.id)]
    assert services.verify.access_token(session.access_token) is None
    identity("unban-user", grace.email)
    assert told("list-bans") == []
    assert identity("unban-user", grace.email, status=1).complained == "There is no such ban.\n"


NASTY = "spam\x1b[2J\x1b[31m\rNot banned.\nTotal bans: 0\u2028\x9b"


@pytest.mark.parametrize("command", [["list-bans"], ["why", "grace@example.org"], ["trail"], ["trail", "--csv"]])
def test_what_somebody_wrote_moves_no_terminal(identity, told, grace, command):
    told("ban-user", grace.email, "--note", NASTY, "--yes")
    said = identity(*command).said

    assert "spam" in said
    assert all(letter.isprintable() for line in said.split("\n") for letter in line)
    assert "Total bans: 0" not in said.splitlines()
    assert told("list-bans")[0]["note"] == NASTY


def test_an_address_is_banned_for_ever_and_the_operator_hears_when_that_is_not_felt(identity):
    said = identity("ban-user", "2001:db8::1", "--forever", "--yes").said

    assert said.startswith("Banned 2001:db8::1 (2001:db8::/64) for ever.")
    assert "Bans of addresses only observe for now" in said
    assert identity("list-bans").said == "2001:db8::/64  for ever  by hand (operator)\nTotal bans: 1\n"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::1%lo", "::/64", "::ffff:127.0.0.1"])
def test_this_machine_itself_is_not_banned(identity, told, address):
    assert identity("ban-user", address, "--yes", status=1).complained == "address: This is the machine itself.\n"
    assert told("list-bans") == []


def test_a_ban_is_asked_about_first(identity, told, grace):
    assert identity("ban-user", grace.email, stdin="n\n", status=1).complained == "Aborted.\n"
    assert told("list-bans") == []


@pytest.mark.parametrize("command", ["ban-user", "unban-user", "why"])
def test_whom_nobody_knows_no_command_finds(identity, command):
    yes = ["--yes"] if command == "ban-user" else []

    assert identity(command, "nobody@example.org", *yes, status=1).complained


def test_a_duration_is_one_of_two(identity, grace):
    identity("ban-user", grace.email, "--minutes", "5", "--forever", "--yes", status=2)
    identity("ban-user", grace.email, "--minutes", "0", "--yes", status=2)


@pytest.mark.parametrize("minutes", ["52560001", "99999999999999", "9" * 5000])
def test_a_ban_lasts_a_hundred_years_at_most(identity, told, grace, minutes):
    assert "--minutes" in identity("ban-user", grace.email, "--minutes", minutes, "--yes", status=2).complained
    assert told("list-bans") == []
    assert told("ban-user", grace.email, "--minutes", "52560000", "--yes")["holder"] == grace.id


def test_why_tells_the_events_the_score_what_follows_and_what_lifts_it(services, identity, told, grace):
    for _ in range(20):
        services.moderation.gate.breach("logins", VISITOR, grace.id)
    told_by = told("why", grace.email)

    assert (told_by["banned"], told_by["ban"]["score"], told_by["lift"]) == (
        True,
        20,
        f"identity unban-user {grace.email}",
    )
    assert [(each["type"], each["events"], each["next_ban_at"]) for each in told_by["scores"]] == [("logins", 20, 40)]
    assert len(told_by["violations"]) == 20
    assert told_by["violations"][0]["request_id"] == VISITOR.request_id
    said = identity("why", grace.email).said
    assert "Banned since" in said
    assert "halves every 1 day" in said
    assert f"To lift the ban and forget the scores: identity unban-user {grace.email}" in said


def test_why_explains_a_request_by_everybody_who_was_concerned(services, told, identity, grace):
    services.moderation.gate.breach("logins", VISITOR, grace.id)
    explained = told("why", VISITOR.request_id)

    assert [each["named"] for each in explained["concerned"]] == [grace.email, VISITOR.address]
    assert f"Request {VISITOR.request_id}:" in identity("why", VISITOR.request_id).said


def test_why_explains_nothing_to_whoever_names_nothing(told, identity, grace):
    told("ban-user", grace.email, "--yes")  # by a command, so without the id of a request
    refused = identity("why", "", status=1)

    assert (refused.said, refused.complained.split(":")[0]) == ("", "Say about whom")


@pytest.mark.parametrize("email", ["-x@example.org", "o'hara@example.org", "a$b@example.org", "--yes@example.org"])
def test_what_is_said_to_lift_a_ban_can_be_typed_as_it_is(services, identity, told, grace, email):
    people.person(services, email, username="odd")
    said = identity("ban-user", "--yes", "--", email).said
    hints = [said.strip().partition("To lift it: ")[2], told_of(identity, email), why_of(identity, email)]

    for hint in hints:
        name, *words = shlex.split(hint)
        assert (name, identity(*words).status) == ("identity", 0)
        assert told("list-bans") == []
        identity("ban-user", "--yes", "--", email)


@pytest.mark.parametrize("address", ["192.0.2.99", "::1%eth0"])
def test_why_explains_an_address_of_which_nothing_is_known(told, identity, address):
    assert told("why", address)["banned"] is False
    said = identity("why", address).said.split("\n\n")
    assert said[1:4] == ["Scores now:\n  none", "Violations:\n  none", "Trail:\n  none"]


def test_the_trail_is_told_by_moment_and_actor(told, identity, grace):
    told("ban-user", grace.email, "--yes")
    imposed = {"event": "ban.imposed", "actor": "operator", "subject": grace.id, "outcome": "done"}

    (entry,) = told("trail", "--actor", "operator", "--subject", grace.email)
    assert imposed.items() <= entry.items()
    today = datetime.now(UTC).date().isoformat()
    assert len(told("trail", "--since", today, "--subject", grace.id)) == 1
    assert told("trail", "--until", "2020-01-01") == []
    assert told("trail", "--since", "2999-01-01T00:00:00+02:00") == []
    assert "ban.imposed done  operator -> " in identity("trail", "--actor", "operator").said
    identity("trail", "--since", "yesterday", status=2)


def test_the_trail_is_a_table_in_which_no_cell_is_a_formula(identity, grace):
    identity("ban-user", grace.email, "--note", "=HYPERLINK(1)", "--yes")
    rows = list(csv.DictReader(identity("trail", "--csv").said.splitlines()))

    assert json.loads(rows[-1]["detail"])["note"] == "=HYPERLINK(1)"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_trail_is_printed_in_one_way_at_a_time(identity):
    refused = identity("trail", "--csv", "--json", status=2)

    assert (refused.said, "--csv and --json do not go together." in refused.complained) == ("", True)
