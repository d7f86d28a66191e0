"""
The doctor at the command line: what it says of a service that does not run, and of wrong settings.

Leaves to others: one that runs (tests/journeys/test_backup_in_use.py).
"""

import json
import os
import subprocess
import sys

import pytest

from tests.servers.process import free_port


@pytest.fixture(scope="module")
def running(identity_server):
    return identity_server()


def test_of_a_service_that_does_not_run_it_says_so_with_cause_and_cure(operator):
    nowhere = operator.with_settings(DOMAIN_SERVER=f"http://127.0.0.1:{free_port()}")
    done = nowhere.run("doctor", "--json")
    told = json.loads(done.said)

    assert (done.status, told["well"]) == (1, False)
    wrong = [finding for finding in told["findings"] if finding["severity"] == "wrong"]
    assert [finding["code"] for finding in wrong if finding["area"] in {"issuer", "proxy"}] == [
        "issuer_unreachable",
        "server_unreachable",
    ]
    assert all(finding.keys() == {"area", "code", "cause", "fix", "severity"} for finding in wrong)
    assert all(finding["cause"] and finding["fix"] for finding in wrong)


def test_a_database_that_is_away_is_a_finding_and_no_trace(operator):
    away = f"postgresql+psycopg://nobody:hidden@127.0.0.1:{free_port()}/nothing"
    done = operator.with_settings(DATABASE_URL=away, DOMAIN_SERVER=f"http://127.0.0.1:{free_port()}").run("doctor")

    assert done.status == 1
    assert "[database_unavailable]" in done.said
    assert "hidden" not in done.said + done.complained
    assert "All is not well." in done.said


def test_a_database_that_is_not_there_yet_is_told_once_and_not_made(operator):
    new = operator.with_settings(
        DATABASE_URL="sqlite:///nowhere/yet/identity.db", DOMAIN_SERVER=f"http://127.0.0.1:{free_port()}"
    )
    done = new.run("doctor", "--json")
    findings = json.loads(done.said)["findings"]

    assert (done.status, done.complained, list(operator.folder.iterdir())) == (1, "", [])
    (found,) = [finding for finding in findings if finding["code"].startswith("database")]
    assert (found["area"], found["code"]) == ("database", "database_missing")
    assert "nowhere/yet/identity.db" in found["cause"]
    assert "make migrate" in found["fix"]
    assert new.run("migrate").status == 0
    assert "database" not in {finding["area"] for finding in json.loads(new.run("doctor", "--json").said)["findings"]}


def test_a_new_database_is_not_made_for_what_others_say_of_it(running, operator):
    """Whoever answers under our name has another database; ours would be asked about keys and trail."""
    new = operator.with_settings(DATABASE_URL="sqlite:///nowhere/yet/identity.db", DOMAIN_SERVER=running.url)
    findings = json.loads(new.run("doctor", "--json").said)["findings"]

    assert [one["code"] for one in findings if one["code"].startswith("database")] == ["database_missing"]
    assert list(operator.folder.iterdir()) == []


AS_ON_A_FULL_DISK = """
import resource
from identity_service.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
main(["doctor", "--json"])
"""


def test_a_disk_without_room_is_told_while_what_is_there_can_be_read(operator, tmp_path):
    """No file may grow beyond a megabyte, as if the disk ended there."""
    here = operator.with_settings(
        DATABASE_URL=f"sqlite:///{tmp_path / 'small.db'}", DOMAIN_SERVER=f"http://127.0.0.1:{free_port()}"
    )
    assert here.run("migrate").status == 0
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_A_FULL_DISK],
        cwd=operator.folder,
        env={**os.environ, **here.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    (found,) = [finding for finding in told["findings"] if finding["area"] == "database"]
    assert (found["code"], found["severity"]) == ("database_not_writable", "wrong")
    assert "disk" in found["cause"]
    with_room = json.loads(here.run("doctor", "--json").said)
    assert "database" not in {finding["area"] for finding in with_room["findings"]}


def test_wrong_settings_are_findings_without_their_values(operator):
    wrong = operator.with_settings(JWT_SECRET="too-short-to-be-good", PORT="0x50")
    done, spoken = wrong.run("doctor", "--json"), wrong.run("doctor")
    told = json.loads(done.said)

    assert (done.status, spoken.status, told["well"]) == (2, 2, False)
    assert [(finding["code"], finding["cause"].split()[0]) for finding in told["findings"]] == [
        ("setting_wrong", "PORT"),
        ("setting_wrong", "JWT_SECRET"),
    ]
    assert "too-short-to-be-good" not in done.said + spoken.said
