"""The installation at the command line: settings, schema, keys, and what goes wrong with them."""

import json
import stat
from secrets import token_hex

import pytest
from sqlalchemy import delete

from identity_service.keys.tables import SigningKey
from identity_service.migrations import schema
from tests.fakes.secrets import GOOD_SECRETS
from tests.servers.identity import IdentityServer
from tests.servers.process import ROOT, free_port

MIGRATED = {"revision": schema.head(), "clients": {"added": 0, "changed": 0, "removed": 0}}


def test_keys_are_rotated_and_what_is_planned_is_told(told, identity):
    first = told("rotate-keys")
    assert [plan["algorithm"] for plan in first] == ["ES256", "RS256"]
    assert all(plan.keys() == {"algorithm", "kid", "active_from"} for plan in first)

    hurried = identity("rotate-keys", "--now").said.splitlines()
    assert [line.split(" key ")[0] for line in hurried] == ["ES256", "RS256"]


def test_tidying_up_tells_how_much_went(told, identity):
    assert set(told("tidy").values()) == {0}
    assert identity("tidy").said.startswith("Removed 0 sessions, 0 codes, ")


def test_a_database_that_is_up_to_date_is_not_migrated_again(identity, told):
    assert identity("migrate").said == "Nothing to do.\n"
    assert told("migrate") == MIGRATED | {"upgraded": False, "keys_made": False}


def test_what_was_migrated_is_told_to_programs(operator, tmp_path):
    operator = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'new' / 'identity.db'}")

    assert json.loads(operator.run("migrate", "--json").said) == MIGRATED | {"upgraded": True, "keys_made": True}


def test_an_empty_database_is_migrated_and_given_keys(operator, tmp_path):
    operator = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'new' / 'identity.db'}")

    done = operator.run("migrate")
    assert (done.status, done.said) == (0, f"The database is at revision {schema.head()}.\n")
    assert json.loads(operator.run("rotate-keys", "--json").said)


def test_keys_that_a_first_start_did_not_get_to_are_made_by_the_next_command(operator, services):
    for command, said in (
        (["migrate"], "Made the signing keys that were missing.\n"),
        (["list-users"], "Total users: 0\n"),
    ):
        with services.database.transaction():
            services.database.change(delete(SigningKey))

        done = operator.run(*command)
        assert (done.status, done.said, done.complained) == (0, said, "")
        assert len(services.capabilities.rotation.generations()) == 4


def test_keys_that_are_there_are_left_as_they_are(operator, services):
    before = services.capabilities.rotation.generations()
    for command in ("migrate", "list-users"):
        assert operator.run(command).status == 0

    assert services.capabilities.rotation.generations() == before


def test_the_first_command_on_an_empty_database_migrates_it(operator, tmp_path):
    operator = operator.with_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")

    assert operator.run("list-users").said == "Total users: 0\n"


@pytest.mark.parametrize("command", [["migrate"], ["list-users"], ["tidy", "--json"], ["create-user", "a@example.org"]])
def test_when_the_database_is_down_every_command_says_so(operator, command):
    away = f"postgresql+psycopg://nobody:hidden@127.0.0.1:{free_port()}/nothing"

    done = operator.with_settings(DATABASE_URL=away).run(*command)
    assert done.status == 3
    assert done.complained.startswith("The database is not available right now.")
    assert "hidden" not in done.complained


def test_what_is_no_database_is_told_like_a_database_that_is_down(operator, tmp_path):
    (tmp_path / "letter").write_bytes(b"this is no database " * 99)

    for strange in (tmp_path / "letter", tmp_path, tmp_path / "letter" / "identity.db"):
        assert operator.with_settings(DATABASE_URL=f"sqlite:///{strange}").run("list-users").status == 3


def test_all_wrong_settings_are_told_together_and_no_secret_is_printed(operator):
    wrong = {
        "JWT_SECRET": "too-short-to-be-good",
        "CREDS_KEY": "not hexadecimal",
        "PORT": "0x50",
        "SESSION_EXPIRY": "1/0",
    }

    done = operator.with_settings(**wrong).run("list-users")
    assert done.status == 2
    head, *problems = done.complained.splitlines()
    assert head == "The settings are not right:"
    assert {problem.split()[1] for problem in problems} == set(wrong)
    assert not any(secret in done.complained for secret in (wrong["JWT_SECRET"], wrong["CREDS_KEY"]))


