"""
A rehearsal goes through the doors that everybody uses, and nothing of it stays.
"""

import threading
from collections import Counter

import pytest

from identity_service.foundation import logs
from identity_service.rehearsal import TIMES, rehearse
from identity_service.web import metrics


@pytest.fixture(autouse=True)
def as_before():
    yield
    logs.unconfigure()


def test_every_door_lets_it_through(tmp_path):
    answers = rehearse("info", tmp_path)

    assert Counter((answer.request.path, answer.status_code) for answer in answers) == {
        ("/api/auth/login", 200): 1,
        ("/oauth2/introspect", 200): TIMES,
        ("/v1/verify", 200): TIMES,
        ("/v1/forward-auth", 204): TIMES,
        ("/api/auth/refresh", 200): TIMES,
        ("/.well-known/jwks.json", 200): TIMES,
        ("/oauth2/token", 200): 2 * TIMES,
        ("/oauth2/authorize", 303): TIMES,
        ("/oauth2/userinfo", 200): TIMES,
    }
    assert {answer.json["active"] for answer in answers if answer.request.path == "/v1/verify"} == {True}


def test_nothing_of_it_stays_and_lines_are_written_again(tmp_path, capsys):
    before = set(threading.enumerate())
    rehearse("info", tmp_path)
    said = capsys.readouterr()
    logs.logger().info("curtain")

    assert said == ("", "")
    assert '"event":"curtain"' in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert set(threading.enumerate()) <= before
    assert 'identity_refreshes_total{outcome="done"} 0.0' in metrics.exposition().decode().splitlines()
