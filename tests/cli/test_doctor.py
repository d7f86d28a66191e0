"""
The doctor at the command line: what it says of a service that does not run, and of wrong settings.

Leaves to others: one that runs (tests/journeys/test_backup_in_use.py).
"""

import json

from tests.servers.process import free_port


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
