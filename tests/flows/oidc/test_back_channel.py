"""Back-channel logout: clients are told after the ending, again until they listen, and not for ever (2.5, 2.8)."""

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from identity_service.flows.oidc.back_channel import BackChannel
from identity_service.foundation import jose
from identity_service.foundation.outbound import Incoming, Outgoing, Reason, Unreachable
from identity_service.oidc.clients import DYNAMIC
from identity_service.oidc.details import Details
from identity_service.oidc.logout_deliveries import LEASE, LogoutDeliveries
from tests.fakes.tokens import claims_of

URI = "https://app.example.org/back/logout?tenant=1"
PAUSES = (5, 30, 120, 600, 3600)


@dataclass
class Clients:
    """The clients at the other end: they remember what was posted, and answer with `status` or not at all."""

    status: int | None = 200
    posted: list[Outgoing] = field(default_factory=list)

    def fetch(self, request: Outgoing) -> Incoming:
        """Take one request."""
        self.posted.append(request)
        if self.status is None:
            raise Unreachable(Reason.CONNECTION)
        return Incoming(self.status, {}, b"")

    def tokens(self) -> list[str]:
        """Return the logout tokens that were posted."""
        return [dict(parse_qsl(request.body.decode()))["logout_token"] for request in self.posted]


@pytest.fixture
def outside():
    return Clients()


@pytest.fixture
def telling(services):
    """Tell the clients that are given, of the deliveries that are given or of all."""

    def to(outside, deliveries=services.capabilities.logout_deliveries):
        able, transaction = services.capabilities, services.database.transaction
        return BackChannel(deliveries, able.clients, able.logout_tokens, outside, transaction)

    return to


@pytest.fixture
def back_channel(telling, outside):
    return telling(outside)


@pytest.fixture
def chat(provider):
    """A client that wants to know."""
    return provider.register(backchannel_logout_uri=URI)


@pytest.fixture
def begin(provider, browser):
    """Begin a client's session, and return its id."""

    def begun(client):
        granted = provider.redeem(client, provider.mint(client, browser))
        return claims_of(granted.access_token)["sid"]

    return begun


@pytest.fixture
def over(provider, browser, chat, begin):
    """The client's session that has ended with the browser's."""
    session_id = begin(chat)
    provider.end(browser.session_id)
    return session_id


def test_a_client_is_told_of_the_end_of_its_session(services, back_channel, outside, chat, over, ada):
    back_channel.deliver_due()
    (request,), (token,) = outside.posted, outside.tokens()

    assert (request.method, request.url) == ("POST", URI)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert [name for name, _ in parse_qsl(request.body.decode())] == ["logout_token"]
    claims = claims_of(token)
    assert (claims["sub"], claims["sid"], claims["aud"]) == (ada.id, over, chat.client_id)
    keys = services.capabilities.keys
    expect = jose.Expect("RS256", "logout+jwt", services.settings.site.issuer, chat.client_id)
    assert jose.verify(token, lambda kid: keys.verifying(kid, "RS256"), expect, claims["iat"])


def test_where_nothing_has_ended_nobody_is_told(back_channel, outside, begin, chat):
    begin(chat)
    back_channel.deliver_due()

    assert outside.posted == []


def test_before_the_commit_and_after_a_rollback_nobody_is_told(services, back_channel, outside, chat, begin, browser):
    begin(chat)

    def end_in_vain():
        with services.database.transaction():
            services.sign_out.endings.one(browser.session_id, "signed out")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end_in_vain()
    back_channel.deliver_due()
    assert outside.posted == []


@pytest.mark.parametrize("status", [200, 204])
def test_who_has_listened_is_told_once(back_channel, outside, over, clock, status):
    """§2.8: 200; and many frameworks turn an empty answer into 204."""
    outside.status = status
    for _ in range(3):
        back_channel.deliver_due()
        clock.advance(timedelta(hours=2))

    assert len(outside.posted) == 1


