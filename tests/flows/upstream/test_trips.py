"""The way to a provider and back: how many may wait, and what is written down when it fails."""

from dataclasses import replace

import pytest

from identity_service.accounts.users import unheard
from identity_service.flows.outcomes import Callback, Wish
from identity_service.flows.upstream.trips import Patience
from identity_service.foundation.errors import (
    Misconfigured,
    StrangeArrival,
    UpstreamDenied,
    UpstreamOff,
    UpstreamSilent,
)
from identity_service.foundation.outbound import Reason, Unreachable
from identity_service.foundation.settings import load
from identity_service.wiring_capabilities import Ground
from identity_service.wiring_upstream import Beside, upstream
from tests.fakes.lines import Scripted
from tests.fakes.people import VISITOR, events
from tests.fakes.secrets import GOOD_SECRETS

OPENID = pytest.mark.environ(
    ALLOW_SOCIAL_LOGIN="true",
    OPENID_CLIENT_ID="us",
    OPENID_CLIENT_SECRET="secret",
    OPENID_ISSUER="https://idp.example.org",
)


@pytest.fixture
def trips(services):
    return services.upstream.trips


def test_no_more_than_so_many_wait_for_one_provider():
    patience = Patience(8, 1)
    with patience.of("slow"):
        with pytest.raises(UpstreamSilent), patience.of("slow"):
            pass
        with patience.of("another"):
            pass
    with patience.of("slow"):
        pass


def test_no_more_than_so_many_wait_for_all_providers_together():
    patience = Patience(2, 2)
    with patience.of("slow"), patience.of("slower"), pytest.raises(UpstreamSilent), patience.of("another"):
        pass
    with patience.of("another"), patience.of("another"):
        pass


@OPENID
def test_a_provider_that_is_silent_is_told_apart_from_one_that_is_not_there(trips):
    line = Scripted({"https://idp.example.org/.well-known/openid-configuration": Unreachable(Reason.TIME)})
    with pytest.raises(UpstreamSilent):
        replace(trips, set_out=lambda: line).depart("openid", Wish())
    with pytest.raises(UpstreamOff):
        trips.depart("okta", Wish())


@OPENID
def test_a_request_that_is_too_long_has_no_buttons_and_no_way(trips):
    assert [button.name for button in trips.buttons("x" * 1000)] == ["openid"]
    assert trips.buttons("x" * 4000) == []
    with pytest.raises(UpstreamOff):
        trips.depart("openid", Wish("x" * 4000))


@OPENID
def test_a_refusal_is_written_down_with_its_code_and_only_the_first_answer_counts(services, trips):
    departed = trips.departures.depart("openid", Wish())
    denied = Callback(departed.trip.state, error="access_denied")
    document = {
        "issuer": "https://idp.example.org",
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "https://idp.example.org/x"),
    }
    line = Scripted({"https://idp.example.org/.well-known/openid-configuration": document})
    asking = replace(trips, set_out=lambda: line)

    first, second = (asking.arrive("openid", denied, departed.sealed, VISITOR, None) for _ in range(2))

    assert (type(first.fault), type(second.fault)) == (UpstreamDenied, StrangeArrival)
    codes = [entry.event.detail["code"] for entry in services.capabilities.trail.about("")]
    assert codes == ["upstream_denied", "upstream_strange_arrival"]
    assert events(services, "") == ["signed_in refused"] * 2


def test_a_file_that_holds_no_key_stops_the_start(services, tmp_path):
    (tmp_path / "key.p8").write_text("no key")
    apple = {"APPLE_CLIENT_ID": "a", "APPLE_TEAM_ID": "b", "APPLE_KEY_ID": "c", "APPLE_PRIVATE_KEY_PATH": "key.p8"}
    settings = load({**GOOD_SECRETS, **apple, "ALLOW_SOCIAL_LOGIN": "true"}, tmp_path)
    ground = Ground(settings, services.database, services.clock, services.chance)
    beside = Beside(services.begin_session, services.begin_session.endings, frozenset(), unheard)

    with pytest.raises(Misconfigured) as refused:
        upstream(ground, services.capabilities, beside)
    assert refused.value.problems == ("APPLE_PRIVATE_KEY_PATH must name the file of the key (.p8) that Apple gave.",)
