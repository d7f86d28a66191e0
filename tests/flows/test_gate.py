"""The gate: who may come in, what a breach costs, and that nobody pays for somebody else."""

from datetime import timedelta

import pytest

from identity_service.flows.outcomes import By, Report, Visitor
from identity_service.foundation.errors import Banned, SessionEnded, WrongCredentials
from tests.fakes import people
from tests.fakes.people import EMAIL, PASSWORD

TWO_HOURS = timedelta(hours=2)
HERE = Visitor("198.51.100.9", "Firefox", "request 1")
ELSEWHERE = Visitor("203.0.113.4", "Firefox", "request 2")


@pytest.fixture
def gate(services):
    """The gate of a service to which people come from public addresses."""
    services.moderation.sightings.note(HERE.address, HERE.address, "")
    return services.moderation.gate


@pytest.fixture
def bans(services):
    return services.moderation.bans


@pytest.fixture
def grace(services, ada):
    """Somebody who is no administrator."""
    return people.person(services, "grace@example.org", username="grace")


@pytest.fixture
def sign_in(services):
    def attempt(email="grace@example.org", password=PASSWORD, visitor=HERE):
        return services.sign_in.with_password(email, password, visitor)

    return attempt


@pytest.fixture
def report(services):
    """Let the chat back end report something about a person."""

    def one(user_id="", kind="concurrent", address="", times=1):
        by = By("a client", Visitor("10.0.0.9", "node", "a report"))
        return services.moderation.moderate.report([Report(kind, user_id, address)] * times, by)[-1]

    return one


@pytest.fixture
def breach(gate):
    def times(count, visitor=HERE, user_id="", kind="logins"):
        for _ in range(count):
            gate.breach(kind, visitor, user_id)

    return times


def test_a_person_is_banned_by_exactly_the_twentieth_report_and_loses_all_sessions(services, grace, gate, report, told):
    session = people.session(services, grace)
    assert not report(grace.id, times=19).is_banned
    assert services.verify.access_token(session.access_token)

    assert report(grace.id).is_banned
    assert services.verify.access_token(session.access_token) is None
    assert told(grace.id) == ["ban.imposed done"]


def test_a_visitor_that_is_no_browser_is_banned_at_once(gate, grace, report):
    assert report(grace.id, "non_browser").is_banned


def test_whoever_is_banned_hears_so_only_with_the_right_password(services, gate, grace, report, sign_in):
    report(grace.id, "non_browser")

    with pytest.raises(Banned):
        sign_in()
    last = services.capabilities.trail.about(grace.id)[-1].event
    assert (last.name, last.outcome, last.detail) == ("signed_in", "refused", {"reason": "banned"})
    with pytest.raises(WrongCredentials):
        sign_in(password="a wrong one")


def test_a_banned_person_is_banned_everywhere_and_the_others_nowhere(gate, ada, grace, report, sign_in):
    sign_in()
    report(grace.id, "non_browser", HERE.address)

    with pytest.raises(Banned):
        sign_in(visitor=ELSEWHERE)
    assert sign_in(EMAIL, visitor=ELSEWHERE)


def test_a_ban_ends_by_itself(gate, grace, report, sign_in, clock):
    report(grace.id, "non_browser")
    clock.advance(TWO_HOURS - timedelta(seconds=1))
    with pytest.raises(Banned):
        sign_in()
    clock.advance(timedelta(seconds=1))

    assert sign_in()


def test_the_refresh_of_a_banned_person_says_so_and_that_of_one_who_left_does_not(services, gate, grace, report):
    left, banned = people.session(services, grace), people.session(services, grace)
    services.sign_out.by_refresh_token(left.refresh_token, HERE)
    with pytest.raises(SessionEnded):
        services.refresh.renew(left.refresh_token, HERE)
    report(grace.id, "non_browser")

    with pytest.raises(Banned):
        services.refresh.renew(banned.refresh_token, HERE)


def test_an_administrator_is_never_banned_by_automation(gate, ada, bans, report, told):
    assert not report(ada.id, "non_browser", times=3).is_banned

    assert bans.in_force() == []
    assert told(ada.id) == ["ban.spared refused"] * 3


def test_strangers_who_break_limits_lose_their_address_and_nobody_elses(gate, bans, breach):
    breach(19)
    gate.admit(HERE)
    breach(1)

    with pytest.raises(Banned):
        gate.admit(HERE)
    gate.admit(ELSEWHERE)
    assert [ban.address for ban in bans.in_force()] == [HERE.address]


def test_a_banned_address_answers_a_right_and_a_wrong_password_alike(gate, grace, breach, sign_in):
    breach(20)

    for password in (PASSWORD, "a wrong one"):
        with pytest.raises(Banned):
            sign_in(password=password)
    assert sign_in(visitor=ELSEWHERE)


def test_a_banned_address_gets_no_new_tokens_for_a_session_that_began_elsewhere(services, gate, grace, breach, sign_in):
    begun = sign_in(visitor=ELSEWHERE)
    breach(20)

    with pytest.raises(Banned):
        services.refresh.renew(begun.refresh_token, HERE)
    assert services.refresh.renew(begun.refresh_token, ELSEWHERE)


def test_whoever_signed_in_from_an_address_before_it_was_banned_does_not_pay_for_the_neighbour(
    services, gate, grace, breach, sign_in, clock
):
    before = sign_in()
    clock.advance(timedelta(hours=1))
    breach(20)

    assert sign_in()
    assert services.refresh.renew(before.refresh_token, HERE)
    gate.admit(HERE, grace.id)
    with pytest.raises(Banned):
        gate.admit(HERE)