@pytest.mark.parametrize("status", [None, 400, 401, 404, 500, 503, 302, 201])
def test_who_has_not_listened_is_told_again_later(back_channel, outside, over, clock, status):
    outside.status = status
    back_channel.deliver_due()
    back_channel.deliver_due()
    assert len(outside.posted) == 1

    clock.advance(timedelta(seconds=5))
    outside.status = 200
    back_channel.deliver_due()
    first, second = map(claims_of, outside.tokens())
    assert first["sid"] == second["sid"] == over
    assert (first["jti"] != second["jti"], second["iat"] - first["iat"]) == (True, 5)


def test_after_six_times_in_vain_it_is_given_up_and_said_in_the_log(
    services, back_channel, outside, over, clock, logged
):
    outside.status = 500
    for seconds in (*PAUSES, 10**6):
        back_channel.deliver_due()
        clock.advance(timedelta(seconds=seconds))
    outside.status = 200
    back_channel.deliver_due()

    assert len(outside.posted) == 6
    assert [line["event"] for line in logged()].count("back_channel_logout.unheard") == 6
    (given_up,) = [line for line in logged() if line["event"] == "back_channel_logout.given_up"]
    assert given_up["session_id"] == over


def test_a_client_that_is_deaf_does_not_keep_others_from_hearing(
    telling, services, provider, chat, browser, begin, clock
):
    class OneDeaf(Clients):
        def fetch(self, request):
            super().fetch(request)
            if request.url == URI:
                raise Unreachable(Reason.TIME)
            return Incoming(200, {}, b"")

    begin(chat)
    begin(provider.register(backchannel_logout_uri="https://other.example.org/logout"))
    provider.end(browser.session_id)
    deaf, deliveries = OneDeaf(), services.capabilities.logout_deliveries
    telling(deaf).deliver_due()
    clock.advance(timedelta(seconds=5))

    assert len(deaf.posted) == 2
    with services.database.transaction():
        assert [each.client_id for each in deliveries.take()] == [chat.client_id]


def test_all_are_told_and_several_at_a_time(telling, provider, chat, begin, browser):
    together = threading.Barrier(2)

    class Together(Clients):
        def fetch(self, request):
            together.wait(timeout=30)  # which only two get past
            return super().fetch(request)

    sessions = {begin(chat) for _ in range(10)}
    outside = Together()
    provider.end(browser.session_id)
    telling(outside).deliver_due()

    assert len(outside.posted) == 10
    assert {claims_of(token)["sid"] for token in outside.tokens()} == sessions


def test_who_comes_too_late_to_take_anything_goes_away(telling, services, outside, over, clock):
    able = services.capabilities

    class Robbed(LogoutDeliveries):
        def take(self, size=20):
            assert len(super().take(size)) == 1  # another process has been faster
            return []

    robbed = Robbed(services.database, clock, services.chance, able.clients)
    telling(outside, robbed).deliver_due()
    assert outside.posted == []
    clock.advance(LEASE)
    telling(outside).deliver_due()
    assert len(outside.posted) == 1


@pytest.mark.parametrize("change", ["removed", "silent"])
def test_a_client_that_is_gone_or_does_not_want_to_know_any_more_is_left_in_peace(
    services, back_channel, outside, chat, over, clock, change
):
    clients = services.capabilities.clients
    with services.database.transaction():
        if change == "removed":
            clients.delete(chat.client_id)
        else:
            clients.change(replace(chat, details=Details()))
    back_channel.deliver_due()

    assert outside.posted == []
    clock.advance(timedelta(days=1))
    assert services.capabilities.logout_deliveries.due() == []


def test_only_what_the_operator_has_named_may_be_private(services, back_channel, outside, provider, browser, begin):
    """A stranger who registers a client must not make us knock at doors inside the house."""
    details = Details(backchannel_logout_uri="https://10.0.0.1/logout")
    with services.database.transaction():
        stranger = services.capabilities.clients.register(
            "New", ("https://app.example.org/callback",), details, origin=DYNAMIC
        ).client
    begin(stranger)
    begin(provider.register(backchannel_logout_uri="https://10.0.0.2/logout"))
    provider.end(browser.session_id)
    back_channel.deliver_due()

    assert {request.url: request.may_be_private for request in outside.posted} == {
        "https://10.0.0.1/logout": False,
        "https://10.0.0.2/logout": True,
    }