def test_keys_are_not_rotated_with_another_creds_key(services, operator):
    before = services.capabilities.rotation.generations()
    done = operator.with_settings(CREDS_KEY=GOOD_SECRETS["CREDS_KEY"][::-1]).run("rotate-keys")

    assert done.status == 2
    assert "CREDS_KEY is not the one that sealed the signing keys" in done.complained
    assert services.capabilities.rotation.generations() == before


@pytest.mark.parametrize("arguments", [["no-such-command"], ["delete-user"], ["create-user"], ["tidy", "--no-such"]])
def test_wrong_use_is_told_with_how_to_use_it(identity, arguments):
    assert identity(*arguments, status=2).complained.startswith("Usage: identity")


def test_init_writes_settings_with_fresh_secrets_for_the_owner_alone(bare):
    assert bare.run("init").said == "Wrote .env with fresh secrets (mode 0600).\n"

    path = bare.folder / ".env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bare.run("list-users").said == "Total users: 0\n"


def test_init_never_overwrites(bare):
    (bare.folder / ".env").write_text("KEPT=yes\n")

    done = bare.run("init")
    assert (done.status, done.said) == (0, ".env exists already and was left as it is.\n")
    assert (bare.folder / ".env").read_text() == "KEPT=yes\n"


def test_init_says_which_line_the_sample_of_another_program_lacks(bare):
    (bare.folder / ".env.example").write_text("JWT_SECRET=16f8c0ef4a5d391b26034086c628469d\n")

    done = bare.run("init")
    assert done.status == 2
    assert "exactly one blank line JWT_SECRET=" in done.complained
    assert not (bare.folder / ".env").exists()


def test_init_does_not_follow_a_link(bare):
    (bare.folder / ".env").symlink_to(bare.folder / "elsewhere")

    done = bare.run("init")
    assert done.status == 1
    assert not (bare.folder / "elsewhere").exists()


def test_a_sample_that_was_copied_by_hand_is_well_once_what_is_asked_for_is_filled_in(bare):
    sample = (ROOT / ".env.example").read_text()
    (bare.folder / ".env").write_text(sample)
    done = bare.run("list-users")
    asked = [line.split()[1] for line in done.complained.splitlines()[1:]]
    assert (done.status, asked) == (2, ["JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY"])
    assert done.complained.count("`openssl rand -hex 32` prints one") == len(asked)

    for name in asked:
        sample = sample.replace(f"\n{name}=\n", f"\n{name}={token_hex(32)}\n")
    (bare.folder / ".env").write_text(sample)
    assert bare.run("list-users").said == "Total users: 0\n"


def test_without_settings_every_missing_secret_is_named(bare):
    done = bare.run("list-users")

    assert done.status == 2
    for name in ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY"):
        assert f"{name} is required" in done.complained


def test_the_contract_is_printed_or_written_and_is_that_of_the_project(bare):
    printed = bare.run("openapi").said
    assert bare.run("openapi", "--write").said == ""

    assert (bare.folder / "openapi.yaml").read_text(encoding="utf-8") == printed
    assert printed == (ROOT / "openapi.yaml").read_text(encoding="utf-8")


def test_the_command_is_installed_and_reads_settings_from_its_folder():
    service = IdentityServer()
    try:
        done = service.run("list-users")
        assert (done.returncode, done.stdout, done.stderr) == (0, "Total users: 0\n", "")
        refused = service.run("delete-user", "\udcff@example.org", "--yes")
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    finally:
        service.stop()


def test_a_driver_that_is_not_installed_is_told_like_any_wrong_setting(tmp_path):
    (tmp_path / "psycopg.py").write_text("raise ImportError\n")
    hidden = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    service = IdentityServer(database_url="postgresql+psycopg://nobody@127.0.0.1/nothing", environment=hidden)
    said = (
        "The settings are not right:\n  - DATABASE_URL needs the package for PostgreSQL: identity-service[postgres].\n"
    )
    try:
        for command in ("list-users", "migrate"):
            done = service.run(command)
            assert (done.returncode, done.stderr) == (2, said)
        with pytest.raises(RuntimeError, match="ended with status 2") as refused:
            service.start()
        assert str(refused.value).endswith(said)
    finally:
        service.stop()
