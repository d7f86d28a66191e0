"""TRUST_PROXY, held against the requests that were seen."""

from identity_service.flows.doctor.way import Way
from identity_service.moderation.sightings import Sightings


def found(services, clock, *notes):
    sightings = Sightings(services.database, clock, 0)
    for note in notes:
        sightings.note(*note)
    return [(finding.code, finding.severity) for finding in Way(sightings, services.is_schema_current).of_requests()]


def test_where_visitors_come_from_the_internet_all_is_well(services, clock):
    assert found(services, clock, ("203.0.113.5", "203.0.113.5", "")) == []


def test_what_was_not_seen_yet_is_advice(services, clock):
    assert found(services, clock) == [("proxy_doubtful", "advice")]


def test_a_proxy_that_is_not_counted_is_wrong(services, clock):
    came = [("10.0.0.2", "10.0.0.2", f"198.51.100.{number}") for number in range(3)]

    assert found(services, clock, *came) == [("proxy_doubtful", "wrong")] * 2
