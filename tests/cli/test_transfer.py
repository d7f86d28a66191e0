"""Archives at the command line: everything leaves, and moves into the same database, another one, or another kind."""

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from identity_service.foundation.clock import SystemClock, to_microseconds
from identity_service.moderation.trail import DONE, Event
from tests.fakes.people import VISITOR, person, session
from tests.fakes.secrets import GOOD_SECRETS


@pytest.fixture
def life(services):
    """People, sessions, a client, and what was written about them; a session that somebody can go on with."""
    ada, grace = person(services), person(services, "grace@example.org", name="Grace “Amazing” Hopper")
    services.administer.create_client("Wiki", ("https://wiki.example.org/callback",))
    services.sign_out.by_refresh_token(session(services, grace).refresh_token, VISITOR)
    return session(services, ada)


@pytest.fixture
def archive(life, identity):
    identity("export", "archive.ndjson")
    return Path("archive.ndjson")


def rows(path):
    """Read the rows of an archive, in an order that does not depend on how a database sorts texts."""
    return sorted(path.read_text(encoding="utf-8").splitlines()[1:])


def test_an_archive_is_a_new_file_for_its_owner_alone(archive, identity):
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = archive.read_bytes()

    assert "exists" in identity("export", "archive.ndjson", status=1).complained
    assert archive.read_bytes() == before


def test_a_database_that_an_older_release_has_left_is_migrated_before_it_leaves(services, identity):
    with services.database.transaction():
        services.database.change(text("UPDATE alembic_version SET version_num = '0001'"))

    complained = identity("export", "archive.ndjson", status=1).complained
    assert complained == "The database does not have this release's schema. Run: make migrate\n"
    assert not Path("archive.ndjson").exists()


def test_an_archive_is_one_object_a_line_with_a_head_and_an_end(archive):
    head, *told, end = [json.loads(line) for line in archive.read_text(encoding="utf-8").splitlines()]

    assert head.keys() == {"archive", "version", "revision", "made_at"}
    assert all(row.keys() == {"table", "row"} for row in told)
    assert end == {"rows": len(told)}
    assert {"users", "sessions", "signing_keys", "oauth_clients", "trail"} <= {row["table"] for row in told}


def test_what_moves_in_is_what_left(archive, identity, services):
    person(services, "later@example.org")
    identity("import", "archive.ndjson", "--yes")
    identity("export", "again.ndjson")

    assert rows(Path("again.ndjson")) == rows(archive)


def test_a_trail_that_is_still_kept_is_not_replaced(archive, identity, services):
    now = to_microseconds(SystemClock().now())
    with services.database.transaction():
        services.database.change(
            text(
                "INSERT INTO trail (at, event, outcome, actor, subject, address, request_id, detail)"
                " VALUES (:at, 'seen', 'done', '', '', '', '', '{}')"
            ),
            {"at": now},
        )

    assert "import there" in identity("import", "archive.ndjson", "--yes", status=1).complained
    assert services.capabilities.users.count() == 2


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_everything_moves_into_another_kind_of_database_and_back(request, archive, operator, tmp_path, kind):
    urls = {"sqlite": f"sqlite:///{tmp_path / 'other.db'}", "postgres": ""}
    if kind == "postgres":
        urls[kind] = request.getfixturevalue("postgres").create_database(empty=True)
    elsewhere = operator.with_settings(DATABASE_URL=urls[kind])

    assert elsewhere.run("import", "archive.ndjson").status == 0
    assert elsewhere.run("export", "there.ndjson").status == 0
    assert rows(Path("there.ndjson")) == rows(archive)
    assert elsewhere.run("create-user", "later@example.org", "--yes").status == 0  # counters go on where they were


def test_a_session_goes_on_where_it_was(services, life, archive, identity):
    identity("import", "archive.ndjson", "--yes")

    assert services.refresh.renew(life.refresh_token, VISITOR).session_id == life.session_id


def test_counters_go_on_behind_what_moved_in(archive, identity, services):
    identity("import", "archive.ndjson", "--yes")
    with services.database.transaction():
        services.capabilities.trail.record(Event("moved", DONE, subject="a test"))

    assert [entry.event.name for entry in services.capabilities.trail.about("a test")] == ["moved"]


def test_moving_in_asks_first_where_somebody_lives(archive, identity, services):
    person(services, "later@example.org")

    asked = identity("import", "archive.ndjson", stdin="n\n", status=1)
    assert "Really replace 3 people" in asked.said
    assert services.capabilities.users.count() == 3


def test_nothing_is_asked_when_there_is_no_archive(services, operator, tmp_path):
    person(services)
    missing = operator.run("import", "nope", stdin="y\n")
    assert (missing.status, missing.said, missing.complained) == (1, "", "There is no file nope.\n")

    folder = operator.run("import", str(tmp_path), stdin="y\n")
    assert (folder.status, folder.said) == (1, "")
    assert "is a folder" in folder.complained
    assert services.capabilities.users.count() == 1


def test_nothing_is_made_when_there_is_no_archive(operator, tmp_path):
    elsewhere = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")

    assert elsewhere.run("import", "nope").status == 1
    assert not (tmp_path / "other.db").exists()


