"""What was seen of the way by which requests come: written down now and then, and doubts are told."""

import pytest

from identity_service.flows.observe import Observe
from identity_service.moderation.sightings import Sightings


@pytest.fixture
def observe(services, clock):
    return Observe(Sightings(services.database, clock, 0), services.database.transaction)


def test_a_doubt_is_told_loudly_and_once(observe, capsys):
    observe.sightings.note("10.0.0.2", "10.0.0.2", "203.0.113.5")
    for _ in range(3):
        observe.keep_up()

    told = capsys.readouterr().out
    assert told.count("proxy.doubtful") == 2
    assert "TRUST_PROXY says, which is 0" in told


def test_before_the_first_request_there_is_nothing_to_tell(observe, capsys):
    observe.keep_up()

    assert "proxy.doubtful" not in capsys.readouterr().out


def test_what_was_seen_is_there_for_the_next_process(observe, services, clock):
    observe.sightings.note("203.0.113.5", "203.0.113.5", "")
    observe.keep_up()

    assert Sightings(services.database, clock, 0).is_confirmed()