def test_an_address_that_many_share_is_not_banned(services, gate, ada, bans, breach, sign_in, told):
    for number in range(6):
        email = f"person{number}@example.org"
        people.person(services, email)
        sign_in(email)
    breach(20)

    assert bans.in_force() == []
    assert told(HERE.address) == ["ban.spared refused"]


def test_those_who_share_an_address_are_counted_without_the_one_who_is_charged(
    services, gate, ada, bans, report, sign_in
):
    for number in range(6):
        email = f"person{number}@example.org"
        abuser = people.person(services, email)
        sign_in(email)
    report(abuser.id, "non_browser", HERE.address)

    assert {ban.holder for ban in bans.in_force()} == {abuser.id, HERE.address}


@pytest.mark.environ(REFRESH_TOKEN_EXPIRY="1000 * 60 * 60 * 24 * 30", BAN_SHARED_ADDRESS_MAX="1")
@pytest.mark.parametrize("people_here", [1, 2])
def test_who_is_signed_in_is_at_home_however_long_ago_that_was(
    services, ada, grace, bans, breach, sign_in, clock, people_here
):
    session, *_ = [sign_in(email) for email in (EMAIL, "grace@example.org")[:people_here]]
    clock.advance(timedelta(days=29))
    services.moderation.sightings.note(ELSEWHERE.address, ELSEWHERE.address, "")
    breach(20)

    assert len(bans.in_force()) == 2 - people_here
    assert services.refresh.renew(session.refresh_token, HERE)


@pytest.mark.environ(REFRESH_TOKEN_EXPIRY="1000 * 60 * 60 * 24 * 30")
def test_who_has_signed_out_long_ago_is_at_home_no_more(services, ada, breach, sign_in, clock):
    services.sign_out.by_refresh_token(sign_in(EMAIL).refresh_token, HERE)
    clock.advance(timedelta(days=29))
    services.moderation.sightings.note(ELSEWHERE.address, ELSEWHERE.address, "")
    breach(20)

    with pytest.raises(Banned):
        sign_in(EMAIL)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
def test_this_machine_is_never_banned(gate, bans, breach, address):
    breach(40, Visitor(address, "", ""))

    assert bans.in_force() == []


@pytest.mark.environ(TRUST_PROXY="1")
def test_a_proxy_is_never_banned(services, gate, bans, breach):
    services.moderation.sightings.note("10.0.0.1", HERE.address, HERE.address)
    breach(20, Visitor("10.0.0.1", "", ""))

    assert bans.in_force() == []


def test_while_the_way_of_requests_is_not_confirmed_address_bans_only_observe(services, bans, grace, told):
    gate = services.moderation.gate
    for _ in range(20):
        gate.breach("logins", HERE, grace.id)

    gate.admit(HERE)
    assert [ban.user_id for ban in bans.in_force()] == [grace.id]
    assert told(HERE.address) == ["ban.spared refused"]


def test_an_address_in_ipv6_is_banned_with_its_neighbourhood(gate, breach):
    for number in range(20):
        breach(1, Visitor(f"2001:db8:7:7::{number:x}", "", ""))

    with pytest.raises(Banned):
        gate.admit(Visitor("2001:db8:7:7:ffff::1", "", ""))
    gate.admit(Visitor("2001:db8:7:8::1", "", ""))


def test_people_in_one_ipv6_neighbourhood_are_counted_together(services, gate, ada, bans, breach, sign_in):
    for number in range(6):
        email = f"person{number}@example.org"
        people.person(services, email)
        sign_in(email, visitor=Visitor(f"2001:db8::{number:x}", "", ""))
    breach(20, Visitor("2001:db8::ffff", "", ""))

    assert bans.in_force() == []


def test_typing_the_address_of_a_banned_person_bans_nobody(gate, grace, bans, report, sign_in):
    report(grace.id, "non_browser")
    for password in (PASSWORD, "a wrong one"):
        with pytest.raises((Banned, WrongCredentials)):
            sign_in(password=password)

    assert [ban.holder for ban in bans.in_force()] == [grace.id]
    gate.admit(HERE)


@pytest.mark.environ(BAN_VIOLATIONS="false")
def test_with_bans_off_violations_are_written_down_and_nobody_is_banned(services, gate, grace, bans, report):
    assert not report(grace.id, "non_browser", HERE.address).is_banned
    assert bans.in_force() == []
    assert len(services.moderation.violations.of_holder(grace.id)) == 1


@pytest.mark.environ(BAN_DURATION="0")
def test_without_a_duration_only_the_sessions_end(services, gate, grace, bans, report, sign_in, told):
    session = people.session(services, grace)
    report(grace.id, "non_browser", HERE.address)

    assert services.verify.access_token(session.access_token) is None
    assert bans.in_force() == []
    assert sign_in()
    assert "sessions.ended_by_score done" in told(grace.id)


@pytest.mark.environ(NON_BROWSER_VIOLATION_SCORE="0")
def test_what_weighs_nothing_is_only_written_down(services, gate, grace, report):
    assert not report(grace.id, "non_browser", times=30).is_banned
    assert services.moderation.violations.standings(grace.id) == []


def test_a_second_person_pays_only_for_what_they_did(services, gate, ada, grace, report):
    other = people.person(services, "other@example.org")
    report(grace.id, times=19)

    assert not report(other.id, times=19).is_banned
    assert report(grace.id).is_banned