ROW_OF_USERS = '{"table": "users", "row": %s}\n'
SCORE = '{"table": "violations", "row": {"score": %s}}\n'
SPOILT = {
    "without its end": (lambda lines: lines[:-1], "a part of it is missing"),
    "without a row": (lambda lines: lines[:-2] + lines[-1:], "not hold as many rows"),
    "with something behind its end": (lambda lines: [*lines, lines[1]], "not hold as many rows"),
    "without its head": (lambda lines: lines[1:], "not an archive"),
    "empty": (lambda lines: [], "not an archive"),
    "with a line that is no object": (lambda lines: [lines[0], "[]\n"], "damaged"),
    "with an object that is no row": (lambda lines: [lines[0], '{"table": "users"}\n'], "Line 2 is no row"),
    "with a strange table": (lambda lines: [lines[0], '{"table": "attic", "row": {}}\n'], "no table attic"),
    "with a strange column": (lambda lines: [lines[0], ROW_OF_USERS % '{"shoe": 1}'], "no column users.shoe"),
    "with half a row": (lambda lines: [lines[0], ROW_OF_USERS % '{"id": "1"}', '{"rows": 1}\n'], "does not fit"),
    "with a strange instant": (lambda lines: [lines[0], ROW_OF_USERS % '{"created_at": 5}'], "cannot be read"),
    "with an instant without a zone": (
        lambda lines: [lines[0], ROW_OF_USERS % '{"created_at": "2026-01-01T00:00:00"}'],
        "cannot be read",
    ),
    "with an instant beyond all instants": (
        lambda lines: [lines[0], ROW_OF_USERS % '{"created_at": "9999-12-31T23:59:59-14:00"}'],
        "cannot be read",
    ),
    "with half a letter": (lambda lines: [lines[0], ROW_OF_USERS % r'{"name": "Ada \ud800"}'], "damaged"),
    "with half a letter in a list": (lambda lines: [lines[0], ROW_OF_USERS % r'{"name": ["\udfff"]}'], "damaged"),
    "with no end of brackets": (lambda lines: [lines[0], "[" * 100_000], "damaged"),
    "with no end of objects": (lambda lines: [lines[0], '{"row":' * 100_000], "damaged"),
    "with what is no number in JSON": (lambda lines: [lines[0], SCORE % "NaN"], "damaged"),
    "with a number that nobody keeps": (lambda lines: [lines[0], SCORE % 10**30], "cannot be read"),
    "with a negative number that nobody keeps": (lambda lines: [lines[0], SCORE % -(10**30)], "cannot be read"),
    "with a text for a number": (lambda lines: [lines[0], SCORE % '"x"'], "cannot be read"),
    "with half a number": (lambda lines: [lines[0], SCORE % 1.5], "cannot be read"),
    "with yes for a number": (lambda lines: [lines[0], SCORE % "true"], "cannot be read"),
    "with a number for yes": (lambda lines: [lines[0], ROW_OF_USERS % '{"email_verified": 1}'], "cannot be read"),
    "with a list for a text": (lambda lines: [lines[0], ROW_OF_USERS % '{"name": ["Ada"]}'], "cannot be read"),
    "with points beyond counting": (
        lambda lines: [lines[0], '{"table": "violation_scores", "row": {"score": 1e999}}\n'],
        "cannot be read",
    ),
    "newer": (lambda lines: [lines[0].replace('"revision":"', '"revision":"9'), *lines[1:]], "newer release"),
    "without a line": (lambda lines: ["\0" * 5000], "not an archive"),
}


@pytest.mark.parametrize(("spoil", "complaint"), SPOILT.values(), ids=SPOILT.keys())
def test_what_is_not_whole_does_not_move_in_and_nothing_changes(archive, identity, services, spoil, complaint):
    Path("spoilt").write_text("".join(spoil(archive.read_text().splitlines(keepends=True))))
    person(services, "later@example.org")

    assert complaint in identity("import", "spoilt", "--yes", status=1).complained
    assert services.capabilities.users.count() == 3


def test_what_is_no_text_does_not_move_in(archive, identity):
    Path("noise").write_bytes(b"\xff\xfe" * 400)

    assert "not an archive" in identity("import", "noise", "--yes", status=1).complained


def test_keys_that_another_creds_key_sealed_do_not_move_in(archive, operator, services):
    done = operator.with_settings(CREDS_KEY=GOOD_SECRETS["CREDS_KEY"][::-1]).run("import", "archive.ndjson", "--yes")

    assert done.status == 1
    assert "CREDS_KEY is not the one" in done.complained
    assert services.capabilities.users.count() == 2


def test_an_archive_of_an_older_release_gets_what_is_new_by_default(archive, identity, services):
    lines = archive.read_text(encoding="utf-8").splitlines(keepends=True)
    older = [line.replace(',"email_verified":false', "") for line in lines]
    Path("older").write_text("".join(older).replace('"revision":"0', '"revision":"00'), encoding="utf-8")

    identity("import", "older", "--yes")
    assert services.capabilities.users.by_email("ada@example.org").email_verified is False


def test_nothing_in_a_column_is_told_from_a_text_that_says_null(archive, identity, services):
    with services.database.transaction():
        services.database.change(text("UPDATE oauth_clients SET details = NULL"))
    identity("export", "nothing")
    identity("import", "nothing", "--yes")

    assert services.database.rows(text("SELECT count(*) FROM oauth_clients WHERE details IS NULL"))[0][0] == 1
